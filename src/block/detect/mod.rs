//! Detecting by statistics what bytes without a known format are.

pub mod bilevel;
mod code;
mod content;
pub mod image16;
pub mod noise;
pub mod runs;
mod table;

pub use content::{Class, classify};
pub use table::is_table;
