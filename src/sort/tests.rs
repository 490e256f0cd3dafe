//! Round trips of every kind of data, and damaged streams.

use super::*;
use crate::simd::{active, usable};
use proptest::prelude::*;

fn round_trip(raw: &[u8]) -> usize {
    round_trip_of(raw, ColumnCode::Contexts);
    let codes = [ColumnCode::Runs, ColumnCode::LongRuns, ColumnCode::Both];
    codes.map(|code| round_trip_of(raw, code)).into_iter().max().unwrap()
}

fn round_trip_of(raw: &[u8], code: ColumnCode) -> usize {
    let coded = encode(raw, code, InstructionSet::Scalar).unwrap();
    for set in usable() {
        assert!(encode(raw, code, set).unwrap() == coded, "{} bytes, {}", raw.len(), set.name());
        assert!(
            decode(&coded, raw.len(), code, set).unwrap() == raw,
            "{} bytes, {}",
            raw.len(),
            set.name()
        );
    }
    coded.len()
}

fn noise(length: usize) -> Vec<u8> {
    let mut state = 1u64;
    (0..length)
        .map(|_| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        })
        .collect()
}

fn fibonacci_word(length: usize) -> Vec<u8> {
    let (mut before, mut word) = (b"b".to_vec(), b"a".to_vec());
    while word.len() < length {
        let longer = [&word[..], &before].concat();
        before = std::mem::replace(&mut word, longer);
    }
    word.truncate(length);
    word
}

#[test]
fn every_short_length() {
    for length in 0..300 {
        round_trip(&noise(length));
        round_trip(&vec![b'x'; length]);
        round_trip(&fibonacci_word(length));
    }
}

#[test]
fn repetitive_data_is_tiny_and_noise_hardly_grows() {
    assert!(round_trip(&vec![0; 3_000_000]) < 150);
    assert!(round_trip(&fibonacci_word(1_000_000)) < 250);
    let raw = noise(300_000);
    assert_eq!(round_trip(&raw), raw.len());
}

#[test]
fn noise_beside_text_is_kept_as_it_is() {
    let raw = [noise(MAX_SEGMENT), b"text, ".repeat(20_000)].concat();
    assert!(round_trip(&raw) < MAX_SEGMENT + 200);
}

#[test]
fn long_repeats_of_noise_are_small() {
    let repeated = round_trip(&noise(5000).repeat(200));
    assert!(repeated < 7500, "{repeated}");
}

#[test]
fn pieces_join() {
    let raw: Vec<u8> = (0..MAX_SEGMENT + 70_000).map(|i| (i / 5000) as u8).collect();
    assert!(round_trip(&raw) < 40_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn runs_round_trip(runs in proptest::collection::vec((any::<u8>(), 1usize..200), 0..60)) {
        let raw: Vec<u8> = runs.into_iter().flat_map(|(byte, count)| vec![byte; count]).collect();
        round_trip(&raw);
    }

    #[test]
    fn few_symbols_round_trip(raw in proptest::collection::vec(0u8..4, 0..3000)) {
        round_trip(&raw);
    }

    #[test]
    fn damage_never_panics(
        raw in proptest::collection::vec(0u8..30, 1..2000),
        place in any::<prop::sample::Index>(),
        bit in 0u32..8,
        cut in any::<prop::sample::Index>(),
    ) {
        for code in [ColumnCode::Runs, ColumnCode::Both] {
            let coded = encode(&raw, code, active()).unwrap();
            let mut flipped = coded.clone();
            if !flipped.is_empty() {
                flipped[place.index(coded.len())] ^= 1 << bit;
                let short = &coded[..cut.index(coded.len())];
                for bytes in [&flipped[..], short] {
                    if let Ok(out) = decode(bytes, raw.len(), code, active()) {
                        prop_assert_eq!(out.len(), raw.len());
                    }
                }
            }
        }
    }

    #[test]
    fn any_bytes_are_an_answer_or_an_error(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        length in 0usize..100_000,
    ) {
        for code in [ColumnCode::Runs, ColumnCode::Both] {
            if let Ok(out) = decode(&bytes, length, code, active()) {
                prop_assert_eq!(out.len(), length);
            }
        }
    }
}

/// The length of a code distinguishes it from an uncoded segment. Zeros after the code must not
/// change that.
#[test]
fn filled_streams_return() {
    let raw = b"ab".repeat(MAX_SEGMENT / 2 + 513);
    let rest = raw.len() - MAX_SEGMENT;
    let codes = [ColumnCode::Runs, ColumnCode::LongRuns];
    let cases = [1000, 40_000, raw.len()].map(|length| codes.map(|code| (length, code)));
    for (length, code) in cases.into_iter().flatten() {
        let raw = &raw[..length];
        let plain = encode(raw, code, active()).unwrap();
        for least in
            [0, 20, plain.len() + 1, rest - 1, rest, rest + 1, rest + plain.len(), 4 * rest]
                .into_iter()
                .filter(|least| length < MAX_SEGMENT || [0, rest, 4 * rest].contains(least))
                .filter(|&least| least < length)
        {
            let filled = encode_filled(raw, code, active(), least).unwrap();
            assert!(
                filled.len() >= least.max(plain.len())
                    && filled.len() <= least.max(plain.len()) + PREFIX,
                "{length} {least}"
            );
            assert!(decode(&filled, length, code, active()).unwrap() == raw, "{length} {least}");
        }
    }
}

/// A thread that decodes a column while it is coded changes nothing.
#[test]
fn followed_streams_are_the_same() {
    let text: Vec<u8> = (0..60_000u32)
        .flat_map(|number| format!("{} ", number.wrapping_mul(number) >> 9).into_bytes())
        .collect();
    let workers = crate::threads::Workers::new(2);
    let _place = workers.begin(0, crate::threads::Work::default());
    for raw in [&text[..], &noise(50_000), &b"ab".repeat(30_000)] {
        for code in [ColumnCode::Runs, ColumnCode::LongRuns, ColumnCode::Contexts, ColumnCode::Both]
        {
            let (coded, again) = workers.run(|| encode_followed(raw, code, active(), 0)).unwrap();
            assert!(coded == encode(raw, code, active()).unwrap());
            // Without a free thread nothing is decoded meanwhile.
            assert!(again.is_none_or(|again| again == raw));
        }
    }
}

/// Source code is smaller by contexts, a column of numbers by runs; both codes never are larger than
/// one, but for a bit.
#[test]
fn the_smaller_code_is_chosen() {
    let code = include_bytes!("segment.rs");
    let numbers: Vec<u8> = (0..20_000u32).flat_map(|at| (at * at / 7919).to_le_bytes()).collect();
    for raw in [&code[..], &numbers] {
        let [runs, more, contexts, both] =
            [ColumnCode::Runs, ColumnCode::LongRuns, ColumnCode::Contexts, ColumnCode::Both]
                .map(|code| encode(raw, code, active()).unwrap().len());
        assert!(
            both <= contexts.min(more + 1) && more <= runs + runs / 200,
            "{runs} {more} {contexts} {both}"
        );
    }
    let [runs, both] =
        [ColumnCode::Runs, ColumnCode::Both].map(|way| encode(code, way, active()).unwrap().len());
    assert!(both * 100 < runs * 98, "{runs} {both}");
}

/// Whatever counts a code tells, decoding by contexts ends.
#[test]
fn damaged_counts_are_errors_or_texts() {
    let code = include_bytes!("segment.rs");
    let coded = encode(code, ColumnCode::Both, active()).unwrap();
    for at in (0..coded.len()).step_by(coded.len() / 60) {
        let mut damaged = coded.clone();
        damaged[at] ^= 0x55;
        if let Ok(out) = decode(&damaged, code.len(), ColumnCode::Both, active()) {
            assert_eq!(out.len(), code.len());
        }
    }
}

/// Long intervals that lose a row at their far end in every round, and take as many rounds as rows.
#[test]
fn long_intervals_take_no_longer_than_others() {
    let length = 1 << 20;
    let texts = [b"a".repeat(length), b"ab".repeat(length / 2), noise(512).repeat(length / 512)];
    for mut raw in texts {
        raw.push(b'z');
        let coded = encode(&raw, ColumnCode::Contexts, active()).unwrap();
        assert!(decode(&coded, raw.len(), ColumnCode::Contexts, active()).unwrap() == raw);
    }
}
