//! A context-mixing lossless compressor.

pub mod block;
pub mod coder;
pub mod error;
pub mod level;
pub mod mix;
pub mod model;
pub mod predictor;
pub mod simd;

pub use error::{Error, Result};
