//! Images of 8 or 16 bits a sample, any number of channels: what the neighbours foretell.

use super::bank::Bank;
use super::density::FRACTION;
use super::frames::FrameFinder;
use super::spread::{Spread, log_class};
use super::window::{Shape, Window};
use crate::model::byte_history::hash;
use crate::predictor::env;

/// Experts that predict every sample.
pub const EXPERTS: usize = 8;
/// Densities that give inputs to the mixer.
pub const DENSITIES: usize = 12;
/// Hashed contexts on offer.
pub const CONTEXTS: usize = 48;

/// Where a neighbour lies: columns to the left, rows up, planes before this one.
type Place = (i32, i32, i32);

/// Same-plane neighbours, nearest first.
const RING: [(i32, i32); 24] = [
    (1, 0), (0, 1), (1, 1), (-1, 1), (2, 0), (0, 2), (2, 1), (-2, 1), (1, 2), (-1, 2), (2, 2), (-2, 2),
    (3, 0), (0, 3), (3, 1), (-3, 1), (1, 3), (-1, 3), (3, 2), (-3, 2), (2, 3), (-2, 3), (4, 0), (0, 4),
];

/// Neighbours in the frame before.
const FRAME: [(i64, i64); 9] = [(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (1, 1), (1, -1), (-1, 1)];

/// State of an image model.
pub struct ImageState {
    channels: usize,
    sample_bytes: usize,
    row_bytes: usize,
    places: Vec<Vec<(usize, bool, usize)>>,
    windows: Vec<[Window; 2]>,
    bank: Bank,
    experts: [i32; EXPERTS],
    /// Absolute errors of experts, and of the blend, per sample of the last rows.
    errors: Vec<[u16; EXPERTS + 1]>,
    blend: i32,
    spreads: Vec<Spread>,
    spread_contexts: [usize; DENSITIES],
    forecasts: [(i32, u32); DENSITIES],
    corrected: i32,
    bias: Spread,
    bias_context: usize,
    centre: i32,
    position: usize,
    values: [i32; 12],
    plane: usize,
    column: usize,
    row: u32,
    class: usize,
    previous_error: i32,
    high: Option<u8>,
    /// The largest sample so far.
    most: i32,
    /// Bits of the range in use beyond eight.
    extra: u32,
    frames: FrameFinder,
    hashes: [u64; CONTEXTS],
}

impl ImageState {
    /// For rows of `row_bytes` bytes with `channels` samples of `sample_bytes` bytes to a pixel.
    #[must_use]
    pub fn new(channels: usize, sample_bytes: usize, row_bytes: usize) -> Self {
        let (channels, sample_bytes, row_bytes) = (channels.clamp(1, 4), sample_bytes.clamp(1, 2), row_bytes.max(1));
        let pixel = channels * sample_bytes;
        let columns = row_bytes.div_ceil(pixel);
        let same = env("NSAME", if channels == 1 { 22 } else { 12 }) as usize;
        let mut places = Vec::new();
        for plane in 0..channels {
            let mut list: Vec<Place> = RING[..same].iter().map(|&(x, y)| (x, y, 0)).collect();
            for other in 0..channels {
                let back = plane as i32 - other as i32;
                if other < plane {
                    list.extend([(0, 0), (1, 0), (0, 1), (1, 1), (-1, 1),(2,0),(0,2)].map(|(x, y)| (x, y, back)));
                } else if other > plane {
                    list.extend([(1, 0), (0, 1), (1, 1), (-1, 1)].map(|(x, y)| (x, y, back)));
                }
            }
            list.truncate(32);
            let to_offset = |(x, y, back): Place| {
                let offset = y as i64 * row_bytes as i64 + x as i64 * pixel as i64 + back as i64 * sample_bytes as i64;
                (offset.max(1) as usize, back != 0, (plane as i32 - back) as usize)
            };
            places.push(list.into_iter().map(to_offset).collect::<Vec<_>>());
        }
        let shape = |k: u32| Shape {
            strip: env(["STRIP0", "STRIP1"][k as usize], [4, 16][k as usize]) as usize,
            reach: env(["REACH0", "REACH1"][k as usize], 2) as usize,
            fade: env(["FADE0", "FADE1"][k as usize], [3, 5][k as usize]),
            ridge: env("RIDGE", 12),
            floor: i64::from(env("FLOOR", 4 * 16)),
        };
        let windows = places.iter().map(|list| [0, 1].map(|k| Window::new((list.len() + if sample_bytes == 2 && channels == 1 { FRAME.len() } else { 0 }).min(32), columns, shape(k)))).collect();
        let bits = 8 * sample_bytes as u32;
        Self {
            channels,
            sample_bytes,
            row_bytes,
            places,
            windows,
            bank: Bank::new(DENSITIES, bits, false),
            experts: [0; EXPERTS],
            errors: vec![[0; EXPERTS + 1]; 4 * row_bytes.div_ceil(sample_bytes) + 16],
            blend: 0,
            spreads: vec![Spread::new(4096, 8 << FRACTION, env("SPL", 250) as i32); DENSITIES],
            spread_contexts: [0; DENSITIES],
            forecasts: [(0, 1); DENSITIES],
            corrected: 0,
            bias: Spread::new(4096, 0, 60),
            bias_context: 0,
            centre: 0,
            position: 0,
            values: [0; 12],
            plane: 0,
            column: 0,
            row: 0,
            class: 0,
            previous_error: 0,
            high: None,
            most: 255,
            extra: 0,
            frames: FrameFinder::new(row_bytes, columns),
            hashes: [0; CONTEXTS],
        }
    }

    #[inline(always)]
    fn sample(&self, bytes: &[u8], back: usize) -> i32 {
        let Some(at) = self.position.checked_sub(back) else { return 0 };
        if self.sample_bytes == 1 {
            bytes.get(at).map_or(0, |&byte| i32::from(byte))
        } else {
            i32::from(bytes.get(at).copied().unwrap_or(0)) << 8 | i32::from(bytes.get(at + 1).copied().unwrap_or(0))
        }
    }

    /// Takes in the byte that `bytes` now ends with (none, to start).
    pub fn push(&mut self, bytes: &[u8]) {
        let done = bytes.len() - self.position;
        if done < self.sample_bytes && !(bytes.is_empty()) {
            self.high = bytes.last().copied();
            self.hash_all();
            return;
        }
        if done > 0 {
            let value = self.sample(bytes, 0);
            self.learn(value);
            self.position = bytes.len();
        }
        self.high = None;
        self.foretell(bytes);
        self.hash_all();
    }

    fn slot(&self, back: usize) -> usize {
        let len = self.errors.len();
        let at = self.position / self.sample_bytes;
        (at + len - back % len) % len
    }

    fn learn(&mut self, value: i32) {
        self.most = self.most.max(value);
        self.extra = self.most.ilog2().saturating_sub(7);
        let exact = value << FRACTION;
        let slot = self.slot(0);
        let small = |error: i32| (error.unsigned_abs() >> (FRACTION - 2)).min(16383) as u16;
        for (error, expert) in self.errors[slot].iter_mut().zip(self.experts) {
            *error = small(exact - expert);
        }
        self.errors[slot][EXPERTS] = small(exact - self.blend);
        for ((spread, &context), (mean, _)) in self.spreads.iter_mut().zip(&self.spread_contexts).zip(self.forecasts) {
            spread.learn(context, exact - mean);
        }
        self.bias.learn(self.bias_context, exact - self.blend);
        self.previous_error = exact - self.blend;
        let target = 4 * value - self.centre;
        for window in &mut self.windows[self.plane] {
            window.learn(target);
        }
    }

    fn foretell(&mut self, bytes: &[u8]) {
        let in_row = self.position % self.row_bytes;
        let pixel = self.channels * self.sample_bytes;
        self.row = (self.position / self.row_bytes) as u32;
        self.column = in_row / pixel;
        self.plane = in_row / self.sample_bytes % self.channels;
        let (row, left) = (self.row_bytes, pixel);
        let at = |x: i32, y: i32| self.sample(bytes, (y as i64 * row as i64 + x as i64 * left as i64).max(1) as usize);
        let (w, n, nw, ne) = (at(1, 0), at(0, 1), at(1, 1), at(-1, 1));
        let (ww, nn, nne, nww) = (at(2, 0), at(0, 2), at(-1, 2), at(2, 1));
        let step = self.sample_bytes;
        let known = |x: i32, y: i32| {
            if self.plane == 0 { 0 } else { self.sample(bytes, (y as i64 * row as i64 + x as i64 * left as i64) as usize + step) }
        };
        let (p, pw, pn, pnw, pne) = (known(0, 0), known(1, 0), known(0, 1), known(1, 1), known(-1, 1));
        self.values = [w, n, nw, ne, ww, nn, p, pw, pn, pnw, nne, nww];
        let top = (1 << (8 * self.sample_bytes)) - 1;
        let med = |w: i32, n: i32, nw: i32| (w + n - nw).clamp(w.min(n), w.max(n));
        let centre = |w: i32, n: i32, nw: i32, ne: i32| (3 * w + 3 * n + nw + ne) / 2;
        self.centre = centre(w, n, nw, ne);
        let f = |value: i32| value << FRACTION;
        // CALIC's gradient-adjusted predictor (Wu and Memon 1997).
        let horizontal = (w - ww).abs() + (n - nw).abs() + (n - ne).abs();
        let vertical = (w - nw).abs() + (n - nn).abs() + (ne - nne).abs();
        let difference = (vertical - horizontal) >> self.extra;
        let mut gap = f(w + n) / 2 + f(ne - nw) / 4;
        gap = match difference {
            81.. => f(w),
            33..=80 => (gap + f(w)) / 2,
            9..=32 => (3 * gap + f(w)) / 4,
            -8..=8 => gap,
            -32..=-9 => (3 * gap + f(n)) / 4,
            -80..=-33 => (gap + f(n)) / 2,
            _ => f(n),
        };
        let q = if self.plane == 0 { [w, n, nw, ne] } else { [w - pw, n - pn, nw - pnw, ne - pne] };
        self.experts[2] = f(med(w, n, nw));
        self.experts[3] = gap;
        self.experts[4] = f(med(q[0], q[1], q[2]) + p);
        self.experts[5] = f(w + ne - n);
        self.experts[6] = if self.plane == 0 { f(2 * n - nn) } else { f(p) + f(q[0] + q[1]) / 2 };
        self.experts[7] = if self.plane == 0 { f(n + w) / 2 } else { f(p) + f(q[0] + q[1]) / 2 + f(q[3] - q[2]) / 4 };
        // Inputs relative to the centres of their planes.
        let mut inputs = [0; 32];
        let list = &self.places[self.plane];
        let mut centres = [self.centre; 4];
        for (other, slot) in centres.iter_mut().enumerate().take(self.channels) {
            if other != self.plane {
                let back = (self.plane as i64 - other as i64) * step as i64;
                let at = |x: i64, y: i64| self.sample(bytes, (y * row as i64 + x * left as i64 + back).max(1) as usize);
                *slot = centre(at(1, 0), at(0, 1), at(1, 1), at(-1, 1));
            }
        }
        for (input, &(offset, _, plane)) in inputs.iter_mut().zip(list) {
            *input = 4 * self.sample(bytes, offset) - centres[plane];
        }
        let mut count = list.len();
        if self.sample_bytes == 2 && self.channels == 1 {
            count = (count + FRAME.len()).min(32);
            if in_row == 0 {
                self.frames.row(bytes);
            }
            let frame = self.frames.distance();
            if frame > 0 {
                let there = |x: i64, y: i64| self.sample(bytes, (frame as i64 + y * self.row_bytes as i64 + x * left as i64).max(1) as usize);
                let centre = centre(there(1, 0), there(0, 1), there(1, 1), there(-1, 1));
                for (input, (x, y)) in inputs[list.len()..count].iter_mut().zip(FRAME) {
                    *input = 4 * there(x, y) - centre;
                }
            }
        }
        for k in 0..2 {
            let window = &mut self.windows[self.plane][k];
            let value = window.predict(&inputs[..count], self.column, self.row, FRACTION - 2);
            self.experts[k] = (value.clamp(-(1 << 26), 1 << 26) as i32) + (self.centre << (FRACTION - 2));
        }
        for expert in &mut self.experts {
            *expert = (*expert).clamp(0, f(top));
        }
        // Errors around.
        let step = self.channels;
        let row = self.row_bytes / self.sample_bytes;
        let near = [
            (step, 2), (row, 2), (row + step, 1), (row.saturating_sub(step), 1), (2 * step, 1), (2 * row, 1),
        ]
        .map(|(back, weight)| (self.slot(back), weight));
        let mut energy = [0u32; EXPERTS + 1];
        for (slot, weight) in near {
            for (energy, &error) in energy.iter_mut().zip(&self.errors[slot]) {
                *energy += u32::from(error) * weight;
            }
        }
        let (mut sum, mut total) = (0i64, 0i64);
        for (&expert, &energy) in self.experts.iter().zip(&energy) {
            let energy = u64::from(energy + 8);
            let weight = ((1u64 << 60) / (energy * energy) / energy.min(1<<17)).min(1 << 50) as i64 >> 24;
            sum += weight * i64::from(expert);
            total += weight;
        }
        self.blend = if total > 0 { (sum / total) as i32 } else { self.experts[0] };
        // Classes.
        let activity = energy[EXPERTS];
        let plane = self.plane.min(3);
        let class = log_class(activity, 2).min(63);
        self.class = log_class(activity, 1).min(31);
        let gradient = log_class(((horizontal + vertical) >> self.extra) as u32, 1).min(31);
        let before = if self.plane == 0 { 0 } else { 1 + log_class(self.previous_error.unsigned_abs() >> (FRACTION - 2), 0).min(14) };
        let mean = self.blend >> FRACTION;
        let texture = [w, n, nw, ne, ww, nn].iter().enumerate().fold(0, |bits, (k, &value)| bits | usize::from(value > mean) << k);
        self.bias_context = (plane * 64 + texture) * 8 + (self.class / 3).min(7);
        let corrected = self.blend + self.bias.bias(self.bias_context);
        self.corrected = corrected.clamp(0, f(top));
        let fine = plane * 64 + class;
        let by_before = (plane * 16 + before) * 32 + self.class;
        let by_gradient = (plane * 32 + gradient) * 16 + (self.class / 2).min(15);
        let own = |k: usize| plane * 64 + log_class(energy[k], 2).min(63);
        let pairs: [(i32, usize); DENSITIES] = [
            (self.corrected, by_before),
            (self.blend, fine),
            (self.experts[0], by_before),
            (self.experts[1], fine),
            (self.experts[0], own(0)),
            (self.experts[4], own(4)),
            (self.experts[3], own(3)),
            (self.experts[2], by_gradient),
            (self.experts[6], own(6)),
            (self.experts[7], own(7)),
            (self.experts[5], own(5)),
            (self.experts[1], own(1)),
        ];
        for (k, (mean, context)) in pairs.into_iter().enumerate() {
            self.spread_contexts[k] = context;
            self.forecasts[k] = (mean, self.spreads[k].width(context));
        }
        self.bank.begin(&self.forecasts);
    }

    fn hash_all(&mut self) {
        let [w, n, nw, ne, ww, nn, p, pw, pn, pnw, nne, nww] = self.values;
        let high = self.high.map_or(0, |byte| u64::from(byte) + 1);
        let base = (self.plane as u64) << 56 | high << 44;
        let _ = (pnw, nne, nww);
        let q0 = self.extra;
        let three = |a: i32, b: i32, c: i32| (a as u64 & 0xffff) << 16 | (b as u64 & 0xffff) | (c as u64 & 0xfff) << 32;
        let r = if self.sample_bytes == 2 && self.high.is_none() { q0.min(4) } else { 0 };
        let m = |k: usize, shift: u32| self.experts[k] >> (FRACTION - shift + r);
        let q = self.extra;
        let e = |k: usize| m(k, 0);
        let list: [u64; 24] = [
            three(self.blend >> (FRACTION - 1 + r), self.class as i32, 1),
            three(e(0), (w - nw) >> (2+q), self.class as i32 / 2),
            three(w, n, 0),
            three(w, p, 1),
            three(e(4), e(2), 2),
            three(self.corrected >> (FRACTION + r), self.class as i32 / 2, n >> (3 + q)),
            three(m(1, 1), 0, 3),
            three(e(0), (w - n) >> (3 + q), 4),
            three(w, n, p),
            three(n, p, 2),
            three(w, ww, 1),
            three(n, nn, 4),
            three(w + p - pw, n + p - pn, 5),
            three(ne, nw, 3),
            three(n, ne, p >> q),
            three(w, nw, n >> q),
            three(m(2, 0), p, 6),
            three(e(3), p - pw, 7),
            three(w + ne - n, p - pn, 9),
            three(e(1), self.experts[0] - self.experts[4] >> (FRACTION + 1 + q), 8),
            three(n + ne - nne, w - nw, 10),
            three(self.column as i32, n >> (4 + q), 11),
            three(2 * w - ww, p - pw, 12),
            three(2 * n - nn, p - pn, 13),
        ];
        for (hash, value) in self.hashes.iter_mut().zip(list) {
            *hash = value | base;
        }
    }

    /// Context `k`, salted.
    #[inline(always)]
    #[must_use]
    pub fn hash(&self, k: u8, salt: u32) -> u64 {
        hash(self.hashes[usize::from(k) % CONTEXTS], salt)
    }

    /// Selector `k`: below 256.
    #[inline(always)]
    #[must_use]
    pub fn select(&self, k: u8) -> u32 {
        let low = u32::from(self.high.is_some());
        (match k {
            0 => (self.class as u32) << 1 | low,
            1 => (self.plane as u32) << 4 | (self.spread_contexts[0] as u32 >> 5 & 15) | low << 6,
            3 => (self.spread_contexts[1] as u32 & 63) << 1 | low,
            2 => (self.bias_context as u32 >> 3 & 63) << 1 | low,
            _ => low,
        }) & 255
    }

    /// Direct inputs for the next bit.
    #[inline(always)]
    pub fn inputs(&mut self, inputs: &mut [[i16; 2]]) {
        self.bank.inputs(inputs);
    }

    /// Learns a bit.
    #[inline(always)]
    pub fn update(&mut self, bit: u32) {
        self.bank.learn(bit);
    }
}
