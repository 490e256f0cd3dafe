//! The points of one glyph: flags, then steps in x, then steps in y.

use super::candidates::{self, Axis, Levels};
use super::glyph::field::{REPEAT, X};
use super::view::{View, next_byte};
use crate::model::hash::{combine, combine_all};

/// A point lies on the curve.
pub const ON: u8 = 1;
/// A step in x takes one byte; one bit further that in y.
pub const SHORT: u8 = 2;
/// A short step is positive, a long one left out as zero; one bit further for y.
pub const SAME: u8 = 16;

/// One glyph's points, as far as they are known.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    ends: Vec<u16>,
    flags: Vec<u8>,
    /// Flags coded, repeats apart.
    coded_flags: u64,
    points: usize,
    axis: usize,
    /// Steps and coordinates of both axes.
    axes: [Axis; 2],
    /// Where points lie, over all glyphs.
    levels: [Levels; 2],
    /// The contour of the next point: its first and its last point, and its number.
    first: usize,
    last: usize,
    contour: usize,
    /// The glyph before.
    ends_before: Vec<u16>,
    flags_before: Vec<u8>,
    axes_before: [Axis; 2],
    on_curve: [i32; 4],
    partial: u32,
}

impl Outline {
    /// Another glyph begins.
    pub fn start(&mut self) {
        std::mem::swap(&mut self.ends, &mut self.ends_before);
        std::mem::swap(&mut self.flags, &mut self.flags_before);
        std::mem::swap(&mut self.axes, &mut self.axes_before);
        self.ends.clear();
        self.flags.clear();
        self.axes.iter_mut().for_each(Axis::clear);
        self.on_curve = [i32::MAX, i32::MAX, i32::MIN, i32::MIN];
        (self.points, self.coded_flags, self.partial) = (0, 0, 1);
    }

    /// Takes in the number of a contour's last point.
    pub fn end(&mut self, number: u32) {
        self.ends.push(number as u16);
        self.points = number as usize + 1;
        self.begin_contours();
    }

    fn begin_contours(&mut self) {
        (self.contour, self.first) = (0, 0);
        self.last = self.ends.first().map_or(0, |&end| end.into());
    }

    /// Contours so far.
    #[must_use]
    pub fn contours(&self) -> usize {
        self.ends.len()
    }

    /// Points of the glyph.
    #[must_use]
    pub fn points(&self) -> usize {
        self.points
    }

    /// The next point will be number `index`.
    fn follow(&mut self, index: usize) {
        while index > self.last && self.contour + 1 < self.ends.len() {
            self.contour += 1;
            self.first = self.last + 1;
            self.last = self.ends[self.contour].into();
        }
    }

    /// Takes in a flag.
    pub fn flag(&mut self, flag: u8, times: usize) {
        self.coded_flags = self.coded_flags << 8 | u64::from(flag);
        self.more_flags(flag, times);
    }

    fn more_flags(&mut self, flag: u8, times: usize) {
        let room = self.points.saturating_sub(self.flags.len());
        self.flags.resize(self.flags.len() + times.min(room), flag);
        self.follow(self.flags.len());
    }

    /// Takes in how often the last flag is repeated.
    pub fn repeat(&mut self, times: u32) {
        let flag = self.flags.last().copied().unwrap_or(0);
        self.more_flags(flag, times as usize);
    }

    /// Whether every point has its flag.
    #[must_use]
    pub fn flags_are_full(&self) -> bool {
        self.flags.len() >= self.points
    }

    /// Steps of x (0) or y (1) follow.
    pub fn begin_axis(&mut self, axis: usize) {
        self.axis = axis;
        self.partial = 1;
        self.begin_contours();
        self.skip();
    }

    fn flag_of(&self, index: usize) -> u8 {
        self.flags.get(index).copied().unwrap_or(0)
    }

    /// Bytes of the next step.
    #[must_use]
    pub fn bytes(&self) -> u32 {
        let flag = self.flag_of(self.axes[self.axis].steps.len()) >> self.axis;
        match (flag & SHORT != 0, flag & SAME != 0) {
            (true, _) => 1,
            (false, false) => 2,
            (false, true) => 0,
        }
    }

    /// Passes over the steps that are left out.
    fn skip(&mut self) {
        while !self.axis_is_full() && self.bytes() == 0 {
            self.axes[self.axis].push(0);
            self.note_on_curve();
        }
        self.follow(self.axes[self.axis].steps.len());
    }

    /// Takes in a step as it is stored.
    pub fn coordinate(&mut self, number: u32) {
        let flag = self.flag_of(self.axes[self.axis].steps.len()) >> self.axis;
        let step = match (flag & SHORT != 0, flag & SAME != 0) {
            (true, true) => number as i32,
            (true, false) => -(number as i32),
            _ => i32::from(number as u16 as i16),
        };
        let coordinate = self.axes[self.axis].push(step);
        self.note_on_curve();
        self.levels[self.axis].add(coordinate);
        self.skip();
    }

    /// The last point's coordinate counts for the box of those on the curve, if it is.
    fn note_on_curve(&mut self) {
        let axis = &self.axes[self.axis];
        if self.flag_of(axis.steps.len() - 1) & ON != 0
            && let Some(&coordinate) = axis.coordinates.last()
        {
            self.on_curve[self.axis] = self.on_curve[self.axis].min(coordinate);
            self.on_curve[self.axis + 2] = self.on_curve[self.axis + 2].max(coordinate);
        }
    }

    /// The box of all points.
    #[must_use]
    pub fn bounds(&self) -> [i32; 4] {
        let [x, y] = [0, 1].map(|axis| self.axes[axis].bounds());
        [x[0], y[0], x[1], y[1]]
    }

    /// The box of the points on the curve.
    #[must_use]
    pub fn on_curve(&self) -> [i32; 4] {
        self.on_curve
    }

    /// Whether every point has its step.
    #[must_use]
    pub fn axis_is_full(&self) -> bool {
        self.axes[self.axis].steps.len() >= self.points
    }

    /// Says what the number of a contour's last point is like.
    pub fn describe_end(&self, contours: u32, view: &mut View) {
        let back = |distance: usize| {
            self.ends.len().checked_sub(distance).map_or(0, |index| u32::from(self.ends[index]) + 1)
        };
        let (a, b, c) = (back(1), back(2), back(3));
        let index = self.ends.len();
        let same = self.ends_before.get(index).copied().map_or(0, u32::from);
        let step = a.wrapping_sub(b);
        let guess = |value: u32| next_byte(value & 0xffff, 2, view.partial.into());
        let fine = [
            combine_all([a, contours]),
            combine_all([a, step]),
            combine_all([guess(a.wrapping_add(step).wrapping_sub(1)), contours]),
            guess(a + 3),
            combine_all([a, same]),
            combine_all([contours, index as u32]),
            combine_all([
                guess(a.wrapping_add(b.wrapping_sub(c)).wrapping_sub(1)),
                contours - index as u32,
            ]),
            combine_all([a, step, b.wrapping_sub(c)]),
            a,
            combine_all([same, index as u32]),
        ];
        view.set(fine);
        view.rows = [
            13,
            contours.min(15) << 3 | (contours - index as u32).min(7),
            a & 255,
            160 | contours.min(7),
        ];
    }

    /// Says what the next flag or step is like; `partial` of the view is set.
    pub fn describe(&self, field: u32, view: &mut View) {
        if field >= X {
            candidates::describe(self, view);
            return;
        }
        let index = self.flags.len();
        let flag = |back: usize| {
            index
                .checked_sub(back)
                .and_then(|index| self.flags.get(index))
                .map_or(0, |&flag| u32::from(flag) + 1)
        };
        let rank = (index - self.first.min(index)) as u32;
        let left = (self.last + 1).saturating_sub(index) as u32;
        let size = (self.last + 1).saturating_sub(self.first) as u32;
        let wide = self.ends.len().min(7) as u32;
        let coded = self.coded_flags;
        let (one, two, three, four) =
            (coded as u32 & 0xff, coded as u32 & 0xffff, coded as u32 & 0xff_ffff, coded as u32);
        let ends = rank.min(2) | left.min(3) << 2;
        // Two symmetric halves: the point as far from the end as this is from the start.
        let opposite = |period: u32| if rank >= period { flag(period as usize) } else { 0 };
        let contour_before = if self.contour > 0 {
            let first =
                if self.contour > 1 { usize::from(self.ends[self.contour - 2]) + 1 } else { 0 };
            u32::from(self.flag_of(first + rank as usize)) + 1
        } else {
            0
        };
        let before = self.flags_before.get(index).copied().map_or(0, |flag| u32::from(flag) + 1);
        let six = combine(four, (coded >> 32) as u32 & 0xffff);
        let eight = combine(four, (coded >> 32) as u32);
        let repeat = u32::from(field == REPEAT);
        let onset = rank.min(15) | left.min(15) << 4;
        view.set([
            combine_all([one, wide]),
            combine_all([two, ends]),
            three,
            combine_all([four, wide]),
            six,
            eight,
            combine_all([one, rank, size]),
            combine_all([two, left.min(31)]),
            combine_all([two, wide, self.contour.min(2) as u32]),
            combine_all([contour_before, one, size]),
            combine_all([before, one]),
            combine_all([flag(2), flag(4), one]),
            combine_all([flag(3), flag(6), one]),
            combine_all([opposite(size / 2), two]),
            combine_all([flag(4), flag(8), one]),
            combine_all([rank, left, one]),
            combine_all([self.points as u32, index as u32]),
            combine_all([onset, one]),
            combine_all([three, ends]),
            combine_all([four, onset]),
            combine_all([opposite(size / 2), flag(1), ends]),
            combine_all([before, two, wide]),
            combine_all([flag(1), flag(2), flag(3), left.min(4)]),
            combine_all([flag(1), flag(2), flag(3), flag(4), flag(5) | flag(6) << 16, ends]),
            combine_all([three, onset]),
            combine_all([six, left.min(31)]),
            combine_all([eight, rank, size]),
            combine_all([contour_before, before, two]),
            combine_all([flag(size as usize / 2), flag(1), flag(2)]),
            combine_all([one, self.points as u32]),
            combine_all([four, before]),
            combine_all([two, self.contour as u32, self.ends.len() as u32]),
            combine_all([
                flag(1),
                flag(2),
                flag(3),
                flag(4) | flag(5) << 9 | flag(6) << 18,
                flag(7),
                flag(8),
            ]),
            combine_all([two, size]),
            combine_all([left, size, one]),
        ]);
        view.rows = [
            16 + repeat,
            one,
            ends << 4 | wide << 1 | u32::from(one & 8 != 0),
            192 | left.min(7) << 3 | rank.min(7),
        ];
    }

    /// What [`candidates`] reads.
    pub(super) fn at(&self) -> (usize, &[Axis; 2], usize) {
        (self.axis, &self.axes, self.axes[self.axis].steps.len())
    }

    /// Where points lie along an axis, over all glyphs.
    pub(super) fn levels(&self, axis: usize) -> &Levels {
        &self.levels[axis]
    }

    /// The flag of point `index`, 0 where there is none.
    pub(super) fn flag_at(&self, index: usize) -> u32 {
        u32::from(self.flag_of(index))
    }

    /// First and last point and number of the contour.
    pub(super) fn contour_of(&self) -> (usize, usize, usize) {
        (self.first, self.last, self.contour)
    }

    /// First point of the contour before, and the step of the glyph before at the same point.
    pub(super) fn alike(&self, index: usize) -> (usize, i32) {
        let first = match self.contour {
            0 => usize::MAX,
            1 => 0,
            more => usize::from(self.ends[more - 2]) + 1,
        };
        (first, self.axes_before[self.axis].steps.get(index).copied().unwrap_or(0))
    }
}
