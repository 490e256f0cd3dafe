//! A recurrent network that learns while it codes: layers of cells, and an output over all of them.
//!
//! Such networks are part of lstm-compress and cmix (Knoll) and of tensorflow-compress. This one
//! differs in its output of two levels, in layers that see no past but through the layer below, in
//! an embedding of n-grams, and in whole numbers. Depth is worth more than width, and an upper layer needs no recurrence of
//! its own (`docs/architecture-engine.md`).

use super::backward::Below;
#[cfg(feature = "internals")]
use super::embedding::CONTEXTS;
use super::embedding::{Embedding, EmbeddingOptions};
use super::layer::{Layer, Plan};
use super::output::Output;
use super::start::{AllWeights, Origin, Start, decode};
#[cfg(feature = "internals")]
use super::stored::Precision;
use super::weights::{Draws, ONE, Rate, Weights};
use super::{ByteNetwork, NIBBLES};
#[cfg(feature = "internals")]
use crate::coder::Encoder;
use crate::simd::{NetworkKernels, WEIGHT_LIMIT, Work, accelerate_network};

/// Bytes that are features, the newest first. The byte that a match foretells is one more.
pub(super) const BYTES: usize = 4;

/// What a network is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// What the lowest layer sees of the last bytes together.
    pub embedding: EmbeddingOptions,
    /// The layers, the lowest first.
    pub layers: Vec<LayerOptions>,
    /// Steps that gradients go back through, even: all weights but those of the output move once in
    /// as many bytes.
    pub span: usize,
    /// How fast matrices, gains and biases learn.
    pub rate: Rate,
    /// How fast the weights of features and the embedding learn.
    pub feature_rate: Rate,
    /// How fast the output learns, at every byte.
    pub output_rate: Rate,
    /// Of stored weights: from how many moves their moments are known at most, as a power of two.
    pub known_moves: u32,
}

/// What a layer of a network is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerOptions {
    /// Number of cells, a multiple of 16.
    pub cells: usize,
    /// Whether the layer sees what it gave before.
    pub is_recurrent: bool,
    /// How many features it has: of the last bytes, and of the foretold byte, in this order.
    pub features: usize,
}

impl Options {
    /// The network of the strongest level: 520,000 products a byte with all of training.
    #[must_use]
    pub fn standard() -> Self {
        let layer = LayerOptions { cells: 128, is_recurrent: true, features: BYTES + 1 };
        let upper = LayerOptions { is_recurrent: false, features: 2, ..layer };
        Options {
            embedding: EmbeddingOptions { log_rows: 13, width: 32 },
            layers: vec![layer, upper, upper],
            span: 32,
            // With these limits no sum leaves what 32 bits hold: a test adds them up.
            rate: Rate { step: 300, decay: 10, limit: ONE / 2 * 3 },
            feature_rate: Rate { step: 1500, decay: 10, limit: WEIGHT_LIMIT },
            output_rate: Rate { step: 393, decay: 10, limit: ONE / 32 * 27 },
            known_moves: 7,
        }
    }
}

/// The network.
#[derive(Clone, Debug)]
pub struct Lstm<K> {
    pub(super) kernels: K,
    pub(super) embedding: Embedding,
    pub(super) layers: Vec<Layer>,
    pub(super) output: Output,
    /// The step of the span that is next.
    pub(super) at: usize,
    span: usize,
    /// What all layers give, 11 fractional bits.
    pub(super) hidden: Vec<i16>,
    /// Gradients of that for each layer, 24 fractional bits: all cells of a step after the other.
    pub(super) gradients: Vec<Vec<i32>>,
    /// Room for those of a step, of all layers.
    of_step: Vec<i32>,
    pub(super) last: [u8; BYTES],
    /// Rates of layers, features and the output, as the options have them.
    rates: [Rate; 3],
    /// Whether nothing is learned.
    is_frozen: bool,
}

impl<K: NetworkKernels> Lstm<K> {
    /// A network that has seen nothing.
    #[must_use]
    pub fn new(kernels: K, options: &Options) -> Self {
        let mut draws = Draws::new(1);
        let mut below = options.embedding.width;
        let mut layers = Vec::new();
        for layer in &options.layers {
            let plan = Plan {
                cells: layer.cells,
                below: std::mem::replace(&mut below, layer.cells),
                is_recurrent: layer.is_recurrent,
                features: [256; BYTES].into_iter().chain([257]).take(layer.features).collect(),
                span: options.span,
                rate: options.rate,
                feature_rate: options.feature_rate,
            };
            layers.push(Layer::new(plan, &mut draws));
        }
        let cells = options.layers.iter().map(|layer| layer.cells).sum();
        let gradients = options.layers.iter().map(|layer| vec![0; options.span * layer.cells]);
        Lstm {
            kernels,
            embedding: Embedding::new(options.embedding, options.span, options.feature_rate),
            layers,
            output: Output::new(cells, options.output_rate),
            at: 0,
            span: options.span,
            hidden: vec![0; cells],
            gradients: gradients.collect(),
            of_step: vec![0; cells],
            last: [0; BYTES],
            rates: [options.rate, options.feature_rate, options.output_rate],
            is_frozen: false,
        }
    }

    /// A network that starts from stored weights, of a network with these options.
    #[must_use]
    pub fn trained(kernels: K, options: &Options, stored: &[u8]) -> Self {
        let mut network = Self::new(kernels, options);
        network.load(&decode(stored, &network.shapes()), options);
        network
    }

    /// Rows of all weights and their width, in the order of files.
    fn shapes(&self) -> Vec<[usize; 2]> {
        let mut shapes = Vec::new();
        self.weights(|weights| shapes.push(weights.shape()));
        shapes
    }

    fn load(&mut self, all: &AllWeights, options: &Options) {
        let mut all = all.iter();
        self.weights_mut(|weights| {
            if let Some(stored) = all.next() {
                weights.load(stored, options.known_moves);
            }
        });
    }

    /// The weights as a file that [`Lstm::trained`] starts from.
    #[cfg(feature = "internals")]
    pub(super) fn stored(&self, precision: Precision) -> Vec<u8> {
        let Precision { of_embedding, of_layers } = precision;
        let mut encoder = Encoder::new();
        let mut number = 0;
        self.weights(|weights| {
            weights.store(&mut encoder, if number < CONTEXTS { of_embedding } else { of_layers });
            number += 1;
        });
        encoder.finish()
    }

    /// The network of the levels, as it starts a stream.
    #[must_use]
    pub fn starting(kernels: K, start: Start) -> Self {
        Self::starting_from(kernels, start, &Origin::default())
    }

    /// The network of the levels, with weights from `origin`.
    #[must_use]
    pub fn starting_from(kernels: K, start: Start, origin: &Origin) -> Self {
        let options = Options::standard();
        let mut network = Self::new(kernels, &options);
        if let Some((weights, is_own)) = origin.weights(start, &network.shapes()) {
            network.load(weights, &options);
            // No sum may wrap, whoever wrote the file.
            if is_own {
                for layer in &mut network.layers {
                    layer.matrix.keep_within(options.rate.limit);
                }
                network.output.keep_within(options.output_rate.limit);
            }
        }
        network.is_frozen = origin.is_frozen();
        network
    }

    /// Gives all weights in the order of files.
    pub(super) fn weights(&self, give: impl FnMut(&Weights)) {
        let layers = self.layers.iter().flat_map(Layer::weights);
        self.embedding.tables.iter().chain(layers).chain(self.output.weights()).for_each(give);
    }

    /// The same, to change.
    pub(super) fn weights_mut(&mut self, give: impl FnMut(&mut Weights)) {
        let layers = self.layers.iter_mut().flat_map(Layer::weights_mut);
        let rows = self.embedding.tables.iter_mut();
        rows.chain(layers).chain(self.output.weights_mut()).for_each(give);
    }

    /// Whether the network learns nothing.
    #[cfg(feature = "gpu")]
    pub fn is_frozen(&self) -> bool {
        self.is_frozen
    }

    /// Learns nothing from now on, or learns again.
    #[cfg(feature = "internals")]
    pub(super) fn keep_frozen(&mut self, is_frozen: bool) {
        self.is_frozen = is_frozen;
    }

    /// Learns at `part`, of 256, of the rates of its options.
    pub(super) fn learn_at(&mut self, part: i32) {
        let of = |rate: Rate| Rate { step: (rate.step * part) >> 8, ..rate };
        for layer in &mut self.layers {
            layer.plan.rate = of(self.rates[0]);
            layer.plan.feature_rate = of(self.rates[1]);
        }
        self.embedding.rate = Rate { limit: ONE, ..of(self.rates[1]) };
        self.output.rate = of(self.rates[2]);
    }

    #[inline(always)]
    fn compute(&mut self, foretold: Option<u8>) {
        let mut features = [0; BYTES + 1];
        for (feature, &byte) in features.iter_mut().zip(&self.last) {
            *feature = usize::from(byte);
        }
        features[BYTES] = foretold.map_or(256, usize::from);
        self.embedding.forward(self.at, u32::from_le_bytes(self.last));
        let mut start = 0;
        for number in 0..self.layers.len() {
            let (below, rest) = self.layers.split_at_mut(number);
            let below = below.last().map_or(self.embedding.given(), Layer::hidden);
            let features = &features[..rest[0].features()];
            rest[0].forward(self.kernels, self.at, features, below);
            let hidden = rest[0].hidden();
            self.hidden[start..start + hidden.len()].copy_from_slice(hidden);
            start += hidden.len();
        }
        self.output.forward(self.kernels, &self.hidden);
    }

    #[inline(always)]
    fn learn_byte(&mut self, byte: u8) {
        if self.is_frozen {
            self.layers.iter_mut().for_each(Layer::advance);
            return;
        }
        self.of_step.fill(0);
        self.output.learn(self.kernels, &self.hidden, byte, &mut self.of_step);
        let mut start = 0;
        for (layer, gradients) in self.layers.iter_mut().zip(&mut self.gradients) {
            layer.advance();
            let cells = layer.hidden().len();
            let gradients = &mut gradients[self.at * cells..][..cells];
            for (gradient, &of_step) in gradients.iter_mut().zip(&self.of_step[start..]) {
                // 27 fractional bits become 24.
                *gradient = of_step >> 3;
            }
            start += cells;
        }
        self.at += 1;
        if self.at == self.span {
            self.go_back();
            self.at = 0;
        }
    }

    #[inline(always)]
    fn go_back(&mut self) {
        let (of_embedding, width) = self.embedding.gradients();
        for (number, layer) in self.layers.iter_mut().enumerate().rev() {
            let (below, rest) = self.gradients.split_at_mut(number);
            let below = match below.last_mut() {
                Some(gradients) => Below { width: gradients.len() / self.span, gradients },
                None => Below { width, gradients: &mut *of_embedding },
            };
            layer.backward(self.kernels, &rest[0], below);
        }
        self.embedding.learn(self.kernels, &mut self.of_step);
    }

    /// Does `part` with code that is compiled for the instruction set of the kernels.
    fn work(&mut self, part: Part) {
        accelerate_network(self.kernels, PartOf(self, part));
    }
}

/// A part of the work on a byte.
enum Part {
    /// The masses of high nibbles, where a match foretells this byte.
    Forward(Option<u8>),
    /// The masses of low nibbles after this high one.
    Low(u8),
    /// Training with this byte.
    Learn(u8),
}

struct PartOf<'a, K>(&'a mut Lstm<K>, Part);

impl<K: NetworkKernels> Work for PartOf<'_, K> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let PartOf(network, part) = self;
        match part {
            Part::Forward(foretold) => network.compute(foretold),
            Part::Low(high) => network.output.low(network.kernels, &network.hidden, high),
            Part::Learn(byte) => network.learn_byte(byte),
        }
    }
}

impl<K: NetworkKernels> ByteNetwork for Lstm<K> {
    fn forward(&mut self, foretold: Option<u8>, masses: &mut [u32; NIBBLES]) {
        self.work(Part::Forward(foretold));
        *masses = *self.output.high_masses();
    }

    fn low(&mut self, high: u8, masses: &mut [u32; NIBBLES]) {
        self.work(Part::Low(high));
        *masses = *self.output.low_masses();
    }

    fn learn(&mut self, byte: u8) {
        self.work(Part::Learn(byte));
    }

    fn advance(&mut self, byte: u8) {
        self.last.copy_within(..BYTES - 1, 1);
        self.last[0] = byte;
    }
}
