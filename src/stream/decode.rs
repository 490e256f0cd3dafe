//! Decompression of a stream without seeking: pushed into a writer, or pulled through [`Read`].

use std::fmt;
use std::io::{self, Read, Write};

use super::Summary;
use super::encode::io_error;
use super::members::Members;
use crate::error::Result;
use crate::options::DecodeOptions;

/// Decompresses the archive `input` and writes its content to `out`. The contents of several
/// members are joined.
///
/// # Errors
/// The archive is damaged, needs a newer version, exceeds a limit, or holds named entries; or
/// reading or writing fails. Bytes that were written before an error may be wrong.
pub fn decode_stream(
    input: impl Read,
    out: &mut dyn Write,
    options: &DecodeOptions,
) -> Result<Summary> {
    let mut members = Members::new(input, options);
    while let Some(block) = members.next_block()? {
        out.write_all(&block)?;
    }
    Ok(members.into_summary())
}

/// A reader that decompresses an archive with [`Read`].
///
/// ```
/// use std::io::Read;
///
/// let archive = cmx::compress(b"some text")?;
/// let mut text = String::new();
/// cmx::Decoder::new(&archive[..], &cmx::DecodeOptions::default()).read_to_string(&mut text)?;
/// assert_eq!(text, "some text");
/// # Ok::<(), cmx::Error>(())
/// ```
pub struct Decoder<R: Read> {
    members: Members<R>,
    block: Vec<u8>,
    offset: usize,
}

impl<R: Read> Decoder<R> {
    /// Decompresses `input`, which need not be buffered.
    pub fn new(input: R, options: &DecodeOptions) -> Self {
        Decoder { members: Members::new(input, options), block: Vec::new(), offset: 0 }
    }

    /// The input. The decoder reads ahead, so the position of the input is after the decoded bytes.
    #[must_use]
    pub fn get_ref(&self) -> &R {
        self.members.fields.get_ref().get_ref()
    }

    /// Gives back the input. What the decoder has read ahead is lost.
    #[must_use]
    pub fn into_inner(self) -> R {
        self.members.fields.into_inner().into_inner()
    }
}

impl<R: Read> fmt::Debug for Decoder<R> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Decoder")
            .field("offset", &self.members.fields.offset())
            .field("decoded", &self.members.summary.raw)
            .finish_non_exhaustive()
    }
}

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.offset == self.block.len() && !buffer.is_empty() {
            let Some(block) = self.members.next_block().map_err(io_error)? else { return Ok(0) };
            self.block = block;
            self.offset = 0;
        }
        let length = buffer.len().min(self.block.len() - self.offset);
        buffer[..length].copy_from_slice(&self.block[self.offset..self.offset + length]);
        self.offset += length;
        Ok(length)
    }
}
