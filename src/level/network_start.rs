//! Where the networks of a stream start from.

/// What a network has when a stream begins, and whether it learns: the three classes of the
/// literature (dynamic from random weights, dynamic from trained ones, static).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum NetworkStart {
    /// Trained weights, which go on learning.
    #[default]
    Trained,
    /// Random weights, which learn.
    Random,
    /// Trained weights, which stay as they are: half the time of the network.
    Frozen,
}

impl NetworkStart {
    /// All of them; a coded stream names one by the index.
    pub(crate) const ALL: [NetworkStart; 3] = [Self::Trained, Self::Random, Self::Frozen];

    /// The start that a user calls `name`: `trained`, `random` or `frozen`.
    #[must_use]
    pub fn named(name: &str) -> Option<NetworkStart> {
        let names = ["trained", "random", "frozen"];
        names.iter().zip(Self::ALL).find(|(known, _)| **known == name).map(|(_, start)| start)
    }
}
