//! The model of how often each symbol is in the rows of a longer context, where it is known how
//! often it is in those of a shorter one, and how many rows the longer one has.
//!
//! A count lies between bounds: what is left of the symbol, and what the other symbols leave. Whether
//! it is the lower bound is one decision, whether it is the upper one another. What lies between is
//! found by a search that begins at the expected count, with steps of half a standard deviation of a
//! hypergeometric distribution. All are [`Decision`]s.

use super::decision::{Decision, Indices};
use crate::coder::BitCoder;

/// Symbols: 0 stands for the start of the text, 1 to 256 for the bytes.
pub const SYMBOLS: usize = 257;

const INPUTS: usize = 8;
const BOUND_BITS: u32 = 15;
const BOUND_SLOTS: usize = 1 << BOUND_BITS;
const SEARCH_BITS: u32 = 14;
const SEARCH_SLOTS: usize = 1 << SEARCH_BITS;
/// Rows and curves of each decision.
const ROWS: usize = 1024;

/// What is known of a symbol in the rows of a neighbour.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum Presence {
    /// It is not there, or among the rarest.
    #[default]
    Absent,
    /// It is there.
    Some,
    /// No other is there more often.
    Most,
    /// No other is there.
    All,
    /// Nothing is known of the neighbour.
    Unknown,
}

/// The rows before or behind those of a context.
#[derive(Clone, Copy, Default)]
pub struct Neighbour {
    /// The most frequent symbol there, 0 if nothing is known.
    pub most: u16,
    /// Whether anything is known.
    pub is_known: bool,
}

/// The rows of a longer context, before they are coded.
pub struct Child<'a> {
    /// The symbols of the shorter context, the most frequent first.
    pub symbols: &'a [u16],
    /// How many of each are left.
    pub left: &'a mut [u32],
    /// How many rows are left.
    pub rows: u32,
    /// How many rows the longer context has: fewer than are left.
    pub size: u32,
    /// The first symbol of the shorter context.
    pub first: u16,
    /// Length of the shorter context.
    pub depth: u32,
    /// Of the rows before and behind.
    pub neighbours: [Neighbour; 2],
    /// How each symbol is present there.
    pub presence: &'a [[Presence; 2]; SYMBOLS],
    /// The counts of the context before, and how many rows it has.
    pub before: Option<(&'a [u32], u32)>,
}

/// What a decision knows of a count.
struct View {
    symbol: u32,
    /// How many of the symbol are left, of how many rows.
    left: u32,
    rows: u32,
    /// Rows to be filled.
    size: u32,
    /// Number of symbols before, of those in the shorter context.
    rank: u32,
    /// Number of symbols, without those before this one of which none is left.
    symbols: u32,
    depth: u32,
    first: u32,
    presence: [u32; 2],
    most: [u32; 2],
    /// Class of the number of contexts since the symbol was last seen.
    age: u32,
    /// How the count before compares with the expected one, below 32.
    trend: u32,
}

/// The model after the counts so far.
pub struct CountModel {
    bound: Decision<BOUND_SLOTS>,
    search: Decision<SEARCH_SLOTS>,
    /// Number of contexts so far, plus one.
    time: u32,
    /// Number of the context in which each symbol was last seen.
    seen: [u32; SYMBOLS],
    /// Number of decisions so far.
    decisions: u64,
}

/// Class of a number, two for each doubling: 0, 1, 2, 3, 4, 4, 5, 5, 6, … at most 31.
#[inline(always)]
fn class(number: u32) -> u32 {
    if number < 4 {
        return number;
    }
    let doublings = number.ilog2();
    (2 * doublings + (number >> (doublings - 1) & 1)).min(31)
}

/// One class for each doubling, at most 7.
#[inline(always)]
fn coarse_class(number: u32) -> u32 {
    (32 - number.leading_zeros()).min(7)
}

/// Class of the odds of `part` of `whole`: 16 are even ones.
#[inline(always)]
fn odds_class(part: u32, whole: u32) -> u32 {
    let class = |number: u32| class(number.saturating_mul(4).min(1 << 30));
    (class(part) + 16).saturating_sub(class(whole - part)).min(31)
}

/// Slot of a context of the kind `salt`.
#[inline(always)]
fn slot<const BITS: u32>(context: u32, salt: u32) -> usize {
    (context.wrapping_add(salt << 24).wrapping_mul(0x9E37_79B1) >> (32 - BITS)) as usize
}

/// The decisions about a bound.
#[derive(Clone, Copy)]
enum Bound {
    /// Whether the only row has the symbol.
    Single = 0,
    /// Whether the count is above the lower bound.
    Lower = 1,
    /// Whether it is the upper bound.
    Upper = 2,
}

impl CountModel {
    /// A model without any observation.
    pub fn new() -> Self {
        // Longer or shorter memories change less than 0.1 %.
        let limits = [1000, 250, 250, 250, 1000, 250, 250, 250];
        Self {
            bound: Decision::new(INPUTS, limits, [ROWS; 2], [ROWS; 2]),
            search: Decision::new(INPUTS, [250; INPUTS], [ROWS; 2], [ROWS; 2]),
            time: 1,
            seen: [0; SYMBOLS],
            decisions: 0,
        }
    }

    /// Number of decisions so far, where a search counts as eight.
    pub fn decisions(&self) -> u64 {
        self.decisions
    }

    /// Codes how many rows of `child` have each of its symbols, puts it into `counts`, which are
    /// zeros, and takes it off what is left. A decoder ignores `known`, the counts by symbol.
    #[inline(always)]
    pub fn code<C: BitCoder>(
        &mut self,
        coder: &mut C,
        child: &mut Child<'_>,
        known: &[u32; SYMBOLS],
        counts: &mut [u32],
    ) {
        let (mut rows, mut size) = (child.rows, child.size);
        let mut symbols = child.symbols.len() as u32;
        for (rank, &symbol) in child.symbols.iter().enumerate() {
            if size == 0 {
                break;
            }
            let left = child.left[rank];
            if left == 0 {
                symbols -= 1;
                continue;
            }
            let index = usize::from(symbol) % SYMBOLS;
            let low = size.saturating_sub(rows - left);
            let high = size.min(left);
            let count = if low == high {
                low
            } else {
                let presence = [0, 1].map(|side| match child.neighbours[side].is_known {
                    true => child.presence[index][side] as u32,
                    false => Presence::Unknown as u32,
                });
                let trend = match child.before {
                    Some((before, of)) => trend(before[rank], of, left, rows),
                    None => 31,
                };
                let view = View {
                    symbol: index as u32,
                    left,
                    rows,
                    size,
                    rank: rank as u32,
                    symbols,
                    depth: child.depth,
                    first: u32::from(child.first),
                    presence,
                    most: child.neighbours.map(|neighbour| u32::from(neighbour.most)),
                    age: class(self.time - self.seen[index]),
                    trend,
                };
                self.code_count(coder, known[index], [low, high], &view)
            };
            if count > 0 {
                self.seen[index] = self.time;
            }
            counts[rank] = count;
            child.left[rank] -= count;
            size -= count;
            rows -= left;
        }
        self.time += 1;
    }

    /// Codes a count within two different bounds. Returns one within them, whatever the code is.
    #[inline(always)]
    fn code_count<C: BitCoder>(
        &mut self,
        coder: &mut C,
        count: u32,
        [low, high]: [u32; 2],
        view: &View,
    ) -> u32 {
        let lower = if view.size == 1 { Bound::Single } else { Bound::Lower };
        if self.code_bound(coder, lower, u32::from(count > low), view) == 0 {
            return low;
        }
        if high - low == 1
            || self.code_bound(coder, Bound::Upper, u32::from(count == high), view) == 1
        {
            return high;
        }
        if high - low == 2 {
            return low + 1;
        }
        low + 1
            + self.code_between(coder, count.wrapping_sub(low + 1), low + 1, high - low - 2, view)
    }

    #[inline(always)]
    fn code_bound<C: BitCoder>(
        &mut self,
        coder: &mut C,
        bound: Bound,
        bit: u32,
        view: &View,
    ) -> u32 {
        self.decisions += 1;
        let kind = bound as u32;
        let (left, others, size) =
            (class(view.left), class(view.rows - view.left), class(view.size));
        let odds = odds_class(view.left, view.rows);
        let (size, few) = (size.min(7), size.min(3));
        let near = view.presence[0] * 5 + view.presence[1];
        let known = kind | view.symbol << 2;
        let place = Indices::<INPUTS> {
            slots: [
                slot::<BOUND_BITS>(kind | left << 2 | others << 7 | class(view.size) << 12, 1),
                slot::<BOUND_BITS>(kind | near << 2 | odds << 7 | size << 12, 2),
                slot::<BOUND_BITS>(known | odds << 11 | few << 16, 3),
                slot::<BOUND_BITS>(
                    kind | view.rank.min(7) << 2
                        | coarse_class(view.symbols) << 5
                        | class(view.rows) << 8
                        | size << 13,
                    4,
                ),
                slot::<BOUND_BITS>(
                    kind | view.depth.min(31) << 2
                        | view.presence[0] << 7
                        | view.age << 10
                        | few << 16,
                    5,
                ),
                slot::<BOUND_BITS>(
                    known | view.most[0] << 11 | few << 20 | view.presence[0] << 22,
                    6,
                ),
                slot::<BOUND_BITS>(
                    known | view.most[1] << 11 | few << 20 | view.presence[1] << 22,
                    7,
                ),
                slot::<BOUND_BITS>(known | view.first << 11 | (odds / 4) << 20, 8),
            ],
            rows: [
                (kind | size << 2 | near << 5) as usize,
                (kind | odds << 2 | view.rank.min(3) << 7) as usize,
            ],
            curves: [
                (kind | odds << 2 | few << 7) as usize,
                (kind | left.min(15) << 2 | others.min(15) << 6) as usize,
            ],
        };
        self.bound.code(coder, bit, &place)
    }

    /// Codes a value from 0 to `most`, which is at least 1. The count is `base` more.
    fn code_between<C: BitCoder>(
        &mut self,
        coder: &mut C,
        value: u32,
        base: u32,
        most: u32,
        view: &View,
    ) -> u32 {
        self.decisions += 8;
        let (size, left, rows) = (u64::from(view.size), u64::from(view.left), u64::from(view.rows));
        // Sizes are below 2^25: no product passes 2^54.
        let mean = size * left / rows;
        let variance = 16 * size * left / rows * (rows - left) / rows * (rows - size) / (rows - 1);
        let deviation = variance.isqrt();
        let middle = (mean as u32).saturating_sub(base).min(most - 1);
        let mut search = Search {
            decision: &mut self.search,
            deviation: class(deviation as u32),
            mean: class((2 * size * left / rows) as u32),
            most: most.min(31),
            middle: middle.min(31),
            view,
        };
        let is_above = search.code(coder, 0, u32::from(value > middle)) == 1;
        let (mut low, mut high) = if is_above { (middle + 1, most) } else { (0, middle) };
        let side = u32::from(is_above) * STEPS;
        let mut width = ((deviation / 8) as u32).max(1);
        let mut step = 1;
        while low < high {
            let is_farther = if is_above {
                let bound = low.saturating_add(width).min(high);
                let bit = search.code(coder, side + step, u32::from(value >= bound));
                if bit == 1 {
                    low = bound
                } else {
                    high = bound - 1
                }
                bit == 1
            } else {
                let bound = high.saturating_sub(width).max(low);
                let bit = search.code(coder, side + step, u32::from(value <= bound));
                if bit == 1 {
                    high = bound
                } else {
                    low = bound + 1
                }
                bit == 1
            };
            if !is_farther {
                break;
            }
            step = (step + 1).min(STEPS - 3);
            if step > 2 {
                width = width.saturating_mul(2);
            }
        }
        while low < high {
            let half = low + (high - low) / 2;
            if search.code(coder, side + STEPS - 2, u32::from(value > half)) == 1 {
                low = half + 1;
            } else {
                high = half;
            }
        }
        low
    }
}

/// Steps of a search on each side of the expected count.
const STEPS: u32 = 15;

/// A search for a count between its bounds.
struct Search<'a> {
    decision: &'a mut Decision<SEARCH_SLOTS>,
    deviation: u32,
    mean: u32,
    most: u32,
    middle: u32,
    view: &'a View,
}

impl Search<'_> {
    fn code<C: BitCoder>(&mut self, coder: &mut C, step: u32, bit: u32) -> u32 {
        let view = self.view;
        let near = view.presence[0] * 5 + view.presence[1];
        let odds = odds_class(view.left, view.rows);
        let (deviation, size) = (self.deviation, class(view.size));
        let spread = step | deviation << 5;
        let place = Indices::<INPUTS> {
            slots: [
                slot::<SEARCH_BITS>(spread | self.mean << 10, 1),
                slot::<SEARCH_BITS>(step | size << 5 | odds << 10, 2),
                slot::<SEARCH_BITS>(step | view.symbol << 5 | deviation.min(7) << 14, 3),
                slot::<SEARCH_BITS>(spread | near << 10, 4),
                slot::<SEARCH_BITS>(spread | view.depth.min(15) << 10 | view.rank.min(7) << 15, 5),
                slot::<SEARCH_BITS>(
                    step | class(view.left) << 5 | class(view.rows) << 10 | size << 15,
                    6,
                ),
                slot::<SEARCH_BITS>(spread | view.trend << 10, 7),
                slot::<SEARCH_BITS>(step | self.most << 5 | self.middle << 10, 8),
            ],
            rows: [spread as usize, (step | near << 5) as usize],
            curves: [spread as usize, (step | self.most << 5) as usize],
        };
        self.decision.code(coder, bit, &place)
    }
}

/// Class of a count of `rows` rows against the one that `left` of `whole` rows let expect: 15 is the
/// expected one, below 31.
#[inline(always)]
fn trend(count: u32, rows: u32, left: u32, whole: u32) -> u32 {
    let expected = u64::from(rows) * u64::from(left) * 8 / u64::from(whole.max(1));
    let [found, expected] =
        [u64::from(count) * 8, expected].map(|number| class(number.min(1 << 29) as u32));
    (found + 15).saturating_sub(expected).min(30)
}
