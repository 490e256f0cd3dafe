//! Records of names: the entries of a member without their hashes, stored before the blocks.
//!
//! A cut removes the index, which is at the end. A record of names before the blocks survives the
//! cut and tells which entries the blocks hold. The index then stores only what was not known when
//! the names were written: the hashes.

use super::columns::{ColumnSet, read_columns, write_columns};
use super::entry::Entry;
use super::fields::Fields;
use super::index::entry_count;
use crate::budget::Charge;
use crate::error::{Error, Result};
use crate::varint;

/// The content of one record of names. A later record of a member replaces what an earlier one
/// says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Names {
    /// The entries of the member.
    All(Vec<Entry>),
    /// The earlier list of entries is wrong from the entry with this index on.
    VoidFrom(u64),
}

impl Names {
    /// A list of `entries` as bytes, not yet coded.
    #[must_use]
    pub fn bytes_of<'a>(entries: impl IntoIterator<Item = &'a Entry, IntoIter: Clone>) -> Vec<u8> {
        let entries = entries.into_iter();
        let mut out = vec![0];
        varint::put(&mut out, entries.clone().count() as u64);
        write_columns(entries, ColumnSet::WithoutHashes, &mut out);
        out
    }

    /// The statement that the list is wrong from the entry with index `first` on, as bytes, not yet
    /// coded.
    #[must_use]
    pub fn bytes_of_void(first: u64) -> Vec<u8> {
        let mut out = vec![1];
        varint::put(&mut out, first);
        out
    }

    /// Reads the bytes of [`Names::bytes_of`] or [`Names::bytes_of_void`]. Paths have at most
    /// `max_path` bytes. The memory of the entries is added to `charge`.
    ///
    /// # Errors
    /// The bytes are neither, contradict themselves, or exceed a limit.
    pub fn from_bytes(bytes: &[u8], max_path: u64, charge: &mut Charge) -> Result<Names> {
        let mut fields = Fields::new(bytes, 0);
        match fields.byte()? {
            0 => {
                let (count, mut columns) = entry_count(fields, bytes.len(), charge)?;
                Ok(Names::All(read_columns(
                    &mut columns,
                    count,
                    ColumnSet::WithoutHashes,
                    max_path,
                    charge,
                )?))
            }
            1 => {
                let first = fields.varint()?;
                match fields.byte_or_end()? {
                    None => Ok(Names::VoidFrom(first)),
                    Some(_) => Err(Error::Corrupt(
                        "the names before the blocks contradict themselves".into(),
                    )),
                }
            }
            other => Err(Error::Unsupported(format!("names of type {other}: use a newer cmx"))),
        }
    }

    /// Changes `entries`, the list of the earlier records, by this record.
    pub fn apply(self, entries: &mut Vec<Entry>) {
        match self {
            Names::All(all) => *entries = all,
            Names::VoidFrom(first) => {
                entries.truncate(usize::try_from(first).unwrap_or(usize::MAX))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::entry::EntryKind;
    use super::*;

    fn read(bytes: &[u8]) -> Result<Names> {
        Names::from_bytes(bytes, 4096, &mut Charge::default())
    }

    #[test]
    fn names_come_back_without_hashes() {
        let file = Entry { path: b"d/f".to_vec(), size: 70_000, hash: 77, ..Entry::default() };
        let folder = Entry { path: b"d".to_vec(), kind: EntryKind::Directory, ..Entry::default() };
        let bytes = Names::bytes_of(&[folder.clone(), file.clone()]);
        let Names::All(mut known) = read(&bytes).unwrap() else { panic!("all") };
        assert_eq!(known, [folder.clone(), Entry { hash: 0, ..file }]);
        read(&Names::bytes_of_void(1)).unwrap().apply(&mut known);
        assert_eq!(known, [folder]);
        for length in 0..bytes.len() {
            read(&bytes[..length]).unwrap_err();
        }
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let _ = read(&damaged);
        }
    }
}
