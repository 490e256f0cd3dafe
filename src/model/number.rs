//! Numbers in text: what the numbers before were, so that lists of coordinates, logs and measurements find
//! those they are like: the same axis of the point before is two numbers back, not one.

/// How many numbers are remembered.
const KEPT: usize = 4;

/// One number as far as contexts look at it.
#[derive(Clone, Copy, Default)]
struct Number {
    /// Hash of its characters.
    hash: u32,
    /// Sign, length and leading digits.
    class: u32,
}

/// State of the number model.
#[derive(Clone, Default)]
pub struct NumberState {
    /// The number so far; its hash is 0 between numbers.
    number: Number,
    digits: u32,
    leading: u32,
    negative: u32,
    /// What stands between this number and the one before.
    gap: u32,
    numbers: [Number; KEPT],
    last: u8,
}

impl NumberState {
    /// Takes in the next byte.
    #[inline(always)]
    pub fn push(&mut self, byte: u8) {
        // A sign belongs to a number that follows no word.
        let signed = byte == b'-' && !self.last.is_ascii_alphanumeric();
        if byte.is_ascii_digit() || signed || byte == b'.' && self.last.is_ascii_digit() {
            self.number.hash = (self.number.hash.wrapping_add(u32::from(byte)).wrapping_add(1)).wrapping_mul(0x2F0B_4C47).rotate_left(7);
            if signed {
                self.negative = 1;
            } else {
                if self.digits < 2 {
                    self.leading = self.leading * 16 + u32::from(byte & 15);
                }
                self.digits = (self.digits + 1).min(15);
            }
        } else {
            if self.number.hash != 0 {
                self.number.class = 1 << 16 | self.negative << 12 | self.digits << 8 | self.leading;
                self.numbers = [self.number, self.numbers[0], self.numbers[1], self.numbers[2]];
                (self.number, self.digits, self.leading, self.negative, self.gap) = (Number::default(), 0, 0, 0, 0);
            }
            self.gap = (self.gap.wrapping_add(u32::from(byte)).wrapping_add(1)).wrapping_mul(0x3D4D_51CB).rotate_left(9);
        }
        self.last = byte;
    }

    /// The value of context `number`, to be hashed.
    #[inline(always)]
    #[must_use]
    pub fn context(&self, number: u8) -> u64 {
        let [one, two, three, four] = self.numbers;
        // Sign and length alone.
        let shape = |number: Number| number.class >> 8;
        let mix = |values: [u32; 2]| {
            let value = u64::from(values[0]) << 32 | u64::from(values[1]);
            let so_far = u64::from(self.number.hash) << 32 | u64::from(self.gap);
            (value.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ so_far.wrapping_mul(0xC2B2_AE3D_27D4_EB4F)).wrapping_add(so_far)
        };
        match number {
            // The same axis of the point before: exactly, by sign and length, and with those of the other axes.
            0 => mix([two.class, 0]),
            1 => mix([one.class, two.class]),
            2 => mix([two.class, four.class]),
            3 => mix([shape(one) << 16 | shape(two) & 0xffff, shape(three) << 16 | shape(four) & 0xffff]),
            4 => mix([two.hash, 1]),
            5 => mix([one.hash, 2]),
            _ => mix([shape(two), shape(one)]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(text: &str) -> NumberState {
        let mut state = NumberState::default();
        text.bytes().for_each(|byte| state.push(byte));
        state
    }

    #[test]
    fn numbers_are_told_from_what_stands_between() {
        let state = after("[[-12,345],[6.75,-8],x-9,");
        let classes = state.numbers.map(|number| (number.class >> 12 & 1, number.class >> 8 & 15, number.class & 255));
        // A sign after a letter is none; the point is no digit but has a place.
        assert_eq!(classes, [(0, 1, 9), (1, 1, 8), (0, 4, 0x6e), (0, 3, 0x34)]);
        assert_ne!(after("[1,2],[").context(3), after("[1,2]").context(3), "the gap counts");
        assert_ne!(after("[1,2],[3").context(3), after("[1,2],[4").context(3), "so do the digits so far");
    }

    #[test]
    fn the_same_axis_is_two_numbers_back() {
        let context = |text| after(text).context(4);
        assert_eq!(context("[7,1],[8,"), context("[9,1],[8,"));
        assert_ne!(context("[7,1],[8,"), context("[7,2],[8,"));
    }
}
