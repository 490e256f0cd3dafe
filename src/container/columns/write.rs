//! Writing of columns.

use super::super::entry::{Entry, EntryKind, Time};
use super::super::fields::put_signed;
use super::super::format::WIDE_HASH;
use super::{ColumnSet, IDS, Id, flag};
use crate::varint;

fn flags(entry: &Entry) -> u64 {
    let bit = |set: bool, bit: u64| if set { bit } else { 0 };
    entry.kind as u64
        | bit(entry.metadata.mode.is_some(), flag::MODE)
        | bit(entry.metadata.mtime.is_some(), flag::TIME)
        | bit(entry.owner.is_some(), flag::OWNER)
        | bit(entry.same_as.is_some(), flag::SAME_AS)
        | bit(entry.extents.is_some(), flag::EXTENTS)
        | bit(!entry.xattrs.is_empty(), flag::XATTRS)
}

/// Appends every column of `set` that is not empty.
pub fn write_columns<'a>(
    entries: impl Iterator<Item = &'a Entry> + Clone,
    set: ColumnSet,
    out: &mut Vec<u8>,
) {
    for id in IDS.into_iter().filter(|&id| set.has(id)) {
        let mut column = Vec::new();
        let mut last = Time { seconds: 0, nanos: 0 };
        for entry in entries.clone() {
            write_cell(id, entry, &mut last, &mut column);
        }
        if !column.is_empty() {
            varint::put(out, id as u64);
            varint::put(out, column.len() as u64);
            out.extend_from_slice(&column);
        }
    }
}

/// Appends the cell of `entry` in column `id`. A time is stored as its difference to `last`, the
/// time of the entry before.
fn write_cell(id: Id, entry: &Entry, last: &mut Time, out: &mut Vec<u8>) {
    let is_file = entry.kind == EntryKind::File;
    match id {
        Id::Flags => varint::put(out, flags(entry)),
        Id::Path => {
            out.extend_from_slice(&entry.path);
            out.push(0);
        }
        Id::Size if is_file => varint::put(out, entry.size),
        Id::Hash if is_file && entry.same_as.is_none() => {
            let width = if entry.stored_len() < WIDE_HASH { 4 } else { 8 };
            out.extend_from_slice(&entry.hash.to_le_bytes()[..width]);
        }
        Id::Mode => {
            entry.metadata.mode.into_iter().for_each(|mode| varint::put(out, u64::from(mode)))
        }
        Id::Seconds => {
            if let Some(time) = entry.metadata.mtime {
                put_signed(out, time.seconds.wrapping_sub(last.seconds));
                *last = time;
            }
        }
        Id::Nanos => entry
            .metadata
            .mtime
            .into_iter()
            .for_each(|time| varint::put(out, u64::from(time.nanos))),
        Id::Owner => {
            if let Some((user, group)) = entry.owner {
                varint::put(out, u64::from(user));
                varint::put(out, u64::from(group));
            }
        }
        Id::Link if matches!(entry.kind, EntryKind::Symlink | EntryKind::Hardlink) => {
            out.extend_from_slice(&entry.link);
            out.push(0);
        }
        Id::SameAs => entry.same_as.into_iter().for_each(|place| varint::put(out, place)),
        Id::Extents => {
            if let Some(extents) = &entry.extents {
                varint::put(out, extents.len() as u64);
                let mut end = 0;
                for extent in extents {
                    varint::put(out, extent.offset - end);
                    varint::put(out, extent.length);
                    end = extent.offset + extent.length;
                }
            }
        }
        Id::Xattrs if !entry.xattrs.is_empty() => {
            varint::put(out, entry.xattrs.len() as u64);
            for (name, value) in &entry.xattrs {
                out.extend_from_slice(name);
                out.push(0);
                varint::put(out, value.len() as u64);
                out.extend_from_slice(value);
            }
        }
        _ => {}
    }
}
