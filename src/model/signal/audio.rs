//! PCM sound: recursive least squares, then a cascade of adaptive filters on what it leaves, as
//! in Monkey's Audio, OptimFROG and Sac; every stage's prediction carries a density.

use super::densities::Densities;
use super::density::FRACTION;
use super::least_squares::{MOST, Solver, accumulate, decay, moments_len, predict};
use super::lms::Lms;
use super::names::CONTEXTS;
use super::residual_scale::{ResidualScale, log_class};
use super::{AudioOptions, SignalContext, SignalSelector};

const EXPERTS: usize = 8;
const DENSITIES: usize = 12;
/// Past samples kept per channel.
const PAST: usize = 64;

/// Least squares over the whole past, fading.
#[derive(Clone)]
struct Recursive {
    moments: Vec<i64>,
    weights: [i32; MOST],
    inputs: usize,
    samples: [i32; MOST + 1],
    solver: Solver,
    turn: u32,
    every: u32,
    fade_every: u32,
    ridge: u32,
}

impl Recursive {
    fn new(inputs: usize, every: u32, fade_every: u32, ridge: u32) -> Self {
        let inputs = inputs.min(MOST);
        Self {
            moments: vec![0; moments_len(inputs)],
            weights: [0; MOST],
            inputs,
            samples: [0; MOST + 1],
            solver: Solver::default(),
            turn: 0,
            every,
            fade_every,
            ridge,
        }
    }

    #[inline(always)]
    fn predict(&mut self, inputs: &[i32]) -> i32 {
        self.samples[..self.inputs].copy_from_slice(&inputs[..self.inputs]);
        predict(&self.weights[..self.inputs], inputs, FRACTION).clamp(-(1 << 26), 1 << 26) as i32
    }

    #[inline(always)]
    fn learn(&mut self, target: i32) {
        self.samples[self.inputs] = target;
        accumulate(&mut self.moments, &self.samples[..=self.inputs], 1);
        self.turn += 1;
        if self.turn.is_multiple_of(self.fade_every) {
            decay(&mut self.moments, 5);
        }
        if self.turn.is_multiple_of(self.every) || self.turn < 64 {
            self.solver.solve(&self.moments, &mut self.weights[..self.inputs], self.ridge, 1);
        }
    }
}

/// Five eighths of `count` inputs from this channel, the rest from the `other`.
#[inline(always)]
fn interleave(inputs: &mut [i32; MOST], own: &[i32; PAST], other: &[i32; PAST], count: usize) {
    let mine = count * 5 / 8;
    inputs[..mine].copy_from_slice(&own[..mine]);
    inputs[mine..count].copy_from_slice(&other[..count - mine]);
}

/// What one channel remembers.
#[derive(Clone)]
struct Channel {
    past: [i32; PAST],
    slow: Recursive,
    fast: Recursive,
    stages: [Lms; 3],
    stage_predictions: [i32; 3],
    /// Fading mean absolute errors of experts and the blend: over about 16 samples.
    errors: [u32; EXPERTS + 1],
    /// Those of the blend over about 4, 32 and 256 samples.
    trend: [u32; 3],
    bias: ResidualScale,
}

/// State of a sound model.
#[derive(Clone)]
pub struct AudioState {
    channels: Vec<Channel>,
    sample_bytes: usize,
    signed: bool,
    densities: Densities,
    position: usize,
    channel: usize,
    experts: [i32; EXPERTS],
    blend: i32,
    forecasts: [(i32, u32); DENSITIES],
    contexts: [usize; DENSITIES],
    scales: Vec<ResidualScale>,
    bias_context: usize,
    classes: [usize; 3],
    known: u32,
    seen: u32,
    hashes: [u64; CONTEXTS],
}

impl AudioState {
    /// For big-endian samples of `sample_bytes` bytes (the model sees the upper two) in `channels`
    /// interleaved channels.
    #[must_use]
    pub fn new(channels: usize, sample_bytes: usize, signed: bool, options: AudioOptions) -> Self {
        let (channels, sample_bytes) = (channels.clamp(1, 8), sample_bytes.clamp(1, 3));
        let AudioOptions { densities, taps, solve_every } = options;
        let densities = densities.min(DENSITIES);
        let bits = 8 * sample_bytes.min(2) as u32;
        let channel = |_| Channel {
            past: [0; PAST],
            slow: Recursive::new(taps[0], solve_every, 64, 20),
            fast: Recursive::new(taps[0] / 2, solve_every, 12, 16),
            stages: [
                Lms::new(taps[1], 8, FRACTION),
                Lms::new(taps[2], 6, FRACTION),
                Lms::new(16, 5, FRACTION),
            ],
            stage_predictions: [0; 3],
            errors: [4 << FRACTION; EXPERTS + 1],
            trend: [4 << FRACTION; 3],
            bias: ResidualScale::new(256, 0, 200),
        };
        let mut state = Self {
            channels: (0..channels).map(channel).collect(),
            sample_bytes,
            signed,
            densities: Densities::new(densities, bits, signed),
            position: 0,
            channel: 0,
            experts: [0; EXPERTS],
            blend: 0,
            forecasts: [(0, 1); DENSITIES],
            contexts: [0; DENSITIES],
            scales: vec![ResidualScale::new(4096, 64 << FRACTION >> (16 - bits), 250); densities],
            bias_context: 0,
            classes: [0; 3],
            known: 0,
            seen: 0,
            hashes: [0; CONTEXTS],
        };
        // The contexts start away from zero errors: a class predicts its own width.
        for spread in &mut state.scales {
            spread.start_by_class();
        }
        state.predict();
        state.hash_all();
        state
    }

    /// The middle of the sample range: what is zero in `past`.
    fn offset(&self) -> i32 {
        if self.sample_bytes == 1 { 128 } else { 32768 }
    }

    /// Takes in the byte that `bytes` now ends with.
    #[inline(always)]
    pub fn push(&mut self, bytes: &[u8]) {
        self.known = self.known << 8 | u32::from(bytes.last().copied().unwrap_or(0));
        self.seen += 1;
        if (self.seen as usize) == self.sample_bytes {
            let value =
                (if self.sample_bytes == 3 { self.known >> 8 } else { self.known }) & 0xffff;
            let value = if self.sample_bytes == 1 { value & 255 } else { value } as i32;
            // In offset binary, then around zero.
            let value = if self.signed { value ^ self.offset() } else { value } - self.offset();
            self.learn(value);
            self.position += 1;
            self.channel = self.position % self.channels.len();
            self.known = 0;
            self.seen = 0;
            self.predict();
        }
        self.hash_all();
    }

    #[inline(always)]
    fn learn(&mut self, value: i32) {
        let exact = value << FRACTION;
        let zero = self.sample_offset();
        let channel = &mut self.channels[self.channel];
        for (error, &expert) in
            channel.errors.iter_mut().zip(self.experts.iter().chain([&self.blend]))
        {
            let new = exact.abs_diff(expert).min(1 << 25);
            *error = *error - (*error >> 4) + (new >> 4);
        }
        let error = exact.abs_diff(self.blend).min(1 << 25);
        for (trend, shift) in channel.trend.iter_mut().zip([2, 5, 8]) {
            *trend = *trend - (*trend >> shift) + (error >> shift);
        }
        channel.bias.learn(self.bias_context, exact - self.blend);
        for ((spread, &context), (mean, _)) in
            self.scales.iter_mut().zip(&self.contexts).zip(self.forecasts)
        {
            spread.learn(context, exact + zero - mean);
        }
        let channel = &mut self.channels[self.channel];
        let mut rest = exact - self.experts[0];
        for (stage, &prediction) in channel.stages.iter_mut().zip(&channel.stage_predictions) {
            stage.learn(rest - prediction, rest);
            rest -= prediction;
        }
        channel.slow.learn(value);
        channel.fast.learn(value);
        channel.past.copy_within(..PAST - 1, 1);
        channel.past[0] = value;
    }

    fn sample_offset(&self) -> i32 {
        self.offset() << FRACTION
    }

    #[inline(always)]
    fn predict(&mut self) {
        let count = self.channels.len();
        let channel_inputs = self.channels[0].slow.inputs;
        let mut inputs = [0; MOST];
        let mut short = [0; MOST];
        let own = self.channels[self.channel].past;
        if count == 1 {
            inputs.copy_from_slice(&own[..MOST]);
            short = inputs;
        } else {
            // The channel coded just before this sample: its newest sample is of the same moment,
            // or, for the first channel, of the moment before.
            let other = self.channels[(self.channel + count - 1) % count].past;
            interleave(&mut inputs, &own, &other, channel_inputs);
            interleave(&mut short, &own, &other, channel_inputs / 2);
        }
        let limit = self.offset() << FRACTION;
        let channel = &mut self.channels[self.channel];
        let first = channel.slow.predict(&inputs);
        self.experts[0] = first;
        let mut sum = first;
        for (k, (stage, prediction)) in
            channel.stages.iter().zip(&mut channel.stage_predictions).enumerate()
        {
            *prediction = stage.predict();
            sum = sum.saturating_add(*prediction);
            self.experts[k + 1] = sum;
        }
        self.experts[4] = channel.fast.predict(&short);
        self.experts[5] = (2 * own[0] - own[1]) << FRACTION;
        self.experts[6] = own[0] << FRACTION;
        self.experts[7] = (3 * own[0] - 3 * own[1] + own[2]) << FRACTION;
        for expert in &mut self.experts[4..] {
            *expert = (*expert).clamp(-limit, limit);
        }
        let (mut sum, mut total) = (0i64, 0i64);
        for (&expert, &error) in self.experts.iter().zip(&channel.errors) {
            let error = u64::from(error >> 3) + 4;
            let weight = ((1u64 << 62) / (error * error) / (error * error).min(1 << 30))
                .clamp(1, 1 << 44) as i64
                >> 12;
            sum = sum.saturating_add(
                (weight + 1).saturating_mul(i64::from(expert.clamp(-limit, limit)) >> 4),
            );
            total += weight + 1;
        }
        self.blend = (sum / total) as i32 * 16;
        let trend = channel.trend.map(|error| log_class(error >> 2, 2).min(95));
        self.classes = trend;
        self.bias_context = (trend[1] / 8).min(15) * 16
            + [0, 1, 2, 3]
                .iter()
                .fold(0, |bits, &k| bits | usize::from(own[k] << FRACTION > self.blend) << k);
        let corrected = self.blend + channel.bias.bias(self.bias_context);
        let own_class = |k: usize| log_class(channel.errors[k] >> 2, 2).min(95);
        let pair: [(i32, usize); DENSITIES] = [
            (corrected, trend[0] / 4 * 96 + trend[1]),
            (self.blend, trend[1]),
            (self.blend, trend[2] / 4 * 96 + trend[0]),
            (self.experts[3], trend[0] / 4 * 96 + trend[1]),
            (self.experts[4], own_class(4)),
            (self.experts[0], trend[1]),
            (self.experts[1], trend[0] / 4 * 96 + trend[1]),
            (self.experts[3], trend[2]),
            (self.experts[2], own_class(2)),
            (self.experts[5], own_class(5)),
            (self.experts[6], own_class(6)),
            (self.experts[7], own_class(7)),
        ];
        let offset = limit;
        for (k, (mean, context)) in pair.into_iter().enumerate().take(self.scales.len()) {
            self.contexts[k] = context;
            self.forecasts[k] = (mean.clamp(-limit, limit) + offset, self.scales[k].width(context));
        }
        self.densities.begin(&self.forecasts, 0);
    }

    #[inline(always)]
    fn hash_all(&mut self) {
        let past = &self.channels[self.channel].past;
        let offset = self.offset();
        let other =
            self.channels[(self.channel + self.channels.len() - 1) % self.channels.len()].past[0];
        let base = u64::from(self.known) | u64::from(self.seen) << 24 | (self.channel as u64) << 28;
        // Sixteen bits: the first byte needs only the top of a prediction.
        let coarse = if self.sample_bytes > 1 && self.seen == 0 { 5 } else { 0 };
        let e = |k: usize| ((self.experts[k] >> FRACTION) + offset) >> coarse;
        let blend = ((self.blend >> FRACTION) + offset) >> coarse;
        let two =
            |a: i32, b: i32| u64::from(a as u32 & 0xffff) << 16 | u64::from(b as u32 & 0xffff);
        let list: [u64; 16] = [
            two(blend, 0),
            two(blend, self.classes[1] as i32 / 2),
            two(e(3), 0),
            two(past[0], past[1] >> 4),
            two(past[0], 0),
            two(e(5), 1),
            two(past[0] >> 4, past[1] >> 4),
            0,
            two(e(0), 0),
            two(e(4), 0),
            two(other, past[0] >> 4),
            two(blend >> 2, past[0] >> 3),
            two(past[1], 0),
            two(e(7), 2),
            two(blend >> 2, other >> 4),
            two(past[0] >> 6, past[1] >> 6) ^ u64::from(past[2] as u32 >> 6) << 8,
        ];
        for (hash, value) in self.hashes.iter_mut().zip(list) {
            *hash = value << 32 ^ base ^ value >> 32;
        }
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
        let byte = self.seen.min(2);
        (match selector {
            SignalSelector::First => (self.classes[1] as u32 / 2).min(63) * 3 + byte,
            SignalSelector::Second => (self.channel as u32 & 7) * 3 + byte,
            SignalSelector::Third => (self.classes[0] as u32 / 2).min(63) * 3 + byte,
            SignalSelector::Fourth => self.bias_context as u32 & 15 | byte << 4,
        }) & 255
    }

    /// Contexts, below 256, of the two adaptive probability maps.
    #[inline(always)]
    #[must_use]
    pub fn apm_contexts(&self) -> [usize; 2] {
        let shift = if self.sample_bytes > 1 && self.seen == 0 { FRACTION + 8 } else { FRACTION };
        let likely = (self.blend >> shift) & 255;
        [self.select(SignalSelector::First) as usize, likely as usize]
    }

    /// Pairs of inputs for each bit.
    #[must_use]
    pub fn pairs(&self) -> usize {
        self.densities.len()
    }

    /// Direct inputs for the next bit.
    #[inline(always)]
    pub fn inputs(&mut self, inputs: &mut [[i16; 2]]) {
        if self.densities.left() > 0 {
            self.densities.inputs(inputs);
        } else {
            let count = DENSITIES.min(inputs.len());
            inputs[..count].fill([0; 2]);
        }
    }

    /// Learns a bit.
    #[inline(always)]
    pub fn update(&mut self, bit: u32) {
        if self.densities.left() > 0 {
            self.densities.learn(bit);
        }
    }
}
