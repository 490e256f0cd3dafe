//! Reorders the tables of a TrueType font, so that each table comes after those that help to
//! predict it, and moves the boxes of glyphs after their outlines.

mod boxes;

use super::{Parts, restores};
use crate::error::{Error, Result};
use crate::formats::sfnt::Directory;

/// The stored id.
pub const ID: u8 = 8;

/// Transforms the font `bytes`. `None` if `bytes` are no font of exactly this length. If the
/// padding of the last table is missing, it is added, and the parameter is its length.
#[must_use]
pub fn forward(bytes: &[u8]) -> Option<Parts> {
    let directory = Directory::parse(bytes)?;
    let missing = directory.total().checked_sub(bytes.len()).filter(|&missing| missing < 4)?;
    let mut raw = bytes.to_vec();
    raw.resize(directory.total(), 0);
    shift_boxes(&directory, &mut raw, false)?;
    let mut inner = Vec::with_capacity(raw.len());
    inner.extend_from_slice(raw.get(..directory.length)?);
    for segment in &directory.segments {
        inner.extend_from_slice(raw.get(segment.start..segment.start + segment.padded)?);
    }
    let params = if missing > 0 { vec![missing as u8] } else { Vec::new() };
    let parts = Parts { id: ID, params, side: Vec::new(), compressed: Vec::new(), inner };
    restores(&parts, bytes).then_some(parts)
}

/// Undoes [`forward`].
///
/// # Errors
/// [`Error::Corrupt`] if there is no table directory, or if the directory does not fit the bytes.
pub fn inverse(parts: Parts, limit: usize) -> Result<Vec<u8>> {
    let bad = || Error::Corrupt("tables of a font".into());
    let inner = &parts.inner;
    let directory = Directory::parse(inner).ok_or_else(bad)?;
    let missing = match parts.params[..] {
        [] => 0,
        [missing @ 1..4] => usize::from(missing),
        _ => return Err(bad()),
    };
    let raw_len = directory.total() - missing;
    if inner.len() != directory.total()
        || raw_len > limit
        || !parts.side.is_empty()
        || !parts.compressed.is_empty()
    {
        return Err(bad());
    }
    let mut out = inner.clone();
    let mut at = directory.length;
    for segment in &directory.segments {
        let from = inner.get(at..at + segment.padded).ok_or_else(bad)?;
        out.get_mut(segment.start..segment.start + segment.padded)
            .ok_or_else(bad)?
            .copy_from_slice(from);
        at += segment.padded;
    }
    shift_boxes(&directory, &mut out, true).ok_or_else(bad)?;
    out.truncate(raw_len);
    Ok(out)
}

/// Moves the boxes of the glyphs of a stored font. `None` if `head`, `glyf` or `loca` is invalid.
fn shift_boxes(directory: &Directory, font: &mut [u8], back: bool) -> Option<()> {
    let range = |tag: [u8; 4]| {
        let segment = directory.segments.iter().find(|segment| segment.tag == tag)?;
        Some(segment.start..segment.start + segment.length)
    };
    let long = font.get(range(*b"head")?)?.get(50..52)? != [0, 0];
    let loca = font.get(range(*b"loca")?)?;
    let offsets: Vec<usize> = if long {
        loca.chunks_exact(4)
            .map(|word| word.iter().fold(0, |number, &byte| number << 8 | usize::from(byte)))
            .collect()
    } else {
        loca.chunks_exact(2)
            .map(|word| 2 * usize::from(u16::from_be_bytes([word[0], word[1]])))
            .collect()
    };
    if !offsets.is_sorted() {
        return None;
    }
    boxes::shift(font.get_mut(range(*b"glyf")?)?, &offsets, back);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::sfnt::tests::font;

    #[test]
    fn tables_return() {
        let table =
            |length: u8, first: u8| (0..length).map(|index| index ^ first).collect::<Vec<u8>>();
        let tables = [
            (b"loca", table(14, 3)),
            (b"head", table(54, 99)),
            (b"glyf", table(41, 60)),
            (b"post", table(33, 200)),
        ];
        let bytes = font(&tables);
        for missing in 0..4 {
            let bytes = &bytes[..bytes.len() - missing];
            let parts = forward(bytes).unwrap();
            assert_ne!(parts.inner, bytes);
            assert_eq!(inverse(parts, bytes.len()).unwrap(), bytes);
        }
        assert!(forward(&bytes[..bytes.len() - 4]).is_none());
    }

    #[test]
    fn damage_is_refused() {
        let bytes = font(&[(b"head", vec![1; 54]), (b"loca", vec![0; 6]), (b"glyf", vec![0; 21])]);
        let good = forward(&bytes).unwrap();
        let mut short = good.clone();
        short.inner.truncate(100);
        let mut long = good.clone();
        long.inner.push(0);
        let mut side = good.clone();
        side.side.push(0);
        let mut directory = good.clone();
        directory.inner[24] ^= 1;
        for bad in [short, long, side, directory] {
            assert!(inverse(bad, 1000).is_err());
        }
        assert!(inverse(good, bytes.len() - 1).is_err());
    }
}
