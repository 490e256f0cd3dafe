//! Finds the distance to the same pixel of the frame (or slice) before.

/// Common heights of frames, beside square ones.
const HEIGHTS: [usize; 24] = [
    64, 96, 100, 128, 144, 160, 192, 200, 240, 256, 288, 320, 384, 400, 448, 480, 512, 576, 600,
    640, 720, 768, 1024, 2048,
];
/// Pixels of a row that are compared.
const PROBES: usize = 16;

/// Compares the last row with that of each likely frame before.
#[derive(Clone)]
pub struct FrameFinder {
    row_bytes: usize,
    /// Height in rows and the mean difference (8 fractional bits, fading).
    candidates: Vec<(usize, u64)>,
    best: usize,
    rows: usize,
}

impl FrameFinder {
    /// For rows of `row_bytes` bytes that hold `columns` samples.
    #[must_use]
    pub fn new(row_bytes: usize, columns: usize) -> Self {
        let mut candidates: Vec<_> =
            HEIGHTS.iter().chain(&[columns]).map(|&height| (height, u64::MAX >> 8)).collect();
        candidates.sort_unstable();
        candidates.dedup();
        Self { row_bytes, candidates, best: 0, rows: 0 }
    }

    /// Looks at the row of 16-bit samples that `bytes` ends with.
    pub fn row(&mut self, bytes: &[u8]) {
        let Some(start) = bytes.len().checked_sub(self.row_bytes) else { return };
        self.rows += 1;
        let phase = self.rows * 2 * 7;
        for (height, mean) in &mut self.candidates {
            let Some(there) = start.checked_sub(*height * self.row_bytes) else { continue };
            let mut sum = 0;
            for probe in 0..PROBES {
                let at = ((probe * self.row_bytes / PROBES + phase) % self.row_bytes) & !1;
                let sample = |from: usize| {
                    bytes
                        .get(from..from + 2)
                        .map_or(0, |pair| i32::from(u16::from_be_bytes([pair[0], pair[1]])))
                };
                sum += u64::from(sample(start + at).abs_diff(sample(there + at)));
            }
            sum <<= 8;
            *mean = if *mean == u64::MAX >> 8 { sum } else { *mean - (*mean >> 5) + (sum >> 5) };
        }
        if self.rows.is_multiple_of(8) {
            let current = self
                .candidates
                .iter()
                .find(|(height, _)| *height == self.best)
                .map_or(u64::MAX, |&(_, mean)| mean);
            if let Some(&(height, mean)) = self.candidates.iter().min_by_key(|(_, mean)| *mean)
                && mean < u64::MAX >> 8
                && mean < current - current / 8
            {
                self.best = height;
            }
        }
    }

    /// Bytes back to the same pixel of the frame before; 0 when there is none.
    #[inline(always)]
    #[must_use]
    pub fn distance(&self) -> usize {
        self.best * self.row_bytes
    }
}
