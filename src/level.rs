//! The levels, from one table.

use crate::error::{Error, Result};

/// What one level is: how hard it works, and what that costs.
///
/// An archive stores the number of its level and nothing else of it, so a level is always a row of
/// `LEVELS`: a decoder that looks up the number must find the same memory and effort. Only the
/// size of a block may be lowered ([`Level::with_block_size`]), since every block tells its own
/// length.
///
/// ```compile_fail,E0451
/// // A level of one's own would make archives that do not decode.
/// let own = cmx::Level { memory: 1 << 20, ..cmx::internals::level::LEVELS[6] };
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// The number a user gives, 1 to 9.
    pub(crate) number: u8,
    /// One word for `cmx levels`.
    pub(crate) name: &'static str,
    /// Largest block in bytes: what one predictor sees.
    pub(crate) block_size: usize,
    /// Largest size of the tables of one predictor, in bytes.
    pub(crate) memory: usize,
    /// How much each byte is worked on.
    pub(crate) effort: Effort,
}

/// How many models a predictor mixes, and in how many ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// Everything is sorted: see [`crate::sort`].
    Sort,
    /// Everything but x86 code is sorted; code is mixed with 8 contexts, 2 weight sets.
    SortMost,
    /// Text, tables and 16-bit images are sorted, the rest is mixed with 8 contexts, 2 weight sets.
    SortText,
    /// Long text and 16-bit images are sorted; the rest is mixed with 8 contexts, 2 weight sets,
    /// x86 code, which gains most by them, with 14 and 3: where sorting would lose most, in tables,
    /// code and short text, mixing costs little time.
    SortLong,
    /// 8 contexts, 2 weight sets; 16 and 4 for x86 code; contexts also tell how sure they are, and
    /// a few remember runs.
    Small,
    /// 16 contexts, 4 weight sets, the rest as before.
    Middle,
    /// The same, with 40 contexts for text, and a longer primer.
    SmallFiles,
    /// 40 to 56 contexts with runs and how sure each is, 8 to 10 weight sets.
    Huge,
}

const MIB: usize = 1 << 20;

/// Every level, in order.
pub const LEVELS: [Level; 8] = [
    Level { number: 1, name: "fast", block_size: 16 * MIB, memory: 64 * MIB, effort: Effort::Sort },
    Level {
        number: 2,
        name: "brisk",
        block_size: 32 * MIB,
        memory: 64 * MIB,
        effort: Effort::SortMost,
    },
    Level {
        number: 3,
        name: "quick",
        block_size: 32 * MIB,
        memory: 256 * MIB,
        effort: Effort::SortMost,
    },
    Level {
        number: 4,
        name: "thorough",
        block_size: 64 * MIB,
        memory: 256 * MIB,
        effort: Effort::SortText,
    },
    Level {
        number: 5,
        name: "default",
        block_size: 64 * MIB,
        memory: 512 * MIB,
        effort: Effort::SortLong,
    },
    Level {
        number: 6,
        name: "careful",
        block_size: 128 * MIB,
        memory: 512 * MIB,
        effort: Effort::Small,
    },
    Level {
        number: 7,
        name: "strong",
        block_size: 128 * MIB,
        memory: 1024 * MIB,
        effort: Effort::Middle,
    },
    Level {
        number: 8,
        name: "archive",
        block_size: 256 * MIB,
        memory: 2048 * MIB,
        effort: Effort::Huge,
    },
];

/// How blocks of many small files are coded in an archive at -5 to -7. They are mostly source code
/// and markup, which sorting would make a quarter larger. With -5's memory and more models than -7
/// has they are 8 % smaller than with those of -6 and 3 % than with those of -7, for twice the time
/// and half as much again.
static SMALL_FILES: Level = Level {
    number: 10,
    name: "small files",
    block_size: 128 * MIB,
    memory: 512 * MIB,
    effort: Effort::SmallFiles,
};

impl Default for Level {
    /// Level 5.
    fn default() -> Self {
        LEVELS[DEFAULT_LEVEL as usize - 1]
    }
}

impl Level {
    /// The level with this number, 1 to 8.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for any other number.
    pub fn new(number: u8) -> Result<Self> {
        level(number).copied().ok_or_else(|| {
            Error::Unsupported(format!("there is no level {number}: levels are 1 to 8"))
        })
    }

    /// Every level, in order.
    pub fn all() -> impl Iterator<Item = Level> {
        LEVELS.into_iter()
    }

    /// The number that a user gives, 1 to 8.
    #[must_use]
    pub const fn number(&self) -> u8 {
        self.number
    }

    /// One word for the level, as `cmx levels` prints it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Bytes of the largest block: what one predictor sees.
    #[must_use]
    pub const fn block_size(&self) -> usize {
        self.block_size
    }

    /// Bytes of the largest tables of one predictor.
    #[must_use]
    pub const fn memory(&self) -> usize {
        self.memory
    }

    /// How much each byte is worked on.
    #[must_use]
    #[doc(hidden)]
    pub const fn effort(&self) -> Effort {
        self.effort
    }

    /// The same level with blocks of at most `bytes`, from one byte to the block size of the level.
    /// Smaller blocks let more threads work and make larger archives, which every decoder reads.
    #[must_use]
    pub const fn with_block_size(self, bytes: usize) -> Level {
        let block_size = if bytes == 0 {
            1
        } else if bytes < self.block_size {
            bytes
        } else {
            self.block_size
        };
        Level { block_size, ..self }
    }

    /// The level at which a block of many small files is coded when the archive's is this one.
    #[must_use]
    #[doc(hidden)]
    pub fn for_small_files(&self) -> Level {
        match self.effort {
            Effort::SortLong | Effort::Small | Effort::Middle => SMALL_FILES,
            _ => *self,
        }
    }
}

impl Level {
    /// Whether blocks may go on from a base.
    #[must_use]
    pub(crate) fn has_bases(&self) -> bool {
        matches!(self.effort, Effort::SmallFiles | Effort::Huge)
    }
}

/// The level whose number a block holds: one of `LEVELS`, or that of small files.
#[must_use]
pub fn of_block(number: u8) -> Option<&'static Level> {
    if number == SMALL_FILES.number { Some(&SMALL_FILES) } else { level(number) }
}

/// The level used when none is named.
pub const DEFAULT_LEVEL: u8 = 5;

/// The level with this number; `None` outside 1 to 8.
#[must_use]
pub fn level(number: u8) -> Option<&'static Level> {
    LEVELS.iter().find(|level| level.number == number)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An archive declares the memory of its own level.
    #[test]
    fn small_files_need_no_more_memory() {
        for level in &LEVELS {
            let other = level.for_small_files();
            assert!(
                other.memory <= level.memory && other.block_size >= level.block_size,
                "{}",
                level.number
            );
        }
    }
}
