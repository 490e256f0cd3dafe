//! The number of threads changes no byte, in either direction.

use std::fs;
use std::path::Path;

use cmx::archive::{CreateOptions, ExtractOptions, Plan, Selection, WalkOptions};
use cmx::{Archive, DecodeOptions, EncodeOptions, Level, compress_with, decompress_with};

/// `length` bytes of text in which words recur, another one for each `seed`.
fn text(length: usize, seed: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for number in seed.. {
        if out.len() >= length {
            break;
        }
        let word = number.wrapping_mul(2_654_435_761) >> 12 & 0xfff;
        out.extend(format!("line {number} says {word:x} to {}\n", word % 61).bytes());
    }
    out.truncate(length);
    out
}

/// Text, numbers and text again, as in a tar: a block of several streams.
fn mixture() -> Vec<u8> {
    let numbers = (0..14_000u32).flat_map(|number| ((number * number) >> 3).to_le_bytes());
    [text(40_000, 1), numbers.collect(), text(40_000, 5000)].concat()
}

/// The levels, each with the numbers of threads that are compared with one.
const CASES: [(u8, &[usize]); 4] = [(1, &[2, 3, 8]), (4, &[2, 3, 8]), (5, &[3]), (7, &[2, 8])];

/// `raw` at `level` with these numbers of threads, and back.
fn same_with_any(raw: &[u8], level: Level, others: &[usize]) {
    let options = EncodeOptions::new().level(level);
    let archive = compress_with(raw, &options).unwrap();
    for &threads in others {
        let again = compress_with(raw, &options.clone().threads(threads)).unwrap();
        assert!(again == archive, "-{} with {threads} threads", level.number());
    }
    for threads in [1, 3] {
        let decode = DecodeOptions::new().threads(threads);
        assert!(decompress_with(&archive, &decode).unwrap() == raw, "-{}", level.number());
    }
}

#[test]
fn text_of_one_block() {
    for (number, others) in CASES {
        same_with_any(&text(40_000, 0), Level::new(number).unwrap(), others);
    }
}

#[test]
fn blocks_of_several_streams() {
    for (number, others) in CASES {
        same_with_any(&mixture(), Level::new(number).unwrap(), others);
    }
}

#[test]
fn many_blocks() {
    let level = Level::new(7).unwrap().with_block_size(30_000);
    same_with_any(&text(100_000, 0), level, &[2, 8]);
}

/// The archive of `folder` with so many threads.
fn packed(folder: &Path, level: Level, threads: usize) -> Vec<u8> {
    let encode = EncodeOptions::new().level(level).threads(threads);
    // Small blocks, and where the level has reference blocks, a small one.
    let options = CreateOptions::new().encode(encode).solid(8000).reference(9000);
    let plan = Plan::of(&[folder.to_path_buf()], WalkOptions::new()).unwrap();
    let mut archive = Vec::new();
    plan.write(&mut archive, &options).unwrap();
    archive
}

#[test]
fn folders() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("folder");
    fs::create_dir(&folder).unwrap();
    for number in 0..12 {
        fs::write(folder.join(format!("{number}.txt")), text(2500, number * 50)).unwrap();
    }
    fs::write(folder.join("numbers"), &mixture()[40_000..60_000]).unwrap();
    for (number, others) in CASES {
        let level = Level::new(number).unwrap();
        let archive = packed(&folder, level, 1);
        for &threads in others {
            assert!(packed(&folder, level, threads) == archive, "-{number}, {threads} threads");
        }
        let path = place.path().join("x.cmx");
        fs::write(&path, &archive).unwrap();
        for threads in [1, 3] {
            let out = place.path().join(format!("{number}-{threads}"));
            fs::create_dir(&out).unwrap();
            let options = DecodeOptions::new().threads(threads);
            let archive = Archive::open(&path, &options).unwrap();
            archive.extract(&Selection::all(), &out, &ExtractOptions::new()).unwrap();
            for entry in fs::read_dir(&folder).unwrap() {
                let entry = entry.unwrap();
                let extracted = out.join(entry.path().strip_prefix("/").unwrap());
                assert!(fs::read(entry.path()).unwrap() == fs::read(extracted).unwrap());
            }
        }
    }
}
