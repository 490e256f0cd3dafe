//! Contents that an archive holds once and a stream gets more than once: kept in a temporary file,
//! so that they are decoded once whatever they take.

use std::collections::HashMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};

use super::chunks::Chunk;
use super::sparse::Placement;
use crate::container::Entry;
use crate::error::Result;

/// Bytes that are read back at a time.
const READ_BACK_LEN: usize = 1 << 18;

/// The stored contents of those files that others are copies of. Without copies there is no
/// temporary file.
pub struct Spool {
    /// Where in `file` the content of each file begins, by the place of the file among the wanted
    /// ones; `None` until its first piece comes.
    starts: HashMap<usize, Option<u64>>,
    file: Option<File>,
    end: u64,
}

impl Spool {
    /// A spool for `copies`: pairs of a copy and the file that it equals.
    ///
    /// # Errors
    /// No temporary file can be made.
    pub fn of(copies: &[(usize, usize)]) -> Result<Self> {
        let file = if copies.is_empty() { None } else { Some(tempfile::tempfile()?) };
        Ok(Spool { starts: copies.iter().map(|&(_, first)| (first, None)).collect(), file, end: 0 })
    }

    /// Keeps a piece if a copy will ask for it. The pieces of a file come one after the other.
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

    /// Writes the content of the file at place `first` to `out`, with the holes of its copy
    /// `entry`.
    ///
    /// # Errors
    /// The temporary file cannot be read, or `out` not written.
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
