// The embedding of a lane: a row of WIDTH numbers for each of CONTEXTS contexts, added up.

// The row of a context after these last bytes: the last two, the last three, the two before the
// last two, all four.
fn embedding_row(last: u32, number: u32) -> u32 {
    let two = select(last & 0xffffu, last >> 16u, number == 2u);
    let context = select(select(two, last & 0xffffffu, number == 1u), last, number == 3u);
    return (context * 0x9e3779b1u) >> HASH_SHIFT;
}

// The input that a column of the rows gives. Threads below CONTEXTS write down the rows.
fn embedded(request: Request, column: u32) -> i32 {
    let own_weights = request.lane * WEIGHTS;
    var sum = 0;
    for (var number = 0u; number < CONTEXTS; number++) {
        let row = embedding_row(request.last, number);
        if column == number {
            let place = request.lane * REST + request.forward_at * CONTEXTS + number;
            rest[place] = bitcast<i32>(row);
        }
        let weight = own_weights + number * EMBEDDING_TABLE + row * WIDTH + column;
        sum = sum + (weights[weight] >> 17u);
    }
    return clamp(sum, -LARGEST_INPUT, LARGEST_INPUT);
}

// Counts the moves of the rows of a span: a thread a context and step.
fn count_embedding_moves(lane: u32, cell: u32) {
    let number = cell / SPAN;
    let at = cell % SPAN;
    let rows = lane * REST + number;
    let row = rest[rows + at * CONTEXTS];
    var decay = 0u;
    for (var before = 0u; before < at; before++) {
        if rest[rows + before * CONTEXTS] == row {
            decay = NOT_FIRST;
        }
    }
    if decay != NOT_FIRST {
        let first = lane * REST + EMBEDDING_MOVES + number * EMBEDDING_ROWS;
        let place = first + bitcast<u32>(row);
        let moves = moved(rest[place]);
        rest[place] = moves;
        decay = decay_of(moves);
    }
    row_decays[cell] = decay;
}

// Moves the rows of a span: a thread a context and column.
fn embedding_back(lane: u32, cell: u32) {
    count_embedding_moves(lane, cell);
    workgroupBarrier();
    let number = cell / WIDTH;
    let column = cell % WIDTH;
    let rows = lane * REST + number;
    let gradients = lane * GRADIENTS + SPAN * SUMS + column;
    let table = lane * WEIGHTS + number * EMBEDDING_TABLE + column;
    let span = thirty_two();
    for (var at = 0u; at < span; at++) {
        let decay = row_decays[number * SPAN + at];
        if decay == NOT_FIRST {
            continue;
        }
        let row = rest[rows + at * CONTEXTS];
        var gradient = gradient_rows[gradients + at * WIDTH];
        for (var after = at + 1u; after < span; after++) {
            if rest[rows + after * CONTEXTS] == row {
                gradient = gradient + gradient_rows[gradients + after * WIDTH];
            }
        }
        let place = table + bitcast<u32>(row) * WIDTH;
        descend(place, gradient, 7u, decay, FEATURE_RATE, EMBEDDING_LIMIT);
    }
}

@compute @workgroup_size(CELLS)
fn back_embedding(
    @builtin(workgroup_id) group: vec3u,
    @builtin(local_invocation_id) thread: vec3u,
) {
    embedding_back(requests[group.x].lane, thread.x);
}
