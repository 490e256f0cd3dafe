//! Sources of the bytes to compress: files, streams and trees of files. Only streams exist on systems
//! other than Unix.

#[cfg(unix)]
pub mod attributes;
#[cfg(unix)]
pub mod deep;
#[cfg(unix)]
pub mod file;
#[cfg(unix)]
pub mod holes;
#[cfg(unix)]
pub mod lock;
#[cfg(unix)]
pub mod original;
#[cfg(unix)]
mod roots;
#[cfg(unix)]
pub mod shown;
pub mod stream;
#[cfg(unix)]
pub mod walk;

#[cfg(unix)]
pub use file::FileSource;
#[cfg(unix)]
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
