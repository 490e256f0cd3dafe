//! A context-mixing lossless compressor and archiver.
//!
//! ```
//! let archive = cmx::compress(b"the cat sat on the mat")?;
//! assert_eq!(cmx::decompress(&archive)?, b"the cat sat on the mat");
//! # Ok::<(), cmx::Error>(())
//! ```
//!
//! Start with [`compress`] and [`decompress`] for data in memory, [`Encoder`] and [`Decoder`] for
//! streams. [`EncodeOptions`] names level, threads and verification, [`DecodeOptions`] the limits.
//! The level table is [`level::LEVELS`].
//!
//! Underneath, from the outside in: [`stream`] cuts data into blocks and hands them to threads,
//! [`container`] is the archive as bytes, [`block`] is one block as a predictor sees it.

mod api;
pub mod archive;
pub mod block;
pub mod coder;
pub mod container;
pub mod error;
pub mod input;
pub mod level;
pub mod mix;
pub mod model;
pub mod options;
mod ordered;
pub mod output;
pub mod predictor;
pub mod progress;
pub mod simd;
pub mod sort;
pub mod stream;
pub mod transform;
pub mod words;

pub use api::{compress, compress_with, decompress, decompress_with};
pub use archive::Archive;
pub use container::Metadata;
pub use error::{Error, Result};
pub use options::{DecodeOptions, EncodeOptions};
pub use stream::{Decoder, Encoder, Summary};
