// A step forward of a lane: a workgroup a lane, a thread a cell.

var<workgroup> inputs: array<i32, MOST_INPUTS>;
var<workgroup> hidden: array<i32, HIDDEN>;
var<workgroup> inverses: array<i32, GATES>;
var<workgroup> logits: array<i32, OUTPUTS>;

// The value of a feature: one of the last bytes, or the foretold byte.
fn feature_value(request: Request, number: u32) -> u32 {
    return select((request.last >> (8u * (number & 3u))) & 255u, request.foretold, number == 4u);
}

fn layer_forward(request: Request, layer: u32, cell: u32) {
    let own = request.lane * REST + rest_of(layer);
    let own_weights = request.lane * WEIGHTS + weights_of(layer);
    let at = request.forward_at;
    let of_step = own + step_inputs(layer) + at * inputs_of(layer);
    if layer == 0u {
        inputs[cell] = rest[own + last_hidden(layer) + cell];
        if cell < WIDTH {
            inputs[CELLS + cell] = embedded(request, cell);
            rest[of_step + CELLS + cell] = inputs[CELLS + cell];
        }
    } else {
        inputs[cell] = hidden[(layer - 1u) * CELLS + cell];
    }
    rest[of_step + cell] = inputs[cell];
    let features = features_of(layer);
    if cell < features {
        let value = feature_value(request, cell);
        rest[own + STEP_ROWS + at * features + cell] = bitcast<i32>(value);
    }
    workgroupBarrier();
    var sums = array<i32, 3>();
    for (var gate = 0u; gate < GATES; gate++) {
        let sum = gate * CELLS + cell;
        var total = 0;
        for (var number = 0u; number < features; number++) {
            let row = inputs_of(layer) + number * 256u + feature_value(request, number);
            total = total + (weights[own_weights + row * SUMS + sum] >> 5u);
        }
        for (var input = 0u; input < inputs_of(layer); input++) {
            let weight = round_weight(weights[own_weights + input * SUMS + sum]);
            total = total + weight * inputs[input];
        }
        sums[gate] = clamp(total >> 13u, -32767, 32767);
    }
    var squares: array<Wide, 3>;
    for (var gate = 0u; gate < GATES; gate++) {
        squares[gate] = Wide(0u, bitcast<u32>(sums[gate] * sums[gate]));
    }
    let totals = sum_of_gates(cell, squares);
    if cell < GATES {
        let total = totals[cell];
        let mean = max((total.high << 25u) | (total.low >> 7u), 4u);
        inverses[cell] = inverse_of_mean(mean);
        rest[own + STEP_INVERSE + at * GATES + cell] = inverses[cell];
    }
    workgroupBarrier();
    var gates = array<i32, 3>();
    let gains = own_weights + (inputs_of(layer) + values_of(layer)) * SUMS;
    for (var gate = 0u; gate < GATES; gate++) {
        let sum = gate * CELLS + cell;
        let normal = clamp(scaled(sums[gate], inverses[gate], 20u), -32767, 32767);
        rest[own + STEP_NORMAL + at * SUMS + sum] = normal;
        let gained = (normal * round_weight(weights[gains + sum])) >> 12u;
        let taken = clamp(gained + (weights[gains + SUMS + sum] >> 17u), -32768, 32767);
        gates[gate] = select(sigmoid(taken), tanh_of(taken), gate == 1u);
        rest[own + STEP_GATES + at * SUMS + sum] = gates[gate];
    }
    let before = rest[own + last_cells(layer) + cell];
    let short = before >> 6u;
    rest[own + STEP_BEFORE + at * CELLS + cell] = short;
    let after = before + (((UNIT - gates[0]) * (gates[1] - short)) >> 8u);
    let tanh_after = tanh_of_cell(after >> 6u);
    rest[own + STEP_TANH + at * CELLS + cell] = tanh_after;
    let given = (gates[2] * tanh_after + 65536) >> 17u;
    rest[own + next_cells(layer) + cell] = after;
    rest[own + next_hidden(layer) + cell] = given;
    hidden[layer * CELLS + cell] = given;
    workgroupBarrier();
}

fn logit(own_weights: u32, row: u32) -> i32 {
    var total = weights[own_weights + HIDDEN * OUTPUTS + row] >> 5u;
    for (var input = 0u; input < HIDDEN; input++) {
        let weight = round_weight(weights[own_weights + input * OUTPUTS + row]);
        total = total + weight * hidden[input];
    }
    return total;
}

fn mass_of(row: u32) -> u32 {
    let node = row & ~15u;
    var largest = logits[node];
    for (var value = 1u; value < 16u; value++) {
        largest = max(largest, logits[node + value]);
    }
    return falling(bitcast<u32>(largest - logits[row])) + 1u;
}

@compute @workgroup_size(CELLS)
fn forward(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) thread: vec3u) {
    let request = requests[group.x];
    let cell = thread.x;
    let layers = layer_count();
    for (var layer = 0u; layer < layers; layer++) {
        layer_forward(request, layer, cell);
    }
    let own_weights = request.lane * WEIGHTS + OUTPUT_WEIGHTS;
    for (var row = cell; row < OUTPUTS; row += CELLS) {
        logits[row] = logit(own_weights, row);
    }
    workgroupBarrier();
    for (var row = cell; row < OUTPUTS; row += CELLS) {
        let mass = mass_of(row);
        rest[request.lane * REST + OUTPUT_MASSES + row] = bitcast<i32>(mass);
        results[group.x * OUTPUTS + row] = mass;
    }
}
