//! The work is in proportion to the length and the declared output of an archive. Times are
//! compared with those of honest archives in the same run, because machines and builds differ.

use std::fs;

use cmx::internals::block;
use cmx::internals::container::fields::put_varint;
use cmx::internals::container::hash::hash;
use cmx::internals::kind::Kind;
use cmx::internals::level::LEVELS;
use cmx::{DecodeOptions, Error};

use crate::child::run;
use crate::hostile::*;

fn seconds(archive: &[u8]) -> f64 {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("x.cmx"), archive).unwrap();
    let outcome = run(folder.path(), &["-t", "x.cmx"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.errors);
    outcome.seconds
}

/// Each of these archives read the primer again: five took 6.8 s.
#[test]
fn compact_members_of_forty_bytes_at_level_8() {
    let raw = prose(40);
    let coded = single_block(&raw, &LEVELS[7], &Kind::Text, |_| {});
    let member = compact(&raw, coded);
    let one = seconds(&member);
    let many = seconds(&member.repeat(20));
    eprintln!("{} bytes, {one} s; 20 of them {many} s", member.len());
    assert!(many < 9.0 * one, "{many} s, one takes {one} s");
}

/// Blocks of samples have no long matches, and 18 bytes of code were decoded to 3 MB of zeros once.
#[test]
fn images_of_zeros() {
    for level in [5u8, 8] {
        let kind = Kind::Image { bits: 8, row_bytes: 1024 };
        let zeros = vec![0; 300_000];
        // The rest of the code only fills it up.
        let single = single_block(&zeros, level_of(level), &kind, |code| code.truncate(30));
        let refused = block::decode(&single, zeros.len());
        assert!(
            matches!(refused, Err(Error::Corrupt(text)) if text.contains("samples")),
            "-{level}"
        );
        // An archive that the encoder makes of the same bytes can be decoded.
        let made = block::encode(&zeros, &LEVELS[usize::from(level) - 1], true).unwrap();
        assert!(made.fallback.is_none());
    }
}

/// An image of one colour, too short for a run: the encoder stores it in another way.
#[test]
fn honest_images_that_are_nearly_empty_come_back() {
    let mut image = b"P5 1000 500 255\n".to_vec();
    for row in 0..500usize {
        image.extend((0..1000).map(|column| u8::from(row % 20 == 0 && column == row)));
    }
    for level in [&LEVELS[4], &LEVELS[7]] {
        let made = block::encode(&image, level, true).unwrap();
        assert!(made.fallback.is_none(), "{:?}", made.fallback);
        assert!(block::decode(&made.bytes, image.len()).unwrap() == image);
    }
}

/// All text of a block is in one stream, since each stream of text would read a primer.
#[test]
fn several_streams_of_text_are_refused() {
    for kinds in [[1u8, 1], [8, 8], [1, 8]] {
        let mut coded = vec![2 << 4, 2, 0, 0, 0];
        for kind in kinds {
            coded.push(kind);
            put_varint(&mut coded, 20 << 4 | 1);
            coded.push(4);
        }
        coded.extend([0; 8]);
        let refused = block::decode(&coded, 40);
        assert!(
            matches!(&refused, Err(Error::Corrupt(text)) if text.contains("two streams of text")),
            "{kinds:?}: {refused:?}"
        );
    }
}

/// 470 bytes were decoded to 8 GiB once. The declared length is checked first.
#[test]
fn zeros_as_runs_are_limited_before_they_are_made() {
    let archive = cmx::compress_with(
        &vec![0; 33 << 20],
        &cmx::EncodeOptions::new().level(LEVELS[0]).verify(false),
    )
    .unwrap();
    assert!(archive.len() < 500);
    let progress = std::sync::Arc::new(cmx::Progress::default());
    let options = DecodeOptions::new().max_output(1 << 20).progress(progress.clone());
    assert!(matches!(cmx::decompress_with(&archive, &options), Err(Error::Limit(_))));
    assert_eq!(progress.written(), 0);
}

/// A declared length bounds the work, so it is bounded by what levels have.
#[test]
fn blocks_longer_than_those_of_any_level_are_refused() {
    for coded in [vec![1 << 4 | 1, 0, 1, 2, 3], vec![2 << 4, 0, 0, 0, 0]] {
        let index = [1, 0, 0];
        let length = (256 << 20) + 1;
        let archive =
            member(0, &[(length, 0, coded), (3, hash(&index), [&[0][..], &index].concat())]);
        let refused = cmx::decompress(&archive);
        assert!(
            matches!(&refused, Err(Error::Corrupt(text)) if text.contains("than the 268435456 of any")),
            "{refused:?}"
        );
    }
}
