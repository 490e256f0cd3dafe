//! The least rate of a mixer: it rises as errors become rare.
//!
//! Where a stream is nearly foretold, as generated tables are, few bits teach anything, and what a
//! surprise teaches holds for a long time: each surprise may move weights further. Prose wants the
//! small steps that average over many surprises, and so do records, whose values are foretold by
//! many contexts together.

use crate::numeric::PROBABILITY_BITS;

/// Bits over which the mean error is taken: 2 to this power.
const SPAN_BITS: u32 = 11;
/// Fractional bits of the mean error.
const MEAN_BITS: u32 = PROBABILITY_BITS + 6;
/// The mean error, a tenth, from which on the least rate is that of the profile. What other values
/// of the constants bring stands in `docs/architecture-engine.md`.
const USUAL: u32 = (1 << MEAN_BITS) / 10;
/// The least rate of the rows of a mixer.
#[derive(Clone)]
pub(super) struct RateFloor {
    /// Rate in the long run, as the profile says.
    last: u32,
    /// How many times that the least rate can be.
    rise: u32,
    /// Mean error of the last coded bits, with [`MEAN_BITS`] fractional bits.
    mean: u32,
}

impl RateFloor {
    /// Of a profile with the rate `last` in the long run, which can become `rise` times that.
    pub(super) fn new(last: u32, rise: u32) -> Self {
        Self { last, rise, mean: USUAL }
    }

    /// Takes in a bit that was coded with `error` (22 fractional bits).
    #[inline(always)]
    pub(super) fn take_in(&mut self, error: u32) {
        if self.rise == 1 {
            return;
        }
        self.mean -= self.mean >> SPAN_BITS;
        self.mean += error >> (SPAN_BITS + PROBABILITY_BITS - MEAN_BITS);
    }

    /// The least rate: that of the profile times the usual error over the mean error, as
    /// far as the profile lets it rise.
    #[inline(always)]
    pub(super) fn rate(&self) -> u32 {
        if self.rise == 1 {
            return self.last;
        }
        let times = (USUAL / (self.mean >> 6).max(1)).clamp(64, 64 * self.rise);
        (self.last * times) >> 6
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(bits: u32, error: u32) -> u32 {
        let mut floor = RateFloor::new(100, 6);
        (0..bits).for_each(|_| floor.take_in(error));
        floor.rate()
    }

    #[test]
    fn the_rate_rises_as_errors_become_rare() {
        let one = 1 << PROBABILITY_BITS;
        assert_eq!(after(0, 0), 100);
        assert_eq!(after(20_000, one / 5), 100);
        assert_eq!(after(20_000, one), 100);
        assert!((195..=205).contains(&after(20_000, one / 20)), "{}", after(20_000, one / 20));
        assert_eq!(after(20_000, one / 1000), 600);
        assert_eq!(after(100_000, 0), 600);
    }
}
