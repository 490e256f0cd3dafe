//! Where the bytes to compress come from.

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
pub use original::{Change, Original};
pub use stream::StreamSource;

use crate::error::Result;

/// Gives the input block by block, each in memory of its own.
pub trait BlockSource {
    /// The next block of at most `size` bytes; shorter only at the end of the input, and `None`
    /// when nothing is left.
    ///
    /// # Errors
    /// Reading fails, or memory is short.
    fn next_block(&mut self, size: usize) -> Result<Option<Vec<u8>>>;
}
