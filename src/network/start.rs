//! What networks start from: weights that were trained on other files before.

use std::sync::OnceLock;

use super::stored::StoredWeights;
use crate::coder::Decoder;
use crate::level::NetworkStart;
use crate::prior::{Prior, WeightsOf};

/// Where the weights of a network come from. `models/README.md` says what they were trained on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Start {
    /// Text and source code as words.
    Words,
    /// Text that is not coded as words: other languages than English, data as text.
    Text,
    /// Programs and other binary data.
    Binary,
}

static WORDS: &[u8] = include_bytes!("../../models/network-words.bin");
static TEXT: &[u8] = include_bytes!("../../models/network-text.bin");
static BINARY: &[u8] = include_bytes!("../../models/network-binary.bin");

/// The decoded weights of all parts of a network, in the order of files.
pub type AllWeights = Vec<StoredWeights>;

impl Start {
    /// Stored weights of the network of the levels ([`super::lstm::Options::standard`]).
    #[must_use]
    pub fn stored(self) -> &'static [u8] {
        match self {
            Self::Words => WORDS,
            Self::Text => TEXT,
            Self::Binary => BINARY,
        }
    }

    /// The same for a network of these shapes, which is that of the levels; decoded once in a
    /// process.
    #[must_use]
    fn weights(self, shapes: &[[usize; 2]]) -> &'static AllWeights {
        static DECODED: [OnceLock<AllWeights>; 3] = [const { OnceLock::new() }; 3];
        DECODED[self as usize].get_or_init(|| decode(self.stored(), shapes))
    }
}

/// Decodes stored weights of a network of these shapes.
pub(super) fn decode(stored: &[u8], shapes: &[[usize; 2]]) -> AllWeights {
    let decode = || {
        let mut decoder = Decoder::new(stored);
        shapes.iter().map(|&shape| StoredWeights::decode(&mut decoder, shape)).collect()
    };
    // Traces are of streams, whichever of them uses the weights first.
    #[cfg(test)]
    return crate::coder::trace::without(decode);
    #[cfg(not(test))]
    decode()
}

/// Where the weights of the networks of a stream come from, and whether they learn.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Origin {
    /// The class.
    pub start: NetworkStart,
    /// The prior of the stream: its weights, where it has any, take the place of the built-in ones.
    pub prior: Option<Prior>,
}

impl Origin {
    /// Whether networks start from the built-in weights, and learn.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        *self == Origin::default()
    }

    /// Whether networks learn nothing.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        self.start == NetworkStart::Frozen
    }

    /// The weights for the network of streams of `start`, which has these shapes, and whether they
    /// are those of a prior; `None` for random weights.
    #[must_use]
    pub fn weights(&self, start: Start, shapes: &[[usize; 2]]) -> Option<(&AllWeights, bool)> {
        if self.start == NetworkStart::Random {
            return None;
        }
        let of = match start {
            Start::Words => WeightsOf::Words,
            Start::Text => WeightsOf::Text,
            Start::Binary => WeightsOf::Binary,
        };
        let own = self
            .prior
            .as_ref()
            .and_then(|prior| prior.weights(of, |stored| decode(stored, shapes)));
        Some(own.map_or_else(|| (start.weights(shapes), false), |own| (own, true)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use xxhash_rust::xxh3::xxh3_64;

    #[test]
    fn weights_are_pinned() {
        assert_eq!(
            [Start::Words, Start::Text, Start::Binary].map(|start| xxh3_64(start.stored())),
            [10_843_921_513_017_926_808, 14_390_164_098_813_106_749, 18_188_904_401_142_435_063],
            "other weights are a new numeric contract"
        );
    }
}
