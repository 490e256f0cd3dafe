//! Glyphs put together of others: where their boxes come to lie.
//!
//! Components are named by number, but which number a glyph has is only known from `loca`, which
//! comes later: empty glyphs leave no trace among the others. How many there were before a number
//! is learned from boxes that fit.

use super::glyph::Glyph;
use crate::model::hash::combine_all;

/// More components are not looked at.
const MOST: usize = 16;
/// More empty glyphs before one are not looked for.
const MOST_EMPTY: usize = 64;
/// Numbers from one entry of the table of empty glyphs to the next, as a power of two.
const GRAIN: usize = 4;

/// The components of one glyph.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// Number, and how far it is moved.
    parts: Vec<(u16, [i32; 2])>,
    /// Empty glyphs before a number, and one; 0 where it is not known.
    empty: Vec<u8>,
    /// Those before the number that was found last.
    last: usize,
    /// By number, the sides that a glyph not yet read gave to others: [`UNKNOWN`] where it gave
    /// none.
    given: Vec<[i32; 4]>,
}

/// A side that is not known.
const UNKNOWN: i32 = i32::MIN;

impl Parts {
    /// Another glyph begins.
    pub fn start(&mut self) {
        self.parts.clear();
    }

    /// Another component: glyph `number`, moved `by`.
    pub fn add(&mut self, number: u16, by: [i32; 2]) {
        if self.parts.len() < MOST {
            self.parts.push((number, by));
        }
    }

    fn empty_before(&self, number: u16) -> usize {
        match self.empty.get(usize::from(number) >> GRAIN) {
            None | Some(0) => self.last,
            Some(&empty) => usize::from(empty) - 1,
        }
    }

    /// Glyph `number`, if it was read; the last one is being read.
    fn glyph(glyphs: &[Glyph], number: u16, empty: usize) -> Option<&Glyph> {
        let read = glyphs.len().saturating_sub(1);
        usize::from(number).checked_sub(empty).and_then(|index| glyphs.get(..read)?.get(index))
    }

    /// A hash of the box of glyph `number`.
    #[must_use]
    pub fn box_of(&self, glyphs: &[Glyph], number: u16) -> u32 {
        Self::glyph(glyphs, number, self.empty_before(number))
            .map_or(0, |glyph| combine_all(glyph.bounds.map(|side| side as u32)))
    }

    /// The box around the components that are known, [`UNKNOWN`] where none is.
    fn around(&self, glyphs: &[Glyph], empty: impl Fn(u16) -> usize) -> [i32; 4] {
        let mut bounds = [UNKNOWN; 4];
        for &(number, by) in &self.parts {
            if let Some(glyph) = Self::glyph(glyphs, number, empty(number)) {
                widen(&mut bounds, glyph.bounds.map(i32::from), by);
            }
        }
        bounds
    }

    /// The box that the components are likely to have.
    #[must_use]
    pub fn bounds(&self, glyphs: &[Glyph]) -> [i32; 4] {
        let mut bounds = self.around(glyphs, |number| self.empty_before(number));
        for &(number, by) in &self.parts {
            if Self::glyph(glyphs, number, self.empty_before(number)).is_none() {
                widen(
                    &mut bounds,
                    self.given.get(usize::from(number)).copied().unwrap_or([UNKNOWN; 4]),
                    by,
                );
            }
        }
        bounds.map(|side| if side == UNKNOWN { 0 } else { side })
    }

    /// The box was `bounds`.
    pub fn learn(&mut self, glyphs: &[Glyph], bounds: [i16; 4]) {
        let wanted = bounds.map(i32::from);
        if self.parts.is_empty() || self.bounds(glyphs) == wanted {
            return;
        }
        if let Some(empty) = (0..MOST_EMPTY).find(|&empty| self.around(glyphs, |_| empty) == wanted)
        {
            self.last = empty;
            for &(number, _) in &self.parts {
                let at = usize::from(number) >> GRAIN;
                if self.empty.len() <= at {
                    self.empty.resize(at + 1, 0);
                }
                self.empty[at] = empty as u8 + 1;
            }
            return;
        }
        // What the known ones do not reach comes from the last that is not known.
        let known = self.around(glyphs, |number| self.empty_before(number));
        let Some(&(number, by)) = self.parts.iter().rfind(|&&(number, _)| {
            Self::glyph(glyphs, number, self.empty_before(number)).is_none()
        }) else {
            return;
        };
        let at = usize::from(number);
        if self.given.len() <= at {
            self.given.resize(at + 1, [UNKNOWN; 4]);
        }
        for side in 0..4 {
            if wanted[side] != known[side] {
                self.given[at][side] = wanted[side] - by[side & 1];
            }
        }
    }
}

/// Makes room in `bounds` for `other`, moved `by`.
fn widen(bounds: &mut [i32; 4], other: [i32; 4], by: [i32; 2]) {
    for side in 0..4 {
        if other[side] == UNKNOWN {
            continue;
        }
        let moved = other[side] + by[side & 1];
        bounds[side] = match bounds[side] {
            UNKNOWN => moved,
            known if side < 2 => known.min(moved),
            known => known.max(moved),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_glyphs_are_counted_by_boxes() {
        let glyph = |number: i16| Glyph {
            start: 0,
            bounds: [number, 2 * number, 100 + number, 200 + 3 * number],
            part: None,
        };
        let glyphs: Vec<_> = (0..20).map(glyph).collect();
        let mut parts = Parts::default();
        // Glyph 9 is the seventh with an outline.
        parts.add(9, [5, -5]);
        parts.learn(&glyphs, [12, 9, 112, 216]);
        assert_eq!(parts.bounds(&glyphs), [12, 9, 112, 216]);
        parts.start();
        parts.add(10, [0, 0]);
        assert_eq!(parts.bounds(&glyphs), glyphs[8].bounds.map(i32::from));
    }

    #[test]
    fn what_comes_later_is_learned_from_what_it_gives() {
        let glyphs = [Glyph { start: 0, bounds: [10, 0, 90, 100], part: None }, Glyph::default()];
        let mut parts = Parts::default();
        parts.add(0, [0, 0]);
        parts.add(70, [20, 30]);
        parts.learn(&glyphs, [10, 0, 90, 160]);
        parts.start();
        parts.add(0, [0, 0]);
        parts.add(70, [25, 50]);
        assert_eq!(parts.bounds(&glyphs), [10, 0, 90, 180]);
    }
}
