//! The index: the table of blocks, and the entries, stored by columns.
//!
//! Columns compress better than rows, and a reader can pass over a column that it does not know.
//! Offsets of contents are not stored: contents follow each other without gaps, in the order of the
//! entries, through the blocks in their order.

use super::columns::{self, Column, NAMES_ROWS, Share, read_columns, read_hashes, write_columns};
use super::entry::Entry;
use super::fields::Fields;
use super::format::{MAX_BLOCK, max_coded};
use crate::budget::{self, Charge};
use crate::error::{Error, Result};
use crate::varint;

/// A row of the table of blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockRow {
    /// Bytes of the record, including its header. The sum gives the offset of the next record even
    /// if this record is damaged.
    pub record_len: u64,
    /// Bytes before coding.
    pub raw_len: u64,
}

/// A row of the table of names: one record of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamesRow {
    /// Number of the block that follows the record.
    pub before: u64,
    /// Bytes of the record, including its header.
    pub record_len: u64,
}

/// Offsets in the file of the records of a member.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// Offset of each block.
    pub blocks: Vec<u64>,
    /// Offset of each record of names.
    pub names: Vec<u64>,
    /// Offset of the index.
    pub end: u64,
}

/// The index of one member.
#[derive(Debug, Default)]
pub struct Index {
    /// Every block, in order.
    pub blocks: Vec<BlockRow>,
    /// Every record of names, in order.
    pub names: Vec<NamesRow>,
    /// Every entry, in the order of the contents.
    pub entries: Vec<Entry>,
    /// The memory of the index in the budget of the job that read it.
    _charge: Charge,
}

impl PartialEq for Index {
    fn eq(&self, other: &Self) -> bool {
        (&self.blocks, &self.names, &self.entries) == (&other.blocks, &other.names, &other.entries)
    }
}

/// Bytes that an entry is counted as, without its texts, extents and attributes: the entry, its
/// elements in the tables of an archive that is open or extracted, and its line in a list.
const ENTRY: u64 = size_of::<Entry>() as u64 + 500;

/// Bytes that a block is counted as: its row, its offset in the file and its offset in the content.
const BLOCK: u64 = size_of::<BlockRow>() as u64 + 32;

/// Charges the memory that a reader needs for an index with `blocks` blocks and with `entries`. A
/// writer calls this too, so that it makes no archive that cannot be read under the same limit.
///
/// # Errors
/// [`Error::Limit`] if the budget of the job has less memory left.
pub fn charge_index(blocks: usize, entries: &[Entry]) -> Result<Charge> {
    let entries: u64 = entries.iter().map(memory_of).sum();
    budget::charge(blocks as u64 * BLOCK + entries, WHAT)
}

/// Bytes that `entry` is counted as in the index of a reader.
#[must_use]
pub fn memory_of(entry: &Entry) -> u64 {
    ENTRY + columns::memory_of(entry)
}

/// Names the use of the memory in errors.
pub(super) const WHAT: &str = "the index";

impl Index {
    /// An index with these blocks and entries, whose memory is not charged.
    #[must_use]
    pub fn new(blocks: Vec<BlockRow>, entries: Vec<Entry>) -> Self {
        Index { blocks, entries, ..Index::default() }
    }

    /// An index with these blocks, records of names and entries. Its memory is charged to the
    /// budget of the job.
    ///
    /// # Errors
    /// [`Error::Limit`] if the budget has less memory left.
    pub fn charged(
        blocks: Vec<BlockRow>,
        names: Vec<NamesRow>,
        entries: Vec<Entry>,
    ) -> Result<Self> {
        let charge = charge_index(blocks.len() + names.len(), &entries)?;
        Ok(Index { blocks, names, entries, _charge: charge })
    }

    /// An index for whose entries `charge` has been taken. The memory of the tables of blocks and
    /// names is added to `charge`.
    ///
    /// # Errors
    /// [`Error::Limit`] if the budget of the job has less memory left.
    pub fn with_charge(
        blocks: Vec<BlockRow>,
        names: Vec<NamesRow>,
        entries: Vec<Entry>,
        mut charge: Charge,
    ) -> Result<Self> {
        charge.add((blocks.len() + names.len()) as u64 * BLOCK, WHAT)?;
        Ok(Index { blocks, names, entries, _charge: charge })
    }

    /// The index as bytes, not yet coded, with all columns.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.bytes_with(Share::Whole)
    }

    /// The index as bytes, not yet coded, with the hashes as the only column of entries. The
    /// records of names hold the other columns.
    #[must_use]
    pub fn to_bytes_behind_names(&self) -> Vec<u8> {
        self.bytes_with(Share::Hashes)
    }

    fn bytes_with(&self, share: Share) -> Vec<u8> {
        let mut out = Vec::new();
        varint::put(&mut out, self.blocks.len() as u64);
        for block in &self.blocks {
            varint::put(&mut out, block.record_len);
            varint::put(&mut out, block.raw_len);
        }
        varint::put(&mut out, self.entries.len() as u64);
        if !self.names.is_empty() {
            let mut rows = Vec::new();
            for row in &self.names {
                varint::put(&mut rows, row.before);
                varint::put(&mut rows, row.record_len);
            }
            varint::put(&mut out, NAMES_ROWS);
            varint::put(&mut out, rows.len() as u64);
            out.extend_from_slice(&rows);
        }
        write_columns(self.entries.iter(), share, &mut out);
        out
    }

    /// Reads an index with all columns. Paths have at most `max_path` bytes. The memory of the
    /// index is charged to the budget of the job.
    ///
    /// # Errors
    /// The bytes are no index, contradict themselves, or exceed a limit.
    pub fn from_bytes(bytes: &[u8], max_path: u64) -> Result<Index> {
        Self::from_bytes_with(bytes, max_path, |_, _| {
            Err(Error::Corrupt("the index is without names".into()))
        })
    }

    /// Reads an index. If the records of names hold the entries, `read_names` is called with an
    /// index that has blocks and names, and with the charge to add memory to. It returns the
    /// entries, without hashes.
    ///
    /// # Errors
    /// As [`Index::from_bytes`], and the errors of `read_names`.
    pub fn from_bytes_with(
        bytes: &[u8],
        max_path: u64,
        read_names: impl FnOnce(&Index, &mut Charge) -> Result<Vec<Entry>>,
    ) -> Result<Index> {
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
        let count = count(&mut fields, usize::MAX)?;
        let columns = Column::split(fields.into_inner());
        // Where the columns are wrong and the entries exceed the budget too, the budget is
        // reported.
        if columns.is_err() && count <= bytes.len() {
            drop(budget::charge(count as u64 * ENTRY, WHAT)?);
        }
        let mut columns = columns?;
        let mut names = Vec::new();
        if let Some(mut rows) = Column::take(&mut columns, NAMES_ROWS)? {
            while let Some(before) = rows.varint_or_end()? {
                charge.add(BLOCK, WHAT)?;
                rows.restart();
                names.push(NamesRow { before, record_len: rows.varint()? });
            }
        }
        let mut index = Index { blocks, names, ..Index::default() };
        // An index without entries has no columns of entries: every file may have vanished after
        // the names were written.
        if count > 0 && !index.names.is_empty() && !Column::has_entries(&columns) {
            index.entries = read_names(&index, &mut charge)?;
            if index.entries.len() != count {
                return Err(Error::Corrupt(
                    "the index and the names before the blocks contradict each other".into(),
                ));
            }
            read_hashes(&mut columns, &mut index.entries)?;
        } else {
            charge_entries(count, &columns, bytes.len(), &mut charge)?;
            index.entries = read_columns(&mut columns, count, Share::Whole, max_path, &mut charge)?;
        }
        index._charge = charge;
        index.check_sizes()?;
        Ok(index)
    }

    /// The offsets of the records, if the first record begins at byte `first` of the file.
    ///
    /// # Errors
    /// A record of names is listed before a block that does not exist.
    pub fn layout(&self, first: u64) -> Result<Layout> {
        let wrong = || {
            Error::Corrupt("the index contradicts itself about the names before the blocks".into())
        };
        let mut layout = Layout { end: first, ..Layout::default() };
        let mut names = self.names.iter().peekable();
        for number in 0..=self.blocks.len() as u64 {
            while let Some(row) = names.next_if(|row| row.before == number) {
                layout.names.push(layout.end);
                layout.end = layout.end.checked_add(row.record_len).ok_or_else(wrong)?;
            }
            if let Some(block) =
                usize::try_from(number).ok().and_then(|number| self.blocks.get(number))
            {
                layout.blocks.push(layout.end);
                layout.end = layout.end.checked_add(block.record_len).ok_or_else(wrong)?;
            }
        }
        if names.next().is_some() { Err(wrong()) } else { Ok(layout) }
    }

    /// Bytes of all records before the index.
    #[must_use]
    pub fn records_len(&self) -> u64 {
        self.layout(0).map_or(u64::MAX, |layout| layout.end)
    }

    /// Checks that contents and blocks have the same total length, and that every copy has an
    /// original of the same size.
    fn check_sizes(&self) -> Result<()> {
        let wrong = || Error::Corrupt("the sizes in the index do not add up".into());
        let raw = self
            .blocks
            .iter()
            .try_fold(0u64, |sum, block| sum.checked_add(block.raw_len))
            .ok_or_else(wrong)?;
        let mut stored = 0u64;
        for (place, entry) in self.entries.iter().enumerate() {
            match entry.same_as {
                None => stored = stored.checked_add(entry.stored_len()).ok_or_else(wrong)?,
                Some(other) => {
                    let original = usize::try_from(other)
                        .ok()
                        .filter(|&other| other < place)
                        .map(|other| &self.entries[other]);
                    let fits = original.is_some_and(|first| {
                        first.same_as.is_none()
                            && first.size == entry.size
                            && first.extents == entry.extents
                            && first.hash == entry.hash
                    });
                    if !fits {
                        return Err(wrong());
                    }
                }
            }
        }
        if raw == stored { Ok(()) } else { Err(wrong()) }
    }

    /// Offset of the content of each entry in the joined content of the member.
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

/// Reads the number of entries and splits their columns. `available` is the number of bytes that
/// hold the entries. The memory of the entries is added to `charge`.
pub(super) fn entry_count<'a>(
    mut fields: Fields<&'a [u8]>,
    available: usize,
    charge: &mut Charge,
) -> Result<(usize, Vec<Column<'a>>)> {
    let entries = count(&mut fields, usize::MAX)?;
    let columns = Column::split(fields.into_inner())?;
    charge_entries(entries, &columns, available, charge)?;
    Ok((entries, columns))
}

/// Adds the memory of `count` entries and of their texts to `charge` at once, so that an error
/// names the whole demand. Each entry takes at least one of the `available` bytes.
fn charge_entries(
    count: usize,
    columns: &[Column<'_>],
    available: usize,
    charge: &mut Charge,
) -> Result<()> {
    if count > available {
        return Err(Error::Corrupt("impossible count in the index".into()));
    }
    charge.add(count as u64 * ENTRY + columns::memory_of_texts(columns), WHAT)
}

/// Reads the number of items of a list. Each item takes at least one of the `available` bytes.
fn count(fields: &mut Fields<&[u8]>, available: usize) -> Result<usize> {
    let value = fields.varint()?;
    usize::try_from(value)
        .ok()
        .filter(|&count| count <= available)
        .ok_or_else(|| Error::Corrupt("impossible count in the index".into()))
}

#[cfg(test)]
mod tests {
    use super::super::entry::{EntryKind, Extent, Metadata, Time};
    use super::super::names::Names;
    use super::*;

    const LONGEST: u64 = 4096;

    fn sample() -> Index {
        let metadata =
            Metadata { mode: Some(0o644), mtime: Some(Time { seconds: -5, nanos: 999_999_999 }) };
        let file = Entry {
            path: b"a/b.txt".to_vec(),
            size: 70_000,
            hash: u64::MAX - 3,
            metadata,
            ..Entry::default()
        };
        let entries = vec![
            Entry {
                path: b"a".to_vec(),
                kind: EntryKind::Directory,
                metadata,
                owner: Some((0, 1000)),
                ..Entry::default()
            },
            file.clone(),
            Entry { path: vec![b'a', b'/', 0xFF, b'\n'], same_as: Some(1), ..file },
            Entry {
                path: b"hole".to_vec(),
                size: 1 << 40,
                hash: 5,
                extents: Some(vec![
                    Extent { offset: 4096, length: 10 },
                    Extent { offset: 1 << 30, length: 5 },
                ]),
                xattrs: vec![(b"user.a".to_vec(), vec![0, 1, 2])],
                ..Entry::default()
            },
            Entry {
                path: b"l".to_vec(),
                kind: EntryKind::Symlink,
                link: b"../x".to_vec(),
                ..Entry::default()
            },
            Entry {
                path: b"h".to_vec(),
                kind: EntryKind::Hardlink,
                link: b"a/b.txt".to_vec(),
                ..Entry::default()
            },
        ];
        Index::new(vec![BlockRow { record_len: 900, raw_len: 70_015 }], entries)
    }

    #[test]
    fn records_of_names_and_no_entries_come_back() {
        let index = Index::from_bytes(&[0, 0, 13, 2, 1, 1, 1, 0], LONGEST).unwrap();
        assert_eq!(Index::from_bytes(&index.to_bytes(), LONGEST).unwrap(), index);
    }

    #[test]
    fn comes_back() {
        let index = sample();
        assert_eq!(Index::from_bytes(&index.to_bytes(), LONGEST).unwrap(), index);
        assert_eq!(index.content_offsets(), [0, 0, 0, 70_000, 70_015, 70_015]);
        let empty = Index::default();
        assert_eq!(Index::from_bytes(&empty.to_bytes(), LONGEST).unwrap(), empty);
    }

    /// Names before the blocks and hashes in the index together give the same entries.
    #[test]
    fn comes_back_from_names_and_hashes() {
        let mut index = sample();
        index.names =
            vec![NamesRow { before: 0, record_len: 70 }, NamesRow { before: 1, record_len: 50 }];
        let names = || match Names::from_bytes(
            &Names::bytes_of(&index.entries),
            LONGEST,
            &mut Charge::default(),
        )
        .unwrap()
        {
            Names::All(entries) => entries,
            other => panic!("{other:?}"),
        };
        let bytes = index.to_bytes_behind_names();
        assert_eq!(Index::from_bytes_with(&bytes, LONGEST, |_, _| Ok(names())).unwrap(), index);
        assert!(bytes.len() < index.to_bytes().len() / 2);
        Index::from_bytes(&bytes, LONGEST).unwrap_err();
        Index::from_bytes_with(&bytes, LONGEST, |_, _| Ok(names()[1..].to_vec())).unwrap_err();
        assert_eq!(
            index.layout(20).unwrap(),
            Layout { blocks: vec![90], names: vec![20, 990], end: 1040 }
        );
        let mut wrong = sample();
        wrong.names = vec![NamesRow { before: 2, record_len: 70 }];
        wrong.layout(0).unwrap_err();
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

    /// An extraction copies the first file. A smaller size or other holes would hide how much space
    /// the copy takes.
    #[test]
    fn a_copy_has_the_size_and_the_holes_of_its_original() {
        let first = Entry { path: b"a".to_vec(), size: 5, hash: 7, ..Entry::default() };
        let copy = Entry { path: b"b".to_vec(), same_as: Some(0), ..first.clone() };
        let read = |first: &Entry, copy: &Entry| {
            let index = Index::new(
                vec![BlockRow { record_len: 40, raw_len: 5 }],
                vec![first.clone(), copy.clone()],
            );
            Index::from_bytes(&index.to_bytes(), LONGEST)
        };
        read(&first, &copy).unwrap();
        let sparse = Entry {
            size: 1 << 28,
            extents: Some(vec![Extent { offset: 9, length: 5 }]),
            ..first.clone()
        };
        read(&sparse, &Entry { path: b"b".to_vec(), same_as: Some(0), ..sparse.clone() }).unwrap();
        let moved =
            Entry { extents: Some(vec![Extent { offset: 8, length: 5 }]), ..sparse.clone() };
        for (one, other) in [(&sparse, &first), (&first, &sparse), (&sparse, &moved)] {
            let other = Entry { path: b"b".to_vec(), same_as: Some(0), ..other.clone() };
            assert!(read(one, &other).unwrap_err().to_string().contains("add up"));
        }
    }

    #[test]
    fn sizes_must_add_up() {
        let mut index = sample();
        index.blocks[0].raw_len += 1;
        assert!(
            Index::from_bytes(&index.to_bytes(), LONGEST)
                .unwrap_err()
                .to_string()
                .contains("add up")
        );
    }
}
