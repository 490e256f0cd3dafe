//! What a caller may choose, with the defaults that the command line has too.

use std::sync::Arc;

use crate::level::{self, Level};
use crate::progress::Progress;

/// How to compress.
#[derive(Debug, Clone)]
pub struct EncodeOptions {
    /// How hard to work.
    pub level: &'static Level,
    /// Blocks coded at the same time; each takes the level's memory. The bytes do not depend on it.
    pub threads: usize,
    /// Decode every block again and compare before it is written.
    pub verify: bool,
    /// Bytes of memory for the whole job, without limit by default. The bytes do not depend on it:
    /// where it does not suffice, compression fails, as reading the archive would under the same
    /// limit.
    pub memory: u64,
    /// Counters for a display.
    pub progress: Option<Arc<Progress>>,
}

impl Default for EncodeOptions {
    fn default() -> Self {
        let level = level::level(level::DEFAULT_LEVEL).unwrap_or(&level::LEVELS[0]);
        EncodeOptions { level, threads: 1, verify: true, memory: u64::MAX, progress: None }
    }
}

impl EncodeOptions {
    /// Work that one byte of input takes, in passes over it.
    #[must_use]
    pub fn passes(&self) -> u64 {
        if self.verify { 2 } else { 1 }
    }
}

/// How to decompress, and what an archive may ask for.
#[derive(Debug, Clone)]
pub struct DecodeOptions {
    /// Blocks decoded at the same time, fewer if `memory` does not suffice.
    pub threads: usize,
    /// Bytes of memory for the whole job: the program, indices, blocks, the tables of predictors.
    pub memory: u64,
    /// Bytes that may come out.
    pub max_output: u64,
    /// Bytes of a decoded index.
    pub max_index: u64,
    /// Bytes of a path.
    pub max_path: u64,
    /// Pass over bytes behind the last member that are no archive.
    pub ignore_trailing: bool,
    /// Counters for a display.
    pub progress: Option<Arc<Progress>>,
}

impl Default for DecodeOptions {
    fn default() -> Self {
        DecodeOptions {
            threads: 1,
            memory: 8 << 30,
            max_output: u64::MAX,
            max_index: 256 << 20,
            max_path: 2 << 20,
            ignore_trailing: false,
            progress: None,
        }
    }
}
