//! Input from a file: mapped if it can be, read if not.

use std::fs::{File, Metadata};
use std::os::unix::fs::FileExt;

use super::mmap::MappedFile;
use super::{BlockSource, StreamSource};
use crate::container::fields::reserve;
use crate::error::{Error, Result};

/// Files below this size are read: a map costs more than it saves.
const MAP_FROM: u64 = 1 << 20;

/// Blocks from a file.
pub struct FileSource {
    file: File,
    before: Metadata,
    way: Way,
    offset: u64,
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
        Ok(FileSource { file, before, way, offset: 0 })
    }

    /// Length of the file, where it is known.
    #[must_use]
    pub fn len(&self) -> Option<u64> {
        if matches!(self.way, Way::Stream(_)) { None } else { Some(self.before.len()) }
    }

    /// An error if the file is no longer the one that was opened.
    fn check_unchanged(&self) -> Result<()> {
        let now = self.file.metadata()?;
        if now.len() == self.before.len() && now.modified().ok() == self.before.modified().ok() {
            return Ok(());
        }
        Err(Error::Io(std::io::Error::other("the file changed while it was being read; try again when it rests")))
    }
}

impl BlockSource for FileSource {
    fn next_block(&mut self, size: usize) -> Result<Option<Vec<u8>>> {
        if let Way::Stream(stream) = &mut self.way {
            return stream.next_block(size);
        }
        let length = (self.before.len() - self.offset).min(size as u64) as usize;
        if length == 0 {
            self.check_unchanged()?;
            return Ok(None);
        }
        let mut block = Vec::new();
        reserve(&mut block, length)?;
        block.resize(length, 0);
        match &self.way {
            Way::Mapped(map) => map.copy(&self.file, self.offset, &mut block)?,
            _ => self.file.read_exact_at(&mut block, self.offset).map_err(|error| match error.kind() {
                std::io::ErrorKind::UnexpectedEof => {
                    std::io::Error::other("the file shrank while it was being read; try again when it rests")
                }
                _ => error,
            })?,
        }
        self.offset += length as u64;
        Ok(Some(block))
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
