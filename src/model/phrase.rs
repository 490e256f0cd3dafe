//! Phrases: words and numbers with what followed them, and how long ago they stood in the text.

use super::context::ContextState;
use super::family::{Family, Reads, pair};
use super::name::{NoSelector, named};
use super::selector::RowPart;

named! {
    /// Contexts of phrases. A word is a run of letters, digits and points in numbers; case is ignored.
    pub enum PhraseContext {
        /// The two bytes that followed the word or gap so far the last times, and the length of the
        /// word.
        Followers,
        /// Length of the word so far, whether it was a whole word before, kinds of its last letters.
        /// Between words: the last bytes.
        Shape,
        /// The last five letters and digits, whatever stood between.
        LastLetters,
        /// The word so far, and a class of how long ago it was a whole word.
        WordAndAge,
    }
}

/// Entries of the table of words, a power of two.
const WORDS: usize = 1 << 16;
/// Entries of the table of what followed, a power of two.
const FOLLOWERS: usize = 1 << 18;
/// What tells the hash of a gap from that of a word.
const GAP: u32 = 0x5555_5555;
/// Lengths of words that contexts tell apart, at most.
const LENGTHS: u32 = 6;

/// State of the phrases.
#[derive(Clone)]
pub struct PhraseState {
    /// Hash of the word so far; 0 in gaps.
    word: u32,
    /// Hash of the gap so far.
    gap: u32,
    /// Bytes of the word so far.
    length: u32,
    /// The last five letters and digits, the newest lowest.
    letters: u64,
    /// Kinds of the letters of the word so far, four bits each; between words, the last bytes.
    kinds: u32,
    /// Where each word ended last: the number of bytes before, and eight bits of the word's hash
    /// above 24.
    ends: Vec<u32>,
    /// A class of how long ago the word so far ended; 0 if it never did.
    age: u32,
    /// The last two bytes that followed each word and gap.
    followers: Vec<u16>,
    /// The entry of the word or gap so far.
    slot: usize,
    /// Bytes that were read.
    position: u32,
    last: u8,
}

fn slot_of(hash: u32, entries: usize) -> usize {
    (hash.wrapping_mul(0x9E37_79B1) >> (32 - entries.ilog2())) as usize
}

/// `hash` with one more byte.
fn add(hash: u32, byte: u8) -> u32 {
    (hash.wrapping_add(u32::from(byte)).wrapping_add(1)).wrapping_mul(0x2F0B_4C47).rotate_left(7)
}

/// The kind of a letter or digit in lower case, below 16.
const fn letter_kind(byte: u8) -> u32 {
    match byte {
        b'e' => 1,
        b'a' | b'i' | b'o' | b'u' => 2,
        b'y' => 3,
        b'b'..=b'z' => 4,
        b'.' => 5,
        b'0' => 6,
        b'1'..=b'9' => 7,
        _ => 8,
    }
}

impl PhraseState {
    fn go_on_with_word(&mut self, lower: u8) {
        if self.length == 0 {
            self.gap = 0;
            self.kinds = 0;
        }
        self.word = add(self.word, lower);
        self.letters = (self.letters << 8 | u64::from(lower)) & 0xff_ffff_ffff;
        self.length += 1;
        self.kinds = self.kinds << 4 | letter_kind(lower);
        self.slot = slot_of(self.word, FOLLOWERS);
        self.age = self.age_of_word();
    }

    fn go_on_with_gap(&mut self, byte: u8) {
        if self.length > 0 {
            self.ends[slot_of(self.word, WORDS)] =
                self.position & 0xff_ffff | (self.word & 255) << 24;
            self.word = 0;
            self.length = 0;
            self.kinds = 0;
        }
        self.gap = add(self.gap, if byte == b'\n' { b' ' } else { byte });
        self.kinds = self.kinds << 8 | u32::from(byte);
        self.slot = slot_of(self.gap ^ GAP, FOLLOWERS);
        self.age = 0;
    }

    /// The class of how many bytes ago the word so far ended, two classes for each power of two.
    fn age_of_word(&self) -> u32 {
        let end = self.ends[slot_of(self.word, WORDS)];
        if end == 0 || end >> 24 != self.word & 255 {
            return 0;
        }
        let ago = (self.position.wrapping_sub(end) & 0xff_ffff) + 16;
        2 * ago.ilog2() + (ago >> (ago.ilog2() - 1) & 1)
    }
}

impl Family for PhraseState {
    type Context = PhraseContext;
    type Selector = NoSelector;
    const READS: Reads = Reads::Text;

    fn new(_: &[PhraseContext]) -> Self {
        Self {
            word: 0,
            gap: 0,
            length: 0,
            letters: 0,
            kinds: 0,
            ends: vec![0; WORDS],
            age: 0,
            followers: vec![0; FOLLOWERS],
            slot: 0,
            position: 0,
            last: 0,
        }
    }

    #[inline(always)]
    fn push(&mut self, text: &[u8]) {
        let byte = text.last().copied().unwrap_or(0);
        let lower = byte.to_ascii_lowercase();
        self.position = self.position.wrapping_add(1);
        let followers = &mut self.followers[self.slot];
        *followers = *followers << 8 | u16::from(lower);
        let is_point = byte == b'.' && self.last.is_ascii_digit();
        if byte.is_ascii_alphanumeric() || byte >= 128 || is_point {
            self.go_on_with_word(lower);
        } else {
            self.go_on_with_gap(byte);
        }
        self.last = byte;
    }

    #[inline(always)]
    fn value(&self, context: PhraseContext, _: &ContextState) -> u64 {
        let length = self.length.min(LENGTHS);
        match context {
            PhraseContext::Followers => pair(self.followers[self.slot].into(), length),
            PhraseContext::Shape => pair(length << 1 | u32::from(self.age > 0), self.kinds),
            PhraseContext::LastLetters => self.letters,
            PhraseContext::WordAndAge => pair(self.word, self.age),
        }
    }

    fn rows(selector: NoSelector) -> usize {
        match selector {}
    }

    fn row(&self, selector: NoSelector, _: &ContextState) -> RowPart {
        match selector {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str, context: PhraseContext) -> u64 {
        let all = ContextState::new(&[], [], None, None).unwrap();
        let mut state = PhraseState::new(&[]);
        (1..=text.len()).for_each(|end| state.push(&text.as_bytes()[..end]));
        state.value(context, &all)
    }

    #[test]
    fn what_followed_a_word_is_known() {
        let value = |text| value(text, PhraseContext::Followers);
        assert_eq!(value("foo(bar) foo; Foo"), pair(u32::from(b'(') << 8 | u32::from(b';'), 3));
        assert_eq!(value("foo(bar) xyz"), pair(0, 3));
        assert_eq!(value("a: 1, b: 2, c: "), pair(u32::from(b'1') << 8 | u32::from(b'2'), 0));
    }

    #[test]
    fn words_have_an_age() {
        let value = |text| value(text, PhraseContext::WordAndAge);
        assert_eq!(value("one two one") as u32, value("cat two cat") as u32);
        assert!(value("one two one") as u32 > 0);
        assert_eq!(value("two one") as u32, 0, "new");
        assert!(value("one two three four five six seven one") as u32 > value("one one") as u32);
    }

    #[test]
    fn shapes_and_letters_ignore_what_they_should() {
        let shape = |text| value(text, PhraseContext::Shape);
        assert_eq!(shape("tan"), shape("Min"));
        assert_ne!(shape("tan"), shape("tab tab"), "a word that was there before");
        assert_ne!(shape("3.1"), shape("3,1"));
        let letters = |text| value(text, PhraseContext::LastLetters);
        assert_eq!(letters("a-b, CD (e"), letters("abcde"));
    }
}
