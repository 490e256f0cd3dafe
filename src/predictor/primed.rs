//! Predictors that have read a primer, kept for the next stream that reads the same one.
//!
//! To read a primer takes up to a second, to copy what has read it a tenth of that. So many small
//! streams in one process do not pay for it each time, and what is coded is verified with a copy. A
//! copy predicts what the kept one would.
//!
//! What is kept is spare memory (see [`crate::budget`]): a job that needs it gets it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Sizes;
use super::primer::{Identity, Primer};
use super::profile::Profile;
use super::shape::Shape;
use super::step::BytePredictor;
use crate::budget::{self, Budget};
use crate::coder::leading::Skipped;
use crate::error::Result;
use crate::model::residual::Residuals;
use crate::simd::InstructionSet;

/// All that decides the state of a predictor which has read its primer.
#[derive(Clone, PartialEq)]
pub(super) struct Key {
    shape: &'static str,
    set: InstructionSet,
    /// Without its primer and the length of its text.
    profile: Profile,
    /// Which text, its length, and how many bytes of it are observed.
    primer: (Identity, usize, usize),
    has_text: bool,
    sizes: Sizes,
    skipped: Skipped,
}

impl Key {
    /// The key of predictors of `shape` that compute with `set`; none where there is no primer to
    /// spare.
    pub fn of(
        shape: &Shape,
        profile: &Profile,
        sizes: Sizes,
        skipped: Skipped,
        set: InstructionSet,
    ) -> Option<Key> {
        let Primer { text, noted } = &profile.primer;
        let identity = text.identity()?;
        (!text.is_empty()).then(|| Key {
            shape: shape.name,
            set,
            profile: Profile { primer: Primer::default(), words: None, ..profile.clone() },
            primer: (identity, text.len(), *noted),
            has_text: profile.words.is_some(),
            sizes,
            skipped,
        })
    }

    /// Bytes that a predictor of this key takes: its tables, and its networks.
    fn bytes(&self) -> u64 {
        let networks: u64 = self.profile.networks.iter().map(|network| network.memory()).sum();
        let residuals = if self.profile.residuals { Residuals::memory() } else { 0 };
        self.sizes.bytes() + networks + residuals
    }
}

/// Keys that were asked for last, oldest first.
static ASKED: Mutex<VecDeque<Key>> = Mutex::new(VecDeque::new());

/// How many of them are remembered.
const MOST_ASKED: usize = 16;

fn asked() -> MutexGuard<'static, VecDeque<Key>> {
    ASKED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A predictor that has read its primer, or whether it is worth keeping once it has.
pub(super) enum Found {
    /// A copy of the one that is kept.
    Primed(Box<dyn BytePredictor>),
    /// It was asked for before, or is going to be: [`keep`] it.
    Wanted,
    /// It may be the only one.
    Unknown,
}

/// Looks for a predictor that has read the primer of `key`. What is coded is usually verified, and
/// then worth keeping at once.
///
/// # Errors
/// Memory for the copy cannot be had.
pub(super) fn find(key: &Key, is_coding: bool) -> Result<Found> {
    // Beside a copy that would need it, nothing is spare.
    let kept = budget::spare(key.bytes(), |kept: &Kept| kept.key == *key);
    if let Some(kept) = kept {
        return Ok(Found::Primed(kept.predictor.copy()));
    }
    let mut asked = asked();
    let before = asked.iter().position(|other| other == key);
    if let Some(index) = before {
        asked.remove(index);
    }
    if asked.len() == MOST_ASKED {
        asked.pop_front();
    }
    asked.push_back(key.clone());
    let is_next = is_coding && Budget::expects_verification();
    Ok(if is_next || before.is_some() { Found::Wanted } else { Found::Unknown })
}

struct Kept {
    key: Key,
    predictor: Box<dyn BytePredictor>,
}

/// Keeps a copy of `predictor`, if there is room for it.
pub(super) fn keep(key: Key, predictor: &dyn BytePredictor) {
    budget::keep_spare(key.bytes(), || Arc::new(Kept { key, predictor: predictor.copy() }));
}
