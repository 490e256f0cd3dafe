//! A stand-in for the engine: a small fixed set of hashed contexts, mixed and coded.
//!
//! It has the real signatures, so that blocks can be tested and transforms compared end to end.

use crate::block::Kind;
use crate::error::{Error, Result};
use crate::level::Level;

const CONTEXTS: usize = 10;
const INPUTS: usize = 2 * CONTEXTS + 1;

/// Codes `bytes`, which are of kind `kind`.
///
/// # Errors
/// None here; the engine's fails when memory cannot be had.
pub fn encode(bytes: &[u8], _level: &Level, kind: &Kind) -> Result<Vec<u8>> {
    let mut model = Model::new(bytes.len(), kind);
    let mut out = Vec::with_capacity(bytes.len() / 2 + 8);
    let (mut low, mut high) = (0u32, u32::MAX);
    for &byte in bytes {
        for shift in (0..8).rev() {
            let bit = u32::from(byte >> shift) & 1;
            let mid = low + ((u64::from(high - low) * u64::from(model.predict())) >> 16) as u32;
            if bit == 1 {
                high = mid
            } else {
                low = mid + 1
            }
            model.update(bit);
            while (low ^ high) >> 24 == 0 {
                out.push((high >> 24) as u8);
                low <<= 8;
                high = high << 8 | 255;
            }
        }
    }
    out.extend_from_slice(&high.to_be_bytes()[..2]);
    Ok(out)
}

/// Decodes `raw_len` bytes of kind `kind`.
///
/// # Errors
/// [`Error::Limit`] when memory cannot be had.
pub fn decode(coded: &[u8], raw_len: usize, _level: &Level, kind: &Kind) -> Result<Vec<u8>> {
    let mut model = Model::new(raw_len, kind);
    let mut out = Vec::new();
    out.try_reserve_exact(raw_len).map_err(|_| Error::Limit("memory for a stream".into()))?;
    let (mut low, mut high) = (0u32, u32::MAX);
    let mut input = coded.iter().copied().chain(std::iter::repeat(0));
    let mut code = (0..4).fold(0u32, |code, _| code << 8 | u32::from(input.next().unwrap_or(0)));
    for _ in 0..raw_len {
        let mut byte = 0u8;
        for _ in 0..8 {
            let mid = low + ((u64::from(high - low) * u64::from(model.predict())) >> 16) as u32;
            let bit = u32::from(code <= mid);
            if bit == 1 {
                high = mid
            } else {
                low = mid + 1
            }
            model.update(bit);
            byte = byte << 1 | bit as u8;
            while (low ^ high) >> 24 == 0 {
                low <<= 8;
                high = high << 8 | 255;
                code = code << 8 | u32::from(input.next().unwrap_or(0));
            }
        }
        out.push(byte);
    }
    Ok(out)
}

struct Model {
    tables: Vec<Vec<u32>>,
    hashes: [u32; CONTEXTS],
    slots: [usize; CONTEXTS],
    inputs: [i32; INPUTS],
    weights: Vec<i32>,
    history: Vec<u8>,
    stride: usize,
    step: usize,
    word: u32,
    partial: u32,
    row: usize,
    p: u32,
    squash: Vec<u32>,
    stretch: Vec<i32>,
}

impl Model {
    fn new(len: usize, kind: &Kind) -> Self {
        let bits = (usize::BITS - len.leading_zeros() + 2).clamp(12, 22);
        let squash: Vec<u32> = (-2047..=2047).map(squash).collect();
        let mut stretch = vec![0; 4096];
        let mut next = 0;
        for x in -2047..=2047i32 {
            let v = squash[(x + 2047) as usize] as usize;
            while next <= v {
                stretch[next] = x;
                next += 1;
            }
        }
        while next < 4096 {
            stretch[next] = 2047;
            next += 1;
        }
        let (stride, step) = match *kind {
            Kind::Image { bits, row_bytes } => (row_bytes as usize, usize::from(bits / 8)),
            Kind::Image16 { row_bytes, .. } => (row_bytes as usize, 2),
            Kind::Audio { channels, bits, .. } => (usize::from(channels) * usize::from(bits / 8), usize::from(bits / 8)),
            _ => (0, 0),
        };
        Model {
            tables: vec![vec![0x8000_0000; 1 << bits]; CONTEXTS],
            hashes: [0; CONTEXTS],
            slots: [0; CONTEXTS],
            inputs: [0; INPUTS],
            weights: vec![14000; INPUTS * 256 * 3],
            history: Vec::new(),
            stride,
            step,
            word: 0,
            partial: 1,
            row: 0,
            p: 2048,
            squash,
            stretch,
        }
    }

    fn predict(&mut self) -> u32 {
        let mut dot = 0i64;
        self.row = self.partial as usize * INPUTS;
        for i in 0..CONTEXTS {
            let mask = self.tables[i].len() - 1;
            let slot = (self.hashes[i].wrapping_add(self.partial.wrapping_mul(0x9E37_79B1)).wrapping_mul(0x85EB_CA6B) >> 7) as usize & mask;
            self.slots[i] = slot;
            let cell = self.tables[i][slot];
            let p = cell >> 20;
            let n = cell & 1023;
            let st = self.stretch[p as usize];
            self.inputs[2 * i] = if n == 0 { 0 } else { st };
            self.inputs[2 * i + 1] = if n == 0 { 0 } else { (p as i32 - 2048) * (n.min(30) as i32) / 30 };
        }
        self.inputs[INPUTS - 1] = 256;
        for i in 0..INPUTS {
            dot += i64::from(self.inputs[i]) * i64::from(self.weights[self.row + i]);
        }
        let x = (dot >> 16).clamp(-2047, 2047);
        self.p = self.squash[(x + 2047) as usize].clamp(1, 4094);
        (self.p << 4).clamp(24, 65535 - 24)
    }

    fn update(&mut self, bit: u32) {
        let error = (((bit << 12) as i32) - self.p as i32) * 6;
        for i in 0..INPUTS {
            let w = &mut self.weights[self.row + i];
            *w = (*w + ((self.inputs[i] * error + 0x2000) >> 14)).clamp(-500_000, 500_000);
        }
        for i in 0..CONTEXTS {
            let cell = &mut self.tables[i][self.slots[i]];
            let n = *cell & 1023;
            let p = i64::from(*cell >> 10);
            let target = if bit == 1 { (1 << 22) - 1 } else { 0 };
            let p = p + (target - p) * 2 / (2 * i64::from(n) + 3);
            *cell = (p.clamp(0, (1 << 22) - 1) as u32) << 10 | (n + 1).min(127);
        }
        self.partial = self.partial << 1 | bit;
        if self.partial >= 256 {
            let byte = self.partial as u8;
            self.partial = 1;
            self.history.push(byte);
            self.set_contexts(byte);
        }
    }

    fn set_contexts(&mut self, byte: u8) {
        let at = |back: usize| u32::from(if back == 0 || back > self.history.len() { 0 } else { self.history[self.history.len() - back] });
        let lower = byte.to_ascii_lowercase();
        self.word =
            if lower.is_ascii_alphanumeric() || lower >= 128 { (self.word + u32::from(lower)).wrapping_mul(0x2F0B_4C47) } else { 0 };
        let mut h = [0u32; CONTEXTS];
        let mut acc = 0u32;
        for order in 1..=6 {
            acc = (acc.wrapping_add(at(order)).wrapping_add(order as u32 * 77)).wrapping_mul(0x2C1B_3C6D);
            acc ^= acc >> 15;
            h[order - 1] = acc;
        }
        h[6] = self.word.wrapping_mul(0x1656_67B1) ^ at(1);
        if self.stride > 0 && self.step > 0 {
            let column = (self.history.len() % self.step) as u32;
            let (w, n, nw) = (at(self.step), at(self.stride), at(self.stride + self.step));
            let ww = at(2 * self.step);
            h[4] = (w | n << 8 | column << 24).wrapping_mul(0x9E37_79B1) ^ 1;
            h[5] = ((w.wrapping_add(n).wrapping_sub(nw)) & 0x1FF | column << 24).wrapping_mul(0x85EB_CA77) ^ 2;
            h[7] = (w | (at(1) << 8) | column << 24).wrapping_mul(0xC2B2_AE3D) ^ 3;
            h[8] = (((w + n) / 2) | at(1) << 8 | column << 24).wrapping_mul(0x27D4_EB2F) ^ 4;
            h[9] = ((2 * w).wrapping_sub(ww) & 0x1FF | at(1) << 12 | column << 24).wrapping_mul(0x1656_67B1) ^ 5;
        } else {
            h[7] = (at(2) | at(3) << 8 | 1 << 20).wrapping_mul(0x9E37_79B1);
            h[8] = (at(4) | at(8) << 8 | 2 << 20).wrapping_mul(0x9E37_79B1);
            h[9] = (at(1) | at(3) << 8 | at(4) << 16 | 3 << 24).wrapping_mul(0x85EB_CA77);
        }
        self.hashes = h;
    }
}

/// 4096 / (1 + e^(-x / 256)), by interpolation.
fn squash(x: i32) -> u32 {
    const T: [i32; 33] = [
        1, 2, 3, 6, 10, 16, 27, 45, 73, 120, 194, 310, 488, 747, 1101, 1546, 2047, 2549, 2994, 3348, 3607, 3785, 3901, 3975, 4024, 4050,
        4068, 4079, 4085, 4089, 4092, 4093, 4094,
    ];
    let w = x & 127;
    let i = ((x >> 7) + 16) as usize;
    ((T[i] * (128 - w) + T[i + 1] * w + 64) >> 7) as u32
}
