//! Archives whose sparse files or copies would cost more than their declared output.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use cmx::archive::ExtractOptions;
use cmx::archive::Selection;
use cmx::archive::{Entry, Extent};
use cmx::internals::container::format::incompatible;
use cmx::internals::container::hash::{hash, narrow};
use cmx::internals::container::writer::{CodedBlock, MemberWriter};
use cmx::internals::level::LEVELS;
use cmx::{Archive, DecodeOptions};

fn archive_of(path: &Path, content: &[u8], entries: Vec<Entry>) {
    let mut writer =
        MemberWriter::begin(fs::File::create(path).unwrap(), incompatible::NAMED, 0).unwrap();
    writer.block(&CodedBlock::encode(content, &LEVELS[0], false).unwrap()).unwrap();
    writer.finish(entries, &LEVELS[0], false).unwrap();
}

/// The content and the entry of a file with `count` bytes of data, each in an extent of its own.
fn scattered(count: u64) -> (Vec<u8>, Entry) {
    let content = vec![0; count as usize];
    let extents = (0..count).map(|number| Extent { offset: 2 * number, length: 1 }).collect();
    let hash = narrow(hash(&content), count);
    (
        content,
        Entry {
            path: b"scattered".to_vec(),
            size: 2 * count,
            hash,
            extents: Some(extents),
            ..Entry::default()
        },
    )
}

/// 256 Ki extents took 12 s when the search for each began at the first one. In proportion to the
/// extents they take a fraction of a second.
#[test]
fn many_extents_take_time_in_proportion() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.cmx");
    let (content, entry) = scattered(1 << 18);
    archive_of(&path, &content, vec![entry]);
    let archive = Archive::open(&path, &DecodeOptions::default()).unwrap();
    let start = Instant::now();
    archive.extract_to(&Selection::new(&[]).unwrap(), &mut std::io::sink()).unwrap();
    assert!(start.elapsed() < Duration::from_secs(4), "{:?}", start.elapsed());
    archive
        .extract(
            &Selection::new(&[]).unwrap(),
            &folder.path().join("out"),
            &ExtractOptions::default(),
        )
        .unwrap();
    assert_eq!(fs::metadata(folder.path().join("out/scattered")).unwrap().len(), 2 << 18);
}

/// Eight copies with 5 stored bytes each, of a sparse file of 256 MiB, wrote 2 GiB under
/// `--max-output 300M` once.
#[test]
fn copies_that_lie_about_their_size_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.cmx");
    let extents = Some(vec![Extent { offset: 0, length: 5 }]);
    let first = Entry {
        path: b"f".to_vec(),
        size: 256 << 20,
        hash: narrow(hash(b"holes"), 5),
        extents,
        ..Entry::default()
    };
    let copy = |number: u8| Entry {
        path: vec![b'a' + number],
        size: 5,
        extents: None,
        same_as: Some(0),
        ..first.clone()
    };
    archive_of(&path, b"holes", std::iter::once(first.clone()).chain((10..18).map(copy)).collect());
    for call in ["-l", "-t", "-d"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cmx"));
        command.arg(call).arg(&path).current_dir(folder.path());
        if call == "-d" {
            command.args(["--max-output", "300M"]);
        }
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{call}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("add up"), "{call}");
    }
    assert!(!folder.path().join("f").exists());
}

/// Two files with the same content and the same holes: the second file gets its holes too.
#[test]
fn a_copy_of_a_sparse_file_is_sparse() {
    use std::os::unix::fs::{FileExt, MetadataExt};

    let folder = tempfile::tempdir().unwrap();
    let tree = folder.path().join("d");
    fs::create_dir(&tree).unwrap();
    for name in ["one", "two"] {
        let file = fs::File::create(tree.join(name)).unwrap();
        file.write_all_at(b"data in the middle", 8 << 20).unwrap();
        file.set_len(16 << 20).unwrap();
    }
    let path = folder.path().join("x.cmx");
    Archive::create(&path, &[tree], &cmx::archive::CreateOptions::default()).unwrap();
    let target = folder.path().join("out");
    let archive = Archive::open(&path, &DecodeOptions::default()).unwrap();
    assert!(archive.entries().any(|entry| entry.same_as.is_some()));
    archive
        .extract(
            &Selection::new(&[b"**/one".to_vec(), b"**/two".to_vec()]).unwrap(),
            &target,
            &ExtractOptions::default(),
        )
        .unwrap();
    let stored = folder.path().strip_prefix("/").unwrap().join("d");
    for name in ["one", "two"] {
        let found = fs::metadata(target.join(&stored).join(name)).unwrap();
        assert_eq!(found.len(), 16 << 20, "{name}");
        assert!(found.blocks() * 512 < 1 << 20, "{name} takes {} blocks", found.blocks());
    }
}

/// A content that many entries share is decoded once, for a test and for a write. Ten copies took
/// ten times as long once.
#[test]
fn a_content_is_decoded_once_for_all_its_copies() {
    let folder = tempfile::tempdir().unwrap();
    let tree = folder.path().join("d");
    fs::create_dir(&tree).unwrap();
    let mut content = vec![0; 300_000];
    content.iter_mut().enumerate().for_each(|(place, byte)| *byte = ((place * place) >> 7) as u8);
    for number in 0..10 {
        fs::write(tree.join(number.to_string()), &content).unwrap();
    }
    let path = folder.path().join("x.cmx");
    Archive::create(&path, &[tree], &cmx::archive::CreateOptions::default()).unwrap();
    let progress = std::sync::Arc::new(cmx::Progress::default());
    let options = DecodeOptions::new().progress(progress.clone());
    let archive = Archive::open(&path, &options).unwrap();
    let mut out = Vec::new();
    archive.extract_to(&Selection::new(&[]).unwrap(), &mut out).unwrap();
    assert!(out == content.repeat(10));
    assert_eq!(progress.written(), 300_000, "bytes decoded to write ten files");
    archive.test(&Selection::new(&[]).unwrap()).unwrap();
    assert_eq!(progress.written(), 600_000, "and to test them");
}
