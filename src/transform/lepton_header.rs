//! Computes from the header of a Lepton file how much memory the codec will take. The codec itself
//! trusts every length in the header.
//!
//! The file begins with 28 bytes: bytes 20 to 23 are the length of the JPEG, bytes 24 to 27 the
//! length of the header, which follows, compressed by zlib. The header is a list of parts, each
//! with a name of three letters: `HDR` the headers of the JPEG, `HH` and a number the rows at which
//! threads begin, `P0D` a byte, `CRS` counts of restarts, `FRS` false restarts, `GRB` the bytes
//! after the image, `EEE` the end of an incomplete image.

use std::io::Read;

use flate2::read::ZlibDecoder;

use crate::error::{Error, Result};

/// Bytes before the compressed header.
const FIXED: usize = 28;
/// Bytes of the coefficients of a block of 8 × 8 samples.
const BLOCK_BYTES: u64 = 128;
/// Largest number of blocks for each byte of the JPEG, besides [`FREE_BLOCKS`]. An image of one
/// colour has eight.
const MAX_BLOCKS_PER_JPEG_BYTE: u64 = 16;
/// Largest number of blocks for each byte of the Lepton file, besides [`FREE_BLOCKS`]. At 80 ns a
/// block this bounds the time to a tenth of a second for each kilobyte. A block of one colour takes
/// a twenty-fifth of a bit.
const MAX_BLOCKS_PER_LEPTON_BYTE: u64 = 1024;
/// Number of blocks that any file may have, as an image that was cut short.
const FREE_BLOCKS: u64 = 4096;
/// Bytes of memory that the models of the codec take.
const MODELS_MEMORY: u64 = 8 << 20;

/// The demands of decoding a Lepton file.
#[derive(Debug, PartialEq, Eq)]
pub struct Demands {
    /// Largest number of bytes of memory.
    pub memory: u64,
}

fn wrong(what: &str) -> Error {
    Error::Corrupt(format!("JPEG: {what}"))
}

impl Demands {
    /// The demands of the Lepton file `compressed`, whose JPEG must have at most `limit` bytes.
    ///
    /// # Errors
    /// [`Error::Corrupt`] if a length is impossible, or larger than a JPEG of this length can need.
    pub fn of(compressed: &[u8], limit: usize) -> Result<Self> {
        let (fixed, rest) =
            compressed.split_first_chunk::<FIXED>().ok_or_else(|| wrong("no header"))?;
        let number = |at: usize| {
            u32::from_le_bytes([fixed[at], fixed[at + 1], fixed[at + 2], fixed[at + 3]]) as usize
        };
        let (jpeg_len, header_len) = (number(20), number(24));
        if jpeg_len > limit {
            return Err(wrong("longer than the block"));
        }
        let deflated = rest.get(..header_len).ok_or_else(|| wrong("length of the header"))?;
        // The headers and the bytes after the image are parts of the JPEG.
        let most = 2 * jpeg_len as u64 + (64 << 10);
        let mut header = Vec::new();
        ZlibDecoder::new(deflated)
            .take(most + 1)
            .read_to_end(&mut header)
            .map_err(|_| wrong("the header"))?;
        if header.len() as u64 > most {
            return Err(wrong("a header longer than the image"));
        }
        let blocks = blocks_of(jpeg_headers(&header)?)?;
        if blocks > MAX_BLOCKS_PER_JPEG_BYTE * jpeg_len as u64 + FREE_BLOCKS {
            return Err(wrong("an image larger than its data"));
        }
        if blocks > MAX_BLOCKS_PER_LEPTON_BYTE * compressed.len() as u64 + FREE_BLOCKS {
            return Err(wrong("an image larger than its code can be"));
        }
        Ok(Demands {
            memory: blocks * BLOCK_BYTES
                + 3 * header.len() as u64
                + jpeg_len as u64
                + MODELS_MEMORY,
        })
    }
}

/// Walks through the parts of a header and returns the headers of the JPEG. All lengths must be
/// within the header, and there must be one thread.
fn jpeg_headers(header: &[u8]) -> Result<&[u8]> {
    let mut rest = header;
    let mut jpeg = None;
    let mut threads = 0;
    while !rest.is_empty() {
        let (&mark, after) =
            rest.split_first_chunk::<3>().ok_or_else(|| wrong("a part of the header"))?;
        let counted = |each: usize| {
            let (count, after) =
                after.split_first_chunk::<4>().ok_or_else(|| wrong("a part of the header"))?;
            let length = (u32::from_le_bytes(*count) as usize)
                .checked_mul(each)
                .ok_or_else(|| wrong("a part of the header"))?;
            after.split_at_checked(length).ok_or_else(|| wrong("a part longer than the header"))
        };
        let plain = |length: usize| {
            after.split_at_checked(length).ok_or_else(|| wrong("a part longer than the header"))
        };
        rest = match &mark {
            b"HDR" if jpeg.is_none() => {
                let (bytes, after) = counted(1)?;
                jpeg = Some(bytes);
                after
            }
            b"P0D" => plain(1)?.1,
            b"CRS" => counted(4)?.1,
            b"FRS" | b"GRB" => counted(1)?.1,
            b"EEE" => plain(28)?.1,
            [b'H', b'H', count] => {
                threads += usize::from(*count);
                plain(16 * usize::from(*count))?.1
            }
            _ => return Err(wrong("an unknown part of the header")),
        };
    }
    match jpeg {
        Some(bytes) if threads == 1 => Ok(bytes),
        _ => Err(wrong("parts of the header")),
    }
}

/// Number of blocks of 8 × 8 samples in all components of the image that these headers describe.
fn blocks_of(mut headers: &[u8]) -> Result<u64> {
    const FRAMES: std::ops::RangeInclusive<u8> = 0xC0..=0xC2;
    const END: u8 = 0xD9;
    let cut = || wrong("headers of the image");
    let mut blocks = None;
    while let Some((&[0xFF, mark], after)) = headers.split_first_chunk() {
        if mark == END {
            break;
        }
        let (length, _) = after.split_first_chunk::<2>().ok_or_else(cut)?;
        let (segment, rest) =
            after.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or_else(cut)?;
        headers = rest;
        if segment.len() < 2 {
            return Err(cut());
        }
        if FRAMES.contains(&mark)
            && blocks.replace(blocks_of_frame(segment).ok_or_else(cut)?).is_some()
        {
            return Err(wrong("two images in one"));
        }
    }
    blocks.ok_or_else(cut)
}

/// Number of blocks of a frame. Its segment has length, precision, height, width, number of
/// components, and three bytes for each component. The second of these is the number of samples
/// across and down.
fn blocks_of_frame(segment: &[u8]) -> Option<u64> {
    let number =
        |at: usize| Some(u64::from(*segment.get(at)?) << 8 | u64::from(*segment.get(at + 1)?));
    let (height, width, count) = (number(3)?, number(5)?, usize::from(*segment.get(7)?));
    let samples: Option<Vec<(u64, u64)>> = (0..count)
        .map(|place| {
            segment.get(9 + 3 * place).map(|byte| (u64::from(byte >> 4), u64::from(byte & 15)))
        })
        .collect();
    let samples = samples?;
    let across = samples.iter().map(|(across, _)| *across).max().filter(|&most| most > 0)?;
    let down = samples.iter().map(|(_, down)| *down).max().filter(|&most| most > 0)?;
    let units = width.div_ceil(8 * across) * height.div_ceil(8 * down);
    Some(units * samples.iter().map(|(across, down)| across * down).sum::<u64>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::ZlibEncoder};
    use std::io::Write;

    fn frame(height: u16, width: u16) -> Vec<u8> {
        let mut frame = vec![0xFF, 0xC0, 0, 17, 8];
        frame.extend(height.to_be_bytes());
        frame.extend(width.to_be_bytes());
        frame.extend([3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]);
        frame
    }

    fn part(mark: &[u8], bytes: &[u8]) -> Vec<u8> {
        [mark, &(bytes.len() as u32).to_le_bytes(), bytes].concat()
    }

    fn file(jpeg_len: u32, header: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(header).unwrap();
        let deflated = encoder.finish().unwrap();
        let mut file = vec![0; 20];
        file.extend(jpeg_len.to_le_bytes());
        file.extend((deflated.len() as u32).to_le_bytes());
        file.extend(deflated);
        file
    }

    fn threads(count: u8) -> Vec<u8> {
        [&[b'H', b'H', count][..], &[0; 16].repeat(usize::from(count))].concat()
    }

    #[test]
    fn memory_follows_the_image() {
        let header = [
            part(b"HDR", &frame(100, 33)),
            threads(1),
            b"P0D\x01".to_vec(),
            part(b"GRB", b"behind"),
        ]
        .concat();
        let demands = Demands::of(&file(10_000, &header), 10_000).unwrap();
        // 3 × 7 units of 16 × 16 samples, with 4 + 1 + 1 blocks each.
        assert_eq!(
            demands.memory,
            3 * 7 * 6 * BLOCK_BYTES + 3 * header.len() as u64 + 10_000 + MODELS_MEMORY
        );
    }

    #[test]
    fn lengths_that_lie_are_refused() {
        let says = |file: &[u8], limit: usize| Demands::of(file, limit).unwrap_err().to_string();
        let whole = [part(b"HDR", &frame(100, 33)), threads(1)].concat();
        assert!(Demands::of(&file(1000, &whole), 1000).is_ok());
        assert!(says(&file(1001, &whole), 1000).contains("longer than the block"));
        assert!(
            says(&file(1000, &[part(b"HDR", &frame(65_000, 65_000)), threads(1)].concat()), 1000)
                .contains("larger than its data")
        );
        let large = [part(b"HDR", &frame(8000, 8000)), threads(1)].concat();
        assert!(says(&file(100_000, &large), 100_000).contains("larger than its code"));
        let with_code = [file(100_000, &large), vec![0; 1500]].concat();
        assert!(Demands::of(&with_code, 100_000).is_ok());
        assert!(says(&file(1000, &vec![0; 200_000]), 1000).contains("longer than the image"));
        assert!(says(&file(1000, b"HDR\xFF\xFF\xFF\xFF"), 1000).contains("longer than the header"));
        assert!(says(&file(1000, b"CRS\xFF\xFF\xFF\x3F"), 1000).contains("longer than the header"));
        assert!(
            says(&file(1000, &[part(b"HDR", &frame(100, 33)), threads(2)].concat()), 1000)
                .contains("parts of the header")
        );
        assert!(
            says(&file(1000, &[part(b"HDR", &frame(8, 8).repeat(2)), threads(1)].concat()), 1000)
                .contains("two images")
        );
        for end in 0..60 {
            let file = file(1000, &whole);
            assert!(Demands::of(&file[..end.min(file.len() - 1)], 1000).is_err());
        }
    }
}
