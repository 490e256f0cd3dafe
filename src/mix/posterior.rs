//! A posterior over a few predictors of the same bit, which tracks the best of them as it changes.
//!
//! Fixed share (Herbster and Warmuth 1998, "Tracking the best expert"). Each row has a weight for
//! each member. A bit multiplies the weight of a member by the probability that the member gave to
//! that bit, to the power of 1/8. Then all weights give away a small share, which the members get
//! in equal parts, so that no member is given up for good. The power keeps the posterior from
//! settling on one of several members that are nearly as good as each other: a mixture of them is
//! better than the best of them.

use crate::numeric::PROBABILITY_BITS;
use crate::numeric::logistic::{DIRECT_ENTRIES, MIX_BITS, MIX_LIMIT, direct_table};

/// Members, at most.
pub const MEMBERS: usize = 6;

/// Fractional bits of a weight.
const WEIGHT_BITS: u32 = 16;
/// What all weights together give away with each bit: 0.002 of themselves.
const SHARE: u32 = 131;

/// One entry of [`POWER`] every 1/64.
const POWER_SHIFT: u32 = MIX_BITS - 6;
const POWER_ENTRIES: usize = 1 << (MIX_BITS + 5 - POWER_SHIFT);

/// The eighth root of the logistic function, with 16 fractional bits.
const fn power_table() -> [u16; POWER_ENTRIES] {
    let direct = direct_table();
    let each = DIRECT_ENTRIES / POWER_ENTRIES;
    let mut table = [0; POWER_ENTRIES];
    let mut entry = 0;
    while entry < POWER_ENTRIES {
        let p = direct[entry * each + each / 2] as u64;
        // The root of 64 fractional bits has 32.
        let root = (p << (64 - PROBABILITY_BITS)).isqrt();
        let root = (root << 32).isqrt();
        let root = (root << 32).isqrt();
        table[entry] = (root >> 16) as u16;
        entry += 1;
    }
    table
}

static POWER: [u16; POWER_ENTRIES] = power_table();

/// The weights of up to [`MEMBERS`] members in each row.
#[derive(Clone)]
pub struct Posterior {
    rows: Vec<[u32; MEMBERS]>,
    members: usize,
    selected: usize,
    /// What the members predicted of the last bit.
    predictions: [i32; MEMBERS],
}

impl Posterior {
    /// A posterior over `members` members, with `rows` rows, whose weights are equal.
    #[must_use]
    pub fn new(members: usize, rows: usize) -> Self {
        let members = members.clamp(1, MEMBERS);
        let mut row = [0; MEMBERS];
        row[..members].fill((1 << WEIGHT_BITS) / members as u32);
        Self { rows: vec![row; rows.max(1)], members, selected: 0, predictions: [0; MEMBERS] }
    }

    /// The mean of the members' stretched predictions (12 fractional bits) under the weights of
    /// `row`.
    #[inline(always)]
    pub fn mix(&mut self, predictions: &[i32; MEMBERS], row: usize) -> i32 {
        self.selected = row.min(self.rows.len() - 1);
        self.predictions = predictions.map(|it| it.clamp(-MIX_LIMIT, MIX_LIMIT));
        let weights = &self.rows[self.selected];
        let mut sum = 0i64;
        for k in 0..self.members {
            sum += i64::from(weights[k]) * i64::from(self.predictions[k]);
        }
        // Weights sum up to at most one.
        (sum >> WEIGHT_BITS) as i32
    }

    /// Learns `bit`.
    #[inline(always)]
    pub fn update(&mut self, bit: u32) {
        let weights = &mut self.rows[self.selected];
        let mut likely = [0u64; MEMBERS];
        let mut total = 0;
        for k in 0..self.members {
            let given = if bit == 1 { self.predictions[k] } else { -self.predictions[k] };
            let entry = (given + MIX_LIMIT + 1) as usize >> POWER_SHIFT & (POWER_ENTRIES - 1);
            // A weight is below 2^17, a power below 2^16 and not zero.
            likely[k] = u64::from(weights[k]) * u64::from(POWER[entry]);
            total += likely[k];
        }
        // Weights sum up to nearly 2^16 and no power is below 2^13, so the total is above 2^28. It
        // is below 2^33. One inverse, rounded down, serves all.
        let inverse = (u64::from((1u32 << WEIGHT_BITS) - SHARE) << 40) / total;
        for k in 0..self.members {
            let posterior = (likely[k] * inverse) >> 40;
            weights[k] = posterior as u32 + SHARE / self.members as u32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The member that is right takes nearly all of the weight, and loses it when another is right.
    #[test]
    fn the_posterior_follows_the_member_that_is_right() {
        let mut posterior = Posterior::new(2, 1);
        let mut said = [0; MEMBERS];
        said[..2].copy_from_slice(&[4 << MIX_BITS, -4 << MIX_BITS]);
        for _ in 0..100 {
            posterior.mix(&said, 0);
            posterior.update(1);
        }
        assert!(posterior.mix(&said, 0) > 3 << MIX_BITS);
        for _ in 0..100 {
            posterior.mix(&said, 0);
            posterior.update(0);
        }
        assert!(posterior.mix(&said, 0) < -3 << MIX_BITS);
    }

    /// The power is the eighth root of the probability.
    #[test]
    fn the_power_of_one_half_is_the_eighth_root() {
        let half = f64::from(POWER[POWER_ENTRIES / 2]) / 65536.0;
        assert!((half - 0.5f64.powf(0.125)).abs() < 0.001, "{half}");
        assert!(POWER.is_sorted() && POWER[0] > 1 << 13);
    }

    #[test]
    fn the_table_of_powers_is_pinned() {
        let bytes: Vec<u8> = POWER.iter().flat_map(|entry| entry.to_le_bytes()).collect();
        assert_eq!(
            xxhash_rust::xxh3::xxh3_64(&bytes),
            13_365_841_627_873_075_679,
            "a changed table is a new numeric contract"
        );
    }

    proptest! {
        /// Weights stay what they are, whatever is predicted and learned.
        #[test]
        fn weights_are_positive_and_sum_up_to_one(
            members in 1..=MEMBERS,
            steps in prop::collection::vec((any::<[i32; MEMBERS]>(), 0..3u32), 1..300),
        ) {
            let mut posterior = Posterior::new(members, 1);
            for (predictions, bit) in steps {
                let mixed = posterior.mix(&predictions, 0);
                prop_assert!(mixed.abs() <= MIX_LIMIT);
                posterior.update(bit & 1);
                let weights = posterior.rows[0];
                prop_assert!(weights[..members].iter().all(|&it| it >= SHARE / members as u32));
                prop_assert!(weights[members..].iter().all(|&it| it == 0));
                // Rounding and the division of the share lose less than two units a member.
                let sum = weights.iter().sum::<u32>();
                prop_assert!((65536 - 2 * MEMBERS as u32..=65536).contains(&sum));
            }
        }
    }
}
