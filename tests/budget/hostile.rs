//! Generators of archives that lie about nothing a hash covers, and ask for much.

use cmx::Metadata;
use cmx::block;
use cmx::container::compact::Compact;
use cmx::container::fields::put_varint;
use cmx::container::footer::{FOOTER_LEN, Footer};
use cmx::container::format::incompatible;
use cmx::container::hash::hash;
use cmx::container::header::Header;
use cmx::container::record::{Kind, Record};
use cmx::level::LEVELS;

/// Numbers of the columns of an index.
pub mod column {
    pub const FLAGS: u64 = 1;
    pub const PATH: u64 = 2;
    pub const SIZE: u64 = 3;
    pub const EXTENTS: u64 = 4;
    pub const XATTRS: u64 = 12;
}

/// A member of records that are given as raw length, hash of the raw bytes, and coded bytes; the last one is the index.
pub fn member(features: u64, memory_mib: u64, records: &[(u64, u64, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    Header::new(features, memory_mib).write_to(&mut bytes);
    let mut index_at = 0;
    for (number, (raw_len, raw_hash, coded)) in records.iter().enumerate() {
        index_at = bytes.len() as u64;
        let kind = if number + 1 == records.len() { Kind::Index } else { Kind::Block };
        Record::new(kind, number as u64, *raw_len, *raw_hash, coded).write_to(&mut bytes);
        bytes.extend_from_slice(coded);
    }
    Footer { member_len: bytes.len() as u64 + FOOTER_LEN, index_at }.write_to(&mut bytes);
    bytes
}

/// A member of named files that is nothing but an index, coded at the level of that number.
pub fn index_only(index: &[u8], level: usize) -> Vec<u8> {
    let coded = block::encode(index, &LEVELS[level - 1], false).unwrap().bytes;
    member(incompatible::NAMED, 4096, &[(index.len() as u64, hash(index), coded)])
}

/// An index without blocks, of `entries` entries in these columns.
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
    index(1, &[(column::FLAGS, vec![0x81, 1]), (column::PATH, b"d\0".to_vec()), (column::XATTRS, counted(count, &[0, 0]))])
}

/// A sparse file with `count` extents of a byte.
pub fn many_extents(count: u64) -> Vec<u8> {
    let mut size = Vec::new();
    put_varint(&mut size, 2 * count);
    index(
        1,
        &[(column::FLAGS, vec![64]), (column::PATH, b"f\0".to_vec()), (column::SIZE, size), (column::EXTENTS, counted(count, &[1, 1]))],
    )
}

/// `count` directories without names.
pub fn many_directories(count: u64) -> Vec<u8> {
    index(count, &[(column::FLAGS, vec![1; count as usize]), (column::PATH, vec![0; count as usize])])
}

/// A member of the compact form with this block.
pub fn compact(raw: &[u8], coded: Vec<u8>) -> Vec<u8> {
    let mut bytes = Vec::new();
    Compact::new(raw, Metadata::default(), coded).write_to(&mut bytes);
    bytes
}

/// Text that no two places of have much in common.
pub fn prose(length: usize) -> Vec<u8> {
    let mut state = 1u32;
    let mut text = Vec::new();
    while text.len() < length {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        text.extend_from_slice(["the ", "cat ", "sat ", "on a ", "mat, ", "dog. "][(state >> 24) as usize % 6].as_bytes());
        text.push(b'a' + (state >> 16) as u8 % 26);
    }
    text.truncate(length);
    text
}
