//! `cmx -t` finds every changed byte of an archive, also a byte that no content depends on. `cmx
//! repair` restores such a byte.

mod noise;

use std::fs::{self, File};
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use cmx::archive::CreateOptions;
use cmx::archive::Selection;
use cmx::archive::{RepairSummary, repair};
use cmx::internals::container::footer::FOOTER_LEN;
use cmx::internals::level::LEVELS;
use cmx::{Archive, DecodeOptions, EncodeOptions};
use noise::noise;

/// Creates `folder/x.cmx` of some files with `length` bytes together. Returns its bytes and the
/// range of its parity.
fn archive(folder: &Path, length: usize, parity: u32) -> (Vec<u8>, Range<usize>) {
    let root = folder.join("d");
    fs::create_dir(&root).unwrap();
    for (number, piece) in noise(length).chunks(length.div_ceil(5)).enumerate() {
        fs::write(root.join(format!("f{number}")), piece).unwrap();
    }
    let encode = EncodeOptions::new().level(LEVELS[0]);
    let options = CreateOptions::new().encode(encode).solid(length as u64 / 3).parity(parity);
    let path = folder.join("x.cmx");
    Archive::create(&path, &[root], &options).unwrap();
    let opened = Archive::open(&path, &DecodeOptions::default()).unwrap();
    assert!(
        opened.scrub().unwrap().is_empty()
            && opened.warnings().is_empty()
            && opened.members()[0].header.has_names()
    );
    let bytes = fs::read(path).unwrap();
    let end = bytes.len() - FOOTER_LEN as usize;
    (bytes, opened.members()[0].parity_at.map_or(end..end, |at| at as usize..end))
}

/// Do the functions behind `cmx -t` find damage in the file at `path`?
fn is_found(path: &Path) -> bool {
    let Ok(archive) = Archive::open(path, &DecodeOptions::default()) else { return true };
    let tested = archive.test(&Selection::new(&[]).unwrap());
    !archive.warnings().is_empty() || tested.is_err() || !archive.scrub().unwrap().is_empty()
}

fn repaired(folder: &Path, bytes: &[u8]) -> (RepairSummary, Vec<u8>) {
    let path = folder.join("damaged.cmx");
    fs::write(&path, bytes).unwrap();
    let mut out = Vec::new();
    let summary =
        repair(&File::open(path).unwrap(), folder, &mut out, &DecodeOptions::default()).unwrap();
    (summary, out)
}

/// Runs `cmx CALL` in `folder` with `input` as standard input.
fn cmx(folder: &Path, call: &[&str], input: Stdio) -> (Option<i32>, String, String) {
    let command = Command::new(env!("CARGO_BIN_EXE_cmx"))
        .args(call)
        .current_dir(folder)
        .stdin(input)
        .output();
    let Output { status, stdout, stderr } = command.unwrap();
    (status.code(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
}

/// Changes each byte in turn, in an archive with a guard and in one with parity: every change is
/// found.
#[test]
fn every_changed_byte_is_found() {
    for (length, parity) in [(66_000, 0), (9_000, 500)] {
        let folder = tempfile::tempdir().unwrap();
        let (bytes, at) = archive(folder.path(), length, parity);
        assert!(at.len() > 200, "{at:?}");
        let path = folder.path().join("x.cmx");
        let opened = Archive::open(&path, &DecodeOptions::default()).unwrap();
        let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
        for (place, &byte) in bytes.iter().enumerate() {
            file.write_all_at(&[byte ^ 1 << (place % 8)], place as u64).unwrap();
            assert_eq!(
                opened.scrub().unwrap().len(),
                1,
                "byte {place} of {}, parity {at:?}",
                bytes.len()
            );
            // A test of all offsets takes longer.
            if place % 211 == 0
                || place + 40 > bytes.len()
                || at.contains(&place) && place % 11 == 0
            {
                assert!(is_found(&path), "byte {place} of {}, parity {at:?}", bytes.len());
            }
            file.write_all_at(&[byte], place as u64).unwrap();
        }
        assert!(opened.scrub().unwrap().is_empty() && !is_found(&path));
    }
}

/// Blocks without a current entry are checked too: newer files have replaced all files in them.
#[test]
fn blocks_that_nothing_needs_are_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let (bytes, _) = archive(folder.path(), 9_000, 0);
    let path = folder.path().join("x.cmx");
    fs::write(&path, [&bytes[..], &bytes].concat()).unwrap();
    assert!(!is_found(&path));
    let mut damaged = [&bytes[..], &bytes].concat();
    damaged[5_000] ^= 1;
    fs::write(&path, damaged).unwrap();
    assert!(is_found(&path));
    assert_eq!(cmx(folder.path(), &["-t", "x.cmx"], Stdio::null()).0, Some(2));
}

/// Damage to one byte, some bytes or the whole parity is found and named, in a file and on standard
/// input, and repaired to the original bytes.
#[test]
fn damaged_parity_is_said_and_made_anew() {
    for (length, parity, what) in [
        (66_000, 0, "the guard"),
        (200_000, 0, "the guard"),
        (30_000, 300, "the parity"),
        (9_000, 500, "the parity"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (bytes, at) = archive(folder.path(), length, parity);
        let middle = at.start + at.len() / 2;
        let bursts = [
            middle..middle + 1,
            at.start + 5..at.start + 7,
            at.start..at.start + 60,
            middle..at.end,
            at.end - 2..at.end,
            at.clone(),
            // The footer is damaged too.
            at.end - 9..at.end + 4,
            at.end + 8..at.end + 9,
        ];
        for burst in bursts {
            let mut damaged = bytes.clone();
            damaged[burst.clone()].iter_mut().for_each(|byte| *byte ^= 0x5A);
            fs::write(folder.path().join("p.cmx"), &damaged).unwrap();
            let is_read = burst.end <= at.end;
            for call in [&["-t", "p.cmx"][..], &["-t", "-"], &["-t"]] {
                let (code, _, said) = cmx(
                    folder.path(),
                    call,
                    File::open(folder.path().join("p.cmx")).unwrap().into(),
                );
                assert_eq!(
                    (code, said.lines().count()),
                    (Some(2), 1),
                    "{burst:?} of {at:?} {call:?}: {said}"
                );
                assert!(said.contains("`cmx repair`"), "{said}");
                if is_read && burst.len() < at.len() {
                    assert!(
                        said.contains(&format!(
                            "{what} of member-1 is damaged, {} bytes at byte {}",
                            at.len(),
                            at.start
                        )),
                        "{said}"
                    );
                }
                assert!(!is_read || said.contains("all contents are undamaged"), "{said}");
            }
            let (code, said, _) = cmx(folder.path(), &["repair", "-f", "p.cmx"], Stdio::null());
            assert!(
                code == Some(0) && said.contains("member-1 was computed again"),
                "{burst:?} of {at:?}: {said}"
            );
            assert!(
                !is_read || said.contains(what.trim_start_matches("the ")),
                "{burst:?} of {at:?}: {said}"
            );
            assert!(
                fs::read(folder.path().join("p.repaired.cmx")).unwrap() == bytes,
                "{burst:?} of {at:?}"
            );
        }
    }
}

/// Other streams in the archive stay unnamed, if no member has to be rebuilt.
#[test]
fn other_members_stay_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let (bytes, at) = archive(folder.path(), 9_000, 500);
    let small = cmx::compress(b"one two three").unwrap();
    let mut damaged = bytes.clone();
    damaged[at.start + at.len() / 2] ^= 1;
    for (joined, whole) in
        [([&small[..], &damaged], [&small[..], &bytes]), ([&damaged, &small], [&bytes, &small])]
    {
        let (summary, out) = repaired(folder.path(), &joined.concat());
        assert!(summary.lost.is_empty() && out == whole.concat(), "{summary:?}");
    }
}

/// A cut within the parity loses nothing.
#[test]
fn an_archive_cut_behind_its_index_is_completed() {
    for (length, parity) in [(66_000, 0), (9_000, 500), (9_000, 0)] {
        let folder = tempfile::tempdir().unwrap();
        let (bytes, at) = archive(folder.path(), length, parity);
        for end in [at.end + 24, at.end, at.start + at.len() * 3 / 4] {
            let (summary, out) = repaired(folder.path(), &bytes[..end]);
            assert!(
                summary.lost.is_empty() && !summary.was_whole && out == bytes,
                "{end} of {at:?}: {summary:?}"
            );
        }
    }
}

/// For any joined archives: `cmx repair` finds an archive whole exactly if `cmx -t` finds nothing.
#[test]
fn test_and_repair_agree() {
    let folder = tempfile::tempdir().unwrap();
    let (bytes, _) = archive(folder.path(), 9_000, 0);
    let small = cmx::compress(b"one two three").unwrap();
    let header = bytes
        .windows(4)
        .position(|window| window == cmx::internals::container::format::MARKER)
        .unwrap();
    let footer = &bytes[bytes.len() - FOOTER_LEN as usize..];
    let odd: [&[u8]; 8] = [
        b"",
        &bytes,
        &small,
        footer,
        &bytes[..header],
        &bytes[header..],
        &bytes[..bytes.len() - FOOTER_LEN as usize],
        b"noise",
    ];
    let path = folder.path().join("joined.cmx");
    let mut whole = 0;
    for first in odd {
        for second in odd {
            for last in [&bytes[..], &small, footer, b""] {
                let joined = [&bytes[..], first, second, last].concat();
                fs::write(&path, &joined).unwrap();
                let mut out = Vec::new();
                let summary = repair(
                    &File::open(&path).unwrap(),
                    folder.path(),
                    &mut out,
                    &DecodeOptions::default(),
                )
                .unwrap();
                let parts = (first.len(), second.len(), last.len());
                assert_eq!(summary.was_whole, !is_found(&path), "{parts:?}: {summary:?}");
                assert!(!summary.was_whole || out == joined, "{parts:?}");
                whole += u32::from(summary.was_whole);
            }
        }
    }
    // Whole archives and streams are whole in any order of joining.
    assert!(whole >= 27, "{whole}");
}
