//! Shapes: how many contexts, runs, direct maps, mixer inputs and weight sets a predictor is compiled for.
//!
//! Loops of a fixed length are a third of the speed, so predictors are compiled for these shapes and no others. A profile is
//! run in the first shape of the table that holds it.

use super::step::BytePredictor;
use super::{Predictor, Sizes, profile::Profile};
use crate::coder::leading::Skipped;
use crate::error::{Error, Result};
use crate::mix::bayes::BayesMixer;
use crate::mix::mixer::{Mixer, WeightMixer};
#[cfg(target_arch = "aarch64")]
use crate::simd::Neon;
use crate::simd::{InstructionSet, Kernels, Scalar};

/// One shape.
#[derive(Debug)]
pub(super) struct Shape {
    /// For tests and messages.
    pub name: &'static str,
    /// Hashed contexts, at most: a multiple of eight.
    pub contexts: usize,
    /// Contexts, from the third on, that remember runs as well.
    runs: usize,
    /// Contexts, from the second on, that have direct maps as well.
    direct: usize,
    /// Pairs of mixer inputs: those of contexts, runs, confidences, matches, a signal model, direct maps and the bias.
    pairs: usize,
    /// Weight sets.
    sets: usize,
    /// Which profiles the shape is for.
    role: Role,
    make: Make,
}

type Make = fn(&Profile, Sizes, Skipped, InstructionSet) -> Result<Box<dyn BytePredictor>>;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Role {
    /// Contexts give one pair of inputs each.
    Plain,
    /// Contexts give more inputs than one pair.
    Detailed,
    /// Signal models give inputs in the room of runs.
    Signal,
}

/// A row of [`SHAPES`]: the numbers stand once, in the type and in the row.
macro_rules! shape {
    ($name:literal, $role:ident, $mixer:ident, contexts: $n:literal, runs: $r:literal, direct: $d:literal, pairs: $p:literal, sets: $s:literal) => {
        Shape {
            name: $name,
            contexts: $n,
            runs: $r,
            direct: $d,
            pairs: $p,
            sets: $s,
            role: Role::$role,
            make: make::<$n, $r, $d, $p, $s, $mixer<$p, $s>>,
        }
    };
}

/// All shapes, the smaller ones of each role first.
static SHAPES: [Shape; 9] = [
    shape!("signal-8", Signal, Mixer, contexts: 8, runs: 0, direct: 0, pairs: 16, sets: 3),
    shape!("signal-16", Signal, Mixer, contexts: 16, runs: 0, direct: 0, pairs: 32, sets: 6),
    shape!("plain-8", Plain, Mixer, contexts: 8, runs: 0, direct: 0, pairs: 16, sets: 2),
    shape!("plain-16", Plain, Mixer, contexts: 16, runs: 0, direct: 0, pairs: 24, sets: 3),
    shape!("detailed-8", Detailed, Mixer, contexts: 8, runs: 2, direct: 0, pairs: 24, sets: 2),
    shape!("detailed-16", Detailed, Mixer, contexts: 16, runs: 1, direct: 0, pairs: 40, sets: 4),
    shape!("detailed-24", Detailed, Mixer, contexts: 24, runs: 2, direct: 0, pairs: 56, sets: 6),
    shape!("detailed-40", Detailed, Mixer, contexts: 40, runs: 8, direct: 0, pairs: 96, sets: 8),
    shape!("detailed-56", Detailed, Mixer, contexts: 56, runs: 8, direct: 11, pairs: 136, sets: 10),
];

/// The shape of [`SHAPES`] that the Bayesian mixer is compared in, and the one with the Bayesian mixer.
pub(super) static COMPARED: [&Shape; 2] = [
    &SHAPES[5],
    &shape!("detailed-16-bayes", Detailed, BayesMixer, contexts: 16, runs: 1, direct: 0, pairs: 40, sets: 4),
];

impl Shape {
    /// The first shape that holds `profile`.
    ///
    /// # Errors
    /// [`Error::Bug`] where none does.
    pub fn of(profile: &Profile) -> Result<&'static Shape> {
        // A signal model has no use for a larger shape, and what is not detailed may need a detailed one for its number of contexts.
        let fits = |shape: &&Shape| match shape.role {
            Role::Signal => profile.signal.is_some(),
            Role::Plain => !profile.detailed,
            Role::Detailed => true,
        };
        let holds = |shape: &&Shape| {
            let sets = shape.role == Role::Signal || profile.selectors.len() <= shape.sets;
            profile.contexts.len() <= shape.contexts && sets
        };
        SHAPES.iter().find(|shape| fits(shape) && holds(shape)).ok_or_else(|| Error::Bug("a profile larger than every shape".into()))
    }

    /// A predictor of this shape for `profile`.
    ///
    /// # Errors
    /// The memory cannot be had.
    pub fn predictor(&self, profile: &Profile, sizes: Sizes, skipped: Skipped, set: InstructionSet) -> Result<Box<dyn BytePredictor>> {
        (self.make)(profile, sizes, skipped, set)
    }
}

fn make<const N: usize, const R: usize, const D: usize, const P: usize, const S: usize, M: WeightMixer<P, S> + 'static>(
    profile: &Profile,
    sizes: Sizes,
    skipped: Skipped,
    set: InstructionSet,
) -> Result<Box<dyn BytePredictor>> {
    fn with<K: Kernels, const N: usize, const R: usize, const D: usize, const P: usize, const S: usize, M: WeightMixer<P, S> + 'static>(
        kernels: K,
        profile: &Profile,
        sizes: Sizes,
        skipped: Skipped,
    ) -> Result<Box<dyn BytePredictor>> {
        Ok(Box::new(Predictor::<K, N, R, D, P, S, M>::with_sizes(kernels, profile, sizes, skipped)?))
    }
    match set {
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2(kernels) => with::<_, N, R, D, P, S, M>(kernels, profile, sizes, skipped),
        #[cfg(target_arch = "aarch64")]
        InstructionSet::Neon(kernels) => with::<Neon, N, R, D, P, S, M>(kernels, profile, sizes, skipped),
        InstructionSet::Scalar => with::<Scalar, N, R, D, P, S, M>(Scalar, profile, sizes, skipped),
    }
}
