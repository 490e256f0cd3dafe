//! A cut or unfinished archive keeps the names of the contents that are there.

mod noise;

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use cmx::Time;
use cmx::archive::Entry;
use cmx::archive::Selection;
use cmx::archive::{CreateOptions, ExtractOptions};
use cmx::archive::{RepairSummary, repair};
use cmx::internals::block;
use cmx::internals::container::format::incompatible;
use cmx::internals::container::hash::{hash, narrow};
use cmx::internals::container::names::Names;
use cmx::internals::container::record::{Record, RecordKind};
use cmx::internals::container::writer::{CodedBlock, MemberWriter};
use cmx::internals::level::LEVELS;
use cmx::{Archive, DecodeOptions, EncodeOptions};
use noise::WORDS;

const FILES: usize = 60;

fn content(number: usize) -> Vec<u8> {
    let text: Vec<&str> =
        (0..120 + number).map(|place| WORDS[(place * place / 7 + place * number) % 12]).collect();
    text.concat().into_bytes()
}

/// An archive with a reference block and several dependent blocks, and the folder that it was made
/// of.
fn archive(folder: &Path) -> (Vec<u8>, PathBuf) {
    let root = folder.join("d");
    fs::create_dir(&root).unwrap();
    for number in 0..FILES {
        fs::write(root.join(format!("file-{number:02}")), content(number)).unwrap();
    }
    std::os::unix::fs::symlink("file-00", root.join("link")).unwrap();
    let options = CreateOptions::new().solid(4000).reference(6000);
    let path = folder.join("x.cmx");
    Archive::create(&path, std::slice::from_ref(&root), &options).unwrap();
    (fs::read(path).unwrap(), root)
}

fn repaired(folder: &Path, bytes: &[u8]) -> (RepairSummary, Archive) {
    let path = folder.join("damaged.cmx");
    fs::write(&path, bytes).unwrap();
    let mut out = Vec::new();
    let summary =
        repair(&fs::File::open(path).unwrap(), folder, &mut out, &DecodeOptions::default())
            .unwrap();
    let path = folder.join("repaired.cmx");
    fs::write(&path, out).unwrap();
    (summary, Archive::open(path, &DecodeOptions::default()).unwrap())
}

/// An early version restored no names from 90 % of an archive of 1,037 files: the result was seven
/// files without names.
#[test]
fn every_file_up_to_the_cut_keeps_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let (bytes, _) = archive(folder.path());
    let whole = Archive::open(folder.path().join("x.cmx"), &DecodeOptions::default()).unwrap();
    let member = &whole.members()[0];
    let (offsets, blocks) = (member.index.content_offsets(), &member.index.blocks);
    assert!(blocks.len() > 5 && member.header.has_reference() && member.index.names.len() == 1);
    let ends: Vec<u64> =
        member.block_at.iter().zip(blocks).map(|(at, row)| at + row.record_len).collect();
    for cut in [ends[0], ends[3] + 100, ends[blocks.len() - 1], bytes.len() as u64 - 3] {
        let there = ends.iter().filter(|&&end| end <= cut).count();
        let reach = member.content_at[there];
        let is_there =
            |place: usize| offsets[place] + member.index.entries[place].stored_len() <= reach;
        let expected: Vec<&Entry> = member
            .index
            .entries
            .iter()
            .enumerate()
            .filter(|&(place, _)| is_there(place))
            .map(|(_, entry)| entry)
            .collect();
        let (summary, saved) = repaired(folder.path(), &bytes[..cut as usize]);
        let kept: Vec<&Entry> =
            saved.entries().filter(|entry| !entry.path.starts_with(b"lost+found")).collect();
        assert_eq!(kept, expected, "cut at {cut}: metadata and hashes too");
        assert_eq!(summary.whole, expected.len() as u64);
        let target = folder.path().join(format!("out-{cut}"));
        saved.extract(&Selection::new(&[]).unwrap(), &target, &ExtractOptions::default()).unwrap();
        for name in kept
            .iter()
            .filter(|entry| entry.size > 0)
            .map(|entry| std::str::from_utf8(&entry.path).unwrap())
        {
            assert_eq!(
                fs::read(target.join(name)).unwrap(),
                fs::read(Path::new("/").join(name)).unwrap()
            );
        }
        let lost: Vec<&String> = summary.lost.iter().filter(|line| line.contains("/d/")).collect();
        assert_eq!(
            lost.len() + expected.len(),
            member.index.entries.len(),
            "what is lost is named: {:?}",
            summary.lost
        );
    }
}

/// The names of a repaired archive survive the next cut.
#[test]
fn a_repaired_archive_can_be_cut_too() {
    let folder = tempfile::tempdir().unwrap();
    let (bytes, _) = archive(folder.path());
    let (_, first) = repaired(folder.path(), &bytes[..bytes.len() * 9 / 10]);
    let count = first.entries().count();
    let again = fs::read(folder.path().join("repaired.cmx")).unwrap();
    let (summary, second) = repaired(folder.path(), &again[..again.len() - 30]);
    assert!(
        second.entries().count() == count && summary.whole == count as u64,
        "{:?}",
        summary.lost
    );
}

#[test]
fn a_list_of_a_cut_archive_shows_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let (bytes, _) = archive(folder.path());
    let cut = folder.path().join("cut.cmx");
    fs::write(&cut, &bytes[..bytes.len() * 8 / 10]).unwrap();
    let (_, saved) = repaired(folder.path(), &bytes[..bytes.len() * 8 / 10]);
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_cmx"))
            .args(arguments)
            .current_dir(folder.path())
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let (code, list, error) = run(&["-l", "cut.cmx"]);
    assert_eq!(code, Some(2), "{error}");
    assert!(
        error.lines().count() == 1 && error.contains("is cut") && error.contains("cmx repair"),
        "{error}"
    );
    let kept = saved.entries().filter(|entry| !entry.path.starts_with(b"lost+found")).count();
    assert!(kept > 20 && list.contains(&format!("\n{kept} entries")), "{kept}: {list}");
    assert!(
        list.contains("/d/link -> file-00") && !list.contains("00000000"),
        "hashes are not known: {list}"
    );
    let (code, json, _) = run(&["-l", "--json", "cut.cmx"]);
    assert!(code == Some(2) && json.contains("/d/file-") && !json.contains("\"hash\""));
    for call in ["-d", "-t"] {
        let (code, _, error) = run(&[call, "cut.cmx"]);
        assert!(
            code == Some(2) && error.lines().count() == 1 && error.contains("cmx repair"),
            "{call}: {error}"
        );
    }
}

/// A file changes while it is archived, so that the names before the blocks are wrong for it. Its
/// content is never shown under a wrong name.
#[test]
fn void_names_name_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let pieces: Vec<Vec<u8>> = (0..4u8).map(|number| vec![number; 500]).collect();
    let entry = |number: usize, size: usize| {
        let content = if number == 2 { &pieces[2][..size] } else { &pieces[number] };
        Entry {
            path: vec![b'a' + number as u8],
            size: size as u64,
            hash: narrow(hash(content), size as u64),
            ..Entry::default()
        }
    };
    let planned: Vec<Entry> = (0..4).map(|number| entry(number, 500)).collect();
    let mut bytes = Vec::new();
    let features = incompatible::NAMED | incompatible::NAMES;
    let mut writer = MemberWriter::begin(&mut bytes, features, 0).unwrap();
    writer.names(&planned, &LEVELS[0], true).unwrap();
    let block = |content: &[u8]| CodedBlock::encode(content, &LEVELS[0], true).unwrap();
    writer.block(&block(&[&pieces[0][..], &pieces[1]].concat())).unwrap();
    writer.void_names(2, &LEVELS[0]).unwrap();
    writer.block(&block(&[&pieces[2][..300], &pieces[3]].concat())).unwrap();
    let stored: Vec<Entry> =
        (0..4).map(|number| entry(number, if number == 2 { 300 } else { 500 })).collect();
    writer.finish(stored.clone(), &LEVELS[0], true).unwrap();
    fs::write(folder.path().join("x.cmx"), &bytes).unwrap();
    let opened = Archive::open(folder.path().join("x.cmx"), &DecodeOptions::default()).unwrap();
    assert!(opened.entries().eq(&stored));
    let index_at = bytes.len() - 40;
    let (summary, saved) = repaired(folder.path(), &bytes[..index_at]);
    let named: Vec<&[u8]> = saved.entries().map(|entry| &entry.path[..]).collect();
    assert_eq!(named, [&b"a"[..], b"b", b"lost+found/member-1-block-1"], "{:?}", summary.lost);
}

/// The cost of the names: they are stored once, and their record takes less than 0.3 % of an
/// archive of sources.
#[test]
fn names_cost_little() {
    let folder = tempfile::tempdir().unwrap();
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
    let encode = EncodeOptions::new().level(LEVELS[0]).verify(false);
    let options = CreateOptions::new().encode(encode).solid(100_000);
    let path = folder.path().join("x.cmx");
    let summary = Archive::create(&path, &[root], &options).unwrap();
    let archive = Archive::open(&path, &DecodeOptions::default()).unwrap();
    let member = &archive.members()[0];
    let [row] = &member.index.names[..] else { panic!("one record of names") };
    let record = |kind: RecordKind, raw: &[u8]| {
        let coded = block::encode(raw, &LEVELS[0], false).unwrap().bytes;
        Record::new(kind, 0, raw.len() as u64, 0, &coded).record_len()
    };
    assert_eq!(row.record_len, record(RecordKind::Names, &Names::bytes_of(&member.index.entries)));
    let with =
        row.record_len + record(RecordKind::Index, &member.index.to_bytes_with_hashes_only());
    let without = record(RecordKind::Index, &member.index.to_bytes());
    assert!(
        with <= without + summary.coded * 3 / 1000,
        "{with} and not {without} of {}",
        summary.coded
    );
}

/// The index has the time from the plan, as the names have.
#[test]
fn names_keep_the_metadata() {
    let folder = tempfile::tempdir().unwrap();
    let (bytes, root) = archive(folder.path());
    let (_, saved) = repaired(folder.path(), &bytes[..bytes.len() - 30]);
    let found = fs::metadata(root.join("file-07")).unwrap();
    let entry = saved.entries().find(|entry| entry.path.ends_with(b"/d/file-07")).unwrap();
    use std::os::unix::fs::MetadataExt;
    assert_eq!(
        entry.metadata.mtime,
        Some(Time { seconds: found.mtime(), nanos: found.mtime_nsec() as u32 })
    );
    assert_eq!(entry.metadata.mode, Some(found.mode() & 0o7777));
}

/// Files change, vanish or have a second name while an archive is made, and the archive is cut
/// anywhere. A file that comes out under a name has the content of that name or the beginning of
/// it, never that of another file.
#[test]
fn no_content_comes_out_under_the_name_of_another() {
    type Act = fn(&Path);
    let acts: [Act; 6] = [
        |_| (),
        |root| fs::remove_file(root.join("file-07")).unwrap(),
        |root| fs::write(root.join("file-07"), &content(7)[..100]).unwrap(),
        |root| fs::write(root.join("file-07"), [content(7), content(7)].concat()).unwrap(),
        |root| fs::remove_file(root.join("file-20")).unwrap(),
        |root| fs::write(root.join("copy"), content(9)).unwrap(),
    ];
    for (number, act) in acts.into_iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("d");
        fs::create_dir(&root).unwrap();
        (0..FILES).for_each(|file| {
            fs::write(root.join(format!("file-{file:02}")), content(file)).unwrap()
        });
        fs::write(root.join("copy"), content(3)).unwrap();
        fs::hard_link(root.join("file-20"), root.join("second-name")).unwrap();
        let encode = EncodeOptions::new().level(LEVELS[0]);
        let options = CreateOptions::new().solid(4000).encode(encode);
        let plan = cmx::archive::Plan::of(std::slice::from_ref(&root), options.walk).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(20));
        act(&root);
        let mut bytes = Vec::new();
        plan.write(&mut bytes, &options).unwrap();
        for share in 1..=20 {
            let cut = &bytes[..bytes.len() * share / 20];
            let damaged = folder.path().join("damaged.cmx");
            fs::write(&damaged, cut).unwrap();
            let mut out = Vec::new();
            let file = fs::File::open(damaged).unwrap();
            // Repair fails if no whole block is left.
            if repair(&file, folder.path(), &mut out, &DecodeOptions::default()).is_err() {
                assert!(share < 5, "{number}: nothing of {share}/20 is saved");
                continue;
            }
            let path = folder.path().join("repaired.cmx");
            fs::write(&path, out).unwrap();
            let target = folder.path().join(format!("out{share}"));
            let saved = Archive::open(path, &DecodeOptions::default()).unwrap();
            saved
                .extract(&Selection::new(&[]).unwrap(), &target, &ExtractOptions::default())
                .unwrap();
            for entry in saved.entries().filter(|entry| !entry.path.starts_with(b"lost+found")) {
                let path = target.join(std::ffi::OsStr::from_bytes(&entry.path));
                if !path.is_file() {
                    continue;
                }
                let name = path.file_name().unwrap().to_str().unwrap().to_string();
                let file = name.strip_prefix("file-").map_or(20, |file| file.parse().unwrap());
                let (whole, found) = (fs::read(root.join(&name)), fs::read(&path).unwrap());
                let planned = if name == "copy" { content(3) } else { content(file) };
                let is_its_own = whole.is_ok_and(|whole| whole.starts_with(&found))
                    || planned.starts_with(&found);
                assert!(is_its_own, "{number}: {name} has the content of another at {share}/20");
            }
        }
    }
}
