//! About how many streams a job codes at the same time: what a device needs to be worth while.

use std::fs::{self, File};
use std::path::Path;

use cmx::Archive;

use super::args::Options;
use super::compress::chosen_level;
use super::decompress::settings;
use super::job::Job;

/// The level from which on streams have a network.
const FIRST_LEVEL: u8 = 9;
/// Blocks that a folder is cut into where the user names no size: at most so many.
const USUAL_BLOCKS: u64 = 12;
/// Entries of folders that are looked at.
const MOST_ENTRIES: usize = 10_000;
/// Shorter archives hold no more than a few streams.
const SHORT_ARCHIVE: u64 = 256 << 10;

/// About how many streams `job` has, as far as that is quickly known; 0 where a device is no use.
pub fn of(options: &Options, job: Job) -> u64 {
    match job {
        Job::Compress | Job::Append if options.level.number >= FIRST_LEVEL => to_compress(options),
        Job::Decompress | Job::Test => {
            options.inputs().iter().map(|input| in_archive(options, input)).sum()
        }
        _ => 0,
    }
}

/// Streams of what is compressed, each a block of the size that the user chose.
fn to_compress(options: &Options) -> u64 {
    let level_block = chosen_level(options).block_size() as u64;
    let mut left = MOST_ENTRIES;
    let of_input = |input: &std::path::PathBuf| match fs::metadata(input) {
        Ok(found) if found.is_file() => found.len().div_ceil(level_block),
        Ok(found) if found.is_dir() => match options.solid.or(options.block) {
            Some(block) => length(input, &mut left) / block.clamp(1, level_block),
            None => USUAL_BLOCKS,
        },
        _ => 0,
    };
    options.inputs().iter().map(of_input).sum()
}

/// Bytes of the files in a folder, of the first entries.
fn length(folder: &Path, left: &mut usize) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let mut total = 0;
    for entry in entries.flatten() {
        if *left == 0 {
            break;
        }
        *left -= 1;
        total += match entry.metadata() {
            Ok(found) if found.is_dir() => length(&entry.path(), left),
            Ok(found) => found.len(),
            Err(_) => 0,
        };
    }
    total
}

/// Blocks of the archive at `path`.
fn in_archive(options: &Options, path: &Path) -> u64 {
    let (Ok(file), Ok(limits)) = (File::open(path), settings(options)) else { return 0 };
    let is_long =
        file.metadata().is_ok_and(|found| found.is_file() && found.len() >= SHORT_ARCHIVE);
    let archive = is_long.then(|| Archive::from_file(file, &limits).ok()).flatten();
    let blocks = |archive: Archive| {
        archive
            .members()
            .iter()
            .map(|member| member.content_at.len().saturating_sub(1))
            .sum::<usize>()
    };
    archive.map_or(0, |archive| blocks(archive) as u64)
}
