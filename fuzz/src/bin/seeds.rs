//! Writes what each target starts from, below the folder that is named: small inputs of every kind,
//! and archives of them, built with the hashes that the targets are built with.

use std::fs;
use std::path::{Path, PathBuf};

use cmx::archive::CreateOptions;
use cmx::internals::container::header::Header;
use cmx::internals::container::index::{BlockRow, Index};
use cmx::archive::{Entry, EntryKind, Extent};
use cmx::{Metadata, Time};
use cmx::internals::level::{LEVELS, Level};
use cmx::{Archive, EncodeOptions};

#[path = "../../../src/block/tests/sample.rs"]
#[allow(dead_code)]
mod sample;

static SMALL_BLOCKS: Level = LEVELS[0].with_block_size(400);

struct Seeds {
    root: PathBuf,
    count: usize,
}

impl Seeds {
    fn put(&mut self, targets: &[&str], bytes: &[u8]) {
        for target in targets {
            let folder = self.root.join(target);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join(format!("seed-{:03}", self.count)), bytes).unwrap();
        }
        self.count += 1;
    }
}

fn index() -> Index {
    let metadata = Metadata { mode: Some(0o644), mtime: Some(Time { seconds: 1_700_000_000, nanos: 5 }) };
    let file = Entry { path: b"a/b.txt".to_vec(), size: 70_000, hash: 77, metadata, ..Entry::default() };
    let extents = Some(vec![Extent { offset: 4096, length: 10 }, Extent { offset: 1 << 30, length: 5 }]);
    let entries = vec![
        Entry { path: b"a".to_vec(), kind: EntryKind::Directory, metadata, owner: Some((0, 1000)), ..Entry::default() },
        file.clone(),
        Entry { path: b"c".to_vec(), same_as: Some(1), ..file },
        Entry { path: b"hole".to_vec(), size: 1 << 40, extents, xattrs: vec![(b"user.a".to_vec(), vec![0, 1])], ..Entry::default() },
        Entry { path: b"l".to_vec(), kind: EntryKind::Symlink, link: b"../x".to_vec(), ..Entry::default() },
        Entry { path: b"h".to_vec(), kind: EntryKind::Hardlink, link: b"a/b.txt".to_vec(), ..Entry::default() },
    ];
    Index::new(vec![BlockRow { record_len: 900, raw_len: 70_015 }], entries)
}

fn archive(folder: &Path, number: usize, parity: u32, solid: u64, reference: u64) -> Vec<u8> {
    let encode = EncodeOptions::new().level(LEVELS[number - 1]);
    let options = CreateOptions::new().encode(encode).solid(solid).reference(reference).parity(parity);
    let path = folder.join("x.cmx");
    Archive::create(&path, &["d".into()], &options).unwrap();
    fs::read(path).unwrap()
}

fn main() {
    let root = std::env::args_os().nth(1).expect("a folder for the seeds");
    let mut seeds = Seeds { root: std::path::absolute(root).unwrap(), count: 0 };
    for (_, raw) in sample::all() {
        let raw = &raw[..raw.len().min(1200)];
        for number in [1, 4, 6, 7] {
            let options = |level: &Level| EncodeOptions::new().level(*level);
            seeds.put(&["decode", "repair"], &cmx::compress_with(raw, &options(&LEVELS[number - 1])).unwrap());
            let coded = cmx::internals::block::encode(raw, &LEVELS[number - 1], false).unwrap().bytes;
            seeds.put(&["block"], &[&(raw.len() as u16).to_le_bytes()[..], &coded].concat());
            seeds.put(&["round_trip"], &[&[number as u8 - 1 + 8], &raw[..300.min(raw.len())]].concat());
            if number == 1 {
                seeds.put(&["decode", "list", "repair"], &cmx::compress_with(raw, &options(&SMALL_BLOCKS)).unwrap());
            }
        }
        seeds.put(&["kernels"], raw);
    }
    for (_, raw) in sample::all() {
        for parts in cmx::internals::block::transforms(&raw, &LEVELS[7]) {
            seeds.put(&["transforms"], &cmx_fuzz::parts_to_bytes(&parts, raw.len()));
        }
    }
    seeds.put(&["index"], &index().to_bytes());
    seeds.put(&["index"], &Index::default().to_bytes());
    for features in [0, 1, 6, 8] {
        let mut bytes = Vec::new();
        Header::new(features).write_to(&mut bytes);
        seeds.put(&["header"], &bytes);
    }
    let work = tempfile::tempdir().unwrap();
    std::env::set_current_dir(work.path()).unwrap();
    fs::create_dir_all("d/e").unwrap();
    for (name, raw) in sample::all() {
        fs::write(format!("d/{name}"), &raw[..raw.len().min(150)]).unwrap();
    }
    fs::write("d/e/text", sample::text(150)).unwrap();
    std::os::unix::fs::symlink("text", "d/link").unwrap();
    fs::hard_link("d/text", "d/e/again").unwrap();
    for number in 0..5 {
        fs::write(format!("d/e/{number}.txt"), &sample::text(400)[number * 30..number * 30 + 200]).unwrap();
    }
    for (number, parity, solid, reference) in [(1, 0, 1 << 20, 0), (1, 0, 500, 0), (1, 1000, 1000, 0), (5, 0, 500, 600)] {
        seeds.put(&["extract", "list", "repair"], &archive(work.path(), number, parity, solid, reference));
    }
    let text = sample::text(500);
    let level = LEVELS[4].for_small_files();
    let (coded, reference) = cmx::internals::block::encode_reference(&text, &level, 500, false).unwrap();
    let dependent = cmx::internals::block::encode_dependent(&text[..300], &level, &reference.unwrap(), false).unwrap();
    for (length, bytes) in [(500u16, coded.bytes), (300, dependent.bytes)] {
        seeds.put(&["block"], &[&length.to_le_bytes()[..], &bytes].concat());
    }
}
