//! Images of one bit a pixel: templates of the pixels around the next one, as in JBIG2, with a
//! direct probability each.

use super::names::CONTEXTS;
use super::{SignalContext, SignalSelector};
use crate::model::byte_history::hash;
use crate::numeric::PROBABILITY_ONE;
use crate::numeric::state_map::{entry, inputs_of, probability, update_entry};

const TEMPLATES: usize = 13;
/// Probabilities of a template, as a power of two.
const CELL_BITS: u32 = 20;
/// Samples over which a probability averages.
const LIMIT: u32 = 512;

/// State of a bilevel model.
#[derive(Clone)]
pub struct BilevelState {
    row_bytes: usize,
    cells: Vec<u32>,
    at: [usize; TEMPLATES],
    /// The rows: this one, and those above, the pixel above in bit 23 less the bits of this byte.
    rows: [u64; 6],
    partial: u32,
    bit: u32,
    run: u32,
    hashes: [u64; CONTEXTS],
}

impl BilevelState {
    /// For rows of `row_bytes` bytes.
    #[must_use]
    pub fn new(row_bytes: usize) -> Self {
        let mut state = Self {
            row_bytes: row_bytes.max(1),
            cells: vec![entry(PROBABILITY_ONE / 2, 0); TEMPLATES << CELL_BITS],
            at: [0; TEMPLATES],
            rows: [0; 6],
            partial: 1,
            bit: 0,
            run: 0,
            hashes: [0; CONTEXTS],
        };
        state.push(&[]);
        state
    }

    /// Takes in the byte that `bytes` now ends with.
    #[inline(always)]
    pub fn push(&mut self, bytes: &[u8]) {
        self.partial = 1;
        self.bit = 0;
        let position = bytes.len();
        let byte = |back: usize| {
            position
                .checked_sub(back)
                .and_then(|at| bytes.get(at))
                .map_or(0, |&byte| u64::from(byte))
        };
        let row = self.row_bytes;
        self.rows[0] = byte(4) << 24 | byte(3) << 16 | byte(2) << 8 | byte(1);
        for y in 1..6 {
            let n = y * row;
            // Three bytes to the left, the one above, one to the right.
            self.rows[y] = byte(n + 3) << 40
                | byte(n + 2) << 32
                | byte(n + 1) << 24
                | byte(n) << 16
                | byte(n.wrapping_sub(1).max(1)) << 8
                | byte(n.saturating_sub(2).max(1));
        }
        self.run = if byte(1) == byte(2) { (self.run + 1).min(255) } else { 0 };
        let column = (position % row) as u64;
        let (n, nn, nnn) = (byte(row), byte(2 * row), byte(3 * row));
        let (w, ww, ne, nw) = (byte(1), byte(2), byte(row.saturating_sub(1).max(1)), byte(row + 1));
        let list: [u64; CONTEXTS] = [
            w | n << 8,
            n | nn << 8 | w << 16,
            w | n << 8 | ne << 16 | nw << 24,
            n | nn << 8 | nnn << 16 | w << 24,
            w | ww << 8 | n << 16 | nw << 24,
            column | n << 16,
            w | ww << 8 | byte(3) << 16 | byte(4) << 24,
            n | nn << 8 | w << 16 | ne << 24 | byte(2 * row - row.min(1)) << 32 | nw << 40,
            n,
            w | n << 8 | nn << 16 | ww << 24 | nnn << 32 | byte(4 * row) << 40,
            n | ne << 8 | byte(row.saturating_sub(2).max(1)) << 16 | w << 24 | nn << 32,
            w | ww << 8,
            u64::from(self.run) | w << 8 | n << 16,
            n ^ nn | (w ^ nw) << 8 | (ne) << 16,
            w | ww << 8 | n << 16 | nw << 24 | byte(row + 2) << 32 | ne << 40,
            column | w << 16 | n << 24,
        ];
        for (k, (slot, value)) in self.hashes.iter_mut().zip(list).enumerate() {
            *slot = value << 4 | k as u64;
        }
    }

    /// The value of a context, to be hashed.
    #[inline(always)]
    #[must_use]
    pub fn value(&self, SignalContext(rank): SignalContext) -> u64 {
        self.hashes[usize::from(rank) % CONTEXTS]
    }

    /// The value of a selector, below 256.
    #[inline(always)]
    #[must_use]
    pub fn select(&self, selector: SignalSelector) -> u32 {
        let n = (self.rows[1] >> 16) as u32 & 255;
        match selector {
            SignalSelector::First => n,
            SignalSelector::Second => (self.rows[2] >> 16) as u32 & 255,
            SignalSelector::Third => self.rows[0] as u32 & 255,
            SignalSelector::Fourth => {
                (self.rows[1] >> 20) as u32 & 15 | (self.rows[0] as u32 & 15) << 4
            }
        }
    }

    /// Contexts, below 256, of the two adaptive probability maps.
    #[inline(always)]
    #[must_use]
    pub fn apm_contexts(&self) -> [usize; 2] {
        [SignalSelector::First, SignalSelector::Fourth]
            .map(|selector| self.select(selector) as usize)
    }

    /// Pairs of inputs for each bit.
    #[must_use]
    pub fn pairs(&self) -> usize {
        TEMPLATES
    }

    /// Direct inputs for the next bit.
    #[inline(always)]
    pub fn inputs(&mut self, inputs: &mut [[i16; 2]]) {
        let shift = 23 - self.bit;
        // Pixels of a row around the next one: `left` to the left of it, `right` from it on.
        let around = |y: usize, left: u32, right: u32| {
            if y == 0 {
                let line = (self.rows[0] << self.bit) | u64::from(self.partial ^ (1 << self.bit));
                return line & ((1 << left) - 1);
            }
            (self.rows[y] >> (shift + 1 - right)) & ((1 << (left + right)) - 1)
        };
        let join = |parts: &[(u32, u32)]| {
            parts.iter().enumerate().fold(0u64, |bits, (y, &(left, right))| {
                bits << (left + right) | around(y, left, right)
            })
        };
        let templates: [u64; TEMPLATES] = [
            join(&[(4, 0), (2, 3), (1, 2)]),
            join(&[(3, 0), (3, 4), (2, 3), (1, 2)]),
            join(&[(6, 0), (4, 5), (3, 4)]),
            join(&[(8, 0), (6, 7)]),
            join(&[(2, 0), (2, 3), (2, 3), (2, 3), (1, 2)]),
            join(&[(5, 0), (4, 5), (4, 5), (3, 4), (2, 3)]),
            join(&[(16, 0), (3, 4)]),
            join(&[(4, 0), (10, 11)]),
            join(&[(2, 0), (1, 2), (1, 2), (1, 2), (1, 2), (1, 2)]),
            join(&[(8, 0), (7, 8), (6, 7), (5, 6), (3, 4), (2, 3)]),
            join(&[(12, 0), (8, 9), (8, 9)]),
            join(&[(1, 0), (1, 2), (1, 1)]),
            join(&[(24, 0), (12, 13)]),
        ];
        for (k, ((template, at), inputs)) in
            templates.into_iter().zip(&mut self.at).zip(inputs).enumerate()
        {
            let cell = (hash(template, k as u32 + 1) >> (64 - CELL_BITS)) as usize;
            *at = k << CELL_BITS | cell;
            let cell = self.cells[*at];
            *inputs = if cell & 1023 == 0 { [0; 2] } else { inputs_of(probability(cell)) };
        }
    }

    /// Learns a bit.
    #[inline(always)]
    pub fn update(&mut self, bit: u32) {
        for &at in &self.at {
            if let Some(cell) = self.cells.get_mut(at) {
                *cell = update_entry(*cell, bit, LIMIT);
            }
        }
        self.partial = self.partial << 1 | bit;
        self.bit += 1;
    }
}
