//! WebAssembly code: contexts from the instruction being read and those before it.
//!
//! Modules tell where functions begin and end and what they take and return; from a wrong start, in
//! code without its module, the decoder of instructions soon falls into step. The operand stack of
//! the running function is followed, so that what is known is what a value was made of, not just
//! what bytes stand before it.

mod contexts;
mod stack;

pub use contexts::{WasmContext, WasmSelector};

use crate::formats::wasm::decoder::{Decoder, Ends};
use crate::formats::wasm::instruction::{Rest, effect, extended_effect};
use crate::formats::wasm::module::{Module, Region};
use crate::model::hash::combine;
use stack::Stack;

/// A finished instruction.
#[derive(Clone, Copy, Default)]
struct Past {
    opcode: u32,
    exact: u32,
}

/// Instructions whose successors are remembered, by their hash.
const FOLLOWED: usize = 1 << 12;

/// Decoder and instruction history.
#[derive(Clone)]
pub struct WasmState {
    module: Module,
    stack: Stack,
    decoder: Decoder,
    /// Bytes of this instruction so far, hashed.
    exact: u32,
    past: [Past; 10],
    /// Last two operands of each opcode.
    values: [[u32; 2]; 256],
    /// Last local variables, newest first.
    locals: [u32; 3],
    /// Last local variable written.
    written: u32,
    /// The highest variable used in this function.
    highest: u32,
    /// Opcodes of this statement, and of the one before.
    statement: [u32; 2],
    /// Instructions of this function so far.
    count: u32,
    /// What followed an instruction in this function, the last time.
    followers: Box<[u32; FOLLOWED]>,
    follower: u32,
}

impl Default for WasmState {
    fn default() -> Self {
        Self {
            module: Module::default(),
            stack: Stack::default(),
            decoder: Decoder::default(),
            exact: 0,
            past: [Past::default(); 10],
            values: [[0; 2]; 256],
            locals: [0; 3],
            written: 0,
            highest: 0,
            statement: [0; 2],
            count: 0,
            followers: Box::new([0; FOLLOWED]),
            follower: 0,
        }
    }
}

impl WasmState {
    /// Takes in the next byte.
    fn read(&mut self, byte: u8) {
        self.exact = combine(self.exact, u32::from(byte) + 1);
        let region = self.module.region();
        let code = matches!(region, Region::Adrift | Region::Code);
        let ends = if code { self.decoder.push(byte) } else { Ends::default() };
        let ended = self.module.push(byte, ends.function);
        if let Some(value) = ends.number {
            self.note_number(value);
        }
        if ends.instruction {
            self.finish();
        }
        // Numbers of a module stand for instructions.
        if ended && !code {
            self.remember(256 + u32::from(self.module.section()) * 8 + region as u32);
        }
        if ended && (code || region == Region::Body) {
            self.begin_function();
        }
    }

    fn begin_function(&mut self) {
        self.decoder = Decoder::default();
        self.exact = 0;
        self.stack.clear();
        self.highest = 0;
        self.count = 0;
        self.statement = [0; 2];
    }

    fn note_number(&mut self, value: u32) {
        let opcode = self.decoder.opcode;
        let values = &mut self.values[usize::from(opcode)];
        *values = [value, values[0]];
        if let 0x20..=0x22 = opcode {
            self.locals = [value, self.locals[0], self.locals[1]];
            self.highest = self.highest.max(value);
            if opcode > 0x20 {
                self.written = value;
            }
        }
    }

    fn remember(&mut self, opcode: u32) {
        self.past.copy_within(0..9, 1);
        self.past[0] = Past { opcode, exact: self.exact };
        self.exact = 0;
    }

    fn finish(&mut self) {
        let Decoder { opcode, extended, first, .. } = self.decoder;
        let effect = if opcode < 0xfc { effect(opcode) } else { extended_effect(opcode, extended) };
        let exact = self.exact;
        self.stack.apply(effect, opcode.into(), first, exact, &self.module);
        self.remember(opcode.into());
        self.followers[self.follower as usize] = exact;
        self.follower = combine(exact, self.module.function()) >> 20;
        self.count += 1;
        self.statement[0] = combine(self.statement[0], u32::from(opcode));
        if self.stack.height() == 0 || matches!(opcode, 0x02..=0x05 | 0x0b..=0x11) {
            self.statement = [0, self.statement[0]];
        }
    }

    fn phase(&self) -> u32 {
        match self.module.region() {
            Region::Adrift | Region::Code => {}
            region => return 32 + (region as u32) * 4 + self.module.digits().min(3),
        }
        let decoder = &self.decoder;
        match decoder.rest {
            Rest::Nothing => 0,
            Rest::Operands(..) => 1 + decoder.operand.min(1) * 4 + decoder.number.length.min(3),
            Rest::Bytes(left) => 9 + left.min(8) - 1,
            Rest::Extended(_) => 17,
            Rest::Table => 18,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::formats::wasm::MAGIC;
    use crate::model::context::Context;

    fn follows_anything(bytes: &[u8]) {
        crate::model::context::tests::follow(bytes, |context| matches!(context, Context::Wasm(_)));
    }

    /// Every bit of a module turned over once.
    #[test]
    fn damaged_modules_do_no_harm() {
        let bodies: Vec<_> = (0..6).map(crate::transform::wasm::tests::body).collect();
        let module = crate::transform::wasm::tests::module(&bodies, false);
        for bit in 0..module.len() * 8 {
            let mut damaged = module.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            follows_anything(&damaged);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes(bytes in proptest::collection::vec(0u8.., 0..600)) {
            follows_anything(&bytes);
        }

        #[test]
        fn any_sections(bytes in proptest::collection::vec(0u8..16, 0..300)) {
            follows_anything(&[&MAGIC[..], &bytes].concat());
        }
    }
}
