//! Record length: the distance at which bytes repeat most, found as the data goes by.

/// Longest stride that is looked for.
pub const LONGEST: usize = 256;
/// Bytes between two choices of the stride.
const PERIOD: u32 = 64;

/// Counts, for each distance, how often a byte equalled the one that far back.
pub struct StrideDetector {
    hits: [u16; LONGEST],
    window: [u8; LONGEST],
    countdown: u32,
    /// The stride in use: 1 when none stands out.
    pub stride: u32,
}

impl Default for StrideDetector {
    fn default() -> Self {
        Self { hits: [0; LONGEST], window: [0; LONGEST], countdown: PERIOD, stride: 1 }
    }
}

impl StrideDetector {
    /// Takes in the byte that `bytes` now ends with.
    #[inline(always)]
    pub fn push(&mut self, bytes: &[u8]) {
        let end = bytes.len();
        let byte = bytes[end - 1];
        // hits[d - 1] counts equality with the byte d back; the window holds them newest last.
        if end > LONGEST {
            let window: &[u8; LONGEST] = bytes[end - 1 - LONGEST..end - 1].try_into().unwrap_or(&self.window);
            for (hit, &old) in self.hits.iter_mut().zip(window) {
                *hit += u16::from(old == byte);
            }
        }
        self.countdown -= 1;
        if self.countdown == 0 {
            self.countdown = PERIOD;
            self.choose();
        }
    }

    /// Picks the distance with the most hits, the shorter where they are nearly equal, and
    /// lets old counts fade.
    fn choose(&mut self) {
        let mut best = (0u32, 1u32);
        for (index, hit) in self.hits.iter_mut().enumerate().rev() {
            let distance = (LONGEST - index) as u32;
            // A shorter distance wins on equal terms; neighbours 1 to 2 are no records.
            let score = u32::from(*hit) * 32;
            let _ = distance;
            if distance > 2 && score > best.0 + best.0 / 16 {
                best = (score, distance);
            }
            *hit -= *hit >> 4;
        }
        self.stride = if best.0 > 0 { best.1 } else { 1 };
    }
}
