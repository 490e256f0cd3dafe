//! A distribution over the next byte, as mixer inputs for each of its bits.
//!
//! A model that predicts bytes gives masses of the sixteen high nibbles, and of the sixteen low
//! nibbles after one of them. The probability of a bit is the mass of the nibbles that begin with
//! the bits so far and a one, among those that begin with the bits so far. The masses are kept as
//! binary trees of sums, so that each bit takes one division.

use crate::network::NIBBLES;
use crate::numeric::state_map::inputs_of;
use crate::numeric::{PROBABILITY_BITS, PROBABILITY_ONE};

/// Largest mass of a nibble.
pub const LARGEST_MASS: u32 = 1 << 26;
/// Fractional bits of what is computed of whole bytes.
const SHARE_BITS: u32 = 16;

/// How likely each value of a nibble is: the mass of all values that begin with the bits of an
/// index after its leading one; the value itself from 16 on.
type Sums = [u32; 2 * NIBBLES];

/// How likely each byte is to come next.
#[derive(Clone, Debug)]
pub struct ByteDistribution {
    high: Sums,
    /// Of the low nibbles after the high nibble `low_of`.
    low: Sums,
    low_of: Option<u8>,
    /// A byte that does not come, whose mass is taken from `high`.
    ruled_out: Option<u8>,
}

impl Default for ByteDistribution {
    /// Every byte is as likely as any other.
    fn default() -> Self {
        let even = sums(&[1; NIBBLES]);
        ByteDistribution { high: even, low: even, low_of: None, ruled_out: None }
    }
}

/// The tree of 16 masses, each made 1 to [`LARGEST_MASS`].
fn sums(masses: &[u32; NIBBLES]) -> Sums {
    let mut sums = [0; 2 * NIBBLES];
    for (sum, &mass) in sums[NIBBLES..].iter_mut().zip(masses) {
        *sum = mass.clamp(1, LARGEST_MASS);
    }
    add_up(&mut sums);
    sums
}

fn add_up(sums: &mut Sums) {
    for node in (1..NIBBLES).rev() {
        sums[node] = sums[2 * node] + sums[2 * node + 1];
    }
}

/// The value of the largest mass, the lowest where there are more.
fn likeliest(sums: &Sums) -> u8 {
    (0..NIBBLES as u8).rev().max_by_key(|&value| sums[NIBBLES + usize::from(value)]).unwrap_or(0)
}

/// The part that `value` has of all, with [`SHARE_BITS`] fractional bits.
fn share(sums: &Sums, value: u8) -> u32 {
    let mass = u64::from(sums[NIBBLES + usize::from(value)]) << SHARE_BITS;
    mass.checked_div(u64::from(sums[1])).unwrap_or(0) as u32
}

impl ByteDistribution {
    /// Takes the masses of the high nibbles of a new byte, in any scale.
    pub fn fill(&mut self, masses: &[u32; NIBBLES]) {
        self.high = sums(masses);
        self.low_of = None;
        self.ruled_out = None;
    }

    /// Takes the masses of the low nibbles after `high`, in any scale.
    pub fn fill_low(&mut self, high: u8, masses: &[u32; NIBBLES]) {
        self.low = sums(masses);
        self.low_of = Some(high);
        if let Some(byte) = self.ruled_out.filter(|byte| byte >> 4 == high) {
            self.low[NIBBLES + usize::from(byte & 15)] = 0;
            add_up(&mut self.low);
        }
    }

    /// The high nibble after which low ones were taken last.
    #[must_use]
    pub fn low_of(&self) -> Option<u8> {
        self.low_of
    }

    /// The likeliest high nibble.
    #[must_use]
    pub fn likeliest_high(&self) -> u8 {
        likeliest(&self.high)
    }

    /// The probability (22 bits) that a one follows the bits of `partial` (1 to 255: the bits of
    /// the byte so far after a leading one); nothing where all such bytes are ruled out. From 16
    /// on, the low nibbles after the high one were taken.
    #[inline(always)]
    #[must_use]
    pub fn probability(&self, partial: u32) -> Option<u32> {
        let (sums, node) = if partial < 16 {
            (&self.high, partial)
        } else {
            let bits = partial.ilog2() - 4;
            (&self.low, 1 << bits | partial & ((1 << bits) - 1))
        };
        let node = node as usize & (NIBBLES - 1);
        let (ones, all) = (sums[2 * node + 1], sums[node]);
        let probability = (u64::from(ones) << PROBABILITY_BITS).checked_div(u64::from(all))?;
        Some((probability as u32).clamp(1, PROBABILITY_ONE - 1))
    }

    /// The pair of mixer inputs for the bit after the bits of `partial`.
    #[inline(always)]
    #[must_use]
    pub fn input(&self, partial: u32) -> [i16; 2] {
        self.probability(partial).map_or([0; 2], inputs_of)
    }

    /// Takes in that `byte` does not come: the other masses stay as they are to each other. The low
    /// nibbles after the high one of `byte` were taken last.
    pub fn rule_out(&mut self, byte: u8) {
        let (high, low) = (byte >> 4, byte & 15);
        let rest = u64::from((1 << SHARE_BITS) - share(&self.low, low));
        let mass = &mut self.high[NIBBLES + usize::from(high)];
        *mass = ((u64::from(*mass) * rest) >> SHARE_BITS) as u32;
        add_up(&mut self.high);
        self.low[NIBBLES + usize::from(low)] = 0;
        add_up(&mut self.low);
        self.ruled_out = Some(byte);
    }

    /// The likeliest byte that begins with the high nibble after which low ones were taken last,
    /// and how sure that is: 0 where other bytes have more than half of the mass together, else one
    /// more for every halving of what they have, to 15.
    #[must_use]
    pub fn expected(&self) -> (u8, u32) {
        let high = self.low_of.unwrap_or(0);
        let low = likeliest(&self.low);
        let mass = u64::from(share(&self.high, high)) * u64::from(share(&self.low, low));
        let others = (1 << SHARE_BITS) - (mass >> SHARE_BITS) as u32;
        let class = SHARE_BITS.saturating_sub((2 * others).max(1).ilog2()).min(15);
        (high << 4 | low, class)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn filled(high: &[u32; 16], low: &[u32; 16]) -> ByteDistribution {
        let mut distribution = ByteDistribution::default();
        distribution.fill(high);
        distribution.fill_low(distribution.likeliest_high(), low);
        distribution
    }

    #[test]
    fn equal_masses_say_nothing_and_one_byte_alone_is_expected() {
        let distribution = filled(&[0; 16], &[0; 16]);
        assert!((1..256).all(|partial| distribution.input(partial) == [0, 0]));
        assert_eq!(distribution.expected().1, 0);
        let (mut high, mut low) = ([0; 16], [0; 16]);
        high[0xA] = 9000;
        low[0x5] = 9000;
        let distribution = filled(&high, &low);
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
    fn nothing_is_said_where_all_is_ruled_out() {
        let mut distribution = ByteDistribution::default();
        for low in 0..16 {
            distribution.fill_low(3, &[1; 16]);
            distribution.low = [0; 32];
            distribution.low[16 + low] = 1;
            add_up(&mut distribution.low);
        }
        distribution.rule_out(0x3f);
        assert_eq!(distribution.probability(0x13), None);
        assert_eq!(distribution.input(0x13), [0, 0]);
    }

    /// Masses as a network gives them: most of them small, few large.
    fn masses(largest: u32) -> impl Strategy<Value = [u32; 16]> {
        (proptest::collection::vec(0..9u32, 16), 0..16usize, 0..largest).prop_map(
            |(small, at, large)| {
                let mut masses: [u32; 16] = std::array::from_fn(|value| small[value]);
                masses[at] = large;
                masses
            },
        )
    }

    proptest! {
        /// Four bits together are as likely as the nibble.
        #[test]
        fn bits_multiply_to_the_mass(
            high in masses(1000),
            low in masses(1000),
            byte in any::<u8>(),
        ) {
            let mut distribution = ByteDistribution::default();
            distribution.fill(&high);
            distribution.fill_low(byte >> 4, &low);
            let [mut product, mut partial] = [1.0, 1.0];
            let mut bits = 1;
            for shift in (0..8).rev() {
                let bit = u32::from(byte) >> shift & 1;
                let one = f64::from(distribution.probability(bits).unwrap())
                    / f64::from(PROBABILITY_ONE);
                product *= if bit == 1 { one } else { 1.0 - one };
                bits = 2 * bits + bit;
            }
            for (masses, value) in [(high, byte >> 4), (low, byte & 15)] {
                let masses = masses.map(|mass| f64::from(mass.max(1)));
                partial *= masses[usize::from(value)] / masses.iter().sum::<f64>();
            }
            prop_assert!((product / partial - 1.0).abs() < 0.05, "{} for {}", product, partial);
        }

        #[test]
        fn what_is_ruled_out_has_no_mass(
            high in masses(LARGEST_MASS),
            low in masses(LARGEST_MASS),
            byte in any::<u8>(),
        ) {
            let mut distribution = ByteDistribution::default();
            distribution.fill(&high);
            distribution.fill_low(byte >> 4, &low);
            distribution.rule_out(byte);
            for _ in 0..2 {
                // Whatever is likely, its last bit is another where seven are the same.
                let probability = distribution.probability(128 | u32::from(byte) >> 1);
                if let Some(probability) = probability {
                    prop_assert_eq!(byte & 1 == 0, probability == PROBABILITY_ONE - 1);
                }
                distribution.fill_low(byte >> 4, &low);
            }
            prop_assert_ne!(distribution.expected().0, byte);
        }
    }
}
