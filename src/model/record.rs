//! Binary records, columns of numbers and aligned words.
//!
//! With `N`, `W`, `NW`, … the bytes around the next one when the data is laid out in rows of one
//! stride: above, to the left, above left. The contexts that matter are those of the record models
//! of the PAQ8 family; the word predictions, the run above and the column histories were added.

use super::stride::StrideDetector;
use crate::model::hash::combine;

/// Contexts that [`RecordState::context`] knows.
#[cfg(test)]
pub const CONTEXTS: u8 = 48;
/// Selectors that [`RecordState::selected`] knows.
#[cfg(test)]
pub const SELECTORS: u8 = 8;
/// Rows of every selector, the place of the bit included.
pub const ROWS: usize = 2048;

/// Entries of the column histories.
const HISTORIES: usize = 1 << 14;

/// What the record contexts are made of.
#[derive(Clone)]
pub struct RecordState {
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
    north_east: u32,
    /// Above, and two above, at the second stride; above left.
    other: [u32; 3],
    /// Bytes in a row that equalled the one above, for both strides.
    run: [u32; 2],
    /// Position after the last occurrence of each byte value.
    seen: [u32; 256],
    distance: u32,
    zero_distance: u32,
    /// The two bytes that followed each (column, above).
    histories: Box<[u16; HISTORIES]>,
    history_slot: usize,
    /// Linear predictions of the next byte, if it belongs to a word of 2 or 4 bytes: little-endian
    /// 4, 2, big-endian 4, 2, from words next to each other; then the same from rows of the stride.
    predictions: [u32; 6],
}

impl Default for RecordState {
    fn default() -> Self {
        Self::new()
    }
}

impl RecordState {
    /// Nothing seen yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
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
            north_east: 0,
            other: [0; 3],
            run: [0; 2],
            seen: [0; 256],
            distance: 0,
            zero_distance: 0,
            histories: vec![0; HISTORIES]
                .into_boxed_slice()
                .try_into()
                .unwrap_or_else(|_| unreachable!()),
            history_slot: 0,
            predictions: [0; 6],
        }
    }

    /// Takes in the byte that `bytes` now ends with; `strides` has seen it.
    #[inline]
    pub fn push(&mut self, bytes: &[u8], strides: &StrideDetector) {
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
        self.stride = strides.stride;
        self.second = strides.second;
        self.column = self.position % self.stride;
        let stride = self.stride as usize;
        let back = |distance: usize| {
            end.checked_sub(distance).and_then(|at| bytes.get(at)).copied().map_or(0, u32::from)
        };
        self.north = back(stride);
        self.north2 = back(2 * stride);
        self.north3 = back(3 * stride);
        self.north_west = back(stride + 1);
        self.north_east = back(stride.max(2) - 1);
        let second = self.second as usize;
        self.other = [back(second), back(2 * second), back(second + 1)];
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
        // `four` has the nearest byte lowest: big-endian as it is, little-endian when swapped.
        let big = a.wrapping_mul(2).wrapping_sub(b);
        let little = a.swap_bytes().wrapping_mul(2).wrapping_sub(b.swap_bytes());
        let half = end % 2;
        let pair = |distance: usize| back(distance) | back(distance + 1) << 8;
        let (c, d) = (pair(half + 1), pair(half + 3));
        let big_pair = c.wrapping_mul(2).wrapping_sub(d);
        let little_pair =
            (c as u16).swap_bytes().wrapping_mul(2).wrapping_sub((d as u16).swap_bytes());
        let (e, f) = (pair(half + stride - 1), pair(half + 2 * stride - 1));
        let row_big = e.wrapping_mul(2).wrapping_sub(f);
        self.predictions = [
            little >> (8 * phase) & 0xff,
            u32::from(little_pair) >> (8 * half) & 0xff,
            big >> (24 - 8 * phase) & 0xff,
            big_pair >> (8 - 8 * half) & 0xff,
            (2 * self.north).wrapping_sub(self.north2) & 0xff,
            row_big >> (8 - 8 * half) & 0xff,
        ];
    }

    #[inline(always)]
    fn byte(&self, back: u32) -> u32 {
        (if back <= 8 { self.last >> (8 * (back - 1)) } else { self.older >> (8 * (back - 9)) })
            as u32
            & 0xff
    }

    /// The value of context `number` (below [`CONTEXTS`]), to be hashed.
    #[inline]
    #[must_use]
    pub fn context(&self, number: u8) -> u64 {
        let (west, west2, west3) = (self.byte(1), self.byte(2), self.byte(3));
        let (north, north2) = (self.north, self.north2);
        let (stride, column, position) = (self.stride, self.column, self.position);
        let at = |a: u32, b: u32, c: u32| u64::from(a) << 32 | u64::from(b << 16) | u64::from(c);
        let bytes = |a: u32, b: u32, c: u32, d: u32| a << 24 | b << 16 | c << 8 | d;
        let pair = |a: u32, b: u32| u64::from(a) << 32 | u64::from(b);
        match number {
            0 => at(stride, column, north),
            1 => at(stride, north2, north),
            2 => at(stride, west, north),
            3 => pair(stride, bytes(0, west, self.north_west, north)),
            4 => pair(stride, bytes(0, self.north3, north2, north)),
            5 => at(stride, column, west),
            6 => at(stride, column, 0),
            7 => at(stride, (west + north).wrapping_sub(self.north_west) & 0xff, 0),
            8 => at(stride, (2 * north).wrapping_sub(north2) & 0xff, column),
            9 => at(stride, north.wrapping_sub(north2) & 0xff, north),
            10 => pair(stride, bytes(0, west, self.north_east, north)),
            11 => pair(stride, bytes(0, west2, west, north)),
            12 => pair(stride, bytes(0, west, north2, north)),
            13 => at(stride, column, west << 8 | west2),
            14 => at(self.second, self.other[0], 0),
            15 => at(self.second, self.other[0], west),
            16 => pair(combine(self.second, stride), bytes(0, 0, self.other[0], north)),
            17 => at(self.second, self.other[0], self.other[1]),
            18 => at(self.second, position % self.second, self.other[0]),
            19 => at(position & 3, self.byte(4), self.byte(8)),
            20 => at(position & 3, self.byte(4), west),
            21 => at(position & 1, self.byte(2), self.byte(4)),
            22 => at(position & 3, west, west2),
            23 => at(position & 7, self.byte(8), self.byte(16)),
            24 => at(position & 3, self.predictions[0], west),
            25 => at(position & 1, self.predictions[1], west),
            26 => at(position & 3, self.predictions[2], west),
            27 => at(position & 1, self.predictions[3], west),
            28 => at(self.distance.min(0xffff), west, 0),
            29 => at(self.zero_distance.min(255), west, 0),
            30 => at(self.zero_distance.min(255), self.byte((self.zero_distance + 2).min(16)), 0),
            31 => at(position & 3, 0, west),
            32 => at(stride, column, (self.run[0].min(15)) << 8 | north),
            33 => at(stride, self.run[0].min(31), north),
            34 => at(self.second, self.run[1].min(31), self.other[0]),
            35 => pair(
                combine(stride, column << 8 | north),
                u32::from(self.histories[self.history_slot]),
            ),
            36 => pair(u32::from(self.histories[self.history_slot]), west),
            37 => pair(stride, bytes(0, west, self.predictions[4], 0)),
            38 => pair(stride, bytes(position & 1, west, self.predictions[5], 0)),
            39 => {
                u64::from(west & 0xf8)
                    | u64::from(west2 & 0xf8) << 8
                    | u64::from(west3 & 0xf8) << 16
                    | u64::from(self.byte(4) & 0xf8) << 24
            }
            40 => pair(
                bytes(self.other[0], self.other[1], north, north2),
                combine(stride, self.second),
            ),
            41 => pair(bytes(self.other[0], self.other[2], west, 0), self.second),
            42 => at(position & 1, west2, west),
            43 => at(position & 1, west, self.byte(3)),
            44 => at(stride, column, (west >> 4) << 8 | north),
            45 => at(stride, column, north2 << 8 | north),
            46 => at(self.distance.min(0xff), west, north),
            _ => pair(bytes(self.distance.min(255), west2, west, 0), 0),
        }
    }

    /// The part of selector `number` (below [`SELECTORS`]) that is fixed for a byte, in steps of 8
    /// and below [`ROWS`].
    #[inline]
    #[must_use]
    pub fn selected(&self, number: u8) -> u32 {
        let run = |run: u32| if run == 0 { 0 } else { (run.ilog2() + 1).min(7) };
        let value = match number {
            0 => self.column,
            1 => self.north,
            2 => run(self.run[0]) << 3 | run(self.run[1]),
            3 => (self.position & 3) << 6 | self.byte(1) >> 2,
            4 => self.other[0],
            5 => (self.position & 3) << 3 | run(self.zero_distance),
            6 => self.column.min(31) << 3 | run(self.run[0]),
            _ => self.north >> 4 << 4 | self.byte(1) >> 4,
        };
        (value & 255) << 3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_extrapolated() {
        let mut strides = StrideDetector::default();
        let mut state = RecordState::new();
        let mut bytes = Vec::new();
        for number in 0..40u32 {
            for byte in (1000 + 300 * number).to_le_bytes() {
                if number > 2 {
                    assert_eq!(state.predictions[0], u32::from(byte), "{number}");
                }
                bytes.push(byte);
                strides.push(&bytes);
                state.push(&bytes, &strides);
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes(bytes in proptest::collection::vec(0u8.., 0..600)) {
            let mut strides = StrideDetector::default();
            let mut state = RecordState::new();
            for end in 1..=bytes.len() {
                strides.push(&bytes[..end]);
                state.push(&bytes[..end], &strides);
                for number in 0..CONTEXTS {
                    let _ = state.context(number);
                }
                for number in 0..SELECTORS {
                    proptest::prop_assert!((state.selected(number) | 7) < ROWS as u32);
                }
            }
        }
    }
}
