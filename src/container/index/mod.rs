//! The index: the table of blocks, and the entries, stored by columns.
//!
//! Columns compress better than rows, and a reader can pass over a column that it does not know.
//! Offsets of contents are not stored: contents follow each other without gaps, in the order of the
//! entries, through the blocks in their order.

mod layout;
mod memory;
#[cfg(test)]
mod tests;

use super::columns::{Column, ColumnSet, NAMES_ROWS, read_columns, read_hashes, write_columns};
use super::entry::Entry;
use super::fields::Fields;
use super::format::{MAX_BLOCK, max_coded};
use crate::budget::{self, Charge};
use crate::error::{Error, Result};
use crate::varint;
pub use layout::{BlockRow, Layout, NamesRow};
pub(super) use memory::PURPOSE;
use memory::{BLOCK_MEMORY, ENTRY_MEMORY, charge_entries};
pub use memory::{charge_index, memory_of};

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
        charge.add((blocks.len() + names.len()) as u64 * BLOCK_MEMORY, PURPOSE)?;
        Ok(Index { blocks, names, entries, _charge: charge })
    }

    /// The index as bytes, not yet coded, with all columns.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        self.bytes_with(ColumnSet::All)
    }

    /// The index as bytes, not yet coded, with the hashes as the only column of entries. The
    /// records of names hold the other columns.
    #[must_use]
    pub fn to_bytes_with_hashes_only(&self) -> Vec<u8> {
        self.bytes_with(ColumnSet::OnlyHashes)
    }

    fn bytes_with(&self, set: ColumnSet) -> Vec<u8> {
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
        write_columns(self.entries.iter(), set, &mut out);
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
        let mut charge = budget::charge(blocks as u64 * BLOCK_MEMORY, PURPOSE)?;
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
            drop(budget::charge(count as u64 * ENTRY_MEMORY, PURPOSE)?);
        }
        let mut columns = columns?;
        let mut names = Vec::new();
        if let Some(mut rows) = Column::take(&mut columns, NAMES_ROWS)? {
            while let Some(before) = rows.varint_or_end()? {
                charge.add(BLOCK_MEMORY, PURPOSE)?;
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
            index.entries =
                read_columns(&mut columns, count, ColumnSet::All, max_path, &mut charge)?;
        }
        index._charge = charge;
        index.check_sizes()?;
        Ok(index)
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
        for (index, entry) in self.entries.iter().enumerate() {
            match entry.same_as {
                None => stored = stored.checked_add(entry.stored_len()).ok_or_else(wrong)?,
                Some(other) => {
                    let original = usize::try_from(other)
                        .ok()
                        .filter(|&other| other < index)
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

/// Reads the number of items of a list. Each item takes at least one of the `available` bytes.
fn count(fields: &mut Fields<&[u8]>, available: usize) -> Result<usize> {
    let value = fields.varint()?;
    usize::try_from(value)
        .ok()
        .filter(|&count| count <= available)
        .ok_or_else(|| Error::Corrupt("impossible count in the index".into()))
}
