//! A network that reads pieces of streams as it would in a predictor: with the byte that a match
//! foretells, and without the bytes that long matches prove.

use std::collections::HashMap;

use crate::network::NIBBLES;
use crate::network::training::Trainee;

/// What matches expect of a piece: the longest of three, as the predictor's models find them.
struct Matches {
    /// Where the last bytes of each length were last followed by something.
    last: [HashMap<u64, usize>; 3],
    /// Where the match goes on, and how long it is.
    at: Option<(usize, usize)>,
}

const LENGTHS: [usize; 3] = [20, 9, 5];
/// Coders take longer matches as proven.
const PROVEN: usize = 32;
/// Multiplier of hashes.
const BASE: u64 = 0x9E37_79B9_7F4A_7C15;

impl Matches {
    fn new() -> Self {
        Matches { last: Default::default(), at: None }
    }

    /// The next byte after `read`, if a match foretells it, and the length of the match.
    fn next(&mut self, read: &[u8]) -> Option<(u8, usize)> {
        if let Some((at, length)) = self.at {
            self.at = (read[at] == read[read.len() - 1]).then_some((at + 1, length + 1));
        }
        for (last, length) in self.last.iter_mut().zip(LENGTHS) {
            if read.len() < length {
                continue;
            }
            let hash = hash(&read[read.len() - length..]);
            let found = last.insert(hash, read.len());
            if self.at.is_none() {
                self.at = found.map(|at| (at, length));
            }
        }
        self.at.map(|(at, length)| (read[at], length))
    }
}

fn hash(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0, |hash: u64, &byte| (hash ^ u64::from(byte)).wrapping_mul(BASE).rotate_left(23))
}

/// For each byte of `piece`, the byte that a match foretells, 256 if none does, and 512 where a
/// proven match foretells the byte itself, which no network then sees.
#[must_use]
pub fn foretold(piece: &[u8]) -> Vec<u16> {
    let mut matches = Matches::new();
    let of = |(at, &byte): (usize, &u8)| {
        let foretold = if at > 0 { matches.next(&piece[..at]) } else { None };
        match foretold {
            Some((expected, length)) if length >= PROVEN && expected == byte => 512,
            Some((expected, _)) => u16::from(expected),
            None => 256,
        }
    };
    piece.iter().enumerate().map(of).collect()
}

/// Lets `network` read a piece and learn: the bits that the piece would take, and how many bytes
/// the network predicted.
pub fn read_piece(network: &mut dyn Trainee, piece: &[u8]) -> (f64, usize) {
    let (mut bits, mut predicted) = (0.0, 0);
    for (&byte, foretold) in piece.iter().zip(foretold(piece)) {
        if foretold == 512 {
            network.advance(byte);
            continue;
        }
        let (mut high, mut low) = ([0; NIBBLES], [0; NIBBLES]);
        network.forward(u8::try_from(foretold).ok(), &mut high);
        network.low(byte >> 4, &mut low);
        for (masses, value) in [(&high, byte >> 4), (&low, byte & 15)] {
            let all = f64::from(masses.iter().sum::<u32>());
            bits -= (f64::from(masses[usize::from(value)]) / all).log2();
        }
        network.learn(byte);
        network.advance(byte);
        predicted += 1;
    }
    (bits, predicted)
}
