//! Leading bits that are equal in all bytes of a stream, or in nearly all, and are not coded one by
//! one.
//!
//! Text mostly has seven bits a byte, and samples of sixteen bits seldom fill all bits. Coding such
//! bits would take next to no bytes, but as much time as other bits: a twentieth of the time of
//! text, a fifth of the time of a scan with twelve bits a sample (`docs/architecture-engine.md`).
//! So the predictor skips these bits. The few bytes of text whose first bit is set are listed
//! before the stream.

use super::{Decoder, Encoder};
use crate::error::{Error, Result};
use crate::kind::Kind;
use crate::numeric::{PROBABILITY_BITS, PROBABILITY_ONE};

/// The rule for leading bits of a stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Leading {
    /// All bits are coded.
    Coded,
    /// The first bit of every byte is skipped if few bytes have this bit set.
    SevenBit,
    /// The first bits of samples of this many bytes (1 or 2) are skipped, from the position on
    /// where they are all zero.
    Samples(usize),
}

impl Leading {
    /// The rule for streams of `kind`.
    #[must_use]
    pub fn of(kind: &Kind) -> Self {
        match kind {
            Kind::Text | Kind::Table => Self::SevenBit,
            Kind::Image { bits: 8.., .. } => Self::Samples(1),
            Kind::Image16 { .. } => Self::Samples(2),
            Kind::Image { .. }
            | Kind::Audio { .. }
            | Kind::Generic
            | Kind::Exe
            | Kind::Words
            | Kind::Font
            | Kind::Wasm => Self::Coded,
        }
    }
}

/// Smallest number of bytes for each exception. An exception in the list costs some three bytes.
const MIN_BYTES_PER_EXCEPTION: usize = 8192;
/// The probability that text has seven bits a byte.
const SEVEN_BIT_PROBABILITY: u32 = PROBABILITY_ONE / 16 * 15;
const EVEN: u32 = 1 << (PROBABILITY_BITS - 1);

/// Number of leading bits that are skipped, and the first position at which they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Skipped {
    /// Number of bits at even and at odd positions, 0 to 7.
    pub bits: [u32; 2],
    /// The first position at which bits are skipped, because an image may follow a header.
    pub start: usize,
}

impl Skipped {
    /// Skips `count` bits of each sample of `width` bytes from position `start` on.
    fn of_samples(count: u32, width: usize, start: usize) -> Self {
        Self { bits: if width == 1 { [count; 2] } else { [count, 0] }, start }
    }

    /// Number of bits that are skipped in the byte at `position`.
    #[inline(always)]
    #[must_use]
    pub fn at(self, position: usize) -> u32 {
        if position < self.start { 0 } else { self.bits[position & 1] }
    }
}

/// The leading bits that one stream skips.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LeadingBits {
    /// How many, and where.
    pub skipped: Skipped,
    /// Positions, ascending, of the bytes whose first bit is set although it is skipped.
    pub exceptions: Vec<usize>,
}

impl LeadingBits {
    /// The leading bits that `bytes` allow to skip under the rule `leading`.
    #[must_use]
    pub fn find(bytes: &[u8], leading: Leading) -> Self {
        match leading {
            Leading::Coded => Self::default(),
            Leading::SevenBit => {
                let most = bytes.len() / MIN_BYTES_PER_EXCEPTION;
                let exceptions: Vec<_> = bytes
                    .iter()
                    .enumerate()
                    .filter(|(_, byte)| **byte >= 128)
                    .map(|(at, _)| at)
                    .take(most + 1)
                    .collect();
                if exceptions.len() > most {
                    return Self::default();
                }
                Self { skipped: Skipped { bits: [1; 2], start: 0 }, exceptions }
            }
            Leading::Samples(width) => {
                Self { skipped: narrow_samples(bytes, width), exceptions: Vec::new() }
            }
        }
    }

    /// Writes the leading bits for the decoder.
    pub fn encode(&self, leading: Leading, encoder: &mut Encoder) {
        match leading {
            Leading::Coded => {}
            Leading::SevenBit => {
                encoder.encode(self.skipped.bits[0], SEVEN_BIT_PROBABILITY);
                if self.skipped.bits[0] > 0 {
                    let mut end = 0;
                    for &position in &self.exceptions {
                        encoder.encode(1, PROBABILITY_ONE - SEVEN_BIT_PROBABILITY);
                        encode_number(encoder, (position - end + 1) as u32);
                        end = position + 1;
                    }
                    encoder.encode(0, PROBABILITY_ONE - SEVEN_BIT_PROBABILITY);
                }
            }
            Leading::Samples(width) => {
                let count = self.skipped.bits[0];
                (0..3).rev().for_each(|shift| encoder.encode(count >> shift & 1, EVEN));
                if count > 0 {
                    encode_number(encoder, (self.skipped.start / width + 1) as u32);
                }
            }
        }
    }

    /// Reads the leading bits of a stream of `length` bytes, which [`LeadingBits::encode`] wrote.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if an exception is after the end of the stream.
    pub fn decode(leading: Leading, length: usize, decoder: &mut Decoder) -> Result<Self> {
        match leading {
            Leading::Coded => Ok(Self::default()),
            Leading::SevenBit if decoder.decode(SEVEN_BIT_PROBABILITY) == 0 => Ok(Self::default()),
            Leading::SevenBit => {
                let (mut exceptions, mut end) = (Vec::new(), 0);
                while decoder.decode(PROBABILITY_ONE - SEVEN_BIT_PROBABILITY) == 1 {
                    let position = (decode_number(decoder) as usize - 1).saturating_add(end);
                    if position >= length || exceptions.len() >= length / MIN_BYTES_PER_EXCEPTION {
                        return Err(Error::Corrupt(
                            "the list of bytes above 127 is too long or \
                             goes past the end of its text"
                                .into(),
                        ));
                    }
                    exceptions.push(position);
                    end = position + 1;
                }
                Ok(Self { skipped: Skipped { bits: [1; 2], start: 0 }, exceptions })
            }
            Leading::Samples(width) => {
                let count = (0..3).fold(0, |count, _| count * 2 + decoder.decode(EVEN));
                let start = if count > 0 {
                    (decode_number(decoder) as usize - 1).saturating_mul(width)
                } else {
                    0
                };
                Ok(Self {
                    skipped: Skipped::of_samples(count, width, start),
                    exceptions: Vec::new(),
                })
            }
        }
    }
}

/// The number of leading bits and the start that together skip the most bits.
fn narrow_samples(bytes: &[u8], width: usize) -> Skipped {
    // For each number of leading zeros, the position from which on all samples have them.
    let mut starts = [0; 8];
    for (position, byte) in bytes.iter().enumerate().step_by(width) {
        starts[byte.leading_zeros().min(7) as usize] = position + width;
    }
    let left_out =
        |skipped: &Skipped| skipped.bits[0] as usize * bytes.len().saturating_sub(skipped.start);
    let from = |count: usize| starts[..count].iter().copied().max().unwrap_or(0);
    (0..8)
        .rev()
        .map(|count| Skipped::of_samples(count as u32, width, from(count)))
        .max_by_key(left_out)
        .unwrap_or_default()
}

/// Codes a number above zero in Elias's gamma code.
fn encode_number(encoder: &mut Encoder, number: u32) {
    let bits = number.ilog2();
    (0..bits).for_each(|_| encoder.encode(1, EVEN));
    if bits < 31 {
        encoder.encode(0, EVEN);
    }
    (0..bits).rev().for_each(|shift| encoder.encode(number >> shift & 1, EVEN));
}

fn decode_number(decoder: &mut Decoder) -> u32 {
    let mut bits = 0;
    while bits < 31 && decoder.decode(EVEN) == 1 {
        bits += 1;
    }
    (0..bits).fold(1, |number, _| number * 2 + decoder.decode(EVEN))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn round_trip(bytes: &[u8], leading: Leading) -> LeadingBits {
        let found = LeadingBits::find(bytes, leading);
        let mut encoder = Encoder::new();
        found.encode(leading, &mut encoder);
        let code = encoder.finish();
        assert_eq!(
            LeadingBits::decode(leading, bytes.len(), &mut Decoder::new(&code)).unwrap(),
            found
        );
        found
    }

    #[test]
    fn text_of_seven_bits_is_found() {
        let mut text = vec![b'a'; 3 * MIN_BYTES_PER_EXCEPTION];
        assert_eq!(round_trip(&text, Leading::SevenBit).skipped.bits, [1, 1]);
        for position in [0, 1, 3 * MIN_BYTES_PER_EXCEPTION - 1] {
            text[position] = 200;
        }
        assert_eq!(
            round_trip(&text, Leading::SevenBit).exceptions,
            [0, 1, 3 * MIN_BYTES_PER_EXCEPTION - 1]
        );
        text[2] = 200;
        assert_eq!(round_trip(&text, Leading::SevenBit), LeadingBits::default());
        assert_eq!(round_trip(&[200], Leading::SevenBit).skipped.bits, [0, 0]);
        assert_eq!(round_trip(&text, Leading::Coded).skipped.bits, [0, 0]);
    }

    #[test]
    fn narrow_samples_are_found() {
        let found = |bytes: &[u8], width| {
            let skipped = round_trip(bytes, Leading::Samples(width)).skipped;
            (skipped.bits, skipped.start)
        };
        assert_eq!(found(&[3, 255, 2, 255, 1], 2), ([6, 0], 0));
        assert_eq!(found(&[3, 255, 2, 255], 1), ([0, 0], 0));
        assert_eq!(found(&[31, 2], 1), ([3, 3], 0));
        assert_eq!(found(&[0, 0], 2), ([7, 0], 0), "one bit is left for the coder");
        assert_eq!(found(&[200, 1, 15, 9, 2, 9, 7, 9, 3, 9], 2), ([4, 0], 2), "after a header");
        assert_eq!(
            found(&[200, 1, 15, 9, 2, 9, 7, 9, 3, 9, 255], 2),
            ([0, 0], 0),
            "an odd byte at the end is a first one"
        );
    }

    #[test]
    fn numbers_of_every_size_come_back() {
        for number in (0..32)
            .flat_map(|bits| [1u32 << bits, (1u64 << (bits + 1)) as u32 | 1, (1 << bits) | 1])
        {
            let mut encoder = Encoder::new();
            encode_number(&mut encoder, number);
            let code = encoder.finish();
            assert_eq!(decode_number(&mut Decoder::new(&code)), number);
        }
    }

    #[test]
    fn exceptions_past_the_end_are_refused() {
        let bits = LeadingBits {
            skipped: Skipped { bits: [1; 2], start: 0 },
            exceptions: vec![MIN_BYTES_PER_EXCEPTION],
        };
        let mut encoder = Encoder::new();
        bits.encode(Leading::SevenBit, &mut encoder);
        let code = encoder.finish();
        assert!(
            LeadingBits::decode(
                Leading::SevenBit,
                MIN_BYTES_PER_EXCEPTION + 1,
                &mut Decoder::new(&code)
            )
            .is_ok()
        );
        assert!(
            LeadingBits::decode(
                Leading::SevenBit,
                MIN_BYTES_PER_EXCEPTION,
                &mut Decoder::new(&code)
            )
            .is_err()
        );
        let any: Vec<u8> = (0..99u8).map(|k| k.wrapping_mul(181)).collect();
        let _ = LeadingBits::decode(Leading::SevenBit, 1 << 20, &mut Decoder::new(&any));
        assert!(
            LeadingBits::decode(Leading::SevenBit, 1 << 20, &mut Decoder::new(&[0; 9])).is_err()
        );
    }
}
