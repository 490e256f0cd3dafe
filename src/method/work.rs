//! The work that a coded block may ask for, in proportion to its length.
//!
//! Code of repeats grows by next to nothing: five bytes can stand for 64 MiB, which take seconds to
//! decode. So a coded block that asks for much work is filled up with zeros. A decoder refuses one
//! that is shorter, before it decodes it.

use crate::error::{Error, Result};

/// Bytes of streams that a byte of a coded block stands for at most, beyond [`FEW`]. They take 15
/// to 45 ns each where nothing but repeats is left to decode, 80 to 180 at -8. So 1 KB takes less
/// than a second, and 3 seconds at -8.
const MOST: usize = 16 << 10;
/// So many come for nothing.
const FEW: usize = 64 << 10;
/// What a byte that is given to a transform counts for: the search for matches of deflate takes up
/// to 2 µs, made to be slow.
const TRANSFORMED: usize = 16;
/// Bytes of an index or of names that a byte of its code stands for at most, beyond [`FEW`]. An
/// entry takes half a microsecond, and may have a byte.
const MOST_INDEX: usize = 1 << 10;

/// Fewest bytes of a coded block that is one stream of `length` bytes.
pub fn fewest_bytes(length: usize) -> usize {
    fewest(length, 0)
}

/// Fewest bytes of a coded block with so many bytes of coded streams and of transforms' content.
fn fewest(streamed: usize, transformed: usize) -> usize {
    transformed
        .saturating_mul(TRANSFORMED)
        .saturating_add(streamed)
        .saturating_sub(FEW)
        .div_ceil(MOST)
}

/// Fills up the coded block `coded`, so that it may ask for so much.
pub fn fill(coded: &mut Vec<u8>, streamed: usize, transformed: usize) {
    fill_to(coded, fewest(streamed, transformed));
}

/// Refuses a coded block of `length` bytes that asks for so much.
///
/// # Errors
/// [`Error::Corrupt`] where [`fill`] would make it longer.
pub fn check(length: usize, streamed: usize, transformed: usize) -> Result<()> {
    refuse(length, fewest(streamed, transformed))
}

/// Fewest bytes of code of an index or of names that have `raw_len` bytes.
fn fewest_of_index(raw_len: usize) -> usize {
    raw_len.saturating_sub(FEW).div_ceil(MOST_INDEX)
}

/// Fills up the code of an index or of names that have `raw_len` bytes.
pub fn fill_index(coded: &mut Vec<u8>, raw_len: usize) {
    fill_to(coded, fewest_of_index(raw_len));
}

/// Refuses code of an index or of names that has `length` bytes and stands for `raw_len`.
///
/// # Errors
/// [`Error::Corrupt`] where [`fill_index`] would make it longer.
pub fn check_index(length: usize, raw_len: usize) -> Result<()> {
    refuse(length, fewest_of_index(raw_len))
}

fn fill_to(coded: &mut Vec<u8>, fewest: usize) {
    coded.resize(coded.len().max(fewest), 0);
}

fn refuse(length: usize, fewest: usize) -> Result<()> {
    if length >= fewest {
        return Ok(());
    }
    Err(Error::Corrupt(format!(
        "{length} bytes of code ask for more work than so few may: there must be {fewest}"
    )))
}
