//! Chains of earlier positions whose next three or four bytes have the same hash, as encoders keep
//! such chains.

use super::symbols::{MAX_DISTANCE, MAX_MATCH};

/// Number of links. Twice the largest distance, so that no link is overwritten while a chain can
/// still reach it.
const LINKS: usize = 2 * MAX_DISTANCE;
/// Steps along chains that each plain byte allows. The limit ends a search in bytes that were made
/// to be slow. zlib's level 9 takes less than a third of it on program code and text.
const STEPS_A_BYTE: u64 = 512;
/// Steps along chains that are allowed from the start.
const FIRST_STEPS: u64 = 1 << 22;
/// Length of the longest chain after the allowed steps have been used.
const SHORT_CHAIN: u32 = 8;

/// An earlier position whose bytes equal those at another position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Match {
    /// Number of equal bytes; below 3 if there is no match.
    pub length: usize,
    /// Distance in bytes to the earlier position.
    pub distance: usize,
}

/// Limits of a search.
#[derive(Debug, Clone, Copy)]
pub struct Reach {
    /// Largest number of positions that are compared.
    pub chain: u32,
    /// A match of this length ends the search.
    pub nice: usize,
    /// Largest distance of the first position of a chain. The other positions must be nearer.
    pub distance: usize,
    /// Can a match start at the very first byte?
    pub start: bool,
}

/// The chains.
#[derive(Debug)]
pub struct Matcher {
    /// `heads[hash]` and `links[position % LINKS]` hold positions plus `base`. A smaller value
    /// means no position.
    heads: Vec<u32>,
    links: Vec<u32>,
    base: u32,
    /// The first position that is not yet in a chain.
    next: usize,
    steps: u64,
    bits: u32,
    /// Number of bytes that are hashed: 3 or 4.
    width: usize,
}

impl Default for Matcher {
    fn default() -> Self {
        Self {
            heads: vec![0; 1 << 16],
            links: vec![0; LINKS],
            base: 1,
            next: 0,
            steps: 0,
            bits: 15,
            width: 3,
        }
    }
}

impl Matcher {
    /// Clears the chains for `length` plain bytes, at most 2^30. Hashes have `bits` bits, 8 to 16,
    /// and cover four bytes if `four` is set, otherwise three.
    pub fn start(&mut self, length: usize, bits: u32, four: bool) {
        // Links of the last use are smaller than the new base.
        self.base = self.base.saturating_add(self.next as u32 + 1);
        if self.base > u32::MAX / 2 || length > 1 << 30 {
            self.heads.fill(0);
            self.links.fill(0);
            self.base = 1;
        }
        (self.next, self.steps) = (0, 0);
        (self.bits, self.width) = (bits, if four { 4 } else { 3 });
    }

    fn hash(&self, bytes: &[u8]) -> usize {
        if self.width == 4 {
            let word = bytes.first_chunk().map_or(0, |word| u32::from_le_bytes(*word));
            return (word.wrapping_mul(0x1E35_A7BD) >> (32 - self.bits)) as usize;
        }
        let shift = self.bits.div_ceil(3);
        let [a, b, c] = [0, 1, 2].map(|at| u32::from(bytes[at]));
        (((a << (2 * shift)) ^ (b << shift) ^ c) & ((1 << self.bits) - 1)) as usize
    }

    /// Adds all positions before `end` to the chains.
    pub fn insert_to(&mut self, plain: &[u8], end: usize) {
        let last = end.min((plain.len() + 1).saturating_sub(self.width));
        while self.next < last {
            let hash = self.hash(&plain[self.next..]);
            self.links[self.next % LINKS] = self.heads[hash];
            self.heads[hash] = self.base + self.next as u32;
            self.next += 1;
        }
        self.next = self.next.max(end);
    }

    /// Marks the positions before `end` as passed without adding them to chains.
    pub fn pass_to(&mut self, end: usize) {
        self.next = self.next.max(end);
    }

    /// Is `position` in a chain, or can it be added?
    fn chained(&self, plain: &[u8], position: usize) -> bool {
        position + self.width <= plain.len()
    }

    /// The next earlier position in the chain of `position`.
    #[inline(always)]
    fn before(&self, position: usize) -> Option<usize> {
        let link = self.links[position % LINKS];
        let earlier = link.checked_sub(self.base)? as usize;
        (earlier < position).then_some(earlier)
    }

    /// Steps that a search for at most `chain` positions may take now.
    fn allowed(&self, position: usize, chain: u32) -> u32 {
        if self.steps > FIRST_STEPS + STEPS_A_BYTE * position as u64 {
            chain.min(SHORT_CHAIN)
        } else {
            chain
        }
    }

    /// The nearest of the longest matches at `position` that are longer than `least`, within
    /// `reach`. The length is `least` if there is none.
    pub fn longest(&mut self, plain: &[u8], position: usize, least: usize, reach: Reach) -> Match {
        let mut best = Match { length: least, distance: 0 };
        if !self.chained(plain, position) {
            return best;
        }
        self.insert_to(plain, position + 1);
        let here = &plain[position..plain.len().min(position + MAX_MATCH)];
        let nice = reach.nice.min(here.len());
        let mut left = self.allowed(position, reach.chain);
        let mut at = position;
        let first = usize::from(!reach.start);
        let mut furthest = reach.distance;
        while left > 0 {
            let Some(earlier) = self.before(at) else { break };
            if earlier < first || position - earlier > furthest {
                break;
            }
            (at, left) = (earlier, left - 1);
            furthest = reach.distance - 1;
            self.steps += 1;
            // A longer match must have this byte too.
            if best.length < here.len() && plain[earlier + best.length] == here[best.length] {
                let length = common(&plain[earlier..], here);
                self.steps += length as u64 / 16;
                if length > best.length {
                    best = Match { length, distance: position - earlier };
                    if length >= nice {
                        break;
                    }
                }
            }
        }
        best
    }

    /// The number of nearer positions of the chain that match at least as many bytes as `wanted`.
    /// `None` if `wanted` is not in the chain.
    pub fn rank(
        &mut self,
        plain: &[u8],
        position: usize,
        wanted: Match,
        chain: u32,
    ) -> Option<u32> {
        let mut rank = 0;
        let found = self.matching(plain, position, wanted.length, chain, |distance| {
            rank += 1;
            distance >= wanted.distance
        });
        (found == Some(wanted.distance)).then(|| rank - 1)
    }

    /// The distance of the position in the chain whose rank [`Matcher::rank`] gives as `rank`.
    pub fn ranked(
        &mut self,
        plain: &[u8],
        position: usize,
        length: usize,
        rank: u32,
        chain: u32,
    ) -> Option<usize> {
        let mut left = rank;
        self.matching(plain, position, length, chain, |_| {
            left = left.wrapping_sub(1);
            left == u32::MAX
        })
    }

    /// Follows the chain to the first match of `length` bytes for whose distance `is_it` is true.
    fn matching(
        &mut self,
        plain: &[u8],
        position: usize,
        length: usize,
        chain: u32,
        mut is_it: impl FnMut(usize) -> bool,
    ) -> Option<usize> {
        if !self.chained(plain, position) {
            return None;
        }
        self.insert_to(plain, position + 1);
        let here = plain.get(position..position + length)?;
        let mut at = position;
        for _ in 0..self.allowed(position, chain) {
            at = self.before(at)?;
            let distance = position - at;
            if distance > MAX_DISTANCE {
                return None;
            }
            if plain[at..].starts_with(here) && is_it(distance) {
                return Some(distance);
            }
        }
        None
    }
}

/// Number of equal bytes at the start of `a` and `b`.
#[inline(always)]
pub fn common(a: &[u8], b: &[u8]) -> usize {
    let end = a.len().min(b.len());
    let mut at = 0;
    while at + 8 <= end {
        let (Some(x), Some(y)) = (a[at..].first_chunk(), b[at..].first_chunk()) else { break };
        let differ = u64::from_le_bytes(*x) ^ u64::from_le_bytes(*y);
        if differ != 0 {
            return at + differ.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    while at < end && a[at] == b[at] {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    const REACH: Reach = Reach { chain: 100, nice: 258, distance: 32506, start: true };

    #[test]
    fn the_nearest_of_the_longest_is_found() {
        let plain = b"abcdX abcY abcdZ abcY abcdeabcd";
        let mut matcher = Matcher::default();
        for _ in 0..3 {
            matcher.start(plain.len(), 15, false);
            assert_eq!(matcher.longest(plain, 27, 2, REACH), Match { length: 4, distance: 5 });
            assert_eq!(matcher.longest(plain, 27, 4, REACH), Match { length: 4, distance: 0 });
            let far = Match { length: 4, distance: 16 };
            assert_eq!(matcher.rank(plain, 27, far, 100), Some(1));
            assert_eq!(matcher.ranked(plain, 27, 4, 1, 100), Some(16));
            assert_eq!(matcher.ranked(plain, 27, 4, 9, 100), None);
            assert_eq!(matcher.rank(plain, 27, Match { length: 4, distance: 17 }, 100), None);
        }
    }

    #[test]
    fn the_first_byte_starts_a_match_only_where_it_may() {
        let plain = b"abcabc";
        let mut matcher = Matcher::default();
        matcher.start(plain.len(), 15, false);
        assert_eq!(matcher.longest(plain, 3, 2, REACH).length, 3);
        assert_eq!(matcher.longest(plain, 3, 2, Reach { start: false, ..REACH }).length, 2);
    }

    #[test]
    fn slow_bytes_shorten_chains() {
        let plain: Vec<u8> =
            (0..200_000u32).flat_map(|n| [b'a', b'b', b'c', (n % 251) as u8]).collect();
        let mut matcher = Matcher::default();
        matcher.start(plain.len(), 15, false);
        for position in 0..plain.len() {
            matcher.longest(&plain, position, 250, Reach { chain: 4096, ..REACH });
        }
        assert!(matcher.steps < FIRST_STEPS + (STEPS_A_BYTE + 16) * plain.len() as u64);
    }

    #[test]
    fn equal_bytes_are_counted() {
        for length in 0..40 {
            let (mut a, b) = (vec![7; 40], vec![7; 40]);
            a[length] = 8;
            assert_eq!(common(&a, &b), length);
        }
        assert_eq!(common(&[1, 2], &[1, 2, 3]), 2);
    }
}
