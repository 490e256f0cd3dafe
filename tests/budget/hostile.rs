//! Generators of hostile archives: their hashes are right, but their other values are false and
//! demand much memory or time.

use cmx::Metadata;
use cmx::archive::Entry;
use cmx::internals::block;
use cmx::internals::container::compact::Compact;
use cmx::internals::container::fields::put_varint;
use cmx::internals::container::footer::{FOOTER_LEN, Footer};
use cmx::internals::container::format::incompatible;
use cmx::internals::container::hash::{Hasher, hash, narrow};
use cmx::internals::container::header::Header;
use cmx::internals::container::record::{Record, RecordKind};
use cmx::internals::container::writer::{CodedBlock, MemberWriter};
use cmx::internals::kind::Kind as StreamKind;
use cmx::internals::level::{LEVELS, Level};
use cmx::internals::method::choice;

/// Numbers of the columns of an index.
pub mod column {
    pub const FLAGS: u64 = 1;
    pub const PATH: u64 = 2;
    pub const SIZE: u64 = 3;
    pub const EXTENTS: u64 = 4;
    pub const XATTRS: u64 = 12;
}

/// A member of records that are given as raw length, hash of the raw bytes, and coded bytes; the
/// last one is the index.
pub fn member(features: u64, records: &[(u64, u64, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    Header::new(features).write_to(&mut bytes);
    let mut index_at = 0;
    for (number, (raw_len, raw_hash, coded)) in records.iter().enumerate() {
        index_at = bytes.len() as u64;
        let kind = if number + 1 == records.len() { RecordKind::Index } else { RecordKind::Block };
        Record::new(kind, number as u64, *raw_len, *raw_hash, coded).write_to(&mut bytes);
        bytes.extend_from_slice(coded);
    }
    Footer { member_len: bytes.len() as u64 + FOOTER_LEN, index_offset: index_at }
        .write_to(&mut bytes);
    bytes
}

/// A named member with an index and no blocks. The index is coded at the level with this number.
pub fn index_only(index: &[u8], level: usize) -> Vec<u8> {
    let mut coded = block::encode(index, &LEVELS[level - 1], false).unwrap().bytes;
    // The code has the minimum length for so long an index.
    coded.resize(coded.len().max(index.len().saturating_sub(64 << 10).div_ceil(1024)), 0);
    member(incompatible::NAMED, &[(index.len() as u64, hash(index), coded)])
}

/// An index of `entries` entries in these columns, without blocks.
pub fn index(entries: u64, columns: &[(u64, Vec<u8>)]) -> Vec<u8> {
    let mut index = vec![0];
    put_varint(&mut index, entries);
    for (id, bytes) in columns {
        put_varint(&mut index, *id);
        put_varint(&mut index, bytes.len() as u64);
        index.extend_from_slice(bytes);
    }
    index
}

fn counted(count: u64, one: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    put_varint(&mut bytes, count);
    bytes.extend(one.repeat(count as usize));
    bytes
}

/// A directory with `count` attributes that have neither names nor values.
pub fn many_attributes(count: u64) -> Vec<u8> {
    index(
        1,
        &[
            (column::FLAGS, vec![0x81, 1]),
            (column::PATH, b"d\0".to_vec()),
            (column::XATTRS, counted(count, &[0, 0])),
        ],
    )
}

/// A sparse file with `count` extents of one byte.
pub fn many_extents(count: u64) -> Vec<u8> {
    let mut size = Vec::new();
    put_varint(&mut size, 2 * count);
    index(
        1,
        &[
            (column::FLAGS, vec![64]),
            (column::PATH, b"f\0".to_vec()),
            (column::SIZE, size),
            (column::EXTENTS, counted(count, &[1, 1])),
        ],
    )
}

/// `count` directories without names.
pub fn many_directories(count: u64) -> Vec<u8> {
    index(
        count,
        &[(column::FLAGS, vec![1; count as usize]), (column::PATH, vec![0; count as usize])],
    )
}

/// A member of the compact form with this block.
pub fn compact(raw: &[u8], coded: Vec<u8>) -> Vec<u8> {
    let mut bytes = Vec::new();
    Compact::new(raw, Metadata::default(), coded).write_to(&mut bytes);
    bytes
}

/// Text without long repetitions.
pub fn prose(length: usize) -> Vec<u8> {
    let mut state = 1u32;
    let mut text = Vec::new();
    while text.len() < length {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        text.extend_from_slice(
            ["the ", "cat ", "sat ", "on a ", "mat, ", "dog. "][(state >> 24) as usize % 6]
                .as_bytes(),
        );
        text.push(b'a' + (state >> 16) as u8 % 26);
    }
    text.truncate(length);
    text
}

/// The level of this number; 10 is that of small files.
pub fn level_of(number: u8) -> &'static Level {
    static ALL: [Level; 9] = LEVELS;
    if number == 10 {
        Box::leak(Box::new(ALL[4].for_small_files()))
    } else {
        &ALL[usize::from(number) - 1]
    }
}

/// The method with which `level` codes `raw`, what a table says of that method, and the code.
pub fn coded_stream(raw: &[u8], level: &Level, kind: &StreamKind) -> (u8, Vec<u8>, Vec<u8>) {
    let method = choice::choose(level, kind, raw).unwrap();
    let mut settings = Vec::new();
    method.write(&mut settings);
    (method.number(), settings, cmx::internals::method::encode(raw, method, kind).unwrap())
}

/// A block of the one stream that `level` codes `raw` to, its code changed by `change`.
pub fn single_block(
    raw: &[u8],
    level: &Level,
    kind: &StreamKind,
    change: impl FnOnce(&mut Vec<u8>),
) -> Vec<u8> {
    let (method, settings, mut code) = coded_stream(raw, level, kind);
    change(&mut code);
    let mut coded = vec![1 << 4 | method];
    kind.write(&mut coded);
    coded.extend(settings);
    coded.extend(code);
    coded
}

/// A named member with these blocks and entries.
pub fn named(blocks: &[CodedBlock], entries: Vec<Entry>, features: u64) -> Vec<u8> {
    let mut writer = MemberWriter::begin(Vec::new(), incompatible::NAMED | features, 0).unwrap();
    blocks.iter().for_each(|block| writer.block(block).unwrap());
    writer.finish(entries, &LEVELS[0], false).unwrap().0
}

/// A block whose bytes are coded already.
pub fn coded_block(raw_len: u64, raw_hash: u64, coded: &[u8]) -> CodedBlock {
    CodedBlock { raw_len, raw_hash, coded: coded.to_vec(), fallback: None }
}

/// `count` copies of one block.
pub fn repeated(block: &CodedBlock, count: usize) -> Vec<CodedBlock> {
    (0..count).map(|_| coded_block(block.raw_len, block.raw_hash, &block.coded)).collect()
}

/// A split block that has only this program.
pub fn split(program: &[u8]) -> Vec<u8> {
    let mut coded = vec![2 << 4, 0];
    put_varint(&mut coded, (program.len() as u64) << 4);
    coded.extend([0, 0]);
    coded.extend(program);
    coded
}

/// The hash of `length` zeros.
pub fn zeros_hash(length: u64) -> u64 {
    let zeros = vec![0; 1 << 20];
    let mut hasher = Hasher::default();
    (0..length >> 20).for_each(|_| hasher.update(&zeros));
    hasher.finish()
}

/// A file of `size` bytes with this hash.
pub fn file(size: u64, hash: u64) -> Entry {
    Entry { path: b"f".to_vec(), size, hash: narrow(hash, size), ..Entry::default() }
}
