//! Prose: contexts by what natural language repeats apart from letters: endings and classes of
//! words, the words that followed a word before, sentences, and breaks of lines.

use super::byte_class::byte_class;
use super::context::ContextState;
use super::families::FamilyName;
use super::family::{Family, Reads};
use super::name::named;
use super::selector::RowPart;

named! {
    /// Contexts of prose. Unless said otherwise they hold the word so far too, or the gap after the
    /// last word.
    pub enum ProseContext {
        /// The column, the length of the word so far, the gap: where lines break.
        ColumnAndLength,
        /// A quarter of the column.
        QuarterColumn,
        /// The first word of the sentence.
        SentenceStart,
        /// The last punctuation mark, and words since the sentence began.
        Punctuation,
        /// Capitals of the last three words and of this one.
        Capitals,
        /// The last four words.
        LastFourWords,
        /// The word before the one before the last.
        ThirdLastWord,
        /// Endings of the word before the last and of the one before that.
        EarlierEndings,
        /// The word that followed the last two words before.
        FollowerOfTwo,
        /// The words that followed the last word and the last two words before.
        Followers,
        /// The class of the last word.
        ClassOfLast,
        /// The classes of the last two words.
        ClassesOfTwo,
        /// The class of the last word, and the word before.
        ClassAndSecondLast,
        /// The class of the last word, and how much room the line leaves.
        ClassAndRoom,
        /// The fine classes of the word just read and of the last word; no letters.
        FineClasses,
        /// The fine class of the word just read, the classes of the last two; no letters.
        FineClassAndTwo,
    }
}

named! {
    /// Selectors of prose.
    pub enum ProseSelector {
        /// The class of the last word, and the class of the last byte.
        ClassOfLast,
    }
}

/// Entries of the tables of followers, a power of two.
const FOLLOWERS: usize = 1 << 16;

/// One word as far as contexts look at it.
#[derive(Clone, Copy, Default)]
struct Word {
    /// Hash of its letters, case ignored; 0 for none.
    hash: u32,
    /// Its last letters, newest lowest.
    ending: u32,
    /// Its letters, counted up to 15.
    length: u32,
    /// 0 all small, 1 first letter capital, 2 more than one capital.
    capitals: u32,
    /// The coarse and the fine group of like words that the word is in: see [`classes`].
    classes: [u32; 2],
}

/// A coarse and a fine class of a word by its code: like words have like codes. Other words are
/// told apart by their last letters, `ending`.
fn classes(code: &[u8], ending: u32) -> [u32; 2] {
    match *code {
        [last] => [0x100 | u32::from(last >> 3), 0x100 | u32::from(last)],
        [middle, last] => {
            [0x200 | u32::from(middle), 0x4000 | u32::from(middle) << 2 | u32::from(last >> 4 & 3)]
        }
        [first, middle, _] => {
            [0x300 | u32::from(first), 0x8000 | u32::from(first) << 5 | u32::from(middle & 31)]
        }
        _ => [0x400 | ending & 0xff, 0x1_0000 | ending & 0xffff],
    }
}

impl Word {
    #[inline(always)]
    fn push(&mut self, byte: u8) {
        let folded = u32::from(byte.to_ascii_lowercase());
        self.hash = (self.hash.wrapping_add(folded).wrapping_add(1))
            .wrapping_mul(0x2F0B_4C47)
            .rotate_left(7);
        self.ending = self.ending << 8 | folded;
        if byte.is_ascii_uppercase() {
            self.capitals = if self.length == 0 { 1 } else { 2 };
        }
        self.length = (self.length + 1).min(15);
    }
}

/// State of the prose model.
#[derive(Clone)]
pub struct ProseState {
    word: Word,
    words: [Word; 4],
    /// Classes of the bytes since the last word, four bits each.
    gap: u32,
    column: u32,
    /// Where the word so far began: the column, or with bit 8 set, at the start of a line, the
    /// length of the line before.
    room: u32,
    /// The first word of the sentence, and words since.
    sentence: u32,
    since: u32,
    punctuation: u32,
    /// The words that followed a word, and two words.
    after_one: Vec<u32>,
    after_two: Vec<u32>,
    /// Slots of the last word in these tables.
    slots: [usize; 2],
    /// The words in these slots.
    followers: [u32; 2],
}

impl Default for ProseState {
    fn default() -> Self {
        Self {
            word: Word::default(),
            words: [Word::default(); 4],
            gap: 0,
            column: 0,
            room: 0,
            sentence: 0,
            since: 0,
            punctuation: 0,
            after_one: vec![0; FOLLOWERS],
            after_two: vec![0; FOLLOWERS],
            slots: [0; 2],
            followers: [0; 2],
        }
    }
}

impl Family for ProseState {
    type Context = ProseContext;
    type Selector = ProseSelector;
    const READS: Reads = Reads::Text;
    const NEEDS: &'static [FamilyName] = &[FamilyName::Class];

    fn new(_: &[ProseContext]) -> Self {
        Self::default()
    }

    #[inline(always)]
    fn push(&mut self, text: &[u8]) {
        let byte = text.last().copied().unwrap_or(0);
        if byte == b'\n' {
            self.room = 0x100 | self.column;
        } else if !(byte.is_ascii_alphabetic() || byte >= 128) && self.column > 0 {
            self.room = self.column + 1;
        }
        self.column = if byte == b'\n' { 0 } else { (self.column + 1).min(255) };
        if byte.is_ascii_alphabetic() || byte >= 128 {
            self.word.push(byte);
            return;
        }
        if self.word.length > 0 {
            self.end_word();
        }
        if matches!(byte, b'.' | b'!' | b'?') {
            self.sentence = 0;
            self.since = 0;
        }
        if byte != b' ' && byte != b'\n' {
            self.punctuation = u32::from(byte);
        }
        self.gap = self.gap << 4 | byte_class(byte);
    }

    #[inline(always)]
    fn push_code(&mut self, code: &[u8]) {
        self.word.classes = classes(code, 0);
    }

    #[inline(always)]
    fn value(&self, context: ProseContext, _: &ContextState) -> u64 {
        let [one, two, three, four] = self.words;
        let word = self.word.hash;
        let gap = if self.word.length == 0 { self.gap & 0xff | 0x100 } else { 0 };
        let at = |value: u64| value ^ u64::from(word).rotate_left(32) ^ u64::from(gap) << 20;
        let mix = |a: u32, b: u32| {
            (u64::from(a).wrapping_mul(0x9E37_79B9_7F4A_7C15))
                .wrapping_add(u64::from(b))
                .wrapping_mul(0xC2B2_AE3D_27D4_EB4F)
        };
        match context {
            ProseContext::ColumnAndLength => {
                u64::from(self.column << 12 | self.word.length << 8 | gap & 0xff) | 1 << 40
            }
            ProseContext::QuarterColumn => at(mix(self.column / 4, 12)),
            ProseContext::SentenceStart => at(mix(self.sentence, self.since.min(1))),
            ProseContext::Punctuation => at(mix(self.punctuation, self.since)),
            ProseContext::Capitals => {
                let capitals = one.capitals << 4 | two.capitals << 2 | three.capitals;
                at(mix(capitals, 11 + 4096 * self.word.capitals))
            }
            ProseContext::LastFourWords => {
                at(mix(one.hash ^ two.hash.rotate_left(11), three.hash ^ four.hash.rotate_left(17)))
            }
            ProseContext::ThirdLastWord => at(mix(three.hash, 7)),
            ProseContext::EarlierEndings => at(mix(two.ending & 0xffff, three.ending & 0xffff)),
            ProseContext::FollowerOfTwo => at(mix(self.followers[1], 2)),
            ProseContext::Followers => at(mix(self.followers[0], self.followers[1])),
            ProseContext::ClassOfLast => at(mix(one.classes[0], 25)),
            ProseContext::ClassesOfTwo => at(mix(one.classes[0], two.classes[0])),
            ProseContext::ClassAndSecondLast => at(mix(two.hash, one.classes[0])),
            ProseContext::ClassAndRoom => at(mix(self.room, 1000 + one.classes[0])),
            ProseContext::FineClasses => mix(self.word.classes[1], one.classes[1] << 8 | gap),
            ProseContext::FineClassAndTwo => {
                mix(self.word.classes[1], one.classes[0] ^ two.classes[0] << 14 | gap << 24)
            }
        }
    }

    fn rows(selector: ProseSelector) -> usize {
        match selector {
            ProseSelector::ClassOfLast => 2048 << 4,
        }
    }

    #[inline(always)]
    fn row(&self, selector: ProseSelector, all: &ContextState) -> RowPart {
        match selector {
            ProseSelector::ClassOfLast => {
                let last_byte = all.families.class.as_ref().map_or(0, |class| class.last());
                RowPart::fixed(self.words[0].classes[0] << 4 | last_byte)
            }
        }
    }
}

impl ProseState {
    #[inline(always)]
    fn end_word(&mut self) {
        if self.word.classes[0] == 0 {
            self.word.classes = classes(&[], self.word.ending);
        }
        let word = self.word;
        self.after_one[self.slots[0]] = word.hash;
        self.after_two[self.slots[1]] = word.hash;
        self.slots = [
            (word.hash.wrapping_mul(0x9E37_79B1) >> 16) as usize & (FOLLOWERS - 1),
            (word
                .hash
                .wrapping_mul(0x9E37_79B1)
                .wrapping_add(self.words[0].hash)
                .wrapping_mul(0x85EB_CA6B)
                >> 16) as usize
                & (FOLLOWERS - 1),
        ];
        self.followers = [self.after_one[self.slots[0]], self.after_two[self.slots[1]]];
        self.words = [word, self.words[0], self.words[1], self.words[2]];
        if self.sentence == 0 {
            self.sentence = word.hash;
        }
        self.since = (self.since + 1).min(15);
        self.word = Word::default();
        self.gap = 0;
    }
}
