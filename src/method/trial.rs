//! Trials on a sample of a stream of text: whether the stream is smaller without its primer, or as
//! a table.
//!
//! # Without a primer
//!
//! The primer is prose, markup and source code, and a predictor that has read it takes a stream for
//! such text. Where a stream is unlike it and nearly foretold by itself, as a generated table is,
//! the stream teaches a new predictor sooner. A sample tells, in two steps:
//!
//! - How many of its different sequences of six bytes the primer has. Of 53 texts of the choosing
//!   set of `benches/unseen`, 9 of 10 that were smaller without a primer had less than 5 %. Without
//!   a trial half a percent is asked for: of 88 pieces 9 then do without at -5, the best of them
//!   22 % smaller, the worst 0.2 % larger.
//! - A trial, where there is time: the sample is coded both ways with the fewest contexts. Whether
//!   16 KB are smaller without a primer with 6 contexts tells whether 48,000 bytes are with 56: of
//!   the 53 texts, 9 of 10 were, and the tenth was 0.5 % larger.
//!
//! # As a table
//!
//! Generated text, such as the points of a model or a list of numbers, is a table whose columns no
//! separator tells. With the contexts of tables, which include those of records, 3 of 60 texts of the
//! choosing set are 9 to 41 % smaller at -8. All of the three compress to less than a twelfth, and a
//! sample of each is at least 5 % smaller with 24 contexts of generic data than with 24 of text; of the
//! others at most 2.3 %.

use std::sync::LazyLock;

use super::{Method, Mixing, codec};
use crate::error::{Error, Result};
use crate::kind::Kind;
use crate::level::NetworkStart;
use crate::predictor::primer;
use crate::predictor::tables::Row;

/// Without a trial, longer streams keep their primer: of 300,000 bytes, Russian was 0.8 % and a
/// catalogue of messages 2.1 % larger at -5 without.
const LONGEST_WITHOUT_TRIAL: usize = 64 << 10;

/// Bytes of the sequences that are compared.
const SEQUENCE: usize = 6;
/// Bytes of the end of the primer text that the sample is compared with.
const COMPARED: usize = 64 << 10;

/// Shorter streams learn too little without a primer, whatever they are.
const SHORTEST: usize = 8 << 10;
/// The sample is an eighth of the stream, from the middle, but has at least so many bytes.
const LEAST_SAMPLE: usize = 16 << 10;
/// Most bytes of the sample.
const MOST_SAMPLE: usize = 64 << 10;
/// KiB of the primer that are observed and learned before the sample.
const PRIMER: (u16, u16) = (48, 16);

/// Part of its length that a sample of regular text takes with 6 contexts, at most.
const REGULAR: usize = 8;

/// Whether `text` seems to be smaller with the contexts of tables.
///
/// # Errors
/// The memory for a predictor cannot be had.
pub(super) fn is_smaller_as_table(text: &[u8]) -> Result<bool> {
    if text.len() < SHORTEST {
        return Ok(false);
    }
    let sample = sample(text);
    if size(sample, &Kind::Text, "text-6", 0)? * REGULAR > sample.len() {
        return Ok(false);
    }
    let of_generic = size(sample, &Kind::Generic, "generic-24", 0)?;
    Ok(of_generic * 100 < size(sample, &Kind::Text, "text-24", 0)? * 97)
}

/// The sample of a stream.
fn sample(bytes: &[u8]) -> &[u8] {
    let length = (bytes.len() / 8).clamp(LEAST_SAMPLE, MOST_SAMPLE).min(bytes.len());
    let start = (bytes.len() - length) / 2;
    &bytes[start..start + length]
}

/// Whether `bytes`, of kind [`Kind::Text`] or [`Kind::Words`], seem to be smaller without a primer.
/// Without `has_time` there is no trial, and the primer stays in case of doubt.
///
/// # Errors
/// The memory for a predictor cannot be had.
pub(super) fn is_smaller_without_primer(bytes: &[u8], kind: &Kind, has_time: bool) -> Result<bool> {
    if bytes.len() < SHORTEST || !has_time && bytes.len() > LONGEST_WITHOUT_TRIAL {
        return Ok(false);
    }
    let sample = sample(bytes);
    let own = sequences(sample);
    let known = own.iter().filter(|sequence| OF_PRIMER.binary_search(sequence).is_ok()).count();
    if has_time {
        return Ok(known * 20 < own.len() && is_sample_smaller(sample, kind)?);
    }
    Ok(known * 200 < own.len())
}

/// The sequences at the end of the primer text.
static OF_PRIMER: LazyLock<Vec<u64>> = LazyLock::new(|| sequences(primer::end(COMPARED)));

/// The different sequences of [`SEQUENCE`] bytes in `text`, sorted.
fn sequences(text: &[u8]) -> Vec<u64> {
    let number = |bytes: &[u8]| bytes.iter().fold(0, |number, &byte| number << 8 | u64::from(byte));
    let mut all: Vec<u64> = text.windows(SEQUENCE).map(number).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Whether `sample` is smaller without a primer.
///
/// # Errors
/// The memory for a predictor cannot be had.
fn is_sample_smaller(sample: &[u8], kind: &Kind) -> Result<bool> {
    let name = if *kind == Kind::Words { "words-6" } else { "text-6" };
    let with = primer::number_of(PRIMER)
        .ok_or_else(|| Error::Bug("a trial with an unknown primer".into()))?;
    // Half a percent: a longer stream gains less than its sample.
    Ok(size(sample, kind, name, 0)? * 200 < size(sample, kind, name, with)? * 199)
}

/// Bytes of `sample`, coded as `kind` with the profile `name` after `primer`.
fn size(sample: &[u8], kind: &Kind, name: &str, primer: u8) -> Result<usize> {
    let row = Row::named(name)
        .ok_or_else(|| Error::Bug(format!("a trial with an unknown profile, {name}")))?;
    let table_bits = Mixing::LEAST_TABLE_BITS;
    let mixing = Mixing { row, primer, prior: 0, start: NetworkStart::Trained, table_bits };
    codec::encode(sample, Method::Mixed(mixing), kind).map(|code| code.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Faces of a model.
    fn faces() -> String {
        (0..2000)
            .map(|n| format!("f {}/{}/{} {}/{}/{}\n", n, n + 207, n, n + 180, n + 389, n + 180))
            .collect()
    }

    #[test]
    fn generated_faces_are_a_table_and_prose_is_none() {
        let faces = faces();
        assert!(is_smaller_as_table(faces.as_bytes()).unwrap());
        assert!(!is_smaller_as_table(&faces.as_bytes()[..SHORTEST - 1]).unwrap());
        assert!(
            !is_smaller_as_table(include_bytes!("../../docs/architecture-archive.md")).unwrap()
        );
    }

    #[test]
    fn a_generated_table_needs_no_primer_and_prose_does() {
        let table = faces();
        let prose = include_bytes!("../../docs/architecture-archive.md");
        for kind in [Kind::Text, Kind::Words] {
            for has_time in [false, true] {
                let of = |bytes| is_smaller_without_primer(bytes, &kind, has_time).unwrap();
                assert!(of(table.as_bytes()), "{kind:?} {has_time}");
                assert!(!of(prose), "{kind:?} {has_time}");
                assert!(!of(&table.as_bytes()[..5000]), "{kind:?} {has_time}");
            }
        }
    }
}
