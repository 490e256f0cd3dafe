//! Words: the letters since the last gap, and the words before.

/// Hashes of the current and the previous words.
#[derive(Clone, Default)]
pub struct WordState {
    /// The word so far, 0 between words; case is ignored.
    pub word: u32,
    /// The last whole words, newest first.
    pub previous: [u32; 3],
    /// What stood between this word and the one before.
    pub gap: u32,
    /// Letters so far in this word.
    pub length: u32,
}

impl WordState {
    /// Takes in the next byte.
    #[inline(always)]
    pub fn push(&mut self, byte: u8) {
        let letter = byte.is_ascii_alphabetic() || byte >= 128;
        if letter {
            let folded = u32::from(byte.to_ascii_lowercase());
            self.word = (self.word.wrapping_add(folded).wrapping_add(1))
                .wrapping_mul(0x2F0B_4C47)
                .rotate_left(7);
            self.length += 1;
        } else {
            if self.word != 0 {
                self.previous = [self.word, self.previous[0], self.previous[1]];
                self.gap = 0;
            }
            self.word = 0;
            self.length = 0;
            self.gap =
                self.gap.wrapping_add(u32::from(byte) + 1).wrapping_mul(0x3D4D_51CB).rotate_left(9);
        }
    }
}
