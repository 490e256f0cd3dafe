//! What the readers of a font's tables say about the next byte.

use crate::model::name::named;

/// Contexts that a view has.
pub const CONTEXTS: usize = 40;
/// Selectors that a view has.
pub const SELECTORS: usize = 4;

named! {
    /// The context of a rank: each field of each table has a list of its own, which the reader of
    /// the table gives in `describe`.
    pub struct FontContext in 0..=(CONTEXTS as u8 - 1);
}

named! {
    /// Selectors of fonts, each with the number of the bit.
    pub enum FontSelector {
        /// The field that the next byte belongs to.
        Field,
        /// What is known of the field: classes of counts, or which guesses agree.
        Known,
        /// The byte that is expected, mostly.
        Expected,
        /// A second class of what is known.
        Detail,
    }
}

/// The next byte: what it is, and what it can be told from.
#[derive(Clone, Debug)]
pub struct View {
    /// What it is: a number of its own for each field of each table, below 64.
    pub field: u32,
    /// The bytes of the number so far, after a leading one.
    pub partial: u32,
    /// The contexts: what each holds depends on the field.
    pub values: [u32; CONTEXTS],
    /// The selectors, each below 256.
    pub rows: [u32; SELECTORS],
}

impl Default for View {
    fn default() -> Self {
        Self { field: 0, partial: 1, values: [0; CONTEXTS], rows: [0; SELECTORS] }
    }
}

impl View {
    /// Sets the first contexts; the others say nothing.
    pub fn set<const N: usize>(&mut self, values: [u32; N]) {
        self.values = [0; CONTEXTS];
        self.values[..N].copy_from_slice(&values);
    }
}

/// The next byte of a number of `bytes` bytes (at most 4), if the number were `value`: 256 and the
/// byte, or 0 where `partial`, the bytes so far after a leading one, is not how `value` begins.
#[inline(always)]
#[must_use]
pub fn next_byte(value: u32, bytes: u32, partial: u64) -> u32 {
    let known = partial.checked_ilog2().unwrap_or(0) / 8;
    if known >= bytes.min(4) {
        return 0;
    }
    let shift = 8 * (bytes.min(4) - known);
    let value = u64::from(value);
    if value >> shift | 1 << (8 * known) != partial {
        return 0;
    }
    256 | (value >> (shift - 8)) as u32 & 255
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_of_numbers() {
        assert_eq!(next_byte(0x1234, 2, 1), 256 + 0x12);
        assert_eq!(next_byte(0x1234, 2, 0x112), 256 + 0x34);
        assert_eq!(next_byte(0x1234, 2, 0x113), 0);
        assert_eq!(next_byte(0x0102_0304, 4, 1), 256 + 1);
        assert_eq!(next_byte(0x0102_0304, 4, 0x101_0203), 256 + 4);
        assert_eq!(next_byte(77, 1, 1), 256 + 77);
        assert_eq!(next_byte(77, 1, 0x177), 0);
    }
}
