//! A new index for the blocks that are left of a damaged member.

use std::collections::{HashMap, HashSet};
use std::fs::File;

use super::cut::index_of_names;
use super::member::{fields_at, read_record};
use super::names::show_name;
use super::recovered_member::{RecoveredMember, is_row_of, stream_path};
use super::shared_reference::LazyReference;
use crate::block::is_dependent;
use crate::container::hash::{hash, narrow};
use crate::container::record::{Record, RecordKind};
use crate::container::{Entry, EntryKind};
use crate::error::Result;
use crate::options::DecodeOptions;
use crate::progress;
use crate::stream::decode_record;
use crate::threads::catch_panic;

/// The parts of a new member: blocks to copy, entries, and reports.
#[derive(Default)]
pub(super) struct Rebuilt {
    /// Numbers of the blocks to keep, ascending.
    pub blocks: Vec<u64>,
    /// The entries of these blocks: whole ones, and saved parts of others.
    pub entries: Vec<Entry>,
    /// Number of entries that are whole.
    pub whole: u64,
    /// One line for each entry that is not whole.
    pub lost: Vec<String>,
}

/// Builds a new index for what is left of a named member.
///
/// # Errors
/// Reading fails. Or a block cannot be decoded, or needs more memory than `options` allow: saved
/// parts of entries are decoded to get their hashes.
pub(super) fn rebuild_index(
    file: &File,
    recovered: &RecoveredMember,
    options: &DecodeOptions,
) -> Result<Rebuilt> {
    let number = recovered.number;
    let from_names =
        if recovered.index.is_none() { index_of_names(file, recovered, options)? } else { None };
    let Some(index) = recovered.index.as_ref().or(from_names.as_ref()) else {
        return Ok(without_index(recovered, number, 0));
    };
    // For each block that is left: start and end in the old content, and number.
    let mut left: Vec<(u64, u64, u64)> = Vec::new();
    let mut rebuilt = Rebuilt::default();
    let mut at = 0;
    for (block, row) in (0..).zip(&index.blocks) {
        if let Some((_, record)) = recovered
            .blocks
            .get(&block)
            .filter(|(_, record)| is_row_of(row, record) && row.raw_len > 0)
        {
            left.push((at, at + record.raw_len, block));
            rebuilt.blocks.push(block);
        }
        at += row.raw_len;
    }
    let offsets = index.content_offsets();
    // An entry that equals an earlier one has no content of its own.
    let own = |(entry, &start): (&Entry, &u64)| match entry.same_as {
        None => saved_ranges(&left, start, start + entry.stored_len()),
        Some(_) => Vec::new(),
    };
    let saved_parts: Vec<Vec<SavedRange>> = index.entries.iter().zip(&offsets).map(own).collect();
    let saved: Vec<u64> = saved_parts
        .iter()
        .map(|ranges| ranges.iter().map(|part| part.to - part.from).sum())
        .collect();
    let saved = |entry_index: usize| {
        saved[index.entries[entry_index].same_as.map_or(entry_index, |first| first as usize)]
    };
    let is_whole = |entry_index: usize| {
        index.entries[entry_index].kind == EntryKind::File
            && saved(entry_index) == index.entries[entry_index].stored_len()
    };
    let whole_files: HashSet<&[u8]> = (0..saved_parts.len())
        .filter(|&entry_index| is_whole(entry_index))
        .map(|entry_index| &index.entries[entry_index].path[..])
        .collect();
    let mut decoder = BlockDecoder::new(file, recovered, options);
    let mut new_index: HashMap<u64, u64> = HashMap::new();
    for (entry_index, entry) in index.entries.iter().enumerate() {
        let keep = match entry.kind {
            EntryKind::File => is_whole(entry_index),
            // A hard link to a lost file is lost too.
            EntryKind::Hardlink => whole_files.contains(&entry.link[..]),
            EntryKind::Directory | EntryKind::Symlink => true,
        };
        if keep {
            let mut entry = entry.clone();
            entry.same_as = entry.same_as.and_then(|first| new_index.get(&first).copied());
            entry.path = path_of(&entry, number);
            new_index.insert(entry_index as u64, rebuilt.entries.len() as u64);
            rebuilt.entries.push(entry);
            rebuilt.whole += 1;
            continue;
        }
        let alone = entry.kind == EntryKind::File && entry.same_as.is_none();
        rebuilt.lost.push(lost_line(entry, number, if alone { saved(entry_index) } else { 0 }));
        for part in saved_parts[entry_index].iter().filter(|_| alone) {
            let raw = decoder.block(part.block)?;
            let bytes =
                &raw[(part.from - part.block_at) as usize..(part.to - part.block_at) as usize];
            rebuilt.entries.push(part_entry(
                entry,
                number,
                part.from - offsets[entry_index],
                bytes,
            ));
        }
    }
    if let Some(index) = &from_names {
        let nameless = without_index(recovered, number, index.blocks.len() as u64);
        rebuilt.blocks.extend(nameless.blocks);
        rebuilt.entries.extend(nameless.entries);
        rebuilt.lost.extend(nameless.lost);
    }
    Ok(rebuilt)
}

/// A range of the old content that belongs to one entry, and the block that holds it.
struct SavedRange {
    from: u64,
    to: u64,
    block: u64,
    block_at: u64,
}

/// The ranges of the old content between `start` and `end` that the blocks in `left` hold.
fn saved_ranges(left: &[(u64, u64, u64)], start: u64, end: u64) -> Vec<SavedRange> {
    let first = left.partition_point(|&(_, block_end, _)| block_end <= start);
    left[first..].iter().map_while(|&block| SavedRange::of(block, start, end)).collect()
}

impl SavedRange {
    fn of(
        (block_at, block_end, block): (u64, u64, u64),
        start: u64,
        end: u64,
    ) -> Option<SavedRange> {
        let (from, to) = (block_at.max(start), block_end.min(end));
        (from < to).then_some(SavedRange { from, to, block, block_at })
    }
}

/// The path of an entry. An unnamed stream gets a path with the number of its member.
fn path_of(entry: &Entry, number: u32) -> Vec<u8> {
    if entry.path.is_empty() { stream_path(number) } else { entry.path.clone() }
}

/// The report about an entry of which only `saved` bytes are left.
fn lost_line(entry: &Entry, number: u32, saved: u64) -> String {
    let name = show_name(&path_of(entry, number));
    match saved {
        0 if entry.kind == EntryKind::Hardlink => {
            format!("{name}: a hard link to {}, whose content is not there", show_name(&entry.link))
        }
        0 => name,
        _ => format!("{name}: {saved} of {} bytes are saved under lost+found", entry.stored_len()),
    }
}

fn part_entry(entry: &Entry, number: u32, offset: u64, bytes: &[u8]) -> Entry {
    let path = [b"lost+found/", &path_of(entry, number)[..], format!(".from-{offset}").as_bytes()]
        .concat();
    let length = bytes.len() as u64;
    Entry {
        path,
        size: length,
        hash: narrow(hash(bytes), length),
        metadata: entry.metadata,
        ..Entry::default()
    }
}

/// Makes a file of every block from number `first` on, as neither index nor names tell what the
/// blocks hold.
fn without_index(recovered: &RecoveredMember, number: u32, first: u64) -> Rebuilt {
    let mut rebuilt = Rebuilt::default();
    rebuilt.lost.extend(
        recovered
            .without_reference
            .iter()
            .map(|block| format!("block {block} of member {number}: its reference block is lost")),
    );
    for (&block, (_, record)) in recovered.blocks.range(first..) {
        let path = format!("lost+found/member-{number}-block-{block}").into_bytes();
        rebuilt.lost.push(format!(
            "block {block} of member {number}: its files are saved without their names as {}",
            String::from_utf8_lossy(&path)
        ));
        rebuilt.blocks.push(block);
        rebuilt.entries.push(Entry {
            path,
            size: record.raw_len,
            hash: narrow(record.raw_hash, record.raw_len),
            ..Entry::default()
        });
    }
    rebuilt
}

/// Decodes blocks of a recovered member. The last block stays in memory.
pub(super) struct BlockDecoder<'a> {
    file: &'a File,
    recovered: &'a RecoveredMember,
    options: &'a DecodeOptions,
    last: Option<(u64, Vec<u8>)>,
    reference: LazyReference,
}

impl<'a> BlockDecoder<'a> {
    /// A decoder for the blocks of `recovered`.
    pub fn new(file: &'a File, recovered: &'a RecoveredMember, options: &'a DecodeOptions) -> Self {
        BlockDecoder { file, recovered, options, last: None, reference: LazyReference::default() }
    }

    /// The content of block `number`, which must be in `recovered`.
    ///
    /// # Errors
    /// Reading or decoding fails, or needs more memory than the header allows.
    pub fn block(&mut self, number: u64) -> Result<&[u8]> {
        if self.last.as_ref().is_none_or(|(last, _)| *last != number) {
            let (at, _): (u64, Record) = self.recovered.blocks[&number];
            let (record, coded) = read_record(&mut fields_at(self.file, at), RecordKind::Block)?;
            let reference = match self.recovered.reference_at().filter(|_| is_dependent(&coded)) {
                Some(reference_at) => Some(self.reference.get(self.file, reference_at)?),
                None => None,
            };
            let progress = self.options.progress.clone();
            let decode = move || {
                progress::count_as(progress.as_ref(), record.raw_len, || {
                    decode_record(&record, &coded, reference.as_deref())
                })
            };
            let raw = catch_panic(decode)?;
            self.last = Some((number, raw));
        }
        Ok(self.last.as_ref().map_or(&[], |(_, raw)| raw))
    }
}
