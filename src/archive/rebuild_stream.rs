//! A new stream from the blocks that are left of a damaged stream.

use std::fs::File;
use std::ops::Range;
use std::sync::Arc;

use super::member::{fields_at, read_record};
use super::rebuild_index::Rebuilt;
use super::recovered_member::{RecoveredMember, bytes_at, stream_entry};
use crate::block;
use crate::container::Entry;
use crate::container::hash::{Hasher, narrow};
use crate::container::record::RecordKind;
use crate::error::Result;
use crate::options::DecodeOptions;
use crate::progress::{self, Progress};
use crate::stream::decode_record;
use crate::threads::{Ordered, Work};

/// Makes one entry from the blocks that are left, joined.
///
/// # Errors
/// Reading or decoding a block fails. Blocks are decoded if some are missing, to get the hash of
/// the rest.
pub(super) fn rebuild_stream(
    file: &File,
    recovered: &RecoveredMember,
    options: &DecodeOptions,
) -> Result<Rebuilt> {
    let blocks: Vec<u64> = recovered.blocks.keys().copied().collect();
    let name = recovered.name();
    if blocks.is_empty() && !recovered.index.as_ref().is_some_and(|index| index.blocks.is_empty()) {
        return Ok(Rebuilt {
            lost: vec![format!(
                "{name}, {}: all of its blocks are damaged",
                bytes_at(&recovered.range)
            )],
            ..Rebuilt::default()
        });
    }
    let Some((index, entry)) =
        recovered.index.as_ref().and_then(|index| Some((index, stream_entry(index)?)))
    else {
        let size: u64 = recovered
            .blocks
            .values()
            .fold(0, |sum, (_, record)| sum.saturating_add(record.raw_len));
        let count = blocks.last().map_or(0, |&last| last.saturating_add(1));
        let missing = match count - blocks.len() as u64 {
            0 => "the end is missing, and how long it was is not known".into(),
            missing => format!(
                "{missing} of the {count} blocks up to the last one found are missing, \
                 and how much followed is not known"
            ),
        };
        let entry = Entry {
            size,
            hash: narrow(hash_of(file, recovered, options)?, size),
            ..Entry::default()
        };
        return Ok(Rebuilt {
            blocks,
            entries: vec![entry],
            whole: 0,
            lost: vec![format!("{name}: {size} bytes are saved; {missing}")],
        });
    };
    let mut lost: Vec<Range<u64>> = Vec::new();
    let (mut at, mut size) = (0, 0);
    for (number, row) in (0..).zip(&index.blocks) {
        if recovered.blocks.contains_key(&number) {
            size += row.raw_len;
        } else if let Some(last) = lost.last_mut().filter(|last| last.end == at) {
            last.end += row.raw_len;
        } else {
            lost.push(at..at + row.raw_len);
        }
        at += row.raw_len;
    }
    if lost.is_empty() {
        return Ok(Rebuilt { blocks, entries: vec![entry.clone()], whole: 1, lost: Vec::new() });
    }
    let ranges: Vec<String> =
        lost.iter().map(|range| format!("{} to {}", range.start, range.end)).collect();
    let line =
        format!("{name}: bytes {} of {at}; the other {size} are saved, joined", ranges.join(", "));
    let entry = Entry {
        size,
        hash: narrow(hash_of(file, recovered, options)?, size),
        metadata: entry.metadata,
        ..Entry::default()
    };
    Ok(Rebuilt { blocks, entries: vec![entry], whole: 0, lost: vec![line] })
}

/// The hash of the contents of all blocks that are left, joined.
fn hash_of(file: &File, recovered: &RecoveredMember, options: &DecodeOptions) -> Result<u64> {
    let mut queue = Ordered::new(options.threads);
    let mut hasher = Hasher::default();
    for &(at, record) in recovered.blocks.values() {
        let (_, coded) = read_record(&mut fields_at(file, at), RecordKind::Block)?;
        let progress: Option<Arc<Progress>> = options.progress.clone();
        let memory = block::memory(&coded, coded.len(), record.raw_len as usize);
        let job = move || {
            progress::count_as(progress.as_ref(), record.raw_len, || {
                decode_record(&record, &coded, None)
            })
        };
        let work = Work { memory, time: record.raw_len, after: None };
        if let Some(raw) = queue.submit(work, record.raw_len, job)? {
            hasher.update(&raw);
        }
    }
    while let Some(raw) = queue.next()? {
        hasher.update(&raw);
    }
    Ok(hasher.finish())
}
