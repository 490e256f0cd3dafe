//! Repair of a damaged archive. First parity repairs what it can. Then everything that is whole is
//! written to a new archive.

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
use crate::container::Entry;
use crate::container::format::{MAGIC, MARKER, incompatible};
use crate::container::header::Header;
use crate::container::parity::GROUP_MARKER;
use crate::container::record::RecordKind;
use crate::container::writer::{CodedBlock, MemberWriter};
use crate::error::{Error, Result};
use crate::level::LEVELS;
use crate::options::DecodeOptions;

/// The results of a repair.
#[derive(Debug, Clone, Default)]
pub struct RepairSummary {
    /// Number of entries that are whole.
    pub whole: u64,
    /// One line for each entry, block without an index, or range of the file that is lost or
    /// damaged.
    pub lost: Vec<String>,
    /// One line for each member that was found.
    pub members: Vec<String>,
    /// One line for each repair by parity, and for each part that was computed again.
    pub notes: Vec<String>,
    /// Was the archive whole before?
    pub was_whole: bool,
}

/// Writes to `out` an archive of everything that is whole in `file`. Temporary files are created in
/// `folder`.
///
/// - A whole member is copied. Only hard links to files that no member holds are left out.
/// - A member of which only parity or footer are damaged is restored to its original bytes.
/// - Of any other damaged member the whole blocks are kept. An entry that misses blocks is saved in
///   parts under `lost+found/`. Without index and names, each block becomes a file there. Parity is
///   computed again if a head of it is left, since only a head tells its share.
/// - An unnamed stream stays one; of a damaged stream the whole blocks are joined. If the archive
///   also has named members, each stream becomes a file `stream-NUMBER`, with the number of its
///   member.
///
/// Every byte of `file` is accounted for: a range that is neither whole nor of known use is
/// reported as lost.
///
/// # Errors
/// The file holds nothing of an archive, nothing can be saved, an index passes the limits, or
/// reading or writing fails.
pub fn repair(
    file: &File,
    folder: &Path,
    out: &mut dyn Write,
    options: &DecodeOptions,
) -> Result<RepairSummary> {
    options.budget().run(|| save_all(file, folder, out, options))
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
    // Entries that contradict each other cannot be repaired, but the archive is not whole either.
    let entries: Vec<&[Entry]> =
        scan.whole_with_names().iter().map(|member| &member.index.entries[..]).collect();
    let refused =
        check_paths(extracted(&entries).iter().flatten().map(|wanted| &wanted.entry)).err();
    let was_whole = repaired.is_none() && scan.is_whole() && refused.is_none();
    let lost = refused
        .into_iter()
        .map(|error| format!("not everything can be extracted: {error}"))
        .collect();
    let mut summary = RepairSummary { notes, was_whole, lost, ..RepairSummary::default() };
    // If only parity and footers are damaged, all members are restored to their original bytes.
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
                // The summary does not mention the guard, which every named member gets.
                if recovered.had_parity()
                    && recovered.share != Some(0)
                    && !rebuilt.entries.is_empty()
                {
                    summary.notes.push(match recovered.share {
                        Some(_) => format!("parity of {} was computed again", recovered.name()),
                        None => format!(
                            "{} is written without parity: no head of the old parity is left",
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

/// The error for a file in which no member was found. The file counts as a damaged archive if it
/// has a marker of a record, or some of the first bytes of an archive.
fn nothing_found(file: &File) -> Result<Error> {
    let damaged = || Error::Corrupt("nothing that can be saved is left of this archive".into());
    Ok(match Header::read_from(&mut fields_at(file, 0)) {
        Ok(None) => Error::NotAnArchive("it is empty".into()),
        // A newer version of the archive and damage to the bytes that say the version look the
        // same. The first can be helped.
        Err(Error::Unsupported(text)) => Error::Unsupported(format!(
            "{text}; or the first bytes are damaged, and nothing else of a cmx archive is left"
        )),
        Err(Error::NotAnArchive(_)) => {
            let mut finder =
                Finder::new(file, file.metadata()?.len(), &[&MAGIC, &MARKER, &GROUP_MARKER]);
            match finder.next_from(0)? {
                Some(_) => damaged(),
                None => Error::NotAnArchive("it holds no part of an archive".into()),
            }
        }
        Err(Error::Io(error)) => Error::Io(error),
        _ => damaged(),
    })
}

/// The report about a member of which neither a block nor the index is left.
fn nothing_left(recovered: &RecoveredMember) -> String {
    let range = bytes_at(&recovered.range);
    if recovered.is_compact {
        return format!(
            "{}, {range}: damaged; the compact form has one hash for all its bytes",
            recovered.name()
        );
    }
    format!("{}, {range}: damaged from its first block to its index", recovered.name())
}

fn copy_member(file: &File, member: &Member, out: &mut dyn Write) -> Result<()> {
    io::copy(&mut FileAt::new(file, member.start).take(member.length), out)?;
    Ok(())
}

/// Writes what is left of a damaged member as a new member. Returns `false` if nothing is left.
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
        | if recovered.has_dependents { incompatible::REFERENCE } else { 0 }
        | if has_names { incompatible::NAMES } else { 0 };
    let mut writer = MemberWriter::begin(out, features, recovered.share.unwrap_or(0))?;
    if has_names {
        writer.names(&rebuilt.entries, &LEVELS[0], true)?;
    }
    let mut written = HashSet::new();
    for &block in &rebuilt.blocks {
        let Some((at, record)) = recovered.blocks.get(&block).filter(|_| written.insert(block))
        else {
            continue;
        };
        let (_, coded) = read_record(&mut fields_at(file, *at), RecordKind::Block)?;
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
