//! Input from a file: mapped if it can be, read if not.

use std::fs::{File, Metadata};
use std::os::unix::fs::FileExt;

use super::holes::data_extents;
use super::mmap::MappedFile;
use super::{BlockSource, StreamSource};
use crate::container::Extent;
use crate::container::fields::reserve;
use crate::error::{Error, Result};

/// Files below this size are read: a map costs more than it saves.
const MAP_FROM: u64 = 1 << 20;

/// Blocks from a file.
pub struct FileSource {
    file: File,
    before: Metadata,
    way: Way,
    /// What is left to read, the next stretch last.
    left: Vec<Stretch>,
}

/// A part of the file.
struct Stretch {
    extent: Extent,
    /// Zeros that take no place on the disk: there is nothing to read.
    is_hole: bool,
}

/// All of a file of `length` bytes, last stretch first, when `data` is all that is no hole.
fn stretches(length: u64, data: &[Extent]) -> Vec<Stretch> {
    let mut all = Vec::with_capacity(2 * data.len() + 1);
    let mut done = 0;
    for &extent in data {
        all.push(Stretch { extent: Extent { offset: done, length: extent.offset - done }, is_hole: true });
        all.push(Stretch { extent, is_hole: false });
        done = extent.offset + extent.length;
    }
    all.push(Stretch { extent: Extent { offset: done, length: length - done }, is_hole: true });
    all.retain(|stretch| stretch.extent.length > 0);
    all.reverse();
    all
}

enum Way {
    Mapped(MappedFile),
    Positioned,
    /// Devices, pipes and the files of /proc, whose size says nothing.
    Stream(StreamSource<File>),
}

impl FileSource {
    /// Blocks from `file`, from its start.
    ///
    /// # Errors
    /// The file is a directory, or the system gives no information about it.
    pub fn new(file: File) -> Result<Self> {
        let before = file.metadata()?;
        if before.is_dir() {
            return Err(Error::Io(std::io::ErrorKind::IsADirectory.into()));
        }
        let way = if !before.is_file() || before.len() == 0 {
            Way::Stream(StreamSource::new(file.try_clone()?))
        } else if before.len() >= MAP_FROM {
            MappedFile::new(&file, before.len()).map_or(Way::Positioned, Way::Mapped)
        } else {
            Way::Positioned
        };
        let whole = vec![Extent { offset: 0, length: before.len() }];
        let left = stretches(before.len(), &data_extents(&file)?.unwrap_or(whole));
        Ok(FileSource { file, before, way, left })
    }

    /// Blocks from the stretches of `file` that hold data, joined. Holes are passed over.
    ///
    /// # Errors
    /// As [`FileSource::new`], or a stretch is not inside the file.
    pub fn with_extents(file: File, extents: &[Extent]) -> Result<Self> {
        let mut source = Self::new(file)?;
        source.left = extents.iter().rev().map(|&extent| Stretch { extent, is_hole: false }).collect();
        if extents.iter().any(|extent| extent.offset.saturating_add(extent.length) > source.before.len()) {
            return Err(changed());
        }
        Ok(source)
    }

    /// Length of the file, where it is known.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        if matches!(self.way, Way::Stream(_)) { None } else { Some(self.before.len()) }
    }

    /// An error if the file is no longer the one that was opened.
    fn check_unchanged(&self) -> Result<()> {
        let now = self.file.metadata()?;
        if now.len() == self.before.len() && now.modified().ok() == self.before.modified().ok() {
            return Ok(());
        }
        Err(changed())
    }

    fn copy(&self, offset: u64, part: &mut [u8]) -> Result<()> {
        if let Way::Mapped(map) = &self.way {
            return map.copy(&self.file, offset, part);
        }
        self.file.read_exact_at(part, offset).map_err(|error| match error.kind() {
            std::io::ErrorKind::UnexpectedEof => changed(),
            _ => Error::Io(error),
        })
    }
}

impl BlockSource for FileSource {
    fn next_block(&mut self, size: usize) -> Result<Option<Vec<u8>>> {
        if let Way::Stream(stream) = &mut self.way {
            return stream.next_block(size);
        }
        let total: u64 = self.left.iter().map(|stretch| stretch.extent.length).sum();
        let length = total.min(size as u64) as usize;
        if length == 0 {
            self.check_unchanged()?;
            return Ok(None);
        }
        let mut block = Vec::new();
        reserve(&mut block, length)?;
        block.resize(length, 0);
        let mut filled = 0;
        while filled < length {
            let Some(Stretch { extent, is_hole }) = self.left.pop() else { break };
            let step = extent.length.min((length - filled) as u64);
            if !is_hole {
                self.copy(extent.offset, &mut block[filled..filled + step as usize])?;
            }
            filled += step as usize;
            let extent = Extent { offset: extent.offset + step, length: extent.length - step };
            if extent.length > 0 {
                self.left.push(Stretch { extent, is_hole });
            }
        }
        Ok(Some(block))
    }
}

fn changed() -> Error {
    Error::Io(std::io::Error::other("the file changed while it was being read; try again when it rests"))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn read_all(source: &mut FileSource, size: usize) -> Result<Vec<u8>> {
        let mut all = Vec::new();
        while let Some(block) = source.next_block(size)? {
            all.extend_from_slice(&block);
        }
        Ok(all)
    }

    #[test]
    fn mapped_and_read_files_give_the_same() {
        for length in [0, 1, 1000, MAP_FROM as usize, 3_000_001] {
            let content: Vec<u8> = (0..length).map(|place| (place / 7) as u8).collect();
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&content).unwrap();
            let mut source = FileSource::new(file).unwrap();
            // An empty file is read as a stream from where the handle stands.
            assert_eq!(read_all(&mut source, 1_000_000).unwrap(), content);
        }
    }

    #[test]
    fn only_the_stretches_are_read() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"0123456789").unwrap();
        let extents = [Extent { offset: 1, length: 2 }, Extent { offset: 5, length: 4 }];
        for size in [1, 3, 100] {
            let mut source = FileSource::with_extents(file.try_clone().unwrap(), &extents).unwrap();
            assert_eq!(read_all(&mut source, size).unwrap(), b"125678");
        }
        assert!(FileSource::with_extents(file, &[Extent { offset: 9, length: 2 }]).is_err());
    }

    #[test]
    fn holes_are_zeros() {
        let file = tempfile::tempfile().unwrap();
        let mut expected = vec![0; 3 << 20];
        for place in [0, 5000, 1 << 20, (3 << 20) - 100] {
            expected[place..place + 100].fill(7);
            file.write_all_at(&[7; 100], place as u64).unwrap();
        }
        for size in [1000, 1 << 20, 1 << 24] {
            assert!(read_all(&mut FileSource::new(file.try_clone().unwrap()).unwrap(), size).unwrap() == expected);
        }
    }

    #[test]
    fn a_file_that_shrinks_or_grows_is_an_error() {
        for length in [5_000u64, 5_000_000] {
            for new_length in [length / 2, length * 2] {
                let file = tempfile::tempfile().unwrap();
                file.set_len(length).unwrap();
                let mut source = FileSource::new(file.try_clone().unwrap()).unwrap();
                source.next_block(1000).unwrap();
                file.set_len(new_length).unwrap();
                let text = read_all(&mut source, 1 << 20).unwrap_err().to_string();
                assert!(text.contains("while it was being read"), "{text}");
            }
        }
    }
}
