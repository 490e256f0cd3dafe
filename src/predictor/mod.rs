//! A predictor: models, mixer and final stages put together as a profile says.

pub mod codec;
pub mod profile;

use crate::coder::PROBABILITY_ONE;
use crate::error::Result;
use crate::mix::apm::Apm;
use crate::mix::logistic::{MIX_BITS, STRETCH_BITS};
use crate::mix::mixer::{INPUT_LIMIT, Mixer, Rate};
use crate::model::bit_history::{BIT_HISTORY, BitHistory};
use crate::model::context::ContextState;
use crate::model::match_model::MatchModel;
use crate::model::signal::Signal;
use crate::model::slots::{SLOT, SlotAddress, SlotTable};
use crate::model::state_map::{HistoryMap, MapEntry, history_map};
use crate::simd::{Kernels, LANES};
use profile::{Profile, Selector};
use std::marker::PhantomData;

/// Predicts the next bit.
///
/// `N` contexts (a multiple of eight) give `P` pairs of mixer inputs together with the rest.
pub struct Predictor<K: Kernels, const N: usize, const P: usize> {
    profile: Profile,
    state: ContextState,
    table: SlotTable,
    hashes: [u64; N],
    addresses: [SlotAddress; N],
    slots: [[u8; SLOT]; N],
    histories: [u8; N],
    entries: [u32; N],
    maps: Box<[HistoryMap; N]>,
    matches: Vec<MatchModel>,
    inputs: [[i16; 2]; P],
    /// Byte-wise part of each selector; see [`Selector`].
    selected: Vec<u32>,
    rows: Vec<u32>,
    stretched: Vec<i32>,
    mixer: Mixer,
    last_inputs: Vec<i16>,
    last: Mixer,
    apms: [Apm; 2],
    apm_contexts: [usize; 2],
    bits: &'static BitHistory,
    partial: u32,
    node: usize,
    bit_position: u32,
    seen: u32,
    probability: u32,
    kernels: PhantomData<K>,
}

impl<K: Kernels, const N: usize, const P: usize> Predictor<K, N, P> {
    /// A predictor for `length` bytes with tables of at most `memory` bytes.
    ///
    /// # Errors
    /// The memory cannot be had.
    pub fn new(profile: &Profile, length: usize, memory: usize) -> Result<Self> {
        let count = profile.contexts.len();
        let match_bits = (length.max(1 << 10) as u32).next_power_of_two().ilog2().min(22);
        let matches: Vec<_> = profile.matches.iter().map(|&shortest| MatchModel::new(shortest, match_bits)).collect();
        let inputs = 2 * P;
        let sets = profile.selectors.len();
        let rows: Vec<usize> = profile.selectors.iter().map(|selector| selector.rows()).collect();
        let table_bytes = memory.min(length.saturating_mul(count * env("TB",16) as usize).max(1 << 16).next_power_of_two());
        let rate = Rate { first: env("RF", 600), last: env("RL", 60), span: env("RS", 400), threshold: env("RT", 0) };
        let last_rate = Rate { first: env("LF", 300), last: env("LL", 60), span: env("LS", 400), threshold: 0 };
        let mut predictor = Self {
            state: { let mut state = ContextState::new(); state.signal = profile.signal.map(|format| Box::new(Signal::new(format))); state },
            table: SlotTable::new(table_bytes)?,
            hashes: [0; N],
            addresses: [SlotAddress::default(); N],
            slots: [[0; SLOT]; N],
            histories: [0; N],
            entries: [0; N],
            maps: vec![history_map(); N].into_boxed_slice().try_into().unwrap_or_else(|_| unreachable!()),
            matches,
            inputs: [[0; 2]; P],
            selected: vec![0; sets],
            rows: vec![0; sets],
            stretched: vec![0; sets],
            mixer: Mixer::new(inputs, &rows, (env("W0", 40) * 16384 / 256) as i16, rate),
            last_inputs: vec![0; sets.next_multiple_of(LANES)],
            last: Mixer::new(sets, &[256], (16384 / sets) as i16, last_rate),
            apms: [Apm::new(16, 7), Apm::new(16, 7)],
            apm_contexts: [0; 2],
            bits: &BIT_HISTORY,
            partial: 1,
            node: 1,
            bit_position: 0,
            seen: 0,
            probability: 0,
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
        for (index, (&context, hash)) in self.profile.contexts.iter().zip(&mut self.hashes).enumerate() {
            *hash = self.state.hash(context, index as u32 + 1);
            self.table.prefetch(*hash);
        }
        self.load_slots();
        let mut seen = 0;
        for slot in self.slots.iter().take(self.profile.orders) {
            seen += u32::from(slot[1] != 0);
        }
        self.seen = seen;
        let order2 = (self.state.history.last as u32 & 0xffff).wrapping_add(self.state.expected << 16).wrapping_mul(0x9E37_79B1) >> 16;
        self.apm_contexts = [(self.state.history.byte(1) as usize) << 8, order2 as usize & 0xff00];
        for (selected, selector) in self.selected.iter_mut().zip(&self.profile.selectors) {
            *selected = selector.of_byte(&self.state, seen);
        }
    }

    #[inline(always)]
    fn load_slots(&mut self) {
        for i in 0..N {
            self.addresses[i] = self.table.load(self.hashes[i], &mut self.slots[i]);
        }
    }

    #[inline(always)]
    fn store_slots(&mut self) {
        for i in 0..N {
            self.table.store(self.addresses[i], &self.slots[i]);
        }
    }

    #[inline(always)]
    fn train(&mut self, bit: u32) {
        let draw = (self.state.history.position as u32 * 8 + self.bit_position).wrapping_mul(0x9E37_79B1) >> 29;
        let next = &self.bits.next[draw as usize & 7][bit as usize & 1];
        let node = self.node & 15;
        let mut updated = [MapEntry::silent(); N];
        K::learn(&self.entries, bit, 255, &mut updated);
        for i in 0..N {
            let history = usize::from(self.histories[i]);
            self.maps[i][history] = updated[i];
            self.slots[i][node] = next[history];
        }
        for model in &mut self.matches {
            model.update(bit, self.bit_position);
        }
        if let Some(signal) = &mut self.state.signal {
            signal.update(bit);
        }
        self.mixer.update::<K>(self.inputs.as_flattened(), bit);
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
            self.store_slots();
            let nibble = u64::from(self.partial & 15);
            for (index, hash) in self.hashes.iter_mut().enumerate() {
                // The second nibble lies in the neighbour of the first one's line, or, where many
                // nibbles follow one context, in one of the sixteen lines around it.
                let spread = if index < 4 { (nibble.wrapping_mul(11)) & 7 } else { 0 };
                *hash ^= (1 + 2 * spread) << 32 | (nibble * 17 + 1) << 24;
                self.table.prefetch(*hash);
            }
            self.load_slots();
            self.node = 1;
        }
        if self.bit_position < 8 {
            self.predict_bit();
        }
    }

    /// Takes in a whole byte, the one that `bytes` now ends with.
    #[inline(always)]
    pub fn end_byte(&mut self, bytes: &[u8]) {
        self.store_slots();
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
        let node = self.node & 15;
        for i in 0..N {
            let history = self.slots[i][node];
            self.histories[i] = history;
            let MapEntry(entry) = self.maps[i][usize::from(history)];
            self.entries[i] = entry as u32;
            self.inputs[i] = MapEntry(entry).inputs();
        }
        let other_pairs = &mut self.inputs[N..];
        let mut length = 0;
        for (input, model) in other_pairs.iter_mut().zip(&mut self.matches) {
            *input = model.predict(self.partial, self.bit_position);
            if length == 0 && model.agrees() {
                length = model.length.max(1);
            }
        }
        if let Some(bias) = other_pairs.get_mut(self.matches.len()) {
            bias[0] = 256;
        }
        if let (Some(signal), Some(pairs)) = (&mut self.state.signal, other_pairs.get_mut(self.matches.len() + 1..)) {
            signal.inputs(pairs);
        }
        let length_class = if length == 0 { 0 } else { (length.ilog2() + 1).min(15) };
        for ((row, &selected), selector) in self.rows.iter_mut().zip(&self.selected).zip(&self.profile.selectors) {
            *row = selector.row(selected, self.partial, self.bit_position, length_class);
        }
        self.mixer.mix::<K>(self.inputs.as_flattened(), &self.rows, &mut self.stretched);
        for (input, &stretched) in self.last_inputs.iter_mut().zip(&self.stretched) {
            *input = (stretched >> (MIX_BITS - STRETCH_BITS)).clamp(-INPUT_LIMIT, INPUT_LIMIT) as i16;
        }
        let mut last_stretched = [0];
        self.last.mix::<K>(&self.last_inputs, &[self.partial], &mut last_stretched);
        let stretched = last_stretched[0];
        let p0 = self.last.probability(0);
        let p1 = self.apms[0].refine(stretched, self.apm_contexts[0] + self.partial as usize);
        let p2 = self.apms[1].refine(stretched, self.apm_contexts[1] ^ self.partial as usize);
        for (apm, base) in self.apms.iter().zip(self.apm_contexts) {
            apm.prefetch(base ^ (2 * self.partial as usize & 0xff));
        }
        self.probability = ((2 * p0 + p1 + p2) >> 2).clamp(1, PROBABILITY_ONE - 1);
    }
}

/// Development knob.
pub fn env(name: &str, default: u32) -> u32 {
    static KNOBS: std::sync::LazyLock<std::collections::HashMap<String, u32>> =
        std::sync::LazyLock::new(|| std::env::vars().filter_map(|(k, v)| v.parse().ok().map(|v| (k, v))).collect());
    KNOBS.get(name).copied().unwrap_or(default)
}

const _: () = {
    let _ = Selector::Constant;
};
