//! The sizes of the blocks of an archive.

use crate::level::Level;

/// The blocks of small files of an archive that do not depend on a reference block.
struct Solid {
    /// Largest target number. To extract one file, one block is decoded.
    blocks: u64,
    /// Smallest target length in bytes. Less is decoded in a third of a second or sooner, and one
    /// file need not take less time than that: shorter blocks only make the archive larger.
    least: u64,
}

/// At levels that sort text, where a shorter block loses most, and all of an archive takes little
/// time. Blocks of 768 KiB make sources of 2.8 and 4.9 MB 4.7 and 7.3 % larger.
const SORTED: Solid = Solid { blocks: 8, least: 2 << 20 };

/// At -4. Blocks of 768 KiB make sources of 2.8 and 4.9 MB 2.6 and 2.9 % larger.
const UNREFERENCED: Solid = Solid { blocks: 8, least: 1 << 20 };

/// At levels with reference blocks. One block takes less than 15 % of the time for all, although
/// programs and data take more time for each byte than text does.
const MIXED: Solid = Solid { blocks: 12, least: LEAST_WORK };

/// Target length in bytes of a block of small files, for an archive with `total` bytes of files. The
/// target number of blocks is one or even, for two threads.
#[must_use]
pub fn solid_size(total: u64, level: &Level) -> u64 {
    let Solid { blocks, least } = if level.for_small_files().has_references() {
        MIXED
    } else if level.sorts_text() {
        SORTED
    } else {
        UNREFERENCED
    };
    let number = match (total / least).min(blocks) {
        0 | 1 => 1,
        several => several & !1,
    };
    total.div_ceil(number).max(least).min(level.block_size as u64)
}

/// Number of dependent blocks that the text of an archive is cut into.
const DEPENDENT_BLOCKS: u64 = 24;

/// Largest length in bytes of a reference block.
const MAX_REFERENCE: u64 = 4 << 20;

/// Percent of the text that reference block, primer and one dependent block make up, unless
/// [`LEAST_WORK`] is more. With the start
/// of the program and the largest of the dependent blocks one file takes less than 15 % of the time
/// of all: of the 512 files of tokio 1.40, 15.0 %, with 14 here and 20 dependent blocks 16.5 %, with
/// 12 and 20 14.5 % for 2 % more bytes.
const ONE_FILE: u64 = 13;

/// Bytes of text that primer, reference block and one dependent block make up, at least: a third of a
/// second at -5. 13 percent of sources of 2.8 MB make the archive 5.4 % larger, and one file a
/// quarter of a second sooner.
const LEAST_WORK: u64 = 768 << 10;

/// Cost of the primer of a reference block, as the number of bytes of text that take the same time.
const PRIMER_COST: u64 = 85 << 10;

/// The length in bytes of the reference block and of each dependent block, for `total` bytes of
/// text in small files. `None` without a reference block: there is too little text, the level makes
/// none unless the user asks for one, or the user decides so by `reference` or `solid`. To extract
/// one file, primer, reference block and one dependent block are decoded: together [`ONE_FILE`]
/// percent of the work for all, or [`LEAST_WORK`] bytes.
#[must_use]
pub fn reference_size(
    total: u64,
    by_default: bool,
    reference: Option<u64>,
    solid: Option<u64>,
) -> Option<(u64, u64)> {
    let work = (total / 100 * ONE_FILE).max(LEAST_WORK);
    // Of little text, the reference block is twice as long as a dependent block.
    let part = total.div_ceil(DEPENDENT_BLOCKS).max((work - PRIMER_COST) / 3);
    match (reference, solid) {
        (Some(0), _) | (None, Some(_)) => None,
        (Some(reference), solid) => Some((reference.min(total / 2), solid.unwrap_or(part).max(1))),
        (None, None) if !by_default || total < 2 * work => None,
        (None, None) => Some(((work - PRIMER_COST - part).min(MAX_REFERENCE), part)),
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
    fn one_file_takes_a_seventh_of_the_time_or_little_work() {
        for total in [2_000_000, 5_000_000, 10_000_000, 50_000_000, 1_000_000_000] {
            let (reference, part) = reference_size(total, true, None, None).unwrap();
            let work = (total * 13 / 100).max(LEAST_WORK);
            assert!(
                reference <= MAX_REFERENCE && reference + part + PRIMER_COST <= work,
                "{total}: {reference} {part}"
            );
            assert!(part <= reference || reference == MAX_REFERENCE, "{total}: {reference} {part}");
        }
        assert_eq!(reference_size(10_000_000, false, None, None), None);
        assert_eq!(reference_size(10_000_000, true, Some(0), None), None);
        assert_eq!(reference_size(10_000_000, true, None, Some(5000)), None);
        assert_eq!(reference_size(100_000, false, Some(6000), Some(5000)), Some((6000, 5000)));
    }

    /// Little text needs no reference block: it is one block.
    #[test]
    fn little_text_is_one_block() {
        let level = &crate::level::LEVELS[4];
        for total in [1, 100_000, 1_000_000, 1_500_000] {
            assert_eq!(reference_size(total, true, None, None), None, "{total}");
            assert!(solid_size(total, level) >= total, "{total}");
        }
    }

    #[test]
    fn a_block_is_a_small_part_of_the_archive() {
        let [sorted, fourth, mixed] = [2, 3, 4].map(|index| &crate::level::LEVELS[index]);
        let sizes = |total| [sorted, fourth, mixed].map(|level| solid_size(total, level));
        assert_eq!(sizes(100), [2 << 20, 1 << 20, 768 << 10]);
        assert_eq!(sizes(5_000_000), [2_500_000, 1_250_000, 833_334]);
        assert_eq!(sizes(24_000_000), [3_000_000, 3_000_000, 2_000_000]);
        assert_eq!(solid_size(u64::MAX, mixed), mixed.block_size as u64);
    }

    /// Work is counted: a byte that is coded is one step, and so is one that is verified. Threads
    /// verify a block while others code it, and wait for the reference block. A folder
    /// that eight threads would code in a fraction of a second has blocks for fewer.
    #[test]
    fn a_folder_keeps_threads_busy() {
        for level in &crate::level::LEVELS {
            let by_default = level.for_small_files().has_references;
            for (threads, total) in [(2, 4_200_000), (4, 8_400_000), (8, 16_800_000)] {
                let (before, part) = reference_size(total, by_default, None, None)
                    .unwrap_or((0, solid_size(total, level)));
                let tasks = 2 * (total - before).div_ceil(part);
                let steps = before + tasks.div_ceil(threads) * part;
                let gain = 2.0 * total as f64 / steps as f64;
                assert!(gain >= 0.75 * threads as f64, "-{} -T{threads}: {gain}", level.number);
                assert!(threads > 2 || gain >= 1.8, "-{}: {gain}", level.number);
            }
        }
    }
}
