//! Blocks end to end.

mod hostile;
mod images;
pub mod sample;
mod scans;
mod work;

use super::*;
use crate::level;
use sample::{noise, text};

fn level() -> &'static Level {
    level::level(5).unwrap()
}

fn returns(raw: &[u8]) -> Vec<u8> {
    let encoded = encode(raw, level(), true).unwrap();
    assert_eq!(encoded.fallback, None);
    assert_eq!(decode(&encoded.bytes, raw.len()).unwrap(), raw);
    encoded.bytes
}

/// The split form, even where the block would be smaller in another.
fn split_form(raw: &[u8]) -> Vec<u8> {
    form::encode_split(raw, level()).unwrap()
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
fn much_noise_is_set_aside() {
    let (page, noise) = (text(40_000), noise(200_000));
    assert_eq!(returns(&noise), form::stored(&noise));
    let raw = [&page[..], &noise, &page].concat();
    let cut = describe(&raw, level());
    assert_eq!(cut.matches("transform 11").count(), 1, "{cut}");
    assert!(returns(&raw).len() < returns(&page).len() + noise.len() + 1000);
    // The last level looks for more in noise than samples show.
    assert!(!describe(&raw, &level::LEVELS[7]).contains("transform 11"));
}

#[test]
fn a_long_run_is_tiny() {
    assert!(returns(&vec![0; 3_000_000]).len() < 20);
    let mut raw = text(1600);
    raw.extend(vec![7; 1_000_000]);
    raw.extend(text(1600));
    assert!(returns(&raw).len() < 1600);
}

#[test]
fn formats_around_gaps_are_found() {
    let samples = sample::all();
    let (_, png) = samples.iter().find(|sample| sample.0 == "png").unwrap();
    let (_, jpeg) = samples.iter().find(|sample| sample.0 == "jpeg").unwrap();
    let gap = 3 << 20;
    // The last byte of the gap of 0xff is the first of the JPEG.
    let raw =
        [&text(100)[..], &vec![0; gap], png, &vec![0xff; gap], &jpeg[1..], &vec![0; gap]].concat();
    let cut = describe(&raw, level());
    assert_eq!((cut.matches("Fill").count(), cut.matches("transform 5").count()), (3, 1), "{cut}");
    assert!(cut.contains("Image { bits: 24"), "{cut}");
    assert!(returns(&raw).len() < png.len() + jpeg.len() + 100);
}

#[test]
fn every_format_returns() {
    for (name, raw) in sample::all() {
        returns(&raw);
        let split = split_form(&raw);
        assert!(decode(&split, raw.len()).unwrap() == raw, "{name}");
    }
}

#[test]
fn every_format_is_recognised() {
    let signs = [
        ("bmp", "Image { bits: 24, row_bytes: 152 }"),
        ("ppm", "Image { bits: 24, row_bytes: 150 }"),
        ("tiff", "Image { bits: 8, row_bytes: 70 }"),
        ("wav", "Audio { channels: 1, bits: 16, big_endian: false, signed: true }"),
        ("aiff", "Audio { channels: 1, bits: 16, big_endian: true, signed: true }"),
        ("gzip", "transform 10"),
        ("zlib", "transform 10"),
        ("zip", "transform 10"),
        ("png", "Image { bits: 24, row_bytes: 180 }"),
        ("png in zip", "Image { bits: 24, row_bytes: 180 }"),
        ("jpeg", "transform 5"),
        ("code", "transform 1"),
        ("pgm16", "Image16 { row_bytes: 128, big_endian: true }"),
        ("table", "Table"),
        ("font", "transform 8"),
        ("wasm", "transform 9"),
        ("program", "transform 6"),
        ("program", "transform 7"),
        ("mixture", "Fill 0x00"),
        ("mail", "transform 13"),
        ("mail", "Image { bits: 24, row_bytes: 180 }"),
    ];
    let samples = sample::all();
    for (name, sign) in signs {
        let (_, raw) = samples.iter().find(|sample| sample.0 == name).unwrap();
        let cut = describe(raw, level());
        assert!(cut.contains(sign), "{name}: {cut}");
    }
}

#[test]
fn a_defect_is_survived_and_reported() {
    let raw = text(12_000);
    let bad_transforms = |form: Form, bytes: &mut Vec<u8>| {
        if form == Form::Split {
            let at = bytes.len() / 2;
            bytes[at] ^= 1;
        }
    };
    let encoded = encode_through(&raw, level(), None, true, &bad_transforms).unwrap();
    assert!(encoded.fallback.unwrap().starts_with("with transforms: "));
    assert!(encoded.bytes.len() < raw.len());
    assert_eq!(decode(&encoded.bytes, raw.len()).unwrap(), raw);

    let all_bad = |_: Form, bytes: &mut Vec<u8>| bytes.truncate(3);
    let encoded = encode_through(&raw, level(), None, true, &all_bad).unwrap();
    assert!(encoded.fallback.unwrap().contains("without transforms: "));
    assert_eq!(decode(&encoded.bytes, raw.len()).unwrap(), raw);
    assert_eq!(encoded.bytes.len(), raw.len() + 1);

    // Without verification nobody looks.
    let encoded = encode_through(&raw, level(), None, false, &bad_transforms).unwrap();
    assert_eq!(encoded.fallback, None);
}

#[test]
fn what_is_unknown_is_named() {
    let named = |bytes: &[u8], what: &str| matches!(decode(bytes, 10), Err(crate::Error::Unsupported(text)) if text.contains(what));
    assert!(named(&[0x75, 0], "form 7"));
    assert!(named(&[0x1F, 0], "method 15"));
    assert!(
        named(&[0x11, 200], "kind 200")
            && named(&[0x12, 0, 100, 0], "profile 100")
            && named(&[0x12, 1, 4, 173], "primer 13")
    );
    // Split, no data streams, a stored program of five bytes: transform 60.
    assert!(named(&[0x20, 0, 80, 0, 0, 121, 0, 0, 0, 0], "transform 60"));
}

#[test]
fn dependent_blocks_go_on_from_a_reference_block() {
    for number in [6, 7] {
        let level = &level::level(number).unwrap().for_small_files();
        let (first, second) = (text(4000), [&text(3000)[1000..], &text(500)[..]].concat());
        let (encoded, reference) = encode_reference(&first, level, 3000, true).unwrap();
        assert!(encoded.fallback.is_none() && is_reference(&encoded.bytes));
        assert_eq!(decode(&encoded.bytes, first.len()).unwrap(), first);
        let reference = reference.unwrap();
        let dependent = encode_dependent(&second, level, &reference, true).unwrap();
        assert!(dependent.fallback.is_none() && is_dependent(&dependent.bytes));
        let alone = encode(&second, level, true).unwrap();
        assert!(
            dependent.bytes.len() * 2 < alone.bytes.len(),
            "{} against {}",
            dependent.bytes.len(),
            alone.bytes.len()
        );
        // The same from the decoder's reference block, and any number of times.
        let again = decode_reference(&encoded.bytes, first.len()).unwrap();
        for reference in [&again, &reference, &again] {
            assert_eq!(
                decode_dependent(&dependent.bytes, second.len(), reference).unwrap(),
                second
            );
        }
        // Mixed content takes the split form.
        let mixed = [&second[..], &sample::wav(3000), &noise(2000)].concat();
        let split = encode_dependent(&mixed, level, &reference, true).unwrap();
        assert!(split.fallback.is_none() && is_dependent(&split.bytes));
        assert_eq!(decode_dependent(&split.bytes, mixed.len(), &again).unwrap(), mixed);
        assert!(decode(&dependent.bytes, second.len()).is_err());
        let last = again.for_last_dependent();
        assert_eq!(decode_dependent(&split.bytes, mixed.len(), &last).unwrap(), mixed);
        assert!(matches!(
            decode_dependent(&split.bytes, mixed.len(), &last),
            Err(crate::Error::Bug(_))
        ));
        let other = encode_reference(
            &text(4000),
            &level::level(13 - number).unwrap().for_small_files(),
            10,
            false,
        )
        .unwrap()
        .1
        .unwrap();
        assert!(decode_dependent(&dependent.bytes, second.len(), &other).is_err());
    }
}

#[test]
fn without_text_no_block_is_dependent() {
    let level = &level().for_small_files();
    let reference = encode_reference(&text(4000), level, 3000, false).unwrap().1.unwrap();
    let noise = noise(3000);
    let coded = encode_dependent(&noise, level, &reference, true).unwrap();
    assert!(coded.fallback.is_none() && !is_dependent(&coded.bytes));
    assert_eq!(decode(&coded.bytes, noise.len()).unwrap(), noise);
    let split = [&noise[..], &sample::wav(3000)].concat();
    let coded = encode_dependent(&split, level, &reference, true).unwrap();
    assert!(coded.fallback.is_none() && !is_dependent(&coded.bytes));
    assert_eq!(decode(&coded.bytes, split.len()).unwrap(), split);
}

#[test]
fn reference_blocks_that_lie_do_no_harm() {
    let level = &level().for_small_files();
    let first = text(1500);
    let coded = encode_reference(&first, level, 300, false).unwrap().0.bytes;
    let dependent =
        encode_dependent(&text(900), level, &decode_reference(&coded, first.len()).unwrap(), false)
            .unwrap()
            .bytes;
    for at in (0..8).chain((8..coded.len()).step_by(coded.len() / 6 + 1)) {
        let mut bad = coded.clone();
        bad[at] ^= 0x11;
        if let Ok(reference) = decode_reference(&bad, first.len()) {
            assert_eq!(reference.text.len(), first.len());
            if let Ok(raw) = decode_dependent(&dependent, 900, &reference) {
                assert_eq!(raw.len(), 900);
            }
        }
    }
    for cut in 0..8 {
        assert!(decode_reference(&coded[..cut], first.len()).is_err());
    }
    let mut bad = dependent.clone();
    let reference = decode_reference(&coded, first.len()).unwrap();
    // Split, two streams of words of no bytes.
    let twice = decode_dependent(&[0x50, 2, 0, 0, 0, 8, 3, 0, 8, 3, 0], 10, &reference);
    assert!(matches!(twice, Err(crate::Error::Corrupt(text)) if text.contains("two streams")));
    for at in 0..dependent.len() {
        bad[at] ^= 0x41;
        if let Ok(raw) = decode_dependent(&bad, 900, &reference) {
            assert_eq!(raw.len(), 900);
        }
        bad[at] ^= 0x41;
    }
}

/// What a block names is enough to decode the block, and none of it is taken from the level.
#[test]
fn blocks_decode_in_the_memory_that_they_name() {
    // What a budget counts for the program itself.
    const PROGRAM: u64 = 6 << 20;
    for number in [1, 5, 7, 8] {
        let level = level::level(number).unwrap();
        for (name, raw) in sample::all() {
            // What transforms take comes on top.
            if describe(&raw, level).contains("transform") {
                continue;
            }
            let coded = encode(&raw, level, false).unwrap().bytes;
            let needed = memory(&coded, coded.len(), raw.len());
            assert_eq!(memory(&coded[..coded.len().min(HEAD)], coded.len(), raw.len()), needed);
            let budget = Budget::new(PROGRAM + needed + (1 << 20));
            let again = budget.run(|| decode(&coded, raw.len()));
            assert!(again.unwrap() == raw, "{name} -{number}: {needed}");
            assert!(needed <= level.memory_for(32 * raw.len()), "{name} -{number}");
        }
    }
}
