//! Record lengths: the distances at which bytes repeat most, found as the data goes by.
//!
//! Distances up to 256 are counted directly, each repeat weighted by how rare its byte is: runs
//! of a common byte repeat at every distance and say nothing. Longer ones are voted for by bytes
//! that come back at the same distance twice.

/// Longest stride that is counted directly.
pub const LONGEST: usize = 256;
/// Longest stride that can be voted for.
const LONGEST_VOTED: u32 = 1 << 14;
/// Bytes between two choices of the stride.
const PERIOD: u32 = 64;
/// Slots for distances that were voted for.
const VOTES: usize = 64;

/// Counts, for each distance, how often a byte equalled the one that far back.
#[derive(Clone)]
pub struct StrideDetector {
    hits: [u16; LONGEST],
    window: [u8; LONGEST],
    countdown: u32,
    /// The stride in use: 1 when none stands out.
    pub stride: u32,
    /// A second one, not a multiple of the first: 1 when there is none.
    pub second: u32,
    /// Decayed count of each byte value, 8 fractional bits.
    frequency: [u16; 256],
    /// The last two positions of each byte value.
    seen: [[u32; 2]; 256],
    votes: [(u32, u32); VOTES],
}

impl Default for StrideDetector {
    fn default() -> Self {
        Self {
            hits: [0; LONGEST],
            window: [0; LONGEST],
            countdown: PERIOD,
            stride: 1,
            second: 1,
            frequency: [0; 256],
            seen: [[0; 2]; 256],
            votes: [(0, 0); VOTES],
        }
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
            let window: &[u8; LONGEST] =
                bytes[end - 1 - LONGEST..end - 1].try_into().unwrap_or(&self.window);
            // About 7 for a byte seen once in 256, 0 for one that is every other.
            let weight = (self.frequency[usize::from(byte)] >> 5).leading_zeros() as u16 - 5;
            for (hit, &old) in self.hits.iter_mut().zip(window) {
                *hit += if old == byte { weight } else { 0 };
            }
        }
        self.frequency[usize::from(byte)] += (65535 - self.frequency[usize::from(byte)]) >> 8;
        self.vote(byte, end as u32);
        self.countdown -= 1;
        if self.countdown == 0 {
            self.countdown = PERIOD;
            self.choose();
        }
    }

    fn vote(&mut self, byte: u8, at: u32) {
        let [newest, older] = self.seen[usize::from(byte)];
        self.seen[usize::from(byte)] = [at, newest];
        let distance = at - newest;
        if distance > LONGEST as u32
            && distance < LONGEST_VOTED
            && older > 0
            && distance == newest - older
        {
            let (voted, count) =
                &mut self.votes[(distance.wrapping_mul(0x9E37_79B1) >> 26) as usize & (VOTES - 1)];
            if *voted == distance {
                *count += 16;
            } else if *count < 8 {
                (*voted, *count) = (distance, 16);
            } else {
                *count -= 8;
            }
        }
    }

    /// Picks the distance with the most hits, the shorter where they are nearly equal, and
    /// lets old counts fade.
    fn choose(&mut self) {
        let mut best = (0u32, 1u32);
        let mut second = (0u32, 1u32);
        let score_at =
            |hits: &[u16; LONGEST], distance: u32| u32::from(hits[LONGEST - distance as usize]);
        for distance in 3..=LONGEST as u32 {
            let score = score_at(&self.hits, distance);
            if score > best.0 + best.0 / 16 {
                best = (score, distance);
            }
        }
        for distance in 2..=LONGEST as u32 {
            let score = score_at(&self.hits, distance);
            if score > second.0 + second.0 / 16 && !distance.is_multiple_of(best.1) {
                second = (score, distance);
            }
        }
        for hit in &mut self.hits {
            *hit -= *hit >> 4;
        }
        for frequency in &mut self.frequency {
            *frequency -= *frequency >> 2;
        }
        let mut voted = (0u32, 1u32);
        for (distance, count) in &mut self.votes {
            if *count > voted.0 {
                voted = (*count, *distance);
            }
            // Slow enough that one vote per record of a few thousand bytes adds up.
            *count -= *count >> 8;
        }
        if voted.0 > 128 {
            second = (voted.0, voted.1);
        }
        self.stride = best.1;
        self.second = second.1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(bytes: &[u8]) -> StrideDetector {
        let mut detector = StrideDetector::default();
        for end in 1..=bytes.len() {
            detector.push(&bytes[..end]);
        }
        detector
    }

    /// Records of `length` bytes: a constant tag, a counter, noise, zeros.
    fn records(length: usize, count: usize) -> Vec<u8> {
        let mut noise = 1u32;
        let mut bytes = Vec::new();
        for number in 0..count {
            for offset in 0..length {
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                bytes.push(match offset {
                    0 => 0x7e,
                    1 => number as u8,
                    2 => (number >> 8) as u8,
                    3..=5 => 0,
                    _ => (noise >> 24) as u8,
                });
            }
        }
        bytes
    }

    #[test]
    fn short_records_are_found() {
        for length in [7, 12, 18, 24, 100, 251] {
            assert_eq!(detect(&records(length, 400)).stride, length as u32);
        }
    }

    #[test]
    fn long_records_are_voted_for() {
        let mut bytes = Vec::new();
        for number in 0..60u32 {
            bytes.extend((0..1000u32).map(|offset| {
                if offset == 0 {
                    0xf7
                } else {
                    (offset * (number + 3)).wrapping_mul(0x9E37_79B1).to_be_bytes()[0] & 0x7f
                }
            }));
        }
        assert_eq!(detect(&bytes).second, 1000);
    }
}
