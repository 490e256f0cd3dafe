//! Cutting of decoded blocks into chunks, each of which belongs to the content of one entry.

use std::ops::Range;

use super::member::Member;
use super::select::Wanted;
use crate::error::Result;

/// A part of the stored content of an entry: the bytes that one block holds.
pub struct Chunk<'a> {
    /// Index of the entry among the wanted ones.
    pub entry: usize,
    /// Offset of the bytes in the stored content of the entry.
    pub at: u64,
    /// The bytes.
    pub bytes: &'a [u8],
    /// Is this the first chunk of the entry?
    pub first: bool,
    /// Is this the last chunk of the entry?
    pub last: bool,
}

/// The contents of some entries of a member, in the order in which the blocks give them. No two of
/// these entries share content.
pub struct Chunks {
    /// Range in the member's content, and index among the wanted entries. The ranges are sorted,
    /// not empty, and do not overlap.
    wanted: Vec<(Range<u64>, usize)>,
    empty: Vec<usize>,
    next: usize,
}

impl Chunks {
    /// The contents of the entries whose indices in `wanted` are `chosen`.
    #[must_use]
    pub fn new(member: &Member, wanted: &[Wanted], chosen: &[usize]) -> Self {
        let offsets = member.index.content_offsets();
        let range = |number: usize| {
            let start = offsets[wanted[number].content];
            start..start + wanted[number].entry.stored_len()
        };
        let (mut full, empty): (Vec<_>, Vec<_>) = chosen
            .iter()
            .map(|&number| (range(number), number))
            .partition(|(range, _)| !range.is_empty());
        full.sort_by_key(|(range, _)| range.start);
        Chunks {
            wanted: full,
            empty: empty.into_iter().map(|(_, number)| number).collect(),
            next: 0,
        }
    }

    /// The wanted ranges of the member's content, in order.
    pub fn ranges(&self) -> impl Iterator<Item = Range<u64>> {
        self.wanted.iter().map(|(range, _)| range.clone())
    }

    /// Calls `take` with one empty chunk for each entry without stored content.
    ///
    /// # Errors
    /// `take` fails.
    pub fn empty_entries(&self, take: &mut impl FnMut(Chunk<'_>) -> Result<()>) -> Result<()> {
        self.empty.iter().try_for_each(|&entry| {
            take(Chunk { entry, at: 0, bytes: &[], first: true, last: true })
        })
    }

    /// Calls `take` for each chunk of a wanted entry in `block`, which begins at offset `at` of the
    /// member's content. Blocks must come in order.
    ///
    /// # Errors
    /// `take` fails.
    pub fn split(
        &mut self,
        at: u64,
        block: &[u8],
        take: &mut impl FnMut(Chunk<'_>) -> Result<()>,
    ) -> Result<()> {
        let end = at + block.len() as u64;
        while let Some((range, entry)) = self.wanted.get(self.next) {
            if range.start >= end {
                break;
            }
            let (from, to) = (range.start.max(at), range.end.min(end));
            take(Chunk {
                entry: *entry,
                at: from - range.start,
                bytes: &block[(from - at) as usize..(to - at) as usize],
                first: from == range.start,
                last: to == range.end,
            })?;
            if range.end > end {
                break;
            }
            self.next += 1;
        }
        Ok(())
    }

    /// Skips a damaged block of `length` bytes at offset `at` of the member's content. Returns the
    /// wanted entries that need bytes of it. Blocks must come in order.
    pub fn skip(&mut self, at: u64, length: u64) -> impl Iterator<Item = usize> {
        let end = at + length;
        let from = self.next;
        let without = self.wanted[from..].partition_point(|(range, _)| range.end <= end);
        self.next += without;
        let until = self.next
            + usize::from(self.wanted.get(self.next).is_some_and(|(range, _)| range.start < end));
        self.wanted[from..until].iter().map(|(_, entry)| *entry)
    }
}
