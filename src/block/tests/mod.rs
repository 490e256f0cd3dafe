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
    assert!(named(&[0x1F, 0], "level 15"));
    assert!(named(&[0x15, 200], "kind 200"));
    // Split, no data streams, a stored program of five bytes: transform 60.
    assert!(named(&[0x25, 0, 10, 0, 0, 121, 0, 0, 0, 0], "transform 60"));
}

#[test]
fn blocks_go_on_from_a_base() {
    for number in [5, 8] {
        let level = level::level(number).unwrap().for_small_files();
        let (first, second) = (text(4000), [&text(3000)[1000..], &text(500)[..]].concat());
        let (encoded, base) = encode_base(&first, level, 3000, true).unwrap();
        assert!(encoded.fallback.is_none() && is_base(&encoded.bytes));
        assert_eq!(decode(&encoded.bytes, first.len()).unwrap(), first);
        let base = base.unwrap();
        let behind = encode_behind(&second, &base, true).unwrap();
        assert!(behind.fallback.is_none() && is_behind(&behind.bytes));
        let alone = encode(&second, &level, true).unwrap();
        assert!(
            behind.bytes.len() * 2 < alone.bytes.len(),
            "{} against {}",
            behind.bytes.len(),
            alone.bytes.len()
        );
        // The same from the decoder's base, and any number of times.
        let again = decode_base(&encoded.bytes, first.len()).unwrap();
        for base in [&again, &base, &again] {
            assert_eq!(decode_behind(&behind.bytes, second.len(), base).unwrap(), second);
        }
        // Mixed content takes the split form.
        let mixed = [&second[..], &sample::wav(3000), &noise(2000)].concat();
        let split = encode_behind(&mixed, &base, true).unwrap();
        assert!(split.fallback.is_none() && is_behind(&split.bytes));
        assert_eq!(decode_behind(&split.bytes, mixed.len(), &again).unwrap(), mixed);
        assert!(decode(&behind.bytes, second.len()).is_err());
        let last = again.for_the_last_time();
        assert_eq!(decode_behind(&split.bytes, mixed.len(), &last).unwrap(), mixed);
        assert!(matches!(
            decode_behind(&split.bytes, mixed.len(), &last),
            Err(crate::Error::Bug(_))
        ));
        let other = encode_base(
            &text(4000),
            level::level(13 - number).unwrap().for_small_files(),
            10,
            false,
        )
        .unwrap()
        .1
        .unwrap();
        assert!(decode_behind(&behind.bytes, second.len(), &other).is_err());
    }
}

#[test]
fn without_text_nothing_goes_on_from_a_base() {
    let level = level().for_small_files();
    let base = encode_base(&text(4000), level, 3000, false).unwrap().1.unwrap();
    let noise = noise(3000);
    let coded = encode_behind(&noise, &base, true).unwrap();
    assert!(coded.fallback.is_none() && !is_behind(&coded.bytes));
    assert_eq!(decode(&coded.bytes, noise.len()).unwrap(), noise);
    let split = [&noise[..], &sample::wav(3000)].concat();
    let coded = encode_behind(&split, &base, true).unwrap();
    assert!(coded.fallback.is_none() && !is_behind(&coded.bytes));
    assert_eq!(decode(&coded.bytes, split.len()).unwrap(), split);
}

#[test]
fn bases_that_lie_do_no_harm() {
    let level = level().for_small_files();
    let first = text(1500);
    let coded = encode_base(&first, level, 300, false).unwrap().0.bytes;
    let behind =
        encode_behind(&text(900), &decode_base(&coded, first.len()).unwrap(), false).unwrap().bytes;
    for at in (0..8).chain((8..coded.len()).step_by(coded.len() / 6 + 1)) {
        let mut bad = coded.clone();
        bad[at] ^= 0x11;
        if let Ok(base) = decode_base(&bad, first.len()) {
            assert_eq!(base.text.len(), first.len());
            if let Ok(raw) = decode_behind(&behind, 900, &base) {
                assert_eq!(raw.len(), 900);
            }
        }
    }
    for cut in 0..8 {
        assert!(decode_base(&coded[..cut], first.len()).is_err());
    }
    let mut bad = behind.clone();
    let base = decode_base(&coded, first.len()).unwrap();
    // Split, two streams of words of no bytes.
    let twice = decode_behind(&[0x5A, 2, 0, 0, 0, 8, 1, 0, 8, 1, 0], 10, &base);
    assert!(matches!(twice, Err(crate::Error::Corrupt(text)) if text.contains("two streams")));
    for at in 0..behind.len() {
        bad[at] ^= 0x41;
        if let Ok(raw) = decode_behind(&bad, 900, &base) {
            assert_eq!(raw.len(), 900);
        }
        bad[at] ^= 0x41;
    }
}
