//! The function table of a Windows image for x86-64, from what the code and the unwind data say.
//!
//! Each entry of the table (`.pdata`) has where a function begins, where it ends and where its unwind data lie. Most
//! functions begin behind the filler after the one before; they end at one of the places where code can end,
//! see [`code`]; and unwind data mostly follow those of the function before. The table goes; four columns of small
//! numbers remain: what lies between begin and its prediction, which of the possible ends it is, the length
//! where it is none, what lies between the unwind data and their prediction.

mod code;

use super::Parts;
use super::relocations::Image;
use crate::block::{Reader, put_varint};
use crate::error::{Error, Result};
use code::Code;

/// The stored id.
pub const ID: u8 = 7;

/// Bytes of an entry.
const ENTRY: usize = 12;

/// Shorter tables are not worth a transform's entry.
const MIN_ENTRIES: usize = 16;

/// Leaves out the function table of `image`, which starts `bytes`. Gives the parts and how many bytes they stand for:
/// all sections, as far as they are there. `None` where there is no table, or it does not ascend.
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
    let mut columns: [Vec<u8>; 4] = Default::default();
    let mut last = Function::default();
    for entry in entries {
        let word = |at: usize| u32::from_le_bytes([entry[at], entry[at + 1], entry[at + 2], entry[at + 3]]);
        let function = Function { begin: word(0), end: word(4), unwind: word(8) };
        write(&code, &last, &function, &mut columns)?;
        last = function;
    }
    let mut side = Vec::new();
    put_varint(&mut side, count as u64);
    columns.iter().for_each(|column| put_varint(&mut side, column.len() as u64));
    columns.iter().for_each(|column| side.extend_from_slice(column));
    if side.len() > table.len() / 2 {
        return None;
    }
    let inner = [&raw[..table.start], &raw[table.end..]].concat();
    let parts = Parts { id: ID, params: Vec::new(), side, packed: Vec::new(), inner };
    super::restores(&parts, raw).then_some((parts, end))
}

/// An entry: distances from the start of the image in memory.
#[derive(Debug, Clone, Copy, Default)]
struct Function {
    begin: u32,
    end: u32,
    unwind: u32,
}

/// Appends `function`, which follows `last`, to the columns; `None` where it does not ascend or is not aligned.
fn write(code: &Code<'_>, last: &Function, function: &Function, columns: &mut [Vec<u8>; 4]) -> Option<()> {
    let Function { begin, end, unwind } = *function;
    if begin < last.end || end <= begin || !unwind.is_multiple_of(4) {
        return None;
    }
    let [begins, ends, lengths, unwinds] = columns;
    put_varint(begins, signed(i64::from(begin) - i64::from(code.next_begin(last.end))));
    match code.rank(begin, end) {
        Some(rank) => put_varint(ends, u64::from(rank) + 1),
        None => {
            put_varint(ends, 0);
            put_varint(lengths, (end - begin).into());
        }
    }
    put_varint(unwinds, signed((i64::from(unwind) - i64::from(code.behind_unwind(last.unwind))) / 4));
    Some(())
}

/// Undoes [`write`].
fn read(code: &Code<'_>, last: &Function, columns: &mut [Reader<'_>; 4]) -> Result<Function> {
    let bad = || Error::Corrupt("functions of an image".into());
    let place = |value: Option<i64>| value.and_then(|value| u32::try_from(value).ok()).ok_or_else(bad);
    let [begins, ends, lengths, unwinds] = columns;
    let begin = place(unsigned(begins.varint()?).checked_add(code.next_begin(last.end).into()))?;
    if begin < last.end {
        return Err(bad());
    }
    let end = match ends.varint()? {
        0 => begin.checked_add(u32::try_from(lengths.varint()?).map_err(|_| bad())?),
        rank => code.end(begin, rank - 1),
    };
    let end = end.filter(|&end| end > begin).ok_or_else(bad)?;
    let step = unsigned(unwinds.varint()?).checked_mul(4);
    let unwind = place(step.and_then(|step| step.checked_add(code.behind_unwind(last.unwind).into())))?;
    Ok(Function { begin, end, unwind })
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
/// [`Error::Corrupt`] where the inner bytes are no such image or the columns do not fit, or for a result above `limit`.
pub fn inverse(parts: Parts, limit: usize) -> Result<Vec<u8>> {
    let bad = || Error::Corrupt("function table of an image".into());
    let image = Image::read(&parts.inner).ok_or_else(bad)?;
    let start = image.functions.clone().ok_or_else(bad)?.start;
    let mut side = Reader::new(&parts.side);
    let count = side.len()?;
    let table = count.checked_mul(ENTRY).ok_or_else(bad)?;
    let fits = table.checked_add(parts.inner.len()).is_some_and(|len| len <= limit);
    if !fits || !parts.params.is_empty() || !parts.packed.is_empty() {
        return Err(bad());
    }
    let (before, behind) = parts.inner.split_at_checked(start).ok_or_else(bad)?;
    let lengths = [side.len()?, side.len()?, side.len()?, side.len()?];
    let [a, b, c, d] = lengths.map(|len| side.take(len));
    let mut columns = [Reader::new(a?), Reader::new(b?), Reader::new(c?), Reader::new(d?)];
    let mut out = Vec::with_capacity(parts.inner.len() + table);
    out.extend_from_slice(before);
    out.resize(start + table, 0);
    out.extend_from_slice(behind);
    let code = Code::new(&out, &image);
    let mut entries = Vec::with_capacity(table);
    let mut last = Function::default();
    for _ in 0..count {
        last = read(&code, &last, &mut columns)?;
        [last.begin, last.end, last.unwind].iter().for_each(|word| entries.extend_from_slice(&word.to_le_bytes()));
    }
    if !side.is_empty() || !columns.iter().all(Reader::is_empty) {
        return Err(bad());
    }
    out[start..start + table].copy_from_slice(&entries);
    Ok(out)
}

#[cfg(test)]
mod tests;
