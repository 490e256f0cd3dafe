//! The targets of a step: coordinates and steps of the glyph that are likely to come again.
//!
//! A glyph's points line up with one another (stems, serifs), its curves are mirrored and go on
//! smoothly, and it reaches the sides of its box. Each of these guesses a step; the flag tells sign
//! and size beforehand, so that guesses which cannot be right are passed over for the next.

use super::outline::{ON, Outline, SAME, SHORT};
use super::view::{View, next_byte};
use crate::model::hash::combine_all;

/// Points that are looked at for guesses.
const WINDOW: usize = 48;

/// Steps and coordinates along one axis.
#[derive(Clone, Debug, Default)]
pub struct Axis {
    /// From point to point.
    pub steps: Vec<i32>,
    /// The coordinates that the steps lead to.
    pub coordinates: Vec<i32>,
    low: i32,
    high: i32,
}

impl Axis {
    /// No steps.
    pub fn clear(&mut self) {
        self.steps.clear();
        self.coordinates.clear();
        (self.low, self.high) = (i32::MAX, i32::MIN);
    }

    /// The least and the greatest coordinate.
    #[must_use]
    pub fn bounds(&self) -> [i32; 2] {
        [self.low, self.high]
    }

    /// Another step; the coordinate it leads to.
    pub fn push(&mut self, step: i32) -> i32 {
        let coordinate = self.coordinates.last().copied().unwrap_or(0).wrapping_add(step);
        self.steps.push(step);
        self.coordinates.push(coordinate);
        (self.low, self.high) = (self.low.min(coordinate), self.high.max(coordinate));
        coordinate
    }
}

/// How often points lie at each coordinate, over all glyphs.
#[derive(Clone, Debug)]
pub struct Levels {
    counts: Vec<u16>,
}

/// Coordinates from minus this to this less one are counted.
const RANGE: i32 = 4096;

impl Default for Levels {
    fn default() -> Self {
        Self { counts: vec![0; 2 * RANGE as usize] }
    }
}

impl Levels {
    /// A point lies at `coordinate`.
    pub fn add(&mut self, coordinate: i32) {
        if let Some(count) =
            coordinate.checked_add(RANGE).and_then(|at| self.counts.get_mut(at as usize))
        {
            *count = count.saturating_add(1);
        }
    }

    /// The steps of up to 255 from `here`, up or down, to where most points and to where second
    /// most lie.
    fn likely(&self, here: i32, up: bool) -> [i32; 2] {
        let mut best = [(0, 0); 2];
        for size in 1..256 {
            let step = if up { size } else { -size };
            let at = here.wrapping_add(step).wrapping_add(RANGE);
            let count = self.counts.get(at as usize).copied().unwrap_or(0);
            if count > best[0].0 {
                best = [(count, step), best[0]];
            } else if count > best[1].0 {
                best[1] = (count, step);
            }
        }
        best.map(|(_, step)| step)
    }
}

/// What the flag says of a step.
#[derive(Clone, Copy)]
struct Class {
    short: bool,
    positive: bool,
}

impl Class {
    fn allows(self, step: i32) -> bool {
        if self.short {
            (step > 0) == self.positive && step != 0 && step.unsigned_abs() < 256
        } else {
            step.unsigned_abs() > 255
        }
    }

    /// The next byte if `step` is right: as [`next_byte`].
    fn byte(self, step: i32, partial: u32) -> u32 {
        if !self.allows(step) {
            0
        } else if self.short {
            256 | step.unsigned_abs()
        } else {
            next_byte(step as u32 & 0xffff, 2, partial.into())
        }
    }
}

/// Earlier coordinates that a step may lead to: the two latest and the nearest.
fn coordinates(axis: &Axis, class: Class, here: i32) -> [i32; 3] {
    let mut found = [0; 3];
    for &coordinate in axis.coordinates.iter().rev().take(WINDOW) {
        let step = coordinate.wrapping_sub(here);
        if !class.allows(step) {
            continue;
        }
        if found[0] == 0 {
            found[0] = step;
        } else if found[1] == 0 && step != found[0] {
            found[1] = step;
        }
        if found[2] == 0 || step.unsigned_abs() < found[2].unsigned_abs() {
            found[2] = step;
        }
    }
    found
}

/// What followed, and what came before, an earlier step as long as the last: forward and mirrored;
/// the same for the last two steps. With the sign that `class` says.
fn echoes(steps: &[i32], class: Class) -> [i32; 4] {
    let mut found = [0; 4];
    let count = steps.len();
    if count < 2 {
        return found;
    }
    let size = |index: usize| steps[index].unsigned_abs();
    let (last, before) = (size(count - 1), size(count - 2));
    let signed = |step: i32| {
        if class.short && (step > 0) != class.positive { -step } else { step }
    };
    for at in (count.saturating_sub(WINDOW)..count - 1).rev() {
        if size(at) != last {
            continue;
        }
        let follows = signed(steps[at + 1]);
        let precedes = if at > 0 { signed(steps[at - 1]) } else { 0 };
        let fits = |step: i32| class.allows(step);
        if found[0] == 0 && fits(follows) {
            found[0] = follows;
        }
        if found[1] == 0 && fits(precedes) {
            found[1] = precedes;
        }
        if found[2] == 0 && at > 0 && size(at - 1) == before && fits(follows) {
            found[2] = follows;
        }
        if found[3] == 0 && size(at + 1) == before && fits(precedes) {
            found[3] = precedes;
        }
    }
    found
}

/// The step in y of an earlier point with the same step in x, either way; and of one whose
/// neighbour is alike too.
fn twins(axes: &[Axis; 2], index: usize, class: Class) -> [i32; 2] {
    let size = |at: usize| axes[0].steps.get(at).map_or(u32::MAX, |step| step.unsigned_abs());
    let (here, before) = (size(index), size(index.wrapping_sub(1)));
    let mut found = [0; 2];
    for at in (index.saturating_sub(WINDOW)..index).rev() {
        let step = axes[1].steps[at];
        let step = if class.short && (step > 0) != class.positive { -step } else { step };
        if size(at) != here || !class.allows(step) {
            continue;
        }
        if found[0] == 0 {
            found[0] = step;
        }
        if found[1] == 0 && (size(at + 1) == before || size(at.wrapping_sub(1)) == before) {
            found[1] = step;
        }
    }
    found
}

/// The step in y to an earlier point that lies as far from the one side of the glyph as this one
/// from the other.
fn reflection(axes: &[Axis; 2], index: usize, class: Class, here: i32) -> i32 {
    let [low, high] = axes[0].bounds();
    let Some(&x) = axes[0].coordinates.get(index) else { return 0 };
    let mirrored = low.wrapping_add(high).wrapping_sub(x);
    for at in (index.saturating_sub(WINDOW)..index).rev() {
        let step = axes[1].coordinates[at].wrapping_sub(here);
        if axes[0].coordinates[at] == mirrored && class.allows(step) {
            return step;
        }
    }
    0
}

/// Describes the next step.
pub fn describe(outline: &Outline, view: &mut View) {
    let (axis, axes, index) = outline.at();
    let levels = outline.levels(axis);
    let own = &axes[axis];
    let partial = view.partial;
    let flag = |at: usize| outline.flag_at(at);
    let flags = [index.wrapping_sub(2), index.wrapping_sub(1), index, index + 1].map(flag);
    let kind = flags[2] as u8 >> axis;
    let class = Class { short: kind & SHORT != 0, positive: kind & SAME != 0 };
    let back = |steps: &[i32], distance: usize| {
        index.checked_sub(distance).and_then(|at| steps.get(at)).copied().unwrap_or(0)
    };
    let [d1, d2, d3, d4] = [1, 2, 3, 4].map(|distance| back(&own.steps, distance));
    let here = back(&own.coordinates, 1);
    let on = flags.iter().fold(0, |bits, &flag| bits << 1 | flag & u32::from(ON));
    let sign = u32::from(class.short) | u32::from(class.positive) << 1;
    let key = sign | on << 2 | (partial & 0xffff) << 8;
    let form = (SHORT | SAME) << axis;
    let around = flags[1] & u32::from(form | ON) | (flags[3] & u32::from(form | ON)) << 8;
    let guess = |step: i32| class.byte(step, partial);
    let [recent, second, nearest] = coordinates(own, class, here);
    let [forward, mirrored, forward_two, mirrored_two] = echoes(&own.steps, class);
    let (first, last, contour) = outline.contour_of();
    let start = if index > first { own.coordinates[first].wrapping_sub(here) } else { 0 };
    let side =
        if class.positive { own.high.wrapping_sub(here) } else { own.low.wrapping_sub(here) };
    let other = &axes[1 - axis];
    let across = |at: usize| if axis == 1 { other.steps.get(at).copied().unwrap_or(0) } else { 0 };
    let (c0, c1, c2) = (across(index), across(index.wrapping_sub(1)), across(index + 1));
    let [twin, twin_two] = if axis == 1 { twins(axes, index, class) } else { [0; 2] };
    let smooth =
        if c1 != 0 { (i64::from(d1) * i64::from(c0) / i64::from(c1)) as i32 } else { i32::MAX };
    let (contour_before, glyph_before) = outline.alike(index);
    let parallel = contour_before
        .checked_add(index - first.min(index))
        .and_then(|at| own.steps.get(at))
        .copied()
        .unwrap_or(0);
    let left = (last + 1).saturating_sub(index) as u32;
    let n = |number: i32| number as u32;
    // Coarse steps: sign and two leading bits.
    let q = |step: i32| {
        let size = step.unsigned_abs();
        let bits = size.checked_ilog2().unwrap_or(0);
        (bits << 3 | size.unbounded_shr(bits.saturating_sub(2)) & 3) << 1 | u32::from(step < 0)
    };
    let edge = guess(side);
    let [popular, common] = if class.short { levels.likely(here, class.positive) } else { [0; 2] };
    let reflected = if axis == 1 { reflection(axes, index, class, here) } else { 0 };
    view.set([
        combine_all([key, n(d1)]),
        combine_all([key, n(d1), n(d2)]),
        combine_all([key, n(d1), n(d2), n(d3)]),
        combine_all([key, n(d1), around, n(c0)]),
        combine_all([key, n(here), around & 0x303]),
        combine_all([key, edge, guess(recent)]),
        combine_all([key, guess(recent), guess(second)]),
        combine_all([key, guess(nearest), guess(recent)]),
        combine_all([key, guess(mirrored), guess(forward)]),
        combine_all([key, guess(mirrored_two), guess(recent)]),
        combine_all([key, guess(forward_two), left.min(3)]),
        combine_all([key, guess(start), left.min(3)]),
        if axis == 1 { combine_all([key, n(c0), n(d1)]) } else { combine_all([key, n(d2)]) },
        if axis == 1 {
            combine_all([key, n(c0), n(c1), n(d1)])
        } else {
            combine_all([key, n(d1), n(d2), n(d3), n(d4)])
        },
        if axis == 1 {
            combine_all([key, n(c0), n(c2)])
        } else {
            combine_all([key, around, n(d1), n(d2)])
        },
        if axis == 1 {
            combine_all([key, guess(smooth), around])
        } else {
            combine_all([key, n(here), n(d1)])
        },
        if axis == 1 {
            combine_all([key, guess(twin), guess(twin_two)])
        } else {
            combine_all([key, n(d1.wrapping_add(d2))])
        },
        combine_all([key, guess(parallel), guess(glyph_before)]),
        if axis == 1 {
            combine_all([key, guess(reflected), n(d1)])
        } else {
            combine_all([key, n(here), n(d1), n(d2)])
        },
        if axis == 1 {
            combine_all([key, guess(reflected), guess(twin_two), guess(recent)])
        } else {
            combine_all([key, n(start), around])
        },
        combine_all([key, around, left.min(3), index.min(2) as u32]),
        combine_all([key, n(c0), edge, guess(nearest)]),
        combine_all([key, guess(recent), n(d1)]),
        combine_all([key, index as u32, contour as u32, n(glyph_before)]),
        combine_all([key, q(d1), q(d2), q(c0)]),
        combine_all([key, q(d1), q(c0), q(c1), q(c2)]),
        combine_all([key, q(d1), q(d2), q(d3), around]),
        combine_all([key, n(c0), around]),
        combine_all([key, n(c0), n(c1)]),
        combine_all([key, guess(popular), guess(common)]),
        combine_all([key, guess(popular), guess(recent), edge]),
        combine_all([key, guess(popular), n(d1)]),
        combine_all([key, guess(mirrored_two), guess(twin_two), guess(start)]),
        combine_all([key, n(d2), n(d3)]),
        combine_all([key, n(d1), n(d3)]),
        combine_all([key, n(here), n(c0)]),
        combine_all([key, n(d2), n(d4), n(c0)]),
        combine_all([key, q(side), q(d1), q(d2)]),
        combine_all([key, guess(recent), guess(mirrored), guess(twin)]),
        combine_all([key, flags[0], flags[1], flags[2], flags[3]]),
    ]);
    let agree = |a: i32| u32::from(guess(a) != 0);
    let known = agree(recent)
        | agree(mirrored_two) << 1
        | agree(if axis == 1 { reflected } else { forward_two }) << 2;
    let long = if class.short { 0 } else { u32::from(partial > 1) + 1 };
    view.rows = [
        32 + axis as u32 * 3 + long,
        sign << 6 | (axis as u32) << 5 | known << 2 | (on >> 1 & 3),
        guess(recent) & 255,
        if axis == 1 { guess(twin_two) & 255 } else { guess(mirrored_two) & 255 },
    ];
}
