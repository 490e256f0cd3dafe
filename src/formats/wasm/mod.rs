//! WebAssembly: instructions, numbers, and the structure of a module, a byte at a time.

pub mod decoder;
pub mod instruction;
pub mod module;
mod number;

pub use decoder::body_length;
pub use module::{CODE, MAGIC};
pub use number::Number;
