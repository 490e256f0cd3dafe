//! Files that appear whole or not at all.

pub mod atomic;

pub use atomic::AtomicFile;
