//! Reversible transforms, found again by their stored id.
//!
//! A transform replaces a stretch of a block by other bytes that a predictor codes better. All
//! of them share one shape, [`Parts`]; each is one file with `forward` and `inverse`. `forward`
//! gives `None` where it has nothing to gain or where its own inverse did not restore the bytes.

pub(crate) mod checksum;
pub mod deflate;
pub mod font;
pub mod functions;
mod guard;
pub mod idat;
pub mod jpeg;
mod lepton_header;
pub mod relocations;
pub mod scanline;
pub mod wasm;
pub mod x86;

pub use guard::guarded;

use crate::error::{Error, Result};

/// What a transform makes of a stretch of bytes, and all that its inverse gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// Which transform.
    pub id: u8,
    /// A few bytes that stay in the program.
    pub params: Vec<u8>,
    /// Small facts, coded together with those of other stretches.
    pub side: Vec<u8>,
    /// What the transform compressed itself.
    pub packed: Vec<u8>,
    /// The bytes that are cut and coded in place of the original.
    pub inner: Vec<u8>,
}

/// Undoes the transform `parts.id`; the result may not be longer than `limit`.
///
/// # Errors
/// [`Error::Unsupported`] names an id that this version does not know; [`Error::Corrupt`] where
/// the parts do not fit together.
pub fn inverse(parts: Parts, limit: usize) -> Result<Vec<u8>> {
    match parts.id {
        x86::ID => x86::inverse(parts, limit),
        deflate::ID => deflate::inverse(parts, limit),
        idat::ID => idat::inverse(parts, limit),
        scanline::ID => scanline::inverse(parts, limit),
        jpeg::ID => jpeg::inverse(parts, limit),
        functions::ID => functions::inverse(parts, limit),
        relocations::ID => relocations::inverse(parts, limit),
        font::ID => font::inverse(parts, limit),
        wasm::ID => wasm::inverse(parts, limit),
        other => Err(Error::Unsupported(format!("transform {other}"))),
    }
}

/// Whether the inverse of `parts` gives `raw`: asked before a transform is used.
#[must_use]
pub fn restores(parts: &Parts, raw: &[u8]) -> bool {
    guarded("transform", || inverse(parts.clone(), raw.len())).is_ok_and(|again| again == raw)
}
