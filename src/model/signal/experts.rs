//! The predictors of an image model, and their blend by how well each did around here.

use super::ImageOptions;
use super::density::FRACTION;
use super::least_squares::MOST;
use super::neighbours::{Gatherer, Layout, Neighbourhood};
use super::window::{Shape, Window};

/// Predictors of every sample: three fits by least squares, then six fixed formulas.
pub const EXPERTS: usize = 9;
/// Errors kept of each sample: those of the experts, and that of the blend.
const KEPT: usize = EXPERTS + 1;
/// Fits by least squares.
const FITS: usize = 3;

/// The experts of an image.
#[derive(Clone)]
pub struct Experts {
    layout: Layout,
    gatherer: Gatherer,
    windows: Vec<[Option<Window>; FITS]>,
    /// Predictions, with [`FRACTION`] fractional bits.
    pub values: [i32; EXPERTS],
    /// Their mean, weighted by the inverse cube of their errors around this sample (as in
    /// Meyer and Tischer's TMW and in GLICBAWLS, weights fall steeply with the error).
    pub blend: i32,
    /// Absolute errors around this sample: four for each unit, eight neighbours' worth.
    pub energy: [u32; KEPT],
    /// Bits of the range in use beyond eight.
    pub extra: u32,
    /// Sums of absolute differences of neighbours across and down.
    pub gradients: [i32; 2],
    errors: Vec<[u16; KEPT]>,
    most: i32,
    plane: usize,
    weight: i32,
}

impl Experts {
    /// Experts for images of this layout.
    #[must_use]
    pub fn new(layout: Layout, options: ImageOptions) -> Self {
        let same = options.neighbours[usize::from(layout.channels > 1)];
        let gatherer = Gatherer::new(layout, same);
        let (ridge, floor) = (14, 512);
        let shapes = [
            Shape { strip: 4, reach: 2, fade: 2, every: 1, ridge, floor },
            Shape { strip: 16, reach: 2, fade: 4, every: 4, ridge, floor },
            Shape { strip: 2, reach: 1, fade: 1, every: options.solve_every, ridge, floor },
        ];
        let window = |plane: usize, k: usize| {
            options.windows[k]
                .then(|| Window::new(gatherer.counts(plane)[k], layout.columns(), shapes[k]))
        };
        Self {
            layout,
            windows: (0..layout.channels)
                .map(|plane| std::array::from_fn(|k| window(plane, k)))
                .collect(),
            gatherer,
            values: [0; EXPERTS],
            blend: 0,
            energy: [0; KEPT],
            extra: 0,
            gradients: [0; 2],
            errors: vec![[0; KEPT]; 3 * layout.row_bytes.div_ceil(layout.sample_bytes) + 16],
            most: 255,
            plane: 0,
            weight: 1,
        }
    }

    /// Where the errors of the sample `back` samples before the one at `position` are.
    #[inline(always)]
    fn slot(&self, position: usize, back: usize) -> usize {
        let len = self.errors.len();
        let at = position / self.layout.sample_bytes % len;
        if back <= at { at - back } else { (at + len).saturating_sub(back) % len }
    }

    /// Predicts the sample of `plane` at `position`, in `column` of `row`.
    #[inline(always)]
    pub fn predict(
        &mut self,
        bytes: &[u8],
        position: usize,
        plane: usize,
        neighbourhood: &Neighbourhood,
    ) {
        self.plane = plane;
        self.formulas(neighbourhood, plane);
        self.gatherer.gather(bytes, position, plane);
        self.sum_errors(position);
        let row = (position / self.layout.row_bytes) as u32;
        let column = position % self.layout.row_bytes / self.layout.pixel();
        let centre = self.gatherer.centre << (FRACTION - 2);
        for (k, window) in self.windows[plane].iter_mut().enumerate().rev() {
            let Some(window) = window else {
                self.values[k] = self.values[FITS - 1];
                continue;
            };
            let value = if k == 0 {
                window.predict(&self.gatherer.inputs, column, row, FRACTION - 2)
            } else {
                let mut chosen = [0; MOST];
                let count = self.gatherer.subset(plane, k - 1, &mut chosen);
                window.predict(&chosen[..count], column, row, FRACTION - 2)
            };
            self.values[k] = value.clamp(-(1 << 26), 1 << 26) as i32 + centre;
        }
        let top = ((1 << (8 * self.layout.sample_bytes)) - 1) << FRACTION;
        for value in &mut self.values {
            *value = (*value).clamp(0, top);
        }
        let (mut sum, mut total) = (0, 0);
        for (&value, &energy) in self.values.iter().zip(&self.energy) {
            let energy = u64::from(energy + 8);
            let weight =
                (((1u64 << 60) / (energy * energy) / energy.min(1 << 17)) >> 24) as i64 + 1;
            sum += weight * i64::from(value);
            total += weight;
        }
        self.blend = (sum / total) as i32;
    }

    #[inline(always)]
    fn formulas(&mut self, a: &Neighbourhood, plane: usize) {
        let fixed = |value: i32| value << FRACTION;
        let (w, n, nw, ne, nn) = (a.west, a.north, a.north_west, a.north_east, a.north_north);
        let across = (w - a.west_west).abs() + (n - nw).abs() + (n - ne).abs();
        let down = (w - nw).abs() + (n - nn).abs() + (ne - a.north_north_east).abs();
        self.gradients = [across, down];
        // The gradient-adjusted predictor of CALIC (Wu and Memon 1997).
        let smooth = fixed(w + n) / 2 + fixed(ne - nw) / 4;
        let adjusted = match (down - across) >> self.extra {
            81.. => fixed(w),
            33..=80 => (smooth + fixed(w)) / 2,
            9..=32 => (3 * smooth + fixed(w)) / 4,
            -8..=8 => smooth,
            -32..=-9 => (3 * smooth + fixed(n)) / 4,
            -80..=-33 => (smooth + fixed(n)) / 2,
            _ => fixed(n),
        };
        // The same in differences to the plane before.
        let (dw, dn, dnw, dne) =
            (w - a.p_west, n - a.p_north, nw - a.p_north_west, ne - a.p_north_east);
        self.values[3..].copy_from_slice(&[
            fixed(median(w, n, nw)),
            adjusted,
            fixed(median(dw, dn, dnw) + a.p),
            fixed(w + ne - n),
            if plane == 0 { fixed(2 * n - nn) } else { fixed(a.p) + fixed(dw + dn) / 2 },
            if plane == 0 {
                fixed(n + w) / 2
            } else {
                fixed(a.p) + fixed(dw + dn) / 2 + fixed(dne - dnw) / 4
            },
        ]);
    }

    #[inline(always)]
    fn sum_errors(&mut self, position: usize) {
        let step = self.layout.channels;
        let row = self.layout.row_bytes / self.layout.sample_bytes;
        let near = [
            (step, 2),
            (row, 2),
            (row + step, 1),
            (row.saturating_sub(step), 1),
            (2 * step, 1),
            (2 * row, 1),
        ];
        self.energy = [0; KEPT];
        for (back, weight) in near {
            let slot = self.slot(position, back);
            for (energy, &error) in self.energy.iter_mut().zip(&self.errors[slot]) {
                *energy += u32::from(error) * weight;
            }
        }
        // Samples of busy regions say less about the rest: weighted least squares.
        self.weight = ((512 << self.extra) / (64 + self.energy[EXPERTS])).clamp(1, 64) as i32;
    }

    /// Learns the sample that was predicted last, at `position`; returns the error of the blend.
    #[inline(always)]
    pub fn learn(&mut self, position: usize, value: i32) -> i32 {
        self.most = self.most.max(value);
        self.extra = self.most.ilog2().saturating_sub(7);
        let exact = value << FRACTION;
        let slot = self.slot(position, 0);
        let small = |error: u32| (error >> (FRACTION - 2)).min(16383) as u16;
        for (error, &expert) in
            self.errors[slot].iter_mut().zip(self.values.iter().chain([&self.blend]))
        {
            *error = small(exact.abs_diff(expert));
        }
        let target = 4 * value - self.gatherer.centre;
        for window in self.windows[self.plane].iter_mut().flatten() {
            window.learn(target, self.weight);
        }
        exact - self.blend
    }
}

/// The median of west, north and their planar continuation (Martucci 1990; LOCO-I).
#[inline(always)]
fn median(west: i32, north: i32, north_west: i32) -> i32 {
    (west + north - north_west).clamp(west.min(north), west.max(north))
}
