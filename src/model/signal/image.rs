//! Images of 8 or 16 bits a sample, one to four channels.

use super::densities::Densities;
use super::density::FRACTION;
use super::experts::{EXPERTS, Experts};
use super::image_contexts::{View, contexts};
use super::names::CONTEXTS;
use super::neighbours::{Layout, Neighbourhood};
use super::residual_scale::{ResidualScale, log_class};
use super::{ImageOptions, SignalContext, SignalSelector};
use crate::coder::leading::Skipped;

/// Densities at most.
const DENSITIES: usize = 14;

/// State of an image model.
#[derive(Clone)]
pub struct ImageState {
    layout: Layout,
    skipped: Skipped,
    experts: Experts,
    densities: Densities,
    scales: Vec<ResidualScale>,
    scale_contexts: [usize; DENSITIES],
    forecasts: [(i32, u32); DENSITIES],
    bias: ResidualScale,
    bias_context: usize,
    neighbourhood: Neighbourhood,
    position: usize,
    plane: usize,
    /// Classes of the errors around: two steps an octave.
    class: usize,
    /// Class of the error of the plane before.
    before: usize,
    /// Class of the differences of neighbours.
    gradient: usize,
    corrected: i32,
    previous_error: i32,
    high: Option<u8>,
    hashes: [u64; CONTEXTS],
}

impl ImageState {
    /// For rows of `row_bytes` bytes with `channels` samples of `sample_bytes` bytes to a pixel, of
    /// which `skipped` bits are zero.
    #[must_use]
    pub fn new(
        channels: usize,
        sample_bytes: usize,
        row_bytes: usize,
        options: ImageOptions,
        skipped: Skipped,
    ) -> Self {
        let layout = Layout {
            channels: channels.clamp(1, 4),
            sample_bytes: sample_bytes.clamp(1, 2),
            row_bytes: row_bytes.max(1),
        };
        let densities = options.densities.min(DENSITIES);
        let mut state = Self {
            layout,
            skipped,
            experts: Experts::new(layout, options),
            densities: Densities::new(densities, 8 * layout.sample_bytes as u32, false),
            scales: vec![ResidualScale::new(4096, 8 << FRACTION, 250); densities],
            scale_contexts: [0; DENSITIES],
            forecasts: [(0, 1); DENSITIES],
            bias: ResidualScale::new(4096, 0, 60),
            bias_context: 0,
            neighbourhood: Neighbourhood::default(),
            position: 0,
            plane: 0,
            class: 0,
            before: 0,
            gradient: 0,
            corrected: 0,
            previous_error: 0,
            high: None,
            hashes: [0; CONTEXTS],
        };
        state.predict(&[]);
        state.hash_all();
        state
    }

    /// Takes in the byte that `bytes` now ends with.
    #[inline(always)]
    pub fn push(&mut self, bytes: &[u8]) {
        if bytes.len() - self.position < self.layout.sample_bytes {
            self.high = bytes.last().copied();
        } else {
            self.high = None;
            self.learn(self.layout.sample(bytes, self.position, 0));
            self.position = bytes.len();
            self.predict(bytes);
        }
        self.hash_all();
    }

    #[inline(always)]
    fn learn(&mut self, value: i32) {
        self.previous_error = self.experts.learn(self.position, value);
        self.bias.learn(self.bias_context, self.previous_error);
        for ((spread, &context), (mean, _)) in
            self.scales.iter_mut().zip(&self.scale_contexts).zip(self.forecasts)
        {
            spread.learn(context, (value << FRACTION) - mean);
        }
    }

    #[inline(always)]
    fn predict(&mut self, bytes: &[u8]) {
        let plane =
            self.position % self.layout.row_bytes / self.layout.sample_bytes % self.layout.channels;
        self.plane = plane;
        self.neighbourhood = Neighbourhood::new(self.layout, bytes, self.position, plane);
        self.experts.predict(bytes, self.position, plane, &self.neighbourhood);
        let Experts { values, blend, energy, extra, gradients, .. } = &self.experts;
        let a = &self.neighbourhood;
        let class = log_class(energy[EXPERTS], 2).min(63);
        self.class = log_class(energy[EXPERTS], 1).min(31);
        self.gradient = log_class(((gradients[0] + gradients[1]) >> extra) as u32, 1).min(31);
        self.before = if plane == 0 {
            0
        } else {
            1 + log_class(self.previous_error.unsigned_abs() >> (FRACTION - 2), 0).min(14)
        };
        let mean = blend >> FRACTION;
        let texture = [a.west, a.north, a.north_west, a.north_east, a.west_west, a.north_north];
        let texture = texture
            .iter()
            .enumerate()
            .fold(0, |bits, (k, &value)| bits | usize::from(value > mean) << k);
        self.bias_context = (plane * 64 + texture) * 8 + (self.class / 3).min(7);
        let top = ((1 << (8 * self.layout.sample_bytes)) - 1) << FRACTION;
        self.corrected = (blend + self.bias.bias(self.bias_context)).clamp(0, top);
        let fine = plane * 64 + class;
        let by_before = (plane * 16 + self.before) * 32 + self.class;
        let by_gradient = (plane * 32 + self.gradient) * 16 + (self.class / 2).min(15);
        let own = |k: usize| plane * 64 + log_class(energy[k], 2).min(63);
        let pairs: [(i32, usize); DENSITIES] = [
            (self.corrected, by_before),
            (*blend, fine),
            (values[2], own(2)),
            (values[5], own(5)),
            (self.corrected, by_gradient),
            (values[4], own(4)),
            (values[0], by_before),
            (values[1], fine),
            (values[0], own(0)),
            (values[3], by_gradient),
            (values[7], own(7)),
            (values[8], own(8)),
            (values[6], own(6)),
            (values[1], own(1)),
        ];
        for (k, (mean, context)) in pairs.into_iter().enumerate().take(self.scales.len()) {
            self.scale_contexts[k] = context;
            self.forecasts[k] = (mean, self.scales[k].width(context));
        }
        self.densities.begin(&self.forecasts, self.skipped.at(self.position));
    }

    #[inline(always)]
    fn hash_all(&mut self) {
        let view = View {
            neighbourhood: &self.neighbourhood,
            experts: &self.experts.values,
            blend: self.experts.blend,
            corrected: self.corrected,
            extra: self.experts.extra,
            class: self.class as i32,
            wide: self.layout.sample_bytes == 2,
            high: self.high,
            plane: self.plane as u64,
        };
        self.hashes = contexts(&view);
    }

    /// The value of a context, to be hashed.
    #[inline(always)]
    #[must_use]
    pub fn value(&self, SignalContext(rank): SignalContext) -> u64 {
        self.hashes[usize::from(rank) % CONTEXTS]
    }

    /// The value of a selector, below 256.
    #[inline(always)]
    #[must_use]
    pub fn select(&self, selector: SignalSelector) -> u32 {
        let low = u32::from(self.high.is_some());
        let class = self.class as u32;
        (match selector {
            SignalSelector::First => class << 1 | low,
            SignalSelector::Second => {
                (self.plane as u32) << 6
                    | (self.before as u32) << 2
                    | (class / 8).min(3)
                    | if self.layout.sample_bytes == 2 { low << 7 } else { 0 }
            }
            SignalSelector::Third => (self.bias_context as u32 >> 3 & 63) << 1 | low,
            SignalSelector::Fourth => (self.gradient as u32) << 1 | low | (self.plane as u32) << 6,
        }) & 255
    }

    /// The byte that the blend expects next.
    #[inline(always)]
    fn likely_byte(&self) -> u32 {
        let shift = if self.layout.sample_bytes == 2 && self.high.is_none() {
            FRACTION + 8
        } else {
            FRACTION
        };
        (self.corrected >> shift) as u32 & 255
    }

    /// Contexts, below 256, of the two adaptive probability maps.
    #[inline(always)]
    #[must_use]
    pub fn apm_contexts(&self) -> [usize; 2] {
        [
            self.select(SignalSelector::First) as usize | self.plane << 6 & 192,
            self.likely_byte() as usize,
        ]
    }

    /// Pairs of inputs for each bit.
    #[must_use]
    pub fn pairs(&self) -> usize {
        self.densities.len()
    }

    /// Direct inputs for the next bit.
    #[inline(always)]
    pub fn inputs(&mut self, inputs: &mut [[i16; 2]]) {
        self.densities.inputs(inputs);
    }

    /// Learns a bit.
    #[inline(always)]
    pub fn update(&mut self, bit: u32) {
        self.densities.learn(bit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name::Named;

    const FEW: ImageOptions = ImageOptions {
        densities: 4,
        neighbours: [6, 6],
        windows: [false, false, true],
        solve_every: 2,
    };
    const MANY: ImageOptions =
        ImageOptions { densities: 14, neighbours: [22, 16], windows: [true; 3], solve_every: 1 };

    #[test]
    fn a_gradient_is_foretold() {
        let bytes: Vec<u8> = (0..64 * 40).map(|at| ((at % 64) * 2 + at / 64) as u8).collect();
        for options in [FEW, MANY] {
            let mut image = ImageState::new(1, 1, 64, options, Skipped::default());
            for end in 1..=64 * 38 + 20 {
                image.push(&bytes[..end]);
            }
            let truth = i32::from(bytes[64 * 38 + 20]) << FRACTION;
            assert!(
                (image.experts.blend - truth).abs() <= 1 << FRACTION,
                "{} {truth}",
                image.experts.blend
            );
        }
    }

    #[test]
    fn no_shape_panics() {
        let bytes: Vec<u8> =
            (0..700u32).map(|at| (at.wrapping_mul(0x9E37_79B1) >> 24) as u8).collect();
        for (channels, sample_bytes, row) in
            [(1, 1, 0), (3, 1, 1), (4, 1, 7), (1, 2, 1), (1, 2, 33), (3, 1, 1 << 20), (9, 9, 64)]
        {
            let mut image = ImageState::new(channels, sample_bytes, row, MANY, Skipped::default());
            for (end, &byte) in bytes.iter().enumerate() {
                image.push(&bytes[..=end]);
                for shift in (0..8).rev() {
                    image.inputs(&mut [[0; 2]; 20]);
                    image.update(u32::from(byte >> shift) & 1);
                }
                assert!(
                    SignalSelector::all().into_iter().all(|selector| image.select(selector) < 256)
                        && image.apm_contexts().iter().all(|&k| k < 256)
                );
            }
        }
    }
}
