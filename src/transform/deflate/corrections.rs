//! The code of corrections: binary decisions, each with an adaptive probability in its context.
//!
//! The same walk over the stream writes and reads corrections. The walk passes each decision to a
//! [`Code`] and gets it back. A code that reads ignores the decision that it is passed.

use crate::coder::{Decoder, Encoder};
use crate::numeric::{PROBABILITY_BITS, PROBABILITY_ONE};

/// The probability of a one, in units of 2^-32, and the number of decisions that it was learned
/// from.
#[derive(Debug, Clone, Copy)]
struct Chance {
    one: u32,
    seen: u32,
}

/// Largest number of decisions that a probability counts.
const MAX_COUNT: u32 = 254;
/// 2^17 / (2n + 3): the weight of a decision after n others, in units of 2^-16.
const SHARES: [u32; MAX_COUNT as usize + 1] = {
    let mut shares = [0; MAX_COUNT as usize + 1];
    let mut seen = 0;
    while seen < shares.len() {
        shares[seen] = (1 << 17) / (2 * seen as u32 + 3);
        seen += 1;
    }
    shares
};

impl Chance {
    /// The probability of a one in units of 2^-22, never 0 or 1.
    fn probability(self) -> u32 {
        (self.one >> (32 - PROBABILITY_BITS)).clamp(1, PROBABILITY_ONE - 1)
    }

    fn learn(&mut self, bit: bool) {
        let target = if bit { i64::from(u32::MAX) } else { 0 };
        let step = ((target - i64::from(self.one)) * i64::from(SHARES[self.seen as usize])) >> 16;
        self.one = (i64::from(self.one) + step) as u32;
        self.seen = (self.seen + 1).min(MAX_COUNT);
    }
}

/// Number of contexts in which a one means "as predicted". Their probability of a one is 31/32 at
/// the start.
pub const LIKELY: usize = 1024;
/// Number of all contexts.
pub const CONTEXTS: usize = LIKELY + 1126;

/// The probabilities of all contexts.
#[derive(Debug)]
pub struct Chances(Vec<Chance>);

impl Default for Chances {
    fn default() -> Self {
        Self(vec![Chance { one: 0, seen: 0 }; CONTEXTS])
    }
}

impl Chances {
    /// Sets all probabilities to their start values.
    pub fn start(&mut self) {
        let (likely, even) = self.0.split_at_mut(LIKELY);
        likely.fill(Chance { one: u32::MAX / 32 * 31, seen: 4 });
        even.fill(Chance { one: 1 << 31, seen: 0 });
    }
}

/// Writes or reads decisions.
pub trait Code {
    /// Are decisions written? Then the decisions that are passed count.
    const WRITES: bool;
    /// Codes a decision in `context` and returns the decision.
    fn decide(&mut self, context: usize, bit: bool) -> bool;
    /// Were more bytes read than there are?
    fn overrun(&self) -> bool;

    /// Codes the lowest `bits` bits of `value`. Each bit starts with even odds.
    fn plain_bits(&mut self, context: usize, bits: u32, value: u32) -> u32 {
        (0..bits).rev().fold(0, |number, shift| {
            number << 1 | u32::from(self.decide(context + shift as usize, value >> shift & 1 == 1))
        })
    }

    /// Codes a number below 2^20 in 42 contexts: first the number of bits after its first one bit,
    /// then these bits.
    fn number(&mut self, context: usize, value: u32) -> u32 {
        let value = u64::from(value) + 1;
        let mut bits = 0;
        while bits < 20 && self.decide(context + bits, value >> (bits + 1) > 0) {
            bits += 1;
        }
        let mut number = 1u32;
        for shift in (0..bits).rev() {
            // The bit after the first one bit has a context for each number of bits.
            let inner = if shift + 1 == bits { context + 20 + bits } else { context + 41 };
            number = number << 1 | u32::from(self.decide(inner, value >> shift & 1 == 1));
        }
        number - 1
    }

    /// Codes a byte in 256 contexts.
    fn byte(&mut self, context: usize, value: u8) -> u8 {
        let mut node = 1usize;
        for shift in (0..8).rev() {
            node = node << 1 | usize::from(self.decide(context + node, value >> shift & 1 == 1));
        }
        node as u8
    }
}

/// Writes decisions.
#[derive(Debug)]
pub struct Writing<'a> {
    chances: &'a mut Chances,
    encoder: Encoder,
}

impl<'a> Writing<'a> {
    /// Starts without any decision.
    pub fn new(chances: &'a mut Chances) -> Self {
        chances.start();
        Self { chances, encoder: Encoder::new() }
    }

    /// The bytes. There are none if all decisions were ones.
    pub fn finish(self) -> Vec<u8> {
        self.encoder.finish()
    }

    /// Number of bytes so far.
    pub fn len(&self) -> usize {
        self.encoder.len()
    }
}

impl Code for Writing<'_> {
    const WRITES: bool = true;

    fn decide(&mut self, context: usize, bit: bool) -> bool {
        let chance = &mut self.chances.0[context];
        self.encoder.encode(bit.into(), chance.probability());
        chance.learn(bit);
        bit
    }

    fn overrun(&self) -> bool {
        false
    }
}

/// Reads decisions.
#[derive(Debug)]
pub struct Reading<'a> {
    chances: &'a mut Chances,
    decoder: Decoder<'a>,
}

impl<'a> Reading<'a> {
    /// Starts at the front of `bytes`.
    pub fn new(chances: &'a mut Chances, bytes: &'a [u8]) -> Self {
        chances.start();
        Self { chances, decoder: Decoder::new(bytes) }
    }
}

impl Code for Reading<'_> {
    const WRITES: bool = false;

    fn decide(&mut self, context: usize, _: bool) -> bool {
        let chance = &mut self.chances.0[context];
        let bit = self.decoder.decode(chance.probability()) == 1;
        chance.learn(bit);
        bit
    }

    fn overrun(&self) -> bool {
        self.decoder.overrun()
    }
}

/// Adds up the cost of decisions without writing them.
#[derive(Debug)]
pub struct Counting<'a> {
    chances: &'a mut Chances,
    /// Cost in units of 2^-8 bits.
    pub cost: u64,
}

impl<'a> Counting<'a> {
    /// Starts at a cost of zero.
    pub fn new(chances: &'a mut Chances) -> Self {
        chances.start();
        Self { chances, cost: 0 }
    }
}

/// Cost of a decision in units of 2^-8 bits, for a `probability` in units of 2^-22. The logarithm
/// is interpolated linearly between powers of two.
fn cost(probability: u32) -> u64 {
    let top = probability.ilog2();
    let within = ((u64::from(probability) << 8) >> top) - 256;
    u64::from(PROBABILITY_BITS - top) * 256 - within
}

impl Code for Counting<'_> {
    const WRITES: bool = true;

    fn decide(&mut self, context: usize, bit: bool) -> bool {
        let chance = &mut self.chances.0[context];
        let one = chance.probability();
        self.cost += cost(if bit { one } else { PROBABILITY_ONE - one });
        chance.learn(bit);
        bit
    }

    fn overrun(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_come_back() {
        let mut chances = Chances::default();
        let mut writing = Writing::new(&mut chances);
        let numbers: Vec<u32> = (0..20)
            .flat_map(|bits| [(1 << bits) - 1, 1 << bits, (1 << bits) + 1])
            .filter(|&n| n < 1 << 20)
            .collect();
        for &number in &numbers {
            writing.number(LIKELY, number);
            writing.byte(LIKELY + 100, number as u8);
            writing.plain_bits(LIKELY + 400, 7, number & 127);
            writing.decide(3, number % 3 > 0);
        }
        let bytes = writing.finish();
        let mut reading = Reading::new(&mut chances, &bytes);
        for &number in &numbers {
            assert_eq!(reading.number(LIKELY, 0), number);
            assert_eq!(reading.byte(LIKELY + 100, 0), number as u8);
            assert_eq!(reading.plain_bits(LIKELY + 400, 7, 0), number & 127);
            assert_eq!(reading.decide(3, false), number % 3 > 0);
        }
    }

    #[test]
    fn what_was_predicted_takes_nothing() {
        let mut chances = Chances::default();
        let mut writing = Writing::new(&mut chances);
        for decision in 0..100_000 {
            writing.decide(decision % 50, true);
        }
        assert!(writing.finish().is_empty());
        let mut reading = Reading::new(&mut chances, &[]);
        assert!((0..100_000).all(|decision| reading.decide(decision % 50, false)));
    }

    #[test]
    fn costs_are_logarithms() {
        assert_eq!(
            [cost(PROBABILITY_ONE / 2), cost(PROBABILITY_ONE / 4), cost(1)],
            [256, 512, 22 * 256]
        );
        assert!(cost(PROBABILITY_ONE - 1) <= 1);
    }
}
