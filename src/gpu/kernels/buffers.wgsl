// What the kernels work on. The names in capitals stand before this text: src/gpu/program.rs.

// What is asked of a lane.
struct Request {
    lane: u32,
    // The step of the span that learns, and the one that goes forward.
    at: u32,
    forward_at: u32,
    // The last four bytes, the newest in the lowest bits.
    last: u32,
    // The byte that a match foretells, or 256.
    foretold: u32,
    // The byte that came.
    byte: u32,
}

@group(0) @binding(0) var<storage, read> requests: array<Request>;
@group(0) @binding(1) var<storage, read> tables: array<i32>;
@group(0) @binding(2) var<storage, read_write> weights: array<i32>;
@group(0) @binding(3) var<storage, read_write> moments: array<u32>;
// State that is no weight: src/network/image.rs.
@group(0) @binding(4) var<storage, read_write> rest: array<i32>;
// Gradients of the sums of a span, of the layer that learns.
@group(0) @binding(5) var<storage, read_write> gradient_rows: array<i32>;
// The masses of all nodes, in the order of the requests.
@group(0) @binding(6) var<storage, read_write> results: array<u32>;

