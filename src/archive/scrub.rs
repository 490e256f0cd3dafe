//! A scrub compares every byte of an archive with its hashes, also bytes that no content depends
//! on.

use std::fs::File;
use std::io::Read;
use std::ops::Range;

use super::Archive;
use super::finder::Finder;
use super::member::{FileAt, Member, fields_at};
use super::recovered_member::bytes_at;
use super::scan::check_stored;
use crate::container::compact::Compact;
use crate::container::footer::{FOOTER_LEN, Footer};
use crate::container::header::Header;
use crate::container::parity::{GROUP_MARKER, GroupHead};
use crate::container::record::{Record, RecordKind, read_kind};
use crate::error::{Error, Result};

/// A range of a member whose bytes were changed since it was written.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Damage {
    /// The structure with these bytes, for messages.
    structure: String,
    range: Range<u64>,
}

impl Archive {
    /// Compares every byte of the archive with its hashes, without decoding: also parity, guard,
    /// records of names, footers, and blocks that no entry needs any more. Returns one line for
    /// each damaged part. [`Archive::test`] also decodes the contents.
    ///
    /// # Errors
    /// Reading fails.
    pub fn scrub(&self) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        for (number, member) in (1..).zip(&self.members) {
            let name = if member.header.is_named() { "member" } else { "stream" };
            let line = |damage: Damage| {
                format!(
                    "{} of {name}-{number} is damaged, {}",
                    damage.structure,
                    bytes_at(&damage.range)
                )
            };
            lines.extend(damages(&self.file, member)?.into_iter().map(line));
        }
        Ok(lines)
    }
}

/// The damaged parts of `member`. The work is in proportion to the length of the member.
///
/// # Errors
/// Reading fails.
pub(super) fn damages(file: &File, member: &Member) -> Result<Vec<Damage>> {
    let end = member.start + member.length;
    if member.header.is_compact() {
        let is_whole = is_whole(check_compact(file, member.start, end))?;
        return Ok(if is_whole {
            Vec::new()
        } else {
            vec![Damage { structure: "all".into(), range: member.start..end }]
        });
    }
    let mut damages = Vec::new();
    let mut note = |structure: String, range: Range<u64>, checked: Result<()>| {
        if !is_whole(checked)? {
            damages.push(Damage { structure, range });
        }
        Ok::<(), Error>(())
    };
    let mut header = Vec::new();
    member.header.write_to(&mut header);
    let first = member.start + header.len() as u64;
    note("the header".into(), member.start..first, check_equal(file, member.start, &header))?;
    let layout = member.index.layout(first)?;
    for ((number, row), &at) in (0..).zip(&member.index.blocks).zip(&layout.blocks) {
        note(
            format!("block {number}"),
            at..at + row.record_len,
            check_record(file, at, row.record_len, (RecordKind::Block, number)),
        )?;
    }
    for (row, &at) in member.index.names.iter().zip(&layout.names) {
        note(
            "a record of names".into(),
            at..at + row.record_len,
            check_record(file, at, row.record_len, (RecordKind::Names, row.before)),
        )?;
    }
    let footer_at = end - FOOTER_LEN;
    let parity_at = member.parity_at.unwrap_or(footer_at);
    let number = member.index.blocks.len() as u64;
    let index = check_record(file, layout.end, parity_at - layout.end, (RecordKind::Index, number));
    note("the index".into(), layout.end..parity_at, index)?;
    if parity_at < footer_at {
        let checked = check_parity(file, parity_at, footer_at, number + 1);
        let what = if checked.is_err() && is_guard(file, parity_at..footer_at)? {
            "the guard"
        } else {
            "the parity"
        };
        note(what.into(), parity_at..footer_at, checked)?;
    }
    let mut footer = Vec::new();
    Footer { member_len: member.length, index_offset: layout.end - member.start }
        .write_to(&mut footer);
    note("the footer".into(), footer_at..end, check_equal(file, footer_at, &footer))?;
    Ok(damages)
}

/// Turns the result of a check into whether the checked bytes are whole. Errors of reading stay
/// errors.
fn is_whole(checked: Result<()>) -> Result<bool> {
    match checked {
        Ok(()) => Ok(true),
        Err(Error::Io(error)) => Err(Error::Io(error)),
        Err(_) => Ok(false),
    }
}

fn check_compact(file: &File, start: u64, end: u64) -> Result<()> {
    let mut fields = fields_at(file, start);
    match Header::read_from(&mut fields)? {
        Some(header) if header.is_compact() => Compact::read_rest(&mut fields)?,
        _ => {
            return Err(Error::Corrupt(format!(
                "no member of the compact form begins at byte {start}"
            )));
        }
    };
    if fields.offset() == end { Ok(()) } else { Err(Error::Truncated(end)) }
}

fn check_equal(file: &File, at: u64, expected: &[u8]) -> Result<()> {
    let mut found = Vec::new();
    FileAt::new(file, at).take(expected.len() as u64).read_to_end(&mut found)?;
    if found == expected { Ok(()) } else { Err(Error::Corrupt(format!("damage at byte {at}"))) }
}

/// Checks the record of `length` bytes at offset `at`: its hash, and the `expected` kind and
/// number.
fn check_record(file: &File, at: u64, length: u64, expected: (RecordKind, u64)) -> Result<()> {
    let mut fields = fields_at(file, at);
    let kind = read_kind(&mut fields)?;
    if kind == RecordKind::Footer {
        return Err(Error::Corrupt(format!(
            "a footer at byte {at}, but another record is expected"
        )));
    }
    let record = Record::read_rest(kind, &mut fields)?;
    let coded_at = fields.offset();
    if (kind, record.number) != expected || coded_at.saturating_add(record.coded_len) != at + length
    {
        return Err(Error::Corrupt(format!("another record is expected at byte {at}")));
    }
    check_stored(file, coded_at, &record)
}

/// Checks the bytes from offset `at`, the end of the index, to the footer at `footer_at`. They must
/// be records of parity, the first with this `number`.
///
/// # Errors
/// There is another structure, a record is damaged, or reading fails.
pub(super) fn check_parity(
    file: &File,
    mut at: u64,
    footer_at: u64,
    mut number: u64,
) -> Result<()> {
    while at < footer_at {
        let mut fields = fields_at(file, at);
        let kind = read_kind(&mut fields)?;
        if kind != RecordKind::Parity {
            return Err(Error::Corrupt(format!("{kind:?} record at byte {at}, after the index")));
        }
        let record = Record::read_rest(kind, &mut fields)?;
        let end = fields.offset().saturating_add(record.coded_len);
        if end > footer_at || record.number != number {
            return Err(Error::Corrupt(format!("the parity at byte {at} does not fit the member")));
        }
        check_stored(file, fields.offset(), &record)?;
        (at, number) = (end, number + 1);
    }
    Ok(())
}

/// Does a head of parity in `range` say that the parity is a guard?
fn is_guard(file: &File, range: Range<u64>) -> Result<bool> {
    let mut finder = Finder::new(file, range.end, &[&GROUP_MARKER]);
    let mut at = range.start;
    while let Some(marker_at) = finder.next_from(at)? {
        if let Ok(head) = GroupHead::read_from(&mut fields_at(file, marker_at)) {
            return Ok(head.is_guard());
        }
        at = marker_at + 1;
    }
    Ok(false)
}
