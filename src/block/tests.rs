//! Blocks end to end.

use super::*;
use crate::level;

fn level() -> &'static Level {
    level::level(5).unwrap()
}

fn returns(raw: &[u8]) -> Vec<u8> {
    let encoded = encode(raw, level(), true).unwrap();
    assert_eq!(encoded.fallback, None);
    assert_eq!(decode(&encoded.bytes, raw.len()).unwrap(), raw);
    encoded.bytes
}

fn noise(len: usize) -> Vec<u8> {
    let mut state = 99u32;
    std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(len)
    .collect()
}

#[test]
fn small_blocks_return() {
    for len in 0..70 {
        assert!(returns(&vec![b'x'; len]).len() <= len + 1);
        assert!(returns(&noise(len)).len() <= len + 1);
    }
}

#[test]
fn noise_hardly_grows() {
    assert!(returns(&noise(100_000)).len() <= 100_001);
}

#[test]
fn a_defect_is_survived_and_reported() {
    let raw = b"What is written must be read. ".repeat(400);
    let bad_transforms = |form: Form, bytes: &mut Vec<u8>| {
        if form == Form::Split {
            let at = bytes.len() / 2;
            bytes[at] ^= 1;
        }
    };
    let encoded = encode_through(&raw, level(), true, &bad_transforms).unwrap();
    assert!(encoded.fallback.unwrap().starts_with("with transforms: "));
    assert!(encoded.bytes.len() < raw.len());
    assert_eq!(decode(&encoded.bytes, raw.len()).unwrap(), raw);

    let all_bad = |_: Form, bytes: &mut Vec<u8>| bytes.truncate(3);
    let encoded = encode_through(&raw, level(), true, &all_bad).unwrap();
    assert!(encoded.fallback.unwrap().contains("without transforms: "));
    assert_eq!(decode(&encoded.bytes, raw.len()).unwrap(), raw);
    assert_eq!(encoded.bytes.len(), raw.len() + 1);
}

#[test]
fn a_long_run_is_tiny() {
    assert!(returns(&vec![0; 3_000_000]).len() < 20);
    let mut raw = b"Before the run. ".repeat(100);
    raw.extend(vec![7; 1_000_000]);
    raw.extend(b"Behind the run. ".repeat(100));
    assert!(returns(&raw).len() < 200);
}
