//! Removes the function table of a Windows image for x86-64, which code and unwind data mostly
//! determine.
//!
//! Each entry of the table (`.pdata`) has the address where a function begins, the address where it
//! ends, and the address of its unwind data. Most functions begin after the filler that follows the
//! function before. They end at addresses where code can end (see `code`). Their unwind data mostly
//! follow those of the function before.
//!
//! The transform replaces the table by four columns of small numbers (see `numbers`): the
//! difference between begin and its prediction; the rank of the end among the possible ends; the
//! length, if the end is not a possible end; the difference between the address of the unwind data
//! and its prediction.

mod code;
mod numbers;

use super::Parts;
use crate::coder::{Decoder, Encoder};
use crate::error::{Error, Result};
use crate::formats::pe::Image;
use crate::varint::{self, Reader};
use code::Code;
use numbers::NumberModel;

/// The stored id.
pub const ID: u8 = 7;

/// Bytes of an entry.
const ENTRY_BYTES: usize = 12;

/// Smallest number of entries for which the transform pays.
const MIN_ENTRIES: usize = 16;

/// Removes the function table of `image`, whose first bytes are `bytes`. Returns the parts and the
/// number of bytes that they replace: all sections, as far as they are present. `None` if there is
/// no table, or if the table does not ascend.
#[must_use]
pub fn forward(bytes: &[u8], image: &Image) -> Option<(Parts, usize)> {
    let table = image.functions.clone()?;
    let last = image.sections.iter().map(|section| section.file.end).max()?;
    let end = last.min(bytes.len());
    let raw = &bytes[..end];
    let entries = raw.get(table.clone())?.chunks_exact(ENTRY_BYTES);
    let count = entries.len();
    if count < MIN_ENTRIES || !table.len().is_multiple_of(ENTRY_BYTES) {
        return None;
    }
    // The decoder predicts without the table, so the encoder does too.
    let mut blank = raw.to_vec();
    blank[table.clone()].fill(0);
    let code = Code::new(&blank, image);
    let (mut columns, mut encoder) = (Columns::new(), Encoder::new());
    let mut last = Function::default();
    for entry in entries {
        let word = |at: usize| {
            u32::from_le_bytes([entry[at], entry[at + 1], entry[at + 2], entry[at + 3]])
        };
        let function = Function { begin: word(0), end: word(4), unwind: word(8) };
        columns.write(&code, &last, &function, &mut encoder)?;
        last = function;
    }
    let compressed = encoder.finish();
    // As part of the code stream a table costs about three bytes for each entry.
    if compressed.len() > table.len() / 4 {
        return None;
    }
    let mut params = Vec::new();
    varint::put(&mut params, count as u64);
    let inner = [&raw[..table.start], &raw[table.end..]].concat();
    let parts = Parts { id: ID, params, side: Vec::new(), compressed, inner };
    super::restores(&parts, raw).then_some((parts, end))
}

/// An entry. Addresses are relative to the start of the image in memory.
#[derive(Debug, Clone, Copy, Default)]
struct Function {
    begin: u32,
    end: u32,
    unwind: u32,
}

/// The models of the four columns.
struct Columns {
    begins: NumberModel,
    ends: NumberModel,
    lengths: NumberModel,
    unwinds: NumberModel,
}

impl Columns {
    fn new() -> Self {
        Columns {
            begins: NumberModel::new(),
            ends: NumberModel::new(),
            lengths: NumberModel::new(),
            unwinds: NumberModel::new(),
        }
    }

    /// Codes `function`, whose predecessor is `last`. `None` if the function does not ascend or is
    /// not aligned.
    fn write(
        &mut self,
        code: &Code<'_>,
        last: &Function,
        function: &Function,
        encoder: &mut Encoder,
    ) -> Option<()> {
        let Function { begin, end, unwind } = *function;
        if begin < last.end || end <= begin || !unwind.is_multiple_of(4) {
            return None;
        }
        self.begins.code(signed(i64::from(begin) - i64::from(code.next_begin(last.end))), encoder);
        let rank = code.rank(begin, end);
        self.ends.code(rank.map_or(0, |rank| u64::from(rank) + 1), encoder);
        if rank.is_none() {
            self.lengths.code((end - begin).into(), encoder);
        }
        self.unwinds.code(
            signed((i64::from(unwind) - i64::from(code.behind_unwind(last.unwind))) / 4),
            encoder,
        );
        Some(())
    }

    /// Undoes [`Columns::write`]. `None` if the numbers do not fit.
    fn read(
        &mut self,
        code: &Code<'_>,
        last: &Function,
        decoder: &mut Decoder<'_>,
    ) -> Option<Function> {
        let begin = unsigned(self.begins.code(0, decoder)) + i64::from(code.next_begin(last.end));
        let begin = u32::try_from(begin).ok().filter(|&begin| begin >= last.end)?;
        let end = match self.ends.code(0, decoder) {
            0 => begin.checked_add(u32::try_from(self.lengths.code(0, decoder)).ok()?),
            rank => code.end(begin, rank - 1),
        };
        let end = end.filter(|&end| end > begin)?;
        let unwind = unsigned(self.unwinds.code(0, decoder)) * 4
            + i64::from(code.behind_unwind(last.unwind));
        Some(Function { begin, end, unwind: u32::try_from(unwind).ok()? })
    }
}

/// Maps small magnitudes to small numbers: 0, −1, 1, −2, … become 0, 1, 2, 3, ….
fn signed(value: i64) -> u64 {
    (value << 1 ^ value >> 63) as u64
}

/// Undoes [`signed`].
fn unsigned(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// Undoes [`forward`].
///
/// # Errors
/// [`Error::Corrupt`] if the inner bytes are no such image, if the columns do not fit, or if the
/// result is longer than `limit`.
pub fn inverse(parts: Parts, limit: usize) -> Result<Vec<u8>> {
    let bad = || Error::Corrupt("function table of an image".into());
    let image = Image::read(&parts.inner).ok_or_else(bad)?;
    let start = image.functions.clone().ok_or_else(bad)?.start;
    let mut params = Reader::new(&parts.params);
    let count = params.len()?;
    let table = count.checked_mul(ENTRY_BYTES).ok_or_else(bad)?;
    let fits = table.checked_add(parts.inner.len()).is_some_and(|len| len <= limit);
    if !fits || !params.is_empty() || !parts.side.is_empty() {
        return Err(bad());
    }
    let (before, behind) = parts.inner.split_at_checked(start).ok_or_else(bad)?;
    let mut out = Vec::new();
    out.try_reserve_exact(parts.inner.len() + table).map_err(|_| Error::no_memory("an image"))?;
    out.extend_from_slice(before);
    out.resize(start + table, 0);
    out.extend_from_slice(behind);
    let code = Code::new(&out, &image);
    let (mut columns, mut decoder) = (Columns::new(), Decoder::new(&parts.compressed));
    let mut entries = Vec::new();
    let mut last = Function::default();
    for _ in 0..count {
        last = columns.read(&code, &last, &mut decoder).ok_or_else(bad)?;
        [last.begin, last.end, last.unwind]
            .iter()
            .for_each(|word| entries.extend_from_slice(&word.to_le_bytes()));
    }
    out[start..start + table].copy_from_slice(&entries);
    Ok(out)
}

#[cfg(test)]
mod tests;
