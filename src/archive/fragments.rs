//! What was found in a damaged file, without what is only the content of something that was lost.

use std::collections::HashSet;
use std::fs::File;
use std::ops::Range;

use super::member::{Member, fields_at, read_record};
use super::scan::{Found, Thing, scan, whole_member};
use crate::container::index::Index;
use crate::container::record::{Kind, Record};
use crate::error::{Error, Result};
use crate::options::DecodeOptions;
use crate::stream::decode_index;

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

/// The fragments of `file`, in order.
///
/// # Errors
/// Reading fails, or an index passes the limits.
pub(super) fn fragments(file: &File, options: &DecodeOptions) -> Result<Vec<Fragment>> {
    let mut fragments = Vec::new();
    let mut covered = 0;
    for found in scan(file, options.progress.as_ref())? {
        if found.at < covered {
            continue;
        }
        if let Thing::Header(_) | Thing::Compact = found.thing
            && let Some(member) = whole_member(file, found.at, options)
        {
            covered = found.at + member.length;
            fragments.push(Fragment::Whole(member));
            continue;
        }
        if let Thing::Record(record) = found.thing
            && record.kind == Kind::Index
        {
            let (_, coded) = read_record(&mut fields_at(file, found.at), record.kind)?;
            match decode_index(&record, &coded, u64::MAX, options) {
                Ok(index) => fragments.push(Fragment::Index(found, record, index)),
                Err(error @ (Error::Io(_) | Error::Limit(_))) => return Err(error),
                // A record of no use: it is left out, and so reported as not recognised.
                Err(_) => {}
            }
            continue;
        }
        fragments.push(Fragment::Thing(found));
    }
    let mut fragments = without_contents(fragments);
    // A head of parity is found behind what it begins with.
    fragments.sort_by_key(|fragment| fragment.range().start);
    Ok(fragments)
}

/// Leaves out what lies inside of a block that is missing: an archive in the archive is content, not a member.
fn without_contents(fragments: Vec<Fragment>) -> Vec<Fragment> {
    // Blocks by what the row of an index says of each: number, raw length, length of the record.
    type Row = (u64, u64, u64);
    let block = |fragment: &Fragment| -> Option<Row> {
        match fragment {
            Fragment::Thing(Found { at, end, thing: Thing::Record(record) }) => Some((record.number, record.raw_len, end - at)),
            _ => None,
        }
    };
    let found: HashSet<Row> = fragments.iter().filter_map(block).collect();
    let mut missing: Vec<Range<u64>> = Vec::new();
    let mut named: HashSet<Row> = HashSet::new();
    for fragment in &fragments {
        let Fragment::Index(index_at, _, index) = fragment else { continue };
        let length: u64 = index.blocks.iter().fold(0, |sum, row| sum.saturating_add(row.record_len));
        let Some(mut at) = index_at.at.checked_sub(length) else { continue };
        for (number, row) in (0..).zip(&index.blocks) {
            let block = (number, row.raw_len, row.record_len);
            if !found.contains(&block) {
                missing.push(at..at + row.record_len);
            }
            named.insert(block);
            at += row.record_len;
        }
    }
    if missing.is_empty() {
        return fragments;
    }
    missing.sort_by_key(|range| range.start);
    // How far the ranges up to each one reach: they overlap where indices contradict each other.
    let reach: Vec<u64> = missing
        .iter()
        .scan(0, |most, range| {
            *most = range.end.max(*most);
            Some(*most)
        })
        .collect();
    let is_content = |fragment: &Fragment| {
        let at = fragment.range().start;
        let before = missing.partition_point(|range| range.start < at);
        before > 0 && at < reach[before - 1] && block(fragment).is_none_or(|block| !named.contains(&block))
    };
    fragments.into_iter().filter(|fragment| !is_content(fragment)).collect()
}
