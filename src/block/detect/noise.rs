//! Which stretches of bytes are noise: compressed or encrypted, so that no model would gain a
//! thousandth.
//!
//! Three questions, the cheapest first. Are all byte values equally frequent? Does nothing of a
//! stretch come again in the same bytes? Does a predictor make samples no smaller? A compressed
//! stream that stands twice in an archive is noise by the first and the last of them.

use super::content::is_dense;
use crate::error::Result;
use crate::kind::Kind;
use crate::method::{self, Method, Mixing};
use crate::predictor::tables::Row;
use std::ops::Range;

const WINDOW: usize = 4 << 10;
/// Shorter stretches are coded in little time.
const SHORTEST: usize = 128 << 10;

/// Bytes of a sample, and how many bytes of a stretch have one. A predictor has to learn from a
/// sample first: with 8 KiB for each 128 KiB a document of images was 5 % larger, without a gain
/// that a sample showed.
const SAMPLE: usize = 64 << 10;
const SAMPLED: usize = 1 << 20;
/// A stretch is noise if its samples lose less than this part when they are coded. Coded noise
/// grows by 0.1 %; streams of bzip2 lose 0.3 %, JPEG files that are no streams of Lepton 1 %.
const LEAST_GAIN: usize = 1000;

/// The stretches of noise in `bytes`, in order.
///
/// # Errors
/// Memory for the predictor cannot be had.
pub fn stretches(bytes: &[u8]) -> Result<Vec<Range<usize>>> {
    let mut found = even_stretches(bytes);
    if found.is_empty() {
        return Ok(found);
    }
    let repeats = Repeats::of(bytes, &found);
    let mut kept = Vec::new();
    for stretch in found.drain(..) {
        if !repeats.are_in(&stretch) && !is_compressible(&bytes[stretch.clone()])? {
            kept.push(stretch);
        }
    }
    Ok(kept)
}

/// Stretches of windows in which all byte values are about equally frequent.
fn even_stretches(bytes: &[u8]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (index, window) in bytes.chunks(WINDOW).enumerate() {
        let start = index * WINDOW;
        let last = found.last_mut().filter(|last| last.end == start);
        // The rest at the end is too short to tell: it goes with what is before it.
        let is_rest = window.len() < WINDOW && last.is_some();
        if is_rest || is_dense(window) {
            match last {
                Some(last) => last.end += window.len(),
                None => found.push(start..start + window.len()),
            }
        }
    }
    found.retain(|stretch| stretch.len() >= SHORTEST);
    found
}

/// Where bytes of the stretches come again.
struct Repeats {
    /// Places whose bytes stand elsewhere too, ascending.
    places: Vec<usize>,
}

/// Bytes that are compared, and how many bytes lie between two of them on average and at least.
const COMPARED: usize = 16;
const SPACING: u64 = 512;
const LEAST_SPACING: usize = 64;

impl Repeats {
    /// Looks at places that their own bytes choose, so that a copy has the same ones.
    fn of(bytes: &[u8], stretches: &[Range<usize>]) -> Self {
        let mut all: Vec<(u64, usize)> = Vec::new();
        for stretch in stretches {
            let mut next = 0;
            for (at, text) in bytes[stretch.clone()].windows(COMPARED).enumerate() {
                let low = text.first_chunk().map_or(0, |low| u64::from_le_bytes(*low));
                let hash = low.wrapping_mul(0x9E37_79B9_7F4A_7C15);
                if hash >> 32 & (SPACING - 1) == 1 && at >= next {
                    next = at + LEAST_SPACING;
                    let high = text.last_chunk().map_or(0, |high| u64::from_le_bytes(*high));
                    all.push((hash ^ high.rotate_left(29), stretch.start + at));
                }
            }
        }
        all.sort_unstable();
        let mut places = Vec::new();
        for pair in all.windows(2) {
            if pair[0].0 == pair[1].0 {
                places.extend([pair[0].1, pair[1].1]);
            }
        }
        places.sort_unstable();
        Repeats { places }
    }

    /// Whether something of `stretch` comes again.
    fn are_in(&self, stretch: &Range<usize>) -> bool {
        let first = self.places.partition_point(|&place| place < stretch.start);
        self.places.get(first).is_some_and(|&place| place < stretch.end)
    }
}

/// Whether a predictor makes samples of `bytes` smaller.
fn is_compressible(bytes: &[u8]) -> Result<bool> {
    let Some(row) = Row::named("generic-8") else { return Ok(true) };
    let mixing = Mixing {
        row,
        primer: 0,
        prior: 0,
        start: Default::default(),
        table_bits: Mixing::LEAST_TABLE_BITS,
    };
    let count = bytes.len().div_ceil(SAMPLED).max(1);
    let mut sample = Vec::with_capacity(count * SAMPLE);
    for part in bytes.chunks(bytes.len().div_ceil(count)) {
        let middle = part.len().saturating_sub(SAMPLE) / 2;
        sample.extend_from_slice(&part[middle..part.len().min(middle + SAMPLE)]);
    }
    let coded = method::encode(&sample, Method::Mixed(mixing), &Kind::Generic)?;
    Ok(coded.len() + sample.len() / LEAST_GAIN < sample.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::tests::sample::noise;

    #[test]
    fn noise_is_found_between_other_bytes() {
        let other = b"Some words of a text, and a line end.\n".repeat(1000);
        let noise = noise(200_000);
        let bytes = [&other[..], &noise, &other].concat();
        let found = stretches(&bytes).unwrap();
        assert_eq!(found.len(), 1);
        assert!(found[0].start.abs_diff(other.len()) <= WINDOW, "{found:?}");
        assert!(found[0].end.abs_diff(other.len() + noise.len()) <= WINDOW, "{found:?}");
        let all = stretches(&noise).unwrap();
        assert!(all.len() == 1 && all[0] == (0..noise.len()));
    }

    /// Each half is noise by itself.
    #[test]
    fn what_comes_again_is_no_noise() {
        let once = noise(150_000);
        assert!(stretches(&[&once[..], b"between", &once].concat()).unwrap().is_empty());
    }

    /// All byte values are about equally frequent, but one of eight bytes is below 16.
    #[test]
    fn what_loses_some_per_cent_is_no_noise() {
        let mut records = noise(200_000);
        records.iter_mut().step_by(8).for_each(|byte| *byte &= 15);
        assert_eq!(even_stretches(&records).iter().map(Range::len).sum::<usize>(), records.len());
        assert!(stretches(&records).unwrap().is_empty());
    }
}
