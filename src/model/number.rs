//! Numbers in text: what the numbers before were, so that lists of coordinates, logs and
//! measurements find those they are like: the same axis of the point before is two numbers back,
//! not one.

/// How many numbers are remembered.
const KEPT: usize = 4;

/// One number as far as contexts look at it.
#[derive(Clone, Copy, Default)]
struct Number {
    /// Hash of its characters.
    hash: u32,
    /// Sign and length.
    shape: u32,
}

/// State of the number model.
#[derive(Clone, Default)]
pub struct NumberState {
    /// The number so far; its hash is 0 between numbers.
    number: Number,
    digits: u32,
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
            self.number.hash = (self.number.hash.wrapping_add(u32::from(byte)).wrapping_add(1))
                .wrapping_mul(0x2F0B_4C47)
                .rotate_left(7);
            if signed {
                self.negative = 1;
            } else {
                self.digits = (self.digits + 1).min(15);
            }
        } else {
            if self.number.hash != 0 {
                self.number.shape = 1 << 8 | self.negative << 4 | self.digits;
                self.numbers = [self.number, self.numbers[0], self.numbers[1], self.numbers[2]];
                (self.number, self.digits, self.negative, self.gap) = (Number::default(), 0, 0, 0);
            }
            self.gap = (self.gap.wrapping_add(u32::from(byte)).wrapping_add(1))
                .wrapping_mul(0x3D4D_51CB)
                .rotate_left(9);
        }
        self.last = byte;
    }

    /// The value of context `number`, to be hashed.
    #[inline(always)]
    #[must_use]
    pub fn context(&self, number: u8) -> u64 {
        let [one, two, three, four] = self.numbers;
        let mix = |values: [u32; 2]| {
            let value = u64::from(values[0]) << 32 | u64::from(values[1]);
            let so_far = u64::from(self.number.hash) << 32 | u64::from(self.gap);
            (value.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ so_far.wrapping_mul(0xC2B2_AE3D_27D4_EB4F))
                .wrapping_add(so_far)
        };
        match number {
            // The same axis of the point before, exactly, and by sign and length with those of the
            // other axes.
            0 => mix([two.hash, 1]),
            1 => mix([two.shape, one.shape]),
            _ => mix([one.shape << 16 | two.shape, three.shape << 16 | four.shape]),
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
        let shapes = state.numbers.map(|number| (number.shape >> 4 & 1, number.shape & 15));
        // A sign after a letter is none; the point is no digit but has a place.
        assert_eq!(shapes, [(0, 1), (1, 1), (0, 4), (0, 3)]);
        assert_ne!(after("[1,2],[").context(2), after("[1,2]").context(2), "the gap counts");
        assert_ne!(
            after("[1,2],[3").context(2),
            after("[1,2],[4").context(2),
            "so do the digits so far"
        );
    }

    #[test]
    fn the_same_axis_is_two_numbers_back() {
        let context = |text| after(text).context(0);
        assert_eq!(context("[7,1],[8,"), context("[9,1],[8,"));
        assert_ne!(context("[7,1],[8,"), context("[7,2],[8,"));
    }
}
