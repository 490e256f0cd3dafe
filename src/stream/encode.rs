//! Compression of a stream: pulled from a source of blocks, or pushed through [`Write`].

use std::fmt;
use std::io::{self, Write};

use super::Summary;
use super::member_encoder::MemberEncoder;
use crate::container::Metadata;
use crate::container::fields::reserve;
use crate::error::{Error, Result};
use crate::input::BlockSource;
use crate::options::EncodeOptions;

/// Compresses all blocks of `source` and writes an archive to `out`.
///
/// The memory holds at most one block for each thread and one more block. The bytes of the archive
/// do not depend on the number of threads.
///
/// # Errors
/// Reading or writing fails, or memory is short.
pub fn encode_stream(
    source: &mut dyn BlockSource,
    out: &mut dyn Write,
    metadata: Metadata,
    options: &EncodeOptions,
) -> Result<Summary> {
    let mut encoder = MemberEncoder::new(out, metadata, options);
    while let Some(block) = source.next_block(options.level.block_size)? {
        encoder.push(block)?;
    }
    Ok(encoder.finish()?.1)
}

/// A writer that compresses the bytes that are written to it.
///
/// ```
/// use std::io::Write;
///
/// let mut encoder = cmx::Encoder::new(Vec::new(), &cmx::EncodeOptions::default());
/// encoder.write_all(b"some text, some text, some text")?;
/// let archive = encoder.finish()?;
/// assert_eq!(cmx::decompress(&archive)?, b"some text, some text, some text");
/// # Ok::<(), cmx::Error>(())
/// ```
///
/// Without [`Encoder::finish`] the archive has no footer, and a reader refuses it.
pub struct Encoder<W: Write> {
    member: MemberEncoder<W>,
    buffer: Vec<u8>,
    block_size: usize,
}

impl<W: Write> Encoder<W> {
    /// Compresses to `out`.
    pub fn new(out: W, options: &EncodeOptions) -> Self {
        Self::with_metadata(out, Metadata::default(), options)
    }

    /// Compresses to `out` and stores the mode and time of the file.
    pub fn with_metadata(out: W, metadata: Metadata, options: &EncodeOptions) -> Self {
        Encoder {
            member: MemberEncoder::new(out, metadata, options),
            buffer: Vec::new(),
            block_size: options.level.block_size,
        }
    }

    /// The writer that the archive goes to; `None` after an error of [`Write::write`], which loses
    /// the writer. Blocks that are still being coded are not written yet.
    #[must_use]
    pub fn get_ref(&self) -> Option<&W> {
        self.member.get_ref()
    }

    /// Writes the end of the archive and returns the output.
    ///
    /// # Errors
    /// Writing fails, or memory is short.
    pub fn finish(mut self) -> Result<W> {
        if !self.buffer.is_empty() {
            self.member.push(std::mem::take(&mut self.buffer))?;
        }
        Ok(self.member.finish()?.0)
    }
}

impl<W: Write> fmt::Debug for Encoder<W> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Encoder")
            .field("block_size", &self.block_size)
            .field("buffered", &self.buffer.len())
            .finish_non_exhaustive()
    }
}

impl<W: Write> Write for Encoder<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.block_size - self.buffer.len();
        let taken = bytes.len().min(room);
        if self.buffer.capacity() - self.buffer.len() < taken {
            let more = taken.max(self.buffer.len()).min(room);
            reserve(&mut self.buffer, more).map_err(io_error)?;
        }
        self.buffer.extend_from_slice(&bytes[..taken]);
        if self.buffer.len() == self.block_size {
            self.member.push(std::mem::take(&mut self.buffer)).map_err(io_error)?;
        }
        Ok(taken)
    }

    /// Does nothing. A block is coded when it is full, because shorter blocks compress worse.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Converts an error of this crate for traits that return [`std::io::Error`].
pub(super) fn io_error(error: Error) -> io::Error {
    match error {
        Error::Io(error) => error,
        Error::Corrupt(_) | Error::Truncated(_) => {
            io::Error::new(io::ErrorKind::InvalidData, error)
        }
        error => io::Error::other(error),
    }
}
