//! The base relocations of a Windows image, left out: the image itself says where addresses are.
//!
//! The list names every place that holds an absolute address, so that the loader can move the
//! image. Those places can be told by their content, see `places`; what remains is a few
//! exceptions. Stretches of the file:
//!
//! - the headers and sections before the list: the inner bytes;
//! - the list, or as much of it as is laid out the way linkers do: left out.
//!
//! Idea: the image compressors of the 1990s, and Google's Courgette, derive relocations from
//! disassembly.

mod list;
mod places;

use super::Parts;
use crate::coder::{Decoder, Encoder};
use crate::error::{Error, Result};
use crate::formats::pe::Image;
use crate::varint::{self, Reader};

/// The stored id.
pub const ID: u8 = 6;

/// Shorter lists are not worth a transform's entry.
const MIN_ENTRIES: usize = 32;

/// Leaves out the relocations of `image`, which starts `bytes`. Gives the parts and how many bytes
/// they stand for: all up to the end of the list. `None` where there are none in `bytes`, or too
/// many exceptions.
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
    let found = places::relocated(inner, image, |probability, rva| {
        while listed.next_if(|&entry| entry < rva).is_some() {}
        let is_relocated = listed.peek() == Some(&rva);
        encoder.encode(u32::from(is_relocated), probability);
        is_relocated
    });
    let packed = encoder.finish();
    let side = missing(&entries, &found);
    // A list costs about half a byte an entry where it is coded.
    if packed.len() + side.len() > entries.len() / 4 {
        return None;
    }
    let parts = Parts { id: ID, params: Vec::new(), side, packed, inner: inner.to_vec() };
    let end = directory.start + len;
    super::restores(&parts, &bytes[..end]).then_some((parts, end))
}

/// The entries that are not among the places `found`, each as its distance from the one before it.
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
/// [`Error::Corrupt`] where the inner bytes are no image or the exceptions do not fit, or for a
/// result above `limit`.
pub fn inverse(parts: Parts, limit: usize) -> Result<Vec<u8>> {
    let bad = || Error::Corrupt("relocations of an image".into());
    let image = Image::read(&parts.inner).ok_or_else(bad)?;
    if !parts.params.is_empty() || parts.inner.len() > limit {
        return Err(bad());
    }
    let mut decoder = Decoder::new(&parts.packed);
    let mut entries =
        places::relocated(&parts.inner, &image, |probability, _| decoder.decode(probability) == 1);
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
