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

pub use guard::{guarded, is_guarded};

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

/// One transform as the block format knows it.
#[derive(Debug, Clone, Copy)]
pub struct Transform {
    /// Its number in the program of a block.
    pub id: u8,
    /// Its name in `docs/format-block.md`.
    pub name: &'static str,
    inverse: fn(Parts, usize) -> Result<Vec<u8>>,
}

/// Every transform, by id.
pub const TRANSFORMS: [Transform; 9] = [
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
];

/// Undoes the transform `parts.id`; the result may not be longer than `limit`.
///
/// # Errors
/// [`Error::Unsupported`] names an id that this version does not know; [`Error::Corrupt`] where
/// the parts do not fit together.
pub fn inverse(parts: Parts, limit: usize) -> Result<Vec<u8>> {
    match TRANSFORMS.iter().find(|transform| transform.id == parts.id) {
        Some(transform) => match (transform.inverse)(parts, limit)? {
            // Each stops near the limit; what stands behind its last part may still pass it.
            raw if raw.len() > limit => {
                Err(Error::Corrupt(format!("{}: longer than its place", transform.name)))
            }
            raw => Ok(raw),
        },
        None => Err(Error::Unsupported(format!("transform {}", parts.id))),
    }
}

/// Whether the inverse of `parts` gives `raw`: asked before a transform is used.
#[must_use]
pub fn restores(parts: &Parts, raw: &[u8]) -> bool {
    guarded("transform", || inverse(parts.clone(), raw.len())).is_ok_and(|again| again == raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A second transform of one id would never be found; the id 0 stands for a run in the program
    /// of a block.
    #[test]
    fn ids_are_unique_and_in_order() {
        assert!(TRANSFORMS[0].id > 0);
        assert!(TRANSFORMS.is_sorted_by(|first, second| first.id < second.id));
    }

    /// For each transform of the samples: there is one of every id.
    #[test]
    fn no_inverse_gives_more_than_its_limit() {
        let mut seen = Vec::new();
        for (name, sample) in crate::block::tests::sample::all() {
            for parts in crate::block::transforms(&sample, &crate::level::LEVELS[7]) {
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
