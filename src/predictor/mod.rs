//! The predictor of one stream.

mod codec;

pub use codec::{decode, encode};
