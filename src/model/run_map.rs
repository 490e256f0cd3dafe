//! Runs: the byte that followed a context the last time, and how often in a row it did.
//!
//! Bit histories forget which bits belonged to one byte; a run remembers the byte. Each context
//! has one entry of four bytes: check, count, byte. The idea of run inputs is Mahoney's (PAQ8).

use crate::error::Result;
use crate::numeric::PROBABILITY_ONE;
use crate::numeric::state_map::MapEntry;
use crate::simd::memory::{Table, zeroed};
use crate::simd::prefetch;

/// Classes of the count, times the places of a bit.
const CLASSES: usize = 16 * 8;
const LIMIT: u32 = 1000;

#[derive(Clone, Copy, Default)]
struct Run {
    slot: u32,
    check: u8,
    count: u8,
    byte: u8,
    /// Map index of the last prediction, [`SILENT`] for none.
    index: u8,
}

const SILENT: u8 = 255;

/// Runs of the first `R` contexts of a predictor.
#[derive(Clone)]
pub struct RunMap<const R: usize> {
    table: Table<u32>,
    runs: [Run; R],
    maps: Box<[[MapEntry; CLASSES]; R]>,
}

fn class(count: u8) -> usize {
    match count {
        0..=7 => usize::from(count),
        _ => 5 + count.ilog2() as usize,
    }
}

impl<const R: usize> RunMap<R> {
    /// A map with `entries` entries, rounded up to a power of two.
    ///
    /// # Errors
    /// The memory cannot be had.
    pub fn new(entries: usize) -> Result<Self> {
        let entries = if R == 0 { 1 } else { entries.next_power_of_two() };
        let table = zeroed(entries, "a table of runs")?;
        let map = vec![[MapEntry::new(PROBABILITY_ONE / 8 * 7, 0); CLASSES]; R];
        let maps = map.into_boxed_slice().try_into().unwrap_or_else(|_| unreachable!());
        Ok(Self { table, runs: [Run::default(); R], maps })
    }

    /// Names the entry of context `i` for the next byte and asks for it.
    #[inline(always)]
    pub fn select(&mut self, i: usize, hash: u64) {
        let slot = (hash >> 28) as usize & (self.table.len() - 1);
        self.runs[i].slot = slot as u32;
        self.runs[i].check = (hash >> 20) as u8;
        prefetch(&self.table, slot);
    }

    /// Reads the entries named by [`RunMap::select`].
    #[inline(always)]
    pub fn load(&mut self) {
        for i in 0..R {
            let [check, count, byte, _] = self.table[self.runs[i].slot as usize].to_le_bytes();
            self.runs[i].count = if check == self.runs[i].check { count } else { 0 };
            self.runs[i].byte = byte;
        }
    }

    /// Two inputs of each context for the bit after the `partial` byte.
    #[inline(always)]
    pub fn predict(&mut self, partial: u32, bit_position: u32, inputs: &mut [[i16; 2]]) {
        for i in 0..R {
            let run = &mut self.runs[i];
            let expected = u32::from(run.byte) | 0x100;
            let speaks = run.count > 0 && expected >> (8 - bit_position) == partial;
            let index = class(run.count) << 3 | bit_position as usize;
            run.index = if speaks { index as u8 } else { SILENT };
            // No branch: whether a run speaks is hard to foresee.
            let [strength, linear] = self.maps[i][index & (CLASSES - 1)].inputs();
            let sign = (expected >> (7 - bit_position) & 1) as i16 * 2 - 1;
            let sign = if speaks { sign } else { 0 };
            inputs[i] = [sign * strength, sign * linear];
        }
    }

    /// Learns `bit`.
    #[inline(always)]
    pub fn update(&mut self, bit: u32, bit_position: u32) {
        for i in 0..R {
            let run = self.runs[i];
            if run.index != SILENT {
                let expected = u32::from(run.byte) >> (7 - bit_position) & 1;
                self.maps[i][usize::from(run.index) & (CLASSES - 1)]
                    .update(u32::from(expected == bit), LIMIT);
            }
        }
    }

    /// Learns the whole byte.
    #[inline(always)]
    pub fn end_byte(&mut self, byte: u8) {
        for run in &self.runs {
            let entry = &mut self.table[run.slot as usize];
            let [check, count, old, _] = entry.to_le_bytes();
            *entry = if check != run.check && count > 2 {
                // Another context's established run fades before it goes.
                u32::from_le_bytes([check, count / 2, old, 0])
            } else {
                let count = if check == run.check && old == byte {
                    count.saturating_add(1).min(254)
                } else {
                    1
                };
                u32::from_le_bytes([run.check, count, byte, 0])
            };
        }
    }
}
