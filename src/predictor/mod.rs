//! A predictor: models, mixer and final stages put together as a profile says.

pub mod codec;
pub mod profile;

use crate::coder::PROBABILITY_ONE;
use crate::error::{Error, Result};
use crate::mix::apm::Apm;
use crate::mix::logistic::{MIX_BITS, STRETCH_BITS};
use crate::mix::mixer::{INPUT_LIMIT, Mixer, Rate};
use crate::model::context::ContextState;
use crate::model::match_model::MatchModel;
use crate::model::slots::{SLOT, SlotTable, defer, mark_once, take_deferred};
use crate::simd::{Histories, Kernels};
use profile::{Profile, RowPart};
use std::marker::PhantomData;

/// The first contexts of every profile are low orders that are followed by many bytes: their
/// second nibbles are spread over more lines and never deferred.
const DENSE: usize = 4;

/// Predicts the next bit.
///
/// `N` contexts (a multiple of eight) give `P` pairs of mixer inputs together with the rest; `S`
/// weight sets.
pub struct Predictor<K: Kernels, const N: usize, const P: usize, const S: usize> {
    histories: Histories<N>,
    hashes: [u64; N],
    /// Contexts that were new at the start of this byte, whose second nibble is deferred.
    fresh: [bool; N],
    /// The byte that followed a context the one time it was seen: its nibbles, if so.
    once: [Option<(u32, u32)>; N],
    /// Where the first nibble's slot lies.
    first: [u32; N],
    inputs: [[i16; 2]; P],
    parts: [RowPart; S],
    matches: Vec<MatchModel>,
    mixer: Mixer<P, S>,
    last_inputs: [[i16; 2]; 8],
    last: Mixer<8, 1>,
    apms: [Apm; 2],
    apm_contexts: [usize; 2],
    partial: u32,
    node: usize,
    bit_position: u32,
    probability: u32,
    /// Errors below this teach the maps nothing (22 fractional bits).
    skip: u32,
    /// Where the slots lie that stand in for deferred ones.
    scratch: usize,
    table: SlotTable,
    state: ContextState,
    profile: Profile,
    kernels: PhantomData<K>,
}

impl<K: Kernels, const N: usize, const P: usize, const S: usize> Predictor<K, N, P, S> {
    /// A predictor for `length` bytes with tables of at most `memory` bytes.
    ///
    /// # Errors
    /// The memory cannot be had.
    pub fn new(profile: &Profile, length: usize, memory: usize) -> Result<Self> {
        assert!(profile.contexts.len() == N && profile.selectors.len() == S && S <= 16);
        assert!(N + profile.matches.len() < P);
        let match_bits = (length.max(1 << 10) as u32).next_power_of_two().ilog2().min(22);
        let matches: Vec<_> = profile.matches.iter().map(|&shortest| MatchModel::new(shortest, match_bits)).collect();
        let rows: [usize; S] = std::array::from_fn(|k| profile.selectors[k].rows());
        let table_bytes = memory.min(length.saturating_mul(N * env("TB", 8) as usize).max(1 << 16).next_power_of_two());
        let rate = Rate { first: env("RF", 600), last: env("RL", 120), span: env("RS", 400), threshold: env("RT", 500) };
        let last_rate = Rate { first: env("LF", 300), last: env("LL", 60), span: env("LS", 400), threshold: env("LT", 0) };
        let mut predictor = Self {
            histories: Histories::new(table_bytes + N * SLOT).ok_or_else(|| no_memory(table_bytes))?,
            hashes: [0; N],
            fresh: [false; N],
            once: [None; N],
            first: [0; N],
            inputs: [[0; 2]; P],
            parts: [RowPart::default(); S],
            matches,
            mixer: Mixer::new(rows, (env("W0", 40) * 16384 / 256) as i16, rate),
            last_inputs: [[0; 2]; 8],
            last: Mixer::new([256], (16384 / S) as i16, last_rate),
            apms: [Apm::new(16, 7), Apm::new(16, 7)],
            apm_contexts: [0; 2],
            partial: 1,
            node: 1,
            bit_position: 0,
            probability: 0,
            skip: env("SK", 0) << 6,
            scratch: table_bytes,
            table: SlotTable::new(table_bytes),
            state: ContextState::new(),
            profile: profile.clone(),
            kernels: PhantomData,
        };
        predictor.begin_byte();
        predictor.predict_bit();
        Ok(predictor)
    }

    /// The probability of a one.
    #[inline(always)]
    #[must_use]
    pub fn probability(&self) -> u32 {
        self.probability
    }

    #[inline(always)]
    fn begin_byte(&mut self) {
        for i in 0..N {
            self.hashes[i] = self.state.hash(self.profile.contexts[i], i as u32 + 1);
            self.table.prefetch(self.histories.bytes(), self.hashes[i]);
        }
        self.load_first_slots();
        let mut seen = 0;
        for i in 0..self.profile.orders {
            seen += u32::from(self.histories.bytes()[self.first[i] as usize + 1] != 0);
        }
        let order2 = (self.state.history.last as u32 & 0xffff).wrapping_add(self.state.expected << 16).wrapping_mul(0x9E37_79B1) >> 16;
        self.apm_contexts = [(self.state.history.byte(1) as usize) << 8, order2 as usize & 0xff00];
        for k in 0..S {
            self.parts[k] = self.profile.selectors[k].of_byte(&self.state, seen);
        }
    }

    #[inline(always)]
    fn load_first_slots(&mut self) {
        for i in 0..N {
            let base = self.table.find(self.histories.bytes(), self.hashes[i]);
            self.histories.set_base(i, base);
            self.first[i] = base as u32;
            if i >= DENSE {
                self.fresh[i] = self.histories.bytes()[base + 1] == 0;
                self.once[i] = take_deferred(self.histories.bytes(), base);
            }
        }
    }

    /// The hash of the second nibble's slot: in the neighbour of the first one's line, or, where
    /// many nibbles follow one context, in one of the sixteen lines around it.
    #[inline(always)]
    fn second_hash(i: usize, hash: u64, nibble: u32) -> u64 {
        let nibble = u64::from(nibble);
        let spread = if i < DENSE { nibble.wrapping_mul(11) & 7 } else { 0 };
        hash ^ (1 + 2 * spread) << 32 ^ (nibble * 17 + 1) << 24
    }

    #[inline(always)]
    fn load_second_slots(&mut self) {
        let nibble = self.partial & 15;
        for i in 0..N {
            if !self.fresh[i] {
                self.table.prefetch(self.histories.bytes(), Self::second_hash(i, self.hashes[i], nibble));
            }
        }
        for i in 0..N {
            if self.fresh[i] {
                let scratch = self.scratch + i * SLOT;
                self.histories.bytes()[scratch..][..SLOT].fill(0);
                self.histories.set_base(i, scratch);
                continue;
            }
            let hash = self.hashes[i];
            let mut same = None;
            if let Some((first, second)) = self.once[i] {
                if first == nibble {
                    same = Some(second);
                } else {
                    let base = self.table.find(self.histories.bytes(), Self::second_hash(i, hash, first));
                    mark_once(self.histories.bytes(), base, second);
                }
            }
            let base = self.table.find(self.histories.bytes(), Self::second_hash(i, hash, nibble));
            self.histories.set_base(i, base);
            if let Some(second) = same {
                mark_once(self.histories.bytes(), base, second);
            }
        }
    }

    #[inline(always)]
    fn defer_fresh(&mut self) {
        let nibble = self.partial & 15;
        for i in DENSE..N {
            if self.fresh[i] {
                defer(self.histories.bytes(), self.first[i] as usize, nibble);
            }
        }
    }

    #[inline(always)]
    fn train(&mut self, bit: u32) {
        let draw = (self.state.history.position as u32 * 8 + self.bit_position).wrapping_mul(0x9E37_79B1) >> 29;
        let error = ((bit * PROBABILITY_ONE) as i32 - self.probability as i32).unsigned_abs();
        self.histories.learn::<K>(self.node, bit, draw, error < self.skip, 255);
        for model in &mut self.matches {
            model.update(bit, self.bit_position);
        }
        self.mixer.update::<K>(&self.inputs, bit);
        self.last.update::<K>(&self.last_inputs, bit);
        for apm in &mut self.apms {
            apm.update(bit);
        }
    }

    /// Learns one bit of a byte; after the eighth, [`Predictor::end_byte`] must follow.
    #[inline(always)]
    pub fn update_bit(&mut self, bit: u32) {
        self.train(bit);
        self.partial = self.partial * 2 + bit;
        self.node = self.node * 2 + bit as usize;
        self.bit_position += 1;
        if self.bit_position == 4 {
            self.load_second_slots();
            self.node = 1;
        }
        if self.bit_position < 8 {
            self.predict_bit();
        }
    }

    /// Takes in a whole byte, the one that `bytes` now ends with.
    #[inline(always)]
    pub fn end_byte(&mut self, bytes: &[u8]) {
        self.defer_fresh();
        for model in &mut self.matches {
            model.push(bytes);
        }
        self.state.expected = self.matches.iter().find_map(MatchModel::expected_byte).map_or(0, |byte| 256 + byte);
        self.state.push(bytes);
        self.partial = 1;
        self.node = 1;
        self.bit_position = 0;
        self.begin_byte();
        self.predict_bit();
    }

    #[inline(always)]
    fn predict_bit(&mut self) {
        self.histories.recall::<K>(self.node, &mut self.inputs);
        let mut length = 0;
        for (k, model) in self.matches.iter_mut().enumerate() {
            self.inputs[N + k] = model.predict(self.partial, self.bit_position);
            if length == 0 && model.agrees() {
                length = model.length.max(1);
            }
        }
        self.inputs[P - 1][0] = 256;
        let length_class = if length == 0 { 0 } else { (length.ilog2() + 1).min(15) };
        let mut rows = [0; S];
        for k in 0..S {
            rows[k] = self.parts[k].row(self.partial, self.bit_position, length_class);
        }
        let stretched = self.mixer.mix::<K>(&self.inputs, &rows);
        for k in 0..S {
            let input = (stretched[k] >> (MIX_BITS - STRETCH_BITS)).clamp(-INPUT_LIMIT, INPUT_LIMIT) as i16;
            self.last_inputs[k >> 1][k & 1] = input;
        }
        let [stretched] = self.last.mix::<K>(&self.last_inputs, &[self.partial]);
        let p0 = self.last.probability(0);
        let p1 = self.apms[0].refine(stretched, self.apm_contexts[0] + self.partial as usize);
        let p2 = self.apms[1].refine(stretched, self.apm_contexts[1] ^ self.partial as usize);
        for k in 0..2 {
            self.apms[k].prefetch(self.apm_contexts[k] ^ (2 * self.partial as usize & 0xff));
        }
        self.probability = ((2 * p0 + p1 + p2) >> 2).clamp(1, PROBABILITY_ONE - 1);
    }
}

fn no_memory(bytes: usize) -> Error {
    Error::Limit(format!("no memory for tables of {} MiB", bytes >> 20))
}

/// Development knob.
pub fn env(name: &str, default: u32) -> u32 {
    static KNOBS: std::sync::LazyLock<std::collections::HashMap<String, u32>> =
        std::sync::LazyLock::new(|| std::env::vars().filter_map(|(k, v)| v.parse().ok().map(|v| (k, v))).collect());
    KNOBS.get(name).copied().unwrap_or(default)
}
