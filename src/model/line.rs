//! Lines of text: the column, the field, and the bytes above in the line before.

use super::context::ContextState;
use super::families::FamilyName;
use super::family::{Family, Reads, pair};
use super::name::{NoSelector, named};
use super::selector::RowPart;

named! {
    /// Contexts of lines and fields.
    pub enum LineContext {
        /// The column, the byte above, the last byte.
        ColumnAndAbove,
        /// The column, and the first two bytes of the line.
        ColumnAndStart,
        /// The number of the field, and its bytes so far.
        Field,
        /// The number of the field, the byte above, the last byte.
        FieldAndAbove,
        /// The byte above, the byte after that, the last byte.
        TwoAbove,
        /// The last word, the word so far, and the first two bytes of the line.
        WordAndStart,
        /// The word so far, and the byte above.
        WordAndAbove,
    }
}

/// State of the lines of a text.
#[derive(Clone, Default)]
pub struct LineState {
    start: usize,
    previous_start: usize,
    /// Bytes since the line began.
    column: u32,
    /// The byte above in the previous line (0 past its end), and the one after that.
    above: [u8; 2],
    /// The first two bytes of this line.
    first: u32,
    /// Separators so far in this line.
    field: u32,
    /// Hash of the bytes of this field so far.
    in_field: u32,
}

impl Family for LineState {
    type Context = LineContext;
    type Selector = NoSelector;
    const READS: Reads = Reads::Text;
    const NEEDS: &'static [FamilyName] = &[FamilyName::Word];

    fn new(_: &[LineContext]) -> Self {
        Self::default()
    }

    fn push(&mut self, bytes: &[u8]) {
        let end = bytes.len();
        let byte = bytes[end - 1];
        if byte == b'\n' {
            self.previous_start = self.start;
            self.start = end;
            self.first = 0;
            self.field = 0;
            self.in_field = 0;
        } else {
            if end - self.start <= 2 {
                self.first = (self.first << 8) | u32::from(byte);
            }
            if matches!(byte, b',' | b'\t' | b';' | b'|' | b':' | b'=' | b'"') {
                self.field += 1;
                self.in_field = 0;
            } else {
                self.in_field = (self.in_field.wrapping_add(u32::from(byte) + 1))
                    .wrapping_mul(0x2F0B_4C47)
                    .rotate_left(7);
            }
        }
        self.column = (end - self.start) as u32;
        let above = self.previous_start + self.column as usize;
        let byte_at = |index: usize| if index < self.start { bytes[index] } else { 0 };
        self.above = [byte_at(above), byte_at(above + 1)];
    }
    #[inline(always)]
    fn value(&self, context: LineContext, all: &ContextState) -> u64 {
        let above = u32::from(self.above[0]);
        let above_and_last = above << 8 | all.history.byte(1);
        let word =
            || all.families.word.as_ref().map_or((0, 0), |word| (word.word, word.previous[0]));
        match context {
            LineContext::ColumnAndAbove => pair(self.column.min(255), above_and_last),
            LineContext::ColumnAndStart => pair(self.column.min(1023), self.first),
            LineContext::Field => pair(self.field, self.in_field),
            LineContext::FieldAndAbove => pair(self.field, above_and_last),
            LineContext::TwoAbove => pair(u32::from(self.above[1]), above_and_last),
            LineContext::WordAndStart => {
                let (word, last) = word();
                pair(last ^ word.rotate_left(9), self.first)
            }
            LineContext::WordAndAbove => pair(word().0, above),
        }
    }

    fn rows(selector: NoSelector) -> usize {
        match selector {}
    }

    fn row(&self, selector: NoSelector, _: &ContextState) -> RowPart {
        match selector {}
    }
}
