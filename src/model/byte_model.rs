//! Models that predict whole bytes, networks for example, as input models of the mixer.

use super::byte_distribution::ByteDistribution;
use super::input_model::{BitPosition, Expected, InputModel};
use crate::network::{ByteNetwork, NIBBLES};

/// A [`ByteNetwork`] as an input model: one pair of inputs.
#[derive(Clone, Debug)]
pub struct ByteModel<B> {
    network: B,
    distribution: ByteDistribution,
    /// Whether `distribution` is about the next byte.
    is_current: bool,
    /// The byte that `network` expects next.
    expected: u8,
    /// How sure `network` is of that byte, 0 once it cannot come any more.
    confidence: u32,
}

impl<B: ByteNetwork> ByteModel<B> {
    /// Wraps `network`, which has seen nothing of the stream.
    pub fn new(network: B) -> Self {
        ByteModel {
            network,
            distribution: ByteDistribution::default(),
            is_current: false,
            expected: 0,
            confidence: 0,
        }
    }

    fn forward(&mut self, foretold: Option<u8>) {
        let mut masses = [0; NIBBLES];
        self.network.forward(foretold, &mut masses);
        self.distribution.fill(&masses);
        self.is_current = true;
        self.find_low(self.distribution.likeliest_high());
        self.find_expected();
    }

    fn find_low(&mut self, high: u8) {
        if self.distribution.low_of() != Some(high) {
            let mut masses = [0; NIBBLES];
            self.network.low(high, &mut masses);
            self.distribution.fill_low(high, &masses);
        }
    }

    fn find_expected(&mut self) {
        (self.expected, self.confidence) = self.distribution.expected();
    }

    /// Whether the expected byte begins with the bits of `partial`.
    fn agrees(&self, partial: u32) -> bool {
        let expected = 256 | u32::from(self.expected);
        expected >> (8 - partial.ilog2()) == partial
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
        self.observe(bytes);
    }

    /// Leaves out what the network would predict, which takes most of the time.
    fn observe(&mut self, bytes: &[u8]) {
        let Some(&byte) = bytes.last() else { return };
        self.network.advance(byte);
        self.is_current = false;
        self.confidence = 0;
    }

    fn foresee(&mut self, foretold: Option<u8>) {
        self.forward(foretold);
    }

    fn inputs(&mut self, at: BitPosition, inputs: &mut [[i16; 2]]) {
        if !self.is_current {
            self.forward(None);
            if !self.agrees(at.partial) {
                self.confidence = 0;
            }
        }
        if at.partial >= 16 {
            self.find_low((at.partial >> (at.index - 4) & 15) as u8);
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
        if !self.is_current {
            self.forward(None);
        }
        self.find_low(byte >> 4);
        self.distribution.rule_out(byte);
        self.find_low(self.distribution.likeliest_high());
        self.find_expected();
    }

    fn expected(&self) -> Option<Expected> {
        (self.is_current && self.confidence > 0)
            .then_some(Expected { byte: self.expected, length: 0 })
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
        fn forward(&mut self, _: Option<u8>, masses: &mut [u32; 16]) {
            let counts = &self.counts[usize::from(self.last[1])];
            for (mass, counts) in masses.iter_mut().zip(counts.as_chunks::<16>().0) {
                *mass = counts.iter().map(|&count| u32::from(count)).sum();
            }
        }

        fn low(&mut self, high: u8, masses: &mut [u32; 16]) {
            let counts = self.counts[usize::from(self.last[1])].as_chunks::<16>().0;
            *masses = counts[usize::from(high)].map(u32::from);
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
                model.foresee(None);
            }
        }
        assert_eq!(model.expected(), Some(Expected { byte: b'a', length: 0 }));
        assert!(model.confidence() > 3);
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
