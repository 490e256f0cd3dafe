//! The models: a file or folder for each family of contexts (`families.rs` lists the families),
//! match models, signals, and the tables of histories.

pub mod byte_class;
pub mod byte_distribution;
pub mod byte_history;
pub mod byte_model;
pub mod context;
pub mod expanded;
pub mod expected;
pub mod families;
pub mod family;
pub mod folded;
pub mod font;
pub mod hash;
pub mod indirect;
pub mod input_model;
pub mod line;
pub mod long_match;
pub mod match_model;
pub mod name;
pub mod nest;
pub mod network;
pub mod number;
pub mod prose;
pub mod record;
pub mod run_map;
pub mod selector;
pub mod signal;
pub mod similar;
pub mod slots;
pub mod stationary_map;
pub mod stride;
pub mod table;
pub mod wasm;
pub mod word;
pub mod x86;
