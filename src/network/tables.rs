//! The functions of networks as tables, made by integer arithmetic when they are first used.

use super::SUM_BITS;
use crate::numeric::PROBABILITY_BITS;
use crate::numeric::logistic::{MIX_BITS, squash};
use std::sync::LazyLock;

/// Fractional bits of what goes into a gate.
pub const GATE_BITS: u32 = 11;
/// Fractional bits of gates, of cells where functions take them, and of their hyperbolic tangents.
pub const UNIT_BITS: u32 = 14;
/// Fractional bits of cells between steps.
pub const CELL_BITS: u32 = 20;
/// One, with [`UNIT_BITS`].
pub const UNIT: i32 = 1 << UNIT_BITS;

/// Bits of an argument that select no entry.
const SKIPPED: u32 = 3;
const GATE_ENTRIES: usize = 1 << (16 - SKIPPED);
const CELL_ENTRIES: usize = 1 << (UNIT_BITS + 1 - SKIPPED);

/// The functions of networks.
pub struct Tables {
    sigmoid: Box<[i16; GATE_ENTRIES]>,
    tanh: Box<[i16; GATE_ENTRIES]>,
    cell: Box<[i16; CELL_ENTRIES + 1]>,
    /// e^-x for x = 0, 1/16, … 255/16 with 30 fractional bits, and for 0, 1/4096, … 255/4096.
    exp: [[u32; 256]; 2],
}

/// The one table.
pub static TABLES: LazyLock<Tables> = LazyLock::new(Tables::new);

/// e^-(2^-`bits`) with 62 fractional bits: 1 - x + x²/2 - …
fn falling_step(bits: u32) -> u64 {
    let (mut sum, mut term, mut divisor) = (0i64, 1i64 << 62, 1);
    while term != 0 {
        sum += term;
        term = -((term >> bits) / divisor);
        // A shift rounds down, so that a negative term would never end.
        if term == -1 {
            term = 0;
        }
        divisor += 1;
    }
    sum as u64
}

fn falling(bits: u32) -> [u32; 256] {
    let step = u128::from(falling_step(bits));
    let mut power: u128 = 1 << 62;
    std::array::from_fn(|_| {
        let entry = (power >> 32) as u32;
        power = (power * step) >> 62;
        entry
    })
}

/// Sigmoid, with 14 fractional bits, of a number with 12.
fn sigmoid(x: i32) -> i32 {
    ((squash(x) + (1 << (PROBABILITY_BITS - UNIT_BITS - 1))) >> (PROBABILITY_BITS - UNIT_BITS))
        as i32
}

/// Hyperbolic tangent, with 14 fractional bits, of a number with 12.
fn tanh(x: i32) -> i32 {
    let twice = squash(2 * x) as i32 - (1 << (PROBABILITY_BITS - 1));
    twice >> (PROBABILITY_BITS - 1 - UNIT_BITS)
}

impl Tables {
    fn new() -> Self {
        // The middle of what an entry stands for.
        let gate = |entry: usize| {
            let argument = ((entry as i32) << SKIPPED) + (1 << (SKIPPED - 1)) - 32768;
            argument << (MIX_BITS - GATE_BITS)
        };
        let cell = |entry: usize| {
            let argument = ((entry as i32) << SKIPPED) - UNIT;
            argument >> (UNIT_BITS - MIX_BITS)
        };
        let table = |of: fn(i32) -> i32| {
            Box::new(std::array::from_fn(|entry| of(gate(entry)).clamp(-UNIT, UNIT) as i16))
        };
        Tables {
            sigmoid: table(sigmoid),
            tanh: table(tanh),
            cell: Box::new(std::array::from_fn(|entry| tanh(cell(entry)) as i16)),
            exp: [falling(4), falling(12)],
        }
    }

    /// 1 / (1 + e^-x), of 11 fractional bits to 14.
    #[inline(always)]
    pub fn sigmoid(&self, x: i16) -> i16 {
        self.sigmoid[usize::from((x as u16) ^ 0x8000) >> SKIPPED]
    }

    /// The hyperbolic tangent, of 11 fractional bits to 14.
    #[inline(always)]
    pub fn tanh(&self, x: i16) -> i16 {
        self.tanh[usize::from((x as u16) ^ 0x8000) >> SKIPPED]
    }

    /// The hyperbolic tangent of a number from -1 to 1, of 14 fractional bits to 14.
    #[inline(always)]
    pub fn cell_tanh(&self, x: i16) -> i16 {
        let entry = (i32::from(x) + UNIT + (1 << (SKIPPED - 1))).clamp(0, 2 * UNIT) as usize;
        self.cell[entry >> SKIPPED]
    }

    /// e^-x of 23 fractional bits to 20; 0 from 16 on.
    #[inline(always)]
    pub fn falling(&self, x: u32) -> u32 {
        if x >= 16 << SUM_BITS {
            return 0;
        }
        let index = (x >> (SUM_BITS - 12)) as usize;
        let product =
            u64::from(self.exp[0][index >> 8 & 255]) * u64::from(self.exp[1][index & 255]);
        (product >> 40) as u32
    }
}

/// All tables as words: sigmoid, hyperbolic tangent, that of cells, and powers of e.
#[cfg(feature = "gpu")]
pub fn words() -> Vec<i32> {
    let Tables { sigmoid, tanh, cell, exp } = &*TABLES;
    let short = sigmoid.iter().chain(&**tanh).chain(&**cell).map(|&entry| i32::from(entry));
    short.chain(exp.as_flattened().iter().map(|&entry| entry as i32)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use xxhash_rust::xxh3::Xxh3;

    #[test]
    fn the_tables_are_pinned_and_right() {
        let mut hash = Xxh3::new();
        let gates = TABLES.sigmoid.iter().chain(TABLES.tanh.iter()).chain(TABLES.cell.iter());
        gates.for_each(|entry| hash.update(&entry.to_le_bytes()));
        TABLES.exp.iter().flatten().for_each(|entry| hash.update(&entry.to_le_bytes()));
        assert_eq!(
            hash.digest(),
            18_289_099_355_644_828_840,
            "other tables are a new numeric contract"
        );
        for x in (-32768i32..=32767).step_by(97) {
            let exact = f64::from(x) / 2048.0;
            let near = |value: i16, exact: f64| (f64::from(value) / 16384.0 - exact).abs() < 0.003;
            assert!(near(TABLES.sigmoid(x as i16), 1.0 / (1.0 + (-exact).exp())), "{x}");
            assert!(near(TABLES.tanh(x as i16), exact.tanh()), "{x}");
            if x.abs() <= 16384 {
                let exact = f64::from(x) / 16384.0;
                assert!(near(TABLES.cell_tanh(x as i16), exact.tanh()), "{x}");
            }
        }
        for x in (0..1u32 << 28).step_by(1 << 18) {
            let exact = (-f64::from(x) / f64::from(1 << SUM_BITS)).exp();
            assert!(
                (f64::from(TABLES.falling(x)) / f64::from(1 << 20) - exact).abs() < 2e-4,
                "{x}"
            );
        }
    }
}
