//! A scanned file: its whole members, what is recovered of its damaged members, and ranges of
//! unknown origin.

use std::fs::File;
use std::io::Read;
use std::ops::Range;

use super::broken_links::members_with_broken_links;
use super::member::{FileAt, Member};
use super::recovered_member::{RecoveredMember, bytes_at};
use super::scan::{Structure, StructureKind};
use super::scan_items::{ScanItem, scan_items};
use crate::block::is_dependent;
use crate::container::Entry;
use crate::container::record::{Record, RecordKind};
use crate::error::Result;
use crate::options::DecodeOptions;

/// The result of the scan of a file.
#[derive(Debug, Default)]
pub(super) struct FileScan {
    /// The members, in the order of the file.
    pub members: Vec<ScannedMember>,
    /// Ranges of the file that belong to no whole structure, and of which no index tells what they
    /// held.
    pub gaps: Vec<Range<u64>>,
}

/// A member of the scanned file.
#[derive(Debug)]
pub(super) enum ScannedMember {
    /// A member of which every hash is right; with its number in the file, counted from 1.
    Whole(u32, Member),
    /// A member of which something is missing.
    Damaged(RecoveredMember),
}

impl FileScan {
    /// Scans all of `file`.
    ///
    /// # Errors
    /// Reading fails, or an index passes the limits.
    pub fn of(file: &File, options: &DecodeOptions) -> Result<FileScan> {
        Self::with_apart(file, options, &[])
    }

    /// Scans all of `file`. A member with entries that cannot be extracted counts as damaged, even
    /// if all its hashes are right.
    ///
    /// # Errors
    /// Reading fails, or an index passes the limits.
    pub fn of_what_extracts(file: &File, options: &DecodeOptions) -> Result<FileScan> {
        let scan = Self::of(file, options)?;
        let whole = scan.whole_with_names();
        let entries: Vec<&[Entry]> = whole.iter().map(|member| &member.index.entries[..]).collect();
        let apart: Vec<u64> = members_with_broken_links(&entries)
            .into_iter()
            .map(|number| whole[number].start)
            .collect();
        if apart.is_empty() { Ok(scan) } else { Self::with_apart(file, options, &apart) }
    }

    fn with_apart(file: &File, options: &DecodeOptions, apart: &[u64]) -> Result<FileScan> {
        let length = file.metadata()?.len();
        let items = scan_items(file, options, apart)?;
        let mut builder =
            Builder { file, members: Vec::new(), current: RecoveredMember::default(), count: 0 };
        let mut covered = Vec::new();
        for item in items {
            let range = item.range();
            if builder.take(item)? {
                covered.push(range);
            }
        }
        let members = builder.end(length);
        for scanned in &members {
            if let ScannedMember::Damaged(recovered) = scanned {
                covered.extend(recovered.known_damage());
            }
        }
        Ok(FileScan { members, gaps: gaps(covered, length) })
    }

    /// Are all members unnamed streams? Members of which that is unknown do not count.
    pub fn is_stream(&self) -> bool {
        let is_stream = |scanned: &ScannedMember| match scanned {
            ScannedMember::Whole(_, member) => Some(!member.header.is_named()),
            ScannedMember::Damaged(recovered) => recovered.is_stream(),
        };
        let mut known = self.members.iter().filter_map(is_stream).peekable();
        known.peek().is_some() && known.all(|is_stream| is_stream)
    }

    /// The whole members that hold named files.
    pub fn whole_with_names(&self) -> Vec<&Member> {
        let whole = self.members.iter().filter_map(|scanned| {
            if let ScannedMember::Whole(_, member) = scanned { Some(member) } else { None }
        });
        whole.filter(|member| member.header.is_named()).collect()
    }

    /// Does every byte belong to a whole member?
    pub fn is_whole(&self) -> bool {
        self.gaps.is_empty()
            && self.members.iter().all(|scanned| matches!(scanned, ScannedMember::Whole(..)))
    }
}

impl ScannedMember {
    /// One line that describes the member, for the user.
    pub fn line(&self) -> String {
        match self {
            ScannedMember::Whole(number, member) => {
                let name = if member.header.is_named() { "member" } else { "stream" };
                format!(
                    "{name}-{number}: {}, whole",
                    bytes_at(&(member.start..member.start + member.length))
                )
            }
            ScannedMember::Damaged(recovered) => {
                let index =
                    if recovered.index.is_some() { "and the index" } else { "without the index" };
                format!(
                    "{}: {}, damaged: {} whole blocks {index}",
                    recovered.name(),
                    bytes_at(&recovered.range),
                    recovered.blocks.len()
                )
            }
        }
    }
}

/// Assembles scanned items into members.
struct Builder<'a> {
    file: &'a File,
    members: Vec<ScannedMember>,
    current: RecoveredMember,
    count: u32,
}

impl Builder<'_> {
    /// Adds an item. Returns `false` if the item is of no use.
    fn take(&mut self, item: ScanItem) -> Result<bool> {
        match item {
            ScanItem::Whole(member) => {
                self.close();
                self.count += 1;
                self.members.push(ScannedMember::Whole(self.count, member));
            }
            ScanItem::Index(found, record, index) => {
                self.expect(record.number);
                self.current.reaches(&found);
                self.current.index_range = found.at..found.end;
                self.current.index = Some(index);
            }
            ScanItem::Structure(found) => return self.take_structure(&found),
        }
        Ok(true)
    }

    fn take_structure(&mut self, found: &Structure) -> Result<bool> {
        match found.kind {
            StructureKind::Header(header) => {
                self.close();
                self.current.header = Some(header);
                self.current.reaches(found);
            }
            // The scan found that the hash of the whole is wrong.
            StructureKind::Compact | StructureKind::DamagedCompact => {
                self.close();
                self.current.is_compact = true;
                self.current.reaches(found);
            }
            StructureKind::Record(record) if record.kind == RecordKind::Names => {
                if self.current.last.is_some_and(|last| record.number <= last) {
                    self.close();
                }
                self.current.reaches(found);
                self.current.names.push(found.at);
            }
            StructureKind::Record(record) => {
                self.expect(record.number);
                self.current.reaches(found);
                self.take_block(found, record)?;
            }
            // Parity is of no use without a member.
            StructureKind::Parity(_) if !self.has_begun() => return Ok(false),
            StructureKind::Parity(share) => {
                self.current.reaches(found);
                self.current.parity.push(found.at..found.end);
                self.current.share = self.current.share.max(share);
            }
            // A footer is of no use without a member.
            StructureKind::Footer(_) if !self.has_begun() => return Ok(false),
            StructureKind::Footer(index_at) => {
                if self.current.index.is_some() && self.current.index_range.start == index_at {
                    self.current.footer_at = Some(found.at);
                }
                self.close();
            }
        }
        Ok(true)
    }

    fn take_block(&mut self, found: &Structure, record: Record) -> Result<()> {
        let mut first = Vec::new();
        FileAt::new(self.file, found.end - record.coded_len)
            .take(record.coded_len.min(1))
            .read_to_end(&mut first)?;
        // Without its reference block, a dependent block cannot be decoded. The reference block is
        // the first block of a member, so that the scan found it before.
        if is_dependent(&first) && self.current.reference_at().is_none() {
            self.current.without_reference.push(record.number);
            return Ok(());
        }
        self.current.has_dependents |= is_dependent(&first);
        self.current.blocks.insert(record.number, (found.at, record));
        Ok(())
    }

    fn has_begun(&self) -> bool {
        !self.current.range.is_empty()
    }

    /// Starts a new member if `number` does not rise. Record numbers rise within a member; where
    /// they do not, the header between two members is lost.
    fn expect(&mut self, number: u64) {
        if self.current.last.is_some_and(|last| number <= last) {
            self.close();
        }
        self.current.last = Some(number);
    }

    fn close(&mut self) {
        if !self.has_begun() {
            return;
        }
        let mut recovered = std::mem::take(&mut self.current);
        self.count += 1;
        recovered.number = self.count;
        if let Some(mut foreign) = recovered.split_foreign() {
            foreign.number = self.count;
            self.count += 1;
            recovered.number = self.count;
            self.members.push(ScannedMember::Damaged(foreign));
        }
        self.members.push(ScannedMember::Damaged(recovered));
    }

    fn end(mut self, length: u64) -> Vec<ScannedMember> {
        self.close();
        let mut next = length;
        for scanned in self.members.iter_mut().rev() {
            match scanned {
                ScannedMember::Whole(_, member) => next = member.start,
                ScannedMember::Damaged(recovered) => {
                    recovered.range.end = next;
                    next = recovered.range.start;
                }
            }
        }
        self.members
    }
}

/// The parts of `0..length` that no range of `covered` contains.
fn gaps(mut covered: Vec<Range<u64>>, length: u64) -> Vec<Range<u64>> {
    covered.sort_by_key(|range| range.start);
    let mut gaps = Vec::new();
    let mut at = 0;
    for range in covered.into_iter().filter(|range| !range.is_empty()) {
        if range.start.min(length) > at {
            gaps.push(at..range.start.min(length));
        }
        at = at.max(range.end);
    }
    if at < length {
        gaps.push(at..length);
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_what_nothing_covers() {
        assert_eq!(gaps(vec![5..9, 0..3, 4..7, 20..40], 30), [3..4, 9..20]);
        assert_eq!(gaps(vec![2..3, 4..4], 6), [0..2, 3..6]);
        assert_eq!(gaps(Vec::new(), 0), [0..0u64; 0]);
    }
}
