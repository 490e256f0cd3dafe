//! Coding with weights that learn in other ways than those of the levels: for comparisons.

use super::profile::Profile;
use super::shape::{COMPARED, Shape};
use super::stream::{Task, encode_in};
use crate::error::{Error, Limit, LimitKind, Result};
use crate::mix::mixer::Rate;

/// How the first layer's weights learn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Learning {
    /// By gradient, with a rate that falls: what every level uses.
    Falling,
    /// By gradient, with the rate that the falling one ends at.
    Fixed,
    /// As beliefs with variances: [`crate::mix::bayes::BayesMixer`].
    Bayes,
}

/// Codes `raw` with the predictor of `profile`, with weights that learn as `learning` says. Only
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
    let fixed =
        Profile { rate: Rate { first: profile.rate.last, ..profile.rate }, ..profile.clone() };
    let profile = if learning == Learning::Fixed { &fixed } else { profile };
    let task = Task::alone(profile, raw.len(), memory, set);
    let shape = if comparable {
        &COMPARED[usize::from(learning == Learning::Bayes)]
    } else {
        Shape::of(profile)?
    };
    Ok(encode_in(shape, profile, raw, &task)?.0)
}
