//! The sizes of the blocks of an archive.

use crate::level::Level;

/// The blocks of small files of an archive that do not depend on a reference block.
struct Solid {
    /// Target number. To extract one file, one block is decoded.
    blocks: u64,
    /// Smallest target length in bytes.
    least: u64,
}

/// At levels that sort, where a shorter block loses most, and all of an archive takes little time.
const SORTED: Solid = Solid { blocks: 8, least: 768 << 10 };

/// At levels with reference blocks. One block takes less than 15 % of the time for all, although
/// programs and data take more time for each byte than text does.
const MIXED: Solid = Solid { blocks: 12, least: 512 << 10 };

/// Target length in bytes of a block of small files, for an archive with `total` bytes of files.
#[must_use]
pub fn solid_size(total: u64, level: &Level) -> u64 {
    let has_references = level.for_small_files().has_references();
    let Solid { blocks, least } = if has_references { MIXED } else { SORTED };
    total.div_ceil(blocks).max(least).min(level.block_size as u64)
}

/// Number of dependent blocks that the text of an archive is cut into.
const DEPENDENT_BLOCKS: u64 = 24;

/// Largest length in bytes of a reference block.
const MAX_REFERENCE: u64 = 4 << 20;

/// Smallest length in bytes of a reference block. A shorter one is not worth its cost.
const MIN_REFERENCE: u64 = 64 << 10;

/// Percent of the text that reference block, primer and one dependent block make up. With the start
/// of the program and the largest of the dependent blocks one file takes less than 15 % of the time
/// of all: of the 512 files of tokio 1.40, 15.0 %, with 14 here and 20 dependent blocks 16.5 %, with
/// 12 and 20 14.5 % for 2 % more bytes.
const ONE_FILE: u64 = 13;

/// Cost of the primer of a reference block, as the number of bytes of text that take the same time.
const PRIMER_COST: u64 = 85 << 10;

/// The length in bytes of the reference block and of each dependent block, for `total` bytes of
/// text in small files. `None` without a reference block: there is too little text, the level makes
/// none unless the user asks for one, or the user decides so by `reference` or `solid`. To extract
/// one file, primer, reference block and one dependent block are decoded: together [`ONE_FILE`]
/// percent of the work for all.
#[must_use]
pub fn reference_size(
    total: u64,
    by_default: bool,
    reference: Option<u64>,
    solid: Option<u64>,
) -> Option<(u64, u64)> {
    let part = total.div_ceil(DEPENDENT_BLOCKS).max(1);
    match (reference, solid) {
        (Some(0), _) | (None, Some(_)) => None,
        (Some(reference), solid) => Some((reference.min(total / 2), solid.unwrap_or(part).max(1))),
        (None, None) if !by_default => None,
        (None, None) => {
            let reference =
                (total / 100 * ONE_FILE).saturating_sub(part + PRIMER_COST).min(MAX_REFERENCE);
            (reference >= MIN_REFERENCE).then_some((reference, part))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn archives_of_this_program_are_compressed_content() {
        use crate::formats::similar::{ContentClass, OWN_MAGIC};
        assert_eq!(OWN_MAGIC, crate::container::format::MAGIC);
        assert_eq!(ContentClass::of(&OWN_MAGIC), ContentClass::Compressed);
    }

    #[test]
    fn one_file_takes_a_seventh_of_the_time() {
        assert_eq!(reference_size(1_000_000, true, None, None), None);
        for total in [2_000_000, 10_000_000, 50_000_000, 1_000_000_000] {
            let (reference, part) = reference_size(total, true, None, None).unwrap();
            assert!(
                reference <= MAX_REFERENCE && reference + part + PRIMER_COST <= total * 13 / 100,
                "{total}: {reference} {part}"
            );
        }
        assert_eq!(reference_size(10_000_000, false, None, None), None);
        assert_eq!(reference_size(10_000_000, true, Some(0), None), None);
        assert_eq!(reference_size(10_000_000, true, None, Some(5000)), None);
        assert_eq!(reference_size(100_000, false, Some(6000), Some(5000)), Some((6000, 5000)));
    }

    #[test]
    fn a_block_is_a_small_part_of_the_archive() {
        let [sorted, mixed] = [3, 4].map(|index| &crate::level::LEVELS[index]);
        assert_eq!((solid_size(100, sorted), solid_size(100, mixed)), (768 << 10, 512 << 10));
        assert_eq!(solid_size(16_000_000, sorted), 2_000_000);
        assert_eq!(solid_size(18_000_000, mixed), 1_500_000);
        assert_eq!(solid_size(u64::MAX, mixed), mixed.block_size as u64);
    }

    /// Work is counted: a byte that is coded is one step, and so is one that is verified. Threads
    /// verify a block while others code it, and wait for the reference block.
    #[test]
    fn a_folder_of_5_mb_keeps_eight_threads_busy() {
        let total = 5_000_000;
        for level in &crate::level::LEVELS {
            let by_default = level.for_small_files().has_references;
            let (before, part) = reference_size(total, by_default, None, None)
                .unwrap_or((0, solid_size(total, level)));
            let tasks = 2 * (total - before).div_ceil(part);
            assert!(tasks >= 8, "-{}: {tasks} tasks", level.number);
            for threads in [4, 8] {
                let steps = before + tasks.div_ceil(threads) * part;
                let gain = 2.0 * total as f64 / steps as f64;
                assert!(gain >= 0.75 * threads as f64, "-{} -T{threads}: {gain}", level.number);
            }
        }
    }
}
