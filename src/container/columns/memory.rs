//! Memory that the parts of entries of variable length are counted as.

use super::super::entry::{Entry, Extent};
use super::{Column, Id};

/// Bytes of memory that the paths and links in `columns` take together.
pub fn memory_of_texts(columns: &[Column<'_>]) -> u64 {
    let texts =
        columns.iter().filter(|column| [Id::Path as u64, Id::Link as u64].contains(&column.id));
    texts
        .flat_map(|column| column.bytes.left().split(|&byte| byte == 0))
        .map(|text| text_memory(text.len()))
        .sum()
}

/// Bytes that a text of `length` bytes takes on the heap: twice its length while it grows, and the
/// overhead of the allocator.
pub(super) fn text_memory(length: usize) -> u64 {
    if length == 0 { 0 } else { 2 * length as u64 + 32 }
}

/// Bytes that one extent is counted as. A growing list reserves up to twice its length.
pub(super) const EXTENT_MEMORY: u64 = 2 * size_of::<Extent>() as u64;

/// Bytes that one extended attribute is counted as, without its texts.
pub(super) const XATTR_MEMORY: u64 = 2 * size_of::<(Vec<u8>, Vec<u8>)>() as u64;

/// Bytes of heap memory that `entry` is counted as.
pub fn memory_of(entry: &Entry) -> u64 {
    let xattrs = entry
        .xattrs
        .iter()
        .map(|(name, value)| XATTR_MEMORY + text_memory(name.len()) + text_memory(value.len()));
    let extents = entry.extents.as_ref().map_or(0, Vec::len) as u64 * EXTENT_MEMORY;
    text_memory(entry.path.len()) + text_memory(entry.link.len()) + extents + xattrs.sum::<u64>()
}
