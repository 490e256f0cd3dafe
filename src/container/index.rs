//! The index: the table of blocks, and one entry per file, stored by columns.
//!
//! Columns compress better than rows, and a reader can pass over one it does not know. Where the
//! content of an entry lies is not stored: contents follow each other in the order of the entries,
//! through the blocks in their order.

use super::columns::{self, Column, read_columns, write_columns};
use super::entry::Entry;
use super::fields::{Fields, put_varint};
use super::format::{MAX_BLOCK, max_coded};
use crate::budget::{self, Charge};
use crate::error::{Error, Result};

/// A row of the table of blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockRow {
    /// Bytes of the record with its header: where the next one begins, even if this one is damaged.
    pub record_len: u64,
    /// Bytes before coding.
    pub raw_len: u64,
}

/// The index of one member.
#[derive(Debug, Default)]
pub struct Index {
    /// Every block, in order.
    pub blocks: Vec<BlockRow>,
    /// Every entry, in the order of their contents.
    pub entries: Vec<Entry>,
    /// What it takes of the budget of the job that read it.
    _charge: Charge,
}

impl PartialEq for Index {
    fn eq(&self, other: &Self) -> bool {
        (&self.blocks, &self.entries) == (&other.blocks, &other.entries)
    }
}

/// Bytes that an entry is counted as, beside its texts, extents and attributes: itself, its places in the tables of an
/// archive that is open or extracted, and its line in a list.
const ENTRY: u64 = size_of::<Entry>() as u64 + 500;

/// Bytes that a block is counted as: its row, and where it begins in the file and in the content.
const BLOCK: u64 = size_of::<BlockRow>() as u64 + 32;

/// Takes the memory that an index with so many blocks and with `entries` needs in a reader, so that no archive is made
/// under a limit under which it cannot be read.
///
/// # Errors
/// [`Error::Limit`] where the budget of the job has less left.
pub fn charge_index(blocks: usize, entries: &[Entry]) -> Result<Charge> {
    let mut charge = budget::charge(blocks as u64 * BLOCK + entries.len() as u64 * ENTRY, WHAT)?;
    for entry in entries {
        charge.add(columns::memory_of(entry), WHAT)?;
    }
    Ok(charge)
}

/// What the memory is for, in an error.
pub(super) const WHAT: &str = "the index";

impl Index {
    /// The index of these blocks and entries.
    #[must_use]
    pub fn new(blocks: Vec<BlockRow>, entries: Vec<Entry>) -> Self {
        Index { blocks, entries, _charge: Charge::default() }
    }

    /// The same, its memory taken from the budget of the job.
    ///
    /// # Errors
    /// [`Error::Limit`] where that has less left.
    pub fn charged(blocks: Vec<BlockRow>, entries: Vec<Entry>) -> Result<Self> {
        let charge = charge_index(blocks.len(), &entries)?;
        Ok(Index { blocks, entries, _charge: charge })
    }

    /// The index as bytes, not yet coded.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put_varint(&mut out, self.blocks.len() as u64);
        for block in &self.blocks {
            put_varint(&mut out, block.record_len);
            put_varint(&mut out, block.raw_len);
        }
        put_varint(&mut out, self.entries.len() as u64);
        write_columns(&self.entries, &mut out);
        out
    }

    /// Reads an index whose paths have at most `max_path` bytes. It is charged to the budget of the job while it is read.
    ///
    /// # Errors
    /// The bytes are no index, contradict themselves, or pass a limit.
    pub fn from_bytes(bytes: &[u8], max_path: u64) -> Result<Index> {
        let mut fields = Fields::new(bytes, 0);
        let blocks = count(&mut fields, bytes.len())?;
        let mut charge = budget::charge(blocks as u64 * BLOCK, WHAT)?;
        let blocks = (0..blocks)
            .map(|_| {
                fields.restart();
                let row = BlockRow { record_len: fields.varint()?, raw_len: fields.varint()? };
                if row.raw_len > MAX_BLOCK || row.record_len > max_coded(row.raw_len) + 64 {
                    return Err(Error::Corrupt("impossible block length in the index".into()));
                }
                Ok(row)
            })
            .collect::<Result<Vec<_>>>()?;
        let entries = count(&mut fields, bytes.len())?;
        charge.add(entries as u64 * ENTRY, WHAT)?;
        let rest = fields.into_inner();
        let mut columns = Column::split(rest)?;
        let entries = read_columns(&mut columns, entries, max_path, &mut charge)?;
        let index = Index { blocks, entries, _charge: charge };
        index.check_sizes()?;
        Ok(index)
    }

    /// Contents and blocks must be of the same total length.
    fn check_sizes(&self) -> Result<()> {
        let wrong = || Error::Corrupt("the sizes in the index do not add up".into());
        let raw = self.blocks.iter().try_fold(0u64, |sum, block| sum.checked_add(block.raw_len)).ok_or_else(wrong)?;
        let mut stored = 0u64;
        for (place, entry) in self.entries.iter().enumerate() {
            match entry.same_as {
                None => stored = stored.checked_add(entry.stored_len()).ok_or_else(wrong)?,
                Some(other) => {
                    let original = usize::try_from(other).ok().filter(|&other| other < place).map(|other| &self.entries[other]);
                    let fits = original.is_some_and(|first| {
                        first.same_as.is_none() && first.size == entry.size && first.extents == entry.extents && first.hash == entry.hash
                    });
                    if !fits {
                        return Err(wrong());
                    }
                }
            }
        }
        if raw == stored { Ok(()) } else { Err(wrong()) }
    }

    /// Where the stored content of each entry begins in the joined content of the member.
    #[must_use]
    pub fn content_offsets(&self) -> Vec<u64> {
        let mut next = 0;
        let mut offsets: Vec<u64> = Vec::with_capacity(self.entries.len());
        for entry in &self.entries {
            match entry.same_as {
                Some(first) => offsets.push(offsets[first as usize]),
                None => {
                    offsets.push(next);
                    next += entry.stored_len();
                }
            }
        }
        offsets
    }
}

/// A count of things that take at least a byte each in `available` bytes.
fn count(fields: &mut Fields<&[u8]>, available: usize) -> Result<usize> {
    let value = fields.varint()?;
    usize::try_from(value).ok().filter(|&count| count <= available).ok_or_else(|| Error::Corrupt("impossible count in the index".into()))
}

#[cfg(test)]
mod tests {
    use super::super::entry::{EntryKind, Extent, Metadata, Time};
    use super::*;

    const LONGEST: u64 = 4096;

    fn sample() -> Index {
        let metadata = Metadata { mode: Some(0o644), mtime: Some(Time { seconds: -5, nanos: 999_999_999 }) };
        let file = Entry { path: b"a/b.txt".to_vec(), size: 70_000, hash: u64::MAX - 3, metadata, ..Entry::default() };
        let entries = vec![
            Entry { path: b"a".to_vec(), kind: EntryKind::Directory, metadata, owner: Some((0, 1000)), ..Entry::default() },
            file.clone(),
            Entry { path: vec![b'a', b'/', 0xFF, b'\n'], same_as: Some(1), ..file },
            Entry {
                path: b"hole".to_vec(),
                size: 1 << 40,
                hash: 5,
                extents: Some(vec![Extent { offset: 4096, length: 10 }, Extent { offset: 1 << 30, length: 5 }]),
                xattrs: vec![(b"user.a".to_vec(), vec![0, 1, 2])],
                ..Entry::default()
            },
            Entry { path: b"l".to_vec(), kind: EntryKind::Symlink, link: b"../x".to_vec(), ..Entry::default() },
            Entry { path: b"h".to_vec(), kind: EntryKind::Hardlink, link: b"a/b.txt".to_vec(), ..Entry::default() },
        ];
        Index::new(vec![BlockRow { record_len: 900, raw_len: 70_015 }], entries)
    }

    #[test]
    fn comes_back() {
        let index = sample();
        assert_eq!(Index::from_bytes(&index.to_bytes(), LONGEST).unwrap(), index);
        assert_eq!(index.content_offsets(), [0, 0, 0, 70_000, 70_015, 70_015]);
        let empty = Index::default();
        assert_eq!(Index::from_bytes(&empty.to_bytes(), LONGEST).unwrap(), empty);
    }

    #[test]
    fn damage_gives_an_error_or_another_index_never_a_panic() {
        let bytes = sample().to_bytes();
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            if let Ok(index) = Index::from_bytes(&damaged, LONGEST) {
                let _ = index.content_offsets();
            }
        }
        for length in 0..bytes.len() {
            Index::from_bytes(&bytes[..length], LONGEST).unwrap_err();
        }
    }

    /// What is extracted is a copy of the first file: a smaller size or other holes would hide what the copy takes.
    #[test]
    fn a_copy_has_the_size_and_the_holes_of_its_original() {
        let first = Entry { path: b"a".to_vec(), size: 5, hash: 7, ..Entry::default() };
        let copy = Entry { path: b"b".to_vec(), same_as: Some(0), ..first.clone() };
        let read = |first: &Entry, copy: &Entry| {
            let index = Index::new(vec![BlockRow { record_len: 40, raw_len: 5 }], vec![first.clone(), copy.clone()]);
            Index::from_bytes(&index.to_bytes(), LONGEST)
        };
        read(&first, &copy).unwrap();
        let sparse = Entry { size: 1 << 28, extents: Some(vec![Extent { offset: 9, length: 5 }]), ..first.clone() };
        read(&sparse, &Entry { path: b"b".to_vec(), same_as: Some(0), ..sparse.clone() }).unwrap();
        let moved = Entry { extents: Some(vec![Extent { offset: 8, length: 5 }]), ..sparse.clone() };
        for (one, other) in [(&sparse, &first), (&first, &sparse), (&sparse, &moved)] {
            let other = Entry { path: b"b".to_vec(), same_as: Some(0), ..other.clone() };
            assert!(read(one, &other).unwrap_err().to_string().contains("add up"));
        }
    }

    #[test]
    fn sizes_must_add_up() {
        let mut index = sample();
        index.blocks[0].raw_len += 1;
        assert!(Index::from_bytes(&index.to_bytes(), LONGEST).unwrap_err().to_string().contains("add up"));
    }
}
