//! Detecting by statistics what bytes without a known format are.

mod code;
mod content;
pub mod image16;
pub mod runs;

pub use content::{Class, classify};
