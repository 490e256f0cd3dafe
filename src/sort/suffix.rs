//! The Burrows-Wheeler transform of a text: its suffixes in order, and the column before them.

use crate::error::{Error, Result};
use libsais::SuffixArrayConstruction;

/// The longest text that one transform takes: a row number must fit 24 bits.
pub const LONGEST: usize = (1 << 24) - 1;

/// A transformed text.
pub struct Transformed {
    /// For each suffix in ascending order, and first for the empty one, the byte before it, less
    /// the one row (of the whole text) that has none.
    pub column: Vec<u8>,
    /// Rows of the suffixes at which the inverse's chains begin, the first being the whole text.
    pub starts: Vec<u32>,
}

/// The length of each chain but the last, for a text of `length` bytes: up to 32 chains, so that the
/// inverse waits for many rows at once. A short text stays in the cache, and every start costs
/// three bytes.
pub fn chain_length(length: usize) -> usize {
    length.div_ceil((length >> 15).clamp(1, 32)).max(1)
}

/// Transforms `text` (1 to [`LONGEST`] bytes).
///
/// # Errors
/// [`Error::Limit`] when there is no memory for the suffix array.
pub fn transform(text: &[u8]) -> Result<Transformed> {
    let length = text.len();
    let mut suffixes: Vec<i32> = Vec::new();
    suffixes.try_reserve_exact(length).map_err(|_| Error::Limit("memory for a suffix array".into()))?;
    suffixes.resize(length, 0);
    SuffixArrayConstruction::for_text(text)
        .in_borrowed_buffer(suffixes.as_mut_slice())
        .single_threaded()
        .run()
        .map_err(|error| Error::Limit(format!("suffix array: {error:?}")))?;
    let chain = chain_length(length);
    let mut starts = vec![0; length.div_ceil(chain)];
    let mut column = Vec::with_capacity(length);
    column.push(text[length - 1]);
    // Chains begin at multiples of `chain`; a mask of the lowest bits rules most suffixes out.
    let unit = chain.trailing_zeros();
    let mask = (1usize << unit) - 1;
    for (row, &suffix) in suffixes.iter().enumerate() {
        let suffix = suffix as usize;
        if suffix & mask == 0 && suffix.is_multiple_of(chain) {
            starts[suffix / chain] = row as u32 + 1;
        }
        if suffix > 0 {
            column.push(text[suffix - 1]);
        }
    }
    Ok(Transformed { column, starts })
}
