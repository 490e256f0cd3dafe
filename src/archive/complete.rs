//! Damaged members that are whole up to the end of their index. Parity and footer follow the index;
//! they are computed again, and the member gets the bytes that it was written with.

use std::fs::File;
use std::io::{Read, Write};
use std::ops::Range;

use super::broken_links::members_with_broken_links;
use super::member::FileAt;
use super::recovered_member::{RecoveredMember, is_row_of};
use super::scrub::check_parity;
use crate::container::footer::{FOOTER_LEN, Footer};
use crate::container::header::Header;
use crate::container::index::{Index, Layout};
use crate::container::parity::{ParityWriter, share_of_length};
use crate::error::Result;

/// Length in bytes of one read while copying.
const COPY_LEN: u64 = 1 << 20;

/// A damaged member of which only parity or footer are damaged or missing.
pub(super) struct CompleteUpToIndex<'a> {
    recovered: &'a RecoveredMember,
    header: Header,
    index: &'a Index,
    layout: Layout,
}

impl<'a> CompleteUpToIndex<'a> {
    /// Checks that header, names, blocks and index of `recovered` are whole and at the offsets that
    /// the index gives, and that every hard link has its file. Returns `None` if not.
    pub fn of(recovered: &'a RecoveredMember) -> Option<Self> {
        let (header, index) = (recovered.header?, recovered.index.as_ref()?);
        let mut bytes = Vec::new();
        header.write_to(&mut bytes);
        let layout = index.layout(recovered.range.start + bytes.len() as u64).ok()?;
        let is_there = |((number, row), at)| {
            recovered
                .blocks
                .get(&number)
                .is_some_and(|(record_at, record)| *record_at == at && is_row_of(row, record))
        };
        let is_complete = layout.end == recovered.index_range.start
            && layout.names == recovered.names
            && recovered.blocks.len() == index.blocks.len()
            && (0..).zip(&index.blocks).zip(layout.blocks.iter().copied()).all(is_there)
            && members_with_broken_links(&[&index.entries]).is_empty();
        is_complete.then_some(CompleteUpToIndex { recovered, header, index, layout })
    }

    /// Number of entries in the index.
    pub fn entries(&self) -> u64 {
        self.index.entries.len() as u64
    }

    /// Writes the whole member to `out`: copies the bytes up to the index, computes parity and
    /// footer. Returns a line for each of these two that was damaged.
    ///
    /// # Errors
    /// Reading or writing fails.
    pub fn write(&self, file: &File, mut out: &mut dyn Write) -> Result<Vec<String>> {
        let (start, index_end) = (self.recovered.range.start, self.recovered.index_range.end);
        let parity_len = self.recovered.footer_at.map(|footer_at| footer_at - index_end);
        let share = self.share(parity_len);
        let mut parity = (self.header.is_named() || share > Some(0))
            .then(|| ParityWriter::new(share.unwrap_or(0)));
        for (range, guarded) in self.ranges() {
            copy(file, range, out, |bytes| {
                parity.as_mut().map_or(Ok(()), |parity| parity.feed(bytes, guarded))
            })?;
        }
        let number = self.index.blocks.len() as u64 + 1;
        let mut member_len = index_end - start;
        if let Some(parity) = parity {
            member_len += parity.write_to(number, &mut out)?;
        }
        member_len += FOOTER_LEN;
        let mut footer = Vec::new();
        Footer { member_len, index_offset: self.layout.end - start }.write_to(&mut footer);
        out.write_all(&footer)?;
        let name = self.recovered.name();
        let new_len = member_len - FOOTER_LEN - (index_end - start);
        let mut notes = Vec::new();
        if self.recovered.had_parity() && share.is_none() {
            notes.push(format!(
                "{name} is written without parity: no head of the old parity is left"
            ));
        } else if new_len > 0 && check_parity(file, index_end, index_end + new_len, number).is_err()
        {
            let what = if share > Some(0) { "parity" } else { "the guard" };
            notes.push(format!("{what} of {name} was computed again"));
        }
        if self.recovered.footer_at != Some(index_end + new_len) {
            notes.push(format!("the footer of {name} was computed again"));
        }
        Ok(notes)
    }

    /// The share of parity in hundredths of a percent, 0 for a guard. The share is read from a head
    /// that is left. Without a head, it follows from `parity_len`, the length of all parity in
    /// bytes. `None` if neither is known.
    fn share(&self, parity_len: Option<u64>) -> Option<u32> {
        let start = self.recovered.range.start;
        let guarded = self
            .ranges()
            .into_iter()
            .filter(|(_, guarded)| *guarded)
            .map(|(range, _)| range.start - start..range.end - start);
        let member = self.recovered.index_range.end - start;
        self.recovered.share.or_else(|| {
            share_of_length(
                parity_len?,
                member,
                guarded.collect(),
                self.index.blocks.len() as u64 + 1,
            )
        })
    }

    /// Ranges of the file from the start of the member to the end of its index, in order. Each
    /// comes with whether the guard covers it, since all files need it.
    fn ranges(&self) -> Vec<(Range<u64>, bool)> {
        let start = self.recovered.range.start;
        let blocks = self
            .layout
            .blocks
            .iter()
            .zip(&self.index.blocks)
            .skip(usize::from(self.header.has_reference()));
        let mut ranges = Vec::new();
        let mut at = start;
        for (&block_at, row) in blocks {
            ranges.push((at..block_at, true));
            at = block_at + row.record_len;
            ranges.push((block_at..at, false));
        }
        ranges.push((at..self.recovered.index_range.end, true));
        ranges
    }
}

/// Copies `range` of `file` to `out`, and passes the same bytes to `feed`, up to [`COPY_LEN`] at a
/// time.
fn copy(
    file: &File,
    range: Range<u64>,
    out: &mut dyn Write,
    mut feed: impl FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let mut input = FileAt::new(file, range.start).take(range.end - range.start);
    let mut buffer = vec![0; COPY_LEN.min(range.end - range.start) as usize];
    loop {
        let length = input.read(&mut buffer)?;
        if length == 0 {
            return Ok(());
        }
        out.write_all(&buffer[..length])?;
        feed(&buffer[..length])?;
    }
}
