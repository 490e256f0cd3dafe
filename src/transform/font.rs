//! The tables of a TrueType font in the order in which each can be told from those before.

use super::{Parts, restores};
use crate::error::{Error, Result};
use crate::model::font::directory::Directory;

/// The stored id.
pub const ID: u8 = 6;

/// Puts the tables of the font that `bytes` are in order; `None` where they are no font of that length. The padding of
/// the last table, where it is missing, is filled in, and its length is the parameter.
#[must_use]
pub fn forward(bytes: &[u8]) -> Option<Parts> {
    let directory = Directory::parse(bytes)?;
    let missing = directory.total().checked_sub(bytes.len()).filter(|&missing| missing < 4)?;
    let mut inner = Vec::with_capacity(directory.total());
    inner.extend_from_slice(bytes.get(..directory.length)?);
    for segment in &directory.segments {
        let end = inner.len() + segment.padded;
        inner.extend_from_slice(bytes.get(segment.start..(segment.start + segment.padded).min(bytes.len()))?);
        inner.resize(end, 0);
    }
    let params = if missing > 0 { vec![missing as u8] } else { Vec::new() };
    let parts = Parts { id: ID, params, side: Vec::new(), packed: Vec::new(), inner };
    restores(&parts, bytes).then_some(parts)
}

/// Undoes [`forward`].
///
/// # Errors
/// [`Error::Corrupt`] where there is no directory or it speaks of more or less than there is.
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
    if inner.len() != directory.total() || raw_len > limit || !parts.side.is_empty() || !parts.packed.is_empty() {
        return Err(bad());
    }
    let mut out = inner.clone();
    let mut at = directory.length;
    for segment in &directory.segments {
        let from = inner.get(at..at + segment.padded).ok_or_else(bad)?;
        out.get_mut(segment.start..segment.start + segment.padded).ok_or_else(bad)?.copy_from_slice(from);
        at += segment.padded;
    }
    out.truncate(raw_len);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::font::directory::tests::font;

    #[test]
    fn tables_return() {
        let table = |length: u8, first: u8| (0..length).map(|index| index ^ first).collect::<Vec<u8>>();
        let tables = [(b"loca", table(14, 3)), (b"head", table(54, 99)), (b"glyf", table(41, 60)), (b"post", table(33, 200))];
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
