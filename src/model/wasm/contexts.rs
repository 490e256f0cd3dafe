//! The contexts and selectors.

use super::WasmState;
use crate::formats::wasm::module::Place;
use crate::model::hash::combine;

/// Contexts that [`WasmState::context`] knows.
#[cfg(test)]
pub const CONTEXTS: u8 = 42;
/// Selectors that [`WasmState::selected`] knows.
#[cfg(test)]
pub const SELECTORS: u8 = 3;
/// Rows of every selector, the place of the bit included.
pub const ROWS: usize = 2048;

impl WasmState {
    /// The value of context `number` (below [`CONTEXTS`]), to be hashed. Not copied into every
    /// shape of the predictor.
    #[must_use]
    pub fn context(&self, number: u8) -> u64 {
        let past = &self.past;
        let phase = self.phase();
        let exact = combine(self.exact, phase);
        let pair = |a: u32, b: u32| u64::from(a) << 32 | u64::from(b);
        let opcodes =
            |count: usize| past[..count].iter().fold(0, |hash, past| combine(hash, past.opcode));
        let exacts =
            |count: usize| past[..count].iter().fold(0, |hash, past| combine(hash, past.exact));
        let opcode = u32::from(self.decoder.opcode);
        let known = &self.values[usize::from(self.decoder.opcode)];
        let number_so_far = combine(phase << 8 | opcode, self.decoder.number.value);
        let height = self.stack.height().min(31);
        let function = self.module.function();
        let here = || combine(exact, function);
        let top = |below: usize| self.stack.top(below);
        let types = || {
            (0..3).fold(self.stack.height().min(3), |types, below| {
                types << 3 | top(below).kind as u32
            })
        };
        match number {
            0 => pair(exact, 0),
            1 => pair(exact, past[0].exact),
            2 => pair(exact, exacts(2)),
            3 => pair(exact, opcodes(3)),
            4 => pair(exact, opcodes(4)),
            5 => pair(exact, opcodes(6)),
            6 => pair(exact, opcodes(9)),
            7 => pair(number_so_far, known[0]),
            8 => pair(number_so_far, combine(known[0], known[1])),
            9 => pair(exact, combine(combine(self.locals[0], self.locals[1]), self.locals[2])),
            10 => pair(exact, combine(height, past[0].opcode)),
            11 => pair(exact, combine(height, combine(past[0].exact, past[1].opcode))),
            12 => pair(exact, combine(self.statement[0], height)),
            13 => pair(exact, combine(self.statement[0], self.statement[1])),
            14 => pair(exact, self.written),
            15 => pair(exact, combine(self.written, past[0].exact)),
            16 => pair(exact, exacts(4)),
            17 => pair(exact, combine(past[1].exact, past[0].opcode)),
            18 => pair(here(), 0),
            19 => pair(here(), past[0].exact),
            20 => pair(here(), self.locals[0]),
            21 => pair(here(), past[0].opcode),
            22 => pair(here(), self.written),
            23 => pair(exact, top(0).shape),
            24 => pair(exact, top(0).exact),
            25 => pair(exact, combine(top(0).shape, top(1).shape)),
            26 => pair(exact, combine(types(), past[0].opcode)),
            27 => pair(exact, combine(types(), opcodes(3))),
            28 => pair(here(), top(0).exact),
            29 => pair(here(), combine(top(0).exact, top(1).exact)),
            30 => pair(exact, combine(self.module.own(), self.count.min(7))),
            31 => pair(exact, combine(self.stack.kinds(), opcodes(2))),
            32 => pair(exact, self.followers[self.follower as usize]),
            33 => pair(exact, combine(combine(top(0).root, top(1).root), top(2).root)),
            34 => pair(exact, combine(self.highest, past[0].opcode)),
            35 => pair(exact, combine(self.decoder.depth, exacts(1))),
            36 => pair(exact, combine(self.module.variables() as u32, past[0].opcode)),
            37 => pair(exact, combine(combine(top(0).exact, top(1).exact), top(2).exact)),
            38 => pair(exact, combine(self.statement[1], past[0].exact)),
            39 => pair(exact, combine(types(), combine(self.stack.depth(), past[0].opcode))),
            40 => pair(here(), opcodes(3)),
            _ => pair(exact, combine(combine(self.locals[0], past[0].opcode), past[1].opcode)),
        }
    }

    /// The part of selector `number` (below [`SELECTORS`]) that is fixed for a byte, in steps of 8
    /// and below [`ROWS`].
    #[must_use]
    pub fn selected(&self, number: u8) -> u32 {
        let phase = self.phase();
        let code = matches!(self.module.place(), Place::Adrift | Place::Code);
        let height = self.stack.height();
        let value = match number {
            0 if code => phase << 3 | height.min(7),
            0 => 128 | phase,
            1 if phase == 0 => self.past[0].opcode,
            1 => u32::from(self.decoder.opcode) ^ 0x80,
            _ if phase == 0 => {
                height.min(2) << 6
                    | (self.stack.top(0).kind as u32) << 3
                    | self.stack.top(1).kind as u32
            }
            _ => 192 | phase,
        };
        (value & 255) << 3
    }
}
