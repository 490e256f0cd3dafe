//! The function table of a Windows image for x86-64, from what the code and the unwind data say.
//!
//! Each entry of the table (`.pdata`) has where a function begins, where it ends and where its
//! unwind data lie. Most functions begin behind the filler after the one before; they end at one of
//! the places where code can end, see `code`; and unwind data mostly follow those of the function
//! before. The table goes; four columns of small numbers remain, see `numbers`: what lies between
//! begin and its prediction, which of the possible ends it is, the length where it is none, what
//! lies between the unwind data and their prediction.

mod code;
mod numbers;

use super::Parts;
use crate::coder::{Decoder, Encoder};
use crate::error::{Error, Result};
use crate::formats::pe::Image;
use crate::varint::{self, Reader};
use code::Code;
use numbers::Column;

/// The stored id.
pub const ID: u8 = 7;

/// Bytes of an entry.
const ENTRY: usize = 12;

/// Shorter tables are not worth a transform's entry.
const MIN_ENTRIES: usize = 16;

/// Leaves out the function table of `image`, which starts `bytes`. Gives the parts and how many
/// bytes they stand for: all sections, as far as they are there. `None` where there is no table, or
/// it does not ascend.
#[must_use]
pub fn forward(bytes: &[u8], image: &Image) -> Option<(Parts, usize)> {
    let table = image.functions.clone()?;
    let last = image.sections.iter().map(|section| section.file.end).max()?;
    let end = last.min(bytes.len());
    let raw = &bytes[..end];
    let entries = raw.get(table.clone())?.chunks_exact(ENTRY);
    let count = entries.len();
    if count < MIN_ENTRIES || !table.len().is_multiple_of(ENTRY) {
        return None;
    }
    // The decoder does not have the table when it predicts.
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
    let packed = encoder.finish();
    // A table costs about three bytes an entry where it is coded.
    if packed.len() > table.len() / 4 {
        return None;
    }
    let mut params = Vec::new();
    varint::put(&mut params, count as u64);
    let inner = [&raw[..table.start], &raw[table.end..]].concat();
    let parts = Parts { id: ID, params, side: Vec::new(), packed, inner };
    super::restores(&parts, raw).then_some((parts, end))
}

/// An entry: distances from the start of the image in memory.
#[derive(Debug, Clone, Copy, Default)]
struct Function {
    begin: u32,
    end: u32,
    unwind: u32,
}

/// What is known of the four columns.
struct Columns {
    begins: Column,
    ends: Column,
    lengths: Column,
    unwinds: Column,
}

impl Columns {
    fn new() -> Self {
        Columns {
            begins: Column::new(),
            ends: Column::new(),
            lengths: Column::new(),
            unwinds: Column::new(),
        }
    }

    /// Codes `function`, which follows `last`; `None` where it does not ascend or is not aligned.
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

    /// Undoes [`Columns::write`]; `None` where numbers do not fit.
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

/// Small magnitudes to small numbers: 0, −1, 1, −2, …
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
/// [`Error::Corrupt`] where the inner bytes are no such image or the columns do not fit, or for a
/// result above `limit`.
pub fn inverse(parts: Parts, limit: usize) -> Result<Vec<u8>> {
    let bad = || Error::Corrupt("function table of an image".into());
    let image = Image::read(&parts.inner).ok_or_else(bad)?;
    let start = image.functions.clone().ok_or_else(bad)?.start;
    let mut params = Reader::new(&parts.params);
    let count = params.len()?;
    let table = count.checked_mul(ENTRY).ok_or_else(bad)?;
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
    let (mut columns, mut decoder) = (Columns::new(), Decoder::new(&parts.packed));
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
