//! Recodes JPEG files with the crate `lepton_jpeg`. Its arithmetic code is about a fifth smaller
//! than the JPEG.
//!
//! The result goes to the compressed stream and is not coded again.

use std::io::{BufReader, Cursor, Write};

use lepton_jpeg::{EnabledFeatures, SingleThreadPool};

use super::lepton_header::Demands;
use super::{Parts, catch_panic};
use crate::budget;
use crate::error::{Error, Result};

/// The stored id.
pub const ID: u8 = 5;

/// Bytes in which the codec writes the revision that it was built from. They are set to zero, so
/// that an archive does not depend on the build.
const REVISION: std::ops::Range<usize> = 16..20;

/// One partition gives the smallest result and needs no threads.
fn features() -> EnabledFeatures {
    EnabledFeatures {
        max_partitions: 1,
        max_processor_threads: 1,
        ..EnabledFeatures::compat_lepton_vector_write()
    }
}

/// A reader of `bytes` for the codec. If the codec finds eight bytes at once it reads them in the
/// byte order of the machine, although they are big-endian. So a big-endian machine must give the
/// codec fewer bytes at once (lepton_jpeg 0.5.8, `BitReader::fill_register`).
fn reader(bytes: &[u8]) -> BufReader<Cursor<&[u8]>> {
    let room = if cfg!(target_endian = "big") { 7 } else { 64 << 10 };
    BufReader::with_capacity(room, Cursor::new(bytes))
}

/// Codes a whole JPEG. `None` if the result is not smaller, or if the inverse does not give the
/// same bytes.
#[must_use]
pub fn forward(bytes: &[u8]) -> Option<Parts> {
    let compressed = catch_panic("JPEG", || {
        let mut out = Cursor::new(Vec::new());
        lepton_jpeg::encode_lepton(
            &mut reader(bytes),
            &mut out,
            &features(),
            &SingleThreadPool::default(),
        )
        .map_err(|error| Error::Corrupt(error.to_string()))?;
        Ok(out.into_inner())
    });
    let mut compressed = compressed.ok()?;
    if compressed.len() >= bytes.len() {
        return None;
    }
    compressed.get_mut(REVISION)?.fill(0);
    let parts =
        Parts { id: ID, params: Vec::new(), side: Vec::new(), compressed, inner: Vec::new() };
    super::restores(&parts, bytes).then_some(parts)
}

/// Undoes [`forward`].
///
/// # Errors
/// [`Error::Corrupt`] if the codec cannot read the bytes, or if the result is longer than `limit`.
pub fn inverse(parts: Parts, limit: usize) -> Result<Vec<u8>> {
    if !parts.params.is_empty() || !parts.inner.is_empty() {
        return Err(Error::Corrupt("parameters of a JPEG".into()));
    }
    let demands = Demands::of(&parts.compressed, limit)?;
    let _charge = budget::charge(demands.memory, "a JPEG")?;
    catch_panic("JPEG", || {
        let mut out = Limited { bytes: Vec::new(), limit };
        lepton_jpeg::decode_lepton(
            &mut Cursor::new(&parts.compressed),
            &mut out,
            &features(),
            &SingleThreadPool::default(),
        )
        .map_err(|error| Error::Corrupt(format!("JPEG: {:?}", error.exit_code())))?;
        Ok(out.bytes)
    })
}

/// An output that accepts at most `limit` bytes.
struct Limited {
    bytes: Vec<u8>,
    limit: usize,
}

impl Write for Limited {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        if buffer.len() > self.limit - self.bytes.len() {
            return Err(std::io::Error::other("longer than the block"));
        }
        self.bytes.extend_from_slice(buffer);
        Ok(buffer.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use xxhash_rust::xxh3::xxh3_64;

    use super::*;

    /// The codec adds lines with the paths of its sources to its errors.
    #[test]
    fn an_error_is_one_line_without_paths() {
        let parts = Parts {
            id: ID,
            params: Vec::new(),
            side: Vec::new(),
            compressed: vec![0xCF, 0x84, 1, 2, 3, 4, 5, 6, 7, 8, 9],
            inner: Vec::new(),
        };
        let text = inverse(parts, 1000).unwrap_err().to_string();
        assert!(!text.contains(['\n', '/']), "{text}");
    }

    /// The bytes that the codec writes are part of the format. If another version of the codec or
    /// of its dependencies writes other bytes, that version needs a transform id of its own.
    #[test]
    fn the_codec_writes_the_same_bytes() {
        let jpeg = crate::block::tests::sample::jpeg(24);
        let parts = forward(&jpeg).unwrap();
        assert_eq!(
            (jpeg.len(), parts.compressed.len(), xxh3_64(&parts.compressed)),
            (678, 357, 764_662_413_821_599_709)
        );
        assert_eq!(inverse(parts, jpeg.len()).unwrap(), jpeg);
    }
}
