//! What was found in a damaged file, without what is only the content of something that was lost.

use std::collections::HashSet;
use std::fs::File;
use std::ops::Range;

use super::member::{Member, fields_at, read_record};
use super::scan::{Found, Thing, scan, whole_member};
use crate::budget::Charge;
use crate::container::Entry;
use crate::container::index::Index;
use crate::container::record::{Kind, Record};
use crate::error::{Error, Result};
use crate::options::DecodeOptions;
use crate::stream::{decode_index, decode_names};

/// A member, or a part of one that is damaged.
pub(super) enum Fragment {
    /// A member that is whole.
    Whole(Member),
    /// The index of a damaged member.
    Index(Found, Record, Index),
    /// Another thing that is not of a whole member.
    Thing(Found),
}

impl Fragment {
    /// The bytes it takes in the file.
    pub fn range(&self) -> Range<u64> {
        match self {
            Fragment::Whole(member) => member.start..member.start + member.length,
            Fragment::Index(found, ..) | Fragment::Thing(found) => found.at..found.end,
        }
    }
}

/// The fragments of `file`, in order. The members that begin at the bytes `apart` are taken apart,
/// even if they are whole.
///
/// # Errors
/// Reading fails, or an index passes the limits.
pub(super) fn fragments(
    file: &File,
    options: &DecodeOptions,
    apart: &[u64],
) -> Result<Vec<Fragment>> {
    let mut fragments = Vec::new();
    let mut covered = 0;
    // Places and lengths of the records of names since the last header.
    let mut names: Vec<(u64, u64)> = Vec::new();
    let things = scan(file, options.progress.as_ref())?;
    for (place, found) in things.iter().enumerate() {
        let found = found.clone();
        if found.at < covered {
            continue;
        }
        if let Thing::Header(_) | Thing::Compact = found.thing
            && !apart.contains(&found.at)
            && is_unbroken(&things[place..])
            && let Some(member) = whole_member(file, found.at, options)
        {
            covered = found.at + member.length;
            fragments.push(Fragment::Whole(member));
            continue;
        }
        match found.thing {
            Thing::Header(_) => names.clear(),
            Thing::Record(record) if record.kind == Kind::Names => {
                names.push((found.at, found.end - found.at))
            }
            _ => {}
        }
        if let Thing::Record(record) = found.thing
            && record.kind == Kind::Index
        {
            let (_, coded) = read_record(&mut fields_at(file, found.at), record.kind)?;
            let read_names =
                |index: &Index, charge: &mut Charge| names_of(file, index, &names, options, charge);
            match decode_index(&record, &coded, u64::MAX, options, read_names) {
                Ok(index) => fragments.push(Fragment::Index(found, record, index)),
                Err(error @ (Error::Io(_) | Error::Limit(_))) => return Err(error),
                // A record of no use: it is left out, and so reported as not recognised.
                Err(_) => {}
            }
            continue;
        }
        fragments.push(Fragment::Thing(found));
    }
    let mut fragments = without_contents(without_copies(fragments));
    // A head of parity is found behind what it begins with.
    fragments.sort_by_key(|fragment| fragment.range().start);
    Ok(fragments)
}

/// Do the first of `things` follow each other up to a footer? Only then it is worth the work to ask
/// whether they are a whole member: headers that lead into each other's records would have the same
/// records read again and again.
fn is_unbroken(things: &[Found]) -> bool {
    if matches!(things[0].thing, Thing::Compact) {
        return true;
    }
    let next = things
        .windows(2)
        .take_while(|pair| pair[0].end == pair[1].at && !matches!(pair[0].thing, Thing::Footer(_)))
        .count();
    matches!(things[next].thing, Thing::Footer(_))
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
fn without_copies(fragments: Vec<Fragment>) -> Vec<Fragment> {
    let mut guards: Vec<Range<u64>> = Vec::new();
    let (mut index, mut last) = (0..0, None);
    for fragment in &fragments {
        match fragment {
            Fragment::Thing(Found { at, end, thing: Thing::Parity(Some(0)) }) => {
                guards.push(*at..*end)
            }
            // Without a head that is left, a guard is what lies between an index and its footer.
            Fragment::Thing(Found { at, thing: Thing::Footer(index_at), .. })
                if *index_at == index.start =>
            {
                guards.push(index.end..*at)
            }
            // Of copies the first is the index itself.
            Fragment::Index(_, record, _) if last.is_none_or(|last| last != *record) => {
                (index, last) = (fragment.range(), Some(*record))
            }
            _ => {}
        }
    }
    let guards = Ranges::of(guards);
    let mut seen: HashSet<Vec<u8>> = HashSet::new();
    let mut is_no_copy = |fragment: &Fragment| {
        let mut bytes = Vec::new();
        match fragment {
            Fragment::Thing(Found { thing: Thing::Header(header), .. }) => {
                header.write_to(&mut bytes)
            }
            Fragment::Thing(Found { thing: Thing::Record(record), .. })
            | Fragment::Index(_, record, _) => record.write_to(&mut bytes),
            _ => return true,
        }
        if guards.hold(fragment.range().start) {
            return !seen.contains(&bytes);
        }
        seen.insert(bytes);
        true
    };
    fragments.into_iter().filter(|fragment| is_no_copy(fragment)).collect()
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
fn without_contents(fragments: Vec<Fragment>) -> Vec<Fragment> {
    // Blocks by what the row of an index says of each: number, raw length, length of the record.
    type Row = (u64, u64, u64);
    let block = |fragment: &Fragment| -> Option<Row> {
        match fragment {
            Fragment::Thing(Found { at, end, thing: Thing::Record(record) })
                if record.kind == Kind::Block =>
            {
                Some((record.number, record.raw_len, end - at))
            }
            _ => None,
        }
    };
    let found: HashSet<Row> = fragments.iter().filter_map(block).collect();
    let mut missing: Vec<Range<u64>> = Vec::new();
    let mut named: HashSet<Row> = HashSet::new();
    for fragment in &fragments {
        let Fragment::Index(index_at, _, index) = fragment else { continue };
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
        return fragments;
    }
    let missing = Ranges::of(missing);
    let is_content = |fragment: &Fragment| {
        missing.hold(fragment.range().start)
            && block(fragment).is_none_or(|block| !named.contains(&block))
    };
    fragments.into_iter().filter(|fragment| !is_content(fragment)).collect()
}
