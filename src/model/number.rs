//! Numbers in text: what the numbers before were, so that lists of coordinates, logs and
//! measurements find those they are like: the same axis of the point before is two numbers back,
//! not one.

use super::context::ContextState;
use super::family::{Family, Reads, pair};
use super::name::{NoSelector, named};
use super::selector::RowPart;

named! {
    /// Contexts of the numbers before; all hold the number so far and the gap before it.
    pub enum NumberContext {
        /// The number before the last, exactly: the same axis of the point before.
        SecondLast,
        /// Signs and lengths of the last four numbers.
        ShapesOfFour,
    }
}

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

impl Family for NumberState {
    type Context = NumberContext;
    type Selector = NoSelector;
    const READS: Reads = Reads::Text;

    fn new(_: &[NumberContext]) -> Self {
        Self::default()
    }

    #[inline(always)]
    fn push(&mut self, text: &[u8]) {
        let byte = text.last().copied().unwrap_or(0);
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

    #[inline(always)]
    fn value(&self, context: NumberContext, _: &ContextState) -> u64 {
        let [one, two, three, four] = self.numbers;
        let [first, second] = match context {
            NumberContext::SecondLast => [two.hash, 1],
            NumberContext::ShapesOfFour => {
                [one.shape << 16 | two.shape, three.shape << 16 | four.shape]
            }
        };
        let so_far = pair(self.number.hash, self.gap);
        (pair(first, second).wrapping_mul(0x9E37_79B9_7F4A_7C15)
            ^ so_far.wrapping_mul(0xC2B2_AE3D_27D4_EB4F))
        .wrapping_add(so_far)
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
    use crate::model::context::Context;
    use crate::model::name::Named;

    fn after(text: &str) -> ContextState {
        let contexts = NumberContext::all().into_iter().map(Context::Number).collect::<Vec<_>>();
        let mut state = ContextState::new(&contexts, [], None, None).unwrap();
        (1..=text.len()).for_each(|end| state.push(&text.as_bytes()[..end]));
        state
    }

    fn value(text: &str, context: NumberContext) -> u64 {
        let state = after(text);
        state.families.number.as_ref().unwrap().value(context, &state)
    }

    #[test]
    fn numbers_are_told_from_what_stands_between() {
        let state = after("[[-12,345],[6.75,-8],x-9,");
        let numbers = state.families.number.unwrap().numbers;
        let shapes = numbers.map(|number| (number.shape >> 4 & 1, number.shape & 15));
        // A sign after a letter is none; the point is no digit but is a character.
        assert_eq!(shapes, [(0, 1), (1, 1), (0, 4), (0, 3)]);
        let shapes = |text| value(text, NumberContext::ShapesOfFour);
        assert_ne!(shapes("[1,2],["), shapes("[1,2]"), "the gap counts");
        assert_ne!(shapes("[1,2],[3"), shapes("[1,2],[4"), "so do the digits so far");
    }

    #[test]
    fn the_same_axis_is_two_numbers_back() {
        let value = |text| value(text, NumberContext::SecondLast);
        assert_eq!(value("[7,1],[8,"), value("[9,1],[8,"));
        assert_ne!(value("[7,1],[8,"), value("[7,2],[8,"));
    }
}
