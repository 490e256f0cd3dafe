//! Conversion of a whole unnamed stream to a named member, for a repaired archive that also has
//! named members.

use std::fs::File;
use std::io::Write;

use super::member::{Member, fields_at, read_record};
use super::recovered_member::stream_path;
use crate::container::Entry;
use crate::container::compact::Compact;
use crate::container::format::incompatible;
use crate::container::hash::hash;
use crate::container::header::Header;
use crate::container::record::RecordKind;
use crate::container::writer::{CodedBlock, MemberWriter};
use crate::error::Result;
use crate::level::LEVELS;
use crate::stream::decode_compact;
use crate::threads::catch_panic;

/// Writes `member`, an unnamed stream, as a member with one file named `stream-NUMBER`. `number` is
/// the number of the member in the damaged file, counted from 1.
///
/// # Errors
/// Reading, decoding or writing fails.
pub(super) fn write_named(
    file: &File,
    member: &Member,
    number: u32,
    out: &mut dyn Write,
) -> Result<()> {
    let compact =
        if member.header.is_compact() { compact_block(file, member.start)? } else { None };
    let mut writer = MemberWriter::begin(out, incompatible::NAMED, 0)?;
    if let Some(block) = compact {
        writer.block(&block)?;
    } else if !member.header.is_compact() {
        for &at in &member.block_at {
            let (record, coded) = read_record(&mut fields_at(file, at), RecordKind::Block)?;
            writer.block(&CodedBlock {
                raw_len: record.raw_len,
                raw_hash: record.raw_hash,
                coded,
                fallback: None,
            })?;
        }
    }
    let entries = member
        .index
        .entries
        .iter()
        .map(|entry| Entry { path: stream_path(number), ..entry.clone() });
    writer.finish(entries.collect(), &LEVELS[0], true)?;
    Ok(())
}

/// The block of a member of the compact form; `None` if the content is empty. The block is decoded,
/// because the compact form stores a shortened hash and a record needs the whole one.
fn compact_block(file: &File, start: u64) -> Result<Option<CodedBlock>> {
    let mut fields = fields_at(file, start);
    Header::read_from(&mut fields)?;
    let compact = Compact::read_rest(&mut fields)?;
    if compact.raw_len == 0 {
        return Ok(None);
    }
    let decode = move || {
        let raw = decode_compact(&compact)?;
        Ok(CodedBlock {
            raw_len: compact.raw_len,
            raw_hash: hash(&raw),
            coded: compact.coded,
            fallback: None,
        })
    };
    catch_panic(decode).map(Some)
}
