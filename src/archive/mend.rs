//! Repair by parity: damaged bytes computed again, in a copy of the archive.

use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::os::unix::fs::FileExt;

use super::member::{FileAt, fields_at};
use super::scan::find_any;
use crate::container::parity::{GROUP_MARKER, GroupHead};
use crate::error::Result;

/// Mends `file` as far as its parity goes, if it has any. Returns a mended copy in a temporary file of
/// `folder`, with a line for each group that had damage; `None` if there was nothing to do.
///
/// # Errors
/// Reading or writing fails.
pub fn mend(file: &File, folder: &std::path::Path) -> Result<Option<(File, Vec<String>)>> {
    let length = file.metadata()?.len();
    let mut copy: Option<File> = None;
    let mut notes = Vec::new();
    let mut at = 0;
    while let Some(place) = find_any(file, at, length, &[&GROUP_MARKER])? {
        at = place + 1;
        let mut fields = fields_at(file, place);
        let Ok(head) = GroupHead::read_from(&mut fields) else { continue };
        let shards = (head.recovery.len() * head.shard) as u64;
        // The same head stands before and behind the recovery shards, in case one is damaged.
        let shards_at = if head.behind { place.checked_sub(shards) } else { Some(fields.offset()) };
        let Some(start) = group_start(file, place, &head)? else { continue };
        let (Some(shards_at), Some(content_end)) = (shards_at, start.checked_add(head.length)) else { continue };
        if content_end > length || shards_at + shards > length {
            continue;
        }
        let mut content = read(file, start, head.length)?;
        let recovery = read(file, shards_at, shards)?;
        match head.repair(&mut content, &recovery) {
            Ok(0) => {}
            Ok(mended) => {
                if copy.is_none() {
                    copy = Some(copy_of(file, folder)?);
                }
                if let Some(copy) = &copy {
                    copy.write_all_at(&content, start)?;
                }
                if !head.behind {
                    notes.push(format!("mended by parity: {mended} × {} bytes", head.shard));
                }
            }
            Err(error) if !head.behind => notes.push(error.to_string()),
            Err(_) => {}
        }
    }
    Ok(copy.map(|copy| (copy, notes)))
}

/// Where in the file the bytes of a group begin. The head only knows its place in the member, so the
/// member's start is found from the parity record around the head.
fn group_start(file: &File, head_at: u64, head: &GroupHead) -> Result<Option<u64>> {
    // Groups follow the bytes they are about, so the member begins at or before this distance.
    let mut from = 0;
    let mut best = None;
    while let Some(start) = find_any(file, from, head_at, &[&crate::container::format::MAGIC])? {
        best = Some(start);
        from = start + 1;
        // What a group is about lies before it.
        let Some(at) = start.checked_add(head.at).filter(|&at| at < head_at) else { continue };
        let shard = read_clipped(file, at, head.shard as u64)?;
        if head.data.first().is_some_and(|&expected| crate::container::hash::check(&shard) == expected) {
            return Ok(Some(at));
        }
    }
    // The first shard may be the damaged one, or the header's magic may be. Then the last header before
    // the head counts, or the start of the file.
    Ok(best.unwrap_or(0).checked_add(head.at))
}

fn read(file: &File, at: u64, length: u64) -> Result<Vec<u8>> {
    let mut bytes = vec![0; length as usize];
    file.read_exact_at(&mut bytes, at)?;
    Ok(bytes)
}

/// Bytes from `at` on, filled up with zeros behind the end of the file.
fn read_clipped(file: &File, at: u64, length: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut io::Read::take(FileAt::new(file, at), length), &mut bytes)?;
    bytes.resize(length as usize, 0);
    Ok(bytes)
}

fn copy_of(file: &File, folder: &std::path::Path) -> Result<File> {
    let mut copy = tempfile::tempfile_in(folder)?;
    io::copy(&mut FileAt::new(file, 0), &mut copy)?;
    copy.seek(SeekFrom::Start(0))?;
    Ok(copy)
}
