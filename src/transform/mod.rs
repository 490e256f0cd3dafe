//! Reversible transforms, identified by a stored id.
//!
//! A transform replaces a stretch of a block by bytes that a predictor codes better. The result of
//! each transform is [`Parts`]. Each transform has one file with `forward` and `inverse`. `forward`
//! returns `None` if the transform gains nothing, or if its inverse does not restore the bytes.

pub mod base64;
mod catch_panic;
pub(crate) mod checksum;
pub mod deflate;
pub mod font;
pub mod functions;
pub mod idat;
pub mod jpeg;
mod lepton_header;
pub mod noise;
pub mod relocations;
pub mod scanline;
pub mod tar;
pub mod wasm;
pub mod x86;

pub use catch_panic::{catch_panic, is_panic_caught};

use crate::error::{Error, Result};

/// The result of a transform, and the input of its inverse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// The id of the transform.
    pub id: u8,
    /// Parameters: a few bytes that are stored in the program of the block.
    pub params: Vec<u8>,
    /// Side bytes, coded together with the side bytes of other stretches of the block.
    pub side: Vec<u8>,
    /// Bytes that the transform has compressed itself. They are stored without further coding.
    pub compressed: Vec<u8>,
    /// The bytes that replace the original. They are divided into pieces and coded.
    pub inner: Vec<u8>,
}

/// A transform of the block format.
#[derive(Debug, Clone, Copy)]
pub struct Transform {
    /// Id in the program of a block.
    pub id: u8,
    /// Name in `docs/format-block.md`.
    pub name: &'static str,
    inverse: fn(Parts, usize) -> Result<Vec<u8>>,
}

/// Every transform, by id.
pub const TRANSFORMS: [Transform; 12] = [
    Transform { id: x86::ID, name: "x86", inverse: x86::inverse },
    Transform { id: idat::ID, name: "PNG IDAT", inverse: idat::inverse },
    Transform { id: scanline::ID, name: "PNG scanlines", inverse: scanline::inverse },
    Transform { id: jpeg::ID, name: "JPEG", inverse: jpeg::inverse },
    Transform {
        id: relocations::ID,
        name: "relocations of a Windows image",
        inverse: relocations::inverse,
    },
    Transform {
        id: functions::ID,
        name: "function table of a Windows image",
        inverse: functions::inverse,
    },
    Transform { id: font::ID, name: "TrueType font", inverse: font::inverse },
    Transform { id: wasm::ID, name: "WebAssembly module", inverse: wasm::inverse },
    Transform { id: deflate::ID, name: "deflate", inverse: deflate::inverse },
    Transform { id: noise::ID, name: "noise", inverse: noise::inverse },
    Transform { id: tar::ID, name: "tar file", inverse: tar::inverse },
    Transform { id: base64::ID, name: "base64", inverse: base64::inverse },
];

/// Undoes the transform `parts.id`. The result has at most `limit` bytes.
///
/// # Errors
/// [`Error::Unsupported`] for an id that this version does not know; [`Error::Corrupt`] if the
/// parts do not fit each other.
pub fn inverse(parts: Parts, limit: usize) -> Result<Vec<u8>> {
    match TRANSFORMS.iter().find(|transform| transform.id == parts.id) {
        Some(transform) => match (transform.inverse)(parts, limit)? {
            // Inverse transforms check the limit between parts, so their last part may exceed it.
            raw if raw.len() > limit => {
                Err(Error::Corrupt(format!("{}: longer than its place", transform.name)))
            }
            raw => Ok(raw),
        },
        None => Err(Error::Unsupported(format!("transform {}", parts.id))),
    }
}

/// Does the inverse of `parts` give `raw`? An encoder checks this before it uses a transform.
#[must_use]
pub fn restores(parts: &Parts, raw: &[u8]) -> bool {
    catch_panic("transform", || inverse(parts.clone(), raw.len())).is_ok_and(|again| again == raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of two transforms with one id only the first would be found. Id 0 stands for a run in the
    /// program of a block.
    #[test]
    fn ids_are_unique_and_in_order() {
        assert!(TRANSFORMS[0].id > 0);
        assert!(TRANSFORMS.is_sorted_by(|first, second| first.id < second.id));
    }

    /// For each transform of the samples. There is a sample of every id.
    #[test]
    fn no_inverse_gives_more_than_its_limit() {
        let mut seen = Vec::new();
        let noise = ("much noise", crate::block::tests::sample::noise(140_000));
        for (name, sample) in crate::block::tests::sample::all().into_iter().chain([noise]) {
            for parts in crate::block::transforms(&sample, &crate::level::LEVELS[6]) {
                let raw = inverse(parts.clone(), 1 << 20).unwrap();
                for limit in (0..raw.len()).rev().take(12) {
                    assert!(
                        inverse(parts.clone(), limit).is_err(),
                        "{name}, transform {}: {limit} of {}",
                        parts.id,
                        raw.len()
                    );
                }
                seen.push(parts.id);
            }
        }
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen, TRANSFORMS.map(|transform| transform.id));
    }

    #[test]
    fn the_document_lists_every_transform() {
        let document = include_str!("../../docs/format-block.md");
        let section = document
            .split("\n## ")
            .find_map(|section| section.strip_prefix("Transforms\n"))
            .unwrap();
        let rows = section.lines().filter_map(|line| line.strip_prefix("| ")).filter_map(|row| {
            let mut cells = row.split(" | ");
            Some((cells.next()?.parse::<u8>().ok()?, cells.next()?))
        });
        assert_eq!(
            rows.collect::<Vec<_>>(),
            TRANSFORMS.map(|transform| (transform.id, transform.name))
        );
    }
}
