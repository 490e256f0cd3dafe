//! The binary arithmetic coder, which codes bits by their probabilities.
//!
//! A range coder with an interval of 64 bits that is renormalised by 32 bits. The interval is never
//! narrower than 2^32. So a probability of 22 bits is kept to better than one part in a thousand at
//! worst, and to 2^-40 as a rule. Carries propagate into the bytes that were written. So no
//! probability can make the coder lose precision or stall.

pub mod costs;
mod decoder;
mod direction;
mod encoder;
pub mod growing;
pub mod leading;
#[cfg(test)]
pub mod trace;

pub use decoder::{Decoder, Paused};
pub use direction::{BitCoder, Direction};
pub use encoder::Encoder;

/// An interval narrower than this is widened.
const MIN_INTERVAL: u64 = 1 << 32;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::PROBABILITY_ONE;
    use proptest::prelude::*;

    fn round_trip(bits: &[(u32, u32)]) -> usize {
        let mut encoder = Encoder::new();
        for &(bit, probability) in bits {
            encoder.encode(bit, probability);
        }
        let bytes = encoder.finish();
        let mut decoder = Decoder::new(&bytes);
        for (position, &(bit, probability)) in bits.iter().enumerate() {
            assert_eq!(decoder.decode(probability), bit, "bit {position}");
            assert!(!decoder.overrun(), "bit {position}");
        }
        bytes.len()
    }

    /// A one leaves the low end of the interval unchanged, so the number for many ones is zero.
    #[test]
    fn a_code_of_zeros_is_not_taken_for_one_cut_short() {
        for ones in [10, 100, 1000, 10_000] {
            round_trip(&vec![(1, PROBABILITY_ONE / 2); ones]);
            round_trip(
                &[vec![(0, PROBABILITY_ONE / 3); 100], vec![(1, PROBABILITY_ONE / 2); ones]]
                    .concat(),
            );
        }
    }

    proptest! {
        #[test]
        fn decodes_what_was_encoded(
            bits in proptest::collection::vec((0u32..2, 1u32..PROBABILITY_ONE), 0..2000),
        ) {
            round_trip(&bits);
        }

        #[test]
        fn decodes_under_extreme_probabilities(
            bits in proptest::collection::vec((0u32..2, prop_oneof![Just(1u32), Just(PROBABILITY_ONE - 1)]), 0..2000)
        ) {
            round_trip(&bits);
        }
    }

    #[test]
    fn carries_run_through_every_byte_written() {
        // Zeros that were nearly certain to be ones push `low` to the largest value, and then
        // beyond it.
        let mut bits = vec![(0u32, PROBABILITY_ONE - 1); 400];
        bits.extend(vec![(1, PROBABILITY_ONE - 1); 400]);
        bits.extend(vec![(0, PROBABILITY_ONE / 2); 400]);
        round_trip(&bits);
    }

    #[test]
    fn certain_bits_cost_next_to_nothing() {
        let size = round_trip(&vec![(1, PROBABILITY_ONE - 1); 1_000_000]);
        assert!(size <= 2, "{size} bytes");
    }

    #[test]
    fn even_odds_cost_one_bit() {
        let bits: Vec<_> = (0..80_000u32)
            .map(|i| (i.wrapping_mul(2_654_435_761) >> 31, PROBABILITY_ONE / 2))
            .collect();
        assert!(round_trip(&bits) <= 10_002);
    }
}
