//! An archive whose index is missing, because the archive was cut or never finished. The names
//! before the blocks tell which entries the blocks hold.

use std::fs::File;

use super::Archive;
use super::file_scan::{FileScan, ScannedMember};
use super::member::{Member, fields_at, read_record};
use super::rebuild_index::BlockDecoder;
use super::recovered_member::RecoveredMember;
use crate::budget::{self, Budget};
use crate::container::format::incompatible;
use crate::container::hash::{Hasher, narrow};
use crate::container::header::Header;
use crate::container::index::{BlockRow, Index};
use crate::container::record::RecordKind;
use crate::container::{Entry, EntryKind};
use crate::error::{Error, Result};
use crate::options::DecodeOptions;
use crate::stream::decode_names;

/// Makes an index from the names of `recovered`: the entries, and the blocks from the first up to
/// the first missing one. The entries have no hashes.
///
/// # Errors
/// Reading fails, or the names pass a limit.
fn tables_of_names(
    file: &File,
    recovered: &RecoveredMember,
    options: &DecodeOptions,
) -> Result<Option<Index>> {
    let (mut entries, mut charge) = (Vec::new(), budget::charge(0, "the names")?);
    for &at in &recovered.names {
        let (record, coded) = read_record(&mut fields_at(file, at), RecordKind::Names)?;
        match decode_names(&record, &coded, options, &mut charge) {
            Ok(names) => names.apply(&mut entries),
            Err(error @ (Error::Io(_) | Error::Limit(_))) => return Err(error),
            Err(_) => return Ok(None),
        }
    }
    if entries.is_empty() {
        return Ok(None);
    }
    let own = entries.iter().filter(|entry: &&Entry| entry.same_as.is_none());
    let total = own.fold(0u64, |sum, entry| sum.saturating_add(entry.stored_len()));
    let (mut blocks, mut at) = (Vec::new(), 0u64);
    for (number, (&block, (_, record))) in (0u64..).zip(&recovered.blocks) {
        at = at.saturating_add(record.raw_len);
        // The content after a missing block cannot be assigned to entries, nor can blocks after the
        // last entry that the names describe.
        if block != number || at > total {
            break;
        }
        blocks.push(BlockRow { record_len: record.record_len(), raw_len: record.raw_len });
    }
    drop(charge);
    Index::charged(blocks, Vec::new(), entries).map(Some)
}

/// Makes an index from the names of `recovered`, which has no index. An entry whose content is
/// whole gets its hash, computed from the decoded blocks.
///
/// # Errors
/// Reading or decoding fails, or a limit is passed.
pub(super) fn index_of_names(
    file: &File,
    recovered: &RecoveredMember,
    options: &DecodeOptions,
) -> Result<Option<Index>> {
    let Some(mut index) = tables_of_names(file, recovered, options)? else { return Ok(None) };
    let mut decoder = BlockDecoder::new(file, recovered, options);
    let mut content = ContentReader { index: &index, block: 0, inside: 0 };
    let mut hashes = Vec::with_capacity(index.entries.len());
    for entry in &index.entries {
        hashes.push(match entry.same_as {
            Some(first) => hashes.get(first as usize).copied().flatten(),
            None if entry.kind == EntryKind::File => {
                content.hash_next(entry.stored_len(), &mut decoder)?
            }
            None => None,
        });
    }
    for (entry, hash) in index.entries.iter_mut().zip(hashes) {
        entry.hash = hash.unwrap_or_default();
    }
    Ok(Some(index))
}

/// Reads the joined contents of the blocks, in order.
struct ContentReader<'a> {
    index: &'a Index,
    block: usize,
    /// Bytes of the current block that were read.
    inside: u64,
}

impl ContentReader<'_> {
    /// The hash of the next `length` bytes; `None` if a block is missing before their end.
    fn hash_next(&mut self, length: u64, decoder: &mut BlockDecoder<'_>) -> Result<Option<u64>> {
        let mut hasher = Hasher::default();
        let mut left = length;
        while left > 0 {
            let Some(row) = self.index.blocks.get(self.block) else { return Ok(None) };
            let step = left.min(row.raw_len - self.inside);
            let raw = decoder.block(self.block as u64)?;
            hasher.update(&raw[self.inside as usize..(self.inside + step) as usize]);
            left -= step;
            self.inside += step;
            if self.inside == row.raw_len {
                (self.block, self.inside) = (self.block + 1, 0);
            }
        }
        Ok(Some(narrow(hasher.finish(), length)))
    }
}

impl Archive {
    /// Opens a cut or unfinished archive for listing: its whole members, and of members without an
    /// index the entries whose contents are there. These entries have no hashes. `None` if nothing
    /// is missing, or no names are left.
    ///
    /// # Errors
    /// Reading fails, or the names pass a limit.
    pub fn of_cut(file: File, options: &DecodeOptions) -> Result<Option<Archive>> {
        let budget = options.budget();
        budget.clone().run(|| Self::of_cut_within(file, options, budget))
    }

    fn of_cut_within(
        file: File,
        options: &DecodeOptions,
        budget: Budget,
    ) -> Result<Option<Archive>> {
        let length = file.metadata()?.len();
        let (mut members, mut warnings) = (Vec::new(), Vec::new());
        for scanned in FileScan::of(&file, options)?.members {
            match scanned {
                ScannedMember::Whole(_, member) => members.push(member),
                ScannedMember::Damaged(recovered) => {
                    let index = if recovered.index.is_none() {
                        tables_of_names(&file, &recovered, options)?
                    } else {
                        None
                    };
                    let Some(index) = index else { continue };
                    let all = index.entries.len();
                    let member = member_of(&recovered, index)?;
                    warnings.push(format!(
                        "the archive is cut, or was never finished: \
                         it ends at byte {length}, without its index; \
                         {} of {all} entries are there",
                        member.index.entries.len()
                    ));
                    members.push(member);
                }
            }
        }
        if warnings.is_empty() {
            return Ok(None);
        }
        let options = options.clone();
        let mut archive = Archive {
            file,
            members,
            current: Vec::new(),
            end: length,
            end_is_damaged: true,
            options,
            budget,
            warnings,
        };
        archive.name_streams();
        archive.find_current();
        Ok(Some(archive))
    }
}

/// A member with those entries of `index` whose contents are there.
fn member_of(recovered: &RecoveredMember, index: Index) -> Result<Member> {
    let mut content_at = vec![0];
    content_at.extend(index.blocks.iter().scan(0, |at, row| {
        *at += row.raw_len;
        Some(*at)
    }));
    let end = content_at.last().copied().unwrap_or_default();
    let offsets = index.content_offsets();
    let is_there = |entry_index: usize| {
        offsets[entry_index].saturating_add(index.entries[entry_index].stored_len()) <= end
    };
    let files: std::collections::HashSet<&[u8]> = (0..offsets.len())
        .filter(|&entry_index| {
            index.entries[entry_index].kind == EntryKind::File && is_there(entry_index)
        })
        .map(|entry_index| &index.entries[entry_index].path[..])
        .collect();
    let mut new_index = vec![None; offsets.len()];
    let mut entries: Vec<Entry> = Vec::new();
    for (entry_index, entry) in index.entries.iter().enumerate() {
        let is_left = match entry.kind {
            EntryKind::File => is_there(entry_index),
            EntryKind::Hardlink => files.contains(&entry.link[..]),
            EntryKind::Directory | EntryKind::Symlink => true,
        };
        if is_left {
            new_index[entry_index] = Some(entries.len() as u64);
            let same_as = entry.same_as.and_then(|first| new_index[first as usize]);
            entries.push(Entry { same_as, ..entry.clone() });
        }
    }
    let block_at = recovered.blocks.values().take(index.blocks.len()).map(|(at, _)| *at).collect();
    let header = recovered.header.unwrap_or(Header::new(incompatible::NAMED));
    let (start, length) = (recovered.range.start, recovered.range.end - recovered.range.start);
    let index = Index::charged(index.blocks, Vec::new(), entries)?;
    Ok(Member {
        start,
        length,
        header,
        index,
        names_at: Vec::new(),
        block_at,
        content_at,
        parity_at: None,
    })
}
