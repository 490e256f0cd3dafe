// What the output of a lane learns from a byte, after which the step is final: a workgroup a lane,
// a thread a cell of each layer.

var<workgroup> errors: array<i32, ERRORS>;
var<workgroup> decays: array<u32, ERRORS>;
var<workgroup> bias_decays: array<u32, 2>;

// The row of the output that error number `index` belongs to: those of the high nibble come first.
fn row_of_error(byte: u32, index: u32) -> u32 {
    return select((byte >> 4u) * 16u + (index & 15u), 256u + index, index < 16u);
}

fn error_of(own: u32, byte: u32, index: u32) -> i32 {
    let row = row_of_error(byte, index);
    let node = row & ~15u;
    var sum = 0u;
    for (var value = 0u; value < 16u; value++) {
        sum = sum + bitcast<u32>(rest[own + OUTPUT_MASSES + node + value]);
    }
    let mass = bitcast<u32>(rest[own + OUTPUT_MASSES + row]);
    let product = multiply_wide(mass, reciprocal(sum));
    let share = bitcast<i32>((product.high << 2u) | (product.low >> 30u));
    let truth = select(byte & 15u, byte >> 4u, index < 16u);
    return share - select(0, 32768, (index & 15u) == truth);
}

@compute @workgroup_size(CELLS)
fn learn(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) thread: vec3u) {
    let request = requests[group.x];
    let own = request.lane * REST;
    let own_weights = request.lane * WEIGHTS + OUTPUT_WEIGHTS;
    let cell = thread.x;
    let row = row_of_error(request.byte, cell);
    if cell < ERRORS {
        let error = error_of(own, request.byte, cell);
        errors[cell] = error;
        if abs(error) >= LEAST_ERROR {
            let moves = moved(rest[own + OUTPUT_MOVES + row]);
            rest[own + OUTPUT_MOVES + row] = moves;
            decays[cell] = decay_of(moves);
        }
        if (cell & 15u) == 0u {
            let place = own + OUTPUT_MOVES + OUTPUTS + (row >> 4u);
            let moves = moved(rest[place]);
            rest[place] = moves;
            bias_decays[cell >> 4u] = decay_of(moves);
        }
    }
    workgroupBarrier();
    if cell < ERRORS {
        let place = own_weights + HIDDEN * OUTPUTS + row;
        descend(place, errors[cell] << 3u, 1u, bias_decays[cell >> 4u], OUTPUT_RATE, WEIGHT_LIMIT);
    }
    let count = thirty_two();
    let layers = layer_count();
    for (var layer = 0u; layer < layers; layer++) {
        let layer_rest = own + rest_of(layer);
        let given = rest[layer_rest + next_hidden(layer) + cell];
        let column = own_weights + (layer * CELLS + cell) * OUTPUTS;
        var gradient = 0;
        for (var index = 0u; index < count; index++) {
            let place = column + row_of_error(request.byte, index);
            gradient = gradient + errors[index] * round_weight(weights[place]);
        }
        rest[layer_rest + step_given(layer) + request.at * CELLS + cell] = gradient >> 3u;
        for (var index = 0u; index < count; index++) {
            if abs(errors[index]) >= LEAST_ERROR {
                let place = column + row_of_error(request.byte, index);
                descend(place, errors[index] * given, 9u, decays[index], OUTPUT_RATE, OUTPUT_LIMIT);
            }
        }
        rest[layer_rest + last_hidden(layer) + cell] = given;
        let cells = rest[layer_rest + next_cells(layer) + cell];
        rest[layer_rest + last_cells(layer) + cell] = cells;
    }
}
