//! WebAssembly code: contexts from the instruction being read and those before it.
//!
//! Operands are LEB128 numbers, so the decoder only counts them; from a wrong start it soon falls
//! into step. Source of the operand kinds: the binary format chapter of the WebAssembly core
//! specification.

/// Contexts that [`WasmState::context`] knows.
pub const CONTEXTS: u8 = 28;
/// Selectors that [`WasmState::selected`] knows.
pub const SELECTORS: u8 = 4;
/// Rows of every selector, the place of the bit included.
pub const ROWS: usize = 2048;

/// What is left of an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Rest {
    /// The next byte is an opcode.
    Nothing,
    /// So many LEB128 numbers, then so many bytes.
    Operands(u32, u32),
    /// So many bytes.
    Bytes(u32),
    /// A LEB128 second opcode behind this prefix.
    Extended(u8),
    /// A LEB128 count, then one more number than that.
    Table,
}

/// A finished instruction.
#[derive(Clone, Copy, Default)]
struct Past {
    opcode: u32,
    exact: u32,
}

/// Decoder and instruction history.
#[derive(Clone)]
pub struct WasmState {
    rest: Rest,
    opcode: u8,
    /// Bytes of this instruction so far, hashed.
    exact: u32,
    /// Number being read, and its bytes so far.
    value: u32,
    value_length: u32,
    /// Operands left before the number being read.
    operand: u32,
    past: [Past; 10],
    /// Last two operands of each opcode.
    values: [[u32; 2]; 256],
    /// Last local variables, newest first.
    locals: [u32; 4],
    calls: [u32; 2],
    /// Last local variable written, and variable read before the last one.
    written: u32,
    /// Values on the operand stack since the last statement began, as far as it can be told.
    height: i32,
    /// Opcodes of this statement, and of the one before.
    statement: [u32; 2],
    depth: u32,
    last: u32,
}

#[inline(always)]
fn mix(a: u32, b: u32) -> u32 {
    (a ^ b.wrapping_mul(0x9E37_79B1)).rotate_left(11).wrapping_mul(0x85EB_CA6B)
}

const fn operands(opcode: u8) -> Rest {
    match opcode {
        0x02..=0x04 | 0x0c | 0x0d | 0x10 | 0x20..=0x26 | 0x3f..=0x42 | 0xd0 | 0xd2 => Rest::Operands(1, 0),
        0x11 | 0x28..=0x3e => Rest::Operands(2, 0),
        0x0e => Rest::Table,
        0x1c => Rest::Operands(2, 0),
        0x43 => Rest::Bytes(4),
        0x44 => Rest::Bytes(8),
        0xfc | 0xfd => Rest::Extended(opcode),
        _ => Rest::Nothing,
    }
}

const fn extended_operands(prefix: u8, opcode: u32) -> Rest {
    match (prefix, opcode) {
        (0xfc, 8 | 10 | 12..=14) => Rest::Operands(2, 0),
        (0xfc, 9 | 11 | 15..=17) => Rest::Operands(1, 0),
        (0xfd, 0..=11 | 92 | 93) => Rest::Operands(2, 0),
        (0xfd, 12 | 13) => Rest::Bytes(16),
        (0xfd, 21..=34) => Rest::Bytes(1),
        (0xfd, 84..=91) => Rest::Operands(2, 1),
        _ => Rest::Nothing,
    }
}

/// Change of the operand stack's height.
const fn effect(opcode: u8) -> i32 {
    match opcode {
        0x20 | 0x23 | 0x3f | 0x41..=0x44 => 1,
        0x04 | 0x0d | 0x0e | 0x1a | 0x21 | 0x24 => -1,
        0x1b | 0x36..=0x3e => -2,
        0x46..=0x4f | 0x51..=0x66 | 0x6a..=0x78 | 0x7c..=0x8a | 0x92..=0x98 | 0xa0..=0xa6 => -1,
        _ => 0,
    }
}

impl Default for WasmState {
    fn default() -> Self {
        Self::new()
    }
}

impl WasmState {
    /// Nothing seen yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            rest: Rest::Nothing,
            opcode: 0,
            exact: 0,
            value: 0,
            value_length: 0,
            operand: 0,
            past: [Past::default(); 10],
            values: [[0; 2]; 256],
            locals: [0; 4],
            calls: [0; 2],
            written: 0,
            height: 0,
            statement: [0; 2],
            depth: 0,
            last: 0,
        }
    }

    /// Takes in the next byte.
    #[inline]
    pub fn push(&mut self, byte: u8) {
        self.last = self.last << 8 | u32::from(byte);
        self.exact = mix(self.exact, u32::from(byte) + 1);
        match self.rest {
            Rest::Nothing => {
                self.opcode = byte;
                self.rest = operands(byte);
                self.operand = 0;
            }
            Rest::Bytes(left) => self.rest = if left > 1 { Rest::Bytes(left - 1) } else { Rest::Nothing },
            Rest::Operands(..) | Rest::Extended(_) | Rest::Table => {
                // Five bytes hold 32 bits; the rest of longer numbers is left out.
                if self.value_length < 5 {
                    self.value |= u32::from(byte & 0x7f) << (7 * self.value_length);
                }
                self.value_length += 1;
                if byte < 0x80 || self.value_length >= 10 {
                    self.finish_number();
                }
            }
        }
        if self.rest == Rest::Nothing {
            self.finish();
        }
    }

    fn finish_number(&mut self) {
        let value = self.value;
        (self.value, self.value_length) = (0, 0);
        self.operand += 1;
        self.rest = match self.rest {
            Rest::Operands(numbers, bytes) if numbers > 1 => Rest::Operands(numbers - 1, bytes),
            Rest::Operands(_, bytes) if bytes > 0 => Rest::Bytes(bytes),
            Rest::Extended(prefix) => extended_operands(prefix, value),
            // More than 64 Ki targets is no code.
            Rest::Table if value < 1 << 16 => Rest::Operands(value + 1, 0),
            _ => Rest::Nothing,
        };
        let values = &mut self.values[usize::from(self.opcode)];
        *values = [value, values[0]];
        match self.opcode {
            0x20..=0x22 => {
                self.locals = [value, self.locals[0], self.locals[1], self.locals[2]];
                if self.opcode > 0x20 {
                    self.written = value;
                }
            }
            0x10 => self.calls = [value, self.calls[0]],
            _ => {}
        }
    }

    fn finish(&mut self) {
        self.past.copy_within(0..9, 1);
        self.past[0] = Past { opcode: u32::from(self.opcode), exact: self.exact };
        self.exact = 0;
        self.statement[0] = mix(self.statement[0], u32::from(self.opcode));
        match self.opcode {
            0x02..=0x04 => self.depth += 1,
            0x0b => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        self.height = (self.height + effect(self.opcode)).min(31);
        if self.height <= 0 || matches!(self.opcode, 0x02..=0x05 | 0x0b..=0x11) {
            self.height = 0;
            self.statement = [0, self.statement[0]];
        }
    }

    fn phase(&self) -> u32 {
        match self.rest {
            Rest::Nothing => 0,
            Rest::Operands(..) => 1 + self.operand.min(1) * 4 + self.value_length.min(3),
            Rest::Bytes(left) => 9 + left.min(8) - 1,
            Rest::Extended(_) => 17,
            Rest::Table => 18,
        }
    }

    /// The value of context `number` (below [`CONTEXTS`]), to be hashed.
    #[inline]
    #[must_use]
    pub fn context(&self, number: u8) -> u64 {
        let past = &self.past;
        let phase = self.phase();
        let exact = mix(self.exact, phase);
        let pair = |a: u32, b: u32| u64::from(a) << 32 | u64::from(b);
        let opcodes = |count: usize| past[..count].iter().fold(0, |hash, past| mix(hash, past.opcode));
        let exacts = |count: usize| past[..count].iter().fold(0, |hash, past| mix(hash, past.exact));
        let opcode = u32::from(self.opcode);
        let known = &self.values[usize::from(self.opcode)];
        let number_so_far = mix(phase << 8 | opcode, self.value);
        match number {
            0 => pair(exact, 0),
            1 => pair(exact, past[0].opcode),
            2 => pair(exact, past[0].exact),
            3 => pair(exact, opcodes(2)),
            4 => pair(exact, exacts(2)),
            5 => pair(exact, opcodes(3)),
            6 => pair(exact, exacts(3)),
            7 => pair(exact, opcodes(4)),
            8 => pair(exact, opcodes(6)),
            9 => pair(exact, opcodes(9)),
            10 => pair(exact, mix(mix(past[0].exact, past[1].opcode), past[2].opcode)),
            11 => pair(exact, past[1].exact),
            12 => pair(number_so_far, known[0]),
            13 => pair(number_so_far, mix(known[0], known[1])),
            14 => pair(exact, self.locals[0]),
            15 => pair(exact, mix(self.locals[0], self.locals[1])),
            16 => pair(exact, mix(mix(self.locals[0], self.locals[1]), self.locals[2])),
            17 => pair(exact, mix(self.calls[0], past[0].opcode)),
            18 => pair(exact, mix(self.height as u32, past[0].opcode)),
            19 => pair(exact, mix(self.height as u32, mix(past[0].exact, past[1].opcode))),
            20 => pair(exact, mix(self.statement[0], self.height as u32)),
            21 => pair(exact, mix(self.statement[0], self.statement[1])),
            22 => pair(exact, self.written),
            23 => pair(exact, mix(self.written, past[0].exact)),
            24 => pair(exact, exacts(4)),
            25 => pair(exact, mix(exacts(2), opcodes(5))),
            26 => pair(exact, mix(past[1].exact, past[0].opcode)),
            _ => pair(exact, mix(self.depth, past[0].opcode)),
        }
    }

    /// The part of selector `number` (below [`SELECTORS`]) that is fixed for a byte, in steps of 8
    /// and below [`ROWS`].
    #[inline]
    #[must_use]
    pub fn selected(&self, number: u8) -> u32 {
        let phase = self.phase();
        let value = match number {
            0 => phase << 3 | self.height.clamp(0, 7) as u32,
            1 if phase == 0 => self.past[0].opcode,
            1 => u32::from(self.opcode) ^ 0x80,
            2 => self.past[1].opcode,
            _ => phase << 3 | self.depth.min(7),
        };
        (value & 255) << 3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_end_where_they_should() {
        let codes: &[&[u8]] = &[
            &[0x20, 0x05],                   // local.get 5
            &[0x20, 0x85, 0x01],             // local.get 133
            &[0x41, 0xc0, 0x7b],             // i32.const
            &[0x28, 0x02, 0x90, 0x01],       // i32.load
            &[0x11, 0x03, 0x00],             // call_indirect
            &[0x0e, 0x02, 0x00, 0x01, 0x02], // br_table
            &[0x44, 0, 0, 0, 0, 0, 0, 0, 0], // f64.const
            &[0x6a],                         // i32.add
            &[0xfc, 0x0a, 0x00, 0x00],       // memory.copy
            &[0x02, 0x40],                   // block
        ];
        for code in codes {
            let mut state = WasmState::new();
            for (index, &byte) in code.iter().enumerate() {
                state.push(byte);
                assert_eq!(state.phase() == 0, index + 1 == code.len(), "{code:02x?} at {index}");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes(bytes in proptest::collection::vec(0u8.., 0..600)) {
            let mut state = WasmState::new();
            for byte in bytes {
                state.push(byte);
                for number in 0..CONTEXTS {
                    let _ = state.context(number);
                }
                for number in 0..SELECTORS {
                    proptest::prop_assert!((state.selected(number) | 7) < ROWS as u32);
                }
            }
        }
    }
}
