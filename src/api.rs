//! The two functions for data that is in memory.

use crate::container::Metadata;
use crate::error::Result;
use crate::input::StreamSource;
use crate::options::{DecodeOptions, EncodeOptions};
use crate::stream::{decode_stream, encode_stream};

/// Compresses `data` at the default level.
///
/// ```
/// let text = b"the cat sat on the mat, the cat sat on the mat";
/// let archive = cmx::compress(text)?;
/// assert_eq!(cmx::decompress(&archive)?, text);
/// # Ok::<(), cmx::Error>(())
/// ```
///
/// # Errors
/// Memory is short.
pub fn compress(data: &[u8]) -> Result<Vec<u8>> {
    compress_with(data, &EncodeOptions::default())
}

/// Compresses `data` as `options` say.
///
/// # Errors
/// Memory is short.
pub fn compress_with(data: &[u8], options: &EncodeOptions) -> Result<Vec<u8>> {
    let mut archive = Vec::new();
    encode_stream(&mut StreamSource::new(data), &mut archive, Metadata::default(), options)?;
    Ok(archive)
}

/// Decompresses `archive`, with the default limits.
///
/// # Errors
/// The archive is damaged, holds named files, needs a newer version, or passes a limit.
pub fn decompress(archive: &[u8]) -> Result<Vec<u8>> {
    decompress_with(archive, &DecodeOptions::default())
}

/// Decompresses `archive` as `options` say. From a source you do not trust, set
/// [`DecodeOptions::max_output`].
///
/// # Errors
/// The archive is damaged, holds named files, needs a newer version, or passes a limit.
pub fn decompress_with(archive: &[u8], options: &DecodeOptions) -> Result<Vec<u8>> {
    let mut data = Vec::new();
    decode_stream(archive, &mut data, options)?;
    Ok(data)
}
