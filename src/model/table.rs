//! Text tables (CSV, TSV): cells by column, and which other columns tell what a cell holds.
//!
//! For each column the model learns, row by row, a short chain of parent columns: the earlier
//! column (or the cell above) whose value predicts this one best, then the best one given the
//! first, and so on. It is the greedy structure search for Bayesian networks (Cooper and
//! Herskovits 1992, "K2"), run online: every candidate's code length is estimated with counts and
//! averaged with decay.

use super::context::ContextState;
use super::family::{Family, Reads, pair};
use super::name::named;
use super::selector::RowPart;
use crate::model::hash::combine;

named! {
    /// Contexts of cells. Unless said otherwise they hold the column and the cell so far too. The
    /// *class* of a cell is its first four bytes.
    pub enum TableContext {
        /// The cell so far in any column.
        AnyColumn,
        /// The cell before.
        CellBefore,
        /// The classes of the two cells before.
        TwoClassesBefore,
        /// The classes of the four cells before.
        FourClassesBefore,
        /// The class of the cell before the one before.
        SecondClassBefore,
        /// The classes of the cell before and of the third one before.
        FirstAndThirdClassBefore,
        /// The class of the first cell of the row.
        FirstClass,
        /// The parent.
        Parent,
        /// The parent, and its parent beside it.
        TwoParents,
        /// The class of the cell above, and the parent.
        AboveAndParent,
        /// The column that tells second most alone.
        SecondBest,
        /// The column that tells third most alone.
        ThirdBest,
        /// The columns that tell most and third most alone.
        BestAndThirdBest,
        /// Column, offset in the cell, byte of the cell above at that offset, last byte.
        ByteAbove,
        /// Column, digits after the decimal point, last byte.
        Decimals,
    }
}

impl TableContext {
    /// How much of the chain of parents the context reads.
    const fn parents(self) -> usize {
        match self {
            Self::TwoParents => 2,
            Self::Parent
            | Self::AboveAndParent
            | Self::SecondBest
            | Self::ThirdBest
            | Self::BestAndThirdBest => 1,
            Self::AnyColumn
            | Self::CellBefore
            | Self::TwoClassesBefore
            | Self::FourClassesBefore
            | Self::SecondClassBefore
            | Self::FirstAndThirdClassBefore
            | Self::FirstClass
            | Self::ByteAbove
            | Self::Decimals => 0,
        }
    }
}

named! {
    /// Selectors of cells, each with the number of the bit.
    pub enum TableSelector {
        /// The column, and the offset in the cell up to 3.
        Column,
        /// The offset in the cell up to 7, and digits after the decimal point.
        OffsetAndDecimals,
        /// The column up to 31, and the offset in the cell up to 7.
        ColumnAndOffset,
    }
}

/// Columns that are told apart; all later ones share the last.
const COLUMNS: usize = 64;
/// Earlier columns that are tried as parents.
const REACH: usize = 32;
/// Length of the chain of parents.
const CHAIN: usize = 2;
/// Best single parents that are kept.
const BEST: usize = 3;
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
    /// Hash of the first bytes of the last cell.
    class: u32,
    /// Offset and length of the last cell.
    start: usize,
    length: usize,
    /// Chain of parents: columns, or this one's own number for the cell above.
    chain: [u8; CHAIN],
    /// The best single parents in order.
    best: [u8; BEST],
    /// Average code length given each candidate and the parents before it in the chain; 16
    /// fractional bits.
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
    /// Candidates that bytes have paid for and no cell has used.
    credit: u32,
    last: u8,
    /// The byte at the same offset of the cell above, or 256.
    above: u32,
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

impl Family for TableState {
    type Context = TableContext;
    type Selector = TableSelector;
    const READS: Reads = Reads::Text;

    fn new(contexts: &[TableContext]) -> Self {
        let parents = contexts.iter().map(|context| context.parents()).max().unwrap_or(0);
        let column = |number: usize| Column {
            class: 0,
            start: 0,
            length: 0,
            chain: [number as u8; CHAIN],
            best: [number as u8; BEST],
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
            credit: CREDIT_LIMIT,
            last: 0,
            above: 0,
        }
    }

    #[inline]
    fn push(&mut self, bytes: &[u8]) {
        let end = bytes.len();
        let byte = bytes[end - 1];
        self.last = byte;
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
                self.finish_row();
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
        self.above = if self.offset < column.length {
            u32::from(bytes[column.start + self.offset])
        } else {
            256
        };
    }

    #[inline]
    fn value(&self, context: TableContext, _: &ContextState) -> u64 {
        let column = &self.columns[self.column];
        let number = self.column as u32;
        let here = combine(self.so_far, number);
        let class =
            |back: usize| self.column.checked_sub(back).map_or(0, |number| self.class[number]);
        let parent = |number: u8| {
            combine(self.parent_class(self.column, usize::from(number)), u32::from(number))
        };
        let chain = |rank: usize| parent(column.chain[rank]);
        let best = |rank: usize| parent(column.best[rank]);
        let last = u32::from(self.last);
        match context {
            TableContext::AnyColumn => pair(self.so_far, 0),
            TableContext::CellBefore => {
                pair(here, self.column.checked_sub(1).map_or(0, |number| self.exact[number]))
            }
            TableContext::TwoClassesBefore => pair(here, combine(class(1), class(2))),
            TableContext::FourClassesBefore => {
                pair(here, combine(combine(class(1), class(2)), combine(class(3), class(4))))
            }
            TableContext::SecondClassBefore => pair(here, class(2)),
            TableContext::FirstAndThirdClassBefore => pair(here, combine(class(1), class(3))),
            TableContext::FirstClass => pair(here, self.class[0]),
            TableContext::Parent => pair(here, chain(0)),
            TableContext::TwoParents => pair(here, combine(chain(0), chain(1))),
            TableContext::AboveAndParent => pair(here, combine(column.class, chain(0))),
            TableContext::SecondBest => pair(here, best(1)),
            TableContext::ThirdBest => pair(here, best(2)),
            TableContext::BestAndThirdBest => pair(here, combine(best(0), best(2))),
            TableContext::ByteAbove => {
                pair(number << 8 | self.offset.min(255) as u32, self.above << 16 | last)
            }
            TableContext::Decimals => pair(number << 8 | self.decimals.min(255), last),
        }
    }

    fn rows(selector: TableSelector) -> usize {
        match selector {
            TableSelector::Column
            | TableSelector::OffsetAndDecimals
            | TableSelector::ColumnAndOffset => 256 << 3,
        }
    }

    #[inline]
    fn row(&self, selector: TableSelector, _: &ContextState) -> RowPart {
        let column = self.column as u32;
        let offset = self.offset.min(7) as u32;
        RowPart::with_bit(match selector {
            TableSelector::Column => column << 2 | offset.min(3),
            TableSelector::OffsetAndDecimals => offset << 3 | self.decimals.min(7),
            TableSelector::ColumnAndOffset => column.min(31) << 3 | offset,
        })
    }
}

impl TableState {
    fn finish_row(&mut self) {
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
    }

    /// Class of a candidate parent of the cell in `column`: an earlier cell, or the one above.
    #[inline(always)]
    fn parent_class(&self, column: usize, candidate: usize) -> u32 {
        if candidate == column { self.columns[column].class } else { self.class[candidate] }
    }

    /// A cell ended: learns which columns told its value.
    fn learn_cell(&mut self) {
        let column = self.column;
        let class = self.so_far_class;
        let slot = |hash: u32| (hash >> (32 - COUNT_BITS)) as usize;
        // The cell above is the last of the candidates.
        let mut classes = self.class;
        classes[column] = self.columns[column].class;
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
        state.class = class;
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
        // The cheapest few in order, of equals the leftmost first: insertion into a sorted list.
        let mut sorted = [(u32::MAX, number as u8); BEST];
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name::Named;

    #[test]
    fn the_telling_column_becomes_the_parent() {
        let mut noise = 7u32;
        let mut draw = |limit: u32| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (noise >> 16) % limit
        };
        let mut state = TableState::new(&TableContext::all());
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
            let mut state = TableState::new(&TableContext::all());
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
}
