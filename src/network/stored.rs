//! Weights in a file: what a network starts from that was trained before, in a quarter of the
//! memory that it takes.
//!
//! `docs/format-network.md` has the format. Everything in a file is valid: there are no wrong
//! weights, only bad ones.

use super::weights::Weights;
use crate::simd::{WEIGHT_LIMIT, round_weight};

/// Bytes that are read one number after the other; zeros after their end.
pub struct Reader<'a>(pub &'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let Some((bytes, rest)) = self.0.split_first_chunk::<N>() else { return [0; N] };
        self.0 = rest;
        *bytes
    }

    fn short(&mut self) -> i32 {
        i32::from(i16::from_le_bytes(self.take()))
    }
}

/// Fractional bits of logarithms.
const LOG_BITS: u32 = 8;
/// The logarithm of the largest mean of squares.
const LARGEST_LOG: i32 = (30 << LOG_BITS) - 1;

/// The power of two of `log`, linear between whole ones.
fn power(log: i32) -> u32 {
    let log = log.clamp(0, LARGEST_LOG) as u32;
    (((1u64 << LOG_BITS) + u64::from(log & 255)) << (log >> LOG_BITS) >> LOG_BITS) as u32
}

/// The inverse of [`power`], rounded down.
fn logarithm(number: u32) -> i32 {
    let number = number.max(1);
    let whole = number.ilog2();
    let part = ((u64::from(number) << LOG_BITS) >> whole) as i32 - (1 << LOG_BITS);
    ((whole << LOG_BITS) as i32 + part).min(LARGEST_LOG)
}

/// Means of squares as a sum of logarithms: of the row and of the column.
struct Logarithms {
    rows: Vec<i32>,
    columns: Vec<i32>,
}

impl Logarithms {
    fn of(weights: &Weights) -> Self {
        let rows = weights.moments.chunks_exact(weights.width);
        let mean = |row: &[u32]| {
            row.iter().map(|&moment| logarithm(moment)).sum::<i32>() / row.len() as i32
        };
        let rows: Vec<i32> = rows.map(mean).collect();
        let mut columns = vec![0i64; weights.width];
        // Rows that never moved tell nothing of columns.
        let moved = || (0..rows.len()).filter(|&row| weights.moves[row] > 0);
        for row in moved() {
            for (column, &moment) in columns.iter_mut().zip(weights.moments_of(row)) {
                *column += i64::from(logarithm(moment) - rows[row]);
            }
        }
        let count = moved().count().max(1) as i64;
        Logarithms { columns: columns.iter().map(|sum| (sum / count) as i32).collect(), rows }
    }
}

impl Weights {
    /// Appends the weights as they are stored: rows of matrices in 8 bits with a scale for each
    /// row, single rows in 16 bits.
    pub fn store(&self, out: &mut Vec<u8>) {
        let short = |number: i32, out: &mut Vec<u8>| {
            let number = number.clamp(i16::MIN.into(), i16::MAX.into()) as i16;
            out.extend_from_slice(&number.to_le_bytes());
        };
        let logarithms = Logarithms::of(self);
        for (row, exact) in self.exact.chunks_exact(self.width).enumerate() {
            out.push(self.moves[row].checked_ilog2().map_or(0, |log| log.min(254) as u8 + 1));
            short(logarithms.rows[row], out);
            if self.is_matrix() {
                let largest = exact.iter().map(|weight| weight.unsigned_abs()).max().unwrap_or(0);
                let scale = largest.div_ceil(127 << 8).max(1) as i32;
                // Below 2^16: no weight is above 6.
                out.extend_from_slice(&(scale as u16).to_le_bytes());
                let stored = exact.iter().map(|&weight| {
                    let unit = scale << 8;
                    ((weight + (unit >> 1)).div_euclid(unit)).clamp(-127, 127) as i8 as u8
                });
                out.extend(stored);
            } else {
                exact.iter().for_each(|&weight| short(i32::from(round_weight(weight)), out));
            }
        }
        logarithms.columns.iter().for_each(|&column| short(column, out));
    }

    /// Takes the weights that [`Weights::store`] wrote, and moments that are known from at most
    /// 2^`most` moves.
    pub fn load(&mut self, reader: &mut Reader<'_>, most: u32) {
        let mut rows = vec![0; self.moves.len()];
        for (row, log) in rows.iter_mut().enumerate() {
            let [moves] = reader.take();
            self.moves[row] = u32::from(moves).checked_sub(1).map_or(0, |log| 1 << log.min(most));
            *log = reader.short();
            let scale =
                if self.is_matrix() { i32::from(u16::from_le_bytes(reader.take())) } else { 0 };
            let at = row * self.width..(row + 1) * self.width;
            for weight in &mut self.exact[at] {
                let exact = if scale > 0 {
                    i32::from(i8::from_le_bytes(reader.take())).wrapping_mul(scale << 8)
                } else {
                    reader.short() << 16
                };
                *weight = exact.clamp(-WEIGHT_LIMIT, WEIGHT_LIMIT);
            }
        }
        let columns: Vec<i32> = (0..self.width).map(|_| reader.short()).collect();
        let moments = self.moments.chunks_exact_mut(self.width);
        for ((moments, &row), &moves) in moments.zip(&rows).zip(&self.moves) {
            for (moment, &column) in moments.iter_mut().zip(&columns) {
                *moment = if moves > 0 { power(row + column) } else { 0 };
            }
        }
        self.round_all();
    }

    /// Appends everything, exactly.
    pub fn save(&self, out: &mut Vec<u8>) {
        let exact = self.exact.iter().map(|weight| weight.to_le_bytes());
        let rest = self.moments.iter().chain(&self.moves).map(|number| number.to_le_bytes());
        exact.chain(rest).for_each(|bytes| out.extend_from_slice(&bytes));
    }

    /// Takes what [`Weights::save`] wrote.
    pub fn resume(&mut self, reader: &mut Reader<'_>) {
        for (exact, rounded) in self.exact.iter_mut().zip(&mut self.rounded) {
            *exact = i32::from_le_bytes(reader.take());
            *rounded = round_weight(*exact);
        }
        for number in self.moments.iter_mut().chain(&mut self.moves) {
            *number = u32::from_le_bytes(reader.take());
        }
    }

    fn is_matrix(&self) -> bool {
        self.width > super::NIBBLES && self.moves.len() > 1
    }

    fn moments_of(&self, row: usize) -> &[u32] {
        &self.moments[row * self.width..(row + 1) * self.width]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_are_as_exact_as_their_bits() {
        for number in (0..30).flat_map(|bits| [1 << bits, (1 << bits) * 5 / 4, (1 << bits) * 7 / 4])
        {
            let again = power(logarithm(number));
            assert!(number.abs_diff(again) <= number >> 7, "{number} {again}");
        }
    }

    #[test]
    fn what_was_stored_is_loaded() {
        let mut next = 1i32;
        let mut weights = Weights::new(4, 32, || {
            next = next.wrapping_mul(1_103_515_245).wrapping_add(12345);
            next
        });
        weights.moves = vec![0, 1, 70, 5000];
        weights.moments.iter_mut().enumerate().for_each(|(at, moment)| *moment = 1 << (at / 32));
        let mut stored = Vec::new();
        weights.store(&mut stored);
        let mut loaded = Weights::new(4, 32, || 0);
        let mut reader = Reader(&stored);
        loaded.load(&mut reader, 10);
        assert!(reader.0.is_empty());
        assert_eq!(loaded.moves, [0, 1, 64, 1024]);
        assert_eq!(loaded.moments[32..], weights.moments[32..]);
        for (one, two) in weights.exact.iter().zip(&loaded.exact) {
            assert!((one - two).abs() <= 1 << 23, "{one} {two}");
        }
        let mut again = Vec::new();
        loaded.store(&mut again);
        assert_eq!(again.len(), stored.len());
    }
}
