//! A temporary file for contents that are written to a stream several times, so that each is
//! decoded only once.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};

use super::chunks::Chunk;
use super::sparse::Placement;
use crate::container::Entry;
use crate::error::Result;

/// Length in bytes of one read.
const READ_BACK_LEN: usize = 1 << 18;

/// The stored contents of files that have copies. Without copies no temporary file is made.
pub struct Spool {
    /// Offset in `file` of the content of each file that has copies. Files are identified by their
    /// indices among the wanted entries. `None` before the first chunk.
    starts: HashMap<usize, Option<u64>>,
    file: Option<File>,
    end: u64,
}

impl Spool {
    /// A spool for `copies`: pairs of the index of a copy and the index of the file that it equals.
    ///
    /// # Errors
    /// No temporary file can be made.
    pub fn of(copies: &[(usize, usize)]) -> Result<Self> {
        let file = if copies.is_empty() { None } else { Some(tempfile::tempfile()?) };
        Ok(Spool { starts: copies.iter().map(|&(_, first)| (first, None)).collect(), file, end: 0 })
    }

    /// Saves a chunk if copies of its file exist. All chunks of a file must come before those of
    /// the next file.
    ///
    /// # Errors
    /// The temporary file cannot be written.
    pub fn keep(&mut self, chunk: &Chunk<'_>) -> Result<()> {
        let (Some(file), Some(start)) = (&mut self.file, self.starts.get_mut(&chunk.entry)) else {
            return Ok(());
        };
        start.get_or_insert(self.end);
        file.write_all(chunk.bytes)?;
        self.end += chunk.bytes.len() as u64;
        Ok(())
    }

    /// Writes the content of file `first` to `out`, with the holes of its copy `entry`.
    ///
    /// # Errors
    /// The temporary file cannot be read, or `out` cannot be written.
    pub fn write(&mut self, first: usize, entry: &Entry, out: &mut dyn Write) -> Result<()> {
        let (Some(file), Some(Some(start))) = (&mut self.file, self.starts.get(&first)) else {
            return Ok(());
        };
        file.seek(SeekFrom::Start(*start))?;
        let mut placement = Placement::default();
        let mut left = entry.stored_len();
        let mut buffer = vec![0; left.min(READ_BACK_LEN as u64) as usize];
        loop {
            let step = left.min(buffer.len() as u64) as usize;
            file.read_exact(&mut buffer[..step])?;
            left -= step as u64;
            placement.write_through(out, entry, &buffer[..step], left == 0)?;
            if left == 0 {
                return Ok(());
            }
        }
    }
}
