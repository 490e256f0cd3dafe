//! Parsers of file formats that models, transforms and block detection share.
//!
//! A parser says what the bytes of a format mean and keeps nothing of models or transforms. What a
//! parser accepts is part of the archive format: the encoder and the decoder must both see the same
//! structure.

pub mod pe;
pub mod sfnt;
pub mod similar;
pub mod wasm;
