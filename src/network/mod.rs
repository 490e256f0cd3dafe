//! Networks: models of whole bytes that learn while they code, in whole numbers only.
//!
//! Every number is fixed-point, every sum wraps and every function is a table, so that all machines
//! and instruction sets compute the same: `docs/format-network.md` has the formats bit by bit. What
//! is small and regular is left to the compiler; the inner loops are kernels
//! ([`crate::simd::NetworkKernels`]).

mod backward;
#[cfg(feature = "internals")]
mod center;
mod embedding;
#[cfg(feature = "gpu")]
pub mod image;
mod layer;
pub mod lstm;
mod output;
#[cfg(any(feature = "internals", feature = "gpu"))]
mod speed;
pub mod start;
mod stored;
mod tables;
#[cfg(feature = "internals")]
pub mod training;
mod weights;

#[cfg(feature = "gpu")]
pub(crate) use embedding::{CONTEXTS, LARGEST_INPUT};
#[cfg(any(feature = "internals", feature = "gpu"))]
pub use speed::processor_speed;
#[cfg(feature = "gpu")]
pub(crate) use tables::words as table_words;

/// Fractional bits of what layers give.
const HIDDEN_BITS: u32 = 11;
/// Fractional bits of sums and logits: those of hidden values and of weights in products. With the
/// limits of weights ([`lstm::Options`]) no sum can leave ±256, so none ever wraps.
const SUM_BITS: u32 = HIDDEN_BITS + 12;
/// What turns an exact weight into a part of a sum.
const WEIGHT_SHIFT: u32 = 28 - SUM_BITS;

/// Values of a nibble.
pub const NIBBLES: usize = 16;

/// A model that predicts whole bytes: bytes in, masses out, nothing of bits, mixers and coders. It
/// predicts a byte as a high nibble, and a low one given the high one: two small sums in place of
/// one over 256 values.
///
/// Both sides of a stream must compute the same masses on every machine.
pub trait ByteNetwork {
    /// Writes how likely each high nibble is to come next, in any scale below 2^26. A match may
    /// have foretold the byte.
    fn forward(&mut self, foretold: Option<u8>, masses: &mut [u32; NIBBLES]);

    /// Writes how likely each low nibble is after this high one, in any scale below 2^26.
    fn low(&mut self, high: u8, masses: &mut [u32; NIBBLES]);

    /// Learns that `byte` came after the last [`forward`](Self::forward).
    fn learn(&mut self, byte: u8);

    /// Takes in `byte` as the newest byte of the stream.
    fn advance(&mut self, byte: u8);
}

#[cfg(test)]
mod tests;
