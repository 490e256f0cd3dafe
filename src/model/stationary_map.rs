//! Stationary maps: a probability for each bit that followed a context, without a bit history
//! between.
//!
//! A history forgets all but some ten bits, which is right for what changes; a probability with a
//! count remembers them all. PAQ8 and cmix give both for their lowest orders.

use crate::error::Result;
use crate::numeric::PROBABILITY_ONE;
use crate::numeric::state_map::{entry, inputs_of, probability, update_entry};
use crate::simd::memory::{Table, zeroed};
use crate::simd::prefetch;

/// Entries of a nibble: one cache line, of which the first stays unused.
const NODES: usize = 16;
/// An entry that was never updated; the table keeps the difference from it, so that it may start as
/// zeros.
const UNSEEN: u32 = entry(PROBABILITY_ONE / 2, 0);

/// Where one context finds its entries.
#[derive(Clone, Copy, Default)]
struct Slot {
    hash: u64,
    /// The line of the nibble.
    line: usize,
    /// The entry of the last prediction.
    index: usize,
}

/// The stationary maps of `D` contexts of a predictor, in one table without checks.
#[derive(Clone)]
pub struct StationaryMaps<const D: usize> {
    table: Table<u32>,
    slots: [Slot; D],
}

impl<const D: usize> StationaryMaps<D> {
    /// Maps in `entries` entries, rounded up to a power of two.
    ///
    /// # Errors
    /// The memory cannot be had.
    pub fn new(entries: usize) -> Result<Self> {
        let entries = if D == 0 { NODES } else { entries.next_power_of_two().max(NODES) };
        let table = zeroed(entries, "a table of probabilities")?;
        Ok(Self { table, slots: [Slot::default(); D] })
    }

    #[inline(always)]
    fn line(&self, hash: u64) -> usize {
        (hash >> 32) as usize & (self.table.len() - NODES)
    }

    /// Names the next byte's context number `i` and asks for the entries of its first nibble.
    #[inline(always)]
    pub fn select(&mut self, i: usize, hash: u64) {
        // Not the hash of the histories: their lines and these would collide alike.
        let hash = hash.wrapping_mul(0xC2B2_AE3D_27D4_EB4F);
        let line = self.line(hash);
        prefetch(&self.table, line);
        self.slots[i] = Slot { hash, line, index: line };
    }

    /// Goes on to the second nibble, after `nibble`, and asks for its entries. The last bit of the
    /// first one may be learned after that.
    #[inline(always)]
    pub fn select_second(&mut self, nibble: u32) {
        for i in 0..D {
            let hash = (self.slots[i].hash ^ u64::from(nibble + 1) << 24)
                .wrapping_mul(0x9E37_79B9_7F4A_7C15);
            self.slots[i].line = self.line(hash);
            prefetch(&self.table, self.slots[i].line);
        }
    }

    /// Two inputs of each context at node `node` (1 to 15) of the nibble.
    #[inline(always)]
    pub fn predict(&mut self, node: usize, inputs: &mut [[i16; 2]]) {
        for (slot, input) in self.slots.iter_mut().zip(inputs) {
            slot.index = slot.line + (node & (NODES - 1));
            let kept = self.table[slot.index];
            *input = if kept == 0 { [0, 0] } else { inputs_of(probability(kept ^ UNSEEN)) };
        }
    }

    /// Learns `bit` where the last prediction was made; `limit` as for [`update_entry`].
    #[inline(always)]
    pub fn update(&mut self, bit: u32, limit: u32) {
        for slot in &self.slots {
            let kept = &mut self.table[slot.index];
            *kept = update_entry(*kept ^ UNSEEN, bit, limit) ^ UNSEEN;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contexts_are_told_apart_and_learn_what_follows() {
        let mut maps = StationaryMaps::<2>::new(1 << 12).unwrap();
        let mut inputs = [[0; 2]; 2];
        for round in 0..200u64 {
            // The first context knows the bit, the second is always the same.
            let bit = (round & 1) as u32;
            maps.select(0, 1000 + u64::from(bit) * 77);
            maps.select(1, 5);
            maps.predict(1, &mut inputs);
            maps.update(bit, 1020);
        }
        maps.select(0, 1077);
        maps.predict(1, &mut inputs);
        assert!(inputs[0][0] > 1000, "{inputs:?}");
        assert!(inputs[1][0].abs() < 50, "{inputs:?}");
        maps.select_second(9);
        maps.predict(1, &mut inputs);
        assert_eq!(inputs, [[0; 2]; 2], "never seen");
    }
}
