//! The model of the last column: runs of a symbol, each coded as the symbol and the length of the
//! run.
//!
//! The symbol is coded by the decisions on its path in the [`Tree`]. The main input of each
//! decision is how recently each side of the node was taken, because a sorted column keeps
//! returning to the same few symbols. The length is coded by one decision for each length up to
//! four, and then by one for each doubling. All are [`Decision`]s.

use super::decision::{Decision, INPUTS, Indices};
use super::tree::{DEPTH, LEAF, Tree};
use crate::coder::BitCoder;
use crate::error::{Error, Result};
use crate::numeric::PROBABILITY_ONE;
use crate::numeric::state_map::{entry, probability, update_entry};

/// Number of length classes: lengths 1 to 4, then one class for each further doubling.
const RUNGS: u32 = 30;
const SINGLE_RUNGS: u32 = 4;

/// Smallest probability that goes to the coder without mixing. The largest is as far from one.
const MIN_PROBABILITY: u32 = PROBABILITY_ONE >> 12;

const SYMBOL_INPUTS: usize = 6;
/// With two more, the symbol before the last and the last three, columns are 0.6 % smaller.
const LONG_INPUTS: usize = 8;
const RUN_INPUTS: usize = 6;
const SYMBOL_BITS: u32 = 15;
const SYMBOL_SLOTS: usize = 1 << SYMBOL_BITS;
const RUN_BITS: u32 = 13;
const RUN_SLOTS: usize = 1 << RUN_BITS;

/// Limits of counts, by input. Old parts of the column hardly matter, so most inputs follow
/// quickly.
const SYMBOL_LIMITS: [u32; INPUTS] = [1000, 16, 24, 1000, 255, 100, 255, 1000];
const RUN_LIMITS: [u32; INPUTS] = [24, 255, 255, 255, 255, 255, 255, 255];

/// The statistics of an inner node of the tree.
#[derive(Clone, Copy, Default)]
struct Node {
    /// Number of the run in which each side was last taken.
    taken: [u32; 2],
    /// Length class of that run.
    class: [u8; 2],
    /// The last sixteen sides, the latest in the lowest bit.
    sides: u16,
}

/// The model after the runs so far; `LONG` says whether symbols have [`LONG_INPUTS`].
pub struct ColumnModel<const LONG: bool> {
    tree: Tree,
    nodes: [Node; 256],
    symbol: Decision<SYMBOL_SLOTS>,
    run: Decision<RUN_SLOTS>,
    /// Number of runs so far, plus one.
    time: u32,
    /// Number of the run in which each symbol was last seen.
    seen: [u32; 256],
    /// Length classes of the last four runs of each symbol, four bits each.
    classes_of: [u16; 256],
    /// The last three symbols.
    last: [u8; 3],
    /// Length classes of the last four runs.
    classes: u32,
    /// Classes of the number of runs since the last two symbols had been seen, four bits each.
    ages: u32,
    /// The same classes with two bits each.
    coarse_ages: u32,
    /// Probabilities of the bits below the highest bit of a length, by class and the bits above
    /// them.
    within: Box<[[u32; 128]; 32]>,
    /// The path of the current symbol.
    path: [(u16, u8); DEPTH + 1],
}

/// 0, 1, 2, 2, 3, 3, 3, 3, … at most 15.
#[inline(always)]
fn magnitude(value: u32) -> u32 {
    (32 - value.leading_zeros()).min(15)
}

/// First slot of a context, hashed so that any of the upper bits can serve as an index.
#[inline(always)]
fn spread(context: u32, salt: u32) -> u32 {
    (context + salt).wrapping_mul(0x9E37_79B1)
}

/// Slot of a cell (see [`Tree::cells`]) of a context. The cells of one group share a cache line.
#[inline(always)]
fn slot<const BITS: u32>(start: u32, cell: u32) -> usize {
    let group = cell >> 4;
    let line = (start ^ group << 20).wrapping_add(group).wrapping_mul(0x85EB_CA6B) >> (36 - BITS);
    (line << 4 | cell & 15) as usize
}

impl<const LONG: bool> ColumnModel<LONG> {
    /// A model without any observation.
    pub fn new(tree: Tree) -> Self {
        Self {
            tree,
            nodes: [Node::default(); 256],
            symbol: Decision::new(
                if LONG { LONG_INPUTS } else { SYMBOL_INPUTS },
                SYMBOL_LIMITS,
                [256, 1024],
                [256, 2048],
            ),
            run: Decision::new(RUN_INPUTS, RUN_LIMITS, [512, 1024], [512, 512]),
            time: 1,
            seen: [0; 256],
            classes_of: [0; 256],
            last: [0; 3],
            classes: 0,
            ages: 0,
            coarse_ages: 0,
            within: Box::new([[entry(PROBABILITY_ONE / 2, 0); 128]; 32]),
            path: [(0, 0); DEPTH + 1],
        }
    }

    /// Codes the next run: `length` (1 to 2^24) times `symbol`. Returns symbol and length. A
    /// decoder ignores the values that are passed.
    ///
    /// # Errors
    /// [`Error::Corrupt`] for a length that no encoder writes.
    #[inline(always)]
    pub fn code<C: BitCoder>(
        &mut self,
        coder: &mut C,
        symbol: u8,
        length: u32,
    ) -> Result<(u8, u32)> {
        let (symbol, depth) = self.code_symbol(coder, symbol);
        let age = magnitude(self.time - self.seen[usize::from(symbol)]);
        let (length, class) = self.code_length(coder, symbol, age, length)?;
        for &(node, side) in &self.path[..depth] {
            self.nodes[usize::from(node) & 255].class[usize::from(side) & 1] = class.min(3) as u8;
        }
        let class = class.min(15);
        let classes_of = &mut self.classes_of[usize::from(symbol)];
        *classes_of = *classes_of << 4 | class as u16;
        self.classes = self.classes << 4 | class;
        self.ages = self.ages << 4 | age;
        let coarse = u32::from(age > 2) + u32::from(age > 4) + u32::from(age > 7);
        self.coarse_ages = self.coarse_ages << 2 | coarse;
        self.seen[usize::from(symbol)] = self.time;
        self.time += 1;
        self.last = [symbol, self.last[0], self.last[1]];
        Ok((symbol, length))
    }

    /// Codes a symbol. Returns the symbol and the length of its path.
    #[inline(always)]
    fn code_symbol<C: BitCoder>(&mut self, coder: &mut C, symbol: u8) -> (u8, usize) {
        let path = self.tree.paths[usize::from(symbol)];
        let last = u32::from(self.last[0]);
        let pair = spread(last | u32::from(self.last[1]) << 8, 3 << 20);
        let single = spread(last, 1 << 20);
        let [_, second, third] = self.last.map(u32::from);
        let skipping = spread(second, 5 << 20);
        let triple = spread(last | second << 8 | third << 16, 6 << 20);
        let last_class = (self.classes & 15).min(2);
        let row = ((last_class << 8) | (self.coarse_ages & 15) << 4) as usize;
        let mut node = 0u32;
        for depth in 0..=DEPTH {
            let known = self.nodes[node as usize & 255];
            let cell = u32::from(self.tree.cells[node as usize & 255]);
            let ages =
                [magnitude(self.time - known.taken[0]), magnitude(self.time - known.taken[1])];
            let nearer = u32::from(known.taken[0] > known.taken[1]);
            let level = depth.min(7) as u32;
            let both = ages[0] | ages[1] << 4;
            let sides = u32::from(known.sides);
            let aged = both | u32::from(known.class[0]) << 8 | u32::from(known.class[1]) << 10;
            let short = [
                cell as usize,
                cell as usize,
                slot::<SYMBOL_BITS>(single, cell),
                slot::<SYMBOL_BITS>(spread(aged, 2 << 20), level),
                slot::<SYMBOL_BITS>(pair, cell),
                (sides & 0xff | level << 8) as usize,
            ];
            let rows = [node as usize & 255, row | (level << 1 | nearer) as usize];
            let curves = [node as usize & 255, (both | level << 8) as usize];
            let bit = path >> (31 - depth) & 1;
            let bit = if LONG {
                let [a, b, c, d, e, f] = short;
                let more = [skipping, triple].map(|start| slot::<SYMBOL_BITS>(start, cell));
                let slots = [a, b, c, d, e, f, more[0], more[1]];
                self.symbol.code(coder, bit, &Indices::<LONG_INPUTS> { slots, rows, curves })
            } else {
                let place = Indices::<SYMBOL_INPUTS> { slots: short, rows, curves };
                self.symbol.code(coder, bit, &place)
            };
            let known = &mut self.nodes[node as usize & 255];
            known.taken[bit as usize & 1] = self.time;
            known.sides = known.sides << 1 | bit as u16;
            self.path[depth] = (node as u16, bit as u8);
            let child = self.tree.children[node as usize][bit as usize & 1];
            if child >= LEAF {
                return ((child - LEAF) as u8, depth + 1);
            }
            node = u32::from(child);
        }
        unreachable!("every path ends within DEPTH steps")
    }

    /// Codes the length of a run. Returns the length and its class.
    #[inline(always)]
    fn code_length<C: BitCoder>(
        &mut self,
        coder: &mut C,
        symbol: u8,
        age: u32,
        length: u32,
    ) -> Result<(u32, u32)> {
        // The class of lengths from 5 on is a magnitude. The bits below the highest bit follow.
        let above = length.wrapping_sub(SINGLE_RUNGS + 1).wrapping_add(2);
        let (class, width) = if length <= SINGLE_RUNGS {
            (length - 1, 0)
        } else {
            (SINGLE_RUNGS + 30 - above.leading_zeros(), 31 - above.leading_zeros())
        };
        let of_symbol = u32::from(self.classes_of[usize::from(symbol)]);
        let before = of_symbol & 15;
        let contexts = [
            spread(u32::from(symbol), 0),
            spread(of_symbol & 0xfff, 1 << 20),
            spread(self.classes & 0xfff, 2 << 20),
            spread(age | before << 4, 3 << 20),
            spread(self.classes & 0xff | age << 8 | (self.ages & 15) << 12, 4 << 20),
            spread(u32::from(symbol) | u32::from(self.last[0]) << 8, 5 << 20),
        ];
        let last_class = (self.classes & 15).min(7);
        let mut rung = 0;
        loop {
            let low = rung.min(7) << 4;
            let place = Indices::<RUN_INPUTS> {
                slots: contexts.map(|context| slot::<RUN_BITS>(context, rung)),
                rows: [(rung << 4 | age) as usize & 511, (low | before | last_class << 7) as usize],
                curves: [(rung << 4 | before) as usize & 511, (rung << 4 | age) as usize & 511],
            };
            if self.run.code(coder, u32::from(rung < class), &place) == 0 {
                break;
            }
            rung += 1;
            if rung == RUNGS {
                return Err(Error::Corrupt("run length".into()));
            }
        }
        if rung < SINGLE_RUNGS {
            return Ok((rung + 1, rung));
        }
        let width = if width == 0 { rung - SINGLE_RUNGS + 1 } else { width };
        // Lengths of one class recur where a text repeats itself.
        let mut value = 1u32;
        for shift in (0..width).rev() {
            let slot = &mut self.within[rung as usize & 31][value.min(127) as usize];
            let chance =
                probability(*slot).clamp(MIN_PROBABILITY, PROBABILITY_ONE - MIN_PROBABILITY);
            let bit = coder.code(above >> shift & 1, chance);
            *slot = update_entry(*slot, bit, 127);
            value = value << 1 | bit;
        }
        Ok((value + SINGLE_RUNGS - 1, rung))
    }
}
