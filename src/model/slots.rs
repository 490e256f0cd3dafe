//! The hash table of bit histories: 64-byte lines of four nibble slots.
//!
//! A line is four check bytes and four times the 15 bit histories of one nibble (1 + 2 + 4 + 8
//! nodes). A lookup touches one line; of four slots the least established gives way. All contexts
//! of a predictor share the table; the bytes belong to [`crate::simd::Histories`].

use super::bit_history::BIT_HISTORY;
use crate::simd::prefetch;

const LINE: usize = 64;
const WAYS: usize = 4;
/// Bit histories of a slot.
pub const NODES: usize = 15;
/// Bytes from a slot's base to its end: node 0 does not exist, nodes 1 to 15 do.
pub const SLOT: usize = NODES + 1;

/// How to find slots in a table of bytes.
pub struct SlotTable {
    mask: usize,
    /// How established each state is, for replacement.
    rank: [u8; 256],
}

impl SlotTable {
    /// A table in the first `bytes` bytes, a power of two of at least 64.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        let mut rank = [0; 256];
        for (state, rank) in rank.iter_mut().enumerate() {
            let (zeros, ones) = BIT_HISTORY.counts[state];
            *rank = zeros.saturating_add(ones);
        }
        Self { mask: (bytes / LINE).next_power_of_two() - 1, rank }
    }

    #[inline(always)]
    fn line(&self, hash: u64) -> usize {
        ((hash >> 32) as usize & self.mask) * LINE
    }

    /// Asks for the line of `hash` ahead of its use.
    #[inline(always)]
    pub fn prefetch(&self, bytes: &[u8], hash: u64) {
        prefetch(bytes, self.line(hash));
    }

    /// The base of the slot of `hash`; one is emptied for it if it has none.
    #[inline(always)]
    pub fn find(&self, bytes: &mut [u8], hash: u64) -> usize {
        let start = self.line(hash);
        let check = ((hash >> 24) as u8).max(1);
        let Some(line) = bytes[start..].first_chunk_mut::<LINE>() else { return 0 };
        let checks = u32::from_le_bytes([line[0], line[1], line[2], line[3]]);
        // The lowest zero byte of the difference is marked exactly.
        let difference = checks ^ u32::from(check).wrapping_mul(0x0101_0101);
        let matching = difference.wrapping_sub(0x0101_0101) & !difference & 0x8080_8080;
        let way = if matching == 0 { self.replace(line, check) } else { matching.trailing_zeros() as usize >> 3 };
        start + WAYS - 1 + way * NODES
    }

    /// Empties the least established slot of a line for `check`.
    #[inline(always)]
    fn replace(&self, line: &mut [u8; LINE], check: u8) -> usize {
        let rank = |way: usize| u32::from(self.rank[usize::from(line[WAYS + way * NODES])]) << 2 | way as u32;
        let way = rank(0).min(rank(1)).min(rank(2).min(rank(3))) as usize & (WAYS - 1);
        line[way] = check;
        line[WAYS + way * NODES..][..NODES].fill(0);
        way
    }
}

/// The bit history after a single zero; after a single one it is the next state.
const SEEN_ZERO: u8 = 1;

/// Where [`defer`] keeps its nibble: the child of the root that was not visited.
#[inline(always)]
fn deferred_node(slot: &[u8; SLOT]) -> usize {
    if slot[1] == SEEN_ZERO { 3 } else { 2 }
}

/// Keeps the second nibble of a byte whose context was new in the slot (at `base`) of its first
/// nibble, which has ten unused nodes: most contexts never come back, and need no second slot.
#[inline(always)]
pub fn defer(bytes: &mut [u8], base: usize, nibble: u32) {
    if let Some(slot) = bytes[base..].first_chunk_mut::<SLOT>() {
        slot[deferred_node(slot)] = nibble as u8 + 1;
    }
}

/// Takes the first and second nibble of the one byte that the slot at `base` was used for, if one was deferred.
#[inline(always)]
pub fn take_deferred(bytes: &mut [u8], base: usize) -> Option<(u32, u32)> {
    let slot = bytes[base..].first_chunk_mut::<SLOT>()?;
    if slot[1].wrapping_sub(SEEN_ZERO) > 1 {
        return None;
    }
    let kept = std::mem::take(&mut slot[deferred_node(slot)]);
    let mut node = 1usize;
    for _ in 0..4 {
        node = 2 * node + usize::from(slot[node & 15].wrapping_sub(SEEN_ZERO) & 1);
    }
    (kept > 0).then(|| (node as u32 & 15, u32::from(kept) - 1))
}

/// Marks the path of `nibble` in the slot at `base` as seen once, where it was never seen.
#[inline(always)]
pub fn mark_once(bytes: &mut [u8], base: usize, nibble: u32) {
    let Some(slot) = bytes[base..].first_chunk_mut::<SLOT>() else { return };
    let mut node = 1usize;
    for shift in (0..4).rev() {
        let bit = (nibble >> shift) & 1;
        if slot[node & 15] == 0 {
            slot[node & 15] = SEEN_ZERO + bit as u8;
        }
        node = 2 * node + bit as usize;
    }
}
