//! The numbers that every machine must compute alike: probabilities in fixed point, the logistic
//! function, bit histories and the map entries that give them meaning.
//!
//! Kernels of every instruction set, coder, mixers and models are written over these definitions,
//! so that they lie below all of them.

pub mod bit_history;
pub mod logistic;
pub mod state_map;

/// Fractional bits of a coded probability.
pub const PROBABILITY_BITS: u32 = 22;

/// A probability of one, as a fixed-point number: coded probabilities lie strictly between 0 and
/// this.
pub const PROBABILITY_ONE: u32 = 1 << PROBABILITY_BITS;
