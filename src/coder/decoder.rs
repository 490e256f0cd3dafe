//! The decoder of the arithmetic coder.

use super::MIN_INTERVAL;
use super::costs::Costs;
use crate::numeric::PROBABILITY_BITS;

/// Turns bytes back into bits. The decoder must be given the same probabilities as the encoder.
#[derive(Debug)]
pub struct Decoder<'a> {
    /// Distance between the code and the low end of the interval.
    offset: u64,
    range: u64,
    bytes: &'a [u8],
    position: usize,
    /// A range below this is widened or noted. So notes take no time where none are taken.
    watched: u64,
    /// Where the costs of bits are noted.
    costs: Option<&'a mut Costs>,
}

/// A decoder that goes on when more of its code is known.
#[derive(Debug)]
pub struct Paused {
    offset: u64,
    range: u64,
    position: usize,
}

impl Paused {
    /// Number of bytes that were read.
    #[must_use]
    pub fn position(&self) -> usize {
        self.position
    }

    /// Goes on with `bytes`, which begin with those that were read.
    #[must_use]
    pub fn on(self, bytes: &[u8]) -> Decoder<'_> {
        let Paused { offset, range, position } = self;
        Decoder { offset, range, bytes, position, watched: MIN_INTERVAL, costs: None }
    }

    /// The same, and notes what each bit costs.
    #[must_use]
    pub fn on_measured<'a>(self, bytes: &'a [u8], costs: &'a mut Costs) -> Decoder<'a> {
        costs.start(self.range);
        Decoder { watched: u64::MAX, costs: Some(costs), ..self.on(bytes) }
    }
}

impl<'a> Decoder<'a> {
    /// Starts at the front of `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        let mut decoder = Paused { offset: 0, range: u64::MAX, position: 0 }.on(bytes);
        decoder.offset = (u64::from(decoder.word()) << 32) | u64::from(decoder.word());
        decoder
    }

    /// The next four bytes. Zeros follow the end of the bytes.
    fn word(&mut self) -> u32 {
        let rest = self.bytes.get(self.position..).unwrap_or(&[]);
        self.position += 4;
        if let Some(word) = rest.first_chunk::<4>() {
            return u32::from_be_bytes(*word);
        }
        let mut word = [0; 4];
        word[..rest.len()].copy_from_slice(rest);
        u32::from_be_bytes(word)
    }

    /// The next bit. `probability` is that of a one, in 1..2^22.
    #[inline(always)]
    pub fn decode(&mut self, probability: u32) -> u32 {
        #[cfg(test)]
        super::trace::note(probability);
        let ones = (self.range >> PROBABILITY_BITS) * u64::from(probability);
        let bit = u32::from(self.offset < ones);
        let zero_mask = u64::from(bit).wrapping_sub(1);
        self.offset = self.offset.wrapping_sub(ones & zero_mask);
        self.range = (ones & !zero_mask) | ((self.range - ones) & zero_mask);
        if self.range < self.watched {
            self.look();
        }
        bit
    }

    /// Notes what the last bit cost, if costs are noted, and widens the range if it is narrow.
    #[cold]
    #[inline(never)]
    fn look(&mut self) {
        if let Some(costs) = &mut self.costs {
            costs.note(self.range);
        }
        if self.range < MIN_INTERVAL {
            self.offset = (self.offset << 32) | u64::from(self.word());
            self.range <<= 32;
        }
        if let Some(costs) = &mut self.costs {
            costs.start(self.range);
        }
    }

    /// The costs that are noted.
    pub fn costs(&mut self) -> Option<&mut Costs> {
        self.costs.as_deref_mut()
    }

    /// Number of bytes that were read, eight of them ahead of the bits.
    #[must_use]
    pub fn position(&self) -> usize {
        self.position
    }

    /// The decoder without its bytes.
    #[must_use]
    pub fn pause(self) -> Paused {
        Paused { offset: self.offset, range: self.range, position: self.position }
    }

    /// Were far more bytes read than there are? Then the code was cut, or is no code.
    #[must_use]
    pub fn overrun(&self) -> bool {
        self.position > self.bytes.len() + 16
    }
}
