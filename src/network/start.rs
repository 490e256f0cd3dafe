//! What networks start from.

/// Where the weights of a network come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Start {
    /// Draws of a generator: a network that has seen nothing.
    Random,
}

impl Start {
    /// Stored weights of the network of the levels ([`super::lstm::Options::standard`]); `None`
    /// for draws.
    #[must_use]
    pub fn stored(self) -> Option<&'static [u8]> {
        match self {
            Self::Random => None,
        }
    }
}
