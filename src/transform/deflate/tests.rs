//! Streams of several encoders, damaged streams, and wrong corrections.

use std::io::Write;
use std::time::Instant;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use proptest::prelude::*;

use super::lengths::Method;
use super::*;

fn noise(len: usize) -> Vec<u8> {
    let mut state = 99u32;
    std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(len)
    .collect()
}

fn text(len: usize) -> Vec<u8> {
    const WORDS: [&str; 12] = [
        "the ", "block ", "of ", "a ", "file ", "is ", "coded, ", "then ", "read ", "again. ",
        "And\n", "nothing ",
    ];
    noise(len)
        .iter()
        .flat_map(|&byte| WORDS[usize::from(byte) % WORDS.len()].bytes())
        .take(len)
        .collect()
}

/// Text, noise, near and far copies, and a run.
fn mixture() -> Vec<u8> {
    let text = text(400_000);
    [
        &text[..200_000],
        &noise(3000),
        &text[200_000..],
        &text[1000..60_000],
        &[0; 5000],
        &text[7..9000],
    ]
    .concat()
}

/// A stream that miniz_oxide writes.
fn deflated(plain: &[u8], level: u32) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::new(level));
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}

/// Splits the stream at the start of `bytes` and puts it together again.
fn round_trip(bytes: &[u8], trailer: Trailer) -> (Parts, usize) {
    let (parts, consumed) = forward(bytes, trailer, 1, 1 << 30).result.unwrap();
    assert_eq!(inverse(parts.clone(), consumed).unwrap(), bytes[..consumed]);
    (parts, consumed)
}

fn parts_of(settings: Settings, side: &[u8], inner: &[u8]) -> Parts {
    let mut params = vec![Trailer::None as u8];
    settings.write(&mut params);
    Parts { id: ID, params, side: side.to_vec(), compressed: Vec::new(), inner: inner.to_vec() }
}

/// Settings and results of zlib 1.2.13: row, memory level, window, filtered; then length and CRC-32
/// of its stream for `mixture()`. Levels 1 to 9, another memory level, other windows and
/// strategies.
const ZLIB: [(u8, u32, u32, bool, usize, u32); 15] = [
    (1, 8, 15, false, 112_906, 0x07EE_BB20),
    (2, 8, 15, false, 105_299, 0xF3E5_CC12),
    (3, 8, 15, false, 93_499, 0x2704_0F83),
    (4, 8, 15, false, 91_810, 0xBB96_3196),
    (5, 8, 15, false, 87_154, 0x4602_8CC3),
    (6, 8, 15, false, 80_476, 0x3AA0_9FB7),
    (7, 8, 15, false, 77_176, 0x39E5_C609),
    (8, 8, 15, false, 73_141, 0xE206_595B),
    (9, 8, 15, false, 73_056, 0xB7EB_E6EA),
    (6, 9, 15, false, 80_492, 0x7901_8852),
    (6, 8, 9, false, 105_729, 0x42FB_2C40),
    (9, 8, 12, false, 80_912, 0xE9E3_BDAD),
    (6, 8, 15, true, 80_469, 0x01EB_043A),
    (10, 8, 15, false, 241_829, 0xE1A9_DBA4),
    (0, 8, 15, false, 243_672, 0xC373_3FB2),
];

/// Without corrections the inverse writes the bytes of zlib. So streams of zlib need no
/// corrections.
#[test]
fn the_prediction_is_what_zlib_writes() {
    let plain = mixture();
    assert_eq!((plain.len(), checksum::crc32(&plain)), (475_993, 0xD73A_E73C));
    for (row, memory, window, filtered, len, crc) in ZLIB {
        let settings =
            Settings { row, memory, hash: memory + 7, window, filtered, ..Settings::USUAL };
        let stream = inverse(parts_of(settings, &[], &plain), 1 << 30).unwrap();
        assert_eq!((stream.len(), checksum::crc32(&stream)), (len, crc), "{settings:?}");
        let (parts, consumed) = round_trip(&stream, Trailer::None);
        assert_eq!(consumed, len);
        assert!(
            parts.side.len() < 16 && parts.inner == plain,
            "{settings:?}: {} bytes",
            parts.side.len()
        );
    }
}

#[test]
fn streams_of_another_encoder_take_little() {
    let plain = mixture();
    for level in 0..=9 {
        let stream = deflated(&plain, level);
        let (parts, consumed) = round_trip(&stream, Trailer::None);
        assert_eq!((consumed, parts.inner.len()), (stream.len(), plain.len()));
        assert!(
            parts.side.len() * 5 < stream.len(),
            "level {level}: {} of {}",
            parts.side.len(),
            stream.len()
        );
    }
}

#[test]
fn short_streams_take_nothing() {
    for len in [1, 2, 3, 4, 10, 100, 1000] {
        let settings = Settings::USUAL;
        let stream = inverse(parts_of(settings, &[], &text(len)), 1 << 20).unwrap();
        let (parts, _) = round_trip(&stream, Trailer::None);
        assert!(parts.side.is_empty(), "{len}");
    }
}

#[test]
fn trailers_and_what_follows() {
    let plain = text(5000);
    let stream = deflated(&plain, 6);
    for trailer in [Trailer::Adler, Trailer::Gzip] {
        let right = trailer.bytes(&plain);
        let (parts, consumed) = round_trip(&[&stream[..], &right, b"more"].concat(), trailer);
        assert_eq!((parts.params[0], consumed), (trailer as u8, stream.len() + right.len()));
        let (parts, consumed) = round_trip(&[&stream[..], b"nothing right"].concat(), trailer);
        assert_eq!((parts.params[0], consumed), (0, stream.len()));
    }
}

#[test]
fn a_stream_that_is_cut_gives_its_whole_blocks() {
    let settings = Settings { memory: 1, hash: 8, ..Settings::USUAL };
    let stream = inverse(parts_of(settings, &[], &text(50_000)), 1 << 20).unwrap();
    for cut in [stream.len() / 2, stream.len() - 1] {
        let (parts, consumed) = round_trip(&stream[..cut], Trailer::Adler);
        assert!(consumed <= cut && consumed + 400 > cut, "{consumed} of {cut}");
        assert!(parts.inner.len() < 50_000);
    }
    assert!(forward(&stream[..500], Trailer::None, 1, 1 << 20).result.is_err());
}

#[test]
fn limits_hold() {
    let plain = vec![7; 1 << 20];
    let stream = deflated(&plain, 9);
    assert!(forward(&stream, Trailer::None, 1, 1000).result.is_err());
    assert!(forward(&stream, Trailer::None, (1 << 20) + 1, 1 << 21).result.is_err());
    let (parts, consumed) = round_trip(&stream, Trailer::None);
    assert!(matches!(inverse(parts, consumed - 1), Err(Error::Corrupt(_))));
}

/// Most places that look like the start of a stream are none. Trying them must cost next to
/// nothing.
#[test]
fn false_starts_are_cheap() {
    let bytes = noise(1 << 18);
    let clock = Instant::now();
    let mut worked = 0;
    for start in 0..20_000 {
        match forward(&bytes[start * 13..], Trailer::None, 64, 1 << 20).result {
            Ok((_, consumed)) => worked += consumed,
            Err(cost) => worked += cost,
        }
    }
    assert!(worked < 20_000 * 200, "{worked} bytes");
    // An earlier version took 27 µs a byte on such streams.
    assert!(clock.elapsed().as_secs() < 10);
}

#[test]
fn corrections_that_never_end_do() {
    // The limit or the length of the content bounds the result of constant corrections.
    for value in [0u8, 0x55, 0xFF] {
        for row in 0..16 {
            let settings = Settings { row, ..Settings::USUAL };
            let parts = parts_of(settings, &vec![value; 3000], &text(20_000));
            let result = inverse(parts, 1 << 16);
            assert!(result.is_ok_and(|out| out.len() <= 1 << 16) || value != 1);
        }
    }
}

/// Empty blocks cost nearly nothing to code, but time to make. Too many of them are refused.
#[test]
fn blocks_without_end_are_refused() {
    let mut chances = Chances::default();
    let mut matcher = Matcher::default();
    let plain = b"abc";
    let mut walk = Restorer::new(Writing::new(&mut chances), &mut matcher, plain, Settings::USUAL);
    let mut made = 0;
    let mut tokens = plain.map(Token::literal).to_vec();
    while walk.block(&Block { last: false, form: Form::Fixed }, &mut tokens).is_ok() {
        walk.ends(false);
        tokens.clear();
        made += 1;
    }
    assert_eq!(made, 1024);
    let side = walk.code.finish();
    assert!(matches!(
        inverse(parts_of(Settings::USUAL, &side, plain), 1 << 30),
        Err(Error::Corrupt(_))
    ));
}

#[test]
fn parameters_that_lie_are_refused() {
    let good = parts_of(Settings::USUAL, &[], b"abc");
    assert!(inverse(good.clone(), 100).is_ok());
    let bad = |change: fn(&mut Parts)| {
        let mut parts = good.clone();
        change(&mut parts);
        assert!(matches!(inverse(parts, 100), Err(Error::Corrupt(_))));
    };
    bad(|parts| parts.params[0] = 3);
    bad(|parts| parts.params.push(0));
    bad(|parts| parts.params.truncate(3));
    bad(|parts| parts.inner.clear());
    bad(|parts| parts.compressed.push(1));
}

/// Settings of any kind.
fn any_settings() -> impl Strategy<Value = Settings> {
    (0u8..16, 8u32..16, 1u32..10, 8u32..17, 0u8..32).prop_map(
        |(row, window, memory, hash, flags)| Settings {
            row,
            filtered: flags & 1 > 0,
            edges: flags & 2 > 0,
            four: flags & 4 > 0,
            joint: flags & 8 > 0,
            method: if flags & 16 > 0 { Method::Sorted } else { Method::Heap },
            window,
            memory,
            hash,
        },
    )
}

fn any_plain() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        proptest::collection::vec(any::<u8>(), 1..300),
        (1usize..4000).prop_map(text),
        (any::<u8>(), 1usize..3000).prop_map(|(value, len)| vec![value; len]),
    ];
    proptest::collection::vec(piece, 1..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_stream_returns(plain in any_plain(), level in 0u32..10) {
        let stream = deflated(&plain, level);
        if let Ok((parts, consumed)) = forward(&stream, Trailer::None, 1, 1 << 20).result {
            prop_assert_eq!(consumed, stream.len());
            prop_assert_eq!(inverse(parts, consumed).unwrap(), stream);
        }
    }

    /// Random corrections make streams of odd choices. The transform restores these too, with any
    /// settings.
    #[test]
    fn odd_choices_return(
        plain in any_plain(),
        made in any_settings(),
        known in any_settings(),
        side in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        let limit = plain.len() * 8 + 1000;
        if let Ok(stream) = inverse(parts_of(made, &side, &plain), limit) {
            let again = with_scratch(|scratch| {
                let read = read(&stream, 1 << 20, scratch);
                if !read.done || read.plain != plain {
                    return None;
                }
                let side = corrections(&stream, &plain, known, (read.blocks, read.padding), usize::MAX, scratch)?;
                Some((restore(&parts_of(known, &side, &plain), limit, scratch).unwrap(), read.consumed))
            });
            if let Some((again, consumed)) = again {
                prop_assert_eq!(&again[..], &stream[..consumed]);
            }
        }
    }

    #[test]
    fn damage_does_no_harm(
        level in 1u32..10,
        at in any::<prop::sample::Index>(),
        value in any::<u8>(),
    ) {
        let plain = text(9000);
        let (parts, consumed) = forward(&deflated(&plain, level), Trailer::Adler, 1, 1 << 20).result.unwrap();
        let mut damaged = parts.clone();
        damaged.side.resize(parts.side.len().max(4), 0x80);
        let at = at.index(damaged.side.len());
        damaged.side[at] ^= value;
        if let Ok(out) = inverse(damaged, consumed * 2) {
            prop_assert!(out.len() <= consumed * 2);
        }
    }
}
