//! Models of sampled signals: images and sound.

pub mod audio;
pub mod bilevel;
pub mod densities;
pub mod density;
pub mod experts;
pub mod frames;
pub mod image;
mod image_contexts;
pub mod least_squares;
pub mod lms;
mod names;
pub mod neighbours;
pub mod residual_scale;
pub mod window;

use super::input_model::{BitPosition, InputModel};
use crate::coder::leading::Skipped;
use crate::kind::Kind;
use crate::simd::{InstructionSet, accelerate};
use audio::AudioState;
use bilevel::BilevelState;
use image::ImageState;
pub use names::{SignalContext, SignalSelector};

/// How hard a signal model works.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// Pairs of mixer inputs that the model may give; the rest of its own is left out.
    pub max_pairs: usize,
    /// Of images of 8 and 16 bits a sample.
    pub image: ImageOptions,
    /// Of sound.
    pub audio: AudioOptions,
}

/// How hard the model of images works.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ImageOptions {
    /// Densities that give inputs, up to 14.
    pub densities: usize,
    /// Neighbours in the same channel that least squares look at: of images of one channel, and of
    /// images of more.
    pub neighbours: [usize; 2],
    /// Which windows least squares are solved over: wide, very wide, narrow.
    pub windows: [bool; 3],
    /// Samples from one solution over the narrow window to the next.
    pub solve_every: u32,
}

/// How hard the model of sound works.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AudioOptions {
    /// Densities that give inputs, up to 12.
    pub densities: usize,
    /// Past samples that least squares, the first filter and the second filter look at.
    pub taps: [usize; 3],
    /// Samples of a channel from one solution of least squares to the next.
    pub solve_every: u32,
}

/// The model of a stream's signal.
#[derive(Clone)]
pub struct Signal {
    model: Model,
    /// Pairs of mixer inputs.
    pairs: usize,
    set: InstructionSet,
}

#[allow(clippy::large_enum_variant)] // one a stream, boxed as a whole
#[derive(Clone)]
enum Model {
    /// Pixels of 8 or 16 bits a channel.
    Image(ImageState),
    /// Pixels of one bit.
    Bilevel(BilevelState),
    /// Sound.
    Audio(AudioState),
}

macro_rules! each {
    ($signal:expr, $state:ident => $body:expr) => {
        match $signal {
            Model::Image($state) => $body,
            Model::Bilevel($state) => $body,
            Model::Audio($state) => $body,
        }
    };
}

impl Signal {
    /// The model for streams of `kind`; none where they hold no signal. Samples of more than one
    /// byte must come big-endian; `skipped` bits of pixels are zero and never asked for. The model
    /// computes with the instructions of `set`: the same bits whichever they are.
    #[must_use]
    pub fn new(
        kind: &Kind,
        options: Options,
        skipped: Skipped,
        set: InstructionSet,
    ) -> Option<Self> {
        let image = |channels: u8, bytes: usize, row_bytes: u32| {
            Model::Image(ImageState::new(
                usize::from(channels),
                bytes,
                row_bytes as usize,
                options.image,
                skipped,
            ))
        };
        let model = match *kind {
            Kind::Image { bits: 1, row_bytes } => {
                Model::Bilevel(BilevelState::new(row_bytes as usize))
            }
            Kind::Image { bits, row_bytes } => image(bits / 8, 1, row_bytes),
            Kind::Image16 { row_bytes, .. } => image(1, 2, row_bytes),
            Kind::Audio { channels, bits, signed, .. } => Model::Audio(AudioState::new(
                channels.into(),
                usize::from(bits / 8),
                signed,
                options.audio,
            )),
            _ => return None,
        };
        let pairs = each!(&model, state => state.pairs()).min(options.max_pairs);
        Some(Self { model, pairs, set })
    }

    /// The value of a context, to be hashed.
    #[inline(always)]
    #[must_use]
    pub fn value(&self, context: SignalContext) -> u64 {
        each!(&self.model, state => state.value(context))
    }

    /// The value of a selector, below 256.
    #[inline(always)]
    #[must_use]
    pub fn select(&self, selector: SignalSelector) -> u32 {
        each!(&self.model, state => state.select(selector))
    }
}

impl InputModel for Signal {
    #[inline(always)]
    fn pairs(&self) -> usize {
        self.pairs
    }

    fn push(&mut self, bytes: &[u8]) {
        accelerate(self.set, || each!(&mut self.model, state => state.push(bytes)));
    }

    fn inputs(&mut self, _: BitPosition, inputs: &mut [[i16; 2]]) {
        accelerate(self.set, || each!(&mut self.model, state => state.inputs(inputs)));
    }

    fn update(&mut self, bit: u32, _: BitPosition) {
        accelerate(self.set, || each!(&mut self.model, state => state.update(bit)));
    }

    /// Does nothing: the model knows which bits of a sample are never asked for.
    fn skip(&mut self, _: u32, _: BitPosition) {}

    #[inline(always)]
    fn selected(&self, number: u8) -> u32 {
        use SignalSelector::{First, Fourth, Second, Third};
        let selector = [First, Second, Third, Fourth].get(usize::from(number));
        selector.map_or(0, |&selector| self.select(selector))
    }

    #[inline(always)]
    fn apm_contexts(&self) -> Option<[usize; 2]> {
        Some(each!(&self.model, state => state.apm_contexts()))
    }
}
