//! The whole structures that a scan found of one damaged member.

use std::collections::BTreeMap;
use std::ops::Range;

use super::scan::Structure;
use crate::container::footer::FOOTER_LEN;
use crate::container::header::Header;
use crate::container::index::{BlockRow, Index};
use crate::container::record::Record;
use crate::container::{Entry, EntryKind};

/// Largest length in bytes of a header of the full form: magic, version, features, contract,
/// memory, check.
const MAX_HEADER_LEN: u64 = 17;
/// Largest length in bytes of a record without its coded bytes: marker, kind, four numbers, two
/// hashes, check.
const MAX_RECORD_HEADER_LEN: u64 = 65;

/// What was recovered of a damaged member. All offsets are offsets in the file.
#[derive(Debug, Default)]
pub(super) struct RecoveredMember {
    /// Number of the member in the file, counted from 1.
    pub number: u32,
    /// From the first structure of the member to the next member.
    pub range: Range<u64>,
    /// The header, if it is whole.
    pub header: Option<Header>,
    /// Does the header say that the member has the compact form?
    pub is_compact: bool,
    /// Whole blocks by number: offset of the record, and the record without its coded bytes.
    pub blocks: BTreeMap<u64, (u64, Record)>,
    /// Numbers of whole dependent blocks whose reference block is lost.
    pub without_reference: Vec<u64>,
    /// Offsets of the whole records of names, ascending.
    pub names: Vec<u64>,
    /// The index, if it is whole.
    pub index: Option<Index>,
    /// The bytes of the record of the index.
    pub index_range: Range<u64>,
    /// Does any block continue from the reference block?
    pub has_dependents: bool,
    /// The bytes of all parity that was found.
    pub parity: Vec<Range<u64>>,
    /// Share of parity in hundredths of a percent, if a head of parity is left.
    pub share: Option<u32>,
    /// Offset of the footer, if both the footer and the index are whole.
    pub footer_at: Option<u64>,
    /// Number of the last record that was added.
    pub last: Option<u64>,
}

impl RecoveredMember {
    /// Offset of the record of the reference block, if the member has one and it is left.
    pub fn reference_at(&self) -> Option<u64> {
        self.header
            .is_none_or(|header| header.has_reference())
            .then(|| self.blocks.get(&0).map(|(at, _)| *at))
            .flatten()
    }

    /// Is nothing left that could be saved?
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty() && self.index.is_none()
    }

    /// Does the member hold one unnamed stream? `None` if that is unknown.
    pub fn is_stream(&self) -> Option<bool> {
        if self.is_compact && self.is_empty() {
            return Some(true);
        }
        self.header
            .map(|header| !header.is_named())
            .or_else(|| self.index.as_ref().map(|index| stream_entry(index).is_some()))
    }

    /// Did the member have parity or a guard?
    pub fn had_parity(&self) -> bool {
        !self.parity.is_empty() || self.footer_at.is_some_and(|at| at > self.index_range.end)
    }

    /// The name of the member in messages.
    pub fn name(&self) -> String {
        if self.is_stream() == Some(false) {
            format!("member-{}", self.number)
        } else {
            format!("stream-{}", self.number)
        }
    }

    /// Removes the blocks whose lengths differ from the index: they belong to another member, which
    /// is returned.
    pub fn split_foreign(&mut self) -> Option<RecoveredMember> {
        let rows = &self.index.as_ref()?.blocks;
        let is_own = |number: &u64, (_, record): &(u64, Record)| {
            let row = usize::try_from(*number).ok().and_then(|number| rows.get(number));
            row.is_some_and(|row| is_row_of(row, record))
        };
        let (own, foreign) = std::mem::take(&mut self.blocks)
            .into_iter()
            .partition(|(number, block)| is_own(number, block));
        self.blocks = own;
        let blocks: BTreeMap<u64, (u64, Record)> = foreign;
        if blocks.is_empty() {
            return None;
        }
        Some(RecoveredMember {
            range: self.range.clone(),
            blocks,
            has_dependents: self.has_dependents,
            ..RecoveredMember::default()
        })
    }

    /// Damaged ranges of the file of which it is known what they held: blocks that the index lists,
    /// names, header, guard, parity and footer.
    pub fn known_damage(&self) -> Vec<Range<u64>> {
        if self.is_empty() {
            return vec![self.range.clone()];
        }
        let Some(index) = &self.index else { return Vec::new() };
        let first = self.index_range.start.saturating_sub(index.records_len());
        let layout = index.layout(first).unwrap_or_default();
        let mut known = Vec::new();
        known.push(first.saturating_sub(MAX_HEADER_LEN)..first);
        for ((number, row), &at) in (0..).zip(&index.blocks).zip(&layout.blocks) {
            if !self.blocks.contains_key(&number) {
                known.push(at..at.saturating_add(row.record_len));
            }
        }
        for (row, &at) in index.names.iter().zip(&layout.names) {
            known.push(at..at.saturating_add(row.record_len));
        }
        let mut end = self.index_range.end;
        if let Some(footer_at) = self.footer_at {
            known.push(end..footer_at);
            return known;
        }
        for parity in &self.parity {
            if parity.start >= end && parity.start - end <= MAX_RECORD_HEADER_LEN {
                known.push(end..parity.start);
            }
            end = end.max(parity.end);
        }
        known.push(end..end.saturating_add(FOOTER_LEN));
        known
    }

    /// Extends `range` to `found`.
    pub fn reaches(&mut self, found: &Structure) {
        if self.range.is_empty() {
            self.range = found.at..found.end;
        }
        self.range.end = self.range.end.max(found.end);
    }
}

/// Does `record` have the lengths that `row` of an index gives?
pub(super) fn is_row_of(row: &BlockRow, record: &Record) -> bool {
    row.raw_len == record.raw_len && row.record_len == record.record_len()
}

/// The length and offset of a range of the file, for messages.
pub(super) fn bytes_at(range: &Range<u64>) -> String {
    let length = range.end.saturating_sub(range.start);
    format!("{length} {} at byte {}", if length == 1 { "byte" } else { "bytes" }, range.start)
}

/// The path that the unnamed stream in member `number` gets among named files.
pub(super) fn stream_path(number: u32) -> Vec<u8> {
    format!("stream-{number}").into_bytes()
}

/// The entry of an index of an unnamed stream; `None` for any other index.
pub(super) fn stream_entry(index: &Index) -> Option<&Entry> {
    match &index.entries[..] {
        [entry]
            if entry.path.is_empty()
                && entry.kind == EntryKind::File
                && entry.extents.is_none() =>
        {
            Some(entry)
        }
        _ => None,
    }
}
