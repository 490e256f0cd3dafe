//! The scan of a damaged archive: finds every structure of the container whose check or hash is
//! right, without relying on lengths that other structures claim.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use super::finder::{Finder, ScanBudget};
use super::member::{FileAt, Member, fields_at};
use super::scrub::damages;
use crate::container::compact::Compact;
use crate::container::footer::Footer;
use crate::container::format::{MAGIC, MARKER, MAX_COMPACT};
use crate::container::hash::Hasher;
use crate::container::header::Header;
use crate::container::parity::{GROUP_MARKER, GroupHead};
use crate::container::record::{Record, RecordKind, read_kind};
use crate::error::{Error, Result};
use crate::options::DecodeOptions;
use crate::progress::{self, Progress};

/// A structure of the container and its bytes in the file.
#[derive(Debug, Clone)]
pub struct Structure {
    /// Offset in the file of its first byte.
    pub at: u64,
    /// Offset in the file of the byte after its last.
    pub end: u64,
    /// The kind of the structure, with its values.
    pub kind: StructureKind,
}

/// Kinds of structures that the scan finds.
#[derive(Debug, Clone)]
pub enum StructureKind {
    /// A header of the full form.
    Header(Header),
    /// A whole member of the compact form.
    Compact,
    /// The header of a damaged member of the compact form.
    DamagedCompact,
    /// A record of a block, names or index; the hash of its coded bytes is right.
    Record(Record),
    /// Parity, whole or damaged. The value is its share in hundredths of a percent, 0 for a guard;
    /// `None` if no head of it is left.
    Parity(Option<u32>),
    /// A footer. The value is the offset in the file of the index, according to the footer.
    Footer(u64),
}

/// All structures in `file`, in the order in which they are found.
///
/// # Errors
/// Reading fails.
pub fn scan(file: &File, progress: Option<&Arc<Progress>>) -> Result<Vec<Structure>> {
    progress::count_as(progress, file.metadata()?.len(), || look_through(file))
}

fn look_through(file: &File) -> Result<Vec<Structure>> {
    let length = file.metadata()?.len();
    let mut finder = Finder::new(file, length, &[&MAGIC, &MARKER, &GROUP_MARKER]);
    let mut budget = ScanBudget::of(length);
    let mut structures = Vec::new();
    let mut at = 0;
    while let Some(marker_at) = finder.next_from(at)? {
        match structure_at(file, marker_at, length, &mut budget) {
            Ok((found, next)) => {
                structures.push(found);
                progress::advance(next - at);
                at = next;
            }
            Err(Error::Io(error)) => return Err(Error::Io(error)),
            Err(_) => at = marker_at + 1,
        }
    }
    Ok(structures)
}

/// The structure that begins at offset `at`, and the offset from which to search on.
///
/// # Errors
/// No whole structure begins there, or reading fails.
fn structure_at(
    file: &File,
    at: u64,
    length: u64,
    budget: &mut ScanBudget,
) -> Result<(Structure, u64)> {
    let mut fields = fields_at(file, at);
    if let Ok(Some(header)) = Header::read_from(&mut fields) {
        let end = fields.offset();
        if !header.is_compact() {
            return Ok((Structure { at, end, kind: StructureKind::Header(header) }, end));
        }
        // The header of the compact form has no check of its own, so that the whole member is read
        // to check its hash. A member whose hash is wrong is reported as damaged.
        if budget.take(MAX_COMPACT.min(length - at)).is_err() {
            return Ok((Structure { at, end, kind: StructureKind::DamagedCompact }, end));
        }
        return match Compact::read_rest(&mut fields) {
            Ok(_) => Ok((
                Structure { at, end: fields.offset(), kind: StructureKind::Compact },
                fields.offset(),
            )),
            Err(Error::Io(error)) => Err(Error::Io(error)),
            Err(_) => Ok((Structure { at, end, kind: StructureKind::DamagedCompact }, end)),
        };
    }
    let mut fields = fields_at(file, at);
    if let Ok(head) = GroupHead::read_from(&mut fields) {
        let head_end = fields.offset();
        let (head_len, shards) = (head_end - at, head.shards_len());
        // The same head stands before and after the recovery shards.
        let (start, end) = if head.is_second {
            (at.saturating_sub(shards + head_len), head_end)
        } else {
            (at, length.min(head_end + shards + head_len))
        };
        return Ok((
            Structure { at: start, end, kind: StructureKind::Parity(Some(head.share)) },
            head_end,
        ));
    }
    let mut fields = fields_at(file, at);
    let kind = read_kind(&mut fields)?;
    if kind == RecordKind::Footer {
        let footer = Footer::read_rest(&mut fields)?;
        let end = fields.offset();
        let start = end
            .checked_sub(footer.member_len)
            .ok_or_else(|| Error::Corrupt("a footer without a member".into()))?;
        return Ok((
            Structure { at, end, kind: StructureKind::Footer(start + footer.index_offset) },
            end,
        ));
    }
    let record = Record::read_rest(kind, &mut fields)?;
    let coded_at = fields.offset();
    let end = coded_at.saturating_add(record.coded_len);
    budget.take(record.coded_len.min(length.saturating_sub(coded_at)))?;
    let checked = check_stored(file, coded_at, &record);
    if kind != RecordKind::Parity {
        checked?;
        return Ok((Structure { at, end, kind: StructureKind::Record(record) }, end));
    }
    match checked {
        Ok(()) => {
            let share =
                GroupHead::read_from(&mut fields_at(file, coded_at)).ok().map(|head| head.share);
            Ok((Structure { at, end, kind: StructureKind::Parity(share) }, end))
        }
        Err(Error::Io(error)) => Err(Error::Io(error)),
        // The search goes on inside of the damaged record, for the heads of its groups.
        Err(_) => Ok((
            Structure { at, end: end.min(length), kind: StructureKind::Parity(None) },
            coded_at,
        )),
    }
}

/// Checks the hash of the coded bytes of `record`, which begin at offset `at`. The bytes are read
/// in steps of 1 MiB, because parity can be longer than the memory.
///
/// # Errors
/// The hash is wrong, the file ends too early, or reading fails.
pub(super) fn check_stored(file: &File, at: u64, record: &Record) -> Result<()> {
    let mut hasher = Hasher::default();
    let mut left = record.coded_len;
    let mut input = FileAt::new(file, at);
    let mut buffer = vec![0; left.min(1 << 20) as usize];
    while left > 0 {
        let step = left.min(buffer.len() as u64) as usize;
        input.read_exact(&mut buffer[..step]).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => Error::Truncated(at + (record.coded_len - left)),
            _ => Error::Io(error),
        })?;
        hasher.update(&buffer[..step]);
        left -= step as u64;
    }
    if hasher.finish() == record.coded_hash {
        return Ok(());
    }
    Err(Error::Corrupt(format!("record {} is damaged (hash of the stored bytes)", record.number)))
}

/// The member that begins at offset `start`, if it is whole: header, records, parity and footer.
#[must_use]
pub fn whole_member(file: &File, start: u64, options: &DecodeOptions) -> Option<Member> {
    let member = Member::after(file, start, options).ok().flatten()?;
    damages(file, &member).ok()?.is_empty().then_some(member)
}
