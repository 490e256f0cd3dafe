//! Input from a file, read at places: never mapped, since a map of a file that shrinks ends the
//! process with SIGBUS.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::FileExt;

use super::holes::data_extents;
use super::{BlockSource, StreamSource};
use crate::container::Extent;
use crate::container::fields::reserve;
use crate::error::{Error, Result};

/// Blocks from a file: the bytes that it had when it was opened. Of a file that shrinks meanwhile
/// they are those that are still there, of one that grows those of its first length.
/// [`super::Original`] tells whether that happened.
pub struct FileSource {
    file: File,
    before: Metadata,
    /// Devices, pipes and the files of /proc, whose size says nothing, are read from start to end.
    stream: Option<StreamSource<File>>,
    /// What is left to read, the next stretch last.
    left: Vec<Segment>,
    /// Why reading stopped, until it is said.
    failed: Option<io::Error>,
}

/// A part of the file.
struct Segment {
    extent: Extent,
    /// Zeros that take no place on the disk: there is nothing to read.
    is_hole: bool,
}

/// All of a file of `length` bytes, last stretch first, when `data` is all that is no hole.
fn segments(length: u64, data: &[Extent]) -> Vec<Segment> {
    let mut all = Vec::with_capacity(2 * data.len() + 1);
    let mut done = 0;
    for &extent in data {
        all.push(Segment {
            extent: Extent { offset: done, length: extent.offset - done },
            is_hole: true,
        });
        all.push(Segment { extent, is_hole: false });
        done = extent.offset + extent.length;
    }
    all.push(Segment { extent: Extent { offset: done, length: length - done }, is_hole: true });
    all.retain(|segment| segment.extent.length > 0);
    all.reverse();
    all
}

impl FileSource {
    /// Blocks from `file`, from its start.
    ///
    /// # Errors
    /// The file is a directory, or the system gives no information about it.
    pub fn new(file: File) -> Result<Self> {
        let before = file.metadata()?;
        if before.is_dir() {
            return Err(Error::Io(io::ErrorKind::IsADirectory.into()));
        }
        let is_stream = !before.is_file() || before.len() == 0;
        let stream = if is_stream { Some(StreamSource::new(file.try_clone()?)) } else { None };
        let whole = vec![Extent { offset: 0, length: before.len() }];
        let left = segments(before.len(), &data_extents(&file, before.len())?.unwrap_or(whole));
        Ok(FileSource { file, before, stream, left, failed: None })
    }

    /// Blocks from the `extents` of the regular `file`, joined, and nothing else whatever its
    /// length is by now. Holes are passed over.
    ///
    /// # Errors
    /// The system gives no information about the file.
    pub fn with_extents(file: File, extents: &[Extent]) -> Result<Self> {
        let before = file.metadata()?;
        let left = extents.iter().rev().map(|&extent| Segment { extent, is_hole: false }).collect();
        Ok(FileSource { file, before, stream: None, left, failed: None })
    }

    /// Length of the file in bytes, where it is known.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        if self.stream.is_some() { None } else { Some(self.before.len()) }
    }

    /// Fills `part` from `offset` on, as far as the file goes. Returns how many bytes that are.
    fn read(&self, offset: u64, part: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < part.len() {
            match self.file.read_at(&mut part[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // What was read is used first.
                Err(_) if filled > 0 => break,
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    /// How far into a hole the file still goes: it may have been cut since.
    fn hole(&self, extent: Extent, step: u64) -> io::Result<u64> {
        Ok(self.file.metadata()?.len().saturating_sub(extent.offset).min(step))
    }
}

impl BlockSource for FileSource {
    fn next_block(&mut self, size: usize) -> Result<Option<Vec<u8>>> {
        if let Some(stream) = &mut self.stream {
            return stream.next_block(size);
        }
        if let Some(error) = self.failed.take() {
            return Err(error.into());
        }
        let total: u64 = self.left.iter().map(|segment| segment.extent.length).sum();
        let length = total.min(size as u64) as usize;
        let mut block = Vec::new();
        reserve(&mut block, length)?;
        block.resize(length, 0);
        let mut filled = 0;
        while filled < length {
            let Some(Segment { extent, is_hole }) = self.left.pop() else { break };
            let step = extent.length.min((length - filled) as u64);
            let part = &mut block[filled..filled + step as usize];
            let read = if is_hole {
                self.hole(extent, step)
            } else {
                self.read(extent.offset, part).map(|read| read as u64)
            };
            let read = read.unwrap_or_else(|error| {
                self.failed = Some(error);
                0
            });
            filled += read as usize;
            if read < step {
                // The file ends here now, or cannot be read any further.
                self.left.clear();
                break;
            }
            let extent = Extent { offset: extent.offset + step, length: extent.length - step };
            if extent.length > 0 {
                self.left.push(Segment { extent, is_hole });
            }
        }
        block.truncate(filled);
        match self.failed.take_if(|_| filled == 0) {
            Some(error) => Err(error.into()),
            None => Ok(if filled == 0 { None } else { Some(block) }),
        }
    }
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
    fn files_come_back_in_blocks() {
        for length in [0, 1, 1000, 3_000_001] {
            let content: Vec<u8> = (0..length).map(|index| (index / 7) as u8).collect();
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
        // What lies behind the end is not there.
        let mut source =
            FileSource::with_extents(file, &[Extent { offset: 9, length: 2 }]).unwrap();
        assert_eq!(read_all(&mut source, 100).unwrap(), b"9");
    }

    /// An entry says how long its content is before the content is read: a file that grew in
    /// between gives no more.
    #[test]
    fn a_file_that_is_longer_by_now_gives_no_more_than_its_extents() {
        for before in [0, 10] {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&b"0123456789"[..before]).unwrap();
            let extents = [Extent { offset: 0, length: before as u64 }];
            file.write_all(b"more").unwrap();
            let mut source = FileSource::with_extents(file, &extents).unwrap();
            assert_eq!(read_all(&mut source, 4).unwrap().len(), before);
        }
        let file = tempfile::tempfile().unwrap();
        file.set_len(1 << 20).unwrap();
        let length = 1 << 20;
        file.set_len(2 << 20).unwrap();
        file.write_all_at(b"data", (2 << 20) - 4).unwrap();
        assert!(data_extents(&file, length).unwrap().is_none_or(|extents| extents.is_empty()));
    }

    #[test]
    fn holes_are_zeros() {
        let file = tempfile::tempfile().unwrap();
        let mut expected = vec![0; 3 << 20];
        for index in [0, 5000, 1 << 20, (3 << 20) - 100] {
            expected[index..index + 100].fill(7);
            file.write_all_at(&[7; 100], index as u64).unwrap();
        }
        for size in [1000, 1 << 20, 1 << 24] {
            assert!(
                read_all(&mut FileSource::new(file.try_clone().unwrap()).unwrap(), size).unwrap()
                    == expected
            );
        }
    }

    #[test]
    fn of_a_file_that_shrinks_or_grows_comes_what_it_had_and_has() {
        for length in [5_000u64, 5_000_000] {
            for new_length in [length / 2, length * 2] {
                for is_hole in [false, true] {
                    let mut file = tempfile::tempfile().unwrap();
                    file.set_len(length).unwrap();
                    if !is_hole {
                        file.write_all(&vec![0; length as usize]).unwrap();
                    }
                    let mut source = FileSource::new(file.try_clone().unwrap()).unwrap();
                    source.next_block(1000).unwrap();
                    file.set_len(new_length).unwrap();
                    let rest = read_all(&mut source, 1 << 20).unwrap();
                    assert_eq!(rest.len() as u64, length.min(new_length) - 1000);
                }
            }
        }
    }
}
