//! What is assumed about the encoder of a stream.

use super::lengths::Method;
use super::matcher::Reach;
use super::symbols::{MAX_DISTANCE, MAX_MATCH};
use crate::error::{Error, Result};
use crate::varint::Reader;

/// How an encoder looks for matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Search {
    /// Not at all.
    Off,
    /// Only runs of one byte value.
    Runs,
    /// The first match is taken; one longer than `insert` leaves its positions out of the chains.
    Greedy {
        /// Longest match whose positions go into the chains.
        insert: usize,
    },
    /// A match shorter than `lazy` is taken only if none at the next byte is longer.
    Lazy {
        /// From this length on the next search goes along a quarter of the chain.
        good: usize,
        /// From this length on there is no next search.
        lazy: usize,
    },
}

/// One row of [`ROWS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// How it looks for matches.
    pub search: Search,
    /// The search ends with a match of this length.
    pub nice: usize,
    /// Most positions looked at.
    pub chain: u32,
}

const fn greedy(insert: usize, nice: usize, chain: u32) -> Row {
    Row { search: Search::Greedy { insert }, nice, chain }
}

const fn lazy(good: usize, lazy: usize, nice: usize, chain: u32) -> Row {
    Row { search: Search::Lazy { good, lazy }, nice, chain }
}

/// What a stored number stands for: 0 no search, 1 to 9 the levels of zlib, 10 runs, then settings
/// near those of other encoders.
pub const ROWS: [Row; 16] = [
    Row { search: Search::Off, nice: 0, chain: 0 },
    greedy(4, 8, 4),
    greedy(5, 16, 8),
    greedy(6, 32, 32),
    lazy(4, 4, 16, 16),
    lazy(8, 16, 32, 32),
    lazy(8, 16, 128, 128),
    lazy(8, 32, 128, 256),
    lazy(32, 128, 258, 1024),
    lazy(32, 258, 258, 4096),
    Row { search: Search::Runs, nice: 0, chain: 0 },
    greedy(258, 32, 2),
    greedy(258, 258, 16),
    greedy(258, 258, 1024),
    lazy(258, 258, 258, 64),
    lazy(258, 258, 258, 1024),
];

/// What is assumed about an encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// The number of a row of [`ROWS`].
    pub row: u8,
    /// Matches of up to five bytes are not taken (zlib's filtered strategy).
    pub filtered: bool,
    /// Nothing is left out at the edges: matches start at the first byte, reach to the end of the
    /// window, and three bytes are taken from any distance.
    pub edges: bool,
    /// Chains are of positions with the same next four bytes, not three.
    pub four: bool,
    /// Logarithm of the window, 8 to 15.
    pub window: u32,
    /// zlib's memory level, 1 to 9: blocks have 2^(6 + level) − 1 tokens.
    pub memory: u32,
    /// Bits of a hash, 8 to 16: in zlib 7 more than the memory level.
    pub hash: u32,
    /// Whether runs of code lengths go on from literals to distances.
    pub joint: bool,
    /// How code lengths come from frequencies.
    pub method: Method,
}

/// Three bytes from further away are not taken.
const TOO_FAR: usize = 4096;
/// zlib keeps so many bytes of the window free.
const KEPT_FREE: usize = 262;

impl Settings {
    /// zlib's level 6, as nearly all programs have it.
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

    /// What the row says.
    pub fn row(&self) -> Row {
        ROWS[usize::from(self.row & 15)]
    }

    /// Tokens of a full block.
    pub fn tokens(&self) -> usize {
        (1 << (self.memory + 6)) - 1
    }

    /// How far a search goes.
    pub fn reach(&self) -> Reach {
        let Row { nice, chain, .. } = self.row();
        // A window of 2^8 bytes is one of 2^9 in zlib.
        let window = 1usize << self.window.max(9);
        let distance = if self.edges { window.min(MAX_DISTANCE) } else { window - KEPT_FREE };
        Reach { chain, nice: nice.min(MAX_MATCH), distance, start: self.edges }
    }

    /// Whether a match of this length at this distance is passed over by a lazy search.
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

    /// Reads what [`Settings::write`] wrote.
    ///
    /// # Errors
    /// [`Error::Corrupt`] for numbers out of their range.
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
