//! The hash table of bit histories: 64-byte lines of four nibble slots.
//!
//! A slot is 16 bytes: a check byte and the 15 bit histories of one nibble (1 + 2 + 4 + 8 nodes).
//! A lookup touches one line; of four slots the least established gives way. All contexts of a
//! predictor share the table.

use super::bit_history::BIT_HISTORY;
use crate::error::{Error, Result};
use crate::simd::memory::Table;
use crate::simd::prefetch;

/// Bytes of a slot held by a model: one unused, then nodes 1 to 15.
pub const SLOT: usize = 16;
const LINE: usize = 64;
const WAYS: usize = 4;
/// Bit histories of a slot.
const NODES: usize = SLOT - 1;

/// One cache line: four check bytes, then four times fifteen bit histories.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub struct Line([u8; LINE]);

/// The table.
pub struct SlotTable {
    lines: Table<Line>,
    mask: usize,
    /// How established each state is, for replacement.
    rank: [u8; 256],
}

/// Where a slot lies: line and slot within it.
#[derive(Clone, Copy, Default)]
pub struct SlotAddress {
    line: u32,
    slot: u32,
}

impl SlotTable {
    /// A table of `bytes` rounded down to a power of two, at least 4 KiB.
    ///
    /// # Errors
    /// [`Error::Limit`] when the memory cannot be had.
    pub fn new(bytes: usize) -> Result<Self> {
        let bits = (bytes.max(4096) / LINE).ilog2().min(31);
        let lines = crate::simd::memory::zeroed(1 << bits)
            .ok_or_else(|| Error::Limit(format!("no memory for a table of {} MiB", bytes >> 20)))?;
        let mut rank = [0; 256];
        for (state, rank) in rank.iter_mut().enumerate() {
            let (zeros, ones) = BIT_HISTORY.counts[state];
            *rank = zeros.saturating_add(ones);
        }
        Ok(Self { lines, mask: (1 << bits) - 1, rank })
    }

    #[inline(always)]
    fn line(&self, hash: u64) -> usize {
        (hash >> 32) as usize & self.mask
    }

    /// Asks for the line of `hash` ahead of its use.
    #[inline(always)]
    pub fn prefetch(&self, hash: u64) {
        prefetch(&self.lines, self.line(hash));
    }

    /// Finds the slot of `hash`, or empties one for it, and copies it to `slot`.
    #[inline(always)]
    pub fn load(&mut self, hash: u64, slot: &mut [u8; SLOT]) -> SlotAddress {
        let index = self.line(hash);
        let check = ((hash >> 24) as u8).max(1);
        let Some(Line(line)) = self.lines.get_mut(index) else { return SlotAddress::default() };
        let checks = u32::from_le_bytes([line[0], line[1], line[2], line[3]]);
        // The lowest zero byte of the difference is marked exactly.
        let difference = checks ^ u32::from(check).wrapping_mul(0x0101_0101);
        let matching = difference.wrapping_sub(0x0101_0101) & !difference & 0x8080_8080;
        let way = if matching == 0 {
            let way = self.replace(index, check);
            *slot = [0; SLOT];
            way
        } else {
            let way = matching.trailing_zeros() as usize >> 3;
            let Some(found) = line[WAYS - 1 + way * NODES..].first_chunk::<SLOT>() else { return SlotAddress::default() };
            *slot = *found;
            way
        };
        SlotAddress { line: index as u32, slot: way as u32 }
    }

    /// Empties the least established slot of a line for `check`.
    #[inline(always)]
    fn replace(&mut self, index: usize, check: u8) -> usize {
        let Line(line) = &mut self.lines[index];
        let mut lowest = (u32::MAX, 0);
        for way in 0..WAYS {
            let rank = u32::from(self.rank[usize::from(line[WAYS + way * NODES])]);
            if rank < lowest.0 {
                lowest = (rank, way);
            }
        }
        let way = lowest.1;
        line[way] = check;
        line[WAYS + way * NODES..][..NODES].fill(0);
        way
    }

    /// Puts a slot back where it was loaded from.
    #[inline(always)]
    pub fn store(&mut self, address: SlotAddress, slot: &[u8; SLOT]) {
        if let Some(Line(line)) = self.lines.get_mut(address.line as usize) {
            let start = WAYS + (address.slot as usize & (WAYS - 1)) * NODES;
            if let Some(nodes) = line[start..].first_chunk_mut::<NODES>() {
                nodes.copy_from_slice(&slot[1..]);
            }
        }
    }
}
