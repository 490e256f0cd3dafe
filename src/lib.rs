//! A context-mixing lossless compressor.

pub mod block;
pub mod error;
pub mod level;

pub use error::{Error, Result};
