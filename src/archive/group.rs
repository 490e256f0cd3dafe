//! The sizes of the blocks of an archive.

use crate::level::Level;

/// Smallest target length in bytes of a block of small files.
const MIN_SOLID_BLOCK: u64 = 768 << 10;

/// Target number of blocks of small files in an archive. To extract one file, one block is decoded;
/// this takes less than 15 % of the time for all blocks.
const SOLID_BLOCKS: u64 = 8;

/// Target length in bytes of a block of small files, for an archive with `total` bytes of files.
#[must_use]
pub fn solid_size(total: u64, level: &Level) -> u64 {
    total.div_ceil(SOLID_BLOCKS).max(MIN_SOLID_BLOCK).min(level.block_size as u64)
}

/// Number of dependent blocks that the text of an archive is cut into.
const DEPENDENT_BLOCKS: u64 = 20;

/// Largest length in bytes of a reference block.
const MAX_REFERENCE: u64 = 4 << 20;

/// Smallest length in bytes of a reference block. A shorter one is not worth its cost.
const MIN_REFERENCE: u64 = 64 << 10;

/// Cost of the primer of a reference block, as the number of bytes of text that take the same time.
const PRIMER_COST: u64 = 85 << 10;

/// The length in bytes of the reference block and of each dependent block, for `total` bytes of
/// text in small files. `None` without a reference block: there is too little text, the level makes
/// none unless the user asks for one, or the user decides so by `reference` or `solid`. To extract one file, primer, reference block and one
/// dependent block are decoded: together 14 % of the work for all.
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
                (total / 100 * 14).saturating_sub(part + PRIMER_COST).min(MAX_REFERENCE);
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
                reference <= MAX_REFERENCE && reference + part + PRIMER_COST <= total / 7,
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
        let level = &crate::level::LEVELS[4];
        assert_eq!(solid_size(100, level), 768 << 10);
        assert_eq!(solid_size(16_000_000, level), 2_000_000);
        assert_eq!(solid_size(u64::MAX, level), level.block_size as u64);
    }
}
