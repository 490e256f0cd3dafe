//! The same bytes with every instruction set, back again, and never other bytes than before.

use super::codec::{decode_as, encode_as};
use crate::block::Kind;
use crate::level::{LEVELS, Level};
use crate::simd::{InstructionSet, usable};
use xxhash_rust::xxh3::xxh3_64;

/// Bytes with words, numbers, repeats and noise in them, the same everywhere.
fn sample(length: usize) -> Vec<u8> {
    let mut state = 12345u32;
    let mut draw = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % below
    };
    let mut bytes = Vec::new();
    while bytes.len() < length {
        match draw(8) {
            0 => bytes.extend_from_slice(&draw(1 << 20).to_le_bytes()),
            1 => bytes.extend_from_slice(format!("{},{}\n", draw(100), draw(7)).as_bytes()),
            2 if bytes.len() > 300 => {
                let start = bytes.len() - 1 - draw(280) as usize;
                bytes.extend_from_within(start - 18..start);
            }
            _ => bytes.extend_from_slice(["the ", "record ", "<tag>", "</tag>", "\x0f\x45\x08"][draw(5) as usize].as_bytes()),
        }
    }
    bytes.truncate(length);
    bytes
}

fn kinds() -> [Kind; 8] {
    [
        Kind::Generic,
        Kind::Text,
        Kind::Table,
        Kind::Exe,
        Kind::Image { bits: 8, row_bytes: 60 },
        Kind::Image { bits: 24, row_bytes: 91 },
        Kind::Image16 { row_bytes: 64, big_endian: false },
        Kind::Audio { channels: 2, bits: 16, big_endian: false, signed: true },
    ]
}

/// One level for each effort.
fn levels() -> impl Iterator<Item = &'static Level> {
    LEVELS.iter().enumerate().filter(|&(index, level)| index == 0 || LEVELS[index - 1].effort != level.effort).map(|(_, level)| level)
}

#[test]
fn every_instruction_set_codes_the_same_bytes_and_decodes_the_others() {
    let raw = sample(3001);
    for level in levels() {
        for kind in kinds() {
            let reference = encode_as(&raw, level, &kind, InstructionSet::Scalar).unwrap();
            for set in usable() {
                assert!(encode_as(&raw, level, &kind, set).unwrap() == reference, "-{} {kind:?} {}", level.number, set.name());
                assert!(decode_as(&reference, raw.len(), level, &kind, set).unwrap() == raw, "-{} {kind:?} {}", level.number, set.name());
            }
        }
    }
}

#[test]
fn the_code_is_pinned() {
    let raw = sample(3001);
    let mut hashes = Vec::new();
    for level in levels() {
        for kind in kinds() {
            let coded = encode_as(&raw, level, &kind, crate::simd::active()).unwrap();
            hashes.extend_from_slice(&xxh3_64(&coded).to_le_bytes());
        }
    }
    assert_eq!(xxh3_64(&hashes), 23_608_579_872_468_662, "other bytes than before are a new format");
}
