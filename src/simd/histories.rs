//! Bit histories in place: where each context's slot lies, and the loops that read and advance
//! all contexts of a predictor at one bit.
//!
//! The table, the offsets in it and the maps are kept in one type so that the kernels can rely on
//! every offset being inside the table without checking it again at every bit.

use super::Kernels;
use super::memory::{Table, zeroed};
use crate::error::{Error, Limit, LimitKind, Result};
use crate::numeric::bit_history::{BIT_HISTORY, CONFIDENCE};
use crate::numeric::state_map::{HistoryMap, MapEntry, history_map};

/// Bytes of a line.
pub const LINE: usize = 64;
/// A cache line of the table of histories.
pub type Line = [u8; LINE];

/// The bit histories of `N` contexts (a multiple of eight) and the maps that give them meaning.
#[derive(Clone)]
pub struct Histories<const N: usize> {
    lines: Table<Line>,
    offsets: [u32; N],
    indices: [u32; N],
    entries: [u32; N],
    maps: Box<[HistoryMap; N]>,
}

impl<const N: usize> Histories<N> {
    /// `length` lines of empty histories, and a scratch line for each context after them.
    ///
    /// # Errors
    /// [`Error::Limit`] when the memory cannot be had, or offsets in it do not fit 32 bits.
    pub fn new(length: usize) -> Result<Self> {
        const { assert!(N.is_multiple_of(8)) };
        let too_large =
            || Error::Limit(Limit::new(LimitKind::Format, format!("histories of {length} lines")));
        let lines = zeroed::<Line>(length.saturating_add(N + 1), "the tables of a predictor")?;
        u32::try_from(lines.len() * LINE).map_err(|_| too_large())?;
        let maps = vec![history_map(); N].into_boxed_slice().try_into().map_err(|_| too_large())?;
        Ok(Self { lines, offsets: [0; N], indices: [0; N], entries: [0; N], maps })
    }

    /// The lines of the table, and beside them where each context lies.
    #[inline(always)]
    pub fn split(&mut self) -> (&mut [Line], Offsets<'_, N>) {
        let last = ((self.lines.len() - 1) * LINE) as u32;
        (&mut self.lines, Offsets { offsets: &mut self.offsets, last })
    }

    /// Gives context `i` an empty nibble that is not part of the table.
    #[inline(always)]
    pub fn set_scratch(&mut self, i: usize) {
        let (lines, mut offsets) = self.split();
        offsets.set_scratch(lines, i);
    }

    /// Reads the histories of node `node` (1 to 15) and gives the two inputs of each context.
    #[inline(always)]
    pub fn predict<K: Kernels>(&mut self, kernels: K, node: usize, inputs: &mut [[i16; 2]]) {
        // SAFETY: `Offsets::set` keeps every offset a line from the end of the table; `node` is
        // masked; the slices have `N` elements.
        unsafe {
            kernels.predict(
                self.lines.as_flattened(),
                &self.offsets,
                node & 15,
                self.maps.as_flattened(),
                &mut self.indices,
                &mut self.entries,
                &mut inputs[..N],
            );
        }
    }

    /// Writes a second pair of inputs of each context, at `inputs[at..]`, from the histories of the
    /// last [`Histories::predict`] and the first pair, which is at `inputs[..N]`.
    #[inline(always)]
    pub fn confidence<K: Kernels>(&self, kernels: K, inputs: &mut [[i16; 2]], at: usize) {
        let (first, second) = inputs.split_at_mut(at);
        kernels.confidence(&self.indices, &CONFIDENCE, &first[..N], &mut second[..N]);
    }

    /// Takes `bit` into the histories of node `node` without learning what they mean.
    #[inline(always)]
    pub fn skip(&mut self, node: usize, bit: u32, draw: u32) {
        let next = &BIT_HISTORY.next[draw as usize & 7][bit as usize & 1];
        let bytes = self.lines.as_flattened_mut();
        for &offset in &self.offsets {
            // SAFETY: offsets are a line from the end (`Offsets::set`) and the node is below 16.
            let history = unsafe { bytes.get_unchecked_mut(offset as usize + (node & 15)) };
            *history = next[usize::from(*history)];
        }
    }

    /// Takes the four bits of `nibble` into the histories from the root on, like
    /// [`Histories::skip`] bit by bit, with the `draws` of each.
    #[inline(always)]
    pub fn observe(&mut self, nibble: u32, draws: [u32; 4]) {
        let transitions = &BIT_HISTORY.next;
        let bit = |depth: usize| (nibble >> (3 - depth) & 1) as usize;
        let next: [&[u8; 256]; 4] =
            std::array::from_fn(|depth| &transitions[draws[depth] as usize & 7][bit(depth)]);
        let nodes: [usize; 4] =
            std::array::from_fn(|depth| ((16 | nibble) >> (4 - depth)) as usize & 15);
        let bytes = self.lines.as_flattened_mut();
        for &offset in &self.offsets {
            for depth in 0..4 {
                // SAFETY: offsets are a line from the end (`Offsets::set`) and nodes are below 16.
                let history = unsafe { bytes.get_unchecked_mut(offset as usize + nodes[depth]) };
                *history = next[depth][usize::from(*history)];
            }
        }
    }

    /// Learns `bit` at the node of the last [`Histories::predict`]: the maps,
    /// then the histories themselves, by the transition table of `draw` (0 to 7).
    #[inline(always)]
    pub fn learn<K: Kernels>(&mut self, kernels: K, node: usize, bit: u32, draw: u32, limit: u32) {
        let mut updated = [MapEntry::silent(); N];
        kernels.learn(&self.entries, bit, limit, &mut updated);
        let maps = self.maps.as_flattened_mut();
        for i in 0..N {
            // SAFETY: `predict` set `indices[i]` to `256 * i` plus a byte; there are `256 * N`
            // maps.
            unsafe { *maps.get_unchecked_mut(self.indices[i] as usize) = updated[i] };
        }
        let next = &BIT_HISTORY.next[draw as usize & 7][bit as usize & 1];
        let bytes = self.lines.as_flattened_mut();
        for i in 0..N {
            // SAFETY: offsets are a line from the end (`Offsets::set`) and the node is below 16.
            unsafe {
                *bytes.get_unchecked_mut(self.offsets[i] as usize + (node & 15)) =
                    next[self.indices[i] as usize & 255]
            };
        }
    }
}

/// Where each context finds the node 0 of its nibble.
pub struct Offsets<'a, const N: usize> {
    offsets: &'a mut [u32; N],
    /// The last byte that an offset may name: a line from the end of the table.
    last: u32,
}

impl<const N: usize> Offsets<'_, N> {
    /// Moves context `i` to another nibble: byte `at` (below 64) of a line.
    #[inline(always)]
    pub fn set(&mut self, i: usize, line: usize, at: usize) {
        debug_assert!(line * LINE < self.last as usize && at < LINE);
        self.offsets[i] = ((line * LINE + at % LINE) as u32).min(self.last);
    }

    /// Gives context `i` an empty nibble that is not part of the table, at the end of its `lines`.
    #[inline(always)]
    pub fn set_scratch(&mut self, lines: &mut [Line], i: usize) {
        let line = lines.len() - 1 - N + i;
        lines[line] = [0; LINE];
        self.set(i, line, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::Scalar;

    fn predicted<K: Kernels>(kernels: K, line: usize) -> ([[i16; 2]; 8], [[i16; 2]; 8]) {
        let mut histories = Histories::<8>::new((2 << 30) / LINE + 4).unwrap();
        for i in 0..8 {
            histories.split().1.set(i, line, 3);
        }
        let (mut before, mut after) = ([[0; 2]; 8], [[0; 2]; 8]);
        histories.predict(kernels, 1, &mut before);
        histories.learn(kernels, 1, 1, 0, 255);
        histories.predict(kernels, 1, &mut after);
        (before, after)
    }

    /// Offsets above 2 GiB do not fit the signed index of a gather.
    #[test]
    fn offsets_in_a_large_table_are_read_alike() {
        for line in [0, 1000, (2 << 30) / LINE - 1, (2 << 30) / LINE, (2 << 30) / LINE + 3] {
            let reference = predicted(Scalar, line);
            assert_ne!(reference.0, reference.1);
            #[cfg(target_arch = "x86_64")]
            if let Some(kernels) = crate::simd::Avx2::detect() {
                assert_eq!(predicted(kernels, line), reference, "line {line}");
            }
        }
    }
}
