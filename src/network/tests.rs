//! The network learns, and every instruction set learns the same.

use super::ByteNetwork;
use super::embedding::EmbeddingOptions;
use super::lstm::{LayerOptions, Lstm, Options};
use super::start::Start;
use crate::simd::{
    InstructionSet, NetworkKernels, NetworkWork, Scalar, over_network_kernels, usable,
};
use xxhash_rust::xxh3::Xxh3;

/// Bytes with a structure over several bytes: of three words, the one that comes depends on the two
/// before.
fn sample(length: usize) -> Vec<u8> {
    const WORDS: [&[u8]; 3] = [b"one, ", b"other; ", b"\xffthird\x00"];
    let (mut bytes, mut last, mut state) = (Vec::new(), [0, 1], 1u32);
    while bytes.len() < length {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let next = (last[0] + 2 * last[1] + usize::from(state >> 30 == 0)) % 3;
        bytes.extend_from_slice(WORDS[next]);
        last = [last[1], next];
    }
    bytes.truncate(length);
    bytes
}

/// Bits of the code of `bytes`, and a hash of all masses and then of all weights.
fn trace<K: NetworkKernels>(mut network: Lstm<K>, bytes: &[u8]) -> (f64, u64) {
    let mut hash = Xxh3::new();
    let mut bits = 0.0;
    for (at, &byte) in bytes.iter().enumerate() {
        let (mut high, mut low) = ([0; 16], [0; 16]);
        network.forward((at % 3 > 0).then_some(bytes[at / 2]), &mut high);
        network.low(byte >> 4, &mut low);
        for (masses, value) in [(&high, byte >> 4), (&low, byte & 15)] {
            let part =
                f64::from(masses[usize::from(value)]) / f64::from(masses.iter().sum::<u32>());
            bits -= part.log2();
            masses.iter().for_each(|mass| hash.update(&mass.to_le_bytes()));
        }
        network.learn(byte);
        network.advance(byte);
    }
    network.weights(|weights| {
        weights.exact().iter().for_each(|weight| hash.update(&weight.to_le_bytes()));
    });
    (bits, hash.digest())
}

struct Trace<'a>(Result<&'a Options, Start>, &'a [u8]);

impl NetworkWork for Trace<'_> {
    type Output = (f64, u64);

    fn run<K: NetworkKernels>(self, kernels: K) -> (f64, u64) {
        let network = match self.0 {
            Ok(options) => Lstm::new(kernels, options),
            Err(start) => Lstm::starting(kernels, start),
        };
        trace(network, self.1)
    }
}

/// The same of a new network, or of that of the levels as it starts a stream.
fn trace_in(set: InstructionSet, new: Result<&Options, Start>, bytes: &[u8]) -> (f64, u64) {
    over_network_kernels(set, Trace(new, bytes))
}

/// Three layers of all sorts, small enough for plain code in a test.
fn small() -> Options {
    let layer = LayerOptions { cells: 32, is_recurrent: true, features: 3 };
    let layers = vec![
        LayerOptions { features: 5, ..layer },
        LayerOptions { is_recurrent: false, cells: 48, ..layer },
        LayerOptions { cells: 16, features: 0, ..layer },
    ];
    let embedding = EmbeddingOptions { log_rows: 6, width: 16 };
    Options { embedding, layers, span: 16, ..Options::standard() }
}

#[test]
fn it_learns_and_every_instruction_set_learns_the_same() {
    let bytes = sample(6000);
    let (bits, first) = trace(Lstm::new(Scalar, &small()), &bytes);
    // A word is a choice of 3/4 and 1/4 in six bytes: 810 bits, if all else were known from the
    // start. An order-0 code takes 3.5 bits a byte.
    assert!((810.0..5000.0).contains(&bits), "{bits} bits");
    for set in usable() {
        assert_eq!(trace_in(set, Ok(&small()), &bytes).1, first, "{}", set.name());
    }
    assert_eq!(
        first, 12_063_274_298_847_960_892,
        "other masses or weights are a new numeric contract"
    );
}

/// The network of the levels; its weights are part of the trace.
#[test]
fn the_standard_network_is_pinned() {
    for set in usable() {
        let (_, hash) = trace_in(set, Err(Start::Words), &sample(200));
        assert_eq!(
            hash,
            1_474_474_913_000_208_042,
            "{}: other masses or weights are a new numeric contract",
            set.name()
        );
    }
}

/// With every weight and hidden value at its limit, sums stay within 31 bits.
#[test]
fn no_sum_of_the_standard_network_wraps() {
    let Options { embedding, layers, rate, feature_rate, output_rate, .. } = Options::standard();
    let largest_hidden = f64::from(1 << super::HIDDEN_BITS) * 0.7617;
    let product = |inputs: f64, limit: i32| inputs * f64::from(crate::simd::round_weight(limit));
    let part = |count: usize, limit: i32| (count as f64) * f64::from(limit >> super::WEIGHT_SHIFT);
    let mut below = embedding.width as f64 * f64::from(super::embedding::LARGEST_INPUT);
    for layer in &layers {
        let given = layer.cells as f64 * largest_hidden;
        let own = if layer.is_recurrent { given } else { 0.0 };
        let sum = product(own + below, rate.limit) + part(layer.features, feature_rate.limit);
        assert!(sum < f64::from(i32::MAX), "{layer:?}: {sum}");
        below = given;
    }
    let given = layers.iter().map(|layer| layer.cells as f64 * largest_hidden).sum();
    let logit = product(given, output_rate.limit) + part(1, output_rate.of_biases().limit);
    assert!(logit < f64::from(i32::MAX), "{logit}");
}

/// What a profile with this network is said to take.
#[test]
fn its_memory_is_known() {
    let network = Lstm::new(Scalar, &Options::standard());
    let mut bytes = 0;
    network.weights(|weights| bytes += weights.memory());
    let said = crate::model::network::Network::Lstm(Start::Words).memory() as usize;
    assert!(2 * bytes < said && said < 3 * bytes, "{bytes}");
}
