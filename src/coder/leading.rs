//! Leading bits that need no coding: the same in every byte of a stream, or nearly.
//!
//! Text is mostly seven bits wide, and samples of sixteen bits seldom fill them. Such bits would
//! cost next to nothing to code, but as much time as any other: a twentieth of the time of text, a
//! fifth of that of a scan with twelve bits to a sample (`docs/architecture-engine.md`). So the few
//! bytes of text that have the first bit set are listed ahead of the stream, and the predictor
//! passes over it.

use super::{Decoder, Encoder};
use crate::error::{Error, Result};
use crate::kind::Kind;
use crate::numeric::{PROBABILITY_BITS, PROBABILITY_ONE};

/// Which streams may have leading bits left out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Leading {
    /// All bits are coded.
    Coded,
    /// The first bit of every byte, if few bytes have it set.
    SevenBit,
    /// The first bits of samples of this many bytes (1 or 2), from where on none has them set.
    Samples(usize),
}

impl Leading {
    /// For streams of `kind`.
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

/// One exception in so many bytes, at most: a listed one costs some three bytes.
const SPARSE: usize = 8192;
/// The chance that text is seven bits wide.
const LIKELY: u32 = PROBABILITY_ONE / 16 * 15;
const EVEN: u32 = 1 << (PROBABILITY_BITS - 1);

/// How many leading bits are passed over, and where.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Skipped {
    /// Of a byte at an even and at an odd position, 0 to 7.
    pub bits: [u32; 2],
    /// The first position where they are: images may come after a header.
    pub start: usize,
}

impl Skipped {
    /// `count` bits of each sample of `width` bytes from `start` on.
    fn of_samples(count: u32, width: usize, start: usize) -> Self {
        Self { bits: if width == 1 { [count; 2] } else { [count, 0] }, start }
    }

    /// Bits passed over in the byte at `position`.
    #[inline(always)]
    #[must_use]
    pub fn at(self, position: usize) -> u32 {
        if position < self.start { 0 } else { self.bits[position & 1] }
    }
}

/// The leading bits that one stream leaves out.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LeadingBits {
    /// How many, and where.
    pub skipped: Skipped,
    /// Positions, ascending, of the bytes whose first bit is one all the same.
    pub exceptions: Vec<usize>,
}

impl LeadingBits {
    /// What `bytes` can leave out.
    #[must_use]
    pub fn find(bytes: &[u8], leading: Leading) -> Self {
        match leading {
            Leading::Coded => Self::default(),
            Leading::SevenBit => {
                let most = bytes.len() / SPARSE;
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

    /// Writes what the decoder has to know.
    pub fn encode(&self, leading: Leading, encoder: &mut Encoder) {
        match leading {
            Leading::Coded => {}
            Leading::SevenBit => {
                encoder.encode(self.skipped.bits[0], LIKELY);
                if self.skipped.bits[0] > 0 {
                    let mut end = 0;
                    for &position in &self.exceptions {
                        encoder.encode(1, PROBABILITY_ONE - LIKELY);
                        encode_number(encoder, (position - end + 1) as u32);
                        end = position + 1;
                    }
                    encoder.encode(0, PROBABILITY_ONE - LIKELY);
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

    /// Reads what [`LeadingBits::encode`] wrote of a stream of `length` bytes.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when an exception lies past the end.
    pub fn decode(leading: Leading, length: usize, decoder: &mut Decoder) -> Result<Self> {
        match leading {
            Leading::Coded => Ok(Self::default()),
            Leading::SevenBit if decoder.decode(LIKELY) == 0 => Ok(Self::default()),
            Leading::SevenBit => {
                let (mut exceptions, mut end) = (Vec::new(), 0);
                while decoder.decode(PROBABILITY_ONE - LIKELY) == 1 {
                    let position = (decode_number(decoder) as usize - 1).saturating_add(end);
                    if position >= length || exceptions.len() >= length / SPARSE {
                        return Err(Error::Corrupt("the list of bytes above 127 is too long or goes past the end of its text".into()));
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

/// The leading bits, and the start, that leave out most in all.
fn narrow_samples(bytes: &[u8], width: usize) -> Skipped {
    // Where each number of leading zeros is had from on.
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

/// Elias's gamma code of a number above zero.
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
        let mut text = vec![b'a'; 3 * SPARSE];
        assert_eq!(round_trip(&text, Leading::SevenBit).skipped.bits, [1, 1]);
        for position in [0, 1, 3 * SPARSE - 1] {
            text[position] = 200;
        }
        assert_eq!(round_trip(&text, Leading::SevenBit).exceptions, [0, 1, 3 * SPARSE - 1]);
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
        let bits =
            LeadingBits { skipped: Skipped { bits: [1; 2], start: 0 }, exceptions: vec![SPARSE] };
        let mut encoder = Encoder::new();
        bits.encode(Leading::SevenBit, &mut encoder);
        let code = encoder.finish();
        assert!(
            LeadingBits::decode(Leading::SevenBit, SPARSE + 1, &mut Decoder::new(&code)).is_ok()
        );
        assert!(LeadingBits::decode(Leading::SevenBit, SPARSE, &mut Decoder::new(&code)).is_err());
        let any: Vec<u8> = (0..99u8).map(|k| k.wrapping_mul(181)).collect();
        let _ = LeadingBits::decode(Leading::SevenBit, 1 << 20, &mut Decoder::new(&any));
        assert!(
            LeadingBits::decode(Leading::SevenBit, 1 << 20, &mut Decoder::new(&[0; 9])).is_err()
        );
    }
}
