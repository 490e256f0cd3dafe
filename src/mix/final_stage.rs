//! The second layer as a whole: mixers of the weight sets' predictions, and what combines them.
//!
//! Every mixer has its own rows. The bits of the byte so far select the row of the first mixer, a
//! selector of the profile that of the second.

use super::filter::Filter;
use super::final_mixer::FinalMixer;
use super::posterior::{MEMBERS, Posterior};
use crate::numeric::PROBABILITY_BITS;
use crate::numeric::logistic::squash;

/// How the predictions of weight sets become one prediction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FinalMixing {
    /// Gradient mixers ([`FinalMixer`]); their mean counts.
    Gradient,
    /// Gradient mixers at a third of the rate, the rate itself and three times that, combined by a
    /// posterior ([`Posterior`]).
    Rates,
    /// Filters ([`Filter`]); their mean counts.
    Filters,
    /// Filters, combined by a posterior.
    TrackedFilters,
    /// A gradient mixer with the first row, a filter with the second, and a gradient mixer of one
    /// row, which short streams need: the three are combined by a posterior. Without a second row,
    /// a gradient mixer.
    GradientAndFilter,
}

/// Bits that were coded with an error below 2^-8 teach filters and posterior nothing: at level 8,
/// files are smaller than when every bit teaches (`docs/architecture-engine.md`).
const LEAST_ERROR: u32 = 1 << (PROBABILITY_BITS - 8);

/// How fast the gradient mixer of one row learns. Beside the other two it makes 88 pieces of 48,000
/// bytes 0.16 % smaller at level 8, and with 60 in place of 150 0.12 %.
const RATE_OF_ONE_ROW: u32 = 150;

/// A mixer of the second layer.
#[derive(Clone)]
enum Member<const S: usize> {
    Gradient(FinalMixer<S>),
    Filter(Filter<S>),
}

/// What selects the row of a mixer.
#[derive(Clone, Copy)]
enum RowOf {
    /// The bits of the byte so far.
    First,
    /// The selector of the profile.
    Second,
    /// There is one row.
    Only,
}

/// Mixers of `S` stretched predictions, and what combines them.
#[derive(Clone)]
pub struct FinalStage<const S: usize> {
    /// The one mixer of a stage with few contexts, and little time.
    only: Option<FinalMixer<S>>,
    members: Vec<(Member<S>, RowOf)>,
    posterior: Option<Posterior>,
}

impl<const S: usize> FinalStage<S> {
    /// A stage that works as `mixing` says. Gradient mixers learn with `rate` (see
    /// [`crate::mix::mixer::Rate::last`]). A selector of `second_rows` rows, if there is one, has a
    /// mixer of its own.
    #[must_use]
    pub fn new(mixing: FinalMixing, rate: u32, second_rows: Option<usize>) -> Self {
        let gradient = |rows, rate: u32| Member::Gradient(FinalMixer::new(rows, rate));
        let filter = |rows| Member::Filter(Filter::new(rows));
        let selected = [Some((256, RowOf::First)), second_rows.map(|rows| (rows, RowOf::Second))];
        let is_gradient = matches!(mixing, FinalMixing::Gradient | FinalMixing::GradientAndFilter);
        if is_gradient && second_rows.is_none() {
            let only = Some(FinalMixer::new(256, rate));
            return Self { only, members: Vec::new(), posterior: None };
        }
        let mut members = Vec::new();
        for (rows, row) in selected.into_iter().flatten() {
            match mixing {
                FinalMixing::Gradient => members.push((gradient(rows, rate), row)),
                FinalMixing::Rates => members
                    .extend([rate / 3, rate, 3 * rate].map(|rate| (gradient(rows, rate), row))),
                FinalMixing::Filters | FinalMixing::TrackedFilters => {
                    members.push((filter(rows), row));
                }
                FinalMixing::GradientAndFilter => members.push(match row {
                    RowOf::First => (gradient(rows, rate), row),
                    RowOf::Second | RowOf::Only => (filter(rows), row),
                }),
            }
        }
        if mixing == FinalMixing::GradientAndFilter && second_rows.is_some() {
            members.push((gradient(1, RATE_OF_ONE_ROW), RowOf::Only));
        }
        let is_tracked = !matches!(mixing, FinalMixing::Gradient | FinalMixing::Filters);
        let posterior =
            (is_tracked && members.len() > 1).then(|| Posterior::new(members.len(), 256));
        Self { only: None, members, posterior }
    }

    /// Mixes predictions with 12 fractional bits; `partial` is the byte so far, `second` the row
    /// that the selector of the profile selects. Returns the mixed prediction, with 12 fractional
    /// bits, and its probability (22 bits).
    #[inline(always)]
    pub fn mix(&mut self, predictions: &[i32; S], partial: usize, second: usize) -> (i32, u32) {
        if let Some(mixer) = &mut self.only {
            return (mixer.mix(predictions, partial), mixer.probability());
        }
        let mut stretched = [0; MEMBERS];
        let mut probabilities = 0;
        for ((member, row), stretched) in self.members.iter_mut().zip(&mut stretched) {
            let row = match row {
                RowOf::First => partial,
                RowOf::Second => second,
                RowOf::Only => 0,
            };
            let probability;
            (*stretched, probability) = match member {
                Member::Gradient(mixer) => (mixer.mix(predictions, row), mixer.probability()),
                Member::Filter(filter) => filter.mix(predictions, row),
            };
            probabilities += probability;
        }
        match (&mut self.posterior, self.members.len()) {
            (Some(posterior), _) => {
                let mixed = posterior.mix(&stretched, partial);
                (mixed, squash(mixed))
            }
            (None, 2) => ((stretched[0] + stretched[1]) >> 1, probabilities >> 1),
            (None, _) => (stretched[0], probabilities),
        }
    }

    /// Learns `bit`, which was coded after all stages gave it the probability `coded` (22 bits).
    #[inline(always)]
    pub fn update(&mut self, bit: u32, coded: u32) {
        if let Some(mixer) = &mut self.only {
            return mixer.update(bit);
        }
        let error = (bit << PROBABILITY_BITS).abs_diff(coded);
        for (member, _) in &mut self.members {
            match member {
                Member::Gradient(mixer) => mixer.update(bit),
                _ if error < LEAST_ERROR => {}
                Member::Filter(filter) => filter.update(bit),
            }
        }
        if let Some(posterior) = &mut self.posterior
            && error >= LEAST_ERROR
        {
            posterior.update(bit);
        }
    }
}
