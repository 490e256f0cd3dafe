//! Files with holes: stored content to places in the file.

use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;

use crate::container::{Entry, Extent};
use crate::error::Result;

/// The stretch of `extents` that holds byte `at` of the stored content, and where in it that byte is.
fn place(extents: &[Extent], mut at: u64) -> Option<(usize, u64)> {
    for (number, extent) in extents.iter().enumerate() {
        if at < extent.length {
            return Some((number, at));
        }
        at -= extent.length;
    }
    None
}

/// Writes stored bytes from `at` on to where they belong in `file`.
///
/// # Errors
/// Writing fails.
pub fn write_at(file: &mut File, entry: &Entry, mut at: u64, mut bytes: &[u8]) -> Result<()> {
    let Some(extents) = &entry.extents else {
        file.write_all_at(bytes, at)?;
        return Ok(());
    };
    while let Some((number, inside)) = place(extents, at).filter(|_| !bytes.is_empty()) {
        let extent = extents[number];
        let step = bytes.len().min((extent.length - inside) as usize);
        file.write_all_at(&bytes[..step], extent.offset + inside)?;
        bytes = &bytes[step..];
        at += step as u64;
    }
    Ok(())
}

/// Gives a file with holes its length.
///
/// # Errors
/// The file system cannot hold such a file.
pub fn finish(file: &File, entry: &Entry) -> Result<()> {
    if entry.extents.is_some() {
        file.set_len(entry.size)?;
    }
    Ok(())
}

/// Writes stored bytes from `at` on to a stream, with zeros for the holes before them, and behind the
/// `last` ones.
///
/// # Errors
/// Writing fails.
pub fn write_through(out: &mut dyn Write, entry: &Entry, mut at: u64, mut bytes: &[u8], last: bool) -> Result<()> {
    let Some(extents) = &entry.extents else {
        out.write_all(bytes)?;
        return Ok(());
    };
    while let Some((number, inside)) = place(extents, at).filter(|_| !bytes.is_empty()) {
        let extent = extents[number];
        if inside == 0 {
            let end = number.checked_sub(1).map_or(0, |before| extents[before].offset + extents[before].length);
            zeros(out, extent.offset - end)?;
        }
        let step = bytes.len().min((extent.length - inside) as usize);
        out.write_all(&bytes[..step])?;
        bytes = &bytes[step..];
        at += step as u64;
    }
    if last {
        let end = extents.last().map_or(0, |extent| extent.offset + extent.length);
        zeros(out, entry.size - end)?;
    }
    Ok(())
}

fn zeros(out: &mut dyn Write, length: u64) -> io::Result<()> {
    io::copy(&mut io::Read::take(io::repeat(0), length), out).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_come_back() {
        let extents = vec![Extent { offset: 3, length: 2 }, Extent { offset: 7, length: 3 }];
        let entry = Entry { size: 12, extents: Some(extents), ..Entry::default() };
        let expected = b"\0\0\0AB\0\0CDE\0\0";
        for cut in 0..=5 {
            let (one, two) = b"ABCDE".split_at(cut);
            let mut out = Vec::new();
            write_through(&mut out, &entry, 0, one, false).unwrap();
            write_through(&mut out, &entry, cut as u64, two, true).unwrap();
            assert_eq!(out, expected);
            let mut file = tempfile::tempfile().unwrap();
            write_at(&mut file, &entry, 0, one).unwrap();
            write_at(&mut file, &entry, cut as u64, two).unwrap();
            finish(&file, &entry).unwrap();
            let mut found = [0; 12];
            file.read_exact_at(&mut found, 0).unwrap();
            assert_eq!(&found, expected);
        }
    }
}
