//! Offsets of the records of a member and of the contents of its entries.

use super::Index;
use crate::error::{Error, Result};

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

impl Index {
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
