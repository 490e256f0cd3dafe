//! Coded bytes that lie: an error or bounded garbage, never a panic.

use super::*;
use crate::varint;

/// Decodes; the result is an error or exactly `len` bytes.
fn is_bounded(coded: &[u8], len: usize) {
    if let Ok(raw) = decode(coded, len) {
        assert_eq!(raw.len(), len);
    }
}

#[test]
fn cut_blocks_are_refused() {
    for (name, raw) in sample::all() {
        let coded = split_form(&raw);
        for len in (0..coded.len()).step_by(coded.len() / 60 + 1) {
            assert!(decode(&coded[..len], raw.len()).is_err(), "{name}, {len}");
        }
    }
}

#[test]
fn wrong_lengths_are_refused() {
    for (name, raw) in sample::all() {
        let coded = split_form(&raw);
        for len in [0, 1, raw.len() - 1, raw.len() + 1, raw.len() * 2] {
            assert!(decode(&coded, len).is_err(), "{name}, {len}");
        }
    }
}

#[test]
fn flipped_bits_do_no_harm() {
    for (_, raw) in sample::all() {
        let coded = split_form(&raw);
        let table = coded.len().min(40);
        for at in (0..table).chain((table..coded.len()).step_by(coded.len() / 12 + 1)) {
            let mut bad = coded.clone();
            bad[at] ^= [1, 64][at % 2];
            is_bounded(&bad, raw.len());
        }
    }
}

#[test]
fn huge_lengths_are_refused_before_memory_is_asked_for() {
    // Split, one Text stream of 2⁵⁹ bytes.
    let mut coded = vec![0x20, 1, 0, 0, 0, 1];
    varint::put(&mut coded, 1 << 63 | 1);
    coded.push(1);
    coded.push(0);
    assert!(matches!(decode(&coded, 1000), Err(crate::Error::Corrupt(_))));
}

#[test]
fn transforms_inside_each_other_have_an_end() {
    // Transform 1 whose inner bytes are transform 1 …
    let program: Vec<u8> = [3, 10, 3, 0, 0, 0, 0, 0].repeat(20);
    let mut coded = vec![0x20, 0];
    varint::put(&mut coded, (program.len() as u64) << 4);
    coded.extend_from_slice(&[0, 0]);
    coded.extend(program);
    assert!(
        matches!(decode(&coded, 10), Err(crate::Error::Corrupt(text)) if text.contains("nest"))
    );
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(300))]

    #[test]
    fn any_bytes_are_bounded(first in proptest::prop_oneof![0u8..=255, proptest::strategy::Just(0x20), proptest::strategy::Just(0x12)], rest in proptest::collection::vec(proptest::prop_oneof![0u8..4, 0u8..=255], 0..80), len in 0usize..5000) {
        let mut coded = vec![first];
        coded.extend(rest);
        is_bounded(&coded, len);
    }

    #[test]
    fn any_bytes_return(raw in proptest::collection::vec(proptest::prop_oneof![0u8..=255, 32u8..127, proptest::strategy::Just(0)], 0..3000)) {
        proptest::prop_assert_eq!(decode(&encode(&raw, level(), false).unwrap().bytes, raw.len()).unwrap(), raw);
    }
}
