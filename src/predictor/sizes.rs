//! How large the tables of a predictor are.

use super::profile::Profile;
use crate::model::long_match::LongMatch;

/// Bytes of a table that take little time: see `docs/architecture-engine.md`.
const CHEAP_TABLE: usize = 16 << 20;

/// Bytes of the table for each context and byte of the primer, at most. Most that a primer tells
/// never comes. With half of that, 8 texts of 100,000 bytes are 0.15 % larger at -8 and 0.19 % at -9.
const OF_PRIMER: usize = 4;

/// The sizes of the tables of a predictor. Predictors of one profile whose sizes are the same do
/// the same.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Sizes {
    /// Positions that each match model remembers, as a power of two.
    pub match_bits: u32,
    /// Bytes of histories.
    pub table_bytes: usize,
    /// Entries of stationary maps.
    pub stationary: usize,
    /// Decisions about matches.
    pub decisions: usize,
    /// How many bytes before the stream networks learn, at most.
    pub learned_by_networks: usize,
}

/// Enough for hidden values and cells to settle.
const FEW_LEARNED: usize = 64;

/// How many bytes of a primer networks learn: the last [`FEW_LEARNED`], where weights were trained
/// and the primer is a built-in one, which teaches such weights nothing (`docs/architecture-engine.md`).
/// Else twice as many bytes as the stream has, and at least 4 KiB: to learn a whole primer would
/// take a second, which a stream of 1 KB does not need.
fn learned_by_networks(profile: &Profile, length: usize) -> usize {
    if profile.networks.is_empty() {
        return 0;
    }
    if profile.origin.is_usual() {
        return FEW_LEARNED;
    }
    let stream = length.saturating_sub(profile.primer.text.len());
    stream.saturating_mul(2).clamp(4 << 10, 1 << 20).next_power_of_two()
}

/// `bytes` rounded up, to a multiple of 16 lines of histories. Up to [`CHEAP_TABLE`] a table has a
/// power of two of bytes, so that streams of like lengths share predictors that have read a primer; a
/// larger one, which takes time to clear, an eighth of that more at most.
fn rounded(bytes: usize) -> usize {
    let whole = bytes.max(1 << 16);
    if whole <= CHEAP_TABLE {
        return whole.next_power_of_two();
    }
    whole.next_multiple_of(1 << (whole.ilog2() - 3))
}

/// The largest size of a table within `memory`.
fn rounded_down(memory: usize) -> usize {
    1 << memory.max(1 << 16).ilog2()
}

impl Sizes {
    /// For `length` bytes with the contexts of `profile`, in tables of at most `memory` bytes.
    pub fn of(profile: &Profile, length: usize, memory: usize) -> Self {
        let contexts = profile.contexts.len().next_multiple_of(8);
        let primer = profile.primer.text.len().min(length);
        let sum = |of_stream: usize, of_primer: usize| {
            (length - primer).saturating_mul(of_stream).saturating_add(primer * of_primer)
        };
        let each = |of_stream, of_primer| sum(contexts * of_stream, contexts * of_primer);
        let bytes = profile.bytes_per_context;
        let wanted = each(bytes, bytes.min(OF_PRIMER)).max(each(4, 4).min(CHEAP_TABLE));
        Sizes {
            match_bits: (length.max(1 << 10) as u32).next_power_of_two().ilog2().min(22),
            table_bytes: rounded(wanted).min(rounded_down(memory)),
            stationary: sum(64, 16).min(memory / 64).max(1 << 16).next_power_of_two(),
            decisions: LongMatch::decisions(length),
            learned_by_networks: learned_by_networks(profile, length),
        }
    }

    /// Bytes that the tables take together, at most.
    pub fn bytes(self) -> u64 {
        (self.table_bytes + self.table_bytes / 4 + 4 * self.stationary + (16 << self.match_bits))
            as u64
    }
}

/// Bytes of memory that predicting a stream of `length` bytes takes, at most, with tables of at
/// most `memory` bytes: the tables, and the bytes with those of the primer.
pub(crate) fn most_memory(profile: &Profile, length: usize, memory: usize) -> u64 {
    let total = length.saturating_add(profile.primer.text.len());
    let tables = Sizes::of(profile, total, memory).bytes();
    let networks: u64 = profile.networks.iter().map(|network| network.memory()).sum();
    // Tables that are not histories take an eighth of what the histories may.
    tables.min(memory as u64 / 8 * 9) + networks + 2 * total as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::LINE;

    #[test]
    fn tables_are_as_large_as_their_streams_need() {
        for wanted in (0..200).map(|number| (number * number * 10_007) << (number / 20)) {
            let table = rounded(wanted);
            assert!(table >= wanted && table.is_multiple_of(16 * LINE), "{wanted}");
            if wanted > CHEAP_TABLE {
                assert!(table - wanted <= wanted / 8, "{wanted}");
            }
        }
        // Streams of like lengths share predictors that have read a primer.
        assert_eq!(rounded(9 << 20), rounded(15 << 20));
    }
}
