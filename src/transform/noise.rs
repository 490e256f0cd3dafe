//! Noise: compressed or encrypted bytes, which are stored as they are.
//!
//! Coding noise takes the time of coding anything else and gains nothing.
//! `block/detect/noise.rs` says what is taken for noise.

use super::Parts;
use crate::error::{Error, Result};

/// The stored id.
pub const ID: u8 = 11;

/// Sets `bytes` aside.
#[must_use]
pub fn forward(bytes: &[u8]) -> Parts {
    Parts {
        id: ID,
        params: Vec::new(),
        side: Vec::new(),
        compressed: bytes.to_vec(),
        inner: Vec::new(),
    }
}

/// Undoes [`forward`].
///
/// # Errors
/// [`Error::Corrupt`] where there is anything but the bytes that were set aside.
pub fn inverse(parts: Parts, _limit: usize) -> Result<Vec<u8>> {
    if parts.params.is_empty() && parts.side.is_empty() && parts.inner.is_empty() {
        Ok(parts.compressed)
    } else {
        Err(Error::Corrupt("noise: more than the bytes that were set aside".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_returns_and_stands_alone() {
        let bytes = crate::block::tests::sample::noise(100);
        let parts = forward(&bytes);
        assert!(crate::transform::restores(&parts, &bytes));
        for (params, side, inner) in [(1, 0, 0), (0, 1, 0), (0, 0, 1)] {
            let [params, side, inner] = [params, side, inner].map(|length| vec![0; length]);
            assert!(inverse(Parts { params, side, inner, ..parts.clone() }, 200).is_err());
        }
    }
}
