//! Repair of damaged archives: files that are whole are saved, lost files are named, and parity
//! repairs damage.

mod noise;

use std::fs;
use std::path::Path;

use cmx::archive::CreateOptions;
use cmx::archive::Selection;
use cmx::archive::{RepairSummary, repair};
use cmx::internals::container::parity::GroupHead;
use cmx::{Archive, DecodeOptions, EncodeOptions, Error};
use noise::{WORDS, noise};

fn archive(folder: &Path, parity: u32) -> Vec<u8> {
    let root = folder.join("d");
    fs::create_dir(&root).unwrap();
    for number in 0..8 {
        let content: Vec<u8> = (0..3000u32).map(|place| (place * (number + 3) / 7) as u8).collect();
        fs::write(root.join(format!("f{number}")), content).unwrap();
    }
    let encode = EncodeOptions::new().level(cmx::internals::level::LEVELS[0]);
    let options = CreateOptions::new().encode(encode).solid(6000).parity(parity);
    let path = folder.join("x.cmx");
    Archive::create(&path, &[root], &options).unwrap();
    fs::read(path).unwrap()
}

fn repaired(folder: &Path, bytes: &[u8]) -> cmx::Result<(RepairSummary, Vec<u8>)> {
    let path = folder.join("damaged.cmx");
    fs::write(&path, bytes).unwrap();
    let mut out = Vec::new();
    let summary =
        repair(&fs::File::open(path).unwrap(), folder, &mut out, &DecodeOptions::default())?;
    Ok((summary, out))
}

/// Checks that the archive opens, and that every file with its old name has its old content.
fn check(folder: &Path, bytes: &[u8]) -> usize {
    let path = folder.join("check.cmx");
    fs::write(&path, bytes).unwrap();
    let opened = Archive::open(&path, &DecodeOptions::default()).unwrap();
    opened.extract_to(&Selection::new(&[]).unwrap(), &mut Vec::new()).unwrap();
    let names: Vec<Vec<u8>> =
        opened.entries().filter(|entry| entry.size > 0).map(|entry| entry.path.clone()).collect();
    let mut whole = 0;
    for name in names.iter().filter(|name| !name.starts_with(b"lost+found")) {
        let mut content = Vec::new();
        opened
            .extract_to(&Selection::new(std::slice::from_ref(name)).unwrap(), &mut content)
            .unwrap();
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
        assert!(
            whole + lost >= 4 && (whole >= 6 || whole == 0),
            "at {place}: {whole} whole, {:?}",
            summary.lost
        );
        assert!(!summary.was_whole);
    }
}

/// Names are written before the blocks. Without the index they still tell everything but the
/// content of damaged blocks.
#[test]
fn a_cut_archive_keeps_its_blocks() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = archive(folder.path(), 0);
    let (summary, out) = repaired(folder.path(), &bytes[..bytes.len() - 60]).unwrap();
    assert_eq!(check(folder.path(), &out), 8);
    assert!(
        matches!(&summary.lost[..], [line] if line.ends_with("not recognised")),
        "{:?}",
        summary.lost
    );
    // Without index and names, the contents of blocks have no names.
    let mut damaged = bytes[..bytes.len() - 60].to_vec();
    let names_at = bytes
        .windows(4)
        .position(|window| window == cmx::internals::container::format::MARKER)
        .unwrap();
    damaged[names_at + 9] ^= 1;
    let (summary, out) = repaired(folder.path(), &damaged).unwrap();
    check(folder.path(), &out);
    let nameless = summary.lost.iter().filter(|line| line.contains("without their names")).count();
    assert!(nameless >= 4, "{:?}", summary.lost);
    assert!(matches!(repaired(folder.path(), b"no archive at all"), Err(Error::NotAnArchive(_))));
}

/// Heads of parity with false offsets of the protected bytes.
#[test]
fn lying_parity_is_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = archive(folder.path(), 0);
    for (from_start, range, shard) in [
        (u64::MAX - 3, 1..65, 64),
        (u64::MAX, 0..64, 64),
        (1 << 63, 1 << 62..(1 << 62) + 64, 64),
        (1 << 40, 5..1 << 26, 1 << 26),
        (0, 0..64, 64),
        (64, 0..64, 64),
        (100, 0..64, 1 << 40),
    ] {
        let mut damaged = [&bytes[..], &bytes].concat();
        for is_second in [false, true] {
            GroupHead {
                is_second,
                from_start,
                ranges: vec![range.clone()],
                shard,
                share: 0,
                hash: 1,
                data: vec![1],
                recovery: vec![2],
            }
            .write_to(&mut damaged);
        }
        let (summary, out) = repaired(folder.path(), &damaged).unwrap();
        check(folder.path(), &out);
        assert!(!summary.was_whole);
    }
}

/// An early version repaired a file with only a header, or only a footer, to an empty archive.
#[test]
fn an_archive_of_which_nothing_is_left_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = archive(folder.path(), 0);
    let header = 15;
    for rest in
        [&bytes[..header], &bytes[bytes.len() - 25..], &[&bytes[..header], &b"noise"[..]].concat()]
    {
        match repaired(folder.path(), rest) {
            Err(Error::Corrupt(text)) => assert!(text.contains("nothing"), "{text}"),
            other => panic!("{:?}", other.map(|(_, out)| out.len())),
        }
    }
}

fn stream(byte: u8) -> Vec<u8> {
    cmx::compress(&(0..900).map(|place| byte ^ ((place * place) >> 5) as u8).collect::<Vec<u8>>())
        .unwrap()
}

/// An early version ignored a damaged small stream between two whole ones without a report.
#[test]
fn a_lost_small_stream_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (stream(1), stream(2));
    let lost = format!("stream-2, {} bytes at byte {}: ", second.len(), first.len());
    for from in [8, second.len() / 2, second.len() - 1] {
        let mut damaged = second.clone();
        damaged[from..].iter_mut().for_each(|byte| *byte ^= 0x5A);
        let (summary, out) =
            repaired(folder.path(), &[&first[..], &damaged, &first].concat()).unwrap();
        assert_eq!(summary.whole, 2);
        assert_eq!(out, [&first[..], &first].concat());
        assert!(
            matches!(&summary.lost[..], [line] if from == 8 || line.starts_with(&lost)),
            "{from}: {:?}",
            summary.lost
        );
    }
    match repaired(folder.path(), &[&first[..first.len() - 3], b"xyz"].concat()) {
        Err(Error::Corrupt(text)) => assert!(
            text.contains("nothing that can be saved") && text.contains("one hash"),
            "{text}"
        ),
        other => panic!("{:?}", other.map(|(summary, _)| summary)),
    }
}

static SMALL_BLOCKS: cmx::Level = cmx::internals::level::LEVELS[0].with_block_size(700);

fn long_stream(raw: &[u8]) -> Vec<u8> {
    cmx::compress_with(raw, &EncodeOptions::new().level(SMALL_BLOCKS)).unwrap()
}

/// An early version wrote the rest of damaged streams as named members between unnamed ones, and
/// nothing could read the result.
#[test]
fn streams_stay_streams() {
    let folder = tempfile::tempdir().unwrap();
    let raw: Vec<Vec<u8>> =
        [11, 12, 13].iter().map(|&seed| noise(3000 + seed)[seed..].to_vec()).collect();
    let coded: Vec<Vec<u8>> = raw.iter().map(|raw| long_stream(raw)).collect();
    let damage = |from: usize, length: usize| {
        let mut second = coded[1].clone();
        second[from..from + length].fill(0x55);
        repaired(folder.path(), &[&coded[0][..], &second, &coded[2]].concat()).unwrap()
    };
    // Damage in the second block, in all blocks, in the index, in the footer, in the header.
    let (summary, out) = damage(900, 20);
    assert_eq!(
        cmx::decompress(&out).unwrap(),
        [&raw[0][..], &raw[1][..700], &raw[1][1400..], &raw[2]].concat()
    );
    assert!(
        summary.whole == 2
            && summary.lost
                == ["stream-2: bytes 700 to 1400 of 3000; the other 2300 are saved, joined"]
    );
    let (summary, out) = damage(20, 3100);
    assert_eq!(out, [&coded[0][..], &coded[2]].concat());
    assert!(
        matches!(&summary.lost[..], [line] if line.starts_with("stream-2, ")),
        "{:?}",
        summary.lost
    );
    let (summary, out) = damage(coded[1].len() - 60, 20);
    assert_eq!(cmx::decompress(&out).unwrap(), raw.concat());
    assert!(summary.lost[0].starts_with("stream-2: 3000 bytes are saved; "), "{:?}", summary.lost);
    for (from, length) in [(coded[1].len() - 9, 3), (2, 9)] {
        let (summary, out) = damage(from, length);
        assert_eq!(cmx::decompress(&out).unwrap(), raw.concat());
        assert!(summary.whole == 3 && summary.lost.is_empty(), "{:?}", summary.lost);
    }
    // A cut stream keeps its beginning.
    let (summary, out) = repaired(folder.path(), &coded[0][..2000]).unwrap();
    assert_eq!(cmx::decompress(&out).unwrap(), raw[0][..1400]);
    assert!(
        summary.lost[0].starts_with("stream-1: 1400 bytes are saved; the end is missing"),
        "{:?}",
        summary.lost
    );
}

/// Streams between named members get names, because an archive of both kinds cannot be extracted.
#[test]
fn streams_between_named_members_get_names() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = archive(folder.path(), 0);
    let raw = noise(2000);
    let (small, long) = (cmx::compress(&raw[..900]).unwrap(), long_stream(&raw));
    let mut damaged = long.clone();
    damaged[1000] ^= 1;
    let joined =
        [&bytes[..], &small, &long, &damaged, &cmx::compress(b"").unwrap(), b"noise"].concat();
    let (summary, out) = repaired(folder.path(), &joined).unwrap();
    assert_eq!(summary.lost.len(), 2, "{:?}", summary.lost);
    let path = folder.path().join("repaired.cmx");
    fs::write(&path, &out).unwrap();
    let opened = Archive::open(&path, &DecodeOptions::default()).unwrap();
    let target = folder.path().join("out");
    opened
        .extract(&Selection::new(&[]).unwrap(), &target, &cmx::archive::ExtractOptions::default())
        .unwrap();
    let read = |name: &str| fs::read(target.join(name)).unwrap();
    assert!(
        read("stream-2") == raw[..900] && read("stream-3") == raw && read("stream-5").is_empty()
    );
    assert_eq!(read("lost+found/stream-4.from-0"), raw[..700]);
}

/// Every range of the file that is neither whole nor listed in an index is reported.
#[test]
fn what_is_not_recognised_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = archive(folder.path(), 0);
    let strange = noise(5000);
    let cases: [(Vec<&[u8]>, &str); 6] = [
        (vec![&bytes, &strange[..77], &bytes], "77 bytes at byte "),
        (vec![&strange[..77], &bytes], "77 bytes at byte 0, not recognised"),
        (vec![&bytes, &strange[..1]], "1 byte at byte "),
        // A member without its header: its names are unknown, but its offset is known.
        (vec![&bytes, &bytes[..15], &strange, &bytes], "member-2, 5015 bytes at byte "),
        // A member without its footer.
        (vec![&bytes, &strange, &bytes[bytes.len() - 25..]], "5025 bytes at byte "),
        // Footers without a member.
        (vec![&bytes, &bytes[bytes.len() - 25..], &bytes], "25 bytes at byte "),
    ];
    for (parts, line) in cases {
        let (summary, out) = repaired(folder.path(), &parts.concat()).unwrap();
        assert!(
            !summary.was_whole && matches!(&summary.lost[..], [lost] if lost.starts_with(line)),
            "{line}: {:?}",
            summary.lost
        );
        check(folder.path(), &out);
    }
}

/// Damage to bytes without content loses no content, and no loss is reported.
#[test]
fn header_and_footer_can_be_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = archive(folder.path(), 0);
    for place in [2, 9, bytes.len() - 5] {
        let mut damaged = bytes.clone();
        damaged[place] ^= 4;
        let (summary, out) = repaired(folder.path(), &damaged).unwrap();
        assert!(summary.lost.is_empty() && !summary.was_whole, "{:?}", summary.lost);
        assert_eq!(check(folder.path(), &out), 8);
    }
}

/// An archive inside of a damaged block is content and not a member.
#[test]
fn an_archive_in_the_archive_is_no_member() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("d");
    fs::create_dir(&root).unwrap();
    let inner = cmx::compress(&noise(3000)).unwrap();
    fs::write(root.join("inner.cmx"), &inner).unwrap();
    fs::write(root.join("other"), noise(9000)).unwrap();
    let encode = EncodeOptions::new().level(cmx::internals::level::LEVELS[0]);
    let options = CreateOptions::new().encode(encode).solid(1000);
    let path = folder.path().join("x.cmx");
    Archive::create(&path, &[root], &options).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let start =
        bytes.windows(inner.len()).position(|window| window == inner).expect("stored as it is");
    bytes[start - 1] ^= 1;
    let (summary, out) = repaired(folder.path(), &bytes).unwrap();
    assert!(
        matches!(&summary.lost[..], [line] if line.ends_with("inner.cmx")),
        "{:?}",
        summary.lost
    );
    assert_eq!(check(folder.path(), &out), 1);
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

/// Parity protects a repaired archive as it protected the damaged one. An early version dropped it
/// without a report.
#[test]
fn parity_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = archive(folder.path(), 1000);
    let parity_at = bytes
        .windows(4)
        .position(|window| window == cmx::internals::container::parity::GROUP_MARKER)
        .unwrap();
    // The footer; the recovery shards; the record of parity and its first head.
    for (from, to) in [
        (bytes.len() - 5, bytes.len()),
        (parity_at + 200, parity_at + 220),
        (parity_at - 20, parity_at + 20),
    ] {
        let mut damaged = bytes.clone();
        damaged[from..to].fill(0x55);
        let (summary, out) = repaired(folder.path(), &damaged).unwrap();
        assert!(
            summary.lost.is_empty() && !summary.was_whole && summary.whole == 9,
            "{from}: {summary:?}"
        );
        assert!(
            matches!(&summary.notes[..], [note] if note.ends_with("computed again")),
            "{from}: {:?}",
            summary.notes
        );
        assert!(out == bytes, "{from}");
        let mut again = out.clone();
        again[100..200].fill(0x55);
        let (summary, mended) = repaired(folder.path(), &again).unwrap();
        assert!(summary.lost.is_empty() && mended == out, "{from}: {summary:?}");
    }
    // All of the parity is damaged: its length tells its share.
    let mut damaged = bytes.clone();
    damaged[parity_at - 30..bytes.len() - 25].fill(0x55);
    let (summary, out) = repaired(folder.path(), &damaged).unwrap();
    assert!(
        summary.lost.is_empty() && summary.notes == ["parity of member-1 was computed again"],
        "{summary:?}"
    );
    assert!(out == bytes);
    // The footer is damaged too: nothing tells the share of the parity.
    damaged[bytes.len() - 25..].fill(0x55);
    let (summary, out) = repaired(folder.path(), &damaged[..bytes.len() - 1]).unwrap();
    assert!(matches!(&summary.lost[..], [line] if line.ends_with("not recognised")), "{summary:?}");
    assert_eq!(check(folder.path(), &out), 8);
}

/// Dependent blocks are kept if their reference block is whole, and lost without it.
#[test]
fn a_base_is_kept_with_what_goes_on_from_it() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("d");
    fs::create_dir(&root).unwrap();
    let text: Vec<&str> = (0..700usize).map(|place| WORDS[place * place / 7 % 12]).collect();
    for number in 0..12 {
        fs::write(root.join(format!("f{number}")), text[number * 30..number * 30 + 300].concat())
            .unwrap();
    }
    let options = CreateOptions::new().solid(4000).reference(6000);
    let path = folder.path().join("x.cmx");
    Archive::create(&path, std::slice::from_ref(&root), &options).unwrap();
    let bytes = fs::read(&path).unwrap();
    let opened = Archive::open(&path, &DecodeOptions::default()).unwrap();
    let member = &opened.members()[0];
    let blocks = member.index.blocks.len();
    let in_base = (0..12)
        .filter(|&number| {
            member.index.content_offsets()[number + 1] < member.index.blocks[0].raw_len
        })
        .count();
    assert!(
        member.header.has_reference() && blocks > 3 && (1..6).contains(&in_base),
        "{blocks} {in_base}"
    );
    for block in 0..blocks {
        let mut damaged = bytes.clone();
        damaged[(member.block_at[block] + member.index.blocks[block].record_len) as usize - 1] ^= 1;
        let (summary, out) = repaired(folder.path(), &damaged).unwrap();
        let whole = check(folder.path(), &out);
        assert_eq!(whole + summary.lost.len(), 12, "{block}: {:?}", summary.lost);
        assert_eq!(whole == 0, block == 0, "block {block}: {whole} whole");
        assert!(block == 0 || whole >= 12 - 4, "block {block}: {whole} whole");
    }
    // Without the index there are no names, but every block can be read.
    let (_, out) = repaired(folder.path(), &bytes[..bytes.len() - 60]).unwrap();
    check(folder.path(), &out);
}
