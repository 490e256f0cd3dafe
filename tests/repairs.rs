//! Damaged archives: what is whole is saved, what is not is named, and parity mends.

use std::fs;
use std::path::Path;

use cmx::archive::CreateOptions;
use cmx::archive::repair::{RepairSummary, repair};
use cmx::archive::select::Selection;
use cmx::container::parity::GroupHead;
use cmx::{Archive, DecodeOptions, EncodeOptions, Error};

fn archive(folder: &Path, parity: u32) -> Vec<u8> {
    let root = folder.join("d");
    fs::create_dir(&root).unwrap();
    for number in 0..8 {
        let content: Vec<u8> = (0..3000u32).map(|place| (place * (number + 3) / 7) as u8).collect();
        fs::write(root.join(format!("f{number}")), content).unwrap();
    }
    let encode = EncodeOptions { level: &cmx::level::LEVELS[0], ..EncodeOptions::default() };
    let options = CreateOptions { encode, solid: Some(6000), parity, ..CreateOptions::default() };
    let path = folder.join("x.cmx");
    Archive::create(&path, &[root], &options).unwrap();
    fs::read(path).unwrap()
}

fn repaired(folder: &Path, bytes: &[u8]) -> cmx::Result<(RepairSummary, Vec<u8>)> {
    let path = folder.join("damaged.cmx");
    fs::write(&path, bytes).unwrap();
    let mut out = Vec::new();
    let summary = repair(&fs::File::open(path).unwrap(), folder, &mut out, &DecodeOptions::default())?;
    Ok((summary, out))
}

/// The archive opens, and every file in it that bears its old name is what it was.
fn check(folder: &Path, bytes: &[u8]) -> usize {
    let path = folder.join("check.cmx");
    fs::write(&path, bytes).unwrap();
    let opened = Archive::open(&path, &DecodeOptions::default()).unwrap();
    opened.extract_to(&mut Selection::new(&[]).unwrap(), &mut Vec::new()).unwrap();
    let names: Vec<Vec<u8>> = opened.entries().filter(|entry| entry.size > 0).map(|entry| entry.path.clone()).collect();
    let mut whole = 0;
    for name in names.iter().filter(|name| !name.starts_with(b"lost+found")) {
        let mut content = Vec::new();
        opened.extract_to(&mut Selection::new(std::slice::from_ref(name)).unwrap(), &mut content).unwrap();
        let last = std::str::from_utf8(name).unwrap().rsplit('/').next().unwrap();
        assert_eq!(content, fs::read(folder.join("d").join(last)).unwrap());
        whole += 1;
    }
    whole
}

#[test]
fn a_whole_archive_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = archive(folder.path(), 0);
    let (summary, out) = repaired(folder.path(), &bytes).unwrap();
    assert!(summary.was_whole && out == bytes);
}

#[test]
fn damage_anywhere_costs_only_what_it_hits() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = archive(folder.path(), 0);
    for place in (0..bytes.len()).step_by(bytes.len() / 24) {
        let mut damaged = bytes.clone();
        damaged[place] ^= 0x10;
        let (summary, out) = repaired(folder.path(), &damaged).unwrap();
        let whole = check(folder.path(), &out);
        let lost = summary.lost.len();
        assert!(whole + lost >= 4 && (whole >= 6 || whole == 0), "at {place}: {whole} whole, {:?}", summary.lost);
        assert!(!summary.was_whole);
    }
}

#[test]
fn a_cut_archive_keeps_its_blocks() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = archive(folder.path(), 0);
    let (summary, out) = repaired(folder.path(), &bytes[..bytes.len() - 60]).unwrap();
    check(folder.path(), &out);
    assert!(!summary.lost.is_empty() && summary.lost.iter().all(|line| line.contains("without their names")));
    assert!(matches!(repaired(folder.path(), b"no archive at all"), Err(Error::Corrupt(_))));
}

/// Heads of parity that lie about where their bytes are.
#[test]
fn lying_parity_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = archive(folder.path(), 0);
    for (at, length, shard) in [(u64::MAX - 3, 1, 64), (u64::MAX, 64, 64), (1 << 63, 64, 64), (5, 1 << 26, 1 << 26), (0, 0, 64)] {
        let mut damaged = [&bytes[..], &bytes].concat();
        for behind in [false, true] {
            GroupHead { behind, at, length, shard, data: vec![1], recovery: vec![2] }.write_to(&mut damaged);
        }
        let (summary, out) = repaired(folder.path(), &damaged).unwrap();
        check(folder.path(), &out);
        assert!(!summary.was_whole);
    }
}

/// A file with nothing but a header, or a footer, was once "repaired" to an empty one.
#[test]
fn an_archive_of_which_nothing_is_left_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = archive(folder.path(), 0);
    let header = 15;
    for rest in [&bytes[..header], &bytes[bytes.len() - 25..], &[&bytes[..header], &b"noise"[..]].concat()] {
        match repaired(folder.path(), rest) {
            Err(Error::Corrupt(text)) => assert!(text.contains("nothing"), "{text}"),
            other => panic!("{:?}", other.map(|(_, out)| out.len())),
        }
    }
}

#[test]
fn parity_mends_to_the_byte() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = archive(folder.path(), 5000);
    for place in (0..bytes.len()).step_by(bytes.len() / 20) {
        let mut damaged = bytes.clone();
        let end = (place + 200).min(damaged.len());
        damaged[place..end].fill(0x55);
        let (summary, out) = repaired(folder.path(), &damaged).unwrap();
        assert!(summary.lost.is_empty(), "at {place}: {:?} {:?}", summary.lost, summary.notes);
        assert_eq!(check(folder.path(), &out), 8);
    }
}

/// Blocks that go on from a base are kept if it is, and are nothing without it.
#[test]
fn a_base_is_kept_with_what_goes_on_from_it() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("d");
    fs::create_dir(&root).unwrap();
    let words = ["model ", "of ", "context ", "the ", "mixer ", "learns ", "every ", "weight ", "again\n", "and ", "then ", "predicts "];
    let text: Vec<&str> = (0..700usize).map(|place| words[place * place / 7 % 12]).collect();
    for number in 0..12 {
        fs::write(root.join(format!("f{number}")), text[number * 30..number * 30 + 300].concat()).unwrap();
    }
    let options = CreateOptions { solid: Some(4000), base: Some(6000), ..CreateOptions::default() };
    let path = folder.path().join("x.cmx");
    Archive::create(&path, std::slice::from_ref(&root), &options).unwrap();
    let bytes = fs::read(&path).unwrap();
    let opened = Archive::open(&path, &DecodeOptions::default()).unwrap();
    let member = &opened.members()[0];
    let blocks = member.index.blocks.len();
    let in_base = (0..12).filter(|&number| member.index.content_offsets()[number + 1] < member.index.blocks[0].raw_len).count();
    assert!(member.header.is_based() && blocks > 3 && (1..6).contains(&in_base), "{blocks} {in_base}");
    for block in 0..blocks {
        let mut damaged = bytes.clone();
        damaged[(member.block_at[block] + member.index.blocks[block].record_len) as usize - 1] ^= 1;
        let (summary, out) = repaired(folder.path(), &damaged).unwrap();
        let whole = check(folder.path(), &out);
        assert_eq!(whole + summary.lost.len(), 12, "{block}: {:?}", summary.lost);
        assert_eq!(whole == 0, block == 0, "block {block}: {whole} whole");
        assert!(block == 0 || whole >= 12 - 4, "block {block}: {whole} whole");
    }
    // Without index there are no names, and every block can still be read.
    let (_, out) = repaired(folder.path(), &bytes[..bytes.len() - 60]).unwrap();
    check(folder.path(), &out);
}
