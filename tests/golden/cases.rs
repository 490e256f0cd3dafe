//! What is kept as archives: inputs made by code, at the levels where their kind is coded in
//! different ways.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;

use cmx::archive::WalkOptions;
use cmx::archive::{CreateOptions, Plan};
use cmx::internals::level::{LEVELS, Level, level};
use cmx::{Archive, DecodeOptions, EncodeOptions};

use super::sample;

/// Small blocks, so that a small stream takes the full form.
pub static SMALL_BLOCKS: Level = LEVELS[1].with_block_size(3000);

/// One stream: an input and how it is coded.
pub struct Stream {
    pub name: String,
    pub raw: Vec<u8>,
    parts: Vec<(Vec<u8>, &'static Level)>,
}

impl Stream {
    fn new(name: &str, raw: Vec<u8>, level: &'static Level) -> Self {
        Stream {
            name: format!("{name}-{}", level.number()),
            raw: raw.clone(),
            parts: vec![(raw, level)],
        }
    }

    /// Compresses the input: each part is a member.
    pub fn encode(&self) -> Vec<u8> {
        let options = |level: &Level| EncodeOptions::new().level(*level);
        self.parts
            .iter()
            .flat_map(|(raw, level)| cmx::compress_with(raw, &options(level)).unwrap())
            .collect()
    }
}

/// Every stream that is kept.
pub fn streams() -> Vec<Stream> {
    let mut streams = Vec::new();
    for (name, raw) in sample::all() {
        let numbers: &[u8] = match name {
            "text" | "code" => &[1, 2, 3, 4, 5, 6, 7, 8, 9],
            "noise" | "zlib" | "zip" | "gzip" => &[5],
            "table" | "tiff" | "wav" | "aiff" | "mixture" | "wasm" | "program" | "tar" => {
                &[2, 5, 7, 8]
            }
            _ => &[2, 7, 8],
        };
        streams.extend(
            numbers.iter().map(|&number| Stream::new(name, raw.clone(), level(number).unwrap())),
        );
    }
    streams.push(Stream::new("empty", Vec::new(), level(5).unwrap()));
    streams.push(Stream::new("byte", b"x".to_vec(), level(5).unwrap()));
    streams.push(Stream::new("zeros", vec![0; 200_000], level(5).unwrap()));
    streams.push(Stream::new("blocks", sample::text(10_000), &SMALL_BLOCKS));
    let parts = [
        (sample::text(500), &SMALL_BLOCKS),
        (sample::table(200), &SMALL_BLOCKS),
        (Vec::new(), level(5).unwrap()),
    ];
    let raw = parts.iter().flat_map(|part| part.0.clone()).collect();
    streams.push(Stream { name: "members".into(), raw, parts: parts.into() });
    streams
}

/// A folder with every kind of entry, and the same times and modes wherever it is made.
pub struct Tree {
    base: tempfile::TempDir,
}

impl Tree {
    pub fn new() -> Self {
        let base = tempfile::tempdir().unwrap();
        let root = base.path().join("tree");
        let write = |name: &str, content: &[u8]| {
            let path = root.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, content).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        };
        write("a/text.txt", &sample::text(4000));
        write("a/table.csv", &sample::table(120));
        write("a/again.txt", &sample::text(4000));
        write("b/code.bin", &sample::code(6000));
        write("b/deep/er/sound.wav", &sample::wav(1500));
        write("b/picture.bmp", &sample::bmp(30, 30));
        write("b/noise", &sample::noise(3000));
        // Texts that share long stretches: for a base.
        let long = sample::text(8000);
        for number in 0..8 {
            write(&format!("c/part {number}.txt"), &long[number * 700..number * 700 + 2500]);
        }
        write("empty file", b"");
        fs::write(root.join(std::ffi::OsStr::from_bytes(b"not utf-8 \xFF\n")), b"odd").unwrap();
        fs::create_dir(root.join("empty folder")).unwrap();
        fs::hard_link(root.join("a/table.csv"), root.join("b/table.csv")).unwrap();
        symlink("a/text.txt", root.join("link")).unwrap();
        symlink("../nowhere", root.join("b/dangling")).unwrap();
        settle(&root, &mut 0);
        Tree { base }
    }

    /// What an extraction must equal.
    pub fn root(&self) -> &Path {
        self.base.path()
    }

    /// The archives that are kept of it.
    pub fn archives(&self) -> Vec<(String, Vec<u8>)> {
        let here = std::env::current_dir().unwrap();
        // Stored paths are those that are given. No other test of this program depends on the
        // folder.
        std::env::set_current_dir(self.base.path()).unwrap();
        let options = |number: u8, solid, parity| {
            let encode = EncodeOptions::new().level(cmx::Level::new(number).unwrap()).threads(2);
            CreateOptions::new().encode(encode).solid(solid).parity(parity)
        };
        let work = tempfile::tempdir().unwrap();
        let path = work.path().join("x.cmx");
        let made = |options: &CreateOptions| {
            Archive::create(&path, &["tree".into()], options).unwrap();
            fs::read(&path).unwrap()
        };
        let mut archives = vec![
            ("tree-2".into(), made(&options(2, None, 0))),
            ("tree-7".into(), made(&options(7, None, 0))),
            ("tree-5-solid".into(), made(&options(5, Some(5000), 0))),
            ("tree-1-parity".into(), made(&options(1, Some(5000), 2000))),
            ("tree-5-base".into(), made(&options(5, Some(5000), 0).reference(9000))),
            ("tree-8-base".into(), made(&options(8, Some(5000), 0).reference(9000))),
        ];
        // Two members: a part of the tree, then all the rest and that part once more.
        Archive::create(&path, &["tree/a".into()], &options(1, None, 0)).unwrap();
        let plan = Plan::of(&["tree".into()], WalkOptions::default()).unwrap();
        Archive::append(&path, plan, &options(3, None, 0), &DecodeOptions::default()).unwrap();
        archives.push(("tree-appended".into(), fs::read(&path).unwrap()));
        std::env::set_current_dir(here).unwrap();
        archives
    }
}

/// Gives everything under `path` a time and a mode, folders after what is in them.
fn settle(path: &Path, count: &mut u64) {
    let found = fs::symlink_metadata(path).unwrap();
    if found.is_dir() {
        let mut names: Vec<_> =
            fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect();
        names.sort();
        names.iter().for_each(|name| settle(name, count));
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    *count += 1;
    // Two names of one file are one file: its time must not depend on which came last.
    let number = if found.nlink() > 1 && found.is_file() { 0 } else { *count };
    let time =
        rustix::fs::Timespec { tv_sec: 1_234_567_890 + number as i64 * 1000, tv_nsec: 123_456_789 };
    let times = rustix::fs::Timestamps { last_access: time, last_modification: time };
    rustix::fs::utimensat(rustix::fs::CWD, path, &times, rustix::fs::AtFlags::SYMLINK_NOFOLLOW)
        .unwrap();
}

/// Everything about what lies in `root` that an archive keeps, as lines.
pub fn facts(root: &Path) -> Vec<String> {
    let mut facts = Vec::new();
    for entry in walkdir::WalkDir::new(root).min_depth(1).sort_by_file_name() {
        let entry = entry.unwrap();
        let found = entry.metadata().unwrap();
        let name = entry.path().strip_prefix(root).unwrap().to_path_buf();
        let content = if found.is_file() {
            cmx::internals::container::hash::hash(&fs::read(entry.path()).unwrap())
        } else {
            0
        };
        let link = fs::read_link(entry.path()).unwrap_or_default();
        let (size, links) = if found.is_file() { (found.len(), found.nlink()) } else { (0, 1) };
        facts.push(format!(
            "{name:?} {:o} {size} {links} {}.{} {link:?} {content:x}",
            found.mode(),
            found.mtime(),
            found.mtime_nsec()
        ));
    }
    facts
}
