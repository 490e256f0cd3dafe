//! A trial: whether a stream of text is smaller without its primer.
//!
//! The primer is prose, markup and source code, and a predictor that has read it takes a stream for
//! such text. Where a stream is unlike it and nearly foretold by itself, as a generated table is,
//! the stream teaches a new predictor sooner. A sample is coded both ways with the fewest contexts.
//! Whether 16 KB are smaller without a primer with 6 contexts tells whether 48,000 bytes are with
//! 56: of 53 texts of the choosing set of `benches/unseen`, 9 of 10 were, the tenth was 0.5 % larger,
//! and none that lost more than 1.4 % by its primer was missed.

use super::{Method, Mixing, codec};
use crate::error::{Error, Result};
use crate::kind::Kind;
use crate::level::NetworkStart;
use crate::predictor::primer;
use crate::predictor::tables::Row;

/// Shorter streams learn too little without a primer, whatever they are.
const SHORTEST: usize = 8 << 10;
/// The sample is an eighth of the stream, from the middle, but has at least so many bytes.
const LEAST_SAMPLE: usize = 16 << 10;
/// Most bytes of the sample.
const MOST_SAMPLE: usize = 64 << 10;
/// KiB of the primer that are observed and learned before the sample.
const PRIMER: (u16, u16) = (48, 16);

/// Whether `bytes`, of kind [`Kind::Text`] or [`Kind::Words`], seem to be smaller without a primer.
///
/// # Errors
/// The memory for a predictor cannot be had.
pub(super) fn is_smaller_without_primer(bytes: &[u8], kind: &Kind) -> Result<bool> {
    if bytes.len() < SHORTEST {
        return Ok(false);
    }
    let length = (bytes.len() / 8).clamp(LEAST_SAMPLE, MOST_SAMPLE).min(bytes.len());
    let start = (bytes.len() - length) / 2;
    let sample = &bytes[start..start + length];
    let name = if *kind == Kind::Words { "words-6" } else { "text-6" };
    let (Some(row), Some(with)) = (Row::named(name), primer::number_of(PRIMER)) else {
        return Err(Error::Bug("a trial with an unknown profile or primer".into()));
    };
    let size = |primer| {
        let table_bits = Mixing::LEAST_TABLE_BITS;
        let mixing = Mixing { row, primer, prior: 0, start: NetworkStart::Trained, table_bits };
        codec::encode(sample, Method::Mixed(mixing), kind).map(|code| code.len())
    };
    Ok(size(0)? < size(with)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_table_needs_no_primer_and_prose_does() {
        let table: String = (0..2000)
            .map(|n| format!("f {}/{}/{} {}/{}/{}\n", n, n + 207, n, n + 180, n + 389, n + 180))
            .collect();
        let prose = include_bytes!("../../docs/architecture-archive.md");
        for kind in [Kind::Text, Kind::Words] {
            assert!(is_smaller_without_primer(table.as_bytes(), &kind).unwrap(), "{kind:?}");
            assert!(!is_smaller_without_primer(prose, &kind).unwrap(), "{kind:?}");
            assert!(!is_smaller_without_primer(&table.as_bytes()[..5000], &kind).unwrap());
        }
    }
}
