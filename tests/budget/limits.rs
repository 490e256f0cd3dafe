//! `-M` limits the memory of every operation on an archive: the process takes less than 1.2 times
//! the limit, and the error names the limit.

use std::fs;

use cmx::archive::{Entry, EntryKind};
use cmx::internals::block;
use cmx::internals::container::format::incompatible;
use cmx::internals::container::hash::hash;
use cmx::internals::container::index::{BlockRow, Index};
use cmx::internals::container::record::{Record, RecordKind};
use cmx::internals::container::writer::CodedBlock;
use cmx::internals::level::LEVELS;

use crate::child::run;
use crate::hostile::*;

/// Checks that every call of `calls` on the archive is refused with `-M` of so many MiB.
fn refuses(archive: &[u8], calls: &[&str], mebibytes: u64) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("x.cmx"), archive).unwrap();
    let limit = format!("{mebibytes}M");
    for call in calls {
        let mut arguments: Vec<&str> = call.split(' ').collect();
        arguments.extend(["-M", &limit, "x.cmx"]);
        let outcome = run(folder.path(), &arguments);
        let what = format!(
            "{call} -M {limit}: {:?} {} MB {}",
            outcome.code,
            outcome.peak / 1_000_000,
            outcome.errors
        );
        eprintln!("{what}");
        assert!(
            outcome.errors.contains("limit: ") && outcome.errors.lines().count() == 1,
            "{what}"
        );
        assert!(outcome.peak <= (mebibytes << 20) / 5 * 6, "{what}");
    }
}

#[test]
fn compact_member_at_level_8() {
    let raw = prose(32 << 10);
    let coded = block::encode(&raw, &LEVELS[7], false).unwrap().bytes;
    refuses(&compact(&raw, coded), &["-t", "-d -o out", "-d --stdout"], 10);
}

#[test]
fn index_coded_at_level_8() {
    let mut paths: Vec<u8> =
        prose(60 << 10).iter().map(|&byte| if byte == b' ' { 0 } else { byte }).collect();
    paths.push(0);
    let count = paths.iter().filter(|&&byte| byte == 0).count();
    let raw = index(count as u64, &[(column::FLAGS, vec![1; count]), (column::PATH, paths)]);
    refuses(&index_only(&raw, 8), &["-l", "-t", "repair -o out"], 30);
}

#[test]
fn empty_attributes_in_one_entry() {
    refuses(&index_only(&many_attributes(20_000_000), 1), &["-l", "-t"], 100);
}

#[test]
fn extents_in_one_entry() {
    refuses(&index_only(&many_extents(20_000_000), 1), &["-l", "-t"], 100);
}

#[test]
fn directories() {
    refuses(&index_only(&many_directories(2_000_000), 1), &["-l", "-t"], 500);
}

#[test]
fn directories_in_several_members() {
    // Each of the members alone fits into the limit.
    refuses(&index_only(&many_directories(300_000), 1).repeat(4), &["-l", "-t"], 500);
}

#[test]
fn directories_behind_a_stream() {
    // The program itself counts, and that of the dev profile is 2 MB larger than that of a release.
    let mebibytes = if cfg!(debug_assertions) { 12 } else { 10 };
    let stream = compact(b"a stream", [&[0][..], b"a stream"].concat());
    refuses(&[stream, index_only(&many_directories(2_000_000), 1)].concat(), &["-l"], mebibytes);
    let stream = compact(b"a stream", [&[0][..], b"a stream"].concat());
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("x.cmx"),
        [stream, index_only(&many_directories(2_000_000), 1)].concat(),
    )
    .unwrap();
    let outcome = run(folder.path(), &["-t", "-M", &format!("{mebibytes}M"), "x.cmx"]);
    assert!(
        outcome.code != Some(0) && outcome.peak <= (mebibytes + 2) << 20,
        "{:?} {} {}",
        outcome.code,
        outcome.peak,
        outcome.errors
    );
}

#[test]
fn one_raw_block_of_a_gibibyte() {
    let member = |length: u64| {
        // Split, no data streams, a program of one run.
        let mut program = vec![1];
        cmx::internals::container::fields::put_varint(&mut program, length);
        program.push(0);
        let mut coded = vec![2 << 4, 0];
        cmx::internals::container::fields::put_varint(&mut coded, (program.len() as u64) << 4);
        coded.extend([0, 0]);
        coded.extend(program);
        let zeros = vec![0u8; 1 << 20];
        let mut all = cmx::internals::container::hash::Hasher::default();
        (0..length >> 20).for_each(|_| all.update(&zeros));
        // The index is right, so that nothing but the length of the block is wrong.
        let record_len =
            Record::new(RecordKind::Block, 0, length, all.finish(), &coded).record_len();
        let entry = Entry { size: length, hash: all.finish(), ..Entry::default() };
        let index = Index::new(vec![BlockRow { record_len, raw_len: length }], vec![entry]);
        let index = index.to_bytes();
        member(
            0,
            &[
                (length, all.finish(), coded),
                (index.len() as u64, hash(&index), [&[0][..], &index].concat()),
            ],
        )
    };
    refuses(&member(256 << 20), &["-t", "-d --stdout"], 100);
    // Longer than the blocks of any level: no limit, but a lie.
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("x.cmx"), member(1 << 30)).unwrap();
    let outcome = run(folder.path(), &["-t", "-M", "100M", "x.cmx"]);
    assert!(outcome.errors.contains("more than the 268435456 of any level"), "{}", outcome.errors);
    assert!(outcome.peak < 12 << 20, "{}", outcome.peak);
}

#[test]
fn what_is_made_under_a_limit_is_read_under_it() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("d")).unwrap();
    for number in 0..40 {
        fs::write(folder.path().join(format!("d/{number}")), prose(2000 + number)).unwrap();
    }
    let mut made = 0;
    for (name, length) in [("small", 3_000), ("middle", 90_000), ("large", 1_200_000)] {
        fs::write(folder.path().join(name), prose(length)).unwrap();
    }
    for name in ["small", "middle", "large", "d"] {
        for level in ["-1", "-5"] {
            for limit in ["7M", "16M", "100M"] {
                for more in [&["--no-verify"][..], &[]] {
                    let arguments =
                        [&["-c", level, "-q", "-f", "-M", limit, name, "-o", "x.cmx"], more]
                            .concat();
                    let outcome = run(folder.path(), &arguments);
                    if outcome.code != Some(0) {
                        assert!(
                            outcome.errors.contains("limit: "),
                            "{arguments:?}: {}",
                            outcome.errors
                        );
                        continue;
                    }
                    made += 1;
                    for call in ["-t", "-l"] {
                        let outcome = run(folder.path(), &[call, "-M", limit, "x.cmx"]);
                        assert_eq!(
                            outcome.code,
                            Some(0),
                            "{arguments:?} {call}: {}",
                            outcome.errors
                        );
                    }
                }
            }
        }
    }
    assert!(made >= 24, "{made}");
}

/// What an archive needs is what its blocks name: few bytes coded at -8 need little.
#[test]
fn small_archives_of_level_8_need_little() {
    let raw: Vec<u8> = (0..600u32).flat_map(|n| n.wrapping_mul(40_503).to_le_bytes()).collect();
    let block = CodedBlock::encode(&raw, &LEVELS[7], false).unwrap();
    let archive = named(&[block], vec![file(raw.len() as u64, hash(&raw))], 0);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("x.cmx"), archive).unwrap();
    let outcome = run(folder.path(), &["-t", "-M", "40M", "x.cmx"]);
    assert_eq!(outcome.code, Some(0), "{}", outcome.errors);
    assert!(outcome.peak < 48 << 20, "{}", outcome.peak);
}

/// As JSON an entry takes several times its memory in the index: 300,000 entries took 700 MB under
/// a limit of 240 MB once.
#[test]
fn lists_as_json_are_printed_entry_by_entry() {
    let folder = tempfile::tempdir().unwrap();
    let count = 300_000u64;
    let paths: Vec<u8> =
        (0..count).flat_map(|number| format!("{number:06}\0").into_bytes()).collect();
    let raw = index(count, &[(column::FLAGS, vec![1; count as usize]), (column::PATH, paths)]);
    fs::write(folder.path().join("x.cmx"), index_only(&raw, 1)).unwrap();
    for call in [&["-l", "--json"][..], &["-l"]] {
        let outcome = run(folder.path(), &[call, &["-M", "240M", "x.cmx"]].concat());
        eprintln!(
            "{call:?} -M 240M: {:?} {} MB {}",
            outcome.code,
            outcome.peak / 1_000_000,
            outcome.errors
        );
        assert_eq!(outcome.code, Some(0), "{}", outcome.errors);
        assert!(outcome.peak <= (240 << 20) / 5 * 6, "{call:?}: {}", outcome.peak);
    }
}

/// The damaged archive was still in memory while its repaired copy was read.
#[test]
fn a_repaired_archive_is_read_within_the_limit() {
    let content = prose(2000);
    let block = CodedBlock::encode(&content, level_of(1), false).unwrap();
    // Names so long that the coded index has a guard.
    let path = |number: u32| {
        format!("{number:06}{:04x}", number.wrapping_mul(2_654_435_761) >> 16).into_bytes()
    };
    let folders = (0..300_000).map(|number| Entry {
        path: path(number),
        kind: EntryKind::Directory,
        ..Entry::default()
    });
    let entries = std::iter::once(file(2000, hash(&content))).chain(folders).collect();
    let mut archive = named(&[block], entries, incompatible::REFERENCE);
    // The first block of a member that may have a base is guarded.
    archive[100] ^= 1;
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("x.cmx"), archive).unwrap();
    let outcome = run(folder.path(), &["-l", "-M", "240M", "x.cmx"]);
    eprintln!("-l -M 240M: {:?} {} MB {}", outcome.code, outcome.peak / 1_000_000, outcome.errors);
    assert!(outcome.code == Some(2) && outcome.errors.contains("repaired"), "{}", outcome.errors);
    assert!(outcome.peak <= (240 << 20) / 5 * 6, "{}", outcome.peak);
}

/// The temporary memory of transforms is charged too.
#[test]
fn results_of_transforms_are_charged() {
    use std::io::Write;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::new(6));
    (0..400_000u32)
        .for_each(|number| writeln!(gzip, "{:08x}", number.wrapping_mul(2_654_435_761)).unwrap());
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("x"), gzip.finish().unwrap()).unwrap();
    let made = run(folder.path(), &["-1", "-q", "--no-verify", "x"]);
    assert_eq!(made.code, Some(0), "{}", made.errors);
    let mut outcomes = Vec::new();
    for mebibytes in [10u64, 16, 24, 32, 48, 80] {
        let limit = format!("{mebibytes}M");
        let outcome = run(folder.path(), &["-t", "-M", &limit, "x.cmx"]);
        eprintln!(
            "-M {limit}: {:?} {} MB {}",
            outcome.code,
            outcome.peak / 1_000_000,
            outcome.errors
        );
        assert!(outcome.peak <= (mebibytes << 20) / 5 * 6, "-M {limit}: {}", outcome.peak);
        assert!(
            outcome.code == Some(0) || outcome.errors.contains("limit: "),
            "{}",
            outcome.errors
        );
        outcomes.push(outcome.code == Some(0));
    }
    assert!(!outcomes[0] && outcomes[5], "{outcomes:?}");
}

/// The list of files, the names and the index were not charged during creation once: 20,000 files
/// took 26 MiB under 16M, and `-t` under 24M refused an archive that was made under 24M.
#[test]
fn many_files_are_made_within_the_limit_and_read_under_it() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..8_000u32 {
        let parent = folder.path().join(format!("M/{:03}", number / 500));
        fs::create_dir_all(&parent).unwrap();
        let text = format!(
            "the file number {number} has a text of its own {:08x}\n",
            number.wrapping_mul(2_654_435_761)
        );
        fs::write(parent.join(format!("file{number:06}.txt")), text).unwrap();
    }
    let mut made = 0;
    for level in ["-1", "-3"] {
        for mebibytes in [8u64, 12, 16, 20, 24, 32] {
            let limit = format!("{mebibytes}M");
            let outcome = run(
                folder.path(),
                &[level, "-q", "-f", "--no-verify", "-M", &limit, "M", "-o", "x.cmx"],
            );
            eprintln!(
                "{level} -M {limit}: {:?} {} KiB {}",
                outcome.code,
                outcome.peak >> 10,
                outcome.errors.trim()
            );
            // The program itself takes 6 MB, and these limits are not much larger.
            assert!(
                outcome.peak <= (mebibytes << 20) / 5 * 6 + (2 << 20),
                "{level} -M {limit}: {}",
                outcome.peak
            );
            if outcome.code != Some(0) {
                assert!(outcome.errors.contains("limit: "), "{}", outcome.errors);
                continue;
            }
            made += 1;
            for call in [&["-t"][..], &["-l"], &["-d", "-q", "-f", "-C", "out"]] {
                if made > 1 && call[0] == "-d" {
                    continue;
                }
                let outcome = run(folder.path(), &[call, &["-M", &limit, "x.cmx"]].concat());
                eprintln!(
                    "{call:?} -M {limit}: {:?} {} KiB {}",
                    outcome.code,
                    outcome.peak >> 10,
                    outcome.errors.trim()
                );
                assert_eq!(
                    outcome.code,
                    Some(0),
                    "{level} {call:?} -M {limit}: {}",
                    outcome.errors
                );
                assert!(
                    outcome.peak <= (mebibytes << 20) / 5 * 6 + (2 << 20),
                    "{call:?} -M {limit}: {}",
                    outcome.peak
                );
            }
        }
    }
    assert!(made >= 4, "{made}");
}

/// If counts are declared, an error names the whole demand. The named demand grew by one mebibyte
/// with each try once. The error also names the structure that is read.
#[test]
fn an_error_names_the_whole_demand() {
    let folder = tempfile::tempdir().unwrap();
    let count = 20_000u64;
    let paths: Vec<u8> = (0..count)
        .flat_map(|number| format!("a folder of number {number:06}\0").into_bytes())
        .collect();
    let named = index(count, &[(column::FLAGS, vec![1; count as usize]), (column::PATH, paths)]);
    for (name, raw) in [
        ("attributes", many_attributes(2_000_000)),
        ("extents", many_extents(2_000_000)),
        ("folders", named),
    ] {
        fs::write(folder.path().join("x.cmx"), index_only(&raw, 1)).unwrap();
        let outcome = run(folder.path(), &["-l", "-M", "1M", "x.cmx"]);
        assert!(outcome.errors.contains("limit: what is read would bring"), "{}", outcome.errors);
        let mut limit = 8;
        for tries in 0.. {
            assert!(tries < 5, "{name}: refused under {limit}M too");
            let outcome = run(folder.path(), &["-l", "-M", &format!("{limit}M"), "x.cmx"]);
            eprintln!(
                "{name} -M {limit}M: {:?} {} KiB {}",
                outcome.code,
                outcome.peak >> 10,
                outcome.errors.trim()
            );
            let Some((_, least)) = outcome.errors.split_once("-M raises the limit, to ") else {
                break;
            };
            limit = least.split_once('M').unwrap().0.parse().unwrap();
        }
    }
}

/// Columns that a reader ignores are not kept. Each took several times its two bytes once.
#[test]
fn unknown_columns_take_nothing() {
    let columns: Vec<(u64, Vec<u8>)> = (0..2_000_000u64).map(|_| (100, Vec::new())).collect();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("x.cmx"), index_only(&index(0, &columns), 1)).unwrap();
    let outcome = run(folder.path(), &["-l", "-M", "40M", "x.cmx"]);
    eprintln!("{:?} {} KiB {}", outcome.code, outcome.peak >> 10, outcome.errors.trim());
    assert!(outcome.peak <= 48 << 20, "{}", outcome.peak);
}
