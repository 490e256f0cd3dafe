use super::*;
use crate::api::compress_with;
use crate::level::{LEVELS, Level};
use crate::options::EncodeOptions;

fn prose() -> Vec<u8> {
    include_bytes!("../../docs/glossary.md").to_vec()
}

fn binary() -> Vec<u8> {
    (0..9000u32).flat_map(|at| (at * at % 9973).to_le_bytes()).collect()
}

/// Text, a table, noise, a run and binary records.
fn mixture() -> Vec<u8> {
    let table: String =
        (0..900).map(|row| format!("{row},{},{}\n", row * row % 77, row % 5)).collect();
    let mut state = 1u32;
    let noise = (0..5000).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    [&prose()[..], table.as_bytes(), &noise.collect::<Vec<u8>>(), &[7; 3000], &binary()].concat()
}

fn explained(raw: &[u8], level: &Level, parts: Parts) -> Explanation {
    let archive = compress_with(raw, &EncodeOptions::new().level(*level)).unwrap();
    let explanation = explain(&archive[..], parts, &DecodeOptions::new()).unwrap();
    assert_eq!(explanation.coded, archive.len() as u64);
    explanation
}

/// Everything adds up to the archive, to the byte and to the unit.
fn check(explanation: &Explanation, raw: &[u8]) {
    let of_streams = |of: fn(&StreamSum) -> u64| explanation.streams.iter().map(of).sum::<u64>();
    let sum = explanation.container + explanation.heads + of_streams(|stream| stream.coded);
    assert_eq!((explanation.raw, explanation.coded), (raw.len() as u64, sum));
    let blocks = explanation.blocks.iter();
    assert_eq!(blocks.map(|block| block.raw).sum::<u64>(), explanation.raw);
    let strips = &explanation.strips.strips;
    assert_eq!(strips.iter().map(|strip| strip.raw).sum::<u64>(), explanation.raw);
    let in_place =
        explanation.streams.iter().filter(|stream| stream.name != "how blocks are put together");
    let costs = strips.iter().map(Strip::cost).sum::<u64>();
    assert_eq!(costs, in_place.map(|stream| stream.cost).sum::<u64>());
    for stream in &explanation.streams {
        let of_bits = stream.classes.iter().map(|class| class.cost).sum::<u64>();
        if stream.is_mixed() {
            assert_eq!(of_bits + stream.foretold.cost + stream.refuted.cost, stream.cost);
            assert!(stream.ends().abs() < 12.0 * stream.streams as f64, "{stream:?}");
        } else {
            assert!(of_bits == 0 && stream.ends() == 0.0);
        }
    }
}

#[test]
fn everything_adds_up() {
    for raw in [&b""[..], b"a", b"aaaaaaaaaaaaaaaaaaaaaa", &prose(), &binary(), &mixture()] {
        for number in [1, 5] {
            check(&explained(raw, &LEVELS[number - 1], Parts::default()), raw);
        }
    }
}

#[test]
fn strips_tell_where_the_content_is_dear() {
    let raw = [&[b'x'; 40_000][..], &mixture()].concat();
    let explanation = explained(&raw, &LEVELS[4], Parts::default());
    check(&explanation, &raw);
    let strips = &explanation.strips.strips;
    let bytes = |strip: &Strip| strip.cost() / (8 * BIT);
    assert!(bytes(&strips[2]) == 0 && strips.iter().any(|strip| bytes(strip) > 500));
}

#[test]
fn blocks_and_members_are_taken_together() {
    let raw = prose();
    let level = LEVELS[0].with_block_size(raw.len() / 4);
    let explanation = explained(&raw, &level, Parts::default());
    assert!(explanation.blocks.len() > 3);
    check(&explanation, &raw);
    let options = EncodeOptions::new().level(LEVELS[4]);
    let one = compress_with(&raw, &options).unwrap();
    let two = [&one[..], &one].concat();
    let explanation = explain(&two[..], Parts::default(), &DecodeOptions::new()).unwrap();
    check(&explanation, &[&raw[..], &raw].concat());
}

#[test]
fn leaving_parts_out_costs_code() {
    let raw = prose();
    let parts = Parts { families: true, sets: true, contexts: true };
    let explanation = explained(&raw, &LEVELS[4], parts);
    check(&explanation, &raw);
    let worth = |part: &str| {
        let found = explanation.ablations.iter().find(|ablation| ablation.part == part);
        found.unwrap_or_else(|| panic!("{part}: {:?}", explanation.ablations)).worth()
    };
    assert!(worth("contexts Order") > 0 && worth("primer") > 0, "{:?}", explanation.ablations);
    assert!(explanation.ablations.iter().any(|ablation| ablation.part.starts_with("weight set")));
    let of_contexts = explanation.ablations.iter().filter(|part| part.part.starts_with("context "));
    assert!(of_contexts.count() > 3);
    let with: Vec<u64> = explanation.ablations.iter().map(|ablation| ablation.with).collect();
    assert!(with.iter().all(|&with| with == explanation.streams[0].coded), "one stream");
}

#[test]
fn damage_and_named_files_are_errors() {
    let archive = compress_with(&prose(), &EncodeOptions::new()).unwrap();
    let explained = |bytes: &[u8]| explain(bytes, Parts::default(), &DecodeOptions::new());
    assert!(matches!(explained(b""), Err(Error::NotAnArchive(_))));
    assert!(matches!(explained(&prose()), Err(Error::NotAnArchive(_))));
    for at in (7..archive.len()).step_by(97) {
        let mut damaged = archive.clone();
        damaged[at] ^= 1;
        assert!(explained(&damaged).is_err_and(|error| error.is_damage() || at < 12), "{at}");
        assert!(explained(&archive[..at]).is_err());
    }
    let small = DecodeOptions::new().max_output(100);
    assert!(matches!(explain(&archive[..], Parts::default(), &small), Err(Error::Limit(_))));
}
