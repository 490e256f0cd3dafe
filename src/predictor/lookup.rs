//! Where the contexts of a predictor find their histories: the slots of both nibbles, asked for
//! long before they are read.

use super::Predictor;
use crate::mix::mixer::WeightMixer;
use crate::model::byte_history::hash;
use crate::model::context::{Context, lowest};
use crate::model::slots::{NONE_DEFERRED, defer, first_byte, mark_once, slot, take_deferred};
use crate::simd::{Kernels, LINE, prefetch};

/// The first contexts of a predictor, as far as they are orders of at most eight bytes.
#[derive(Clone)]
pub(super) struct LowOrders<const N: usize> {
    /// How many there are.
    count: usize,
    /// Which of the last eight bytes each of them reads.
    masks: [u64; N],
}

impl<const N: usize> LowOrders<N> {
    /// Those of `contexts`.
    pub fn of(contexts: &[Context]) -> Self {
        let mut masks = [0; N];
        let mut count = 0;
        for (mask, context) in masks.iter_mut().zip(contexts) {
            let Context::Order(order) = context else { break };
            *mask = lowest(*order);
            count += 1;
        }
        Self { count, masks }
    }
}

impl<
    K: Kernels,
    const N: usize,
    const R: usize,
    const D: usize,
    const P: usize,
    const S: usize,
    const I: bool,
    M: WeightMixer<P, S>,
> Predictor<K, N, R, D, P, S, I, M>
{
    /// Asks for the slots of the first nibble.
    #[inline(always)]
    pub(super) fn find_first_slots(&mut self) {
        // Low orders are plain numbers, a third of the contexts and more: without a look at what
        // kind of context each is.
        for i in 0..self.low_orders.count {
            let last = self.state.history.last & self.low_orders.masks[i];
            self.hashes[i] = hash(last, i as u32 + 1);
        }
        for i in self.low_orders.count..self.used {
            self.hashes[i] = self.state.hash(self.profile.contexts[i], i as u32 + 1);
        }
        let (lines, _) = self.histories.split();
        for i in 0..self.used {
            let line = self.table.line(self.hashes[i]);
            self.lines[i] = line as u32;
            prefetch(lines, line);
        }
    }

    #[inline(always)]
    pub(super) fn find_runs(&mut self) {
        for i in 0..R {
            self.runs.select(i, self.hashes[self.profile.runs.start + i]);
        }
        for i in 0..D {
            self.stationary.select(i, self.hashes[self.profile.stationary.start + i]);
        }
    }

    #[inline(always)]
    pub(super) fn load_first_slots(&mut self) {
        let mut seen = 0;
        let (lines, mut offsets) = self.histories.split();
        for i in 0..self.used {
            let number = self.lines[i] as usize;
            let line = &mut lines[number];
            let way = self.table.way(line, (self.hashes[i] >> 24) as u8);
            let slot = slot(line, way);
            let fresh = slot[1] == 0;
            if i < self.profile.orders {
                seen += u32::from(!fresh);
            }
            if i >= self.profile.dense {
                self.fresh[i] = fresh;
                self.once[i] = take_deferred(slot);
            }
            self.offsets[i] = (number * LINE + first_byte(way)) as u32;
            offsets.set(i, number, first_byte(way));
        }
        self.seen = seen;
    }

    /// The check byte of the second nibble's slot after the first one's.
    #[inline(always)]
    pub(super) fn second_check(hash: u64, nibble: u32) -> u8 {
        (hash >> 24) as u8 ^ (nibble * 15 + 1) as u8
    }

    /// The line of the second nibble's slot: the neighbour of the first one's, or, where many
    /// nibbles follow one context, one of the sixteen lines around it.
    #[inline(always)]
    pub(super) fn second_line(is_dense: bool, first: u32, nibble: u32) -> u32 {
        let spread = if is_dense { nibble.wrapping_mul(11) & 7 } else { 0 };
        first ^ (1 + 2 * spread)
    }

    /// Asks for a part of the second nibble's lines that do not depend on the first nibble, before
    /// bit `bit_position` (0 to 2) is learned: memory serves only so many requests at a time.
    #[inline(always)]
    pub(super) fn find_neighbours(&mut self, bit_position: usize) {
        let part = N.div_ceil(3);
        let (lines, _) = self.histories.split();
        for i in (bit_position * part).max(self.profile.dense)
            ..((bit_position + 1) * part).min(self.used)
        {
            // A fresh context will need none: its first line, which is here already, takes no
            // branch.
            prefetch(lines, (self.lines[i] ^ u32::from(!self.fresh[i])) as usize);
        }
    }

    /// Finds the lines of the second nibble and asks for those that lie elsewhere; `partial` ends
    /// with the first nibble.
    #[inline(always)]
    pub(super) fn find_second_slots(&mut self) {
        let nibble = self.partial & 15;
        self.stationary.select_second(nibble);
        let (lines, _) = self.histories.split();
        for i in 0..self.used {
            self.second[i] = Self::second_line(i < self.profile.dense, self.lines[i], nibble);
        }
        for i in 0..self.used.min(self.profile.dense) {
            prefetch(lines, self.second[i] as usize);
        }
    }

    #[inline(always)]
    pub(super) fn load_second_slots(&mut self) {
        let nibble = self.partial & 15;
        let (lines, mut offsets) = self.histories.split();
        for i in 0..self.used {
            if self.fresh[i] {
                offsets.set_scratch(lines, i);
                continue;
            }
            let number = self.second[i] as usize;
            let line = &mut lines[number];
            let once = self.once[i];
            if once != NONE_DEFERRED && once >> 4 != nibble {
                let way = self.table.way(line, Self::second_check(self.hashes[i], once >> 4));
                mark_once(slot(line, way), once & 15);
            }
            let way = self.table.way(line, Self::second_check(self.hashes[i], nibble));
            if once >> 4 == nibble {
                mark_once(slot(line, way), once & 15);
            }
            offsets.set(i, number, first_byte(way));
        }
    }

    #[inline(always)]
    pub(super) fn defer_fresh(&mut self) {
        let nibble = self.partial & 15;
        let (lines, _) = self.histories.split();
        for i in self.profile.dense..self.used {
            if self.fresh[i] {
                let offset = self.offsets[i] as usize;
                if let Some(slot) = lines[offset / LINE][offset % LINE..].first_chunk_mut() {
                    defer(slot, nibble);
                }
            }
        }
    }
}
