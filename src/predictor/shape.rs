//! Shapes: how many contexts, runs, stationary maps, mixer inputs and weight sets a predictor is
//! compiled for.
//!
//! Loops of a fixed length are a third of the speed, so predictors are compiled for these shapes
//! and no others. A profile is run in the first shape of the table that holds it.

use super::step::BytePredictor;
use super::{Predictor, Sizes, profile::Profile};
use crate::coder::leading::Skipped;
use crate::error::{Error, Result};
use crate::mix::bayes::BayesMixer;
use crate::mix::mixer::{Mixer, WeightMixer};
use crate::model::residual::GUESSES;
#[cfg(target_arch = "aarch64")]
use crate::simd::Neon;
use crate::simd::{InstructionSet, Kernels, Scalar};

/// One shape.
#[derive(Debug)]
pub(super) struct Shape {
    /// For keys, tests and messages.
    pub name: &'static str,
    /// Which profiles the shape is for.
    role: Role,
    /// Hashed contexts, at most: a multiple of eight.
    contexts: usize,
    /// Contexts that remember runs.
    runs: usize,
    /// Contexts that have stationary maps.
    stationary: usize,
    /// Pairs of mixer inputs for input models: match models, the signal model, networks.
    models: usize,
    /// Whether input models may be others than match models.
    others: bool,
    /// Weight sets.
    sets: usize,
    make: Make,
}

type Make = fn(&Profile, Sizes, Skipped, InstructionSet) -> Result<Box<dyn BytePredictor>>;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Role {
    /// Contexts give one pair of inputs each.
    Plain,
    /// Contexts give more inputs than one pair.
    Detailed,
    /// A signal model gives inputs too.
    Signal,
}

/// A row of [`SHAPES`]: the numbers stand once, for the type and for the table. The compiler checks
/// that the pairs of mixer inputs are those of contexts, runs, confidences, input models,
/// stationary maps and the bias.
macro_rules! shape {
    (
        $name:literal, $role:ident, $mixer:ident,
        contexts: $n:literal, runs: $r:literal, confidences: $c:literal, models: $m:literal, others: $i:literal,
        stationary: $d:literal,
        pairs: $p:literal, sets: $s:literal
    ) => {{
        const {
            assert!($n + $r + $c + $m + $d + 1 == $p, "pairs of mixer inputs");
            let layout = Layout::of($n, $r, $d, $p);
            assert!(
                layout.has_confidences == ($c > 0) && ($c == 0 || $c == $n),
                "a confidence for each context, or none"
            );
            assert!(
                layout.models == $n + $r + $c
                    && layout.stationary == layout.models + $m
                    && layout.bias + 1 == $p,
                "layout"
            );
        }
        Shape {
            name: $name,
            role: Role::$role,
            contexts: $n,
            runs: $r,
            stationary: $d,
            models: $m,
            others: $i,
            sets: $s,
            make: make::<$n, $r, $d, $p, $s, $i, $mixer<$p, $s>>,
        }
    }};
}

/// All shapes, the smaller ones of each role first.
#[rustfmt::skip]
static SHAPES: [Shape; 12] = [
    shape!("signal-8", Signal, Mixer, contexts: 8, runs: 0, confidences: 0, models: 7, others: true, stationary: 0, pairs: 16, sets: 3),
    shape!("signal-16", Signal, Mixer, contexts: 16, runs: 0, confidences: 0, models: 15, others: true, stationary: 0, pairs: 32, sets: 6),
    shape!("plain-8", Plain, Mixer, contexts: 8, runs: 0, confidences: 0, models: 7, others: false, stationary: 0, pairs: 16, sets: 2),
    shape!("plain-16", Plain, Mixer, contexts: 16, runs: 0, confidences: 0, models: 7, others: false, stationary: 0, pairs: 24, sets: 3),
    shape!("detailed-16", Detailed, Mixer, contexts: 16, runs: 1, confidences: 16, models: 6, others: false, stationary: 0, pairs: 40, sets: 4),
    shape!("detailed-24", Detailed, Mixer, contexts: 24, runs: 2, confidences: 24, models: 5, others: false, stationary: 0, pairs: 56, sets: 6),
    shape!("detailed-40", Detailed, Mixer, contexts: 40, runs: 8, confidences: 40, models: 7, others: false, stationary: 0, pairs: 96, sets: 8),
    shape!("detailed-56", Detailed, Mixer, contexts: 56, runs: 8, confidences: 56, models: 4, others: false, stationary: 11, pairs: 136, sets: 10),
    shape!("detailed-64", Detailed, Mixer, contexts: 64, runs: 8, confidences: 64, models: 12, others: true, stationary: 11, pairs: 160, sets: 12),
    shape!("network-40", Detailed, Mixer, contexts: 40, runs: 8, confidences: 40, models: 7, others: true, stationary: 0, pairs: 96, sets: 11),
    shape!("network-56", Detailed, Mixer, contexts: 56, runs: 8, confidences: 56, models: 12, others: true, stationary: 11, pairs: 144, sets: 13),
    shape!("network-80", Detailed, Mixer, contexts: 80, runs: 8, confidences: 80, models: 20, others: true, stationary: 11, pairs: 200, sets: 15),
];

/// The shape in which mixers are compared, with the usual mixer and with the Bayesian one.
#[rustfmt::skip]
pub(super) static COMPARED: [Shape; 2] = [
    shape!("compared", Detailed, Mixer, contexts: 16, runs: 1, confidences: 16, models: 6, others: false, stationary: 0, pairs: 40, sets: 4),
    shape!("compared-bayes", Detailed, BayesMixer, contexts: 16, runs: 1, confidences: 16, models: 6, others: false, stationary: 0, pairs: 40, sets: 4),
];

impl Shape {
    /// The first shape that holds `profile`.
    ///
    /// # Errors
    /// [`Error::Bug`] where none does.
    pub fn of(profile: &Profile) -> Result<&'static Shape> {
        SHAPES
            .iter()
            .find(|shape| shape.holds(profile))
            .ok_or_else(|| Error::Bug("a profile larger than every shape".into()))
    }

    /// Whether the shape holds all of `profile`: nothing of a profile is ever left out.
    pub fn holds(&self, profile: &Profile) -> bool {
        let is_meant = match self.role {
            Role::Signal => profile.signal.is_some(),
            Role::Plain => profile.signal.is_none() && !profile.confidences,
            Role::Detailed => profile.signal.is_none() && profile.confidences,
        };
        let models = profile.matches.len()
            + usize::from(profile.signal.is_some())
            + if profile.residuals { GUESSES } else { 0 }
            + profile.networks.len();
        let has_others =
            profile.signal.is_some() || profile.residuals || !profile.networks.is_empty();
        is_meant
            && (self.others || !has_others)
            && profile.runs.len() == self.runs
            && profile.stationary.len() == self.stationary
            && profile.contexts.len() <= self.contexts
            && profile.selectors.len() <= self.sets
            && models <= self.models
    }

    /// A predictor of this shape for `profile`.
    ///
    /// # Errors
    /// The memory cannot be had.
    pub fn predictor(
        &self,
        profile: &Profile,
        sizes: Sizes,
        skipped: Skipped,
        set: InstructionSet,
    ) -> Result<Box<dyn BytePredictor>> {
        (self.make)(profile, sizes, skipped, set)
    }
}

/// Where the pairs of mixer inputs of a shape are: contexts come first, then runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    /// Whether contexts have a second pair of inputs, after the runs: how sure their histories are.
    pub has_confidences: bool,
    /// Index of the first pair of the input models.
    pub models: usize,
    /// Index of the first pair of the stationary maps.
    pub stationary: usize,
    /// Index of the pair that is always the same.
    pub bias: usize,
}

impl Layout {
    /// Of `pairs` pairs, as many contexts, runs and stationary maps, and confidences where they
    /// have room.
    pub const fn of(contexts: usize, runs: usize, stationary: usize, pairs: usize) -> Self {
        let has_confidences = pairs >= 2 * contexts + runs + stationary + 2;
        let models = contexts + runs + if has_confidences { contexts } else { 0 };
        Layout { has_confidences, models, stationary: pairs - 1 - stationary, bias: pairs - 1 }
    }
}

fn make<
    const N: usize,
    const R: usize,
    const D: usize,
    const P: usize,
    const S: usize,
    const I: bool,
    M: WeightMixer<P, S> + 'static,
>(
    profile: &Profile,
    sizes: Sizes,
    skipped: Skipped,
    set: InstructionSet,
) -> Result<Box<dyn BytePredictor>> {
    fn with<
        K: Kernels,
        const N: usize,
        const R: usize,
        const D: usize,
        const P: usize,
        const S: usize,
        const I: bool,
        M: WeightMixer<P, S> + 'static,
    >(
        kernels: K,
        profile: &Profile,
        sizes: Sizes,
        skipped: Skipped,
    ) -> Result<Box<dyn BytePredictor>> {
        Ok(Box::new(Predictor::<K, N, R, D, P, S, I, M>::with_sizes(
            kernels, profile, sizes, skipped,
        )?))
    }
    match set {
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2(kernels) => {
            with::<_, N, R, D, P, S, I, M>(kernels, profile, sizes, skipped)
        }
        #[cfg(target_arch = "aarch64")]
        InstructionSet::Neon(kernels) => {
            with::<Neon, N, R, D, P, S, I, M>(kernels, profile, sizes, skipped)
        }
        InstructionSet::Scalar => {
            with::<Scalar, N, R, D, P, S, I, M>(Scalar, profile, sizes, skipped)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::predictor::primer::Primer;
    use crate::predictor::tables::PROFILES;
    use crate::predictor::tests::kinds;

    /// Every profile is run whole.
    #[test]
    fn every_profile_has_a_shape() {
        let mut used = Vec::new();
        for row in &PROFILES {
            for kind in kinds().iter().filter(|kind| row.codes(kind)) {
                let shape = Shape::of(&row.profile(kind, Primer::default()))
                    .unwrap_or_else(|_| panic!("{} {kind:?}", row.name));
                used.push(shape.name);
            }
        }
        for shape in &SHAPES {
            assert!(used.contains(&shape.name), "no profile is run in {}", shape.name);
        }
    }
}
