//! What a stream holds: the predictor chooses its models by it.

use crate::error::{Error, Result};
use crate::varint::{self, Reader};

/// The kind of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Anything: records, tables of numbers, unknown binary.
    Generic,
    /// Text in ASCII, UTF-8 or an 8-bit code page; sources, logs, markup and tables in text form
    /// too.
    Text,
    /// Text, coded as words: see [`crate::words`]. Chosen for a whole stream of text, never for a
    /// piece.
    Words,
    /// Text in rows of cells with one separator: CSV, TSV.
    Table,
    /// TrueType fonts, one after another, their tables in the order of the font transform.
    Font,
    /// WebAssembly modules up to the end of their code, as the transform leaves them.
    Wasm,
    /// Machine code of x86 or x86-64, with or without absolute call targets.
    Exe,
    /// Pixels of one byte a channel, rows of `row_bytes` bytes (padding included).
    Image {
        /// Bits a pixel: 1, 8, 24 or 32.
        bits: u8,
        /// Bytes from one row to the next.
        row_bytes: u32,
    },
    /// Samples of 16 bits in rows of `row_bytes` bytes.
    Image16 {
        /// Bytes from one row to the next.
        row_bytes: u32,
        /// Big-endian samples.
        big_endian: bool,
    },
    /// PCM samples, channels interleaved.
    Audio {
        /// 1 to 8.
        channels: u8,
        /// Bits a sample: 8, 16 or 24.
        bits: u8,
        /// Big-endian samples.
        big_endian: bool,
        /// Two's complement; else offset binary (as in 8-bit WAV).
        signed: bool,
    },
}

impl Kind {
    /// Appends the stored form: one byte, or a few for images and audio.
    pub fn write(&self, out: &mut Vec<u8>) {
        match *self {
            Kind::Generic => out.push(0),
            Kind::Text => out.push(1),
            Kind::Exe => out.push(2),
            Kind::Table => out.push(6),
            Kind::Font => out.push(7),
            Kind::Wasm => out.push(9),
            Kind::Words => out.push(8),
            Kind::Image { bits, row_bytes } => {
                out.extend_from_slice(&[3, bits]);
                varint::put(out, row_bytes.into());
            }
            Kind::Image16 { row_bytes, big_endian } => {
                out.extend_from_slice(&[4, big_endian.into()]);
                varint::put(out, row_bytes.into());
            }
            Kind::Audio { channels, bits, big_endian, signed } => {
                out.extend_from_slice(&[
                    5,
                    channels,
                    bits,
                    u8::from(big_endian) | u8::from(signed) << 1,
                ]);
            }
        }
    }

    /// Reads the stored form.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for a kind this version does not know, [`Error::Corrupt`] for
    /// parameters that no encoder writes.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self> {
        let bad = || Error::Corrupt("parameters of a stream's kind".into());
        Ok(match reader.byte()? {
            0 => Kind::Generic,
            1 => Kind::Text,
            2 => Kind::Exe,
            6 => Kind::Table,
            7 => Kind::Font,
            9 => Kind::Wasm,
            8 => Kind::Words,
            3 => {
                let bits = reader.byte()?;
                let row_bytes = row(reader)?;
                if !matches!(bits, 1 | 8 | 24 | 32) {
                    return Err(bad());
                }
                Kind::Image { bits, row_bytes }
            }
            4 => {
                let flag = reader.byte()?;
                let row_bytes = row(reader)?;
                if flag > 1 {
                    return Err(bad());
                }
                Kind::Image16 { row_bytes, big_endian: flag == 1 }
            }
            5 => {
                let (channels, bits, flags) = (reader.byte()?, reader.byte()?, reader.byte()?);
                if !(1..=8).contains(&channels) || !matches!(bits, 8 | 16 | 24) || flags > 3 {
                    return Err(bad());
                }
                Kind::Audio { channels, bits, big_endian: flags & 1 != 0, signed: flags & 2 != 0 }
            }
            other => return Err(Error::Unsupported(format!("stream kind {other}"))),
        })
    }
}

/// Longest row: what a model must be able to look back by.
pub const MAX_ROW: u32 = 1 << 20;

fn row(reader: &mut Reader<'_>) -> Result<u32> {
    match u32::try_from(reader.varint()?) {
        Ok(row) if (1..=MAX_ROW).contains(&row) => Ok(row),
        _ => Err(Error::Corrupt("row length".into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_return() {
        let kinds = [
            Kind::Generic,
            Kind::Text,
            Kind::Exe,
            Kind::Table,
            Kind::Font,
            Kind::Wasm,
            Kind::Words,
            Kind::Image { bits: 24, row_bytes: 1800 },
            Kind::Image16 { row_bytes: 512, big_endian: true },
            Kind::Audio { channels: 2, bits: 16, big_endian: false, signed: true },
        ];
        for kind in kinds {
            let mut bytes = Vec::new();
            kind.write(&mut bytes);
            let mut reader = Reader::new(&bytes);
            assert_eq!(Kind::read(&mut reader).unwrap(), kind);
            assert!(reader.is_empty());
        }
    }

    #[test]
    fn the_document_lists_the_kinds_and_their_bits() {
        let document = include_str!("../docs/format-block.md");
        let known = (0..=255).filter(|&number| {
            !matches!(Kind::read(&mut Reader::new(&[number, 8, 8, 0])), Err(Error::Unsupported(_)))
        });
        let section =
            document.split("## Kinds").nth(1).and_then(|rest| rest.split("## ").next()).unwrap();
        let listed = section
            .lines()
            .filter_map(|line| line.strip_prefix("| ")?.split(' ').next()?.parse::<u8>().ok());
        assert_eq!(listed.collect::<Vec<_>>(), known.collect::<Vec<_>>());
        let bits: Vec<String> = (0..=255)
            .filter(|&bits| Kind::read(&mut Reader::new(&[3, bits, 6])).is_ok())
            .map(|bits| bits.to_string())
            .collect();
        assert!(
            section.contains(&format!("bits a pixel ({}; one byte)", bits.join(", "))),
            "{bits:?}"
        );
    }

    #[test]
    fn unknown_kinds_are_named() {
        let error = Kind::read(&mut Reader::new(&[77])).unwrap_err();
        assert!(matches!(error, Error::Unsupported(text) if text.contains("77")));
        for bytes in [&[3, 7, 1][..], &[3, 8, 0], &[4, 2, 1], &[5, 0, 16, 0], &[5, 2, 12, 0]] {
            assert!(matches!(Kind::read(&mut Reader::new(bytes)), Err(Error::Corrupt(_))));
        }
    }
}
