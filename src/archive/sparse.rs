//! Files with holes: the archive stores their extents joined, and extraction writes each extent to
//! its offset.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;

use crate::container::{Entry, Extent};
use crate::error::Result;

/// Follows the stored content of one entry, from the first byte to the last, and computes the
/// offsets in the file. The work is in proportion to the bytes and the extents, however many
/// extents an archive claims.
#[derive(Debug, Default)]
pub struct Placement {
    /// Index of the extent that holds the next stored byte.
    extent: usize,
    /// Bytes of that extent that were written.
    inside: u64,
}

impl Placement {
    /// Cuts the next stored `bytes` at the ends of extents. Calls `write` for each part with its
    /// offset in the file. The first part of an extent comes with the end of the extent before.
    fn split(
        &mut self,
        extents: &[Extent],
        mut bytes: &[u8],
        mut write: impl FnMut(u64, Option<u64>, &[u8]) -> io::Result<()>,
    ) -> io::Result<()> {
        while let Some(extent) = extents.get(self.extent).filter(|_| !bytes.is_empty()) {
            let step =
                bytes.len().min(usize::try_from(extent.length - self.inside).unwrap_or(usize::MAX));
            let (part, rest) = bytes.split_at(step);
            let end_before = self
                .extent
                .checked_sub(1)
                .map_or(0, |before| extents[before].offset + extents[before].length);
            write(extent.offset + self.inside, (self.inside == 0).then_some(end_before), part)?;
            bytes = rest;
            self.inside += step as u64;
            if self.inside == extent.length {
                (self.extent, self.inside) = (self.extent + 1, 0);
            }
        }
        Ok(())
    }

    /// Writes the next stored `bytes` of `entry` to their offsets in `file`. `at` is the offset of
    /// the first of them in the stored content.
    ///
    /// # Errors
    /// Writing fails.
    pub fn write_at(
        &mut self,
        file: &File,
        entry: &Entry,
        at: u64,
        bytes: &[u8],
    ) -> io::Result<()> {
        match &entry.extents {
            None => file.write_all_at(bytes, at),
            Some(extents) => {
                self.split(extents, bytes, |offset, _, part| file.write_all_at(part, offset))
            }
        }
    }

    /// Writes the next stored `bytes` of `entry` to `out`, with zeros for the holes before them;
    /// also for the hole after them if they are the `last` ones.
    ///
    /// # Errors
    /// Writing fails.
    pub fn write_through(
        &mut self,
        out: &mut dyn Write,
        entry: &Entry,
        bytes: &[u8],
        last: bool,
    ) -> Result<()> {
        let Some(extents) = &entry.extents else {
            out.write_all(bytes)?;
            return Ok(());
        };
        self.split(extents, bytes, |offset, end_before, part| {
            end_before.map_or(Ok(()), |end| zeros(out, offset - end))?;
            out.write_all(part)
        })?;
        if last {
            let end = extents.last().map_or(0, |extent| extent.offset + extent.length);
            zeros(out, entry.size - end)?;
        }
        Ok(())
    }
}

/// Copies the content of `entry` from one extracted file to another, without filling the holes.
///
/// # Errors
/// Reading or writing fails.
pub fn copy(mut from: &File, mut to: &File, entry: &Entry) -> Result<()> {
    let Some(extents) = &entry.extents else {
        from.seek(SeekFrom::Start(0))?;
        io::copy(&mut from, &mut to)?;
        return Ok(());
    };
    for extent in extents {
        from.seek(SeekFrom::Start(extent.offset))?;
        to.seek(SeekFrom::Start(extent.offset))?;
        io::copy(&mut Read::by_ref(&mut from).take(extent.length), &mut to)?;
    }
    finish(to, entry)
}

/// Sets the length of a file with holes, since the file may end in one.
///
/// # Errors
/// The file system cannot hold such a file.
pub fn finish(file: &File, entry: &Entry) -> Result<()> {
    if entry.extents.is_some() {
        file.set_len(entry.size)?;
    }
    Ok(())
}

fn zeros(out: &mut dyn Write, length: u64) -> io::Result<()> {
    io::copy(&mut io::repeat(0).take(length), out).map(drop)
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
            let (mut out, mut placement) = (Vec::new(), Placement::default());
            placement.write_through(&mut out, &entry, one, false).unwrap();
            placement.write_through(&mut out, &entry, two, true).unwrap();
            assert_eq!(out, expected);
            let (file, mut placement) = (tempfile::tempfile().unwrap(), Placement::default());
            placement.write_at(&file, &entry, 0, one).unwrap();
            placement.write_at(&file, &entry, cut as u64, two).unwrap();
            finish(&file, &entry).unwrap();
            let mut found = [0; 12];
            file.read_exact_at(&mut found, 0).unwrap();
            assert_eq!(&found, expected);
        }
    }
}
