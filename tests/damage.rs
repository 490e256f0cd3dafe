//! Every damage is found: with any bit changed or any number of bytes cut off, decoding gives no
//! wrong output and does not panic.

use cmx::{DecodeOptions, Error, decompress, decompress_with};

mod small_archives;
use small_archives::archives;

/// A small memory limit, so that a damaged header cannot demand much memory.
fn limits() -> DecodeOptions {
    DecodeOptions::new().memory(256 << 20).max_output(1 << 20)
}

#[test]
fn every_flipped_bit_is_found() {
    for (data, archive) in archives() {
        assert!(archive.len() <= 2048);
        for bit in 0..archive.len() * 8 {
            let mut damaged = archive.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            match decompress_with(&damaged, &limits()) {
                Err(Error::Bug(text)) => panic!("bit {bit}: {text}"),
                Err(_) => {}
                // A bit without meaning may be flipped: the output is still right.
                Ok(output) => assert_eq!(output, data, "bit {bit}"),
            }
        }
    }
}

#[test]
fn every_cut_is_found() {
    for (_, archive) in archives() {
        for length in 0..archive.len() {
            match decompress(&archive[..length]) {
                Err(error) if error.is_damage() || length == 0 => {}
                other => {
                    // A cut between two members leaves a whole archive.
                    assert!(
                        other.is_ok() && 2 * length == archive.len(),
                        "{length} of {}: {other:?}",
                        archive.len()
                    );
                }
            }
        }
    }
}

#[test]
fn trailing_bytes_are_an_error_unless_asked_otherwise() {
    for (data, mut archive) in archives() {
        archive.extend_from_slice(b"\0\0\0\0");
        let text = decompress(&archive).unwrap_err().to_string();
        assert!(text.contains("bytes that are no archive follow"), "{text}");
        let lenient = DecodeOptions::new().ignore_trailing(true);
        assert_eq!(decompress_with(&archive, &lenient).unwrap(), data);
    }
}

#[test]
fn moved_and_doubled_records_are_found() {
    let (_, archive) = archives().swap_remove(1);
    let marker = cmx::internals::container::format::MARKER;
    let starts: Vec<usize> =
        (0..archive.len() - 4).filter(|&place| archive[place..place + 4] == marker).collect();
    let (first, second, third) = (starts[0], starts[1], starts[2]);
    let swapped =
        [&archive[..first], &archive[second..third], &archive[first..second], &archive[third..]]
            .concat();
    let doubled = [&archive[..second], &archive[first..]].concat();
    let dropped = [&archive[..first], &archive[second..]].concat();
    for damaged in [swapped, doubled, dropped] {
        assert!(decompress(&damaged).unwrap_err().is_damage());
    }
}

/// Flips `count` random bits, one at a time, in small and in longer archives.
fn random_flips(count: u64) {
    let archives = archives();
    let mut random = 0x9E37_79B9_7F4A_7C15u64;
    for _ in 0..count {
        random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (data, archive) = &archives[(random >> 60) as usize % archives.len()];
        let bit = (random >> 20) as usize % (archive.len() * 8);
        let mut damaged = archive.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        if random >> 59 & 1 == 1 {
            let other = (random >> 8) as usize % (archive.len() * 8);
            damaged[other / 8] ^= 1 << (other % 8);
        }
        match decompress_with(&damaged, &limits()) {
            Err(Error::Bug(text)) => panic!("bit {bit}: {text}"),
            Err(_) => {}
            Ok(output) => assert_eq!(&output, data, "bit {bit}"),
        }
    }
}

#[test]
fn some_random_flips_are_found() {
    random_flips(2000);
}

#[test]
#[ignore = "takes minutes: cargo test --release --test damage -- --ignored"]
fn two_hundred_thousand_random_flips_are_found() {
    random_flips(200_000);
}
