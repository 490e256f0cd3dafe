//! Settings: the assumptions about the encoder of a stream.

use super::lengths::Method;
use super::matcher::Reach;
use super::symbols::{MAX_DISTANCE, MAX_MATCH};
use crate::error::{Error, Result};
use crate::varint::Reader;

/// The way in which an encoder searches for matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Search {
    /// No search: all tokens are literals.
    Off,
    /// Only runs of one byte value are found.
    Runs,
    /// The first of the longest matches is taken. The positions inside a match longer than `insert`
    /// are not added to the chains.
    Greedy {
        /// Length of the longest match whose positions are added to the chains.
        insert: usize,
    },
    /// A match shorter than `lazy` is taken only if the next position has no longer match.
    Lazy {
        /// After a match of this length the next search follows only a quarter of the chain.
        good: usize,
        /// After a match of this length there is no search at the next position.
        lazy: usize,
    },
}

/// One row of [`ROWS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SearchRow {
    /// The way in which the encoder searches for matches.
    pub search: Search,
    /// A match of this length ends a search.
    pub nice: usize,
    /// Largest number of positions that a search compares.
    pub chain: u32,
}

const fn greedy(insert: usize, nice: usize, chain: u32) -> SearchRow {
    SearchRow { search: Search::Greedy { insert }, nice, chain }
}

const fn lazy(good: usize, lazy: usize, nice: usize, chain: u32) -> SearchRow {
    SearchRow { search: Search::Lazy { good, lazy }, nice, chain }
}

/// The searches by stored number: 0 no search, 1 to 9 the levels of zlib, 10 runs, then settings
/// close to those of other encoders.
pub const ROWS: [SearchRow; 16] = [
    SearchRow { search: Search::Off, nice: 0, chain: 0 },
    greedy(4, 8, 4),
    greedy(5, 16, 8),
    greedy(6, 32, 32),
    lazy(4, 4, 16, 16),
    lazy(8, 16, 32, 32),
    lazy(8, 16, 128, 128),
    lazy(8, 32, 128, 256),
    lazy(32, 128, 258, 1024),
    lazy(32, 258, 258, 4096),
    SearchRow { search: Search::Runs, nice: 0, chain: 0 },
    greedy(258, 32, 2),
    greedy(258, 258, 16),
    greedy(258, 258, 1024),
    lazy(258, 258, 258, 64),
    lazy(258, 258, 258, 1024),
];

/// The assumptions about the encoder of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Index of a row of [`ROWS`].
    pub row: u8,
    /// Are matches of up to five bytes refused, as in zlib's filtered strategy?
    pub filtered: bool,
    /// Are there no limits at the edges? Then matches start at the first byte, reach to the end of
    /// the window, and may have three bytes at any distance.
    pub edges: bool,
    /// Do chains join positions with the same four bytes? Otherwise three bytes.
    pub four: bool,
    /// Base-2 logarithm of the window, 8 to 15.
    pub window: u32,
    /// zlib's memory level, 1 to 9. A full block has 2^(6 + level) − 1 tokens.
    pub memory: u32,
    /// Bits of a hash, 8 to 16. zlib has 7 more than the memory level.
    pub hash: u32,
    /// May runs of code lengths continue from literals to distances?
    pub joint: bool,
    /// The algorithm that makes the code lengths.
    pub method: Method,
}

/// Matches of three bytes at larger distances are refused.
const TOO_FAR: usize = 4096;
/// Number of bytes of the window that zlib keeps free.
const KEPT_FREE: usize = 262;

impl Settings {
    /// zlib's level 6, the default of nearly all programs.
    pub const USUAL: Self = Settings {
        row: 6,
        filtered: false,
        edges: false,
        four: false,
        window: 15,
        memory: 8,
        hash: 15,
        joint: false,
        method: Method::Heap,
    };

    /// The row of these settings.
    pub fn row(&self) -> SearchRow {
        ROWS[usize::from(self.row & 15)]
    }

    /// Number of tokens of a full block.
    pub fn tokens(&self) -> usize {
        (1 << (self.memory + 6)) - 1
    }

    /// The limits of a search.
    pub fn reach(&self) -> Reach {
        let SearchRow { nice, chain, .. } = self.row();
        // zlib has a window of 2^9 bytes if 2^8 is asked for.
        let window = 1usize << self.window.max(9);
        let distance = if self.edges { window.min(MAX_DISTANCE) } else { window - KEPT_FREE };
        Reach { chain, nice: nice.min(MAX_MATCH), distance, start: self.edges }
    }

    /// Does a lazy search refuse a match of this length at this distance?
    pub fn poor(&self, length: usize, distance: usize) -> bool {
        self.filtered && length <= 5 || !self.edges && length == 3 && distance > TOO_FAR
    }

    /// Appends the settings: three bytes.
    pub fn write(&self, out: &mut Vec<u8>) {
        let flags =
            [self.filtered, self.edges, self.joint, self.method == Method::Sorted, self.four];
        let flags = flags.iter().rev().fold(0, |all, &flag| all << 1 | u8::from(flag));
        out.extend([
            self.row << 3 | (self.window - 8) as u8,
            ((self.memory - 1) * 9 + self.hash - 8) as u8,
            flags,
        ]);
    }

    /// Reads the bytes of [`Settings::write`].
    ///
    /// # Errors
    /// [`Error::Corrupt`] for a number that is out of range.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self> {
        let (first, sizes, flags) = (reader.byte()?, reader.byte()?, reader.byte()?);
        if first >= 128 || sizes >= 81 || flags > 31 {
            return Err(Error::Corrupt("settings of a deflate stream".into()));
        }
        let flag = |bit: u8| flags >> bit & 1 == 1;
        Ok(Settings {
            row: first >> 3,
            filtered: flag(0),
            edges: flag(1),
            four: flag(4),
            window: u32::from(first & 7) + 8,
            memory: u32::from(sizes / 9) + 1,
            hash: u32::from(sizes % 9) + 8,
            joint: flag(2),
            method: if flag(3) { Method::Sorted } else { Method::Heap },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_come_back() {
        for row in 0..16 {
            for flags in 0..32u32 {
                let flag = |bit: u32| flags >> bit & 1 == 1;
                let settings = Settings {
                    row,
                    filtered: flag(0),
                    edges: flag(1),
                    four: flag(4),
                    joint: flag(2),
                    method: if flag(3) { Method::Sorted } else { Method::Heap },
                    window: 8 + u32::from(row) % 8,
                    memory: 1 + u32::from(row) % 9,
                    hash: 8 + flags % 9,
                };
                let mut bytes = Vec::new();
                settings.write(&mut bytes);
                assert_eq!(bytes.len(), 3);
                assert_eq!(Settings::read(&mut Reader::new(&bytes)).unwrap(), settings);
            }
        }
        for bad in [[128, 0, 0], [6, 81, 0], [6, 80, 32]] {
            assert!(Settings::read(&mut Reader::new(&bad)).is_err());
        }
    }
}
