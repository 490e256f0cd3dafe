//! Prose: what natural language repeats beyond its letters: the shape of words, their endings,
//! what followed a word before, where lines and sentences break.

use super::context::kind;

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
    /// Which group of like words it is in: see [`classes`].
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

    /// Letters of the commonest English endings (ing, ed, ly, es, s): without them a word and its
    /// inflections are one.
    fn ending_letters(self) -> usize {
        match self.ending.to_be_bytes() {
            [_, b'i', b'n', b'g'] => 3,
            [_, _, b'e', b'd' | b's'] | [_, _, b'l', b'y'] => 2,
            [_, _, _, b's'] => 1,
            _ => 0,
        }
    }
}

/// State of the prose model.
#[derive(Clone)]
pub struct ProseState {
    word: Word,
    /// Hashes of the word so far after each of its last four letters, newest first.
    prefixes: [u32; 4],
    words: [Word; 4],
    /// Stems of the last two words.
    stems: [u32; 2],
    /// Kinds of the bytes since the last word.
    gap: u32,
    column: u32,
    /// Where the word so far began: the column, or with bit 8 set, at the start of a line, the
    /// length of the line before.
    room: u32,
    /// The first word of the sentence, and words since.
    sentence: u32,
    since: u32,
    punctuation: u32,
    letters: u64,
    after_one: Vec<u32>,
    after_two: Vec<u32>,
    slots: [usize; 2],
    expected: [u32; 2],
}

impl Default for ProseState {
    fn default() -> Self {
        Self {
            word: Word::default(),
            prefixes: [0; 4],
            words: [Word::default(); 4],
            stems: [0; 2],
            gap: 0,
            column: 0,
            room: 0,
            sentence: 0,
            since: 0,
            punctuation: 0,
            letters: 0,
            after_one: vec![0; FOLLOWERS],
            after_two: vec![0; FOLLOWERS],
            slots: [0; 2],
            expected: [0; 2],
        }
    }
}

impl ProseState {
    /// Takes in the next byte.
    #[inline(always)]
    pub fn push(&mut self, byte: u8) {
        if byte == b'\n' {
            self.room = 0x100 | self.column;
        } else if !(byte.is_ascii_alphabetic() || byte >= 128) && self.column > 0 {
            self.room = self.column + 1;
        }
        self.column = if byte == b'\n' { 0 } else { (self.column + 1).min(255) };
        if byte.is_ascii_alphabetic() || byte >= 128 {
            self.prefixes = [self.word.hash, self.prefixes[0], self.prefixes[1], self.prefixes[2]];
            self.word.push(byte);
            self.letters = self.letters << 8 | u64::from(byte.to_ascii_lowercase());
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
        self.gap = self.gap << 4 | kind(byte);
    }

    /// Says that the word so far came from `code`.
    #[inline(always)]
    pub fn classify(&mut self, code: &[u8]) {
        self.word.classes = classes(code, 0);
    }

    /// The coarse class of the last word, below 2048.
    #[inline(always)]
    #[must_use]
    pub fn class(&self) -> u32 {
        self.words[0].classes[0]
    }

    #[inline(always)]
    fn end_word(&mut self) {
        if self.word.classes[0] == 0 {
            self.word.classes = classes(&[], self.word.ending);
        }
        let word = self.word;
        let cut = word.ending_letters();
        let stem = if cut > 0 && word.length as usize > cut + 2 {
            self.prefixes[cut - 1]
        } else {
            word.hash
        };
        self.stems = [stem, self.stems[0]];
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
        self.expected = [self.after_one[self.slots[0]], self.after_two[self.slots[1]]];
        self.words = [word, self.words[0], self.words[1], self.words[2]];
        if self.sentence == 0 {
            self.sentence = word.hash;
        }
        self.since = (self.since + 1).min(15);
        self.word = Word::default();
        self.prefixes = [0; 4];
        self.gap = 0;
    }

    /// The value of context `number`, to be hashed.
    #[inline(always)]
    #[must_use]
    pub fn context(&self, number: u8) -> u64 {
        let [one, two, three, four] = self.words;
        let word = self.word.hash;
        let gap = if self.word.length == 0 { self.gap & 0xff | 0x100 } else { 0 };
        let at = |value: u64| value ^ u64::from(word).rotate_left(32) ^ u64::from(gap) << 20;
        let mix = |a: u32, b: u32| {
            (u64::from(a).wrapping_mul(0x9E37_79B9_7F4A_7C15))
                .wrapping_add(u64::from(b))
                .wrapping_mul(0xC2B2_AE3D_27D4_EB4F)
        };
        match number {
            0 => at(mix(self.expected[0], 1)),
            1 => at(mix(self.expected[1], 2)),
            2 => at(mix(one.ending & 0xffff, two.ending & 0xffff)),
            3 => at(mix(one.ending & 0xff_ffff, 3)),
            4 => u64::from(self.column << 12 | self.word.length << 8 | gap & 0xff) | 1 << 40,
            5 => at(mix(self.sentence, self.since.min(1))),
            6 => mix(
                one.length << 8 | two.length << 4 | three.length,
                self.word.length << 16 | self.word.ending & 0xff | gap << 20,
            ),
            7 => at(mix(three.hash, 7)),
            8 => at(mix(self.stems[0], self.stems[1])),
            9 => self.letters & 0xff_ffff_ffff | u64::from(gap) << 50,
            10 => at(mix(self.stems[0], 10)),
            11 => at(mix(
                one.capitals << 4 | two.capitals << 2 | three.capitals,
                11 + 4096 * self.word.capitals,
            )),
            12 => at(mix(self.column / 4, 12)),
            13 => {
                at(mix(one.hash ^ two.hash.rotate_left(11), three.hash ^ four.hash.rotate_left(17)))
            }
            14 => mix(
                one.ending & 0xffff,
                self.word.length << 16 | self.word.ending & 0xffff | gap << 20,
            ),
            15 => at(mix(self.punctuation, self.since)),
            16 => at(mix(one.hash, two.ending & 0xff)),
            17 => at(mix(self.expected[0], self.expected[1])),
            18 => mix(self.column, self.word.ending & 0xffff | gap << 16),
            19 => at(mix(one.hash ^ two.hash.rotate_left(11), three.hash)),
            20 => self.letters & 0xff_ffff | u64::from(gap) << 50,
            21 => at(mix(two.ending & 0xffff, three.ending & 0xffff)),
            23 => at(mix(one.classes[0], two.classes[0])),
            24 => at(mix(two.hash, one.classes[0])),
            25 => at(mix(one.classes[0], 25)),
            26 => mix(self.word.classes[1], one.classes[1] << 8 | gap),
            27 => mix(self.word.classes[1], one.classes[0] ^ two.classes[0] << 14 | gap << 24),
            28 => at(mix(self.room, 1000 + one.classes[0])),
            _ => at(mix(one.ending & 0xff, two.ending & 0xff | (three.ending & 0xff) << 8)),
        }
    }
}
