//! Where the neighbours of a sample lie, and their values.

use super::frames::FrameFinder;
use super::least_squares::MOST;

/// Same-plane neighbours as columns to the left and rows up, nearest first.
const RING: [(i64, i64); 24] = [
    (1, 0),
    (0, 1),
    (1, 1),
    (-1, 1),
    (2, 0),
    (0, 2),
    (2, 1),
    (-2, 1),
    (1, 2),
    (-1, 2),
    (2, 2),
    (-2, 2),
    (3, 0),
    (0, 3),
    (3, 1),
    (-3, 1),
    (1, 3),
    (-1, 3),
    (3, 2),
    (-3, 2),
    (2, 3),
    (-2, 3),
    (4, 0),
    (0, 4),
];
/// Neighbours in planes of this pixel that are known, nearest first.
const KNOWN: [(i64, i64); 7] = [(0, 0), (1, 0), (0, 1), (1, 1), (-1, 1), (2, 0), (0, 2)];
/// Neighbours in planes of this pixel that are still to come.
const TO_COME: [(i64, i64); 4] = [(1, 0), (0, 1), (1, 1), (-1, 1)];
/// Neighbours in the frame before.
const FRAME: [(i64, i64); 9] =
    [(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (1, 1), (1, -1), (-1, 1)];

/// Shape of the data.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Samples to a pixel, 1 to 4.
    pub channels: usize,
    /// Bytes to a sample, 1 or 2 (big-endian).
    pub sample_bytes: usize,
    /// Bytes from one row to the next.
    pub row_bytes: usize,
}

impl Layout {
    /// Bytes to a pixel.
    #[inline(always)]
    #[must_use]
    pub fn pixel(self) -> usize {
        self.channels * self.sample_bytes
    }

    /// Pixels to a row, padding counted.
    #[must_use]
    pub fn columns(self) -> usize {
        self.row_bytes.div_ceil(self.pixel())
    }

    /// Bytes back to the sample `x` columns left and `y` rows up, `planes` planes before this one.
    #[inline(always)]
    #[must_use]
    pub fn offset(self, x: i64, y: i64, planes: i64) -> usize {
        let back =
            y * self.row_bytes as i64 + x * self.pixel() as i64 + planes * self.sample_bytes as i64;
        back.max(1) as usize
    }

    /// The sample that starts `back` bytes before `position`; 0 where there is none.
    #[inline(always)]
    #[must_use]
    pub fn sample(self, bytes: &[u8], position: usize, back: usize) -> i32 {
        let Some(at) = position.checked_sub(back) else { return 0 };
        let byte = |at: usize| bytes.get(at).map_or(0, |&byte| i32::from(byte));
        if self.sample_bytes == 1 { byte(at) } else { byte(at) << 8 | byte(at + 1) }
    }
}

/// Values around the next sample: compass points, and `p` for the plane before (0 in the first).
#[derive(Clone, Copy, Default, Debug)]
#[allow(missing_docs)]
pub struct Neighbourhood {
    pub west: i32,
    pub north: i32,
    pub north_west: i32,
    pub north_east: i32,
    pub west_west: i32,
    pub north_north: i32,
    pub north_north_east: i32,
    pub p: i32,
    pub p_west: i32,
    pub p_north: i32,
    pub p_north_west: i32,
    pub p_north_east: i32,
}

impl Neighbourhood {
    /// Reads them.
    #[inline(always)]
    #[must_use]
    pub fn new(layout: Layout, bytes: &[u8], position: usize, plane: usize) -> Self {
        let at = |x, y| layout.sample(bytes, position, layout.offset(x, y, 0));
        let before = |x, y| {
            if plane == 0 { 0 } else { layout.sample(bytes, position, layout.offset(x, y, 1)) }
        };
        Self {
            west: at(1, 0),
            north: at(0, 1),
            north_west: at(1, 1),
            north_east: at(-1, 1),
            west_west: at(2, 0),
            north_north: at(0, 2),
            north_north_east: at(-1, 2),
            p: before(0, 0),
            p_west: before(1, 0),
            p_north: before(0, 1),
            p_north_west: before(1, 1),
            p_north_east: before(-1, 1),
        }
    }
}

/// Gathers the inputs of the linear predictors.
#[derive(Clone)]
pub struct Gatherer {
    layout: Layout,
    /// Per plane: bytes back, and the plane of the neighbour.
    offsets: Vec<Vec<(usize, usize)>>,
    /// Per plane: which inputs the smaller fits use.
    subsets: Vec<[Vec<usize>; 2]>,
    frames: Option<FrameFinder>,
    /// The inputs, times four, less the centres of their planes.
    pub inputs: [i32; MOST],
    /// Four times the mean of the nearest neighbours in this plane.
    pub centre: i32,
}

impl Gatherer {
    /// `same` neighbours of the same plane.
    #[must_use]
    pub fn new(layout: Layout, same: usize) -> Self {
        let mut offsets = Vec::new();
        let mut subsets = Vec::new();
        let frames = (layout.sample_bytes == 2 && layout.channels == 1)
            .then(|| FrameFinder::new(layout.row_bytes, layout.columns()));
        for plane in 0..layout.channels {
            // Bytes back, plane, and how near: the first fits take only what is near.
            let mut list: Vec<(usize, usize, usize)> = Vec::new();
            for (rank, &(x, y)) in RING.iter().take(same).enumerate() {
                list.push((layout.offset(x, y, 0), plane, rank));
            }
            // The plane just before is the best witness.
            for other in (0..layout.channels).rev().filter(|&other| other != plane) {
                let planes = plane as i64 - other as i64;
                let near: &[_] = if other < plane { &KNOWN } else { &TO_COME };
                for (rank, &(x, y)) in near.iter().enumerate() {
                    let rank = if other > plane {
                        9 + rank
                    } else {
                        2 * rank + usize::from(other + 1 < plane)
                    };
                    list.push((layout.offset(x, y, planes), other, rank));
                }
            }
            let frame = if frames.is_some() { FRAME.len() } else { 0 };
            list.truncate(MOST - frame);
            let ranks =
                list.iter().map(|&(_, _, rank)| rank).chain((0..frame).map(|rank| 3 * rank));
            let subset = |limit: usize| {
                ranks
                    .clone()
                    .enumerate()
                    .filter(|&(_, rank)| rank < limit)
                    .map(|(k, _)| k)
                    .collect::<Vec<_>>()
            };
            subsets.push([subset(12), subset(6)]);
            offsets.push(list.into_iter().map(|(offset, plane, _)| (offset, plane)).collect());
        }
        Self { layout, offsets, subsets, frames, inputs: [0; MOST], centre: 0 }
    }

    /// Inputs of the fits of `plane`: all, the nearer, the nearest.
    #[must_use]
    pub fn counts(&self, plane: usize) -> [usize; 3] {
        let frame = if self.frames.is_some() { FRAME.len() } else { 0 };
        [
            self.offsets[plane].len() + frame,
            self.subsets[plane][0].len(),
            self.subsets[plane][1].len(),
        ]
    }

    /// Copies the inputs of the smaller fit `which` (0 nearer, 1 nearest) to `chosen`.
    #[inline(always)]
    pub fn subset(&self, plane: usize, which: usize, chosen: &mut [i32; MOST]) -> usize {
        let subset = &self.subsets[plane][which];
        for (slot, &k) in chosen.iter_mut().zip(subset) {
            *slot = self.inputs[k];
        }
        subset.len()
    }

    /// Reads the inputs of the sample at `position`.
    #[inline(always)]
    pub fn gather(&mut self, bytes: &[u8], position: usize, plane: usize) {
        let layout = self.layout;
        let mut centres = [0; 4];
        for (other, centre) in centres.iter_mut().enumerate().take(layout.channels) {
            let planes = plane as i64 - other as i64;
            *centre = centre_of(|x, y| layout.sample(bytes, position, layout.offset(x, y, planes)));
        }
        self.centre = centres[plane];
        let list = &self.offsets[plane];
        for (input, &(offset, plane)) in self.inputs.iter_mut().zip(list) {
            *input = 4 * layout.sample(bytes, position, offset) - centres[plane];
        }
        let Some(frames) = &mut self.frames else { return };
        if position.is_multiple_of(layout.row_bytes) {
            frames.row(bytes);
        }
        let distance = frames.distance();
        let inputs = &mut self.inputs[list.len()..];
        if distance == 0 {
            inputs.fill(0);
            return;
        }
        let there = |x: i64, y: i64| {
            let back = distance as i64 + y * layout.row_bytes as i64 + x * layout.pixel() as i64;
            layout.sample(bytes, position, back.max(1) as usize)
        };
        let centre = centre_of(there);
        for (input, (x, y)) in inputs.iter_mut().zip(FRAME) {
            *input = 4 * there(x, y) - centre;
        }
    }
}

/// Four times the weighted mean of the nearest neighbours.
#[inline(always)]
fn centre_of(at: impl Fn(i64, i64) -> i32) -> i32 {
    (3 * at(1, 0) + 3 * at(0, 1) + at(1, 1) + at(-1, 1)) / 2
}
