//! Weights in a file: what a network starts from that was trained before, in a fraction of the
//! memory that it takes.
//!
//! Numbers are rounded to levels, for each row anew, and coded with adaptive probabilities by
//! the coder of the streams. `docs/format-network.md` has the format. Everything in a file is valid:
//! there are no wrong weights, only bad ones.

use super::weights::Weights;
use crate::coder::{BitCoder, Decoder, Encoder};
use crate::numeric::PROBABILITY_ONE;
use crate::simd::{WEIGHT_LIMIT, round_weight};

/// How far levels are apart, in parts of 64 of the root of the mean square of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Precision {
    /// In rows of embeddings.
    pub of_embedding: u32,
    /// In other rows that are not alone.
    pub of_layers: u32,
}

impl Precision {
    /// That of the built-in weights: 0.25 % more bits a byte than with exact ones (words, unseen
    /// files: 1.6741 and 1.6699).
    pub const BUILT_IN: Precision = Precision { of_embedding: 64, of_layers: 13 };
    /// That of priors, which are trained for less time: steps smaller than a level are lost.
    pub const OF_PRIOR: Precision = Precision { of_embedding: 32, of_layers: 6 };
}

/// Bytes that are read one number after the other; zeros after their end.
pub struct Reader<'a>(pub &'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> [u8; N] {
        let Some((bytes, rest)) = self.0.split_first_chunk::<N>() else { return [0; N] };
        self.0 = rest;
        *bytes
    }
}

/// A symbol of some bits, the highest first: each bit has an adaptive probability after those before.
#[derive(Clone)]
struct Model {
    bits: u32,
    /// The probability of a one (22 bits) and how many bits have moved it, at most 255.
    nodes: Vec<(u32, u32)>,
}

impl Model {
    fn new(bits: u32) -> Self {
        Model { bits, nodes: vec![(PROBABILITY_ONE / 2, 0); 1 << bits] }
    }

    /// Codes `symbol`; a decoder ignores it.
    #[inline(always)]
    fn code(&mut self, coder: &mut impl BitCoder, symbol: u32) -> u32 {
        let mut node = 1;
        for shift in (0..self.bits).rev() {
            let (probability, count) = &mut self.nodes[node];
            let certain = 1 << 8;
            let bit = coder.code(
                symbol >> shift & 1,
                (*probability).clamp(certain, PROBABILITY_ONE - certain),
            );
            // The mean of so many bits, and at last one that falls by half in 177.
            let rate = (*count + 2).ilog2();
            if bit == 1 {
                *probability += (PROBABILITY_ONE - *probability) >> rate;
            } else {
                *probability -= *probability >> rate;
            }
            *count = (*count + 1).min(254);
            node = 2 * node + bit as usize;
        }
        node as u32 & ((1 << self.bits) - 1)
    }

    fn put(&mut self, encoder: &mut Encoder, symbol: u32) {
        self.code(encoder, symbol);
    }

    fn get(&mut self, decoder: &mut Decoder<'_>) -> u32 {
        self.code(decoder, 0)
    }
}

/// Levels of a row: whether a number is 0, its sign, and whether each magnitude is exceeded.
struct Levels {
    /// The models of one bit of "more than this magnitude".
    more: Vec<Model>,
}

/// Largest magnitude of a level.
const MOST: u32 = 63;

impl Levels {
    fn new() -> Self {
        Levels { more: vec![Model::new(1); MOST as usize] }
    }

    /// Codes `level`; a decoder ignores it.
    #[inline(always)]
    fn code(&mut self, coder: &mut impl BitCoder, level: i32) -> i32 {
        let mut magnitude = 0;
        while magnitude < MOST {
            let more = u32::from(level.unsigned_abs() > magnitude);
            if self.more[magnitude as usize].code(coder, more) == 0 {
                break;
            }
            magnitude += 1;
        }
        let is_negative = magnitude > 0 && coder.code_plain(u32::from(level < 0), 1) == 1;
        if is_negative { -(magnitude as i32) } else { magnitude as i32 }
    }
}

/// Bits of a number that is coded as it is.
const PLAIN: u32 = 16;

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

/// Bits of the logarithms of rows and columns in a file, of which [`COARSE`] are left out.
const LOG_SYMBOL: u32 = 8;
/// Fractional bits of logarithms of means of squares that a file has not.
const COARSE: u32 = LOG_BITS - 2;
/// Fractional bits of logarithms of levels that a file has not: an eighth of an octave is left.
const SCALE_COARSE: u32 = LOG_BITS - 3;
/// Bits of how often a row was moved: 0 for never, else one more than the logarithm.
const MOVES: u32 = 4;
/// The middle of the logarithms of columns, which have a sign.
const MIDDLE: i32 = 1 << (LOG_SYMBOL - 1);

/// The distance of the levels of a row, by its symbol.
fn level_of(symbol: u32) -> i32 {
    power((symbol << SCALE_COARSE) as i32) as i32
}

/// The models of the rows of some weights.
struct Models {
    moves: Model,
    rows: Model,
    scales: Model,
    levels: Levels,
    columns: Model,
}

impl Models {
    fn new() -> Self {
        Models {
            moves: Model::new(MOVES),
            rows: Model::new(LOG_SYMBOL),
            scales: Model::new(LOG_SYMBOL),
            levels: Levels::new(),
            columns: Model::new(LOG_SYMBOL),
        }
    }
}

/// The symbol of the distance of the levels of a row, `part` of 64 of the root of its mean square,
/// or what the largest weight needs.
fn symbol_of(exact: &[i32], part: u32) -> u32 {
    let largest = exact.iter().map(|weight| weight.unsigned_abs()).max().unwrap_or(0);
    let squares: u128 = exact.iter().map(|&weight| u128::from(weight.unsigned_abs()).pow(2)).sum();
    let root = (squares / exact.len() as u128).isqrt() as u64;
    let least = (root * u64::from(part) / 64).max(u64::from(largest.div_ceil(MOST)));
    let symbol = (0..1 << LOG_SYMBOL).find(|&symbol| level_of(symbol) as u64 >= least);
    symbol.unwrap_or((1 << LOG_SYMBOL) - 1)
}

fn is_matrix([rows, width]: [usize; 2]) -> bool {
    width > super::NIBBLES && rows > 1
}

/// Decoded weights, in a fifth of the memory of those that learn.
#[derive(Debug)]
pub struct StoredWeights {
    rows: Vec<StoredRow>,
    /// Of all rows, one after the other.
    levels: Vec<i16>,
    /// Logarithms of columns.
    columns: Vec<i32>,
}

/// What a file says of a row.
#[derive(Debug)]
struct StoredRow {
    /// 0 if the row was never moved, else one more than the logarithm of how often.
    moves: u32,
    log: i32,
    /// What a level stands for.
    unit: i32,
}

impl StoredWeights {
    /// Decodes what [`Weights::store`] coded of weights of this shape.
    pub fn decode(decoder: &mut Decoder<'_>, shape: [usize; 2]) -> Self {
        let [count, width] = shape;
        let mut models = Models::new();
        let mut rows = Vec::with_capacity(count);
        let mut levels = Vec::with_capacity(count * width);
        for _ in 0..count {
            let moves = models.moves.get(decoder);
            let log = (models.rows.get(decoder) << COARSE) as i32;
            let is_matrix = is_matrix(shape);
            let unit = if is_matrix { level_of(models.scales.get(decoder)) } else { 1 << 16 };
            rows.push(StoredRow { moves, log, unit });
            levels.extend((0..width).map(|_| {
                if is_matrix {
                    models.levels.code(decoder, 0) as i16
                } else {
                    decoder.code_plain(0, PLAIN) as u16 as i16
                }
            }));
        }
        let column = |_| (models.columns.get(decoder) as i32 - MIDDLE) << COARSE;
        StoredWeights { rows, levels, columns: (0..width).map(column).collect() }
    }
}

impl Weights {
    /// Codes the weights as they are stored: rows of matrices, features and embeddings in levels
    /// that are `part` of 64 of the root of the mean square of the row apart, single rows in 16 bits.
    pub fn store(&self, encoder: &mut Encoder, part: u32) {
        let logarithms = Logarithms::of(self);
        let mut models = Models::new();
        for (row, exact) in self.exact.chunks_exact(self.width).enumerate() {
            let moves = self.moves[row].checked_ilog2().map_or(0, |log| log + 1);
            models.moves.put(encoder, moves.min((1 << MOVES) - 1));
            models.rows.put(encoder, (logarithms.rows[row] + (1 << (COARSE - 1))) as u32 >> COARSE);
            if self.is_matrix() {
                let symbol = symbol_of(exact, part);
                models.scales.put(encoder, symbol);
                let unit = i64::from(level_of(symbol));
                for &weight in exact {
                    let level = (2 * i64::from(weight) + unit).div_euclid(2 * unit);
                    models.levels.code(encoder, level as i32);
                }
            } else {
                for &weight in exact {
                    encoder.code_plain(round_weight(weight) as u16 as u32, PLAIN);
                }
            }
        }
        for &column in &logarithms.columns {
            let symbol = ((column + (1 << (COARSE - 1))) >> COARSE) + MIDDLE;
            models.columns.put(encoder, symbol.clamp(0, 2 * MIDDLE - 1) as u32);
        }
    }

    /// Takes decoded weights of its shape, and moments that are known from at most 2^`most_moves`
    /// moves.
    pub fn load(&mut self, stored: &StoredWeights, most_moves: u32) {
        let exact = self.exact.chunks_exact_mut(self.width);
        let levels = stored.levels.chunks_exact(self.width);
        for (((exact, levels), moves), row) in
            exact.zip(levels).zip(&mut self.moves).zip(&stored.rows)
        {
            *moves = row.moves.checked_sub(1).map_or(0, |log| 1 << log.min(most_moves));
            for (weight, &level) in exact.iter_mut().zip(levels) {
                let exact = i64::from(level) * i64::from(row.unit);
                *weight = exact.clamp((-WEIGHT_LIMIT).into(), WEIGHT_LIMIT.into()) as i32;
            }
        }
        let moments = self.moments.chunks_exact_mut(self.width);
        for ((moments, row), &moves) in moments.zip(&stored.rows).zip(&self.moves) {
            for (moment, &column) in moments.iter_mut().zip(&stored.columns) {
                *moment = if moves > 0 { power(row.log + column) } else { 0 };
            }
        }
        self.round_all();
    }

    /// Rows and their width.
    pub fn shape(&self) -> [usize; 2] {
        [self.moves.len(), self.width]
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
        is_matrix(self.shape())
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
            next / 4
        });
        weights.moves = vec![0, 1, 70, 5000];
        weights.moments.iter_mut().enumerate().for_each(|(at, moment)| *moment = 1 << (at / 32));
        for part in [64u32, 26, 8] {
            let mut encoder = Encoder::new();
            weights.store(&mut encoder, part);
            let stored = encoder.finish();
            let mut loaded = Weights::new(4, 32, || 0);
            let stored = StoredWeights::decode(&mut Decoder::new(&stored), [4, 32]);
            loaded.load(&stored, 10);
            assert_eq!(loaded.moves, [0, 1, 64, 1024]);
            assert_eq!(loaded.moments[32..], weights.moments[32..]);
            for (one, two) in weights.exact.iter().zip(&loaded.exact) {
                // The roots are about 1.15.
                assert!(
                    (one - two).abs() <= (part as i32) * ((1 << 28) / 85),
                    "{part}: {one} {two}"
                );
            }
        }
    }

    /// Whatever stands in a file, weights come of it that are within their limits.
    #[test]
    fn everything_is_valid() {
        for byte in [0, 1, 85, 255] {
            for length in [0, 1, 5000] {
                let mut loaded = Weights::new(300, 32, || 0);
                let bytes = vec![byte; length];
                let stored = StoredWeights::decode(&mut Decoder::new(&bytes), [300, 32]);
                loaded.load(&stored, 7);
                assert!(loaded.exact.iter().all(|weight| weight.abs() <= WEIGHT_LIMIT));
                assert!(loaded.moments.iter().all(|&moment| moment < 1 << 30));
            }
        }
    }
}
