//! Networks that are trained for more than one stream: `examples/train.rs` makes files of weights
//! with this, which `models/README.md` lists.

use super::center::{Center, PART_BITS};
use super::lstm::{Lstm, Options};
pub use super::stored::Precision;
use super::{ByteNetwork, NIBBLES};
use crate::simd::{InstructionSet, NetworkKernels, NetworkWork, over_network_kernels};

/// A network whose weights come from somewhere and go somewhere.
pub trait Trainee: ByteNetwork {
    /// Learns at this part, of 256, of its usual rates from now on.
    fn slow_down(&mut self, part: i32);
    /// Goes back to the [`Center`] of all weights, after that moved by `part` (16 fractional bits) of
    /// the way to what was learned since the last call. A new network is its own center.
    fn follow(&mut self, part: u32);
    /// Learns nothing from now on, or learns again.
    fn freeze(&mut self, is_frozen: bool);
    /// Its weights, as coders start from them.
    fn stored(&self, precision: Precision) -> Vec<u8>;
    /// Its weights exactly.
    fn saved(&self) -> Vec<u8>;
    /// Takes what [`Trainee::saved`] gave.
    fn resume(&mut self, saved: &[u8]);
}

/// The network, and the center of all of its weights.
struct CenteredNetwork<K> {
    network: Lstm<K>,
    centers: Vec<Center>,
}

fn centers_of<K: NetworkKernels>(network: &Lstm<K>) -> Vec<Center> {
    let mut centers = Vec::new();
    network.weights(|weights| centers.push(Center::of(weights)));
    centers
}

impl<K: NetworkKernels> ByteNetwork for CenteredNetwork<K> {
    fn forward(&mut self, foretold: Option<u8>, masses: &mut [u32; NIBBLES]) {
        self.network.forward(foretold, masses);
    }

    fn low(&mut self, high: u8, masses: &mut [u32; NIBBLES]) {
        self.network.low(high, masses);
    }

    fn learn(&mut self, byte: u8) {
        self.network.learn(byte);
    }

    fn advance(&mut self, byte: u8) {
        self.network.advance(byte);
    }
}

/// Of the part that the center moves by: how far weights of the output go to 0. Nothing else pulls
/// them back from their limit.
const DECAY: u32 = (1 << PART_BITS) / 100;

impl<K: NetworkKernels> Trainee for CenteredNetwork<K> {
    fn slow_down(&mut self, part: i32) {
        self.network.learn_at(part);
    }

    fn follow(&mut self, part: u32) {
        let CenteredNetwork { network, centers } = self;
        let known_moves = Options::standard().known_moves;
        let mut centers = centers.iter_mut();
        // The weights of the output come last: its rows, then its biases.
        let mut left = centers.len();
        network.weights_mut(|weights| {
            let decay = if left <= 2 { DECAY } else { 0 };
            left -= 1;
            if let Some(center) = centers.next() {
                center.follow(weights, part, decay, known_moves);
            }
        });
    }

    fn freeze(&mut self, is_frozen: bool) {
        self.network.keep_frozen(is_frozen);
    }

    fn stored(&self, precision: Precision) -> Vec<u8> {
        self.network.stored(precision)
    }

    fn saved(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.network.weights(|weights| weights.save(&mut out));
        out
    }

    fn resume(&mut self, saved: &[u8]) {
        let mut reader = super::stored::Reader(saved);
        self.network.weights_mut(|weights| weights.resume(&mut reader));
        self.centers = centers_of(&self.network);
    }
}

/// By which part the center follows a piece, after `done` of `all` bytes of training: at first a
/// half, in the end a fiftieth.
#[must_use]
pub fn part(done: u64, all: u64) -> u32 {
    /// Fractional bits of a count of halvings.
    const BITS: u32 = 8;
    /// From a half to a fiftieth: log₂ 25.
    const HALVINGS: u64 = 1189;
    let halvings = (HALVINGS * done.min(all) / all.max(1)) as u32;
    let first = 1 << (PART_BITS - 1) >> (halvings >> BITS);
    first - ((first / 2 * (halvings % (1 << BITS))) >> BITS)
}

struct Standard<'a>(Option<&'a [u8]>);

impl NetworkWork for Standard<'_> {
    type Output = Box<dyn Trainee>;

    fn run<K: NetworkKernels>(self, kernels: K) -> Self::Output {
        let options = Options::standard();
        let network = match self.0 {
            None => Lstm::new(kernels, &options),
            Some(stored) => Lstm::trained(kernels, &options, stored),
        };
        Box::new(CenteredNetwork { centers: centers_of(&network), network })
    }
}

/// The network of the levels, from random weights or from stored ones.
#[must_use]
pub fn standard(set: InstructionSet, stored: Option<&[u8]>) -> Box<dyn Trainee> {
    over_network_kernels(set, Standard(stored))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_center_follows_less_and_less() {
        let parts: Vec<u32> = (0..=20).map(|done| part(done, 20)).collect();
        assert!(parts.windows(2).all(|two| two[0] > two[1]), "{parts:?}");
        assert_eq!((parts[0], parts[20]), (32_768, 1388));
    }
}
