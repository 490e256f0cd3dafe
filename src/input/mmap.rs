//! The only memory map of the crate.
//!
//! A map of a file that someone else may change is a risk: bytes can differ from one look to the
//! next, and reading past a new end raises SIGBUS. So bytes are never modelled in the map: each
//! block is copied out of it once, and the file's length is asked for right before and after each
//! step of that copy. What remains is a window of microseconds per step.

#![allow(unsafe_code)]

use std::fs::File;

use memmap2::{Mmap, MmapOptions};

use crate::error::{Error, Result};

/// Bytes copied between two looks at the file's length.
const STEP: usize = 1 << 20;

/// A regular file mapped for reading.
pub struct MappedFile {
    map: Mmap,
}

impl MappedFile {
    /// Maps the first `length` bytes of `file`.
    ///
    /// # Errors
    /// The system cannot map this file; it may still be readable.
    pub fn new(file: &File, length: u64) -> std::io::Result<Self> {
        let length = usize::try_from(length).map_err(|_| std::io::ErrorKind::FileTooLarge)?;
        // SAFETY: the map is private to this struct, which hands out copies only, never a
        // reference into it. A change by others can thus alter copied bytes, not break a
        // reference; `copy` looks for a shrunken file before it reads.
        let map = unsafe { MmapOptions::new().len(length).map(file)? };
        #[cfg(unix)]
        let _ = map.advise(memmap2::Advice::Sequential); // a hint; nothing depends on it
        Ok(MappedFile { map })
    }

    /// Fills `block` with the bytes from `offset` on.
    ///
    /// # Errors
    /// `file`, the one that was mapped, is shorter now than when it was.
    pub fn copy(&self, file: &File, offset: u64, block: &mut [u8]) -> Result<()> {
        let mut place = offset as usize;
        for step in block.chunks_mut(STEP) {
            self.check_length(file)?;
            step.copy_from_slice(&self.map[place..place + step.len()]);
            self.forget(place, step.len());
            place += step.len();
        }
        self.check_length(file)
    }

    /// Gives back the pages that were copied: they would count as memory of this process, and a long file
    /// has more of them than there is memory.
    fn forget(&self, place: usize, length: usize) {
        // SAFETY: the map is read-only and of a file, so a page that is needed again is read again; and no
        // reference into it is alive.
        #[cfg(unix)]
        let _ = unsafe { self.map.unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, place, length) };
        #[cfg(not(unix))]
        let _ = (place, length);
    }

    fn check_length(&self, file: &File) -> Result<()> {
        if file.metadata()?.len() < self.map.len() as u64 {
            return Err(Error::Io(std::io::Error::other("the file shrank while it was being read; try again when it rests")));
        }
        Ok(())
    }
}
