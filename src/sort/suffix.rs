//! The Burrows-Wheeler transform of a text: its suffixes in order, and the byte before each suffix.

use crate::error::{Error, Result};
use libsais::BwtConstruction;
use libsais::bwt::AuxIndicesSamplingRate;

/// Length of the longest text: a row number must fit 24 bits.
pub const MAX_SEGMENT: usize = (1 << 24) - 1;

/// A transformed text.
#[derive(Clone)]
pub struct Transformed {
    /// The byte before each suffix, in ascending order of the suffixes, from the empty suffix on.
    /// The row of the whole text, which has no byte before it, is left out.
    pub column: Vec<u8>,
    /// Rows of the suffixes at which the chains of the inverse begin. The first suffix is the whole
    /// text.
    pub starts: Vec<u32>,
}

/// Length of each chain except the last, for a text of `length` bytes. The length is a power of two
/// and gives up to 32 chains, so that the inverse waits for many rows at once. A short text stays
/// in the cache, and each start costs three bytes.
pub fn chain_length(length: usize) -> usize {
    length.div_ceil((length >> 15).clamp(1, 32)).next_power_of_two().max(2)
}

/// Transforms `text`, which has 1 to [`MAX_SEGMENT`] bytes.
///
/// # Errors
/// [`Error::Limit`] if there is no memory for the suffix array.
pub fn transform(text: &[u8]) -> Result<Transformed> {
    let length = text.len();
    let no_memory = |_| Error::no_memory("sorting");
    let mut suffixes: Vec<i32> = Vec::new();
    suffixes.try_reserve_exact(length).map_err(no_memory)?;
    suffixes.resize(length, 0);
    let mut column = Vec::new();
    column.try_reserve_exact(length).map_err(no_memory)?;
    column.resize(length, 0);
    let chain = chain_length(length);
    let mut starts = vec![0i32; length.div_ceil(chain)];
    BwtConstruction::for_text(text)
        .in_borrowed_buffer(&mut column)
        .with_borrowed_temporary_array_buffer(suffixes.as_mut_slice())
        .single_threaded()
        .with_aux_indices_in_buffer(AuxIndicesSamplingRate::from(chain as i32), &mut starts)
        .run()
        .map_err(|error| Error::no_memory(format_args!("sorting: {error:?}")))?;
    Ok(Transformed { column, starts: starts.into_iter().map(|row| row as u32).collect() })
}
