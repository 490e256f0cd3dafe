//! `cmx levels`, and what a level means for memory and threads.

use std::thread::available_parallelism;

use cmx::level::{DEFAULT_LEVEL, LEVELS, Level};

use super::args::Options;
use super::failure::{Failure, warn};
use super::standard;
use super::{machine_memory, size};

/// Prints the table of levels.
pub fn run() -> Result<(), Failure> {
    let mut text = String::from("level  name      block       memory a thread\n");
    for level in &LEVELS {
        let mark = if level.number() == DEFAULT_LEVEL { "  (default)" } else { "" };
        let (block, memory) = (size::show(level.block_size() as u64), size::show(needed(level)));
        text += &format!("-{}     {:<9} {block:<11} {memory}{mark}\n", level.number(), level.name());
    }
    text += "-9     reserved for the network; until then it does what -8 does\n";
    text += "Memory is for the tables and the block, per thread (-T), to compress and to decompress.\n";
    standard::print(text)
}

/// Bytes that one thread takes at most: the histories of a predictor, an eighth as much for its matches, runs and direct
/// maps, the block, its codes as words and the copy of them that follows a primer, the text that these stand for, and the
/// coded form.
pub fn needed(level: &Level) -> u64 {
    level.memory() as u64 * 9 / 8 + 4 * level.block_size() as u64
}

/// The memory of the job: what the user allows, or else a part of what there is.
pub fn memory(options: &Options) -> u64 {
    options.memory.unwrap_or_else(machine_memory::default)
}

/// The threads that were asked for; one per core if none were.
pub fn wanted_threads(options: &Options) -> Result<usize, Failure> {
    match options.threads {
        Some(0) | None => Ok(available_parallelism().map_or(1, usize::from)),
        Some(threads) if threads <= 1024 => Ok(threads),
        Some(threads) => Err(Failure::usage(format!("-T {threads}: at most 1024 threads"))),
    }
}

/// How many threads compress `length` bytes at `level`: no more than there are blocks, and than fit
/// into the memory.
pub fn threads(options: &Options, level: &Level, length: Option<u64>) -> Result<usize, Failure> {
    let blocks = length.map_or(u64::MAX, |length| length.div_ceil(level.block_size() as u64).max(1));
    let wanted = (wanted_threads(options)? as u64).min(blocks);
    let limit = memory(options);
    // A short input takes less than the level's maximum: whether that fits, the budget of the job says.
    let fitting = (limit / needed(level)).max(1);
    if options.memory.is_some_and(|memory| memory < needed(level)) && length.is_some_and(|length| length > level.block_size() as u64) {
        return Err(Failure::usage(format!(
            "level {} needs {} a thread, more than -M allows; take a lower level or a higher -M",
            level.number(),
            size::show(needed(level))
        )));
    }
    if fitting < wanted && options.threads.is_some() && !options.quiet {
        warn(format!(
            "{fitting} threads instead of {wanted}: each needs {}, and -M allows {}",
            size::show(needed(level)),
            size::show(limit)
        ));
    }
    Ok(wanted.min(fitting) as usize)
}
