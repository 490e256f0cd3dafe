//! How a predictor takes in whole bytes: those that it coded, and those that it only observes.

use super::Predictor;
use crate::mix::mixer::WeightMixer;
use crate::model::input_model::InputModel;
use crate::simd::Kernels;

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
    /// Takes in the byte that `bytes` now ends with and predicts nothing: histories, runs and
    /// matches remember it, but nothing learns what they mean. A third of the time of learning it.
    #[inline(always)]
    pub(super) fn observe_byte(&mut self, bytes: &[u8]) {
        self.next_byte();
        let byte = u32::from(bytes.last().copied().unwrap_or(0));
        (0..3).for_each(|bit| self.find_neighbours(bit));
        self.partial = 16 | byte >> 4;
        self.find_second_slots();
        self.histories.observe(byte >> 4, [0, 1, 2, 3].map(|bit| self.draw(bit)));
        self.load_second_slots();
        self.partial = 256 | byte;
        self.histories.observe(byte & 15, [4, 5, 6, 7].map(|bit| self.draw(bit)));
        self.runs.end_byte(byte as u8);
        self.networks.iter_mut().for_each(|network| network.observe(bytes));
        self.push_known(bytes);
        self.state.expected_of_network = 0;
    }

    /// Shows all models the byte that `bytes` now ends with.
    #[inline(always)]
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if self.networks_rest {
            self.networks.iter_mut().for_each(|network| network.observe(bytes));
        } else {
            self.networks.iter_mut().for_each(|network| network.push(bytes));
        }
        self.push_known(bytes);
        self.state.expected_of_network = 0;
        // What one decision will code is no work for a network.
        if self.networks.is_empty() || self.networks_rest || self.long_match().is_some() {
            return;
        }
        let foretold = (self.state.expected > 0).then_some(self.state.expected as u8);
        self.networks.iter_mut().for_each(|network| network.foresee(foretold));
        if let Some(expected) = self.networks.iter().find_map(|network| network.expected()) {
            self.state.expected_of_network = 256 + u32::from(expected.byte);
            if self.state.expected == 0 {
                self.state.expected = self.state.expected_of_network;
            }
        }
    }

    /// Shows all models but the networks, which have seen it, the byte that `bytes` now ends with:
    /// they do the same whether the byte was coded or is only observed.
    #[inline(always)]
    pub(super) fn push_known(&mut self, bytes: &[u8]) {
        // The signal model is part of the state.
        self.state.push(bytes);
        if let Some(residuals) = &mut self.residuals
            && let Some(similar) = &self.state.families.similar
        {
            residuals.follow(bytes, similar);
        }
        self.matches.iter_mut().for_each(|model| model.push(bytes));
        let mut expected = self.matches.iter().filter_map(InputModel::expected);
        let first = expected.clone().next();
        self.state.expected = first.map_or(0, |expected| 256 + u32::from(expected.byte));
        self.state.expected_length = first.map_or(0, |expected| expected.length.max(1).ilog2() + 1);
        self.long_match.push(bytes, &mut expected);
    }
}
