//! The profiles of samples: images and sound.

use super::rows::{EIGHT, first};
use super::{Content, Row};
use crate::mix::final_stage::FinalMixing;
use crate::model::context::Context::{self, Signal};
use crate::model::selector::Selector;
use crate::model::signal::{AudioOptions, ImageOptions, Options, SignalContext, SignalSelector};

/// What rows with a signal model have in common.
const SAMPLES: Row = Row { content: Content::Samples, matches: &[20], first_weight: 10, ..EIGHT };

/// Contexts 16 to 24 of an image brought 0.07 % and are in no row.
const SIGNAL: [Context; 16] = {
    let mut contexts = [Signal(SignalContext(0)); 16];
    let mut number = 0;
    while number < contexts.len() {
        contexts[number] = Signal(SignalContext(number as u8));
        number += 1;
    }
    contexts
};
const SIGNAL_SETS: [Selector; 6] = [
    Selector::Signal(SignalSelector::First),
    Selector::Signal(SignalSelector::Third),
    Selector::Bits,
    Selector::Signal(SignalSelector::Second),
    Selector::Signal(SignalSelector::Fourth),
    Selector::MatchLength,
];

pub(super) const SAMPLES_8: Row = Row {
    number: 30,
    name: "samples-8",
    content: Content::Samples,
    contexts: first(&SIGNAL, 8),
    selectors: first(&SIGNAL_SETS, 3),
    signal: Some(Options {
        max_pairs: 6,
        image: ImageOptions {
            densities: 4,
            neighbours: [6, 6],
            windows: [false, false, true],
            solve_every: 2,
        },
        audio: AudioOptions { densities: 6, taps: [16, 16, 8], solve_every: 16 },
    }),
    ..SAMPLES
};

pub(super) const SAMPLES_16: Row = Row {
    number: 31,
    name: "samples-16",
    content: Content::Samples,
    contexts: &SIGNAL,
    selectors: &SIGNAL_SETS,
    final_selector: Some(Selector::Signal(SignalSelector::First)),
    final_mixing: FinalMixing::GradientAndFilter,
    signal: Some(Options {
        max_pairs: usize::MAX,
        image: ImageOptions {
            densities: 14,
            neighbours: [22, 16],
            windows: [true, true, true],
            solve_every: 1,
        },
        audio: AudioOptions { densities: 12, taps: [32, 256, 32], solve_every: 2 },
    }),
    ..SAMPLES
};
