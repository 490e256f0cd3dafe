//! What content costs along its length.

use std::ops::Range;

use super::cost_of;
use crate::block::Stream;

/// Strips at the end, at least, where the content has as many bytes; at most twice as many.
const LEAST: usize = 32;

/// Strips of the content, all of one length but for the last.
#[derive(Debug, Default)]
pub struct Strips {
    /// Bytes of a strip.
    pub length: u64,
    /// The strips, in order.
    pub strips: Vec<Strip>,
}

/// One strip.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Strip {
    /// Bytes of content.
    pub raw: u64,
    /// The streams that the strip comes from.
    pub shares: Vec<Share>,
}

/// What a strip has of one kind of stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// Index of the kind of stream.
    pub stream: usize,
    /// Bytes of content that come from it. Bytes that several streams make together count for each.
    pub raw: u64,
    /// What these bytes cost, in units of 1/[`crate::coder::costs::BIT`] bits.
    pub cost: u64,
}

impl Strip {
    /// What all bytes cost, in units of 1/[`crate::coder::costs::BIT`] bits.
    #[must_use]
    pub fn cost(&self) -> u64 {
        self.shares.iter().map(|share| share.cost).sum()
    }

    /// Index of the stream that costs most here; of those that cost nothing, of most bytes.
    #[must_use]
    pub fn main(&self) -> Option<usize> {
        let most = self.shares.iter().max_by_key(|share| (share.cost, share.raw));
        most.map(|share| share.stream)
    }

    fn add(&mut self, share: Share) {
        match self.shares.iter_mut().find(|known| known.stream == share.stream) {
            Some(known) => {
                known.raw += share.raw;
                known.cost += share.cost;
            }
            None => self.shares.push(share),
        }
    }
}

impl Strips {
    /// Makes room for `more` bytes of content.
    pub(super) fn begin(&mut self, more: u64) {
        self.length = self.length.max(1);
        let total = self.strips.iter().map(|strip| strip.raw).sum::<u64>() + more;
        while total.div_ceil(self.length) > 2 * LEAST as u64 {
            self.length *= 2;
            let pairs = std::mem::take(&mut self.strips);
            self.strips = pairs.chunks(2).map(joined).collect();
        }
        let strips = total.div_ceil(self.length);
        self.strips.resize(strips as usize, Strip::default());
        for (strip, start) in self.strips.iter_mut().zip((0..).step_by(self.length as usize)) {
            strip.raw = (total - start).min(self.length);
        }
    }

    /// Adds what `stream` costs, a stream of kind number `index` of a block that begins at `start`.
    pub(super) fn add(&mut self, index: usize, stream: &Stream, start: u64) {
        let curve = Curve::of(stream);
        for stretch in &stream.stretches {
            let (from, to) = (&stretch.of_stream, &stretch.of_block);
            // The curve bends at the ends of parts: between them costs are even.
            let mut at = from.start;
            while at < from.end {
                let end = curve.next_bend(at).min(from.end);
                let place = |position: usize| {
                    let done = (position - from.start) as u128 * to.len() as u128;
                    start + (to.start as u128 + done / from.len() as u128) as u64
                };
                let cost = curve.at(end) - curve.at(at);
                self.spread(index, place(at)..place(end), cost);
                at = end;
            }
        }
    }

    /// Spreads `cost` evenly over the bytes `place` of the content.
    fn spread(&mut self, stream: usize, place: Range<u64>, cost: u64) {
        let length = (place.end - place.start).max(1);
        let share_up_to =
            |at: u64| (u128::from(cost) * u128::from(at - place.start) / u128::from(length)) as u64;
        let mut at = place.start;
        loop {
            let number = (at / self.length).min(self.strips.len() as u64 - 1);
            let end = place.end.min((number + 1) * self.length);
            let is_last = end >= place.end;
            let until = if is_last { cost } else { share_up_to(end) };
            let share =
                Share { stream, raw: end.saturating_sub(at), cost: until - share_up_to(at) };
            self.strips[number as usize].add(share);
            if is_last {
                return;
            }
            at = end;
        }
    }
}

fn joined(strips: &[Strip]) -> Strip {
    let mut sum = Strip::default();
    for strip in strips {
        sum.raw += strip.raw;
        strip.shares.iter().for_each(|&share| sum.add(share));
    }
    sum
}

/// The cost of all bytes of a stream up to a position, as points with straight lines between them.
struct Curve(Vec<(usize, u64)>);

impl Curve {
    fn of(stream: &Stream) -> Self {
        let mut points = vec![(0, 0)];
        match &stream.costs {
            Some(costs) => points.extend(costs.curve()),
            None => points.push((stream.bytes.len(), cost_of(stream))),
        }
        // What a code completes may have no byte of text: a part without bytes costs the next ones.
        let last = points.last().copied();
        points.dedup_by_key(|(end, _)| *end);
        if let (Some(point), Some((end, cost))) = (points.last_mut(), last)
            && point.0 == end
        {
            point.1 = cost;
        }
        Curve(points)
    }

    /// Index of the last point that is not behind `position`.
    fn before(&self, position: usize) -> usize {
        self.0.partition_point(|&(end, _)| end <= position).saturating_sub(1)
    }

    /// The first point behind `position`.
    fn next_bend(&self, position: usize) -> usize {
        self.0.get(self.before(position) + 1).map_or(usize::MAX, |&(end, _)| end)
    }

    fn at(&self, position: usize) -> u64 {
        let index = self.before(position);
        let (start, cost) = self.0[index];
        self.0.get(index + 1).map_or(cost, |&(end, more)| {
            let share = u128::from(more - cost) * (position - start) as u128;
            cost + (share / (end - start).max(1) as u128) as u64
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strips_join_in_pairs_and_keep_their_sums() {
        let mut strips = Strips::default();
        strips.begin(64);
        assert_eq!((strips.length, strips.strips.len()), (1, 64));
        strips.spread(0, 0..64, 640);
        strips.begin(1);
        assert_eq!((strips.length, strips.strips.len()), (2, 33));
        assert_eq!(strips.strips[32], Strip { raw: 1, shares: Vec::new() });
        strips.spread(1, 10..65, 1000);
        strips.spread(1, 65..65, 7);
        let sum = |stream: usize| {
            let shares = strips.strips.iter().flat_map(|strip| &strip.shares);
            shares.filter(|share| share.stream == stream).map(|share| share.cost).sum::<u64>()
        };
        assert_eq!((sum(0), sum(1)), (640, 1007));
        assert_eq!(strips.strips[0].shares, [Share { stream: 0, raw: 2, cost: 20 }]);
        assert_eq!(strips.strips[32].main(), Some(1));
        strips.begin(1000);
        assert!((32..=64).contains(&strips.strips.len()), "{}", strips.strips.len());
        assert_eq!(strips.strips.iter().map(|strip| strip.raw).sum::<u64>(), 1065);
    }

    #[test]
    fn curves_are_straight_between_points() {
        let curve = Curve(vec![(0, 0), (10, 100), (20, 101)]);
        let heights: Vec<u64> = [0, 5, 10, 15, 20].map(|at| curve.at(at)).to_vec();
        assert_eq!(heights, [0, 50, 100, 100, 101]);
        assert_eq!((curve.next_bend(0), curve.next_bend(10)), (10, 20));
        assert_eq!(curve.next_bend(20), usize::MAX);
    }
}
