//! What was found in a damaged file, without what is only the content of something that was lost.

use std::collections::HashSet;
use std::fs::File;
use std::ops::Range;

use super::member::{Member, fields_at, read_record};
use super::scan::{Structure, StructureKind, scan, whole_member};
use crate::budget::Charge;
use crate::container::Entry;
use crate::container::index::Index;
use crate::container::record::{Kind, Record};
use crate::error::{Error, Result};
use crate::options::DecodeOptions;
use crate::stream::{decode_index, decode_names};

/// A member, or a part of one that is damaged.
pub(super) enum ScanItem {
    /// A member that is whole.
    Whole(Member),
    /// The index of a damaged member.
    Index(Structure, Record, Index),
    /// Another thing that is not of a whole member.
    Structure(Structure),
}

impl ScanItem {
    /// The bytes it takes in the file.
    pub fn range(&self) -> Range<u64> {
        match self {
            ScanItem::Whole(member) => member.start..member.start + member.length,
            ScanItem::Index(found, ..) | ScanItem::Structure(found) => found.at..found.end,
        }
    }
}

/// The items of `file`, in order. The members that begin at the bytes `apart` are taken apart,
/// even if they are whole.
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
    // Places and lengths of the records of names since the last header.
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
            StructureKind::Record(record) if record.kind == Kind::Names => {
                names.push((found.at, found.end - found.at))
            }
            _ => {}
        }
        if let StructureKind::Record(record) = found.kind
            && record.kind == Kind::Index
        {
            let (_, coded) = read_record(&mut fields_at(file, found.at), record.kind)?;
            let read_names =
                |index: &Index, charge: &mut Charge| names_of(file, index, &names, options, charge);
            match decode_index(&record, &coded, u64::MAX, options, read_names) {
                Ok(index) => items.push(ScanItem::Index(found, record, index)),
                Err(error @ (Error::Io(_) | Error::Limit(_))) => return Err(error),
                // A record of no use: it is left out, and so reported as not recognised.
                Err(_) => {}
            }
            continue;
        }
        items.push(ScanItem::Structure(found));
    }
    let mut items = without_contents(without_copies(items));
    // A head of parity is found behind what it begins with.
    items.sort_by_key(|item| item.range().start);
    Ok(items)
}

/// Do the first of `structures` follow each other up to a footer? Only then it is worth the work to ask
/// whether they are a whole member: headers that lead into each other's records would have the same
/// records read again and again.
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

/// The entries that the records of names say which `index` tells of, out of those that were
/// `found`.
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
        let (record, coded) = read_record(&mut fields_at(file, at), Kind::Names)?;
        decode_names(&record, &coded, u64::MAX, options, charge)?.apply(&mut entries);
    }
    Ok(entries)
}

/// Leaves out what stands in a guard and equals something before it: the recovery shards of a guard
/// with a single data shard are copies of that shard, with header, names and index.
fn without_copies(items: Vec<ScanItem>) -> Vec<ScanItem> {
    let mut guards: Vec<Range<u64>> = Vec::new();
    let (mut index, mut last) = (0..0, None);
    for item in &items {
        match item {
            ScanItem::Structure(Structure { at, end, kind: StructureKind::Parity(Some(0)) }) => {
                guards.push(*at..*end)
            }
            // Without a head that is left, a guard is what lies between an index and its footer.
            ScanItem::Structure(Structure {
                at, kind: StructureKind::Footer(index_at), ..
            }) if *index_at == index.start => guards.push(index.end..*at),
            // Of copies the first is the index itself.
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

/// Ranges that may overlap, in the order of their starts, each with how far those up to it reach.
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

    /// Does any of them hold byte `at`?
    fn hold(&self, at: u64) -> bool {
        let before = self.0.partition_point(|&(start, _)| start < at);
        before > 0 && at < self.0[before - 1].1
    }
}

/// Leaves out what lies inside of a block that is missing: an archive in the archive is content,
/// not a member.
fn without_contents(items: Vec<ScanItem>) -> Vec<ScanItem> {
    // Blocks by what the row of an index says of each: number, raw length, length of the record.
    type BlockIdentity = (u64, u64, u64);
    let block = |item: &ScanItem| -> Option<BlockIdentity> {
        match item {
            ScanItem::Structure(Structure { at, end, kind: StructureKind::Record(record) })
                if record.kind == Kind::Block =>
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
