//! Detecting by statistics what bytes without a known format are.

mod code;
mod content;

pub use content::{Class, classify};
