//! TrueType fonts: contexts from the table being read, and within it from the glyph, the point, the
//! instruction.
//!
//! Tables come in the order of [`sfnt`], so that each can be told from those before: offsets
//! and widths from outlines. One reader a table says what the next byte is and what it can be told
//! from (a `View`); which contexts those are differs from field to field, so that few are enough
//! for all. Source of the formats: the OpenType specification.

mod candidates;
pub mod glyph;
mod names;
mod offsets;
mod outline;
mod parts;
mod program;
#[cfg(test)]
mod tests;
mod view;
mod words;

use crate::formats::sfnt::{self, Directory};
use crate::model::context::ContextState;
use crate::model::family::{Family, Reads, pair};
use crate::model::hash::combine;
use crate::model::selector::RowPart;
use glyph::GlyphReader;
use names::NameReader;
use offsets::{MetricReader, OffsetReader};
use program::Program;
use view::View;
pub use view::{FontContext, FontSelector};
use words::WordReader;

/// Fields of the directory, of padding, of programs that all glyphs share, and of tables of words:
/// the first of many.
const DIRECTORY: u32 = 46;
const PADDING: u32 = 47;
const SHARED_CODE: u32 = 48;
const WORDS: u32 = 52;

/// What reads the table.
#[derive(Clone)]
enum Reader {
    Directory(WordReader),
    Padding,
    Glyphs,
    Offsets,
    Metrics(MetricReader),
    Names(Box<NameReader>),
    Code(Box<Program>),
    /// With its field.
    Words(WordReader, u32),
}

/// The font being read.
#[derive(Clone)]
pub struct FontState {
    /// Bytes of the font so far, and where it begins in all bytes.
    at: usize,
    base: usize,
    directory: Directory,
    /// Tables begun so far.
    begun: usize,
    /// Bytes left of this table, and padding after it.
    left: usize,
    padding: usize,
    /// Name of this table.
    tag: [u8; 4],
    reader: Reader,
    glyphs: GlyphReader,
    offsets: OffsetReader,
    /// `head`: offsets of four bytes; `hhea`: glyphs with a width.
    long: bool,
    widths: usize,
    view: View,
}

impl Default for FontState {
    fn default() -> Self {
        let mut state = Self {
            at: 0,
            base: 0,
            directory: Directory::default(),
            begun: 0,
            left: 0,
            padding: 0,
            tag: [0; 4],
            reader: Reader::Directory(WordReader::default()),
            glyphs: GlyphReader::default(),
            offsets: OffsetReader::new(false, 0),
            long: false,
            widths: 0,
            view: View::default(),
        };
        state.describe();
        state
    }
}

impl FontState {
    /// Takes in the byte that `bytes` now ends with.
    fn read(&mut self, bytes: &[u8]) {
        let Some(&byte) = bytes.last() else { return };
        self.at += 1;
        match &mut self.reader {
            Reader::Directory(words) => {
                words.push(byte);
            }
            Reader::Padding => {}
            Reader::Glyphs => self.glyphs.push(byte),
            Reader::Offsets => self.offsets.push(byte, &self.glyphs.glyphs),
            Reader::Metrics(metrics) => metrics.push(byte, &self.offsets.numbered),
            Reader::Names(names) => names.push(byte),
            Reader::Code(program) => program.push(byte),
            Reader::Words(words, _) => {
                if let Some(word) = words.push(byte) {
                    match (&self.tag, words.at()) {
                        (b"head", 52) => self.long = word != 0,
                        (b"hhea", 36) => self.widths = word as usize,
                        _ => {}
                    }
                }
            }
        }
        if matches!(self.reader, Reader::Directory(_)) {
            self.begin_font(bytes);
        } else {
            self.step();
        }
        self.describe();
    }

    /// Ends the directory where its end is reached. What is no font is read as words to its end.
    fn begin_font(&mut self, bytes: &[u8]) {
        let font = bytes.get(self.base..).unwrap_or(&[]);
        if self.at < sfnt::HEADER {
            return;
        }
        match sfnt::length_of(font) {
            Some(length) if self.at < length => return,
            Some(_) => self.directory = Directory::parse(font).unwrap_or_default(),
            None => self.directory = Directory::default(),
        }
        (self.begun, self.left, self.padding) = (0, 0, 0);
        if self.directory.segments.is_empty() {
            self.tag = *b"????";
            (self.left, self.reader) = (usize::MAX, Reader::Words(WordReader::default(), WORDS));
            return;
        }
        self.next_table();
    }

    /// One byte of a table or of padding was read.
    fn step(&mut self) {
        if self.left > 0 {
            self.left -= 1;
            if self.left > 0 {
                return;
            }
            self.reader = Reader::Padding;
        } else {
            self.padding = self.padding.saturating_sub(1);
        }
        if self.padding == 0 {
            self.next_table();
        }
    }

    /// Begins the next table that is not empty, or the next font.
    fn next_table(&mut self) {
        while let Some(segment) = self.directory.segments.get(self.begun) {
            self.begun += 1;
            self.tag = segment.tag;
            (self.left, self.padding) = (segment.length, segment.padded - segment.length);
            if self.left > 0 {
                self.reader = self.reader_of(self.tag);
                return;
            }
        }
        self.base += self.at;
        self.at = 0;
        self.reader = Reader::Directory(WordReader::default());
    }

    fn reader_of(&mut self, tag: [u8; 4]) -> Reader {
        let words = |number| Reader::Words(WordReader::default(), WORDS + number);
        match &tag {
            b"glyf" => {
                self.glyphs = GlyphReader::default();
                Reader::Glyphs
            }
            b"loca" => {
                let end = self
                    .directory
                    .segments
                    .iter()
                    .find(|segment| segment.tag == *b"glyf")
                    .map_or(0, |segment| segment.length);
                self.offsets = OffsetReader::new(self.long, end as u32);
                Reader::Offsets
            }
            b"hmtx" => Reader::Metrics(MetricReader::new(self.widths)),
            b"post" => Reader::Names(Box::default()),
            b"fpgm" | b"prep" => Reader::Code(Box::default()),
            b"kern" => words(1),
            b"GPOS" => words(2),
            b"GSUB" => words(3),
            b"GDEF" => words(4),
            b"cmap" => words(5),
            b"cvt " => words(6),
            b"name" => words(7),
            b"hdmx" => words(8),
            b"MATH" => words(9),
            b"LTSH" | b"VDMX" => words(10),
            _ => words(0),
        }
    }

    fn describe(&mut self) {
        let view = &mut self.view;
        match &self.reader {
            Reader::Directory(words) => words.describe(DIRECTORY, view),
            Reader::Padding => {
                view.field = PADDING;
                view.partial = self.padding as u32;
                view.rows = [47; view::SELECTORS];
            }
            Reader::Glyphs => self.glyphs.describe(view),
            Reader::Offsets => self.offsets.describe(&self.glyphs.glyphs, view),
            Reader::Metrics(metrics) => metrics.describe(&self.offsets.numbered, view),
            Reader::Names(names) => names.describe(view),
            Reader::Code(program) => {
                view.field = SHARED_CODE;
                program.describe(0, 0, view);
            }
            Reader::Words(words, field) => words.describe(*field, view),
        }
    }

    /// The name of the table being read.
    #[must_use]
    pub fn tag(&self) -> [u8; 4] {
        self.tag
    }

    /// What the next byte is, for tests and measurements.
    #[must_use]
    pub fn field(&self) -> u32 {
        self.view.field
    }
}

impl Family for FontState {
    type Context = FontContext;
    type Selector = FontSelector;
    const READS: Reads = Reads::Stream;

    fn new(_: &[FontContext]) -> Self {
        Self::default()
    }

    fn push(&mut self, bytes: &[u8]) {
        self.read(bytes);
    }

    #[inline]
    fn value(&self, FontContext(rank): FontContext, _: &ContextState) -> u64 {
        let view = &self.view;
        let value = view.values.get(usize::from(rank)).copied().unwrap_or(0);
        pair(value, combine(view.field, view.partial))
    }

    fn rows(selector: FontSelector) -> usize {
        match selector {
            FontSelector::Field
            | FontSelector::Known
            | FontSelector::Expected
            | FontSelector::Detail => 256 << 3,
        }
    }

    #[inline]
    fn row(&self, selector: FontSelector, _: &ContextState) -> RowPart {
        let [field, known, expected, detail] = self.view.rows;
        RowPart::with_bit(match selector {
            FontSelector::Field => field & 255,
            FontSelector::Known => known & 255,
            FontSelector::Expected => expected & 255,
            FontSelector::Detail => detail & 255,
        })
    }

    /// Mostly the byte that is expected.
    #[inline]
    fn apm_context(&self) -> Option<usize> {
        Some((self.view.rows[2] & 255) as usize)
    }
}
