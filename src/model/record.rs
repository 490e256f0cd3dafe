//! Binary records, columns of numbers and aligned words.
//!
//! With `N`, `W`, `NW`, … the bytes around the next one when the data is laid out in rows of one
//! stride: above, to the left, above left. The contexts that matter are those of the record models
//! of the PAQ8 family; the word predictions, the run above and the column histories were added.

use super::context::ContextState;
use super::family::{Family, Reads, pair};
use super::name::named;
use super::selector::RowPart;
use super::stride::StrideDetector;
use crate::model::hash::combine;

named! {
    /// Contexts of records. *Above* is the byte one stride back, *column* the offset in the record,
    /// *alignment* the offset in a word of two or four bytes.
    pub enum RecordContext {
        /// The last byte and the byte above.
        LastAndAbove,
        /// The last byte, the byte above, and the byte above left.
        LastAboveAndLeft,
        /// The three bytes above.
        ThreeAbove,
        /// The column and the last two bytes.
        ColumnAndLastTwo,
        /// The column and the two bytes above.
        ColumnAndTwoAbove,
        /// The column, the byte above, and how long bytes have equalled those above.
        ColumnRunAndAbove,
        /// The byte above, and how long bytes have equalled those above.
        RunAndAbove,
        /// The byte above, and how it differs from the one above that.
        StepAbove,
        /// The two bytes above by the second stride.
        TwoAboveBySecondStride,
        /// The byte above by the second stride, and how long bytes have equalled those above.
        RunAndAboveBySecondStride,
        /// The bytes that followed this column and byte above before, and those two.
        FollowersOfColumnAndAbove,
        /// The bytes that followed this column and byte above before, and the last byte.
        FollowersAndLast,
        /// The alignment and the last byte.
        AlignmentAndLast,
        /// The alignment and the last two bytes.
        AlignmentAndLastTwo,
        /// The bytes two and four back, aligned by two.
        TwoAndFourBack,
        /// The bytes four and eight back, aligned by four.
        FourAndEightBack,
        /// The bytes eight and sixteen back, aligned by eight.
        EightAndSixteenBack,
        /// The next byte of a little-endian word of four bytes if words grow in equal steps, and
        /// the last byte.
        LittleEndianWord,
        /// The same of a big-endian word of two bytes, by those above.
        BigEndianPairAbove,
        /// How long ago the last byte occurred before, the last byte, and the byte above.
        DistanceLastAndAbove,
    }
}

named! {
    /// Selectors of records.
    pub enum RecordSelector {
        /// The alignment, the class of the distance to the last zero, and the number of the bit.
        AlignmentAndZeroDistance,
        /// The column, in at most 128 parts of the record, and the number of the bit.
        Column,
    }
}

/// Entries of the column histories.
const HISTORIES: usize = 1 << 14;

/// What the record contexts are made of.
#[derive(Clone)]
pub struct RecordState {
    strides: StrideDetector,
    stride: u32,
    second: u32,
    position: u32,
    column: u32,
    last: u64,
    older: u64,
    north: u32,
    north2: u32,
    north3: u32,
    north_west: u32,
    /// Above, and two above, at the second stride.
    other: [u32; 2],
    /// Bytes in a row that equalled the one above, for both strides.
    run: [u32; 2],
    /// Position after the last occurrence of each byte value.
    seen: [u32; 256],
    distance: u32,
    zero_distance: u32,
    /// The two bytes that followed each (column, above).
    histories: Box<[u16; HISTORIES]>,
    history_slot: usize,
    /// Linear predictions of the next byte, if it belongs to a little-endian word of four bytes, and
    /// to a big-endian word of two bytes with those above.
    predictions: [u32; 2],
}

impl Family for RecordState {
    type Context = RecordContext;
    type Selector = RecordSelector;
    const READS: Reads = Reads::Stream;

    fn new(_: &[RecordContext]) -> Self {
        Self {
            strides: StrideDetector::default(),
            stride: 1,
            second: 1,
            position: 0,
            column: 0,
            last: 0,
            older: 0,
            north: 0,
            north2: 0,
            north3: 0,
            north_west: 0,
            other: [0; 2],
            run: [0; 2],
            seen: [0; 256],
            distance: 0,
            zero_distance: 0,
            histories: vec![0; HISTORIES]
                .into_boxed_slice()
                .try_into()
                .unwrap_or_else(|_| unreachable!()),
            history_slot: 0,
            predictions: [0; 2],
        }
    }

    #[inline]
    fn push(&mut self, bytes: &[u8]) {
        self.strides.push(bytes);
        let end = bytes.len();
        let byte = u32::from(bytes[end - 1]);
        let slot = &mut self.histories[self.history_slot];
        *slot = *slot << 8 | byte as u16;
        self.run[0] = if byte == self.north { (self.run[0] + 1).min(255) } else { 0 };
        self.run[1] = if byte == self.other[0] { (self.run[1] + 1).min(255) } else { 0 };
        self.older = self.older << 8 | self.last >> 56;
        self.last = self.last << 8 | u64::from(byte);
        self.position = end as u32;
        let seen = &mut self.seen[byte as usize];
        self.distance = self.position - *seen;
        *seen = self.position;
        self.zero_distance = self.position - self.seen[0];
        self.stride = self.strides.stride;
        self.second = self.strides.second;
        self.column = self.position % self.stride;
        let stride = self.stride as usize;
        let back = |distance: usize| {
            end.checked_sub(distance).and_then(|at| bytes.get(at)).copied().map_or(0, u32::from)
        };
        self.north = back(stride);
        self.north2 = back(2 * stride);
        self.north3 = back(3 * stride);
        self.north_west = back(stride + 1);
        let second = self.second as usize;
        self.other = [back(second), back(2 * second)];
        self.history_slot =
            (combine(self.column << 8 | self.north, self.stride) >> 18) as usize & (HISTORIES - 1);
        // Linear extrapolation of numbers: twice the last less the one before, as far as known.
        let four = |distance: usize| {
            back(distance)
                | back(distance + 1) << 8
                | back(distance + 2) << 16
                | back(distance + 3) << 24
        };
        let phase = end % 4;
        let (a, b) = (four(phase + 1), four(phase + 5));
        // `four` has the nearest byte lowest, as in big-endian words.
        let little = a.swap_bytes().wrapping_mul(2).wrapping_sub(b.swap_bytes());
        let half = end % 2;
        let two = |distance: usize| back(distance) | back(distance + 1) << 8;
        let (e, f) = (two(half + stride - 1), two(half + 2 * stride - 1));
        let row_big = e.wrapping_mul(2).wrapping_sub(f);
        self.predictions = [little >> (8 * phase) & 0xff, row_big >> (8 - 8 * half) & 0xff];
    }

    #[inline]
    fn value(&self, context: RecordContext, _: &ContextState) -> u64 {
        use RecordContext::*;
        let (west, west2) = (self.byte(1), self.byte(2));
        let (north, north2) = (self.north, self.north2);
        let (stride, column, position) = (self.stride, self.column, self.position);
        let at = |a: u32, b: u32, c: u32| u64::from(a) << 32 | u64::from(b << 16) | u64::from(c);
        let bytes = |a: u32, b: u32, c: u32| a << 16 | b << 8 | c;
        match context {
            LastAndAbove => at(stride, west, north),
            LastAboveAndLeft => pair(stride, bytes(west, self.north_west, north)),
            ThreeAbove => pair(stride, bytes(self.north3, north2, north)),
            ColumnAndLastTwo => at(stride, column, west << 8 | west2),
            ColumnAndTwoAbove => at(stride, column, north2 << 8 | north),
            ColumnRunAndAbove => at(stride, column, (self.run[0].min(15)) << 8 | north),
            RunAndAbove => at(stride, self.run[0].min(31), north),
            StepAbove => at(stride, north.wrapping_sub(north2) & 0xff, north),
            TwoAboveBySecondStride => at(self.second, self.other[0], self.other[1]),
            RunAndAboveBySecondStride => at(self.second, self.run[1].min(31), self.other[0]),
            FollowersOfColumnAndAbove => pair(
                combine(stride, column << 8 | north),
                u32::from(self.histories[self.history_slot]),
            ),
            FollowersAndLast => pair(u32::from(self.histories[self.history_slot]), west),
            AlignmentAndLast => at(position & 3, 0, west),
            AlignmentAndLastTwo => at(position & 3, west, west2),
            TwoAndFourBack => at(position & 1, west2, self.byte(4)),
            FourAndEightBack => at(position & 3, self.byte(4), self.byte(8)),
            EightAndSixteenBack => at(position & 7, self.byte(8), self.byte(16)),
            LittleEndianWord => at(position & 3, self.predictions[0], west),
            BigEndianPairAbove => {
                pair(stride, (position & 1) << 24 | bytes(west, self.predictions[1], 0))
            }
            DistanceLastAndAbove => at(self.distance.min(0xff), west, north),
        }
    }

    fn rows(selector: RecordSelector) -> usize {
        match selector {
            RecordSelector::AlignmentAndZeroDistance => 32 << 3,
            RecordSelector::Column => 128 << 3,
        }
    }

    #[inline]
    fn row(&self, selector: RecordSelector, _: &ContextState) -> RowPart {
        let class = |length: u32| if length == 0 { 0 } else { (length.ilog2() + 1).min(7) };
        match selector {
            RecordSelector::AlignmentAndZeroDistance => {
                RowPart::with_bit((self.position & 3) << 3 | class(self.zero_distance))
            }
            RecordSelector::Column => {
                let parts = self.stride.div_ceil(128).max(1);
                RowPart::with_bit(if self.stride > 2 { (self.column / parts).min(127) } else { 0 })
            }
        }
    }
}

impl RecordState {
    #[inline(always)]
    fn byte(&self, back: u32) -> u32 {
        (if back <= 8 { self.last >> (8 * (back - 1)) } else { self.older >> (8 * (back - 9)) })
            as u32
            & 0xff
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_extrapolated() {
        let mut state = RecordState::new(&[]);
        let mut bytes = Vec::new();
        for number in 0..40u32 {
            for byte in (1000 + 300 * number).to_le_bytes() {
                if number > 2 {
                    assert_eq!(state.predictions[0], u32::from(byte), "{number}");
                }
                bytes.push(byte);
                state.push(&bytes);
            }
        }
    }
}
