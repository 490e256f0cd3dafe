//! The guard of header, names, reference block and index repairs a burst of damaged bytes there,
//! and the repair is reported.

mod noise;

use std::fs;
use std::ops::Range;
use std::path::Path;
use std::process::Command;

use cmx::archive::Selection;
use cmx::archive::repair;
use cmx::archive::{CreateOptions, ExtractOptions};
use cmx::internals::container::footer::FOOTER_LEN;
use cmx::{Archive, DecodeOptions};
use noise::{WORDS, noise};

/// An archive of about 200 KB with a reference block, and the ranges that the guard covers.
fn archive(folder: &Path, parity: u32) -> (Vec<u8>, [Range<usize>; 2]) {
    let root = folder.join("d");
    fs::create_dir(&root).unwrap();
    for (number, digits) in noise(60 * 300).chunks(300).enumerate() {
        let text: Vec<String> = digits
            .iter()
            .map(|&digit| format!("{}{} ", WORDS[usize::from(digit) % 12], digit / 5))
            .collect();
        fs::write(root.join(format!("a-file-with-the-number-{number}")), text.concat()).unwrap();
    }
    fs::write(root.join("noise"), noise(190_000)).unwrap();
    let options = CreateOptions::new().solid(20_000).reference(16_000).parity(parity);
    let path = folder.join("x.cmx");
    Archive::create(&path, std::slice::from_ref(&root), &options).unwrap();
    let opened = Archive::open(&path, &DecodeOptions::default()).unwrap();
    let member = &opened.members()[0];
    assert!(
        opened.warnings().is_empty()
            && member.header.has_reference()
            && member.index.blocks.len() > 3
    );
    let base_end = (member.block_at[0] + member.index.blocks[0].record_len) as usize;
    let last = member.index.blocks.len() - 1;
    let index_at = (member.block_at[last] + member.index.blocks[last].record_len) as usize;
    (fs::read(path).unwrap(), [0..base_end, index_at..member.parity_at.unwrap() as usize])
}

fn damaged(bytes: &[u8], burst: Range<usize>) -> Vec<u8> {
    let mut damaged = bytes.to_vec();
    damaged[burst].iter_mut().for_each(|byte| *byte ^= 0x55);
    damaged
}

#[test]
fn a_burst_of_512_bytes_in_what_all_files_need_is_mended() {
    let folder = tempfile::tempdir().unwrap();
    let (bytes, guarded) = archive(folder.path(), 0);
    assert!((180_000..230_000).contains(&bytes.len()), "{}", bytes.len());
    let path = folder.path().join("damaged.cmx");
    for part in guarded {
        // A burst over the end of the reference block also damages the next block, which the guard
        // does not cover.
        let last = if part.start == 0 { part.end - 512 } else { part.end - 1 };
        for at in (part.start..last).step_by(97).chain([last]) {
            let damaged = damaged(&bytes, at..at + 512);
            fs::write(&path, &damaged).unwrap();
            let opened = Archive::open(&path, &DecodeOptions::default())
                .unwrap_or_else(|error| panic!("{at}: {error}"));
            assert!(
                matches!(opened.warnings(), [line] if line.starts_with("repaired by parity: ")),
                "{at}: {:?}",
                opened.warnings()
            );
            let mut again = Vec::new();
            let summary = repair(
                &fs::File::open(&path).unwrap(),
                folder.path(),
                &mut again,
                &DecodeOptions::default(),
            )
            .unwrap();
            assert!(summary.lost.is_empty() && !summary.was_whole, "{at}: {:?}", summary.lost);
            let whole = folder.path().join("whole.cmx");
            fs::write(&whole, &again).unwrap();
            let reopened = Archive::open(&whole, &DecodeOptions::default()).unwrap();
            assert!(reopened.warnings().is_empty() && reopened.entries().eq(opened.entries()));
        }
    }
}

#[test]
fn what_is_mended_is_right_and_said() {
    let folder = tempfile::tempdir().unwrap();
    let (bytes, [first, index]) = archive(folder.path(), 0);
    for at in [3, 40, first.end / 2, first.end - 512, index.start + 5, index.end - 100] {
        fs::write(folder.path().join("damaged.cmx"), damaged(&bytes, at..at + 512)).unwrap();
        let _ = fs::remove_dir_all(folder.path().join("out"));
        for call in [
            &["-t", "damaged.cmx"][..],
            &["-d", "damaged.cmx", "-C", "out"],
            &["-l", "damaged.cmx"],
        ] {
            let output = Command::new(env!("CARGO_BIN_EXE_cmx"))
                .args(call)
                .current_dir(folder.path())
                .output()
                .unwrap();
            let error = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(2), "{at} {call:?}: {error}");
            let said = error.contains("repaired by parity") && error.contains("cmx repair");
            // `-t` also checks the guard, which the last burst damages.
            let lines = if call[0] == "-t" && at + 512 > index.end { 2 } else { 1 };
            assert!(said && error.lines().count() == lines, "{at} {call:?}: {error}");
            if call[0] == "-d" {
                for found in fs::read_dir(folder.path().join("d")).unwrap() {
                    let source = found.unwrap().path();
                    let stored = source.strip_prefix("/").unwrap();
                    assert_eq!(
                        fs::read(folder.path().join("out").join(stored)).unwrap(),
                        fs::read(&source).unwrap()
                    );
                }
            }
        }
    }
}

/// Damage to the guard itself harms no content, and can be repaired.
#[test]
fn a_damaged_guard_harms_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (bytes, [_, index]) = archive(folder.path(), 0);
    let footer_at = bytes.len() - FOOTER_LEN as usize;
    for at in (index.end..footer_at - 100).step_by(150) {
        fs::write(
            folder.path().join("damaged.cmx"),
            damaged(&bytes, at..(at + 512).min(footer_at)),
        )
        .unwrap();
        let opened =
            Archive::open(folder.path().join("damaged.cmx"), &DecodeOptions::default()).unwrap();
        opened
            .extract(
                &Selection::new(&[]).unwrap(),
                &folder.path().join(format!("out-{at}")),
                &ExtractOptions::default(),
            )
            .unwrap();
        // The damage is reported, and the repaired archive has the original bytes.
        assert_eq!(opened.scrub().unwrap().len(), 1, "{at}");
        let mut again = Vec::new();
        let file = fs::File::open(folder.path().join("damaged.cmx")).unwrap();
        let summary = repair(&file, folder.path(), &mut again, &DecodeOptions::default()).unwrap();
        assert!(
            summary.notes == ["the guard of member-1 was computed again"]
                && summary.lost.is_empty(),
            "{at}: {summary:?}"
        );
        assert!(again == bytes, "{at}");
    }
}

#[test]
fn the_guard_takes_seven_thousandths_and_parity_its_share() {
    let folder = tempfile::tempdir().unwrap();
    let (bytes, [_, index]) = archive(folder.path(), 0);
    let guard = bytes.len() - index.end - FOOTER_LEN as usize;
    assert!(guard * 1000 <= bytes.len() * 7 && guard > 1000, "{guard} of {}", bytes.len());
    fs::remove_dir_all(folder.path().join("d")).unwrap();
    let (bytes, [first, index]) = archive(folder.path(), 200);
    let taken = bytes.len() - index.end - FOOTER_LEN as usize;
    assert!(taken * 1000 <= index.end * 24, "{taken} of {}", index.end);
    // The first group of parity of a short archive repairs the same damage.
    for at in [first.start, first.end / 2, index.start + 1, 100_000] {
        fs::write(folder.path().join("damaged.cmx"), damaged(&bytes, at..at + 512)).unwrap();
        let opened =
            Archive::open(folder.path().join("damaged.cmx"), &DecodeOptions::default()).unwrap();
        assert_eq!(opened.warnings().len(), 1);
        assert!(opened.extract_to(&Selection::new(&[]).unwrap(), &mut std::io::sink()).is_ok());
    }
}
