//! The time to decode archives that are made to be slow, one row each, printed with `--nocapture`.
//! An archive of one kilobyte takes less than a second at -1 to -5. At higher levels it takes no
//! longer than honest data with the same declared output.
//!
//! The figures hold for an optimised build. Without optimisation rows are shorter and bounds are
//! wider.

use std::fs;

use cmx::archive::Entry;
use cmx::archive::Extent;
use cmx::internals::container::fields::put_varint;
use cmx::internals::container::format::incompatible;
use cmx::internals::container::hash::hash;
use cmx::internals::container::parity::GroupHead;
use cmx::internals::container::writer::CodedBlock;
use cmx::internals::kind::Kind;

use crate::child::run;
use crate::hostile::*;

/// Without optimisation, rows have this many times fewer parts.
const PARTS: usize = if cfg!(debug_assertions) { 8 } else { 1 };
/// Seconds of a shared machine that count as one second of an optimised build.
const SECOND: f64 = if cfg!(debug_assertions) { 8.0 } else { 1.3 };

/// Runs `call` on `archive`. The call may take half a second, and `each` seconds for a kilobyte.
fn row(name: &str, archive: &[u8], call: &str, each: f64) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("x.cmx"), archive).unwrap();
    let mut arguments: Vec<&str> = call.split(' ').collect();
    arguments.push("x.cmx");
    let outcome = run(folder.path(), &arguments);
    let kilobytes = (archive.len() as f64 / 1000.0).max(1.0);
    let (seconds, peak) = (outcome.seconds, outcome.peak / 1_000_000);
    println!(
        "| {name} | {call} | {} | {seconds:.2} | {:.2} | {peak} | {:?} {} |",
        archive.len(),
        seconds / kilobytes,
        outcome.code,
        outcome.errors.trim()
    );
    assert!(
        !outcome.errors.contains("work"),
        "{name} asks for more than is allowed: {}",
        outcome.errors
    );
    assert!(
        seconds <= SECOND * (0.5 + each * kilobytes),
        "{name}: {seconds} s for {} bytes",
        archive.len()
    );
}

/// Seconds for a kilobyte: one at -1 to -5, and three at the higher levels, whose models take three
/// times as long.
fn each(level: u8) -> f64 {
    if level < 6 { 1.0 } else { 3.0 }
}

/// A block of `level` with one stream of `kind`.
fn single(raw: &[u8], level: u8, kind: &Kind) -> CodedBlock {
    let mut coded = single_block(raw, level_of(level), kind, |_| {});
    // As much as a block must have. Sorted streams have it.
    let fewest = raw.len().saturating_sub(64 << 10).div_ceil(16 << 10);
    coded.resize(coded.len().max(fewest), 0);
    coded_block(raw.len() as u64, hash(raw), &coded)
}

#[test]
fn small_streams_of_text() {
    for level in [1u8, 5, 6, 7, 10, 8] {
        for (name, kind) in [("text", Kind::Text), ("words", Kind::Words)] {
            let raw = prose(40);
            let code = single_block(&raw, level_of(level), &kind, |_| {});
            row(
                &format!("A5 compact members, 40 B of {name}, -{level}"),
                &compact(&raw, code).repeat(100 / PARTS),
                "-t",
                each(level),
            );
        }
    }
}

#[test]
fn runs_of_zeros() {
    for (level, length, count) in [(1u8, 16u64 << 20, 60), (5, 64 << 20, 60), (8, 256 << 20, 30)] {
        let count = count / PARTS as u64;
        let mut program = vec![1];
        put_varint(&mut program, length);
        program.push(0);
        let blocks =
            repeated(&coded_block(length, zeros_hash(length), &split(&program)), count as usize);
        let archive = named(&blocks, vec![file(length * count, zeros_hash(length * count))], 0);
        row(
            &format!("A5 zeros as runs, {} MiB, -{level}", (length * count) >> 20),
            &archive,
            "-t",
            each(level),
        );
    }
}

#[test]
fn samples_of_one_value() {
    for level in [5u8, 6, 7, 8] {
        let rows = [
            ("image", Kind::Image { bits: 8, row_bytes: 1024 }),
            ("colour image", Kind::Image { bits: 24, row_bytes: 3072 }),
            ("audio", Kind::Audio { channels: 2, bits: 16, big_endian: false, signed: true }),
        ];
        for (name, kind) in rows {
            let zeros = vec![0; (512 << 10) / PARTS];
            let coded = single_block(&zeros, level_of(level), &kind, |code| {
                code.resize(1020 / PARTS, 0);
            });
            row(
                &format!("A5 {name} of zeros, -{level}"),
                &compact(&zeros, coded),
                "-t",
                each(level),
            );
        }
    }
}

#[test]
fn sparse_files() {
    let count = (4 << 20) / PARTS as u64;
    let content = vec![0; count as usize];
    let extents = (0..count).map(|number| Extent { offset: 2 * number, length: 1 }).collect();
    let entry = Entry { size: 2 * count, extents: Some(extents), ..file(count, hash(&content)) };
    let block = CodedBlock::encode(&content, level_of(1), false).unwrap();
    let archive = named(&[block], vec![entry], 0);
    for call in ["-l", "-t", "-d -C out"] {
        row(&format!("A5 sparse file of {count} extents"), &archive, call, 1.0);
    }
}

#[test]
fn content_of_deflate() {
    // Runs of all lengths: hash chains are long, and no match is long enough to end a search. The
    // runs occur again outside of the window.
    let mut state = 1u32;
    let mut runs = Vec::new();
    while runs.len() < 40_000 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        runs.extend(vec![b'a'; 20 + (state >> 25) as usize]);
        runs.push(b'b' + (state >> 20) as u8 % 8);
    }
    for (name, pattern) in [("zeros", vec![0]), ("matches that hardly end", runs)] {
        let plain: Vec<u8> = pattern.iter().copied().cycle().take((1 << 20) / PARTS).collect();
        let (method, _, code) = coded_stream(&plain, level_of(1), &Kind::Generic);
        let mut program = vec![10 << 1 | 1];
        [plain.len() as u64, 4, 0, 0].iter().for_each(|&number| put_varint(&mut program, number));
        program.extend([0, 9 << 3 | 7, 7 * 9 + 7, 0, 0]);
        put_varint(&mut program, plain.len() as u64);
        let mut coded = vec![2 << 4, 1];
        put_varint(&mut coded, (program.len() as u64) << 4);
        coded.extend([0, 0, 0]);
        put_varint(&mut coded, (plain.len() as u64) << 4 | u64::from(method));
        put_varint(&mut coded, code.len() as u64);
        coded.extend(program);
        coded.extend(code);
        coded.resize(1200 / PARTS, 0);
        let archive = named(&[coded_block(1 << 20, 0, &coded)], vec![file(1 << 20, 0)], 0);
        row(&format!("A5 deflate of {name}"), &archive, "-t", 2.0);
    }
}

#[test]
fn sorted_blocks() {
    let length = (16 << 20) / PARTS;
    let (mut before, mut fibonacci) = (b"b".to_vec(), b"a".to_vec());
    while fibonacci.len() < length {
        let longer = [&fibonacci[..], &before].concat();
        before = std::mem::replace(&mut fibonacci, longer);
    }
    fibonacci.truncate(length);
    let period = prose(200).into_iter().cycle().take(length).collect();
    let thue = (0..length as u32).map(|at| b'a' + (at.count_ones() & 1) as u8).collect();
    for (name, raw) in
        [("Fibonacci word", fibonacci), ("200 bytes", period), ("Thue-Morse word", thue)]
    {
        let archive =
            named(&[single(&raw, 1, &Kind::Generic)], vec![file(length as u64, hash(&raw))], 0);
        row(&format!("sorted block, {} MiB, {name}", length >> 20), &archive, "-t", 1.0);
    }
}

#[test]
fn what_models_are_sure_of() {
    let length = (16 << 20) / PARTS;
    let counting: Vec<u8> = (0..length as u32 / 16).flat_map(u32::to_le_bytes).collect();
    // At -8 each takes as long as all of these together; -7 has the same rules.
    for level in [4u8, 5, 7] {
        for (name, raw) in [
            ("one byte", vec![7; length]),
            ("5000 bytes", prose(5000).into_iter().cycle().take(length).collect()),
            ("counting", counting.clone()),
        ] {
            if name == "counting" && level < 5 {
                continue;
            }
            let archive = named(
                &[single(&raw, level, &Kind::Generic)],
                vec![file(raw.len() as u64, hash(&raw))],
                0,
            );
            row(
                &format!("mixed block, {} MiB, {name}, -{level}", raw.len() >> 20),
                &archive,
                "-t",
                each(level),
            );
        }
    }
}

#[test]
fn many_streams_in_a_block() {
    for level in [4u8, 5, 8] {
        let raw = prose(12);
        let (mut program, mut bodies, mut table, mut all) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for number in 0..64u32 {
            let kind = Kind::Image { bits: 24, row_bytes: 3 + 3 * number };
            let (method, settings, code) = coded_stream(&raw, level_of(level), &kind);
            kind.write(&mut table);
            put_varint(&mut table, (raw.len() as u64) << 4 | u64::from(method));
            table.extend(settings);
            put_varint(&mut table, code.len() as u64);
            bodies.extend(&code);
            put_varint(&mut program, u64::from(number) << 1);
            put_varint(&mut program, raw.len() as u64);
            all.extend(&raw);
        }
        let mut coded = vec![2 << 4, 64];
        put_varint(&mut coded, (program.len() as u64) << 4);
        coded.extend([&[0, 0][..], &table, &program, &bodies].concat());
        row(&format!("64 streams in a block, -{level}"), &compact(&all, coded), "-t", 1.0);
    }
}

/// Each block starts with a copy of the tables of the reference block.
#[test]
fn blocks_that_depend_on_a_reference_block() {
    for level in [10u8, 8] {
        for length in [200usize, 20_000] {
            let (text, small) = (prose(length), prose(200));
            let (reference_block, reference) =
                CodedBlock::encode_reference(&text, level_of(level), usize::MAX, false).unwrap();
            let dependent =
                CodedBlock::encode_dependent(&small, level_of(level), &reference.unwrap(), false)
                    .unwrap();
            let count = 20 / PARTS;
            let blocks: Vec<CodedBlock> =
                std::iter::once(reference_block).chain(repeated(&dependent, count)).collect();
            let all = [text, small.repeat(count)].concat();
            let archive =
                named(&blocks, vec![file(all.len() as u64, hash(&all))], incompatible::REFERENCE);
            row(
                &format!("{count} blocks after a reference block of {length} B, -{level}"),
                &archive,
                "-t",
                each(level),
            );
        }
    }
}

#[test]
fn indices() {
    let count = 2_000_000 / PARTS as u64;
    row(
        &format!("index of {count} directories"),
        &index_only(&many_directories(count), 1),
        "-l",
        1.0,
    );
    row(
        &format!("index of {count} attributes"),
        &index_only(&many_attributes(count), 1),
        "-l",
        1.0,
    );
}

#[test]
fn copies() {
    let content = vec![0; 16 << 20];
    let block = CodedBlock::encode(&content, level_of(1), false).unwrap();
    let first = file(16 << 20, hash(&content));
    let copy = |number: usize| Entry {
        path: format!("{number}").into_bytes(),
        same_as: Some(0),
        ..first.clone()
    };
    let count = 100 / PARTS;
    let archive =
        named(&[block], std::iter::once(first.clone()).chain((0..count).map(copy)).collect(), 0);
    for call in ["-l", "-t"] {
        row(&format!("A6 {count} copies of 16 MiB"), &archive, call, 1.0);
    }
    // The output is declared, and `--max-output` limits it.
    row(&format!("A6 {count} copies of 16 MiB"), &archive, "-d -C out", 3.0 * count as f64 / 100.0);
    row(&format!("A6 {count} copies of 16 MiB"), &archive, "-d -C out --max-output 100M", 1.0);
}

/// Every entry was compared with every block once.
#[test]
fn entries_over_lost_blocks() {
    let (files, blocks) = (300_000 / PARTS, 2000 / PARTS);
    let each_block = files / blocks;
    let block = CodedBlock::encode(&vec![7; each_block], level_of(1), false).unwrap();
    let paths = (0..files)
        .map(|number| Entry { path: format!("{number:06}").into_bytes(), ..file(1, hash(&[7])) });
    let mut archive = named(&repeated(&block, blocks), paths.collect(), 0);
    let damaged = archive
        .windows(4)
        .position(|bytes| bytes == cmx::internals::container::format::MARKER)
        .unwrap()
        + 30;
    archive[damaged] ^= 1;
    row(
        &format!("A7 {files} entries over {blocks} blocks, one lost"),
        &archive,
        "repair -o out",
        0.1,
    );
}

#[test]
fn heads_records_and_magics() {
    use cmx::internals::container::format::MAGIC;
    use cmx::internals::container::record::{Record, RecordKind};
    let mut heads = Vec::new();
    for number in 0..(2000 / PARTS) as u64 {
        heads.extend(MAGIC);
        for shard in [64 << 20, 64, 2] {
            let (from_start, ranges) =
                (heads.len() as u64, std::iter::once(0..number + 1).collect());
            let head = GroupHead {
                is_second: false,
                from_start,
                ranges,
                shard,
                share: 0,
                hash: 0,
                data: vec![1],
                recovery: vec![2],
            };
            head.write_to(&mut heads);
        }
    }
    row("A7 heads of long shards", &heads, "repair -o out", 0.1);
    let mut groups = vec![7; 300_000];
    for number in 0..(3000 / PARTS) as u64 {
        let from_start = groups.len() as u64;
        let shard = ((from_start - number) as usize).next_multiple_of(2);
        let ranges = std::iter::once(number..from_start).collect();
        GroupHead {
            is_second: true,
            from_start,
            ranges,
            shard,
            share: 0,
            hash: number,
            data: vec![1],
            recovery: vec![2],
        }
        .write_to(&mut groups);
    }
    row("A7 groups about the same bytes", &groups, "repair -o out", 0.1);
    for kind in [RecordKind::Parity, RecordKind::Block, RecordKind::Names] {
        let length = 2_000_000 / PARTS;
        let mut records = Vec::new();
        for number in 0..(40_000 / PARTS) as u64 {
            let length = (length - records.len()) as u64;
            Record {
                kind,
                number,
                raw_len: length,
                coded_len: length,
                lanes: 1,
                raw_hash: 1,
                coded_hash: 2,
            }
            .write_to(&mut records);
        }
        records.resize(length, 0);
        row(&format!("A7 records of {kind:?} that claim the rest"), &records, "repair -o out", 0.1);
    }
    row("A7 magics", &MAGIC.repeat(250_000 / PARTS), "repair -o out", 0.1);
}
