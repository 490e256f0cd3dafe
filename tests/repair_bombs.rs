//! Files made to slow down `repair`: its work stays in proportion to their length.

use std::fs;
use std::time::{Duration, Instant};

use cmx::archive::repair;
use cmx::internals::container::format::{CONTRACT, MAGIC, VERSION};
use cmx::internals::container::header::Header;
use cmx::internals::container::parity::GroupHead;
use cmx::internals::container::record::{Record, RecordKind};
use cmx::{DecodeOptions, Error, LimitKind};

/// Repairs `bytes`, and returns how long that took.
fn repaired(bytes: &[u8], memory: u64) -> (Duration, Result<(), Error>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.cmx");
    fs::write(&path, bytes).unwrap();
    let start = Instant::now();
    let options = DecodeOptions::new().memory(memory);
    let result = repair(&fs::File::open(path).unwrap(), folder.path(), &mut Vec::new(), &options);
    (start.elapsed(), result.map(drop))
}

/// The bounds are several times the measured times, because machines are shared.
fn takes_at_most(bytes: &[u8], seconds: u64, what: &str) {
    let (taken, _) = repaired(bytes, 1 << 30);
    assert!(taken < Duration::from_secs(seconds), "{what}: {taken:?} for {} bytes", bytes.len());
}

/// Heads of 20 bytes that claim shards of 64 MiB. Each took 49 ms once.
#[test]
fn heads_of_long_shards() {
    let mut bytes = Vec::new();
    for number in 0..2000u64 {
        bytes.extend_from_slice(&MAGIC);
        for shard in [64 << 20, 64, 2] {
            let (ranges, hash) = (std::iter::once(0..number + 1).collect(), 0);
            let head = GroupHead {
                is_second: false,
                from_start: bytes.len() as u64,
                ranges,
                shard,
                share: 0,
                hash,
                data: vec![1],
                recovery: vec![2],
            };
            head.write_to(&mut bytes);
        }
    }
    takes_at_most(&bytes, 5, "heads");
}

/// Groups that all claim to protect all bytes before them.
#[test]
fn heads_about_the_same_bytes() {
    let mut bytes = vec![7; 300_000];
    for number in 0..3000u64 {
        let from_start = bytes.len() as u64;
        let (range, recovery) = (number..from_start, vec![2]);
        let shard = ((from_start - number) as usize).next_multiple_of(2);
        let (ranges, data) = (std::iter::once(range).collect(), vec![1]);
        GroupHead {
            is_second: true,
            from_start,
            ranges,
            shard,
            share: 0,
            hash: number,
            data,
            recovery,
        }
        .write_to(&mut bytes);
    }
    takes_at_most(&bytes, 10, "groups");
}

/// Records of parity that each claim the rest of the file. All of it was hashed for each of them
/// once.
#[test]
fn records_that_claim_the_rest_of_the_file() {
    for kind in [RecordKind::Parity, RecordKind::Block, RecordKind::Names] {
        let mut bytes = Vec::new();
        for number in 0..40_000u64 {
            let length = (2_000_000 - bytes.len()) as u64;
            Record {
                kind,
                number,
                raw_len: length,
                coded_len: length,
                lanes: 1,
                raw_hash: 1,
                coded_hash: 2,
            }
            .write_to(&mut bytes);
        }
        bytes.resize(2_000_000, 0);
        takes_at_most(&bytes, 10, "records");
    }
}

/// Magic numbers after which up to 1 MiB was read twice once: in search of the next magic number,
/// and as a member of the compact form.
#[test]
fn magics() {
    takes_at_most(&MAGIC.repeat(250_000), 10, "magics");
    let mut compact = Vec::new();
    Header::new(1).write_to(&mut compact);
    compact.extend_from_slice(&[1, 0xC0, 0x84, 0x3D, 0xC0, 0x84, 0x3D]);
    takes_at_most(&compact.repeat(100_000), 10, "small streams");
    let mut header = Vec::new();
    Header { incompatible: 2, compatible: 0, contract: CONTRACT }.write_to(&mut header);
    assert_eq!(header[6], VERSION);
    takes_at_most(&header.repeat(60_000), 10, "headers");
}

/// Headers that lead into one chain of records. The whole chain was read for each of them once.
#[test]
fn headers_before_a_common_chain() {
    let mut chain = Vec::new();
    for number in 1..8000u64 {
        Record {
            kind: RecordKind::Block,
            number,
            raw_len: 0,
            coded_len: 0,
            lanes: 1,
            raw_hash: 0,
            coded_hash: cmx::internals::container::hash::hash(b""),
        }
        .write_to(&mut chain);
    }
    let mut header = Vec::new();
    Header { incompatible: 2, compatible: 0, contract: CONTRACT }.write_to(&mut header);
    let each = header.len() + 40;
    let mut bytes = Vec::new();
    for number in 0..8000usize {
        let start = bytes.len();
        bytes.extend_from_slice(&header);
        let length = ((8000 - number) * each - header.len()) as u64;
        let record = Record {
            kind: RecordKind::Block,
            number: 0,
            raw_len: length,
            coded_len: length,
            lanes: 1,
            raw_hash: 0,
            coded_hash: 9,
        };
        let length = length - (record.record_len() - record.coded_len);
        Record { raw_len: length, coded_len: length, ..record }.write_to(&mut bytes);
        bytes.resize(start + each, 0);
    }
    bytes.extend_from_slice(&chain);
    takes_at_most(&bytes, 10, "chains");
}

/// A group as long as the file, with the largest possible number of shards. It needs more memory
/// than is allowed, and gives an error.
#[test]
fn a_group_beyond_the_memory_is_refused() {
    let length = 16u64 << 20;
    let mut bytes = vec![7; length as usize];
    let shard = (length / 900) as usize & !1;
    let data = vec![1; length.div_ceil(shard as u64) as usize];
    let recovery = vec![2; 900];
    let head = GroupHead {
        is_second: true,
        from_start: length,
        ranges: std::iter::once(0..length).collect(),
        shard,
        share: 0,
        hash: 1,
        data,
        recovery,
    };
    head.write_to(&mut bytes);
    assert!(head.memory() > 30 << 20);
    match repaired(&bytes, 20 << 20) {
        (_, Err(Error::Limit(limit))) => {
            assert!(matches!(limit.kind, LimitKind::Memory { .. }), "{limit}")
        }
        (_, other) => panic!("{other:?}"),
    }
    assert!(matches!(repaired(&bytes, 1 << 30).1, Err(Error::Corrupt(_))));
}
