//! Names of the contexts and selectors of a signal model.

use crate::model::name::named;

/// Contexts of every signal model.
pub const CONTEXTS: usize = 16;

named! {
    /// The context of a rank, the most useful first: images of bytes, images of bits and sound each
    /// have a list of their own (`image_contexts.rs`, `bilevel.rs`, `audio.rs`).
    pub struct SignalContext in 0..=(CONTEXTS as u8 - 1);
}

named! {
    /// A selector of a signal model, below 256. Each model says what its four selectors hold.
    pub enum SignalSelector {
        /// Errors around (images), the byte above (bits), the errors of the channel (sound).
        First,
        /// Error of the plane before, the byte two above, the channel.
        Second,
        /// Texture, the last byte, the class of the last error.
        Third,
        /// Gradients, pixels above and to the left, what the bias is kept for.
        Fourth,
    }
}
