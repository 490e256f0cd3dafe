//! Models that predict whole bytes, networks for example, as input models of the mixer.

use super::byte_distribution::ByteDistribution;
use super::input_model::{BitPosition, Expected, InputModel};

/// A model that predicts whole bytes: bytes in, masses out, nothing of bits, mixers and coders.
///
/// Both sides of a stream must compute the same masses on every machine.
pub trait ByteNetwork {
    /// Writes how likely each byte is to come next, in any scale.
    fn forward(&mut self, masses: &mut [u16; 256]);

    /// Learns that `byte` came after the last [`forward`](Self::forward).
    fn learn(&mut self, byte: u8);

    /// Takes in `byte` as the newest byte of the stream.
    fn advance(&mut self, byte: u8);

    /// Bytes of memory that the model takes.
    fn memory(&self) -> u64;
}

/// A [`ByteNetwork`] as an input model: one pair of inputs.
#[derive(Clone, Debug)]
pub struct ByteModel<B> {
    network: B,
    distribution: ByteDistribution,
    /// Whether `distribution` is about the next byte.
    is_current: bool,
    /// How sure `network` is of the byte it expects, 0 once that cannot come any more.
    confidence: u32,
}

impl<B: ByteNetwork> ByteModel<B> {
    /// Wraps `network`, which has seen nothing of the stream.
    pub fn new(network: B) -> Self {
        let mut model = ByteModel {
            network,
            distribution: ByteDistribution::default(),
            is_current: false,
            confidence: 0,
        };
        model.forward();
        model
    }

    /// Bytes of memory that the model takes.
    pub fn memory(&self) -> u64 {
        self.network.memory() + size_of::<[u32; 512]>() as u64
    }

    fn forward(&mut self) {
        let mut masses = [0; 256];
        self.network.forward(&mut masses);
        self.distribution.fill(&masses);
        self.is_current = true;
        self.confidence = self.distribution.expected().1;
    }

    /// Whether the expected byte begins with the bits of `partial`.
    fn agrees(&self, partial: u32) -> bool {
        let expected = 256 | u32::from(self.distribution.expected().0);
        expected >> (expected.ilog2() - partial.ilog2()) == partial
    }

    fn take_in(&mut self, bit: u32, at: BitPosition) {
        if !self.agrees(2 * at.partial + bit) {
            self.confidence = 0;
        }
    }
}

impl<B: ByteNetwork> InputModel for ByteModel<B> {
    fn pairs(&self) -> usize {
        1
    }

    fn push(&mut self, bytes: &[u8]) {
        let Some(&byte) = bytes.last() else { return };
        if self.is_current {
            self.network.learn(byte);
        }
        self.network.advance(byte);
        self.forward();
    }

    /// Leaves out what the network would predict, which takes most of the time.
    fn observe(&mut self, bytes: &[u8]) {
        let Some(&byte) = bytes.last() else { return };
        self.network.advance(byte);
        self.is_current = false;
        self.confidence = 0;
    }

    fn inputs(&mut self, at: BitPosition, inputs: &mut [[i16; 2]]) {
        if !self.is_current {
            self.forward();
            if !self.agrees(at.partial) {
                self.confidence = 0;
            }
        }
        if let Some(input) = inputs.first_mut() {
            *input = self.distribution.input(at.partial);
        }
    }

    fn update(&mut self, bit: u32, at: BitPosition) {
        self.take_in(bit, at);
    }

    fn skip(&mut self, bit: u32, at: BitPosition) {
        self.take_in(bit, at);
    }

    fn rule_out(&mut self, byte: u8) {
        if self.is_current {
            self.distribution.rule_out(byte);
            self.confidence = self.distribution.expected().1;
        }
    }

    fn expected(&self) -> Option<Expected> {
        let (byte, class) = self.distribution.expected();
        (self.is_current && class > 0).then_some(Expected { byte, length: 0 })
    }

    fn confidence(&self) -> u32 {
        self.confidence
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// How often each byte came after the byte before the last: a context that no profile of the
    /// tests below has.
    #[derive(Clone)]
    pub(crate) struct SkippingCounts {
        counts: Vec<[u16; 256]>,
        last: [u8; 2],
    }

    impl Default for SkippingCounts {
        fn default() -> Self {
            SkippingCounts { counts: vec![[0; 256]; 256], last: [0; 2] }
        }
    }

    impl ByteNetwork for SkippingCounts {
        fn forward(&mut self, masses: &mut [u16; 256]) {
            *masses = self.counts[usize::from(self.last[1])];
        }

        fn learn(&mut self, byte: u8) {
            let counts = &mut self.counts[usize::from(self.last[1])];
            counts[usize::from(byte)] += 32;
            if counts[usize::from(byte)] > 60_000 {
                counts.iter_mut().for_each(|count| *count /= 2);
            }
        }

        fn advance(&mut self, byte: u8) {
            self.last = [byte, self.last[0]];
        }

        fn memory(&self) -> u64 {
            256 * 512
        }
    }

    /// One byte through the protocol of the trait; the sum of the inputs in favour of its bits.
    fn favour(model: &mut impl InputModel, byte: u8) -> i32 {
        let mut partial = 1;
        let mut favour = 0;
        for index in 0..8 {
            let at = BitPosition { partial, index };
            let bit = u32::from(byte) >> (7 - index) & 1;
            let mut inputs = [[0; 2]];
            model.inputs(at, &mut inputs);
            favour += i32::from(inputs[0][0]) * (2 * bit as i32 - 1);
            model.update(bit, at);
            partial = 2 * partial + bit;
        }
        favour
    }

    #[test]
    fn what_was_learned_is_expected_until_it_is_ruled_out() {
        let mut model = ByteModel::new(SkippingCounts::default());
        assert_eq!(model.expected(), None);
        let mut bytes = Vec::new();
        for _ in 0..50 {
            for byte in *b"abcd" {
                favour(&mut model, byte);
                bytes.push(byte);
                model.push(&bytes);
            }
        }
        assert_eq!(model.expected(), Some(Expected { byte: b'a', length: 0 }));
        assert!(model.confidence() > 5 && model.memory() > 0);
        assert!(favour(&mut model.clone(), b'a') > 8000);
        assert!(favour(&mut model.clone(), !b'a') < 0);
        let mut other = model.clone();
        other.update(1, BitPosition { partial: 1, index: 0 });
        assert_eq!(other.confidence(), 0, "the first bit of the expected byte is 0");
        model.rule_out(b'a');
        assert_ne!(model.expected().map(|expected| expected.byte), Some(b'a'));
    }

    #[test]
    fn observed_bytes_are_not_learned() {
        let mut model = ByteModel::new(SkippingCounts::default());
        let bytes = b"abababab".repeat(20);
        for end in 1..=bytes.len() {
            model.observe(&bytes[..end]);
            assert_eq!(model.expected(), None);
        }
        assert_eq!(favour(&mut model, b'a'), 0);
    }
}
