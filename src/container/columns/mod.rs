//! The columns of the index. A column holds one property of all entries that have this property.

mod memory;
mod read;
mod write;

use super::fields::Fields;
use crate::error::{Error, Result};
pub use memory::{memory_of, memory_of_texts};
pub use read::{read_columns, read_hashes};
pub use write::write_columns;

/// Numbers of the entry columns, in the order in which a reader takes them. The hash comes after
/// size and extents, because they give its width. A reader must know every column number below 64
/// and may pass over the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Id {
    Flags = 1,
    Path = 2,
    Size = 3,
    Extents = 4,
    Hash = 5,
    SameAs = 6,
    Mode = 7,
    Seconds = 8,
    Nanos = 9,
    Owner = 10,
    Link = 11,
    Xattrs = 12,
}

/// Number of the column that lists the records of names of the member. All other columns are about
/// entries.
pub const NAMES_ROWS: u64 = 13;

const IDS: [Id; 12] = [
    Id::Flags,
    Id::Path,
    Id::Size,
    Id::Extents,
    Id::Hash,
    Id::SameAs,
    Id::Mode,
    Id::Seconds,
    Id::Nanos,
    Id::Owner,
    Id::Link,
    Id::Xattrs,
];

/// Bits of the flags column. The lowest two bits hold the entry kind.
mod flag {
    pub const MODE: u64 = 4;
    pub const TIME: u64 = 8;
    pub const OWNER: u64 = 16;
    pub const SAME_AS: u64 = 32;
    pub const EXTENTS: u64 = 64;
    pub const XATTRS: u64 = 128;
    pub const KNOWN: u64 = 0xFF;
}

/// The columns that one table of entries holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnSet {
    /// All columns.
    All,
    /// All columns but the hashes, which are known only after the contents were read.
    WithoutHashes,
    /// Only the hashes.
    OnlyHashes,
}

impl ColumnSet {
    fn has(self, id: Id) -> bool {
        match self {
            ColumnSet::All => true,
            ColumnSet::WithoutHashes => id != Id::Hash,
            ColumnSet::OnlyHashes => id == Id::Hash,
        }
    }
}

/// One column, not yet parsed.
pub struct Column<'a> {
    id: u64,
    bytes: Fields<&'a [u8]>,
}

impl<'a> Column<'a> {
    /// Cuts `bytes`, the end of an index, into its columns. Columns that may be passed over are
    /// left out.
    ///
    /// # Errors
    /// A length is wrong, a column appears twice, or an unknown column must not be passed over.
    pub fn split(mut bytes: &'a [u8]) -> Result<Vec<Column<'a>>> {
        let mut columns = Vec::new();
        while !bytes.is_empty() {
            let mut fields = Fields::new(bytes, 0);
            let id = fields.varint()?;
            let length = fields.varint()?;
            let rest = fields.into_inner();
            let length = usize::try_from(length)
                .ok()
                .filter(|&length| length <= rest.len())
                .ok_or_else(contradiction)?;
            if id < 64 && id != NAMES_ROWS && !IDS.iter().any(|&known| known as u64 == id) {
                return Err(Error::Unsupported(format!(
                    "the index has a column {id}: use a newer cmx"
                )));
            }
            if columns.iter().any(|column: &Column<'_>| column.id == id) {
                return Err(contradiction());
            }
            if id < 64 {
                columns.push(Column { id, bytes: Fields::new(&rest[..length], 0) });
            }
            bytes = &rest[length..];
        }
        Ok(columns)
    }

    /// Removes column `id` from `columns` and returns its cells.
    ///
    /// # Errors
    /// The column appears twice.
    pub fn take(columns: &mut Vec<Column<'a>>, id: u64) -> Result<Option<Fields<&'a [u8]>>> {
        let Some(position) = columns.iter().position(|column| column.id == id) else {
            return Ok(None);
        };
        let column = columns.remove(position);
        if columns.iter().any(|column| column.id == id) {
            Err(contradiction())
        } else {
            Ok(Some(column.bytes))
        }
    }

    /// Does `columns` have a column of entries other than the hashes?
    pub fn has_entries(columns: &[Column<'_>]) -> bool {
        columns.iter().any(|column| column.id == Id::Flags as u64)
    }
}

fn contradiction() -> Error {
    Error::Corrupt("the index contradicts itself".into())
}
