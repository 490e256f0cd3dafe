//! The models: one file a family.

pub mod bypass;
pub mod byte_history;
pub mod context;
pub mod font;
pub mod hash;
pub mod indirect;
pub mod line;
pub mod match_model;
pub mod nest;
pub mod number;
pub mod prose;
pub mod record;
pub mod run_map;
pub mod signal;
pub mod slots;
pub mod stationary_map;
pub mod stride;
pub mod table;
pub mod wasm;
pub mod word;
pub mod x86;
