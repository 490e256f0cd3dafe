//! What can be recognised in a damaged archive, without trusting any of its lengths twice.

use std::fs::File;
use std::os::unix::fs::FileExt;

use super::member::{Member, fields_at};
use crate::container::compact::Compact;
use crate::container::footer::Footer;
use crate::container::format::{MAGIC, MARKER};
use crate::container::header::Header;
use crate::container::record::{Kind, Record, read_kind};
use crate::error::{Error, Result};
use crate::options::DecodeOptions;

/// A whole thing found in a file.
#[derive(Debug, Clone)]
pub enum Thing {
    /// A header, with its place.
    Header(u64, Header),
    /// A member of the compact form: its place and length.
    Compact(u64, u64),
    /// A record whose coded bytes fit their hash: its place, the place of the coded bytes.
    Record(u64, u64, Record),
    /// A footer: its place and where its member begins.
    Footer(u64, u64),
}

/// Everything whole in `file`, in order.
///
/// # Errors
/// Reading fails.
pub fn scan(file: &File) -> Result<Vec<Thing>> {
    let length = file.metadata()?.len();
    let mut things = Vec::new();
    let mut at = 0;
    while let Some(place) = find_any(file, at, length, &[&MAGIC, &MARKER])? {
        match thing_at(file, place) {
            Ok((thing, end)) => {
                things.push(thing);
                at = end;
            }
            Err(Error::Io(error)) => return Err(Error::Io(error)),
            Err(_) => at = place + 1,
        }
    }
    Ok(things)
}

fn thing_at(file: &File, at: u64) -> Result<(Thing, u64)> {
    let mut fields = fields_at(file, at);
    if let Ok(Some(header)) = Header::read_from(&mut fields) {
        if !header.is_compact() {
            return Ok((Thing::Header(at, header), fields.offset()));
        }
        Compact::read_rest(&mut fields)?;
        return Ok((Thing::Compact(at, fields.offset() - at), fields.offset()));
    }
    let mut fields = fields_at(file, at);
    let kind = read_kind(&mut fields)?;
    if kind == Kind::Footer {
        let footer = Footer::read_rest(&mut fields)?;
        let start = fields.offset().checked_sub(footer.member_len).ok_or_else(|| Error::Corrupt("footer".into()))?;
        return Ok((Thing::Footer(at, start), fields.offset()));
    }
    let record = Record::read_rest(kind, &mut fields)?;
    let coded_at = fields.offset();
    record.check_coded(&fields.payload(record.coded_len)?)?;
    Ok((Thing::Record(at, coded_at, record), fields.offset()))
}

/// The first place from `at` on where one of `needles` stands.
///
/// # Errors
/// Reading fails.
pub fn find_any(file: &File, mut at: u64, end: u64, needles: &[&[u8]]) -> Result<Option<u64>> {
    const STEP: u64 = 1 << 20;
    let longest = needles.iter().map(|needle| needle.len() as u64).max().unwrap_or(1);
    let mut buffer = Vec::new();
    while at < end {
        buffer.resize((end - at).min(STEP + longest) as usize, 0);
        file.read_exact_at(&mut buffer, at)?;
        let reach = buffer.len().min(STEP as usize);
        if let Some(place) = (0..reach).find(|&place| needles.iter().any(|needle| buffer[place..].starts_with(needle))) {
            return Ok(Some(at + place as u64));
        }
        at += STEP;
    }
    Ok(None)
}

/// Is the member that begins at `start` whole: index, and coded bytes of every block?
#[must_use]
pub fn whole_member(file: &File, start: u64, options: &DecodeOptions) -> Option<Member> {
    let member = Member::after(file, start, options).ok().flatten()?;
    if !member.header.is_compact() {
        for &at in &member.block_at {
            super::member::read_record(&mut fields_at(file, at), Kind::Block).ok()?;
        }
    }
    Some(member)
}
