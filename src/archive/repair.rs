//! Repair: parity first, then everything that is still whole into a new archive.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use super::member::{FileAt, Member, fields_at, read_record};
use super::mend::mend;
use super::names::show_name;
use super::rebuild::rebuild_index;
use super::scan::{Thing, scan, whole_member};
use crate::block::is_behind;
use crate::container::format::incompatible;
use crate::container::header::Header;
use crate::container::index::Index;
use crate::container::record::{Kind, Record};
use crate::container::writer::{CodedBlock, MemberWriter};
use crate::error::{Error, Result};
use crate::level::LEVELS;
use crate::options::DecodeOptions;
use crate::stream::decode_index;

/// What a repair came to.
#[derive(Debug, Clone, Default)]
pub struct RepairSummary {
    /// Entries that are whole.
    pub whole: u64,
    /// One line per entry, or block without an index, that is not: what became of it.
    pub lost: Vec<String>,
    /// What parity did.
    pub notes: Vec<String>,
    /// Was there nothing to repair?
    pub was_whole: bool,
}

/// A damaged member: what was found of it.
#[derive(Default)]
pub(super) struct Remains {
    pub header: Option<Header>,
    /// Whole blocks by number: place of the record, and its header.
    pub blocks: BTreeMap<u64, (u64, Record)>,
    pub index: Option<Index>,
    /// Does any of the blocks go on from the first?
    pub based: bool,
}

impl Remains {
    /// Where the record of the member's base is, if it has one that is left.
    pub fn base_at(&self) -> Option<u64> {
        self.header.is_none_or(|header| header.is_based()).then(|| self.blocks.get(&0).map(|(at, _)| *at)).flatten()
    }
}

/// Writes to `out` an archive of all that is whole in `file`, temporary files beside `folder`.
///
/// A member that is whole is copied as it is. Of a damaged one the whole blocks are kept; entries that
/// miss some get their pieces saved under `lost+found/`. Without the index there are no names, and each
/// block becomes a file of its own there.
///
/// # Errors
/// Nothing of an archive was found; reading or writing fails.
pub fn repair(file: &File, folder: &Path, out: &mut dyn Write, options: &DecodeOptions) -> Result<RepairSummary> {
    let mended = mend(file, folder)?;
    let (file, notes) = match &mended {
        Some((copy, notes)) => (copy, notes.clone()),
        None => (file, Vec::new()),
    };
    let mut summary = RepairSummary { notes, was_whole: mended.is_none(), ..RepairSummary::default() };
    let things = scan(file)?;
    if things.is_empty() {
        return Err(Error::Corrupt("nothing in this file looks like a part of a cmx archive".into()));
    }
    let mut covered = 0;
    let mut remains = Remains::default();
    let mut number = 0;
    for thing in things {
        if place(&thing) < covered {
            continue;
        }
        if let Thing::Header(at, _) | Thing::Compact(at, _) = thing {
            // A new member begins, whether or not the last one's footer was found.
            save(file, &std::mem::take(&mut remains), &mut number, out, &mut summary)?;
            if let Some(member) = whole_member(file, at, options) {
                summary.was_whole &= at == covered;
                copy_member(file, &member, out)?;
                summary.whole += member.index.entries.len() as u64;
                covered = at + member.length;
                continue;
            }
        }
        summary.was_whole = false;
        match thing {
            Thing::Header(_, header) => remains.header = Some(header),
            Thing::Record(at, coded_at, record) if record.kind == Kind::Block => {
                let mut first = Vec::new();
                FileAt::new(file, coded_at).take(record.coded_len.min(1)).read_to_end(&mut first)?;
                // Without its base a block is nothing. The base is the first block, so it was found before.
                if !is_behind(&first) || remains.base_at().is_some() {
                    remains.based |= is_behind(&first);
                    remains.blocks.insert(record.number, (at, record));
                }
            }
            Thing::Record(at, _, record) if record.kind == Kind::Index => {
                let (record, coded) = read_record(&mut fields_at(file, at), record.kind)?;
                remains.index = decode_index(&record, &coded, u64::MAX, options).ok();
            }
            Thing::Footer(..) => save(file, &std::mem::take(&mut remains), &mut number, out, &mut summary)?,
            Thing::Record(..) | Thing::Compact(..) => {}
        }
    }
    save(file, &remains, &mut number, out, &mut summary)?;
    if number == 0 && covered == 0 {
        return Err(Error::Corrupt("nothing that can be saved is left of this archive".into()));
    }
    summary.was_whole &= covered == file.metadata()?.len();
    Ok(summary)
}

fn place(thing: &Thing) -> u64 {
    match *thing {
        Thing::Header(at, _) | Thing::Compact(at, _) | Thing::Record(at, ..) | Thing::Footer(at, _) => at,
    }
}

fn copy_member(file: &File, member: &Member, out: &mut dyn Write) -> Result<()> {
    io::copy(&mut FileAt::new(file, member.start).take(member.length), out)?;
    Ok(())
}

/// Writes what is left of a damaged member as a member of its own; `number` counts them.
fn save(file: &File, remains: &Remains, number: &mut u32, out: &mut dyn Write, summary: &mut RepairSummary) -> Result<()> {
    if remains.blocks.is_empty() && remains.index.is_none() {
        return Ok(());
    }
    *number += 1;
    let rebuilt = rebuild_index(file, remains, *number)?;
    summary.whole += rebuilt.whole;
    summary.lost.extend(rebuilt.lost);
    // The memory of a member without its header is unknown; the largest level's is enough. The new
    // index needs that of its own level.
    let most = LEVELS.iter().map(|level| level.memory as u64 >> 20).max().unwrap_or(0);
    let memory = remains.header.map_or(most, |header| header.memory_mib.max(LEVELS[0].memory as u64 >> 20));
    let features = incompatible::NAMED | if remains.based { incompatible::BASED } else { 0 };
    let mut writer = MemberWriter::with_header(out, Header::new(features, memory), 0)?;
    let mut written = HashSet::new();
    for &block in &rebuilt.blocks {
        let Some((at, record)) = remains.blocks.get(&block).filter(|_| written.insert(block)) else { continue };
        let (_, coded) = read_record(&mut fields_at(file, *at), Kind::Block)?;
        writer.block(&CodedBlock { raw_len: record.raw_len, raw_hash: record.raw_hash, coded, fallback: None })?;
    }
    writer.finish(rebuilt.entries, &LEVELS[0], true)?;
    Ok(())
}

/// A line about an entry of which only a part is left.
pub(super) fn lost_line(path: &[u8], saved: u64, size: u64) -> String {
    match saved {
        0 => show_name(path),
        _ => format!("{}: {saved} of {size} bytes are saved in pieces under lost+found", show_name(path)),
    }
}
