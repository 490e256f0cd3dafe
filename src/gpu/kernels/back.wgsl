// The way back through the span of a lane, and what its layers learn from it: a workgroup a lane, a
// thread a cell. Each layer has an entry point: Mesa's llvmpipe ends all loops of an entry point
// after 65,535 rounds together, without a word.

var<workgroup> factors: array<i32, SUMS>;
var<workgroup> magnitudes: array<u32, CELLS>;
var<workgroup> partial_magnitudes: array<u32, 8>;
// Of each step and feature: how fast the moments of the row fall, or NOT_FIRST.
var<workgroup> row_decays: array<u32, ROWS>;
var<workgroup> single_decays: array<u32, 2>;

const NOT_FIRST: u32 = 255u;

fn combined_magnitudes(cell: u32, own: u32) -> u32 {
    magnitudes[cell] = own;
    workgroupBarrier();
    if cell < 8u {
        var all = 0u;
        for (var i = 0u; i < CELLS / 8u; i++) {
            all = all | magnitudes[cell * (CELLS / 8u) + i];
        }
        partial_magnitudes[cell] = all;
    }
    workgroupBarrier();
    var all = 0u;
    for (var i = 0u; i < 8u; i++) {
        all = all | partial_magnitudes[i];
    }
    return all;
}

fn product(x: i32, y: i32) -> i32 {
    return (x * y) >> 14u;
}

// gradient * 2^shift / 2^12, rounded down, the lowest 32 bits.
fn lengthened(gradient: i32, shift: u32) -> i32 {
    if shift >= 12u {
        return gradient << (shift - 12u);
    }
    return gradient >> (12u - shift);
}

// The gradient of an input of a layer, by the factors of its sums.
fn of_input(own_weights: u32, input: u32) -> i32 {
    var gradient = 0;
    for (var sum = 0u; sum < SUMS; sum++) {
        let weight = round_weight(weights[own_weights + input * SUMS + sum]);
        gradient = gradient + weight * factors[sum];
    }
    return gradient;
}

// Goes back through the span; gives the sums of gradients of the gains and of the biases.
fn through_span(lane: u32, layer: u32, cell: u32) -> array<i32, 6> {
    let own = lane * REST + rest_of(layer);
    let own_weights = lane * WEIGHTS + weights_of(layer);
    let gains = own_weights + (inputs_of(layer) + values_of(layer)) * SUMS;
    let own_gradients = lane * GRADIENTS;
    var of_hidden = 0;
    var of_cells = 0;
    var sums = array<i32, 6>();
    let span = thirty_two();
    for (var step = 0u; step < span; step++) {
        let at = SPAN - 1u - step;
        let gates = own + STEP_GATES + at * SUMS + cell;
        let forget = rest[gates];
        let new_part = rest[gates + CELLS];
        let out = rest[gates + 2u * CELLS];
        let before = rest[own + STEP_BEFORE + at * CELLS + cell];
        let tanh_after = rest[own + STEP_TANH + at * CELLS + cell];
        let hidden_all = of_hidden + rest[own + step_given(layer) + at * CELLS + cell];
        let slope = product(out, UNIT - product(tanh_after, tanh_after));
        let cell_all = of_cells + scaled(hidden_all, slope, 14u);
        let of_out = product(tanh_after, product(out, UNIT - out));
        let of_forget = product(product(forget, UNIT - forget), before - new_part);
        let of_new = product(UNIT - forget, UNIT - product(new_part, new_part));
        var gradients = array<i32, 3>(
            scaled(cell_all, of_forget, 14u),
            scaled(cell_all, of_new, 14u),
            scaled(hidden_all, of_out, 14u),
        );
        of_cells = scaled(cell_all, forget, 14u);
        var normals = array<i32, 3>();
        var products: array<Wide, 3>;
        for (var gate = 0u; gate < GATES; gate++) {
            let sum = gate * CELLS + cell;
            normals[gate] = rest[own + STEP_NORMAL + at * SUMS + sum];
            sums[3u + gate] = sums[3u + gate] + gradients[gate];
            sums[gate] = sums[gate] + scaled(gradients[gate], normals[gate], 11u);
            gradients[gate] = scaled(gradients[gate], round_weight(weights[gains + sum]), 12u);
            products[gate] = multiply_signed(gradients[gate], normals[gate]);
        }
        let totals = sum_of_gates(cell, products);
        var own_magnitudes = 0u;
        for (var gate = 0u; gate < GATES; gate++) {
            // Division by 128 rounds towards zero, the shift by 11 down.
            let bias = select(0u, CELLS - 1u, (totals[gate].high >> 31u) == 1u);
            let total = add_wide(totals[gate], Wide(0u, bias));
            let mean = bitcast<i32>((total.high << 14u) | (total.low >> 18u));
            let inverse = rest[own + STEP_INVERSE + at * GATES + gate];
            let along = scaled(mean, normals[gate], 11u);
            gradients[gate] = scaled(gradients[gate] - along, inverse, 21u);
            own_magnitudes = own_magnitudes | bitcast<u32>(abs(gradients[gate]));
        }
        let shift = excess(combined_magnitudes(cell, own_magnitudes));
        for (var gate = 0u; gate < GATES; gate++) {
            factors[gate * CELLS + cell] = gradients[gate] >> shift;
            gradient_rows[own_gradients + at * SUMS + gate * CELLS + cell] = gradients[gate];
        }
        workgroupBarrier();
        let exact = lengthened(of_input(own_weights, cell), shift);
        if layer == 0u {
            of_hidden = exact;
            if cell < WIDTH {
                let gradient = lengthened(of_input(own_weights, CELLS + cell), shift);
                gradient_rows[own_gradients + SPAN * SUMS + at * WIDTH + cell] = gradient;
            }
        } else {
            let below = lane * REST + rest_of(layer - 1u) + step_given(layer - 1u);
            let place = below + at * CELLS + cell;
            rest[place] = rest[place] + exact;
        }
    }
    return sums;
}

fn move_matrix(lane: u32, layer: u32, cell: u32) {
    let own = lane * REST + rest_of(layer);
    let own_weights = lane * WEIGHTS + weights_of(layer);
    let inputs = own + step_inputs(layer);
    for (var gate = 0u; gate < GATES; gate++) {
        let sum = gate * CELLS + cell;
        let column = lane * GRADIENTS + sum;
        var all = 0u;
        for (var at = 0u; at < SPAN; at++) {
            all = all | bitcast<u32>(abs(gradient_rows[column + at * SUMS]));
        }
        let shift = excess(all);
        var of_steps: array<i32, SPAN>;
        for (var at = 0u; at < SPAN; at++) {
            of_steps[at] = gradient_rows[column + at * SUMS] >> shift;
        }
        let place = own + row_moves(layer) + sum;
        let moves = moved(rest[place]);
        rest[place] = moves;
        let decay = decay_of(moves);
        let shortened = max(18u - min(shift, 18u), 1u);
        for (var input = 0u; input < inputs_of(layer); input++) {
            var gradient = 0;
            for (var at = 0u; at < SPAN; at++) {
                let place_of_input = inputs + at * inputs_of(layer) + input;
                gradient = gradient + of_steps[at] * rest[place_of_input];
            }
            let weight = own_weights + input * SUMS + sum;
            descend(weight, gradient, shortened, decay, RATE, MATRIX_LIMIT);
        }
    }
}

// Counts the moves of the rows of features, of gains and of biases.
fn count_moves(lane: u32, layer: u32, cell: u32) {
    let own = lane * REST + rest_of(layer);
    let features = features_of(layer);
    let moves_of_rows = own + row_moves(layer) + SUMS;
    if cell < SPAN {
        for (var number = 0u; number < features; number++) {
            let rows = own + STEP_ROWS + number;
            let value = rest[rows + cell * features];
            var decay = 0u;
            for (var at = 0u; at < cell; at++) {
                if rest[rows + at * features] == value {
                    decay = NOT_FIRST;
                }
            }
            if decay != NOT_FIRST {
                let place = moves_of_rows + number * 256u + bitcast<u32>(value);
                let moves = moved(rest[place]);
                rest[place] = moves;
                decay = decay_of(moves);
            }
            row_decays[number * SPAN + cell] = decay;
        }
    }
    if cell < 2u {
        let place = moves_of_rows + values_of(layer) + cell;
        let moves = moved(rest[place]);
        rest[place] = moves;
        single_decays[cell] = decay_of(moves);
    }
    workgroupBarrier();
}

fn move_features(lane: u32, layer: u32, cell: u32) {
    let own = lane * REST + rest_of(layer);
    let own_weights = lane * WEIGHTS + weights_of(layer);
    let features = features_of(layer);
    let span = thirty_two();
    for (var number = 0u; number < features; number++) {
        let rows = own + STEP_ROWS + number;
        for (var at = 0u; at < span; at++) {
            let decay = row_decays[number * SPAN + at];
            if decay == NOT_FIRST {
                continue;
            }
            let value = rest[rows + at * features];
            let row = inputs_of(layer) + number * 256u + bitcast<u32>(value);
            for (var gate = 0u; gate < GATES; gate++) {
                let sum = gate * CELLS + cell;
                let column = lane * GRADIENTS + sum;
                var gradient = gradient_rows[column + at * SUMS];
                for (var after = at + 1u; after < span; after++) {
                    if rest[rows + after * features] == value {
                        gradient = gradient + gradient_rows[column + after * SUMS];
                    }
                }
                let weight = own_weights + row * SUMS + sum;
                descend(weight, gradient, 7u, decay, FEATURE_RATE, WEIGHT_LIMIT);
            }
        }
    }
}

fn layer_back(lane: u32, layer: u32, cell: u32) {
    let sums = through_span(lane, layer, cell);
    move_matrix(lane, layer, cell);
    count_moves(lane, layer, cell);
    move_features(lane, layer, cell);
    let gains = lane * WEIGHTS + weights_of(layer) + (inputs_of(layer) + values_of(layer)) * SUMS;
    for (var gate = 0u; gate < GATES; gate++) {
        let place = gains + gate * CELLS + cell;
        descend(place, sums[gate], 7u, single_decays[0], RATE, WEIGHT_LIMIT);
        descend(place + SUMS, sums[3u + gate], 7u, single_decays[1], RATE, WEIGHT_LIMIT);
    }
    workgroupBarrier();
}

@compute @workgroup_size(CELLS)
fn back_2(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) thread: vec3u) {
    layer_back(requests[group.x].lane, 2u, thread.x);
}

@compute @workgroup_size(CELLS)
fn back_1(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) thread: vec3u) {
    layer_back(requests[group.x].lane, 1u, thread.x);
}

@compute @workgroup_size(CELLS)
fn back_0(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) thread: vec3u) {
    layer_back(requests[group.x].lane, 0u, thread.x);
}
