// Numbers wider than WGSL has them, and the functions of the network.

// 32, as a number that compilers do not know: they would repeat long loops for each of so few
// rounds, and take seconds to do so.
fn thirty_two() -> u32 {
    return bitcast<u32>(tables[THIRTY_TWO]);
}

// The number of layers, likewise.
fn layer_count() -> u32 {
    return LAYERS * thirty_two() / 32u;
}

// A number of 64 bits.
struct Wide {
    high: u32,
    low: u32,
}

// The product of two numbers without sign, from parts of 16 bits.
fn multiply_wide(x: u32, y: u32) -> Wide {
    let x_high = x >> 16u;
    let y_high = y >> 16u;
    let x_low = x & 0xffffu;
    let y_low = y & 0xffffu;
    let one = x_high * y_low + ((x_low * y_low) >> 16u);
    let two = x_low * y_high + (one & 0xffffu);
    return Wide(x_high * y_high + (one >> 16u) + (two >> 16u), x * y);
}

// The same of numbers with sign: a negative number is 2^32 too large as one without.
fn multiply_signed(x: i32, y: i32) -> Wide {
    let product = multiply_wide(bitcast<u32>(x), bitcast<u32>(y));
    let excess = select(0u, bitcast<u32>(y), x < 0) + select(0u, bitcast<u32>(x), y < 0);
    return Wide(product.high - excess, product.low);
}

fn add_wide(x: Wide, y: Wide) -> Wide {
    let low = x.low + y.low;
    return Wide(x.high + y.high + select(0u, 1u, low < x.low), low);
}

// x * y / 2^shift, rounded, the lowest 32 bits; shift from 1 to 31.
fn scaled(x: i32, y: i32, shift: u32) -> i32 {
    let rounded = add_wide(multiply_signed(x, y), Wide(0u, 1u << (shift - 1u)));
    return bitcast<i32>((rounded.low >> shift) | (rounded.high << (32u - shift)));
}

// The root of number * 2^32, rounded down, bit by bit; number below 2^31.
fn wide_root(number: u32) -> u32 {
    var root = 0u;
    var rest = Wide(0u, 0u);
    let rounds = thirty_two();
    for (var i = 0u; i < rounds; i++) {
        let digit = select(0u, (number >> ((30u - 2u * i) & 31u)) & 3u, i < 16u);
        rest = Wide((rest.high << 2u) | (rest.low >> 30u), (rest.low << 2u) | digit);
        let trial = Wide(root >> 30u, (root << 2u) | 1u);
        root = root << 1u;
        if rest.high > trial.high || (rest.high == trial.high && rest.low >= trial.low) {
            let borrow = select(0u, 1u, rest.low < trial.low);
            rest = Wide(rest.high - trial.high - borrow, rest.low - trial.low);
            root = root | 1u;
        }
    }
    return root;
}

// 2^47 over the root of mean * 2^32, rounded down; mean from 4 to 2^30.
fn inverse_of_mean(mean: u32) -> i32 {
    let root = wide_root(mean);
    var quotient = 0x80000000u / root;
    var rest = 0x80000000u % root;
    let rounds = thirty_two() / 2u;
    for (var i = 0u; i < rounds; i++) {
        rest = rest << 1u;
        quotient = quotient << 1u;
        if rest >= root {
            rest = rest - root;
            quotient = quotient | 1u;
        }
    }
    return bitcast<i32>(quotient);
}

// 2^45 over sum, rounded down; sum from 2^20 to 2^25.
fn reciprocal(sum: u32) -> u32 {
    var quotient = 0x80000000u / sum;
    var rest = 0x80000000u % sum;
    for (var bits = 14u; bits > 0u; ) {
        let step = min(bits, 6u);
        rest = rest << step;
        quotient = (quotient << step) + rest / sum;
        rest = rest % sum;
        bits = bits - step;
    }
    return quotient;
}

fn round_weight(weight: i32) -> i32 {
    return (weight + 32768) >> 16u;
}

fn sigmoid(x: i32) -> i32 {
    return tables[SIGMOID + (bitcast<u32>(x + 32768) >> 3u)];
}

fn tanh_of(x: i32) -> i32 {
    return tables[TANH + (bitcast<u32>(x + 32768) >> 3u)];
}

fn tanh_of_cell(x: i32) -> i32 {
    return tables[CELL_TANH + (bitcast<u32>(clamp(x + UNIT + 4, 0, 2 * UNIT)) >> 3u)];
}

// e^-x of 23 fractional bits to 20; 0 from 16 on.
fn falling(x: u32) -> u32 {
    if x >= (16u << 23u) {
        return 0u;
    }
    let index = x >> 11u;
    let coarse = bitcast<u32>(tables[EXP + ((index >> 8u) & 255u)]);
    let fine = bitcast<u32>(tables[EXP + 256u + (index & 255u)]);
    return multiply_wide(coarse, fine).high >> 8u;
}

// The bits of the 32-bit float next to number; of two, the even one.
fn float_bits(number: u32) -> u32 {
    let log = 31u - countLeadingZeros(number);
    var mantissa: u32;
    if log <= 23u {
        mantissa = number << (23u - log);
    } else {
        let shift = log - 23u;
        mantissa = (number + (1u << (shift - 1u)) - 1u + ((number >> shift) & 1u)) >> shift;
    }
    return ((log + 126u) << 23u) + mantissa;
}

// How far gradients are shifted so that the largest of these magnitudes has 13 bits and a sign.
fn excess(magnitudes: u32) -> u32 {
    return max(32u - countLeadingZeros(magnitudes), 13u) - 13u;
}

// One step of descent of the weight at this place.
fn descend(place: u32, gradient: i32, shift: u32, decay: u32, rate: i32, limit: i32) {
    let short = clamp(((gradient >> (shift - 1u)) + 1) >> 1u, -32767, 32767);
    let square = bitcast<u32>(short * short);
    let before = moments[place];
    let moment = before - (before >> decay) + (square >> decay);
    moments[place] = moment;
    let power = ROOT_BITS - (float_bits(max(moment, LEAST_SQUARE)) >> 1u);
    let mantissa = bitcast<i32>(((power & 0x7fffffu) | 0x800000u) >> 9u);
    let shifted = (short * mantissa) >> (146u - (power >> 23u));
    let ratio = clamp(shifted, -LARGEST_RATIO, LARGEST_RATIO);
    weights[place] = clamp(weights[place] - ratio * rate, -limit, limit);
}

// The moves of a row, this one counted.
fn moved(moves: i32) -> i32 {
    let count = bitcast<u32>(moves);
    return bitcast<i32>(count + select(1u, 0u, count == 0xffffffffu));
}

// How fast the moments of a row with so many moves fall.
fn decay_of(moves: i32) -> u32 {
    return min(31u - countLeadingZeros(bitcast<u32>(moves)), DECAY);
}

// The sums over all cells of a number for each gate, in two stages. Needs a barrier before the
// next use of the same room.
var<workgroup> addends: array<Wide, SUMS>;
var<workgroup> partial: array<Wide, PARTIALS>;

fn sum_of_gates(cell: u32, numbers: array<Wide, 3>) -> array<Wide, 3> {
    for (var gate = 0u; gate < GATES; gate++) {
        addends[gate * CELLS + cell] = numbers[gate];
    }
    workgroupBarrier();
    if cell < PARTIALS {
        var sum = Wide(0u, 0u);
        for (var i = 0u; i < CELLS / 8u; i++) {
            sum = add_wide(sum, addends[cell * (CELLS / 8u) + i]);
        }
        partial[cell] = sum;
    }
    workgroupBarrier();
    var sums = array<Wide, 3>();
    for (var gate = 0u; gate < GATES; gate++) {
        for (var i = 0u; i < 8u; i++) {
            sums[gate] = add_wide(sums[gate], partial[gate * 8u + i]);
        }
    }
    return sums;
}
