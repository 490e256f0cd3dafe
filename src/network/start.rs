//! What networks start from: weights that were trained on other files before.

use std::borrow::Cow;

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

/// Bytes of the weights of the network of the levels.
const LENGTH: usize = 883_796;
static WORDS: &[u8; LENGTH] = include_bytes!("../../models/network-words.bin");
static TEXT: &[u8; LENGTH] = include_bytes!("../../models/network-text.bin");
static BINARY: &[u8; LENGTH] = include_bytes!("../../models/network-binary.bin");

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

    /// The stored weights for streams of `start`, and whether they are those of a prior; `None` for
    /// random weights.
    #[must_use]
    pub fn stored(&self, start: Start) -> Option<(Cow<'static, [u8]>, bool)> {
        if self.start == NetworkStart::Random {
            return None;
        }
        let of = match start {
            Start::Words => WeightsOf::Words,
            Start::Text => WeightsOf::Text,
            Start::Binary => WeightsOf::Binary,
        };
        let own = self.prior.as_ref().and_then(|prior| prior.weights(of));
        Some(match own {
            Some(own) => (Cow::Owned(own.to_vec()), true),
            None => (Cow::Borrowed(start.stored()), false),
        })
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
            [4_302_071_775_079_223_446, 5_624_626_348_625_488_241, 10_452_572_555_142_063_181],
            "other weights are a new numeric contract"
        );
    }
}
