//! Repair by parity: computes damaged bytes again and writes them to a copy of the archive.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::finder::{Finder, ScanBudget};
use super::member::{FileAt, Member, fields_at};
use crate::container::parity::{GROUP_MARKER, GroupHead};
use crate::container::record::{Record, RecordKind, read_kind};
use crate::error::{Error, Limit, LimitKind, Result};

/// Groups of parity that protect at most this many bytes are checked whenever an archive is opened.
/// A guard is one, and so is the first group of a small archive.
const MAX_GROUP_CHECKED_AT_OPEN: u64 = 16 << 20;

/// Repairs `file` as far as its parity allows. Returns a repaired copy in a temporary file in
/// `folder`, with one line for each damaged group; `None` if no group could be repaired.
///
/// The work is in proportion to the length of the file: a group protects bytes that the file has,
/// and all groups together read the file a few times at most.
///
/// # Errors
/// Reading or writing fails, or a repair needs more than `memory` bytes.
pub fn repair_by_parity(
    file: &File,
    folder: &Path,
    memory: u64,
) -> Result<Option<(File, Vec<String>)>> {
    let length = file.metadata()?.len();
    let mut copy: Option<File> = None;
    let mut notes = Vec::new();
    let mut finder = Finder::new(file, length, &[&GROUP_MARKER]);
    let mut budget = ScanBudget::of(length);
    let mut done: HashSet<(u64, u64)> = HashSet::new();
    let mut at = 0;
    while let Some(head_at) = finder.next_from(at)? {
        at = head_at + 1;
        let mut fields = fields_at(file, head_at);
        let Ok(head) = GroupHead::read_from(&mut fields) else { continue };
        at = fields.offset();
        let Some(group) = Group::of(&head, head_at, fields.offset(), length) else { continue };
        // The same head stands before and after the recovery shards, so that damage to one of the
        // two heads does no harm.
        let needed = head.total() + head.shards_len();
        if done.contains(&group.key()) || budget.take(needed).is_err() {
            continue;
        }
        check_memory(needed, memory)?;
        let mut content = group.content(file)?;
        if !head.damaged(&content).is_empty() {
            check_memory(head.memory(), memory)?;
            match head.repair(&mut content, &read(file, group.shards_at, head.shards_len())?) {
                Ok(repaired) => {
                    let copy = match &mut copy {
                        Some(copy) => copy,
                        None => copy.insert(copy_of(file, folder)?),
                    };
                    group.write_content(copy, &content)?;
                    notes.push(format!("repaired by parity: {repaired} × {} bytes", head.shard));
                }
                Err(error) => notes.push(error.to_string()),
            }
        }
        done.insert(group.key());
    }
    Ok(copy.map(|copy| (copy, notes)))
}

/// Are bytes damaged that the first group of parity of `member` protects? `false` if that group is
/// longer than [`MAX_GROUP_CHECKED_AT_OPEN`]. Damage to the parity itself does not count.
///
/// # Errors
/// Reading fails.
pub(super) fn is_damaged(file: &File, member: &Member) -> Result<bool> {
    match member
        .parity_at
        .map_or(Ok(false), |parity_at| is_first_group_damaged(file, member, parity_at))
    {
        Err(Error::Io(error)) => Err(Error::Io(error)),
        Err(_) => Ok(false),
        Ok(found) => Ok(found),
    }
}

/// Could parity repair blocks of `member` that were not checked when the archive was opened? Groups
/// checked then are repaired already, or cannot be.
pub(super) fn parity_may_repair(file: &File, member: &Member) -> bool {
    let head = member.parity_at.and_then(|parity_at| first_head(file, parity_at).ok().flatten());
    head.is_some_and(|(head, _, _)| !head.is_guard() && head.total() > MAX_GROUP_CHECKED_AT_OPEN)
}

/// The head of the first group in the record of parity at offset `parity_at`, with the offsets of
/// its first byte and of the byte after it.
fn first_head(file: &File, parity_at: u64) -> Result<Option<(GroupHead, u64, u64)>> {
    let mut fields = fields_at(file, parity_at);
    let kind = read_kind(&mut fields)?;
    if kind != RecordKind::Parity {
        return Ok(None);
    }
    Record::read_rest(kind, &mut fields)?;
    let head_at = fields.offset();
    let head = GroupHead::read_from(&mut fields)?;
    Ok(Some((head, head_at, fields.offset())))
}

fn is_first_group_damaged(file: &File, member: &Member, parity_at: u64) -> Result<bool> {
    let Some((head, head_at, head_end)) = first_head(file, parity_at)?
        .filter(|(head, _, _)| head.total() <= MAX_GROUP_CHECKED_AT_OPEN)
    else {
        return Ok(false);
    };
    let group = Group::of(&head, head_at, head_end, member.start + member.length);
    group
        .filter(|group| group.start == member.start)
        .map_or(Ok(false), |group| Ok(!head.damaged(&group.content(file)?).is_empty()))
}

/// A group of parity and its offsets in the file.
struct Group<'a> {
    head: &'a GroupHead,
    /// Offset of the member.
    start: u64,
    /// Offset of the recovery shards.
    shards_at: u64,
}

impl<'a> Group<'a> {
    /// The group whose head has the bytes `head_at..head_end` of a file of `length` bytes. `None`
    /// if a part of the group would lie outside of the file.
    fn of(head: &'a GroupHead, head_at: u64, head_end: u64, length: u64) -> Option<Group<'a>> {
        let start = head_at.checked_sub(head.from_start)?;
        let shards_at =
            if head.is_second { head_at.checked_sub(head.shards_len())? } else { head_end };
        // The protected bytes end before the head, and so within the file.
        (shards_at.checked_add(head.shards_len())? <= length).then_some(Group {
            head,
            start,
            shards_at,
        })
    }

    /// Identifies the group: two heads of the same group have the same key.
    fn key(&self) -> (u64, u64) {
        (self.start + self.head.ranges.first().map_or(0, |range| range.start), self.head.hash)
    }

    fn content(&self, file: &File) -> io::Result<Vec<u8>> {
        let mut content = Vec::with_capacity(self.head.total() as usize);
        for range in &self.head.ranges {
            content.append(&mut read(file, self.start + range.start, range.end - range.start)?);
        }
        Ok(content)
    }

    fn write_content(&self, file: &File, content: &[u8]) -> io::Result<()> {
        let mut rest = content;
        for range in &self.head.ranges {
            let (part, others) = rest.split_at((range.end - range.start) as usize);
            file.write_all_at(part, self.start + range.start)?;
            rest = others;
        }
        Ok(())
    }
}

fn check_memory(needed: u64, memory: u64) -> Result<()> {
    if needed <= memory {
        return Ok(());
    }
    let text = format!("repair by parity needs {} MiB of memory", needed.div_ceil(1 << 20));
    Err(Error::Limit(Limit::new(LimitKind::Memory { needed }, text)))
}

fn read(file: &File, at: u64, length: u64) -> io::Result<Vec<u8>> {
    let length =
        usize::try_from(length).map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))?;
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, at)?;
    Ok(bytes)
}

fn copy_of(file: &File, folder: &Path) -> Result<File> {
    let mut copy = tempfile::tempfile_in(folder)?;
    io::copy(&mut FileAt::new(file, 0), &mut copy)?;
    copy.seek(SeekFrom::Start(0))?;
    Ok(copy)
}
