//! An arithmetic code for the numbers of one column, which are mostly small. The length of a number
//! in bits is coded first, given the length of the number before; then the bits after the first
//! one.

use crate::coder::{Decoder, Encoder};
use crate::numeric::{PROBABILITY_BITS, PROBABILITY_ONE};

/// Numbers are below 2 to the power of this.
const MAX_BITS: usize = 35;

/// Number of classes of the length of the number before. Measured on the columns of three images:
/// one class takes 1 to 3 % more, nine classes take the same.
const LENGTH_CLASSES: usize = 5;

/// Writes or reads bits.
pub trait Coder {
    /// Codes a bit whose probability of a one is `probability`, and returns the bit. A writer codes
    /// `bit`; a reader ignores `bit`.
    fn code(&mut self, bit: bool, probability: u32) -> bool;
}

impl Coder for Encoder {
    fn code(&mut self, bit: bool, probability: u32) -> bool {
        self.encode(bit.into(), probability);
        bit
    }
}

impl Coder for Decoder<'_> {
    fn code(&mut self, _: bool, probability: u32) -> bool {
        self.decode(probability) == 1
    }
}

/// The numbers of zeros and ones, in fifths.
#[derive(Debug, Clone, Copy)]
struct Counts([u32; 2]);

impl Counts {
    /// Both counts are halved if their sum is above this.
    const MAX_SUM: u32 = 1250;

    fn code(&mut self, bit: bool, coder: &mut impl Coder) -> bool {
        let Counts([zeros, ones]) = *self;
        let probability = (u64::from(ones) << PROBABILITY_BITS) / u64::from(zeros + ones);
        let bit = coder.code(bit, (probability as u32).clamp(1, PROBABILITY_ONE - 1));
        self.0[usize::from(bit)] += 5;
        if zeros + ones > Self::MAX_SUM {
            self.0.iter_mut().for_each(|count| *count = (*count / 2).max(1));
        }
        bit
    }
}

/// The model of one column.
#[derive(Debug)]
pub struct NumberModel {
    /// Counts for "is the number longer?", by the class of the length of the number before, and by
    /// the length so far.
    longer: [[Counts; MAX_BITS + 1]; LENGTH_CLASSES],
    /// Counts for the two bits after the first one, by the length and the bits before.
    upper: [[Counts; 4]; MAX_BITS + 1],
    /// Counts for the other bits, by the length and the position of the bit.
    lower: [[Counts; MAX_BITS]; MAX_BITS + 1],
    last_len: usize,
}

impl NumberModel {
    /// A model without any observation.
    pub fn new() -> Self {
        let start = Counts([2, 2]);
        NumberModel {
            longer: [[start; MAX_BITS + 1]; LENGTH_CLASSES],
            upper: [[start; 4]; MAX_BITS + 1],
            lower: [[start; MAX_BITS]; MAX_BITS + 1],
            last_len: 0,
        }
    }

    /// Codes a number below 2³⁵ and returns it. A writer codes `value`; a reader ignores `value`.
    pub fn code(&mut self, value: u64, coder: &mut impl Coder) -> u64 {
        let wanted = (u64::BITS - value.leading_zeros()) as usize;
        debug_assert!(wanted <= MAX_BITS);
        let longer = &mut self.longer[self.last_len.min(LENGTH_CLASSES - 1)];
        let mut len = 0;
        while len < MAX_BITS && longer[len].code(wanted > len, coder) {
            len += 1;
        }
        self.last_len = len;
        let mut made = u64::from(len > 0);
        for place in (0..len.saturating_sub(1)).rev() {
            let counts = match len - 1 - place {
                1 | 2 => &mut self.upper[len][made as usize],
                _ => &mut self.lower[len][place],
            };
            made = made << 1 | u64::from(counts.code(value >> place & 1 == 1, coder));
        }
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn numbers_return(
            numbers in proptest::collection::vec(proptest::prop_oneof![0u64..5, 0u64..3000, 0u64..1 << 35], 0..300),
        ) {
            let (mut column, mut encoder) = (NumberModel::new(), Encoder::new());
            for &number in &numbers {
                proptest::prop_assert_eq!(column.code(number, &mut encoder), number);
            }
            let bytes = encoder.finish();
            let (mut column, mut decoder) = (NumberModel::new(), Decoder::new(&bytes));
            for &number in &numbers {
                proptest::prop_assert_eq!(column.code(0, &mut decoder), number);
            }
        }
    }
}
