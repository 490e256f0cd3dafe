//! A distribution over the next byte, as mixer inputs for each of its bits.
//!
//! A model that predicts bytes gives 256 masses. The probability of a bit is the mass of the bytes
//! that begin with the bits so far and a one, among those that begin with the bits so far. The
//! masses are kept as a binary tree of sums, so that each bit takes one division.

use crate::numeric::state_map::inputs_of;
use crate::numeric::{PROBABILITY_BITS, PROBABILITY_ONE};

/// Bits of the sum of all masses.
const TOTAL_BITS: u32 = 16;
/// The sum of all masses.
pub const TOTAL: u32 = 1 << TOTAL_BITS;
/// What the masses of a model have of the total; the rest gives every byte a mass of at least one.
const SHARED: u64 = TOTAL as u64 - 256;

/// How likely each byte is to come next: 256 masses of sum [`TOTAL`], none of them 0 unless its
/// byte is ruled out.
#[derive(Clone, Debug)]
pub struct ByteDistribution {
    /// The mass of all bytes that begin with the bits of an index after its leading one; the byte
    /// itself from 256 on.
    sums: Box<[u32; 512]>,
    /// The byte of the largest mass, the lowest where there are more.
    likeliest: u8,
}

impl Default for ByteDistribution {
    /// Every byte is as likely as any other.
    fn default() -> Self {
        let mut distribution = ByteDistribution { sums: Box::new([0; 512]), likeliest: 0 };
        distribution.fill(&[1; 256]);
        distribution
    }
}

impl ByteDistribution {
    /// Takes 256 masses in any scale; their sum may be 0, which makes all bytes alike. Every byte
    /// has a mass of at least one [`TOTAL`]th afterwards.
    pub fn fill(&mut self, masses: &[u16; 256]) {
        let sum: u64 = masses.iter().map(|&mass| u64::from(mass)).sum();
        let mut rest = TOTAL;
        let mut likeliest = 0;
        for (byte, &mass) in masses.iter().enumerate() {
            let share = (SHARED * u64::from(mass)).checked_div(sum).unwrap_or(SHARED / 256);
            self.sums[256 + byte] = 1 + share as u32;
            rest -= 1 + share as u32;
            if mass > masses[likeliest] {
                likeliest = byte;
            }
        }
        // What rounding has left.
        self.sums[256 + likeliest] += rest;
        self.likeliest = likeliest as u8;
        for node in (1..256).rev() {
            self.sums[node] = self.sums[2 * node] + self.sums[2 * node + 1];
        }
    }

    /// The mass of `byte`, of [`TOTAL`].
    #[must_use]
    pub fn mass(&self, byte: u8) -> u32 {
        self.sums[256 + usize::from(byte)]
    }

    /// The probability (22 bits) that a one follows the bits of `partial` (1 to 255: the bits of
    /// the byte so far after a leading one); nothing where all such bytes are ruled out.
    #[inline]
    #[must_use]
    pub fn probability(&self, partial: u32) -> Option<u32> {
        let node = (partial & 255) as usize;
        let (ones, all) = (self.sums[2 * node + 1], self.sums[node]);
        let probability = (u64::from(ones) << PROBABILITY_BITS).checked_div(u64::from(all))?;
        Some((probability as u32).clamp(1, PROBABILITY_ONE - 1))
    }

    /// The pair of mixer inputs for the bit after the bits of `partial`.
    #[inline]
    #[must_use]
    pub fn input(&self, partial: u32) -> [i16; 2] {
        self.probability(partial).map_or([0; 2], inputs_of)
    }

    /// Takes in that `byte` does not come: the other masses stay as they are to each other.
    pub fn rule_out(&mut self, byte: u8) {
        let mass = std::mem::take(&mut self.sums[256 + usize::from(byte)]);
        let mut node = (256 + usize::from(byte)) / 2;
        while node > 0 {
            self.sums[node] -= mass;
            node /= 2;
        }
        if byte == self.likeliest {
            let likeliest = (0..=255u8).rev().max_by_key(|&byte| self.mass(byte));
            self.likeliest = likeliest.unwrap_or(0);
        }
    }

    /// The byte of the largest mass, and how sure that is: 0 where other bytes have more than half
    /// of the mass together, else one more for every halving of what they have, to 15.
    #[must_use]
    pub fn expected(&self) -> (u8, u32) {
        let others = self.sums[1] - self.mass(self.likeliest);
        let (all, others) = (self.sums[1].max(1), (others * 2).max(1));
        let class = all.ilog2().saturating_sub(others.ilog2()).min(15);
        (self.likeliest, if self.mass(self.likeliest) == 0 { 0 } else { class })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn filled(masses: &[u16; 256]) -> ByteDistribution {
        let mut distribution = ByteDistribution::default();
        distribution.fill(masses);
        distribution
    }

    #[test]
    fn equal_masses_say_nothing_and_one_byte_alone_is_expected() {
        let mut distribution = filled(&[0; 256]);
        assert!((1..256).all(|partial| distribution.input(partial) == [0, 0]));
        assert_eq!(distribution.expected().1, 0);
        let mut masses = [0; 256];
        masses[0xA5] = 9;
        distribution.fill(&masses);
        assert_eq!(distribution.mass(0xA5), TOTAL - 255);
        assert_eq!(distribution.expected(), (0xA5, 8));
        let mut partial = 1;
        for shift in (0..8).rev() {
            let bit = 0xA5 >> shift & 1;
            let [stretched, linear] = distribution.input(partial);
            assert!(if bit == 1 { stretched > 1000 } else { stretched < -1000 }, "{stretched}");
            assert_eq!(stretched > 0, linear > 0);
            partial = 2 * partial + bit;
        }
    }

    #[test]
    fn nothing_is_said_after_all_bytes_are_ruled_out() {
        let mut distribution = ByteDistribution::default();
        (0..=255).for_each(|byte| distribution.rule_out(byte));
        assert_eq!(distribution.probability(1), None);
        assert_eq!(distribution.input(1), [0, 0]);
        assert_eq!(distribution.expected().1, 0);
    }

    /// Masses as a network gives them: most of them small, few large.
    fn masses() -> impl Strategy<Value = [u16; 256]> {
        (proptest::collection::vec(0..9u16, 256), 0..256usize, any::<u16>()).prop_map(
            |(small, at, large)| {
                let mut masses: [u16; 256] = std::array::from_fn(|byte| small[byte]);
                masses[at] = large;
                masses
            },
        )
    }

    proptest! {
        #[test]
        fn masses_are_whole_and_never_zero(masses in masses()) {
            let distribution = filled(&masses);
            let all: Vec<u32> = (0..=255).map(|byte| distribution.mass(byte)).collect();
            prop_assert_eq!(all.iter().sum::<u32>(), TOTAL);
            prop_assert!(all.iter().all(|&mass| mass > 0));
            let (likeliest, _) = distribution.expected();
            prop_assert_eq!(masses.iter().max(), masses.get(usize::from(likeliest)));
        }

        /// Eight bits together are as likely as the byte.
        #[test]
        fn bits_multiply_to_the_mass(masses in masses(), byte in any::<u8>()) {
            let distribution = filled(&masses);
            let mut product = f64::from(TOTAL);
            let mut partial = 1;
            for shift in (0..8).rev() {
                let bit = u32::from(byte) >> shift & 1;
                let one = f64::from(distribution.probability(partial).unwrap())
                    / f64::from(PROBABILITY_ONE);
                product *= if bit == 1 { one } else { 1.0 - one };
                partial = 2 * partial + bit;
            }
            let mass = f64::from(distribution.mass(byte));
            prop_assert!((product / mass - 1.0).abs() < 0.05, "{} for {}", product, mass);
        }

        #[test]
        fn what_is_ruled_out_has_no_mass_and_the_rest_keeps_its_own(
            masses in masses(),
            byte in any::<u8>(),
        ) {
            let before = filled(&masses);
            let mut after = before.clone();
            after.rule_out(byte);
            prop_assert_eq!(after.mass(byte), 0);
            prop_assert!((0..=255).all(|other| other == byte || after.mass(other) == before.mass(other)));
            let largest = (0..=255).map(|byte| after.mass(byte)).max().unwrap();
            prop_assert_eq!(after.mass(after.expected().0), largest);
            let partial = 128 | u32::from(byte) >> 1;
            let one = after.probability(partial).unwrap();
            prop_assert_eq!(one, if byte & 1 == 1 { 1 } else { PROBABILITY_ONE - 1 });
        }
    }
}
