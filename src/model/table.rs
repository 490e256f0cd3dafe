//! Text tables (CSV, TSV): cells by column, and which other columns tell what a cell holds.
//!
//! For each column the model learns, row by row, a short chain of parent columns: the earlier
//! column (or the cell above) whose value predicts this one best, then the best one given the
//! first, and so on. It is the greedy structure search for Bayesian networks (Cooper and
//! Herskovits 1992, "K2"), run online: every candidate's code length is estimated with counts and
//! averaged with decay.

use crate::model::hash::combine;

/// Contexts that [`TableState::context`] knows.
#[cfg(test)]
pub const CONTEXTS: u8 = 32;
/// Selectors that [`TableState::selected`] knows.
#[cfg(test)]
pub const SELECTORS: u8 = 4;
/// Rows of every selector, the place of the bit included.
pub const ROWS: usize = 2048;

/// Columns that are told apart; those behind share the last.
const COLUMNS: usize = 64;
/// Earlier columns that are tried as parents.
const REACH: usize = 32;
/// Length of the chain of parents.
const CHAIN: usize = 3;
const COUNT_BITS: u32 = 17;
/// Candidates that a byte of the table pays for: full attention to every cell of a line of nothing
/// but separators would take as long as all other models together.
const CREDIT: u32 = 4;
/// Candidates that may be saved up for short cells.
const CREDIT_LIMIT: u32 = 2048;
/// Separators that are told apart.
const SEPARATORS: [u8; 4] = [b',', b'\t', b';', b'|'];

/// What is known of one column.
#[derive(Clone, Copy)]
struct Column {
    /// Hash of the last cell, and of the one before.
    exact: [u32; 2],
    /// The same, only by the first bytes of the cells.
    class: [u32; 2],
    /// Where the last cell starts, and its length.
    start: usize,
    length: usize,
    /// Chain of parents: columns, or this one's own number for the cell above.
    chain: [u8; CHAIN],
    /// The best single parents in order.
    best: [u8; 4],
    /// Average code length given each candidate, behind 0 to 2 parents of the chain; 16 fractional
    /// bits.
    cost: [[u32; COLUMNS]; CHAIN],
}

/// The table so far.
#[derive(Clone)]
pub struct TableState {
    /// How much of the chains is learned.
    parents: usize,
    separator: u8,
    /// Occurrences of each separator in this row and the last, and how well they agreed.
    counted: [[u16; 2]; SEPARATORS.len()],
    agreement: [u32; SEPARATORS.len()],
    columns: Vec<Column>,
    counts: Vec<u16>,
    /// Hashes of this row's cells.
    exact: [u32; COLUMNS],
    class: [u32; COLUMNS],
    column: usize,
    /// Hash of the cell so far, and of its first bytes only.
    so_far: u32,
    so_far_class: u32,
    offset: usize,
    /// Bytes since a decimal point, 0 before.
    decimals: u32,
    row: u32,
    /// Candidates that bytes have paid for and no cell has used.
    credit: u32,
    row_start: usize,
    last: u32,
    /// Byte at the same offset of the cell above, the next one, and the byte in the same place of
    /// the row above.
    above: [u32; 3],
    previous_row: usize,
}

/// How much of the chain of parents context `number` (below [`CONTEXTS`]) asks for.
#[must_use]
pub fn parents(number: u8) -> usize {
    match number {
        6 | 8 | 9 => 3,
        5 | 7 => 2,
        4 | 10 | 18..=20 | 24..=26 => 1,
        _ => 0,
    }
}

/// The columns that may be parents of `column`: some before it, and itself for the cell above.
#[inline(always)]
fn candidates(column: usize) -> std::ops::RangeInclusive<usize> {
    column.saturating_sub(REACH)..=column
}

/// Logarithm to base two of a value below 2^24, 8 fractional bits, linear between powers of two.
#[inline(always)]
fn log2(value: u32) -> u32 {
    let whole = value.max(1).ilog2();
    (whole << 8) + (value << 8 >> whole & 255)
}

impl TableState {
    /// Nothing seen yet; chains of `parents` (see [`parents`]) are learned.
    #[must_use]
    pub fn new(parents: usize) -> Self {
        let column = |number: usize| Column {
            exact: [0; 2],
            class: [0; 2],
            start: 0,
            length: 0,
            chain: [number as u8; CHAIN],
            best: [number as u8; 4],
            cost: [[10 << 16; COLUMNS]; CHAIN],
        };
        Self {
            parents: parents.min(CHAIN),
            separator: b',',
            counted: [[0; 2]; SEPARATORS.len()],
            agreement: [0; SEPARATORS.len()],
            columns: (0..COLUMNS).map(column).collect(),
            counts: vec![0; 1 << COUNT_BITS],
            exact: [0; COLUMNS],
            class: [0; COLUMNS],
            column: 0,
            so_far: 0,
            so_far_class: 0,
            offset: 0,
            decimals: 0,
            row: 0,
            credit: CREDIT_LIMIT,
            row_start: 0,
            last: 0,
            above: [0; 3],
            previous_row: 0,
        }
    }

    /// Takes in the byte that `bytes` now ends with.
    #[inline]
    pub fn push(&mut self, bytes: &[u8]) {
        let end = bytes.len();
        let byte = bytes[end - 1];
        self.last = self.last << 8 | u32::from(byte);
        if let Some(number) = SEPARATORS.iter().position(|&separator| separator == byte) {
            self.counted[number][0] = self.counted[number][0].saturating_add(1);
        }
        self.credit = (self.credit + CREDIT).min(CREDIT_LIMIT);
        if byte == self.separator || byte == b'\n' {
            let price = candidates(self.column).count() as u32;
            let learns = self.credit >= price && self.parents > 0;
            if learns {
                self.credit -= price;
                self.learn_cell();
            }
            self.finish_cell(end - 1 - self.offset);
            if byte == b'\n' {
                self.finish_row(end);
            } else {
                self.column = (self.column + 1).min(COLUMNS - 1);
            }
            if learns {
                self.choose_parents();
            }
        } else {
            self.offset += 1;
            self.so_far = combine(self.so_far, u32::from(byte) + 1);
            if self.offset <= 4 {
                self.so_far_class = self.so_far;
            }
            if byte == b'.' {
                self.decimals = 1;
            } else if self.decimals > 0 {
                self.decimals += 1;
            }
        }
        let column = &self.columns[self.column];
        let cell = |offset: usize| {
            if offset < column.length { u32::from(bytes[column.start + offset]) } else { 256 }
        };
        let above = self.previous_row + (end - self.row_start);
        self.above = [
            cell(self.offset),
            cell(self.offset + 1),
            if above < self.row_start { u32::from(bytes[above]) } else { 256 },
        ];
    }

    fn finish_row(&mut self, end: usize) {
        for (agreement, counted) in self.agreement.iter_mut().zip(&mut self.counted) {
            *agreement -= *agreement >> 3;
            if counted[0] == counted[1] && counted[0] > 0 {
                *agreement += u32::from(counted[0].min(8)) << 4;
            }
            *counted = [0, counted[0]];
        }
        let best = (0..SEPARATORS.len())
            .max_by_key(|&number| (self.agreement[number], SEPARATORS.len() - number))
            .unwrap_or(0);
        self.separator = SEPARATORS[best];
        self.column = 0;
        self.row += 1;
        self.previous_row = self.row_start;
        self.row_start = end;
    }

    /// Class of a candidate parent of the cell in `column`: an earlier cell, or the one above.
    #[inline(always)]
    fn parent_class(&self, column: usize, candidate: usize) -> u32 {
        if candidate == column { self.columns[column].class[0] } else { self.class[candidate] }
    }

    /// A cell ended: learns which columns told its value.
    fn learn_cell(&mut self) {
        let column = self.column;
        let class = self.so_far_class;
        let slot = |hash: u32| (hash >> (32 - COUNT_BITS)) as usize;
        // The cell above is the last of the candidates.
        let mut classes = self.class;
        classes[column] = self.columns[column].class[0];
        let mut given = combine(column as u32, 0);
        let Column { chain, cost, .. } = &mut self.columns[column];
        for (costs, &parent) in cost.iter_mut().zip(&*chain).take(self.parents) {
            let range = candidates(column);
            let numbers = *range.start() as u32..;
            for ((average, &parent), candidate) in
                costs[range.clone()].iter_mut().zip(&classes[range]).zip(numbers)
            {
                let context = combine(combine(given, candidate), parent);
                let joint = combine(context, class ^ 0x5bd1);
                let (total, count) = (self.counts[slot(context)], self.counts[slot(joint)]);
                let cost =
                    log2(8 * u32::from(total) + 64) - log2(8 * u32::from(count.min(total)) + 2);
                *average = *average - (*average >> 7) + (cost << 1);
                if total < 60000 {
                    self.counts[slot(context)] += 1;
                    self.counts[slot(joint)] = count.saturating_add(1);
                }
            }
            given = combine(combine(given, u32::from(parent)), classes[usize::from(parent)]);
        }
    }

    /// Keeps the cell that ended and begins the next.
    fn finish_cell(&mut self, start: usize) {
        let column = self.column;
        let (exact, class) = (self.so_far, self.so_far_class);
        self.exact[column] = exact;
        self.class[column] = class;
        let state = &mut self.columns[column];
        state.exact = [exact, state.exact[0]];
        state.class = [class, state.class[0]];
        state.start = start;
        state.length = self.offset;
        self.so_far = 0;
        self.so_far_class = 0;
        self.offset = 0;
        self.decimals = 0;
    }

    /// Chooses the parents for the cell that begins.
    fn choose_parents(&mut self) {
        let number = self.column;
        let column = &mut self.columns[number];
        // The cheapest four in order, of equals the leftmost first: insertion into a sorted list.
        let mut sorted = [(u32::MAX, number as u8); 4];
        for (&cost, candidate) in
            column.cost[0][candidates(number)].iter().zip(*candidates(number).start() as u8..)
        {
            let mut rank = sorted.len();
            while rank > 0 && cost < sorted[rank - 1].0 {
                rank -= 1;
                if rank + 1 < sorted.len() {
                    sorted[rank + 1] = sorted[rank];
                }
            }
            if rank < sorted.len() {
                sorted[rank] = (cost, candidate);
            }
        }
        column.best = sorted.map(|(_, candidate)| candidate);
        column.chain[0] = column.best[0];
        for level in 1..self.parents {
            let (before, rest) = column.chain.split_at_mut(level);
            let free = candidates(number).filter(|&candidate| !before.contains(&(candidate as u8)));
            rest[0] =
                free.min_by_key(|&candidate| column.cost[level][candidate]).unwrap_or(number) as u8;
        }
    }

    /// The value of context `number` (below [`CONTEXTS`]), to be hashed.
    #[inline]
    #[must_use]
    pub fn context(&self, number: u8) -> u64 {
        let column = &self.columns[self.column];
        let here = combine(self.so_far, self.column as u32);
        let pair = |a: u32, b: u32| u64::from(a) << 32 | u64::from(b);
        let exact =
            |back: usize| self.column.checked_sub(back).map_or(0, |number| self.exact[number]);
        let class =
            |back: usize| self.column.checked_sub(back).map_or(0, |number| self.class[number]);
        let parent = |number: u8| {
            combine(self.parent_class(self.column, usize::from(number)), u32::from(number))
        };
        let chain = |level: usize| parent(column.chain[level]);
        let best = |rank: usize| parent(column.best[rank]);
        let west = self.last & 0xff;
        match number {
            0 => pair(here, 0),
            1 => pair(here, column.exact[0]),
            2 => pair(here, exact(1)),
            3 => pair(here, combine(class(1), class(2))),
            4 => pair(here, chain(0)),
            5 => pair(here, combine(chain(0), chain(1))),
            6 => pair(here, combine(combine(chain(0), chain(1)), chain(2))),
            7 => pair(here, chain(1)),
            8 => pair(here, chain(2)),
            9 => pair(here, combine(chain(1), chain(2))),
            10 => pair(here, combine(column.class[0], chain(0))),
            11 => pair(self.so_far, 0),
            12 => pair(here, combine(combine(class(1), class(2)), combine(class(3), class(4)))),
            13 => pair(here, self.above[0] << 16 | self.above[1]),
            14 => pair(
                (self.column as u32) << 8 | self.offset.min(255) as u32,
                self.above[0] << 16 | west,
            ),
            15 => pair(here, combine(column.class[0], column.class[1])),
            16 => pair(here, combine(class(1), column.class[0])),
            17 => pair(self.so_far, exact(1)),
            18 => pair(here, best(1)),
            19 => pair(here, best(2)),
            20 => pair(here, best(3)),
            21 => pair(here, self.class[0]),
            22 => pair((self.column as u32) << 8 | self.decimals.min(255), west),
            23 => pair(self.column as u32, self.above[2] << 16 | self.last & 0xffff),
            24 => pair(here, combine(best(0), best(2))),
            25 => pair(here, combine(best(1), best(2))),
            26 => pair(here, combine(combine(best(0), best(1)), combine(best(2), best(3)))),
            27 => pair(here, combine(class(1), class(3))),
            28 => pair(here, class(2)),
            29 => pair(self.decimals << 8 | self.offset.min(255) as u32, self.last & 0xffff),
            30 => pair(combine(self.so_far, self.decimals), class(1)),
            _ => pair(here, combine(column.exact[0], column.exact[1])),
        }
    }

    /// The part of selector `number` (below [`SELECTORS`]) that is fixed for a byte, in steps of 8
    /// and below [`ROWS`].
    #[inline]
    #[must_use]
    pub fn selected(&self, number: u8) -> u32 {
        let offset = self.offset.min(7) as u32;
        let value = match number {
            0 => (self.column as u32) << 2 | offset.min(3),
            1 => offset << 3 | self.decimals.min(7),
            2 => (self.column as u32).min(31) << 3 | offset,
            _ => {
                u32::from(self.columns[self.column].length.min(15) as u16) << 4
                    | self.offset.min(15) as u32
            }
        };
        (value & 255) << 3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_telling_column_becomes_the_parent() {
        let mut noise = 7u32;
        let mut draw = |limit: u32| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (noise >> 16) % limit
        };
        let mut state = TableState::new(CHAIN);
        let mut text = Vec::new();
        for _ in 0..300 {
            let (a, b) = (draw(10), draw(10));
            let line = format!("{a},{b},{},{}\n", draw(10), (3 * b + 1) % 10);
            for byte in line.bytes() {
                text.push(byte);
                state.push(&text);
            }
        }
        assert_eq!(state.columns[3].chain[0], 1);
        assert_eq!(state.separator, b',');
    }

    #[test]
    fn separators_are_told_apart() {
        for separator in ['\t', ';', '|'] {
            let mut state = TableState::new(CHAIN);
            let mut text = Vec::new();
            for number in 0..50 {
                let commas = ",".repeat(number % 3);
                for byte in format!("x{separator}{commas}{separator}{number}\n").bytes() {
                    text.push(byte);
                    state.push(&text);
                }
            }
            assert_eq!(state.separator, separator as u8);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes(bytes in proptest::collection::vec(proptest::prop_oneof![0u8.., proptest::prelude::Just(b','), proptest::prelude::Just(b'\n')], 0..600)) {
            let mut state = TableState::new(CHAIN);
            for end in 1..=bytes.len() {
                state.push(&bytes[..end]);
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
