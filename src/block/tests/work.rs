//! Blocks ask for work in proportion to their length, and what is made here never asks for more.

use super::*;
use crate::level::{LEVELS, Level};
use crate::varint;

fn text_of(error: &crate::Error) -> String {
    error.to_string()
}

/// Five bytes stood for megabytes of repeats.
#[test]
fn repeats_are_filled_up() {
    repeats_are_filled_up_at(&LEVELS[..8]);
}

#[test]
#[ignore = "takes minutes: the network learns from every byte"]
fn repeats_are_filled_up_with_a_network() {
    repeats_are_filled_up_at(&LEVELS[8..]);
}

fn repeats_are_filled_up_at(levels: &[Level]) {
    let raw = b"ab".repeat(1 << 20);
    for level in levels {
        let coded = encode(&raw, level, true).unwrap();
        assert!(coded.fallback.is_none(), "{:?}", coded.fallback);
        assert!(
            (100..1000).contains(&coded.bytes.len()),
            "-{}: {}",
            level.number(),
            coded.bytes.len()
        );
        assert!(decode(&coded.bytes, raw.len()).unwrap() == raw);
        let short = &coded.bytes[..coded.bytes.len().min(raw.len() >> 14) - 10];
        let refused = decode(short, raw.len()).unwrap_err();
        assert!(
            text_of(&refused).contains("more work than so few may"),
            "-{}: {refused}",
            level.number()
        );
    }
}

/// Runs take no code, and nearly no time.
#[test]
fn zeros_are_not_filled_up() {
    for level in &LEVELS {
        let raw = vec![0; 4 << 20];
        let coded = encode(&raw, level, true).unwrap();
        assert!(
            coded.fallback.is_none() && coded.bytes.len() < 30,
            "-{}: {}",
            level.number(),
            coded.bytes.len()
        );
    }
}

/// 159 bytes had 256 MiB of zeros deflated, half a second.
#[test]
fn content_of_transforms_is_paid_for() {
    let inner = 4u64 << 20;
    let mut program = vec![10 << 1 | 1];
    [inner, 4, 0, 0].iter().for_each(|&number| varint::put(&mut program, number));
    program.extend([0, 9 << 3 | 7, 70, 0, 1]);
    varint::put(&mut program, inner);
    program.push(0);
    let mut coded = vec![0x20, 0];
    varint::put(&mut coded, (program.len() as u64) << 4);
    coded.extend([0, 0]);
    coded.extend(program);
    let refused = decode(&coded, 1 << 20).unwrap_err();
    assert!(text_of(&refused).contains("more work than so few may"), "{refused}");
    coded.resize(4096, 0);
    let other = decode(&coded, 1 << 20).unwrap_err();
    assert!(!text_of(&other).contains("more work"), "{other}");
}

/// An honest stream of the same kind: gzip of lines that repeat beyond its window.
#[test]
fn dense_transforms_come_back() {
    use std::io::Write;
    let line: Vec<u8> = (0..2000u32)
        .flat_map(|number| {
            [number.wrapping_mul(2_654_435_761).to_le_bytes()[3], 0, 0, 0, 0, 0, 0, 0]
        })
        .collect();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    gzip.write_all(&line.repeat(200)).unwrap();
    let raw = gzip.finish().unwrap();
    for level in [&LEVELS[0], &LEVELS[4]] {
        let coded = encode(&raw, level, true).unwrap();
        assert!(coded.fallback.is_none(), "{:?}", coded.fallback);
        assert!(decode(&coded.bytes, raw.len()).unwrap() == raw);
    }
}
