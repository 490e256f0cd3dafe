//! Sources of the bytes to compress: files, streams and trees of files.

pub mod attributes;
pub mod deep;
pub mod file;
pub mod holes;
pub mod lock;
pub mod original;
mod roots;
pub mod shown;
pub mod stream;
pub mod walk;

pub use file::FileSource;
pub use original::Original;
pub use stream::StreamSource;

use crate::error::Result;

/// A source that returns the input in blocks, each in a buffer of its own.
pub trait BlockSource {
    /// The next block. It has `size` bytes, but the last one may be shorter. `None` at the end of
    /// the input.
    ///
    /// # Errors
    /// Reading fails, or memory is short.
    fn next_block(&mut self, size: usize) -> Result<Option<Vec<u8>>>;
}
