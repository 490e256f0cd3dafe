//! `cmx levels`, and what a level means for memory and threads.

use std::thread::available_parallelism;

use cmx::internals::level::{DEFAULT_LEVEL, LEVELS, Level};

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
        text +=
            &format!("-{}     {:<9} {block:<11} {memory}{mark}\n", level.number(), level.name());
    }
    text +=
        "Memory is for the tables and the block, per thread (-T), to compress and to decompress.\n";
    standard::print(text)
}

/// Bytes that one thread takes at most: the histories of a predictor, an eighth as much for its
/// matches, runs and direct maps, the block, its codes as words and the copy of them that follows a
/// primer, the text that these stand for, the coded form, and a network.
pub fn needed(level: &Level) -> u64 {
    level.memory() as u64 * 9 / 8 + 4 * level.block_size() as u64 + level.network_memory()
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

/// The smallest blocks that lack of memory leads to. Smaller ones would cost more than a lower
/// level does.
const LEAST_BLOCK: usize = 1 << 20;

/// The level as it fits into the memory, and how many threads compress `length` bytes with it: no
/// more than fit into the memory. Where the user says nothing of memory and even one thread has too
/// little, blocks become smaller, with a warning.
///
/// # Errors
/// The memory does not suffice.
pub fn fitted(
    options: &Options,
    level: Level,
    length: Option<u64>,
) -> Result<(Level, usize), Failure> {
    let (wanted, limit) = (wanted_threads(options)? as u64, memory(options));
    let is_long = |block: usize| length.is_none_or(|length| length > block as u64);
    let level = if options.memory.is_some() {
        // The bytes do not depend on it, and a short input takes less: whether that fits, the
        // budget of the job says.
        if limit < needed(&level) && length.is_some() && is_long(level.block_size()) {
            return Err(Failure::usage(too_little(&level, length, limit)));
        }
        level
    } else {
        let fitting = fitting_block(&level, length, limit)
            .ok_or_else(|| Failure::usage(too_little(&level, length, limit)))?;
        if fitting < level.block_size() && is_long(fitting) {
            if !options.quiet {
                warn(smaller_blocks(&level, fitting, limit));
            }
            level.with_block_size(fitting)
        } else {
            level
        }
    };
    let each = level.memory_for(longest(&level, length)).min(needed(&level));
    // Files without a byte take no memory.
    let fitting = (limit / each.max(1)).max(1);
    if fitting < wanted && options.threads.is_some() && !options.quiet {
        warn(format!(
            "{fitting} threads instead of {wanted}: each needs {}, and -M allows {}",
            size::show(each),
            size::show(limit)
        ));
    }
    Ok((level, wanted.min(fitting) as usize))
}

/// Bytes of the longest block of `length` bytes of input.
fn longest(level: &Level, length: Option<u64>) -> usize {
    let length = length.and_then(|length| usize::try_from(length).ok());
    length.map_or(level.block_size(), |length| level.block_size().min(length))
}

/// The block size at which `length` bytes are coded within `limit` bytes of memory: that of the
/// level, or half of it as often as necessary; `None` where [`LEAST_BLOCK`] is too much.
fn fitting_block(level: &Level, length: Option<u64>, limit: u64) -> Option<usize> {
    let mut block = level.block_size();
    while level.memory_for(longest(&level.with_block_size(block), length)) > limit {
        block /= 2;
        if block < LEAST_BLOCK {
            return None;
        }
    }
    Some(block)
}

/// Says that blocks are smaller than the level has them.
fn smaller_blocks(level: &Level, block: usize, limit: u64) -> String {
    format!(
        "blocks of {} instead of {}, so the archive becomes larger: level {} needs {}, and {} of this machine's memory are allowed; \
         -M allows more, and a lower level may do better",
        size::show(block as u64),
        size::show(level.block_size() as u64),
        level.number(),
        size::show(needed(level)),
        size::show(limit)
    )
}

/// Says that a level needs more memory than there is, and what to do.
fn too_little(level: &Level, length: Option<u64>, limit: u64) -> String {
    // Blocks of an eighth do little harm.
    let does_well = |lower: &Level| {
        fitting_block(lower, length, limit).is_some_and(|block| block >= lower.block_size() / 8)
    };
    let lower =
        LEVELS.iter().rev().find(|lower| lower.number() < level.number() && does_well(lower));
    let lower =
        lower.map_or_else(|| "a lower level".into(), |lower| format!("-{}", lower.number()));
    format!(
        "level {} needs {} a thread for this, and {} are allowed; take {lower}, or allow more \
         with -M",
        level.number(),
        size::show(level.memory_for(longest(level, length))),
        size::show(limit)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_shrink_until_they_fit() {
        let [first, .., last] = &LEVELS;
        assert_eq!(fitting_block(last, None, 8 << 30), Some(256 << 20));
        assert_eq!(
            fitting_block(last, Some(50_000), 1500 << 20),
            Some(256 << 20),
            "a short input is no reason"
        );
        let block = fitting_block(last, Some(1 << 30), 1536 << 20).unwrap();
        assert!(
            (LEAST_BLOCK..256 << 20).contains(&block) && last.memory_for(block) <= 1536 << 20,
            "{block}"
        );
        assert_eq!(fitting_block(last, None, 500 << 20), None);
        assert_eq!(fitting_block(first, None, 500 << 20), Some(16 << 20));
        let text = too_little(last, None, 500 << 20);
        assert!(text.contains("take -5"), "{text}");
    }
}
