//! The hashed contexts of an image model.

use super::density::FRACTION;
use super::experts::EXPERTS;
use super::names::CONTEXTS;
use super::neighbours::Neighbourhood;

/// What the contexts are made of.
pub struct View<'a> {
    /// Neighbours.
    pub neighbourhood: &'a Neighbourhood,
    /// Predictions.
    pub experts: &'a [i32; EXPERTS],
    /// Their blend.
    pub blend: i32,
    /// The blend less its usual error.
    pub corrected: i32,
    /// Bits of the range in use beyond eight.
    pub extra: u32,
    /// Class of the errors around.
    pub class: i32,
    /// Samples of two bytes.
    pub wide: bool,
    /// The first byte of a sample of two.
    pub high: Option<u8>,
    /// Plane of the sample.
    pub plane: u64,
}

/// The contexts of the next byte, to be hashed.
#[inline(always)]
#[must_use]
pub fn contexts(view: &View<'_>) -> [u64; CONTEXTS] {
    let &View { neighbourhood: a, experts, blend, corrected, extra: q, class, .. } = view;
    let (w, n, nw, ne, ww, nn) =
        (a.west, a.north, a.north_west, a.north_east, a.west_west, a.north_north);
    let (p, pw, pn) = (a.p, a.p_west, a.p_north);
    // The first byte of a sample needs only the upper bits of a prediction.
    let r = if view.wide && view.high.is_none() { q.min(4) } else { 0 };
    let three = |a: i32, b: i32, c: i32| {
        (c as u64 & 0xfff) << 32 | (a as u64 & 0xffff) << 16 | (b as u64 & 0xffff)
    };
    let e = |k: usize| experts[k] >> (FRACTION + r);
    let list = [
        three(blend >> (FRACTION - 1 + r), class, 1),
        three(e(0), (w - nw) >> (2 + q), class / 2),
        three(w, n, 0),
        three(w, p, 1),
        three(e(5), e(3), 2),
        three(corrected >> (FRACTION + r), class / 2, n >> (3 + q)),
        three(experts[1] >> (FRACTION - 1 + r), 0, 3),
        three(e(2), (w - n) >> (3 + q), 4),
        three(w, n, p),
        three(n, p, 2),
        three(w, ww, 1),
        three(n, nn, 4),
        three(w + p - pw, n + p - pn, 5),
        three(ne, nw, 3),
        three(n, ne, p >> q),
        three(w, nw, n >> q),
    ];
    let base = view.plane << 56 | view.high.map_or(0, |byte| u64::from(byte) + 1) << 44;
    list.map(|value| value | base)
}
