//! Damage that a hash would have found reaches the decoders here, because hashes are switched off.
//! Each decoder must give an error or a bounded number of wrong bytes, and never panic.
//!
//! Run with `RUSTFLAGS="--cfg cmx_no_hashes" cargo test --test unhashed`. Without that flag this
//! file has no tests.
#![cfg(cmx_no_hashes)]

#[path = "../src/block/tests/sample.rs"]
#[allow(dead_code)]
mod sample;
mod small_archives;

use std::fs;
use std::path::Path;

use cmx::archive::Selection;
use cmx::archive::repair;
use cmx::archive::{CreateOptions, ExtractOptions};
use cmx::internals::explain::{Parts, explain};
use cmx::internals::level::{LEVELS, Level};
use cmx::{Archive, DecodeOptions, EncodeOptions, Error};

const MAX_OUTPUT: u64 = 2 << 20;

static SMALL_BLOCKS: Level = LEVELS[1].with_block_size(700);

fn limits() -> DecodeOptions {
    DecodeOptions::new().memory(2 << 30).max_output(MAX_OUTPUT).max_index(1 << 20)
}

/// The result, or `None` for an error that is not a defect of cmx.
fn is_clean<T>(result: cmx::Result<T>, what: &str) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(Error::Bug(text)) => panic!("{what}: {text}"),
        Err(_) => None,
    }
}

fn decodes_cleanly(archive: &[u8], what: &str) {
    if let Some(output) = is_clean(cmx::decompress_with(archive, &limits()), what) {
        assert!(output.len() as u64 <= MAX_OUTPUT, "{what}: {} bytes", output.len());
        // Explanations decode in their own way: of some is enough.
        let is_chosen = archive.iter().map(|&byte| usize::from(byte)).sum::<usize>() % 16 == 0;
        let explained = is_chosen.then(|| explain(archive, Parts::default(), &limits()));
        if let Some(explained) = explained.and_then(|explained| is_clean(explained, what)) {
            let coded: u64 = explained.streams.iter().map(|stream| stream.coded).sum();
            assert_eq!(explained.raw, output.len() as u64, "{what}");
            assert_eq!(explained.container + explained.heads + coded, explained.coded, "{what}");
        }
    }
}

/// Bits to flip: all bits of the first bytes, and some of the others.
fn bits(length: usize, head: usize, others: usize) -> Vec<usize> {
    let mut draw = draws();
    (0..length.min(head) * 8).chain((0..others).map(|_| draw() % (length * 8))).collect()
}

/// A generator of numbers that look random and are the same in each run.
fn draws() -> impl FnMut() -> usize {
    let mut state = 7u64;
    move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 20) as usize
    }
}

fn flipped(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut damaged = bytes.to_vec();
    damaged[bit / 8] ^= 1 << (bit % 8);
    damaged
}

fn hurt(name: &str, raw: &[u8], level: &'static Level) -> usize {
    let archive = cmx::compress_with(raw, &EncodeOptions::new().level(*level)).unwrap();
    let mut tried = 0;
    for bit in bits(archive.len(), 40, 60) {
        decodes_cleanly(&flipped(&archive, bit), &format!("{name} -{} bit {bit}", level.number()));
        tried += 1;
    }
    for length in (0..archive.len()).step_by(archive.len() / 40 + 1) {
        decodes_cleanly(&archive[..length], &format!("{name} -{} cut to {length}", level.number()));
        tried += 1;
    }
    tried
}

#[test]
fn hashes_are_off() {
    assert_eq!(
        cmx::internals::container::hash::hash(b"some bytes"),
        0,
        "build with --cfg cmx_no_hashes"
    );
}

#[test]
fn flipped_and_cut_streams_do_no_harm() {
    let mut tried = 0;
    for (name, raw) in sample::all() {
        for number in [1, 4, 6, 7] {
            tried += hurt(name, &raw[..raw.len().min(9000)], &LEVELS[number - 1]);
        }
    }
    tried += hurt("blocks", &sample::text(4000), &SMALL_BLOCKS);
    eprintln!("{tried} damaged streams");
}

#[test]
fn every_bit_and_every_cut_of_small_archives_do_no_harm() {
    for (number, (_, archive)) in small_archives::archives().into_iter().enumerate() {
        for bit in 0..archive.len() * 8 {
            decodes_cleanly(&flipped(&archive, bit), &format!("archive {number} bit {bit}"));
        }
        for length in 0..archive.len() {
            decodes_cleanly(&archive[..length], &format!("archive {number} cut to {length}"));
        }
    }
}

#[test]
#[ignore = "minutes"]
fn two_hundred_thousand_random_flips_do_no_harm() {
    let archives = small_archives::archives();
    let mut draw = draws();
    for number in 0..200_000 {
        let mut damaged = archives[number % archives.len()].1.clone();
        for _ in 0..1 + number % 4 {
            let bit = draw() % (damaged.len() * 8);
            damaged[bit / 8] ^= 1 << (bit % 8);
        }
        decodes_cleanly(&damaged, &format!("flips {number}"));
    }
}

fn archive(folder: &Path) -> Vec<u8> {
    let root = folder.join("d");
    fs::create_dir(&root).unwrap();
    for (name, raw) in sample::all() {
        fs::write(root.join(name), &raw[..raw.len().min(1500)]).unwrap();
    }
    std::os::unix::fs::symlink("text", root.join("link")).unwrap();
    fs::hard_link(root.join("text"), root.join("again")).unwrap();
    let encode = EncodeOptions::new().level(LEVELS[0]);
    let options = CreateOptions::new().encode(encode).solid(4000).parity(500);
    let path = folder.join("x.cmx");
    Archive::create(&path, &[root], &options).unwrap();
    fs::read(path).unwrap()
}

#[test]
fn flipped_archives_do_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = archive(folder.path());
    let path = folder.path().join("damaged.cmx");
    for bit in bits(bytes.len(), 60, 1500) {
        fs::write(&path, flipped(&bytes, bit)).unwrap();
        let what = format!("bit {bit}");
        if let Some(archive) = is_clean(Archive::open(&path, &limits()), &what) {
            archive.entries_with_packed().for_each(drop);
            is_clean(archive.extract_to(&Selection::new(&[]).unwrap(), &mut Vec::new()), &what);
            if bit % 8 == 0 {
                let out = tempfile::tempdir().unwrap();
                is_clean(
                    archive.extract(
                        &Selection::new(&[]).unwrap(),
                        out.path(),
                        &ExtractOptions::default(),
                    ),
                    &what,
                );
            }
        }
        if bit % 8 == 3 {
            is_clean(
                repair(&fs::File::open(&path).unwrap(), folder.path(), &mut Vec::new(), &limits()),
                &what,
            );
        }
    }
}
