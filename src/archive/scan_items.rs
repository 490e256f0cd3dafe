//! The structures that a scan found, without those that are no structures of this file: copies in a
//! guard, and archives stored as files of the archive.

use std::collections::HashSet;
use std::fs::File;
use std::ops::Range;

use super::member::{Member, fields_at, read_record};
use super::scan::{Structure, StructureKind, scan, whole_member};
use crate::budget::Charge;
use crate::container::Entry;
use crate::container::index::Index;
use crate::container::record::{Record, RecordKind};
use crate::error::{Error, Result};
use crate::options::DecodeOptions;
use crate::stream::{decode_index, decode_names};

/// A whole member, or a structure of a damaged member.
pub(super) enum ScanItem {
    /// A whole member.
    Whole(Member),
    /// The index of a damaged member: its bytes, its record, its content.
    Index(Structure, Record, Index),
    /// Any other structure.
    Structure(Structure),
}

impl ScanItem {
    /// The bytes of the item in the file.
    pub fn range(&self) -> Range<u64> {
        match self {
            ScanItem::Whole(member) => member.start..member.start + member.length,
            ScanItem::Index(found, ..) | ScanItem::Structure(found) => found.at..found.end,
        }
    }
}

/// The items of `file`, in order. A member whose offset is in `apart` is returned as separate
/// structures, even if it is whole.
///
/// # Errors
/// Reading fails, or an index passes the limits.
pub(super) fn scan_items(
    file: &File,
    options: &DecodeOptions,
    apart: &[u64],
) -> Result<Vec<ScanItem>> {
    let mut items = Vec::new();
    let mut covered = 0;
    // Offsets and lengths of the records of names since the last header.
    let mut names: Vec<(u64, u64)> = Vec::new();
    let structures = scan(file, options.progress.as_ref())?;
    for (index, found) in structures.iter().enumerate() {
        let found = found.clone();
        if found.at < covered {
            continue;
        }
        if let StructureKind::Header(_) | StructureKind::Compact = found.kind
            && !apart.contains(&found.at)
            && is_unbroken(&structures[index..])
            && let Some(member) = whole_member(file, found.at, options)
        {
            covered = found.at + member.length;
            items.push(ScanItem::Whole(member));
            continue;
        }
        match found.kind {
            StructureKind::Header(_) => names.clear(),
            StructureKind::Record(record) if record.kind == RecordKind::Names => {
                names.push((found.at, found.end - found.at))
            }
            _ => {}
        }
        if let StructureKind::Record(record) = found.kind
            && record.kind == RecordKind::Index
        {
            let (_, coded) = read_record(&mut fields_at(file, found.at), record.kind)?;
            let read_names =
                |index: &Index, charge: &mut Charge| names_of(file, index, &names, options, charge);
            match decode_index(&record, &coded, options, read_names) {
                Ok(index) => items.push(ScanItem::Index(found, record, index)),
                Err(error @ (Error::Io(_) | Error::Limit(_))) => return Err(error),
                // An index that cannot be decoded is left out, and so reported as not recognised.
                Err(_) => {}
            }
            continue;
        }
        items.push(ScanItem::Structure(found));
    }
    let mut items = without_contents(without_copies(items));
    // The scan finds a head of parity after the shards that precede it.
    items.sort_by_key(|item| item.range().start);
    Ok(items)
}

/// Does each of `structures` begin where the one before ends, up to a footer? Only then
/// [`whole_member`] is worth its cost: in a hostile file, headers could lead into each other's
/// records, which would be read again for each header.
fn is_unbroken(structures: &[Structure]) -> bool {
    if matches!(structures[0].kind, StructureKind::Compact) {
        return true;
    }
    let next = structures
        .windows(2)
        .take_while(|pair| {
            pair[0].end == pair[1].at && !matches!(pair[0].kind, StructureKind::Footer(_))
        })
        .count();
    matches!(structures[next].kind, StructureKind::Footer(_))
}

/// The entries in those of the `found` records of names that `index` lists.
fn names_of(
    file: &File,
    index: &Index,
    found: &[(u64, u64)],
    options: &DecodeOptions,
    charge: &mut Charge,
) -> Result<Vec<Entry>> {
    let lost = || Error::Corrupt("the names before the blocks are damaged".into());
    let found = &found[found.len().checked_sub(index.names.len()).ok_or_else(lost)?..];
    let mut entries = Vec::new();
    for (row, &(at, length)) in index.names.iter().zip(found) {
        if row.record_len != length {
            return Err(lost());
        }
        let (record, coded) = read_record(&mut fields_at(file, at), RecordKind::Names)?;
        decode_names(&record, &coded, options, charge)?.apply(&mut entries);
    }
    Ok(entries)
}

/// Removes the copies of structures that a guard contains. A guard with a single data shard has
/// copies of that shard as recovery shards, and so copies of header, names and index.
fn without_copies(items: Vec<ScanItem>) -> Vec<ScanItem> {
    let mut guards: Vec<Range<u64>> = Vec::new();
    let (mut index, mut last) = (0..0, None);
    for item in &items {
        match item {
            ScanItem::Structure(Structure { at, end, kind: StructureKind::Parity(Some(0)) }) => {
                guards.push(*at..*end)
            }
            // If no head of a guard is left, the guard is between the index and its footer.
            ScanItem::Structure(Structure {
                at, kind: StructureKind::Footer(index_at), ..
            }) if *index_at == index.start => guards.push(index.end..*at),
            // Of several equal index records the first is the index itself.
            ScanItem::Index(_, record, _) if last.is_none_or(|last| last != *record) => {
                (index, last) = (item.range(), Some(*record))
            }
            _ => {}
        }
    }
    let guards = Ranges::of(guards);
    let mut seen: HashSet<Vec<u8>> = HashSet::new();
    let mut is_no_copy = |item: &ScanItem| {
        let mut bytes = Vec::new();
        match item {
            ScanItem::Structure(Structure { kind: StructureKind::Header(header), .. }) => {
                header.write_to(&mut bytes)
            }
            ScanItem::Structure(Structure { kind: StructureKind::Record(record), .. })
            | ScanItem::Index(_, record, _) => record.write_to(&mut bytes),
            _ => return true,
        }
        if guards.hold(item.range().start) {
            return !seen.contains(&bytes);
        }
        seen.insert(bytes);
        true
    };
    items.into_iter().filter(|item| is_no_copy(item)).collect()
}

/// Ranges that may overlap, sorted by start: the start of each, and the largest end of those up to
/// it.
struct Ranges(Vec<(u64, u64)>);

impl Ranges {
    fn of(mut ranges: Vec<Range<u64>>) -> Self {
        ranges.sort_by_key(|range| range.start);
        let mut reach = 0;
        let with_reach = ranges.iter().map(|range| {
            reach = range.end.max(reach);
            (range.start, reach)
        });
        Ranges(with_reach.collect())
    }

    /// Does any range contain offset `at`?
    fn hold(&self, at: u64) -> bool {
        let before = self.0.partition_point(|&(start, _)| start < at);
        before > 0 && at < self.0[before - 1].1
    }
}

/// Removes the structures inside of a missing block. They belong to an archive that was stored as a
/// file.
fn without_contents(items: Vec<ScanItem>) -> Vec<ScanItem> {
    // The values by which an index identifies a block: number, raw length, length of the record.
    type BlockIdentity = (u64, u64, u64);
    let block = |item: &ScanItem| -> Option<BlockIdentity> {
        match item {
            ScanItem::Structure(Structure { at, end, kind: StructureKind::Record(record) })
                if record.kind == RecordKind::Block =>
            {
                Some((record.number, record.raw_len, end - at))
            }
            _ => None,
        }
    };
    let found: HashSet<BlockIdentity> = items.iter().filter_map(block).collect();
    let mut missing: Vec<Range<u64>> = Vec::new();
    let mut named: HashSet<BlockIdentity> = HashSet::new();
    for item in &items {
        let ScanItem::Index(index_at, _, index) = item else { continue };
        let Some(first) = index_at.at.checked_sub(index.records_len()) else { continue };
        let Ok(layout) = index.layout(first) else { continue };
        for ((number, row), &at) in (0..).zip(&index.blocks).zip(&layout.blocks) {
            let block = (number, row.raw_len, row.record_len);
            if !found.contains(&block) {
                missing.push(at..at + row.record_len);
            }
            named.insert(block);
        }
    }
    if missing.is_empty() {
        return items;
    }
    let missing = Ranges::of(missing);
    let is_content = |item: &ScanItem| {
        missing.hold(item.range().start) && block(item).is_none_or(|block| !named.contains(&block))
    };
    items.into_iter().filter(|item| !is_content(item)).collect()
}
