//! Input from a file, read at offsets. The file is not mapped: if a mapped file shrinks, a signal
//! (SIGBUS) ends the process.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::FileExt;

use super::holes::data_extents;
use super::{BlockSource, StreamSource};
use crate::container::Extent;
use crate::container::fields::reserve;
use crate::error::{Error, Result};

/// Gives blocks of the bytes that a file had when it was opened. If the file grows, the new bytes
/// are not read. If it shrinks, only the bytes that are left are read. [`super::Original`] tells
/// whether the file changed.
pub struct FileSource {
    file: File,
    before: Metadata,
    /// Reader for devices, pipes and files of /proc. The system does not know their lengths.
    stream: Option<StreamSource<File>>,
    /// The segments that are still to be read, the next one last.
    left: Vec<Segment>,
    /// The error that ended the reading, until it is returned.
    failed: Option<io::Error>,
}

/// A range of the file that is either data or a hole.
struct Segment {
    extent: Extent,
    /// Holes are not read: their bytes are zeros.
    is_hole: bool,
}

/// The segments of a file of `length` bytes whose data are in the extents `data`; the last segment
/// comes first.
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
    /// A source for the whole of `file`.
    ///
    /// # Errors
    /// `file` is a directory, or the system gives no information about it.
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

    /// A source for the `extents` of the regular `file`, joined. Holes between them and bytes after
    /// them are not read, whatever length the file has by now.
    ///
    /// # Errors
    /// The system gives no information about `file`.
    pub fn with_extents(file: File, extents: &[Extent]) -> Result<Self> {
        let before = file.metadata()?;
        let left = extents.iter().rev().map(|&extent| Segment { extent, is_hole: false }).collect();
        Ok(FileSource { file, before, stream: None, left, failed: None })
    }

    /// Length of the file in bytes; `None` for a device, a pipe or a file of /proc.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        if self.stream.is_some() { None } else { Some(self.before.len()) }
    }

    /// Fills `part` with the bytes from `offset` on, as far as the file goes. Returns how many
    /// bytes were read.
    fn read(&self, offset: u64, part: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < part.len() {
            match self.file.read_at(&mut part[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // The bytes read so far are returned first; the next call returns the error.
                Err(_) if filled > 0 => break,
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    /// How many of the next `step` bytes of the hole `extent` are still in the file, which may have
    /// shrunk.
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
                // The file is shorter by now, or an error ended the reading.
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
            // The source reads an empty file as a stream, from the cursor of the handle on.
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
        // Bytes after the end of the file are not there.
        let mut source =
            FileSource::with_extents(file, &[Extent { offset: 9, length: 2 }]).unwrap();
        assert_eq!(read_all(&mut source, 100).unwrap(), b"9");
    }

    /// An entry states the length of its content before the content is read. If the file grows in
    /// between, no more bytes are read.
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
