//! The levels, from one table: a row says all that a level is.
//!
//! Nothing of a level is stored in an archive. Each coded stream names the method and the profile
//! that coded it (see `docs/format-block.md`), so a row may change without any decoder knowing.

mod codings;
mod column_code;
mod network_start;
mod trials;

pub(crate) use codings::{Coding, Codings};
pub use column_code::ColumnCode;
pub use network_start::NetworkStart;
pub(crate) use trials::Trials;

use crate::error::{Error, Result};
use Coding::{Mixed, Sorted};
use ColumnCode::{LongRuns, Runs};
use codings::{EIGHT, SIX, SIXTEEN, TEXT_SORTED, TWENTY_FOUR, sorted};

/// What one level is: how hard it works, and what that costs.
///
/// A level is always a row of `LEVELS`. Only the size of a block may be lowered
/// ([`Level::with_block_size`]).
///
/// ```compile_fail,E0451
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
    /// Largest table of histories of one predictor in bytes, a power of two.
    pub(crate) memory: usize,
    /// How the streams of each kind are coded.
    pub(crate) codings: Codings,
    /// KiB of the primer that are observed and learned before a stream of text of less than 16 KiB,
    /// of less than 64 KiB, and of more. Each pair is a row of the table of primers.
    pub(crate) primers: [(u16, u16); 3],
    /// What there is time to try on a sample of a stream of text.
    pub(crate) trials: Trials,
    /// Profiles of text and of words for streams of less than 16 KiB, if others: of so little a
    /// predictor with fewer contexts learns as much, and has read its primer in half the time.
    pub(crate) short_text: Option<(&'static str, &'static str)>,
    /// The profile of words that stand for source code or markup, if another than that of words.
    pub(crate) code: Option<&'static str>,
    /// Which formats are taken apart.
    pub(crate) unpacked: Unpacked,
    /// How blocks of many small files in an archive are coded, if otherwise.
    pub(crate) small_files: Option<&'static Level>,
    /// Whether blocks of text depend on a reference block, unless the user decides otherwise.
    pub(crate) has_references: bool,
    /// Where the networks of new streams start from.
    pub(crate) network_start: NetworkStart,
}

/// Which formats are taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unpacked {
    /// How many times as long as a deflate stream its content may be; 0 where deflate streams stay
    /// as they are. Content is coded in time that goes with its own length: where the content is
    /// very much longer, as with blank images, the few bytes to gain are not worth the time.
    pub deflate: usize,
    /// Whether TrueType fonts get a stream of their own.
    pub fonts: bool,
    /// Whether WebAssembly modules get a stream of their own.
    pub wasm: bool,
}

const MIB: usize = 1 << 20;

/// With 224 and 32 KiB in place of 48 and 16, texts of 32 KB are 0.5 % smaller and those of 100 KB
/// 0.2 %, for 1.5 and 1.7 times the time.
const SHORT_PRIMERS: [(u16, u16); 3] = [(16, 8), (48, 16), (48, 16)];

const NOTHING_UNPACKED: Unpacked = Unpacked { deflate: 0, fonts: false, wasm: false };

/// How blocks of many small files are coded in an archive at -5. They are mostly source code and
/// markup, which sorting would make a quarter larger. A second match model would be 0.7 % smaller
/// and take an eighth more time. A reference block lets one file be extracted in 12 to 15 % of the
/// time of all; blocks of half the length would do so too, 5 % larger.
const SMALL_FILES_5: Level = Level {
    number: 0,
    name: "small files at -5",
    block_size: 128 * MIB,
    memory: 512 * MIB,
    codings: Codings { words: Mixed("words-8-one-match"), ..EIGHT },
    primers: SHORT_PRIMERS,
    trials: Trials::None,
    short_text: None,
    code: None,
    unpacked: Unpacked { deflate: 16, fonts: true, wasm: true },
    small_files: None,
    has_references: true,
    network_start: NetworkStart::Trained,
};

/// The same at -6, with 16 contexts.
const SMALL_FILES_6: Level = Level {
    name: "small files at -6",
    codings: SIXTEEN,
    primers: [(48, 16), (104, 24), (104, 24)],
    unpacked: Unpacked { deflate: 64, fonts: true, wasm: true },
    ..SMALL_FILES_5
};

/// The same at -7.
const SMALL_FILES_7: Level = Level {
    name: "small files at -7",
    codings: TWENTY_FOUR,
    trials: Trials::WithoutPrimer,
    ..SMALL_FILES_6
};

/// Every level, in order.
pub const LEVELS: [Level; 9] = [
    Level {
        number: 1,
        name: "fast",
        block_size: 16 * MIB,
        memory: 64 * MIB,
        codings: sorted(Runs),
        primers: SHORT_PRIMERS,
        trials: Trials::None,
        short_text: None,
        code: None,
        unpacked: NOTHING_UNPACKED,
        small_files: None,
        has_references: false,
        network_start: NetworkStart::Trained,
    },
    Level {
        number: 2,
        name: "brisk",
        block_size: 32 * MIB,
        memory: 64 * MIB,
        codings: Codings { exe: Mixed("exe-8"), ..sorted(LongRuns) },
        primers: SHORT_PRIMERS,
        trials: Trials::None,
        short_text: None,
        code: None,
        unpacked: Unpacked { deflate: 8, fonts: false, wasm: false },
        small_files: None,
        has_references: false,
        network_start: NetworkStart::Trained,
    },
    Level {
        number: 3,
        name: "quick",
        block_size: 64 * MIB,
        memory: 256 * MIB,
        codings: TEXT_SORTED,
        primers: SHORT_PRIMERS,
        trials: Trials::None,
        short_text: None,
        code: None,
        unpacked: Unpacked { deflate: 16, fonts: true, wasm: true },
        small_files: None,
        has_references: false,
        network_start: NetworkStart::Trained,
    },
    Level {
        number: 4,
        name: "thorough",
        block_size: 64 * MIB,
        memory: 256 * MIB,
        codings: SIX,
        primers: SHORT_PRIMERS,
        trials: Trials::Sorting,
        short_text: None,
        code: None,
        unpacked: Unpacked { deflate: 16, fonts: true, wasm: true },
        small_files: None,
        has_references: false,
        network_start: NetworkStart::Trained,
    },
    Level {
        number: 5,
        name: "default",
        block_size: 64 * MIB,
        memory: 512 * MIB,
        codings: EIGHT,
        primers: SHORT_PRIMERS,
        trials: Trials::None,
        short_text: None,
        code: None,
        unpacked: Unpacked { deflate: 16, fonts: true, wasm: true },
        small_files: Some(&SMALL_FILES_5),
        has_references: false,
        network_start: NetworkStart::Trained,
    },
    Level {
        number: 6,
        name: "careful",
        block_size: 128 * MIB,
        memory: 512 * MIB,
        codings: SIXTEEN,
        primers: SHORT_PRIMERS,
        trials: Trials::None,
        short_text: None,
        code: None,
        unpacked: Unpacked { deflate: 16, fonts: true, wasm: true },
        small_files: Some(&SMALL_FILES_6),
        has_references: false,
        network_start: NetworkStart::Trained,
    },
    Level {
        number: 7,
        name: "strong",
        block_size: 128 * MIB,
        memory: 1024 * MIB,
        codings: TWENTY_FOUR,
        primers: [(24, 16), (104, 24), (48, 16)],
        trials: Trials::WithoutPrimer,
        short_text: Some(("text-16", "words-16")),
        code: None,
        unpacked: Unpacked { deflate: 64, fonts: true, wasm: true },
        small_files: Some(&SMALL_FILES_7),
        has_references: false,
        network_start: NetworkStart::Trained,
    },
    Level {
        number: 8,
        name: "archive",
        block_size: 256 * MIB,
        memory: 2048 * MIB,
        codings: Codings {
            generic: Mixed("generic-64"),
            text: Mixed("text-56"),
            words: Mixed("words-56"),
            table: Mixed("table-64"),
            exe: Mixed("exe-56"),
            font: Mixed("font-56"),
            wasm: Mixed("wasm-56"),
            image: Mixed("samples-16"),
            image16: Mixed("samples-16"),
            audio: Mixed("samples-16"),
        },
        primers: [(104, 24), (224, 32), (224, 32)],
        trials: Trials::All,
        short_text: Some(("text-40", "words-40")),
        code: Some("words-56-code"),
        unpacked: Unpacked { deflate: 64, fonts: true, wasm: true },
        small_files: None,
        has_references: true,
        network_start: NetworkStart::Trained,
    },
    Level {
        number: 9,
        name: "network",
        block_size: 256 * MIB,
        memory: 2048 * MIB,
        codings: Codings {
            generic: Mixed("generic-80-network"),
            text: Mixed("text-56-network"),
            words: Mixed("words-56-network"),
            table: Mixed("table-64-network"),
            exe: Mixed("exe-56-network"),
            font: Mixed("font-56-network"),
            wasm: Mixed("wasm-56-network"),
            image: Mixed("samples-16"),
            image16: Mixed("samples-16"),
            audio: Mixed("samples-16"),
        },
        primers: [(104, 24), (480, 32), (992, 32)],
        trials: Trials::All,
        short_text: Some(("text-40-network", "words-40-network")),
        code: Some("words-56-code-network"),
        unpacked: Unpacked { deflate: 64, fonts: true, wasm: true },
        small_files: None,
        has_references: true,
        network_start: NetworkStart::Trained,
    },
];

/// Bytes of the largest block of any level.
pub(crate) const LARGEST_BLOCK: usize = {
    let (mut largest, mut index) = (0, 0);
    while index < LEVELS.len() {
        if LEVELS[index].block_size > largest {
            largest = LEVELS[index].block_size;
        }
        index += 1;
    }
    largest
};

impl Default for Level {
    /// Level 5.
    fn default() -> Self {
        LEVELS[DEFAULT_LEVEL as usize - 1]
    }
}

impl Level {
    /// The level with this number, 1 to 9.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for any other number.
    pub fn new(number: u8) -> Result<Self> {
        level(number).copied().ok_or_else(|| {
            Error::Unsupported(format!("there is no level {number}: levels are 1 to 9"))
        })
    }

    /// Every level, in order.
    pub fn all() -> impl Iterator<Item = Level> {
        LEVELS.into_iter()
    }

    /// The number that a user gives, 1 to 9.
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

    /// Bytes of the largest table of histories of one predictor.
    #[must_use]
    pub const fn memory(&self) -> usize {
        self.memory
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

    /// The same level with networks that start from `network_start`. Levels without networks stay
    /// as they are.
    #[must_use]
    pub const fn with_network_start(self, network_start: NetworkStart) -> Level {
        Level { network_start, ..self }
    }

    /// How a block of many small files is coded when the archive's level is this one.
    #[must_use]
    #[doc(hidden)]
    pub fn for_small_files(&self) -> Level {
        self.small_files.copied().unwrap_or(*self)
    }

    /// Whether text is coded by sorting.
    #[must_use]
    pub(crate) const fn sorts_text(&self) -> bool {
        matches!(self.codings.text, Sorted(_))
    }

    /// Whether blocks of text depend on a reference block, unless the user decides otherwise.
    #[must_use]
    pub(crate) const fn has_references(&self) -> bool {
        self.has_references
    }
}

/// The level used when none is named.
pub const DEFAULT_LEVEL: u8 = 5;

/// The level with this number; `None` outside 1 to 9.
#[must_use]
pub fn level(number: u8) -> Option<&'static Level> {
    LEVELS.iter().find(|level| level.number == number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_files_need_no_more_memory() {
        for level in &LEVELS {
            let other = level.for_small_files();
            assert!(
                other.memory <= level.memory && other.block_size >= level.block_size,
                "{}",
                level.number
            );
            assert!(level.memory.is_power_of_two(), "the format stores the power");
        }
    }
}
