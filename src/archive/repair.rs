//! Repair: parity first, then everything that is still whole into a new archive.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use super::broken_links::extracted;
use super::complete::CompleteUpToIndex;
use super::file_scan::{FileScan, ScannedMember};
use super::finder::Finder;
use super::member::{FileAt, Member, fields_at, read_record};
use super::named_stream::write_named;
use super::names::check_paths;
use super::parity_repair::repair_by_parity;
use super::rebuild_index::{Rebuilt, rebuild_index};
use super::rebuild_stream::rebuild_stream;
use super::recovered_member::{RecoveredMember, bytes_at};
use crate::budget::Budget;
use crate::container::Entry;
use crate::container::format::{MAGIC, MARKER, incompatible};
use crate::container::header::Header;
use crate::container::parity::GROUP_MARKER;
use crate::container::record::Kind;
use crate::container::writer::{CodedBlock, MemberWriter};
use crate::error::{Error, Result};
use crate::level::LEVELS;
use crate::options::DecodeOptions;

/// What a repair came to.
#[derive(Debug, Clone, Default)]
pub struct RepairSummary {
    /// Entries that are whole.
    pub whole: u64,
    /// One line per entry, block without an index, or stretch of the file, that is not: what became
    /// of it.
    pub lost: Vec<String>,
    /// One line per member that was found.
    pub members: Vec<String>,
    /// What parity did.
    pub notes: Vec<String>,
    /// Was there nothing to repair?
    pub was_whole: bool,
}

/// Writes to `out` an archive of all that is whole in `file`, temporary files beside `folder`.
///
/// A member that is whole is copied as it is, but for hard links to files that no member holds. Of
/// a damaged one the whole blocks are kept; entries that miss some get their pieces saved under
/// `lost+found/`. Without the index there are no names, and each block becomes a file of its own
/// there. Unnamed streams stay streams, what is left of one following each other, unless there are
/// named members too: then each gets a name with the number it had. Where only parity or footer are
/// damaged, they are computed anew, and the member is the bytes that it was. Else parity is
/// computed anew if a head of it is left that tells its share. Every byte of the file is accounted
/// for: what is neither whole nor of known use is named as lost.
///
/// # Errors
/// Nothing of an archive was found, or nothing of it can be saved; an index passes the limits;
/// reading or writing fails.
pub fn repair(
    file: &File,
    folder: &Path,
    out: &mut dyn Write,
    options: &DecodeOptions,
) -> Result<RepairSummary> {
    Budget::new(options.memory).run(|| save_all(file, folder, out, options))
}

fn save_all(
    file: &File,
    folder: &Path,
    out: &mut dyn Write,
    options: &DecodeOptions,
) -> Result<RepairSummary> {
    let repaired = repair_by_parity(file, folder, options.memory)?;
    let (file, notes) = match &repaired {
        Some((copy, notes)) => (copy, notes.clone()),
        None => (file, Vec::new()),
    };
    let scan = FileScan::of_what_extracts(file, options)?;
    if scan.members.is_empty() {
        return Err(nothing_found(file)?);
    }
    // Members that contradict each other or themselves have no remedy, but are not whole either.
    let entries: Vec<&[Entry]> =
        scan.whole_with_names().iter().map(|member| &member.index.entries[..]).collect();
    let refused =
        check_paths(extracted(&entries).iter().flatten().map(|wanted| &wanted.entry)).err();
    let was_whole = repaired.is_none() && scan.is_whole() && refused.is_none();
    let lost =
        refused.into_iter().map(|error| format!("extraction of everything: {error}")).collect();
    let mut summary = RepairSummary { notes, was_whole, lost, ..RepairSummary::default() };
    // Where nothing is missing but ends of members, every member stays what it was.
    let completes = |scanned: &ScannedMember| {
        if let ScannedMember::Damaged(recovered) = scanned {
            CompleteUpToIndex::of(recovered).is_some()
        } else {
            true
        }
    };
    let is_stream = scan.is_stream();
    let as_they_are = is_stream || scan.gaps.is_empty() && scan.members.iter().all(completes);
    let mut saved = false;
    for member in &scan.members {
        summary.members.push(member.line());
        saved |= match member {
            ScannedMember::Whole(number, member) => {
                if as_they_are || member.header.is_named() {
                    copy_member(file, member, out)?;
                } else {
                    write_named(file, member, *number, out)?;
                }
                summary.whole += member.index.entries.len() as u64;
                true
            }
            ScannedMember::Damaged(recovered) if recovered.is_empty() => {
                summary.lost.push(nothing_left(recovered));
                false
            }
            ScannedMember::Damaged(recovered) => {
                let complete = CompleteUpToIndex::of(recovered)
                    .filter(|_| as_they_are || recovered.is_stream() == Some(false));
                if let Some(complete) = complete {
                    summary.notes.extend(complete.write(file, out)?);
                    summary.whole += complete.entries();
                    saved = true;
                    continue;
                }
                let (rebuilt, features) = if is_stream {
                    (rebuild_stream(file, recovered, options)?, 0)
                } else {
                    (rebuild_index(file, recovered, options)?, incompatible::NAMED)
                };
                summary.whole += rebuilt.whole;
                summary.lost.extend_from_slice(&rebuilt.lost);
                // A guard is made for each member that is written.
                if recovered.had_parity()
                    && recovered.share != Some(0)
                    && !rebuilt.entries.is_empty()
                {
                    summary.notes.push(match recovered.share {
                        Some(_) => format!("parity of {} was computed anew", recovered.name()),
                        None => format!(
                            "{} has no parity any more: no head of it is left that tells its share",
                            recovered.name()
                        ),
                    });
                }
                save(file, recovered, rebuilt, features, out)?
            }
        };
    }
    summary.lost.extend(scan.gaps.iter().map(|gap| format!("{}, not recognised", bytes_at(gap))));
    if saved {
        return Ok(summary);
    }
    Err(Error::Corrupt(format!(
        "nothing that can be saved is left of this archive: {}",
        summary.lost.join("; ")
    )))
}

/// Why nothing was found in a file. A damaged archive is one that has a marker in it, or a part of
/// the first bytes.
fn nothing_found(file: &File) -> Result<Error> {
    let damaged = || Error::Corrupt("nothing that can be saved is left of this archive".into());
    Ok(match Header::read_from(&mut fields_at(file, 0)) {
        Ok(None) => Error::NotAnArchive("it is empty".into()),
        // A newer archive has a remedy, damage to the same bytes has none.
        Err(Error::Unsupported(text)) => Error::Unsupported(format!(
            "{text}; or the first bytes are damaged, and nothing else of a cmx archive is left"
        )),
        Err(Error::NotAnArchive(_)) => {
            let mut finder =
                Finder::new(file, file.metadata()?.len(), &[&MAGIC, &MARKER, &GROUP_MARKER]);
            match finder.next_from(0)? {
                Some(_) => damaged(),
                None => Error::NotAnArchive("nothing in it looks like a part of one".into()),
            }
        }
        Err(Error::Io(error)) => Error::Io(error),
        _ => damaged(),
    })
}

/// The line about a member of which no block and no index is left.
fn nothing_left(recovered: &RecoveredMember) -> String {
    let range = bytes_at(&recovered.range);
    if recovered.is_compact {
        return format!(
            "{}, {range}: a small stream is one piece under one hash (the compact form), and it is damaged",
            recovered.name()
        );
    }
    format!("{}, {range}: damaged from its first block to its index", recovered.name())
}

fn copy_member(file: &File, member: &Member, out: &mut dyn Write) -> Result<()> {
    io::copy(&mut FileAt::new(file, member.start).take(member.length), out)?;
    Ok(())
}

/// Writes what is left of a damaged member as a member of its own, if that is anything. Says
/// whether it is.
fn save(
    file: &File,
    recovered: &RecoveredMember,
    rebuilt: Rebuilt,
    features: u64,
    out: &mut dyn Write,
) -> Result<bool> {
    if rebuilt.entries.is_empty() {
        return Ok(false);
    }
    let has_names = features & incompatible::NAMED != 0 && rebuilt.blocks.len() > 1;
    let features = features
        | if recovered.has_dependents { incompatible::BASED } else { 0 }
        | if has_names { incompatible::NAMES } else { 0 };
    let mut writer = MemberWriter::with_header(
        out,
        recovered.new_header(features),
        recovered.share.unwrap_or(0),
    )?;
    if has_names {
        writer.names(&rebuilt.entries, &LEVELS[0], true)?;
    }
    let mut written = HashSet::new();
    for &block in &rebuilt.blocks {
        let Some((at, record)) = recovered.blocks.get(&block).filter(|_| written.insert(block))
        else {
            continue;
        };
        let (_, coded) = read_record(&mut fields_at(file, *at), Kind::Block)?;
        writer.block(&CodedBlock {
            raw_len: record.raw_len,
            raw_hash: record.raw_hash,
            coded,
            fallback: None,
        })?;
    }
    writer.finish(rebuilt.entries, &LEVELS[0], true)?;
    Ok(true)
}
