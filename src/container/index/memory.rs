//! Memory that an index takes in a reader.

use super::super::columns::{self, Column};
use super::super::entry::Entry;
use super::BlockRow;
use crate::budget::{self, Charge};
use crate::error::{Error, Result};

/// Bytes that an entry is counted as, without its texts, extents and attributes: the entry, its
/// elements in the tables of an archive that is open or extracted, and its line in a list.
pub(super) const ENTRY_MEMORY: u64 = size_of::<Entry>() as u64 + 500;

/// Bytes that a block is counted as: its row, its offset in the file and its offset in the content.
pub(super) const BLOCK_MEMORY: u64 = size_of::<BlockRow>() as u64 + 32;

/// Charges the memory that a reader needs for an index with `blocks` blocks and with `entries`. A
/// writer calls this too, so that it makes no archive that cannot be read under the same limit.
///
/// # Errors
/// [`Error::Limit`] if the budget of the job has less memory left.
pub fn charge_index(blocks: usize, entries: &[Entry]) -> Result<Charge> {
    let entries: u64 = entries.iter().map(memory_of).sum();
    budget::charge(blocks as u64 * BLOCK_MEMORY + entries, PURPOSE)
}

/// Bytes that `entry` is counted as in the index of a reader.
#[must_use]
pub fn memory_of(entry: &Entry) -> u64 {
    ENTRY_MEMORY + columns::memory_of(entry)
}

/// Names the use of the memory in errors.
pub(in super::super) const PURPOSE: &str = "the index";

/// Adds the memory of `count` entries and of their texts to `charge` at once, so that an error
/// names the whole demand. Each entry takes at least one of the `available` bytes.
pub(super) fn charge_entries(
    count: usize,
    columns: &[Column<'_>],
    available: usize,
    charge: &mut Charge,
) -> Result<()> {
    if count > available {
        return Err(Error::Corrupt("impossible count in the index".into()));
    }
    charge.add(count as u64 * ENTRY_MEMORY + columns::memory_of_texts(columns), PURPOSE)
}
