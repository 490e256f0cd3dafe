//! The code of corrections: binary decisions, each with an adaptive chance in its context.
//!
//! One walk over the stream serves to write and to read: a [`Code`] is told each decision and gives
//! it back, and one that reads does not look at what it is told.

use crate::coder::{Decoder, Encoder};
use crate::numeric::{PROBABILITY_BITS, PROBABILITY_ONE};

/// The chance of a one, in 2^-32, and how many decisions it has seen.
#[derive(Debug, Clone, Copy)]
struct Chance {
    one: u32,
    seen: u32,
}

/// The chance learns from at most so many decisions.
const MEMORY: u32 = 254;
/// 2^17 / (2n + 3): the share of a decision after n others, in 2^-16.
const SHARES: [u32; MEMORY as usize + 1] = {
    let mut shares = [0; MEMORY as usize + 1];
    let mut seen = 0;
    while seen < shares.len() {
        shares[seen] = (1 << 17) / (2 * seen as u32 + 3);
        seen += 1;
    }
    shares
};

impl Chance {
    /// In 2^-22, never certain.
    fn probability(self) -> u32 {
        (self.one >> (32 - PROBABILITY_BITS)).clamp(1, PROBABILITY_ONE - 1)
    }

    fn learn(&mut self, bit: bool) {
        let target = if bit { i64::from(u32::MAX) } else { 0 };
        let step = ((target - i64::from(self.one)) * i64::from(SHARES[self.seen as usize])) >> 16;
        self.one = (i64::from(self.one) + step) as u32;
        self.seen = (self.seen + 1).min(MEMORY);
    }
}

/// Contexts up to here are of decisions that say "as predicted" with a one: 31 of 32 at first.
pub const LIKELY: usize = 1024;
/// All contexts.
pub const CONTEXTS: usize = LIKELY + 1126;

/// The chances of all contexts.
#[derive(Debug)]
pub struct Chances(Vec<Chance>);

impl Default for Chances {
    fn default() -> Self {
        Self(vec![Chance { one: 0, seen: 0 }; CONTEXTS])
    }
}

impl Chances {
    /// All chances as they are at the start.
    pub fn start(&mut self) {
        let (likely, even) = self.0.split_at_mut(LIKELY);
        likely.fill(Chance { one: u32::MAX / 32 * 31, seen: 4 });
        even.fill(Chance { one: 1 << 31, seen: 0 });
    }
}

/// Writes decisions, or reads them.
pub trait Code {
    /// Whether decisions are written: what it is told counts.
    const WRITES: bool;
    /// Codes a decision in a context; gives the decision.
    fn decide(&mut self, context: usize, bit: bool) -> bool;
    /// Whether more was read than there is.
    fn overrun(&self) -> bool;

    /// Codes the low `bits` bits of a number, in even odds.
    fn plain_bits(&mut self, context: usize, bits: u32, value: u32) -> u32 {
        (0..bits).rev().fold(0, |number, shift| {
            number << 1 | u32::from(self.decide(context + shift as usize, value >> shift & 1 == 1))
        })
    }

    /// Codes a number below 2^20 in 42 contexts: how many bits follow its first one, then these.
    fn number(&mut self, context: usize, value: u32) -> u32 {
        let value = u64::from(value) + 1;
        let mut bits = 0;
        while bits < 20 && self.decide(context + bits, value >> (bits + 1) > 0) {
            bits += 1;
        }
        let mut number = 1u32;
        for shift in (0..bits).rev() {
            // The bit behind the first has contexts of its own, by the number of bits.
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
    /// Nothing is written yet.
    pub fn new(chances: &'a mut Chances) -> Self {
        chances.start();
        Self { chances, encoder: Encoder::new() }
    }

    /// The bytes; none if all decisions were ones.
    pub fn finish(self) -> Vec<u8> {
        self.encoder.finish()
    }

    /// Bytes so far.
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
    /// At the start of `bytes`.
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

/// Adds up what decisions would cost.
#[derive(Debug)]
pub struct Counting<'a> {
    chances: &'a mut Chances,
    /// In 2^-8 bits.
    pub cost: u64,
}

impl<'a> Counting<'a> {
    /// Nothing is counted yet.
    pub fn new(chances: &'a mut Chances) -> Self {
        chances.start();
        Self { chances, cost: 0 }
    }
}

/// Bits that a probability, in 2^-22, costs, in 2^-8: the logarithm with straight lines between
/// powers of two.
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
