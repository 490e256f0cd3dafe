//! The hash table of bit histories: 64-byte lines of four nibble slots.
//!
//! A line is four check bytes and four times the 15 bit histories of one nibble (1 + 2 + 4 + 8
//! nodes). A lookup touches one line; of four slots the least established gives way. All contexts
//! of a predictor share the table; the bytes belong to [`crate::simd::Histories`].

use crate::numeric::bit_history::BIT_HISTORY;
use crate::simd::{LINE, Line};

const WAYS: usize = 4;
/// Bit histories of a slot.
pub const NODES: usize = 15;
/// Bytes from a slot's base to its end: node 0 does not exist, nodes 1 to 15 do.
pub const SLOT: usize = NODES + 1;

/// How to find slots in a table of bytes.
#[derive(Clone)]
pub struct SlotTable {
    /// How many lines there are.
    lines: u64,
    /// How established each state is, for replacement.
    rank: [u8; 256],
}

impl SlotTable {
    /// A table in the first `bytes` bytes, a multiple of 64.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        let mut rank = [0; 256];
        for (state, rank) in rank.iter_mut().enumerate() {
            let (zeros, ones) = BIT_HISTORY.counts[state];
            *rank = zeros.saturating_add(ones);
        }
        Self { lines: (bytes / LINE) as u64, rank }
    }

    /// The line of `hash`: as far into the table as its upper half is into the numbers of 32 bits.
    #[inline(always)]
    #[must_use]
    pub fn line(&self, hash: u64) -> usize {
        (((hash >> 32) * self.lines) >> 32) as usize
    }

    /// The slot of `check` in a line; one is emptied for it if it has none.
    #[inline(always)]
    pub fn way(&self, line: &mut Line, check: u8) -> usize {
        let check = check.max(1);
        let checks = u32::from_le_bytes([line[0], line[1], line[2], line[3]]);
        // The lowest zero byte of the difference is marked exactly.
        let difference = checks ^ u32::from(check).wrapping_mul(0x0101_0101);
        let matching = difference.wrapping_sub(0x0101_0101) & !difference & 0x8080_8080;
        if matching == 0 {
            self.replace(line, check)
        } else {
            matching.trailing_zeros() as usize >> 3
        }
    }

    /// Empties the least established slot of a line for `check`.
    #[inline(always)]
    fn replace(&self, line: &mut Line, check: u8) -> usize {
        let rank = |way: usize| {
            u32::from(self.rank[usize::from(line[WAYS + way * NODES])]) << 2 | way as u32
        };
        let way = rank(0).min(rank(1)).min(rank(2).min(rank(3))) as usize & (WAYS - 1);
        line[way] = check;
        slot(line, way)[1..].fill(0);
        way
    }
}

/// The slot `way` of a line: node 0 is another's, nodes 1 to 15 are its own.
#[inline(always)]
pub fn slot(line: &mut Line, way: usize) -> &mut [u8; SLOT] {
    let start = first_byte(way);
    line[start..].first_chunk_mut().unwrap_or_else(|| unreachable!("a slot ends with its line"))
}

/// Where in its line the slot `way` begins.
#[inline(always)]
#[must_use]
pub const fn first_byte(way: usize) -> usize {
    WAYS - 1 + (way & (WAYS - 1)) * NODES
}

/// The bit history after a single zero; after a single one it is the next state.
const SEEN_ZERO: u8 = 1;

/// Where [`defer`] keeps its nibble: the child of the root that was not visited.
#[inline(always)]
fn deferred_node(slot: &[u8; SLOT]) -> usize {
    if slot[1] == SEEN_ZERO { 3 } else { 2 }
}

/// Keeps the second nibble of a byte whose context was new in the slot of its first nibble,
/// which has ten unused nodes: most contexts never come back, and need no second slot.
#[inline(always)]
pub fn defer(slot: &mut [u8; SLOT], nibble: u32) {
    slot[deferred_node(slot)] = nibble as u8 + 1;
}

/// Takes the first and second nibble of the one byte that a slot was used for, if one was
/// deferred: as `first << 4 | second`, or [`NONE_DEFERRED`].
#[inline(always)]
pub fn take_deferred(slot: &mut [u8; SLOT]) -> u32 {
    if slot[1].wrapping_sub(SEEN_ZERO) > 1 {
        return NONE_DEFERRED;
    }
    let kept = std::mem::take(&mut slot[deferred_node(slot)]);
    if kept == 0 {
        return NONE_DEFERRED;
    }
    let mut node = 1usize;
    for _ in 0..4 {
        node = 2 * node + usize::from(slot[node & 15].wrapping_sub(SEEN_ZERO) & 1);
    }
    (node as u32 & 15) << 4 | (u32::from(kept) - 1)
}

/// No byte was deferred.
pub const NONE_DEFERRED: u32 = 256;

/// Marks the path of `nibble` in a slot as seen once, where it was never seen.
#[inline(always)]
pub fn mark_once(slot: &mut [u8; SLOT], nibble: u32) {
    let mut node = 1usize;
    for shift in (0..4).rev() {
        let bit = (nibble >> shift) & 1;
        if slot[node & 15] == 0 {
            slot[node & 15] = SEEN_ZERO + bit as u8;
        }
        node = 2 * node + bit as usize;
    }
}
