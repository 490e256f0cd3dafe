//! Removes the base relocations of a Windows image, which the image itself mostly determines.
//!
//! The list names every offset in the image that holds an absolute address, so that the loader can
//! move the image. The numbers at these offsets tell nearly all of them (see `candidates`). A few
//! exceptions are stored. The transform covers these stretches of the file:
//!
//! - the headers and sections before the list: they are the inner bytes;
//!
//! - the list, as far as it has the usual layout of linkers: it is removed.
//!
//! Idea: the image compressors of the 1990s, and Google's Courgette, derive relocations from
//! disassembly.

mod candidates;
mod list;

use super::Parts;
use crate::coder::{Decoder, Encoder};
use crate::error::{Error, Result};
use crate::formats::pe::Image;
use crate::varint::{self, Reader};

/// The stored id.
pub const ID: u8 = 6;

/// Smallest number of entries for which the transform pays.
const MIN_ENTRIES: usize = 32;

/// Removes the relocations of `image`, whose first bytes are `bytes`. Returns the parts and the
/// number of bytes that they replace: all bytes up to the end of the list. `None` if `bytes` have
/// no relocations, or too many exceptions.
#[must_use]
pub fn forward(bytes: &[u8], image: &Image) -> Option<(Parts, usize)> {
    let directory = image.relocations.clone()?;
    let (entries, len) = list::read(bytes.get(directory.clone())?, image.wide);
    if entries.len() < MIN_ENTRIES {
        return None;
    }
    let inner = &bytes[..directory.start];
    let mut encoder = Encoder::new();
    let mut listed = entries.iter().copied().peekable();
    let found = candidates::relocated(inner, image, |probability, rva| {
        while listed.next_if(|&entry| entry < rva).is_some() {}
        let is_relocated = listed.peek() == Some(&rva);
        encoder.encode(u32::from(is_relocated), probability);
        is_relocated
    });
    let compressed = encoder.finish();
    let side = missing(&entries, &found);
    // As part of the block a list costs about half a byte for each entry.
    if compressed.len() + side.len() > entries.len() / 4 {
        return None;
    }
    let parts = Parts { id: ID, params: Vec::new(), side, compressed, inner: inner.to_vec() };
    let end = directory.start + len;
    super::restores(&parts, &bytes[..end]).then_some((parts, end))
}

/// The entries that are not among the addresses `found`, each as the difference to the one before.
fn missing(entries: &[u32], found: &[u32]) -> Vec<u8> {
    let mut side = Vec::new();
    let mut found = found.iter().copied().peekable();
    let mut last = 0;
    for &entry in entries {
        while found.next_if(|&place| place < entry).is_some() {}
        if found.peek() != Some(&entry) {
            varint::put(&mut side, u64::from(entry - last));
            last = entry;
        }
    }
    side
}

/// Undoes [`forward`].
///
/// # Errors
/// [`Error::Corrupt`] if the inner bytes are no image, if the exceptions do not fit, or if the
/// result is longer than `limit`.
pub fn inverse(parts: Parts, limit: usize) -> Result<Vec<u8>> {
    let bad = || Error::Corrupt("relocations of an image".into());
    let image = Image::read(&parts.inner).ok_or_else(bad)?;
    if !parts.params.is_empty() || parts.inner.len() > limit {
        return Err(bad());
    }
    let mut decoder = Decoder::new(&parts.compressed);
    let mut entries = candidates::relocated(&parts.inner, &image, |probability, _| {
        decoder.decode(probability) == 1
    });
    let mut reader = Reader::new(&parts.side);
    let mut last = 0u32;
    while !reader.is_empty() {
        let distance = u32::try_from(reader.varint()?).map_err(|_| bad())?;
        last = last.checked_add(distance).ok_or_else(bad)?;
        entries.push(last);
    }
    entries.sort_unstable();
    let mut out = parts.inner;
    list::write(&entries, image.wide, limit, &mut out).ok_or_else(bad)?;
    Ok(out)
}

#[cfg(test)]
pub(crate) mod tests;
