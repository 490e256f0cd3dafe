//! Coding with mixers that learn in other ways than those of the levels: for comparisons.

use super::profile::Profile;
use super::shape::{COMPARED, Shape};
use super::stream::{Task, encode_in};
use crate::error::{Error, Limit, LimitKind, Result};
use crate::mix::final_stage::FinalMixing;
use crate::mix::mixer::Rate;

/// How mixers learn; all that is not named is as the profile says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Learning {
    /// The first layer by gradient, with a rate that falls: what every level uses.
    Falling,
    /// The first layer by gradient, with the rate that the falling one ends at.
    Fixed,
    /// The first layer as beliefs with variances: [`crate::mix::bayes::BayesMixer`].
    Bayes,
    /// The second layer like this.
    Final(FinalMixing),
}

impl Learning {
    /// All of them, that of the levels first.
    pub const ALL: [Self; 8] = [
        Self::Falling,
        Self::Fixed,
        Self::Bayes,
        Self::Final(FinalMixing::Gradient),
        Self::Final(FinalMixing::Rates),
        Self::Final(FinalMixing::Filters),
        Self::Final(FinalMixing::TrackedFilters),
        Self::Final(FinalMixing::GradientAndFilter),
    ];

    /// What a table of comparisons calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Falling => "falling",
            Self::Fixed => "fixed",
            Self::Bayes => "bayes",
            Self::Final(FinalMixing::Gradient) => "final: gradient",
            Self::Final(FinalMixing::Rates) => "final: rates",
            Self::Final(FinalMixing::Filters) => "final: filters",
            Self::Final(FinalMixing::TrackedFilters) => "final: tracked filters",
            Self::Final(FinalMixing::GradientAndFilter) => "final: gradient and filter",
        }
    }
}

/// Codes `raw` with the predictor of `profile`, with mixers that learn as `learning` says. Only
/// for comparisons: the Bayesian mixer is compiled for one shape, that of -7, so profiles of up to
/// 16 contexts are all compared in it, and there is no decoder.
///
/// # Errors
/// Memory for the tables cannot be had, or the profile is too large.
pub fn encode_learning(
    profile: &Profile,
    raw: &[u8],
    memory: usize,
    learning: Learning,
) -> Result<Vec<u8>> {
    let set = crate::simd::active();
    let detailed = Profile { confidences: true, runs: 2..3, ..profile.clone() };
    let profile = if profile.contexts.len() > 16 { profile } else { &detailed };
    let comparable = COMPARED[0].holds(profile);
    if learning == Learning::Bayes && !comparable {
        return Err(Error::Limit(Limit::new(
            LimitKind::Format,
            "the Bayesian mixer is compiled for levels up to 7, and not for samples",
        )));
    }
    let mut profile = profile.clone();
    match learning {
        Learning::Falling | Learning::Bayes => {}
        Learning::Fixed => profile.rate = Rate { first: profile.rate.last, ..profile.rate },
        Learning::Final(mixing) => profile.final_mixing = mixing,
    }
    let profile = &profile;
    let task = Task::alone(profile, raw.len(), memory, set);
    let shape = if comparable {
        &COMPARED[usize::from(learning == Learning::Bayes)]
    } else {
        Shape::of(profile)?
    };
    Ok(encode_in(shape, profile, raw, &task)?.0)
}
