//! The whole state of the network of the levels as words, in the order in which the kernels of
//! devices keep it: `crate::gpu` computes on such images, and any coder can go on from one.
//!
//! Matrices of layers and the weights of the output are transposed, so that threads that compute
//! sums beside each other read words beside each other.

use super::embedding::CONTEXTS;
use super::lstm::{BYTES, Lstm, Options};
use super::weights::Weights;
use super::{NIBBLES, layer::GATES};
use crate::simd::{NetworkKernels, WEIGHT_LIMIT};

/// Layers.
pub const LAYERS: usize = 3;
/// Cells of a layer.
pub const CELLS: usize = 128;
/// Sums of a layer.
pub const SUMS: usize = GATES * CELLS;
/// Steps that gradients go back through.
pub const SPAN: usize = 32;
/// Rows of a table of the embedding, and numbers of a row.
pub const ROWS: usize = 1 << 13;
/// Numbers of a row of the embedding.
pub const WIDTH: usize = 32;
/// Inputs of the layers.
pub const INPUTS: [usize; LAYERS] = [CELLS + WIDTH, CELLS, CELLS];
/// Features of the layers.
pub const FEATURES: [usize; LAYERS] = [BYTES + 1, 2, 2];
/// Values of all features of the layers: four bytes and the foretold one, two bytes.
pub const VALUES: [usize; LAYERS] = [256 * BYTES + 257, 512, 512];
/// Sums of the output: a nibble for each of 17 nodes.
pub const OUTPUTS: usize = (NIBBLES + 1) * NIBBLES;

/// Words of the weights of the embedding.
pub const EMBEDDING_WEIGHTS: usize = CONTEXTS * ROWS * WIDTH;
/// Words of what else is kept of the embedding: rows of the steps of a span, moves.
pub const EMBEDDING_REST: usize = CONTEXTS * (SPAN + ROWS);

/// Words of the weights of a layer, by its number.
pub const fn layer_weights(layer: usize) -> usize {
    (INPUTS[layer] + VALUES[layer] + 2) * SUMS
}

/// Words of what else is kept of a layer, by its number: steps of a span (normal, inverse, gates,
/// before, tanh, rows, inputs, gradients of what the layer gave), what the layer gave and its cells,
/// the same before, moves (of the matrix, of features, of gains, of biases).
pub const fn layer_rest(layer: usize) -> usize {
    let step = 3 * CELLS + 2 * SUMS + GATES + FEATURES[layer] + INPUTS[layer];
    SPAN * step + 4 * CELLS + SUMS + VALUES[layer] + 2
}

/// The first word of the weights of a layer, by its number; of the output for the number after.
pub const fn weights_before(layer: usize) -> usize {
    if layer == 0 {
        EMBEDDING_WEIGHTS
    } else {
        weights_before(layer - 1) + layer_weights(layer - 1)
    }
}

/// The same of what else is kept.
pub const fn rest_before(layer: usize) -> usize {
    if layer == 0 { EMBEDDING_REST } else { rest_before(layer - 1) + layer_rest(layer - 1) }
}

/// Words of the weights of all.
pub const WEIGHTS: usize = weights_before(LAYERS) + (LAYERS * CELLS + 1) * OUTPUTS;

/// Words of all that is no weight: that of embedding and layers, masses, moves of the output.
pub const REST: usize = rest_before(LAYERS) + 2 * OUTPUTS + NIBBLES + 1;

/// The state of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// Exact weights.
    pub weights: Vec<u32>,
    /// Means of squares, in the order of the weights.
    pub moments: Vec<u32>,
    /// All other numbers.
    pub rest: Vec<u32>,
    /// The step of the span that is next.
    pub at: usize,
    /// The last bytes, the newest first.
    pub last: [u8; BYTES],
}

/// What a number of an image is, with the bounds that it keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// A weight, at most this in magnitude.
    Weight { limit: i32 },
    /// A mean of squares.
    Moment,
    /// How often a row was moved.
    Moves,
    /// A number from minus this to this.
    Bounded { limit: i32 },
    /// A number from 0 to this.
    From0 { limit: i32 },
    /// The value of a feature that has so many.
    Value { values: u32 },
    /// A gradient.
    Gradient,
}

impl Image {
    /// An image at step `at` of a span with numbers that `draw` gives.
    pub fn of(at: usize, mut draw: impl FnMut(State) -> i32) -> Self {
        let Options { rate, output_rate, .. } = Options::standard();
        let of_layer = |layer: usize| {
            let matrix = INPUTS[layer] * SUMS;
            let rest = (layer_weights(layer) - matrix, State::Weight { limit: WEIGHT_LIMIT });
            [(matrix, State::Weight { limit: rate.limit }), rest]
        };
        let output = [
            (LAYERS * CELLS * OUTPUTS, State::Weight { limit: output_rate.limit }),
            (OUTPUTS, State::Weight { limit: WEIGHT_LIMIT }),
        ];
        let rows = (EMBEDDING_WEIGHTS, State::Weight { limit: super::weights::ONE });
        let weights = std::iter::once(rows).chain((0..LAYERS).flat_map(of_layer)).chain(output);
        let rest = [
            (CONTEXTS * SPAN, State::Value { values: ROWS as u32 }),
            (CONTEXTS * ROWS, State::Moves),
        ];
        let rest = rest
            .into_iter()
            .chain((0..LAYERS).flat_map(rest_states))
            .chain([(OUTPUTS, State::From0 { limit: 0 }), (OUTPUTS + NIBBLES + 1, State::Moves)]);
        let mut fill = |states: &mut dyn Iterator<Item = (usize, State)>| -> Vec<u32> {
            let all = states.flat_map(|(count, state)| std::iter::repeat_n(state, count));
            all.map(|state| draw(state) as u32).collect()
        };
        Image {
            weights: fill(&mut { weights }),
            moments: fill(&mut [(WEIGHTS, State::Moment)].into_iter()),
            rest: fill(&mut { rest }),
            at,
            last: [0; BYTES],
        }
    }
}

/// What the numbers of a layer that are no weights are, in their order.
fn rest_states(layer: usize) -> Vec<(usize, State)> {
    // Hidden values are tanh(1) at most, cells 1; the largest inverse is that of the least root.
    let hidden = (CELLS, State::Bounded { limit: 1560 });
    let unit = |count: usize| (count, State::Bounded { limit: 1 << 14 });
    let cells = (CELLS, State::Bounded { limit: 1 << 20 });
    let mut states = vec![
        (SPAN * SUMS, State::Bounded { limit: 32767 }),
        (SPAN * GATES, State::From0 { limit: 1 << 30 }),
    ];
    // Of the gates, only the middle one has a sign.
    for gate in (0..SPAN * GATES).map(|gate| gate % GATES) {
        states.push(if gate == 1 { unit(CELLS) } else { (CELLS, State::From0 { limit: 1 << 14 }) });
    }
    states.extend([unit(2 * SPAN * CELLS)]);
    states.extend([(SPAN * FEATURES[layer], State::Value { values: 256 })]);
    // Inputs of an embedding are a little larger than hidden values.
    states.extend([(SPAN * INPUTS[layer], hidden.1)]);
    states.extend([(SPAN * CELLS, State::Gradient), hidden, cells, hidden, cells]);
    states.extend([(SUMS + VALUES[layer] + 2, State::Moves)]);
    states
}

#[cfg(test)]
impl Image {
    /// Sets the masses of the last prediction to zero.
    pub fn forget_masses(&mut self) {
        let at = rest_before(LAYERS);
        self.rest[at..at + OUTPUTS].fill(0);
    }
}

/// A way through image and network, in one order for both directions.
struct Walk<'a> {
    image: &'a mut Image,
    /// Whether numbers go from the network to the image.
    is_saving: bool,
    weight: usize,
    word: usize,
}

/// A number of a network that is one word of an image.
trait Word: Copy {
    fn to_word(self) -> u32;
    fn of(word: u32) -> Self;
}

macro_rules! word {
    ($($number:ty)*) => {$(
        impl Word for $number {
            fn to_word(self) -> u32 {
                self as u32
            }

            fn of(word: u32) -> Self {
                word as Self
            }
        }
    )*};
}

word!(i16 i32 u32 usize);

fn pass<T: Word>(is_saving: bool, word: &mut u32, number: &mut T) {
    if is_saving {
        *word = number.to_word();
    } else {
        *number = T::of(*word);
    }
}

impl Walk<'_> {
    fn numbers<T: Word>(&mut self, numbers: &mut [T]) {
        let words = &mut self.image.rest[self.word..][..numbers.len()];
        for (word, number) in words.iter_mut().zip(&mut *numbers) {
            pass(self.is_saving, word, number);
        }
        self.word += numbers.len();
    }

    fn weights(&mut self, weights: &mut Weights, is_transposed: bool) {
        let (width, rows) = (weights.width, weights.moves.len());
        for row in 0..rows {
            for column in 0..width {
                let at = row * width + column;
                let of_image = if is_transposed { column * rows + row } else { at };
                let of_image = self.weight + of_image;
                pass(self.is_saving, &mut self.image.weights[of_image], &mut weights.exact[at]);
                pass(self.is_saving, &mut self.image.moments[of_image], &mut weights.moments[at]);
            }
        }
        if !self.is_saving {
            weights.round_all();
        }
        self.weight += weights.exact.len();
    }

    fn network<K: NetworkKernels>(&mut self, network: &mut Lstm<K>) {
        for table in &mut network.embedding.tables {
            self.weights(table, false);
        }
        self.numbers(network.embedding.rows.as_flattened_mut());
        for table in &mut network.embedding.tables {
            self.numbers(&mut table.moves);
        }
        let mut hidden = network.hidden.chunks_exact_mut(CELLS);
        for (layer, given) in network.layers.iter_mut().zip(&mut network.gradients) {
            let steps = &mut layer.steps;
            self.numbers(&mut steps.normal);
            self.numbers(steps.inverse.as_flattened_mut());
            self.numbers(&mut steps.gates);
            self.numbers(&mut steps.before);
            self.numbers(&mut steps.tanh);
            self.numbers(&mut steps.rows);
            self.numbers(&mut steps.inputs);
            self.numbers(given);
            for state in [&mut layer.next, &mut layer.last] {
                self.numbers(&mut state.hidden);
                self.numbers(&mut state.cells);
            }
            if let Some(hidden) = hidden.next() {
                hidden.copy_from_slice(&layer.next.hidden);
            }
            for (number, weights) in layer.weights_mut().enumerate() {
                self.weights(weights, number == 0);
                self.numbers(&mut weights.moves);
            }
        }
        let mut masses = if self.is_saving {
            network.output.all_masses(network.kernels, &network.hidden)
        } else {
            vec![0; OUTPUTS]
        };
        self.numbers(&mut masses);
        network.output.set_high(&masses[OUTPUTS - NIBBLES..]);
        for (number, weights) in network.output.weights_mut().into_iter().enumerate() {
            self.weights(weights, number == 0);
            self.numbers(&mut weights.moves);
        }
        pass_all(self.is_saving, &mut self.image.at, &mut network.at);
        pass_all(self.is_saving, &mut self.image.last, &mut network.last);
    }
}

fn pass_all<T: Copy>(is_saving: bool, of_image: &mut T, of_network: &mut T) {
    if is_saving {
        *of_image = *of_network;
    } else {
        *of_network = *of_image;
    }
}

impl<K: NetworkKernels> Lstm<K> {
    /// What it computes with.
    pub fn kernels(&self) -> K {
        self.kernels
    }

    /// The state of a network of the levels, which learns.
    #[must_use]
    pub fn image(&mut self) -> Image {
        let mut image = Image {
            weights: vec![0; WEIGHTS],
            moments: vec![0; WEIGHTS],
            rest: vec![0; REST],
            at: 0,
            last: [0; BYTES],
        };
        let mut walk = Walk { image: &mut image, is_saving: true, weight: 0, word: 0 };
        walk.network(self);
        debug_assert!(walk.weight == WEIGHTS && walk.word == REST);
        image
    }

    /// The network of the levels that has this state.
    #[must_use]
    pub fn of_image(kernels: K, mut image: Image) -> Self {
        let mut network = Self::new(kernels, &Options::standard());
        Walk { image: &mut image, is_saving: false, weight: 0, word: 0 }.network(&mut network);
        network
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::ByteNetwork;
    use crate::network::start::Start;
    use crate::simd::Scalar;

    fn masses(network: &mut Lstm<Scalar>, at: usize) -> [u32; NIBBLES] {
        let (mut high, mut low) = ([0; NIBBLES], [0; NIBBLES]);
        let byte = (at * at % 11) as u8 * 20;
        network.forward(at.is_multiple_of(3).then_some(byte), &mut high);
        network.low(byte >> 4, &mut low);
        network.learn(byte);
        network.advance(byte);
        std::array::from_fn(|value| high[value] ^ low[value])
    }

    #[test]
    fn a_network_goes_on_from_its_image() {
        let mut network = Lstm::starting(Scalar, Start::Text);
        for at in 0..40 {
            masses(&mut network, at);
        }
        let mut high = [0; NIBBLES];
        // In the middle of a span, and between prediction and learning.
        network.forward(Some(5), &mut high);
        let image = network.image();
        let mut other = Lstm::of_image(Scalar, image.clone());
        assert!(other.image() == image);
        for network in [&mut network, &mut other] {
            network.learn(77);
            network.advance(77);
        }
        for at in 0..40 {
            assert_eq!(masses(&mut network, at), masses(&mut other, at), "{at}");
        }
        assert!(network.image() == other.image());
    }
}
