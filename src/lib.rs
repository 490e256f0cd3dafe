//! A context-mixing lossless compressor.

pub mod block;
pub mod error;
pub mod level;
pub mod predictor;
pub mod transform;

pub use error::{Error, Result};
