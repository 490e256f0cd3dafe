//! Output files that appear under their names whole or not at all.

pub mod atomic;
pub mod restored;
mod temporary;
pub mod tree;
pub mod unfinished;

pub use atomic::{AtomicFile, is_device};
