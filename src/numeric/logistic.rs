//! The logistic domain: `stretch(p) = ln(p / (1 - p))` and its inverse `squash`, in integers.
//!
//! Stretched values are fixed-point with 8 fractional bits inside the models ([`stretch`]) and
//! with 12 at the mixer's output ([`squash`]), clamped to ±16: a probability of 10^-7. The tables
//! are computed when the crate is compiled, by integer arithmetic alone; a test pins their hash.

use super::{PROBABILITY_BITS, PROBABILITY_ONE};

/// Fractional bits of a model's stretched prediction.
pub const STRETCH_BITS: u32 = 8;
/// Largest magnitude of a model's stretched prediction.
pub const STRETCH_LIMIT: i32 = (16 << STRETCH_BITS) - 1;
/// Fractional bits of what [`squash`] takes.
pub const MIX_BITS: u32 = 12;
/// Largest magnitude of what [`squash`] takes.
pub const MIX_LIMIT: i32 = (16 << MIX_BITS) - 1;

/// One knot of the squash table every 1/64.
const KNOT_BITS: u32 = MIX_BITS - 6;
const KNOTS: usize = 2 * 16 * 64 + 2;

/// e^(1/64) with 62 fractional bits: 1 + x + x^2/2 + … for x = 2^-6.
const fn exp_step() -> u64 {
    let mut sum: u64 = 1 << 62;
    let mut term: u64 = 1 << 62;
    let mut divisor = 1;
    while term > 0 {
        term = (term >> 6) / divisor;
        sum += term;
        divisor += 1;
    }
    sum
}

/// 1 / (1 + e^-x) at every knot, 22 fractional bits, kept inside 1..2^22.
const fn squash_knots() -> [u32; KNOTS] {
    let mut knots = [0u32; KNOTS];
    let step = exp_step() as u128;
    // e^x for x = 0, 1/64, … 16 with 64 fractional bits: below 2^88.
    let mut power: u128 = 1 << 64;
    let middle = KNOTS / 2 - 1;
    let mut index = 0;
    while index <= middle + 1 {
        // p = e^x / (1 + e^x), with e^x reduced to 40 fractional bits.
        let exp = power >> 24;
        let p = ((exp << PROBABILITY_BITS) / (exp + (1 << 40))) as u32;
        let high = if p >= PROBABILITY_ONE { PROBABILITY_ONE - 1 } else { p };
        let low = PROBABILITY_ONE - high;
        if middle + index < KNOTS {
            knots[middle + index] = high;
        }
        if index <= middle {
            knots[middle - index] = low;
        }
        power = ((power >> 24) * step) >> 38;
        index += 1;
    }
    knots
}

static SQUASH: [u32; KNOTS] = squash_knots();

/// One entry of the direct table every 1/128, for the middle of the step.
const DIRECT_SHIFT: u32 = MIX_BITS - 7;
pub(crate) const DIRECT_ENTRIES: usize = 1 << (MIX_BITS + 5 - DIRECT_SHIFT);

pub(crate) const fn direct_table() -> [u32; DIRECT_ENTRIES] {
    let mut table = [0; DIRECT_ENTRIES];
    let mut entry = 0;
    while entry < DIRECT_ENTRIES {
        let shifted = ((entry as u32) << DIRECT_SHIFT) + (1 << (DIRECT_SHIFT - 1));
        let knot = (shifted >> KNOT_BITS) as usize;
        let fraction = shifted & ((1 << KNOT_BITS) - 1);
        let (low, high) = (SQUASH_CONST[knot], SQUASH_CONST[knot + 1]);
        table[entry] = low + (((high - low) * fraction) >> KNOT_BITS);
        entry += 1;
    }
    table
}

static DIRECT: [u32; DIRECT_ENTRIES] = direct_table();

/// Like [`squash`], in one table lookup without interpolation: within 0.4 % of the smaller of
/// p and 1 − p, good enough for what only trains. `stretched` is within ±[`MIX_LIMIT`].
#[inline(always)]
#[must_use]
pub fn squash_coarse(stretched: i32) -> u32 {
    DIRECT[(stretched + MIX_LIMIT + 1) as u32 as usize >> DIRECT_SHIFT & (DIRECT_ENTRIES - 1)]
}

/// The probability, in 1..2^22, of a stretched value with 12 fractional bits.
#[inline(always)]
#[must_use]
pub fn squash(stretched: i32) -> u32 {
    let shifted = (stretched.clamp(-MIX_LIMIT, MIX_LIMIT) + MIX_LIMIT + 1) as u32;
    let knot = (shifted >> KNOT_BITS) as usize;
    let fraction = shifted & ((1 << KNOT_BITS) - 1);
    // `knot + 1` is in bounds: shifted < 2 * 16 * 2^12.
    let low = SQUASH[knot];
    let high = SQUASH[knot + 1];
    low + (((high - low) * fraction) >> KNOT_BITS)
}

/// Half of [`STRETCH`]: entries for the middle, then as many for the tail.
pub(crate) const STRETCH_ENTRIES: usize = 4096;
/// Below this (and symmetrically near one) the finer half of the table takes over.
pub(crate) const TAIL: u32 = 1 << 15;
pub(crate) const MIDDLE_SHIFT: u32 = PROBABILITY_BITS - 1 - 12;
pub(crate) const TAIL_SHIFT: u32 = 3;

/// The inverse of [`SQUASH`] for probabilities below one half: the stretched value of
/// `entry + ½` steps, first in steps of 2^-13, then (for less than 2^-7) in steps of 2^-19.
/// The last entry only pads the table for wide loads.
const fn stretch_table() -> [i16; 2 * STRETCH_ENTRIES + 2] {
    let mut table = [0i16; 2 * STRETCH_ENTRIES + 2];
    let mut half = 0;
    while half < 2 {
        let shift = if half == 0 { MIDDLE_SHIFT } else { TAIL_SHIFT };
        let mut entry = 0;
        let mut knot = 0;
        while entry < STRETCH_ENTRIES {
            let p = ((entry as u32) << shift) + (1 << shift) / 2;
            while knot + 2 < KNOTS && SQUASH_CONST[knot + 1] <= p {
                knot += 1;
            }
            // Linear between the knots, four steps of 1/256 to a knot.
            let low = SQUASH_CONST[knot];
            let high = SQUASH_CONST[knot + 1];
            let fraction = if high > low && p > low {
                ((p - low) * 4 + (high - low) / 2) / (high - low)
            } else {
                0
            };
            let fraction = if fraction > 4 { 4 } else { fraction };
            let value = knot as i32 * 4 + fraction as i32 - (16 << STRETCH_BITS);
            table[half * STRETCH_ENTRIES + entry] =
                if value < -STRETCH_LIMIT { -STRETCH_LIMIT as i16 } else { value as i16 };
            entry += 1;
        }
        half += 1;
    }
    table
}

const SQUASH_CONST: [u32; KNOTS] = squash_knots();
/// See [`stretch_table`]; public to the kernels.
pub(crate) static STRETCH: [i16; 2 * STRETCH_ENTRIES + 2] = stretch_table();

/// `ln(p / (1 - p))` with 8 fractional bits, within ±[`STRETCH_LIMIT`], of a 22-bit probability.
#[inline(always)]
#[must_use]
pub fn stretch(probability: u32) -> i32 {
    // Fold around one half; all ones where the probability is above it.
    let above = ((probability << (32 - PROBABILITY_BITS)) as i32 >> 31) as u32;
    let folded = (probability ^ above) & (PROBABILITY_ONE - 1);
    let index = if folded < TAIL {
        STRETCH_ENTRIES as u32 + (folded >> TAIL_SHIFT)
    } else {
        folded >> MIDDLE_SHIFT
    };
    let value = i32::from(STRETCH[index as usize & (2 * STRETCH_ENTRIES - 1)]);
    (value ^ above as i32).wrapping_sub(above as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squash_matches_the_logistic_function() {
        for stretched in (-MIX_LIMIT..=MIX_LIMIT).step_by(7) {
            let x = f64::from(stretched) / f64::from(1 << MIX_BITS);
            let exact = f64::from(PROBABILITY_ONE) / (1.0 + (-x).exp());
            let got = f64::from(squash(stretched));
            assert!(
                (got - exact).abs() < 40.0
                    && (got - exact).abs() < 2.0 + exact.min(4194304.0 - exact) / 1000.0,
                "{x}: {got} {exact}"
            );
        }
    }

    #[test]
    fn squash_is_monotonic_and_open() {
        let mut before = 0;
        for stretched in -MIX_LIMIT - 5..=MIX_LIMIT + 5 {
            let p = squash(stretched);
            assert!(p >= before && (1..PROBABILITY_ONE).contains(&p));
            before = p;
        }
    }

    #[test]
    fn stretch_inverts_squash() {
        for stretched in (-12 * 256)..=(12 * 256) {
            let back = stretch(squash(stretched * 16));
            let tolerance = if stretched.abs() > 11 * 256 {
                200
            } else if stretched.abs() > 8 * 256 {
                24
            } else {
                4
            };
            assert!((back - stretched).abs() <= tolerance, "{stretched} {back}");
        }
    }

    #[test]
    fn tables_are_pinned() {
        let mut bytes = Vec::new();
        for knot in SQUASH {
            bytes.extend_from_slice(&knot.to_le_bytes());
        }
        for entry in STRETCH {
            bytes.extend_from_slice(&entry.to_le_bytes());
        }
        assert_eq!(
            xxhash_rust::xxh3::xxh3_64(&bytes),
            9_152_232_586_160_804_928,
            "a changed table is a new numeric contract"
        );
    }
    #[test]
    fn the_direct_table_is_pinned_and_follows_the_exact_one() {
        let bytes: Vec<u8> = DIRECT.iter().flat_map(|entry| entry.to_le_bytes()).collect();
        assert_eq!(
            xxhash_rust::xxh3::xxh3_64(&bytes),
            7_404_692_069_346_039_344,
            "a changed table is a new numeric contract"
        );
        for stretched in -MIX_LIMIT..=MIX_LIMIT {
            let (exact, coarse) = (squash(stretched), squash_coarse(stretched));
            let smaller = exact.min(PROBABILITY_ONE - exact);
            assert!(coarse.abs_diff(exact) <= smaller / 250 + 1, "{stretched}: {coarse} {exact}");
        }
    }
}
