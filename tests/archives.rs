//! Archives of many files: creation, extraction and appends.

mod noise;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use cmx::archive::Selection;
use cmx::archive::WalkOptions;
use cmx::archive::{CreateOptions, ExtractOptions, Plan};
use cmx::{Archive, DecodeOptions, EncodeOptions};
use noise::WORDS;

/// A tree with every kind of entry.
fn tree(root: &Path) {
    let write = |path: &str, content: &[u8]| {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    };
    for number in 0..40 {
        write(
            &format!("src/m{}/f{number}.rs", number % 4),
            format!("fn f{number}() {{ {} }}\n", "x + 1; ".repeat(number)).as_bytes(),
        );
    }
    write("zero", b"");
    write("run.sh", b"#!/bin/sh\n");
    write("copy/of.sh", b"#!/bin/sh\n");
    write(
        "noise",
        &(0..70_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect::<Vec<_>>(),
    );
    fs::create_dir(root.join("empty")).unwrap();
    fs::set_permissions(root.join("run.sh"), fs::Permissions::from_mode(0o750)).unwrap();
    fs::hard_link(root.join("run.sh"), root.join("again.sh")).unwrap();
    symlink("src/m0", root.join("link")).unwrap();
    symlink("../../nowhere", root.join("dangling")).unwrap();
    let odd = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"odd\xff\n");
    fs::write(root.join(odd), b"odd").unwrap();
    let sparse = fs::File::create(root.join("sparse")).unwrap();
    sparse.set_len(50 << 20).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&sparse, b"data", 30 << 20).unwrap();
    fs::set_permissions(root.join("src"), fs::Permissions::from_mode(0o711)).unwrap();
    let time = std::time::UNIX_EPOCH + std::time::Duration::new(1_000_000_000, 123_456_789);
    fs::File::options().write(true).open(root.join("zero")).unwrap().set_modified(time).unwrap();
    fs::File::open(root.join("src")).unwrap().set_modified(time).unwrap();
}

fn options() -> CreateOptions {
    let encode = EncodeOptions::new().level(cmx::internals::level::LEVELS[0]).threads(2);
    CreateOptions::new().encode(encode)
}

/// All properties of a tree that extraction must restore, as lines.
fn facts(root: &Path) -> Vec<String> {
    let mut facts = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let found = fs::symlink_metadata(&path).unwrap();
            let content = if found.is_file() { fs::read(&path).unwrap() } else { Vec::new() };
            let link = fs::read_link(&path).unwrap_or_default();
            let name = path.strip_prefix(root).unwrap().to_path_buf();
            let size = if found.is_file() { found.len() } else { 0 };
            let hash = cmx::internals::container::hash::hash(&content);
            facts.push(format!(
                "{name:?} {:o} {size} {}.{} {link:?} {hash:x}",
                found.mode(),
                found.mtime(),
                found.mtime_nsec()
            ));
            if found.is_dir() {
                folders.push(path);
            }
        }
    }
    facts.sort();
    facts
}

/// A folder with the tree `d` and an archive `x.cmx` of that tree.
fn fixture(options: &CreateOptions) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("d");
    fs::create_dir(&root).unwrap();
    tree(&root);
    let archive = folder.path().join("x.cmx");
    let summary = Archive::create(&archive, std::slice::from_ref(&root), options).unwrap();
    assert!(summary.warnings.is_empty(), "{:?}", summary.warnings);
    (folder, archive)
}

fn open(path: &Path) -> Archive {
    Archive::open(path, &DecodeOptions::new().threads(2)).unwrap()
}

fn all() -> Selection {
    Selection::new(&[]).unwrap()
}

/// The path of the tree in the archive: its absolute path without the root.
fn stored(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().strip_prefix("/").unwrap().join("d")
}

#[test]
fn every_kind_of_entry_comes_back() {
    let (folder, archive) = fixture(&options());
    let out = folder.path().join("out");
    open(&archive).extract(&all(), &out, &ExtractOptions::default()).unwrap();
    let extracted = out.join(stored(&folder));
    assert_eq!(facts(&extracted), facts(&folder.path().join("d")));
    let same = |one: &str, other: &str| {
        fs::metadata(extracted.join(one)).unwrap().ino()
            == fs::metadata(extracted.join(other)).unwrap().ino()
    };
    assert!(same("run.sh", "again.sh") && !same("run.sh", "copy/of.sh"));
    assert!(fs::metadata(extracted.join("sparse")).unwrap().blocks() < 1000);
}

#[test]
fn the_same_bytes_for_any_threads() {
    let (folder, archive) = fixture(&options());
    let expected = fs::read(&archive).unwrap();
    for threads in [1, 3] {
        let mut options = options().solid(20_000);
        let other = folder.path().join("other.cmx");
        Archive::create(&other, &[folder.path().join("d")], &options).unwrap();
        let cut = fs::read(&other).unwrap();
        options.encode.threads = threads;
        Archive::create(&other, &[folder.path().join("d")], &options).unwrap();
        assert_eq!(fs::read(&other).unwrap(), cut);
        options.solid = None;
        Archive::create(&other, &[folder.path().join("d")], &options).unwrap();
        assert_eq!(fs::read(&other).unwrap(), expected);
    }
}

#[test]
fn one_file_takes_only_its_block() {
    let (folder, archive) = fixture(&options().solid(2000));
    // Damages every block except the block with the wanted file. The extraction does not read them.
    let opened = open(&archive);
    let member = &opened.members()[0];
    let wanted = stored(&folder).join("src/m3/f39.rs");
    let name = wanted.as_os_str().as_encoded_bytes();
    let place = member.index.entries.iter().position(|entry| entry.path == name).unwrap();
    let at = member.index.content_offsets()[place];
    let mut bytes = fs::read(&archive).unwrap();
    assert!(member.index.blocks.len() > 5);
    for (block, &record_at) in member.block_at.iter().enumerate() {
        if !(member.content_at[block]..member.content_at[block + 1]).contains(&at) {
            bytes[(record_at + member.index.blocks[block].record_len) as usize - 1] ^= 1;
        }
    }
    let damaged = folder.path().join("damaged.cmx");
    fs::write(&damaged, bytes).unwrap();
    let mut out = Vec::new();
    let selection = Selection::new(&[name.to_vec()]).unwrap();
    open(&damaged).extract_to(&selection, &mut out).unwrap();
    assert_eq!(out, fs::read(folder.path().join("d/src/m3/f39.rs")).unwrap());
    open(&damaged).extract_to(&all(), &mut out).unwrap_err();
}

#[test]
fn identical_files_are_stored_once() {
    let (folder, archive) = fixture(&options());
    let opened = open(&archive);
    let name = stored(&folder).join("run.sh");
    let doubled = opened.entries().filter(|entry| entry.same_as.is_some()).count();
    assert_eq!(doubled, 1);
    let selected = Selection::new(&[name.as_os_str().as_encoded_bytes().to_vec()]);
    let out = folder.path().join("out");
    opened.extract(&selected.unwrap(), &out, &ExtractOptions::default()).unwrap();
    assert_eq!(fs::read(out.join(name)).unwrap(), b"#!/bin/sh\n");
}

#[test]
fn append_replaces_and_adds_and_survives_being_cut() {
    let (folder, archive) = fixture(&options());
    let before = fs::read(&archive).unwrap();
    let path = folder.path().join("d/run.sh");
    fs::write(&path, b"changed\n").unwrap();
    fs::write(folder.path().join("d/new"), b"new\n").unwrap();
    let roots = [path, folder.path().join("d/new")];
    let append = || {
        let plan = Plan::of(&roots, WalkOptions::default()).unwrap();
        Archive::append(&archive, plan, &options(), &DecodeOptions::default()).unwrap()
    };
    append();
    let after = fs::read(&archive).unwrap();
    assert_eq!(after[..before.len()], before);
    let content = |name: &str| {
        let mut out = Vec::new();
        let name = stored(&folder).join(name).as_os_str().as_encoded_bytes().to_vec();
        open(&archive).extract_to(&Selection::new(&[name])?, &mut out).map(|_| out)
    };
    assert_eq!(
        (content("run.sh").unwrap(), content("new").unwrap()),
        (b"changed\n".to_vec(), b"new\n".to_vec())
    );
    for cut in (before.len()..before.len() + 7).chain((before.len()..after.len()).step_by(7)) {
        fs::write(&archive, &after[..cut]).unwrap();
        let opened = open(&archive);
        assert_eq!(opened.warnings().is_empty(), cut == before.len());
        assert!(content("new").is_err() && content("zero").is_ok());
    }
    append();
    assert_eq!(fs::read(&archive).unwrap(), after);
}

#[test]
fn append_does_not_cut_off_what_is_only_damaged() {
    let (folder, archive) = fixture(&options());
    let before = fs::metadata(&archive).unwrap().len() as usize;
    let append = |limits: &DecodeOptions| {
        let plan = Plan::of(&[folder.path().join("d/zero")], WalkOptions::default()).unwrap();
        Archive::append(&archive, plan, &options(), limits)
    };
    append(&DecodeOptions::default()).unwrap();
    let whole = fs::read(&archive).unwrap();
    // Damage in the footer, in the index and in the header.
    for (place, can_be_cut) in
        [(whole.len() - 3, true), (whole.len() - 40, false), (before + 8, false)]
    {
        let mut damaged = whole.clone();
        damaged[place] ^= 1;
        fs::write(&archive, &damaged).unwrap();
        let error = append(&DecodeOptions::default()).unwrap_err();
        assert!(error.is_damage() && error.to_string().contains("is damaged"), "{error}");
        assert_eq!(fs::read(&archive).unwrap(), damaged);
        let cut = append(&DecodeOptions::new().ignore_trailing(true));
        assert_eq!((cut.is_ok(), fs::read(&archive).unwrap() == whole), (can_be_cut, can_be_cut));
    }
}

#[test]
fn joined_archives_are_one() {
    let (folder, archive) = fixture(&options());
    let (_other_folder, other) = fixture(&options());
    let joined = [fs::read(&archive).unwrap(), fs::read(&other).unwrap()].concat();
    fs::write(&archive, joined).unwrap();
    let opened = open(&archive);
    assert_eq!(opened.entries().count(), 2 * open(&other).entries().count());
    let mut out = Vec::new();
    opened.extract_to(&all(), &mut out).unwrap();
    drop(folder);
}

#[test]
fn archives_and_streams_are_joined_in_any_order() {
    let (_folder, named) = fixture(&options());
    let named = fs::read(&named).unwrap();
    let stream = cmx::compress(b"a stream").unwrap();
    for (parts, number) in [([&stream, &named], 1), ([&named, &stream], 2)] {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("x.cmx");
        fs::write(&archive, [&parts[0][..], &parts[1][..]].concat()).unwrap();
        let call = |arguments: &[&str]| {
            let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_cmx"));
            command.current_dir(folder.path()).args(arguments).output().unwrap()
        };
        for arguments in
            [["-t", "x.cmx"].as_slice(), &["-l", "x.cmx"], &["-d", "x.cmx", "-C", "out"]]
        {
            let output = call(arguments);
            assert!(
                output.status.success(),
                "{arguments:?}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        assert_eq!(
            fs::read(folder.path().join(format!("out/stream-{number}"))).unwrap(),
            b"a stream"
        );
        assert_eq!(call(&["-dc", "x.cmx", &format!("stream-{number}")]).stdout, b"a stream");
    }
}

#[test]
fn a_cut_archive_is_said_to_end_where_it_does() {
    let (_folder, archive) = fixture(&options());
    let whole = fs::read(&archive).unwrap();
    // Cuts in the header, in the coded bytes of a block, in the index and in the footer.
    for length in [9, whole.len() / 2, whole.len() - 60, whole.len() - 1] {
        fs::write(&archive, &whole[..length]).unwrap();
        let error = Archive::open(&archive, &DecodeOptions::default()).unwrap_err().to_string();
        assert!(error.ends_with(&format!("ends early, at byte {length}")), "{length}: {error}");
    }
}

#[test]
fn nothing_is_overwritten_unless_asked() {
    let (folder, archive) = fixture(&options());
    let out = folder.path().join("out");
    let there = out.join(stored(&folder)).join("zero");
    fs::create_dir_all(there.parent().unwrap()).unwrap();
    fs::write(&there, b"mine").unwrap();
    let before = facts(&out);
    let summary = open(&archive).extract(&all(), &out, &ExtractOptions::default()).unwrap();
    assert_eq!(summary.existing.len(), 1);
    assert!(summary.existing[0].ends_with(b"/zero") && fs::read(&there).unwrap() == b"mine");
    assert!(facts(&out).len() > before.len() + 5, "the rest is extracted");
    // Files that an interrupted extraction has written are skipped.
    let again =
        open(&archive).extract(&all(), &out, &ExtractOptions::new().skip_existing(true)).unwrap();
    assert!(again.existing.len() > 5 && again.raw == 0);
    open(&archive).extract(&all(), &out, &ExtractOptions::new().overwrite(true)).unwrap();
    assert_eq!(fs::read(there).unwrap(), b"");
}

/// A folder of texts that have long passages in common, and a file that is no text.
fn texts(root: &Path) {
    let mut state = 1u64;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as usize
    };
    let shared: Vec<&str> = (0..400).map(|_| WORDS[next() % WORDS.len()]).collect();
    fs::create_dir_all(root).unwrap();
    for number in 0..40 {
        let from = next() % 200;
        let own: String = (0..100).map(|_| WORDS[next() % WORDS.len()]).collect();
        let extension = ["rs", "md", "txt", "c"][number % 4];
        fs::write(
            root.join(format!("{number}.{extension}")),
            shared[from..from + 200].concat() + &own,
        )
        .unwrap();
    }
    fs::write(
        root.join("noise"),
        (0..3000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect::<Vec<_>>(),
    )
    .unwrap();
    fs::write(root.join("copy.txt"), fs::read(root.join("5.md")).unwrap()).unwrap();
}

fn with_reference(number: u8, reference: u64) -> CreateOptions {
    let encode = EncodeOptions::new().level(cmx::Level::new(number).unwrap()).threads(2);
    CreateOptions::new().encode(encode).solid(8000).reference(reference)
}

#[test]
fn blocks_of_small_texts_continue_from_a_reference_block() {
    let folder = tempfile::tempdir().unwrap();
    texts(&folder.path().join("d"));
    let make = |options: &CreateOptions| {
        let path = folder.path().join("x.cmx");
        Archive::create(&path, &[folder.path().join("d")], options).unwrap();
        fs::read(path).unwrap()
    };
    for level in [5, 8] {
        let alone = make(&with_reference(level, 0));
        let with_reference_block = make(&with_reference(level, 12_000));
        assert!(
            with_reference_block.len() * 10 < alone.len() * 9,
            "-{level}: {} against {}",
            with_reference_block.len(),
            alone.len()
        );
        for threads in [1, 3] {
            let mut options = with_reference(level, 12_000);
            (options.encode.threads, options.encode.verify) = (threads, threads == 1);
            assert!(make(&options) == with_reference_block, "-{level}, {threads} threads");
        }
        let opened = open(&folder.path().join("x.cmx"));
        assert!(
            opened.members()[0].header.has_reference()
                && opened.members()[0].index.blocks.len() > 5
        );
        let target = folder.path().join(format!("out{level}"));
        opened.extract(&all(), &target, &ExtractOptions::default()).unwrap();
        assert_eq!(facts(&target.join(stored(&folder))), facts(&folder.path().join("d")));
        // Extracts single files: from the reference block and from dependent blocks.
        for entry in opened.entries().filter(|entry| entry.size > 0).step_by(9) {
            let mut out = Vec::new();
            opened
                .extract_to(&Selection::new(std::slice::from_ref(&entry.path)).unwrap(), &mut out)
                .unwrap();
            let name = std::str::from_utf8(&entry.path).unwrap().rsplit('/').next().unwrap();
            assert!(out == fs::read(folder.path().join("d").join(name)).unwrap(), "{name}");
        }
    }
    // A level that sorts makes no reference blocks.
    assert_eq!(make(&with_reference(3, 12_000)), make(&with_reference(3, 0)));
}

#[test]
fn an_append_has_its_own_reference_block() {
    let folder = tempfile::tempdir().unwrap();
    texts(&folder.path().join("d"));
    let path = folder.path().join("x.cmx");
    Archive::create(&path, &[folder.path().join("d")], &with_reference(5, 12_000)).unwrap();
    fs::write(folder.path().join("d/3.c"), fs::read(folder.path().join("d/4.rs")).unwrap())
        .unwrap();
    let plan =
        cmx::archive::Plan::of(&[folder.path().join("d")], cmx::archive::WalkOptions::default())
            .unwrap();
    Archive::append(&path, plan, &with_reference(5, 12_000), &DecodeOptions::default()).unwrap();
    let opened = open(&path);
    assert_eq!(opened.members().iter().filter(|member| member.header.has_reference()).count(), 2);
    let target = folder.path().join("out");
    opened.extract(&all(), &target, &ExtractOptions::default()).unwrap();
    assert_eq!(facts(&target.join(stored(&folder))), facts(&folder.path().join("d")));
}

#[test]
fn a_damaged_reference_block_is_named() {
    let folder = tempfile::tempdir().unwrap();
    texts(&folder.path().join("d"));
    let path = folder.path().join("x.cmx");
    Archive::create(&path, &[folder.path().join("d")], &with_reference(5, 12_000)).unwrap();
    let reference_at = open(&path).members()[0].block_at[0];
    let mut bytes = fs::read(&path).unwrap();
    bytes[reference_at as usize + 60] ^= 1;
    fs::write(&path, bytes).unwrap();
    let opened = open(&path);
    let offsets = opened.members()[0].index.content_offsets();
    let is_dependent = |place: usize| offsets[place] >= opened.members()[0].index.blocks[0].raw_len;
    let (_, wanted) = opened
        .entries()
        .enumerate()
        .find(|(place, entry)| entry.size > 0 && is_dependent(*place))
        .unwrap();
    let error = opened
        .extract_to(&Selection::new(std::slice::from_ref(&wanted.path)).unwrap(), &mut Vec::new())
        .unwrap_err()
        .to_string();
    assert!(error.contains(&format!("reference block at byte {reference_at}")), "{error}");
    // Blocks that do not depend on the reference block are still whole.
    let noise =
        open(&path).entries().find(|entry| entry.path.ends_with(b"noise")).unwrap().path.clone();
    open(&path).extract_to(&Selection::new(&[noise]).unwrap(), &mut Vec::new()).unwrap();
}
