//! What a level tries on samples.

/// What a level has time to try on a stream of text, or on a sample ([`crate::method::trial`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
pub(crate) enum Trials {
    /// Nothing: what can be told without coding a sample decides.
    None,
    /// Whether a very redundant stream is smaller when it is sorted. With 6 contexts some are, which
    /// with 8 or more are not.
    Sorting,
    /// Whether a doubtful stream is smaller without a primer. Of 100 KB of Chinese it takes a fifth
    /// of the time at -7.
    WithoutPrimer,
    /// That, and whether a regular stream is smaller as a table.
    All,
}
