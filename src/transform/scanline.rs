//! Undoes the filters of PNG scanlines, so that each row has plain pixels.
//!
//! The filter byte of each row goes to the side stream. The filters are those of the PNG
//! specification, §9.

use super::Parts;
use crate::error::{Error, Result};
use crate::varint::{self, Reader};

/// The stored id.
pub const ID: u8 = 4;

/// Undoes the filters of `bytes`: rows of one filter byte and `row_bytes` bytes, with pixels of
/// `pixel_bytes` bytes. `None` if `bytes` is no whole number of rows, or if a filter is unknown.
#[must_use]
pub fn forward(bytes: &[u8], row_bytes: usize, pixel_bytes: usize) -> Option<Parts> {
    if row_bytes == 0
        || !bytes.len().is_multiple_of(row_bytes + 1)
        || !(1..=8).contains(&pixel_bytes)
    {
        return None;
    }
    let mut side = Vec::with_capacity(bytes.len() / (row_bytes + 1));
    let mut inner: Vec<u8> = Vec::with_capacity(bytes.len());
    for row in bytes.chunks_exact(row_bytes + 1) {
        let filter = row[0];
        if filter > 4 {
            return None;
        }
        side.push(filter);
        let start = inner.len();
        for (column, &byte) in row[1..].iter().enumerate() {
            let predicted = predict(filter, &inner, start, column, row_bytes, pixel_bytes);
            inner.push(byte.wrapping_add(predicted));
        }
    }
    let mut params = vec![pixel_bytes as u8];
    varint::put(&mut params, row_bytes as u64);
    Some(Parts { id: ID, params, side, compressed: Vec::new(), inner })
}

/// Undoes [`forward`].
///
/// # Errors
/// [`Error::Corrupt`] if rows, filters and parameters do not fit each other, or if the result is
/// longer than `limit`.
pub fn inverse(parts: Parts, limit: usize) -> Result<Vec<u8>> {
    let bad = || Error::Corrupt("scanlines of a PNG".into());
    let mut reader = Reader::new(&parts.params);
    let pixel_bytes = usize::from(reader.byte()?);
    let row_bytes = reader.len()?;
    let rows = parts.side.len();
    let fits = row_bytes > 0
        && row_bytes.checked_mul(rows) == Some(parts.inner.len())
        && parts.inner.len() + rows <= limit;
    if !fits
        || !(1..=8).contains(&pixel_bytes)
        || !reader.is_empty()
        || parts.side.iter().any(|&filter| filter > 4)
    {
        return Err(bad());
    }
    let mut out = Vec::with_capacity(parts.inner.len() + rows);
    for (row, &filter) in parts.side.iter().enumerate() {
        out.push(filter);
        let start = row * row_bytes;
        for column in 0..row_bytes {
            out.push(parts.inner[start + column].wrapping_sub(predict(
                filter,
                &parts.inner,
                start,
                column,
                row_bytes,
                pixel_bytes,
            )));
        }
    }
    Ok(out)
}

/// The byte that the filter predicts at `column` of the row that begins at `start` in `pixels`.
#[inline]
fn predict(
    filter: u8,
    pixels: &[u8],
    start: usize,
    column: usize,
    row_bytes: usize,
    pixel_bytes: usize,
) -> u8 {
    let left = if column >= pixel_bytes { pixels[start + column - pixel_bytes] } else { 0 };
    let above = if start > 0 { pixels[start + column - row_bytes] } else { 0 };
    match filter {
        0 => 0,
        1 => left,
        2 => above,
        3 => ((u16::from(left) + u16::from(above)) / 2) as u8,
        _ => {
            let corner = if start > 0 && column >= pixel_bytes {
                pixels[start + column - row_bytes - pixel_bytes]
            } else {
                0
            };
            paeth(left, above, corner)
        }
    }
}

/// The neighbour nearest to left + above − corner, as the PNG specification defines it.
fn paeth(left: u8, above: u8, corner: u8) -> u8 {
    let (a, b, c) = (i16::from(left), i16::from(above), i16::from(corner));
    let (to_left, to_above, to_corner) = ((b - c).abs(), (a - c).abs(), (a + b - 2 * c).abs());
    match () {
        () if to_left <= to_above && to_left <= to_corner => left,
        () if to_above <= to_corner => above,
        () => corner,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn any_rows_return(
            rows in 1usize..6,
            width in 1usize..20,
            pixel in 1usize..=8,
            seed in proptest::collection::vec(0u8..=255, 120),
        ) {
            let mut bytes: Vec<u8> = seed.into_iter().cycle().take(rows * (width + 1)).collect();
            bytes.chunks_exact_mut(width + 1).for_each(|row| row[0] %= 5);
            let parts = forward(&bytes, width, pixel).unwrap();
            proptest::prop_assert_eq!(inverse(parts, bytes.len()).unwrap(), bytes);
        }
    }

    #[test]
    fn unfitting_rows_are_refused() {
        assert!(forward(&[0, 1, 2, 0, 1], 2, 1).is_none());
        assert!(forward(&[5, 1, 2], 2, 1).is_none());
        let mut parts = forward(&[1, 1, 2, 2, 3, 4], 2, 1).unwrap();
        parts.side[0] = 9;
        assert!(inverse(parts, 100).is_err());
    }
}
