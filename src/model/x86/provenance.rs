//! The provenance of values: how each register's value was made.
//!
//! Compiled code reads a pointer, then a field by that pointer, then calls through the field. The
//! path of loads by which a value was made stands for the type of the value, and a program does the
//! same with values of one type everywhere. A path is a hash: of the path of the base register and
//! the displacement for loads, of the target for the result of a call, of the constant for a
//! constant. The path of a value that was stored in memory is found again when it is loaded.

use super::base_register;
use super::decoder::Instruction;
use super::frame::Frame;
use crate::model::hash::combine;

/// Stored values remembered, a power of two.
const STORED: usize = 1 << 8;
/// A target further ahead than this is one that lies before.
const AHEAD: u32 = 1 << 16;
/// Provenance of what has none: opcodes tell it from other hashes' starts.
const POPPED: u32 = 0x58;
const SPOILED: u32 = 6;

/// The paths at the end of the last instruction, and the function that it belongs to.
#[derive(Clone)]
pub struct Provenance {
    /// One a register.
    registers: [u32; 16],
    /// Address and path of stored values, by the low bits of the address.
    stored: [[u32; 2]; STORED],
    /// Which function this is, so that values in the frames of others are not found.
    function: u32,
    /// The offsets of its frame.
    pub frame: Frame,
    /// Instructions since it began.
    pub since: u32,
    /// The values pushed since the last call.
    pub arguments: u32,
    /// The memory operand of the last instruction that had one.
    pub memory: u32,
    /// Where the furthest short branch led to.
    furthest: u32,
}

impl Default for Provenance {
    fn default() -> Self {
        Self {
            registers: std::array::from_fn(|register| register as u32),
            stored: [[0; 2]; STORED],
            function: 1,
            frame: Frame::default(),
            since: 0,
            arguments: 0,
            memory: 0,
            furthest: 0,
        }
    }
}

impl Provenance {
    /// The path of a register (its low four bits).
    #[inline]
    #[must_use]
    pub fn of(&self, register: u32) -> u32 {
        self.registers[register as usize & 15]
    }

    fn set(&mut self, register: u32, path: u32) {
        self.registers[register as usize & 15] = path;
    }

    fn begin_function(&mut self) {
        self.registers = std::array::from_fn(|register| register as u32);
        self.function = self.function.wrapping_add(1);
        self.frame = Frame::default();
        self.since = 0;
        self.arguments = 0;
    }

    /// A branch forward to `position` was read.
    #[inline]
    pub fn branch(&mut self, position: u32) {
        if self.furthest.wrapping_sub(position) > AHEAD {
            self.furthest = position;
        }
    }

    /// The path of the base of an operand being read.
    #[inline]
    #[must_use]
    pub fn of_base(&self, instruction: &Instruction) -> u32 {
        match base_register(instruction) {
            base if base & 15 == 12 => combine(12, 12),
            base => self.of(base),
        }
    }

    /// The path of the memory operand.
    fn operand(&self, instruction: &Instruction) -> u32 {
        let start =
            if instruction.modrm & 0xc7 == 5 { 0x12 } else { self.of(base_register(instruction)) };
        let indexed = instruction.modrm & 7 == 4 && instruction.sib & 0x38 != 0x20;
        combine(
            combine(start, instruction.displacement),
            if indexed { u32::from(instruction.sib >> 3) + 1 } else { 0 },
        )
    }

    fn load(&self, address: u32) -> u32 {
        let key = combine(address, self.function);
        let [found, path] = self.stored[key as usize & (STORED - 1)];
        if found == key { path } else { address }
    }

    fn store(&mut self, address: u32, path: u32) {
        let key = combine(address, self.function);
        self.stored[key as usize & (STORED - 1)] = [key, path];
    }

    /// Takes in a finished instruction, which ends at `position`, of code that is 64-bit or not.
    #[inline]
    pub fn push(&mut self, instruction: &Instruction, position: u32, wide: bool) {
        self.since = self.since.saturating_add(1);
        self.frame.push(instruction, self.since, if wide { 8 } else { 4 });
        let rex = u32::from(instruction.rex);
        if instruction.has_modrm {
            let reg = u32::from(instruction.modrm >> 3 & 7) | (rex << 1 & 8);
            let rm = u32::from(instruction.modrm & 7) | (rex & 1) << 3;
            match instruction.modrm >> 6 {
                3 => self.between_registers(instruction, reg, rm),
                _ => self.with_memory(instruction, reg),
            }
        } else if instruction.map == 0 {
            self.without_operand(
                instruction,
                u32::from(instruction.opcode & 7) | (rex & 1) << 3,
                position,
            );
        }
    }

    fn without_operand(&mut self, instruction: &Instruction, register: u32, position: u32) {
        match instruction.opcode {
            0x50..=0x57 => self.arguments = combine(self.arguments, self.of(register)),
            0x68 | 0x6a => {
                self.arguments = combine(self.arguments, combine(instruction.immediate, 0x68))
            }
            0x58..=0x5f => self.set(register, POPPED),
            0xb8..=0xbf => self.set(register, combine(instruction.immediate, 0xb8)),
            0xa1 => self.set(0, combine(instruction.displacement, 0xa1)),
            0xe8 => self.call(combine(instruction.immediate, 0xe8)),
            // After a return that no branch passed over, another function begins.
            0xc2 | 0xc3 if self.furthest.wrapping_sub(position) > AHEAD => self.begin_function(),
            0xc2 | 0xc3 => self.frame.resume(),
            // What stands between functions.
            0x90 | 0xcc if self.since == 1 => self.since = 0,
            _ => {}
        }
    }

    /// The result of a call, whose path is `path`, is in the first register; two others are
    /// spoiled.
    fn call(&mut self, path: u32) {
        self.set(0, path);
        self.set(1, SPOILED);
        self.set(2, SPOILED);
        self.arguments = 0;
    }

    fn between_registers(&mut self, instruction: &Instruction, reg: u32, rm: u32) {
        let opcode = u32::from(instruction.opcode);
        match (instruction.map, instruction.opcode) {
            (0, 0x8b) => self.set(reg, self.of(rm)),
            (0, 0x89) => self.set(rm, self.of(reg)),
            (0, 0x31 | 0x33) if reg == rm => self.set(reg, 0x31),
            (0, 0x84 | 0x85 | 0x38..=0x3b) => {}
            (0, 0xff) if instruction.modrm >> 3 & 7 == 2 => self.call(combine(self.of(rm), 0xff)),
            (0, 0x80..=0x83 | 0xc0 | 0xc1 | 0xd0..=0xd3 | 0xf7) => {
                self.set(rm, combine(self.of(rm), u32::from(instruction.modrm)))
            }
            (0, 0x00..=0x3f) if opcode & 2 == 0 => self.set(rm, combine(self.of(rm), opcode)),
            (0, 0x00..=0x3f) => self.set(reg, combine(self.of(reg), opcode)),
            (1, 0xb6 | 0xb7 | 0xbe | 0xbf) => self.set(reg, combine(self.of(rm), opcode)),
            _ => {}
        }
    }

    fn with_memory(&mut self, instruction: &Instruction, reg: u32) {
        let address = self.operand(instruction);
        self.memory = address;
        match (instruction.map, instruction.opcode) {
            (0, 0x8b) => self.set(reg, self.load(address)),
            (0, 0x89) => self.store(address, self.of(reg)),
            (0, 0xc7) => self.store(address, combine(instruction.immediate, 0xb8)),
            (0, 0x8d) => self.set(reg, combine(address, 0x8d)),
            (0, 0xff) if instruction.modrm >> 3 & 7 == 2 => self.call(combine(address, 0xff)),
            (0, 0xff) if instruction.modrm >> 3 & 7 == 6 => {
                self.arguments = combine(self.arguments, self.load(address))
            }
            (0, 0x39 | 0x3b) => {}
            (0, opcode @ 0x00..=0x3f) if opcode & 2 != 0 => {
                self.set(reg, combine(self.of(reg), address))
            }
            (1, opcode @ (0xb6 | 0xb7 | 0xbe | 0xbf)) => {
                self.set(reg, combine(address, u32::from(opcode)))
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::decoder::Decoder;
    use super::*;

    fn after(code: &[u8]) -> Provenance {
        let (mut decoder, mut provenance) = (Decoder::default(), Provenance::default());
        for (at, &byte) in code.iter().enumerate() {
            if let Some(instruction) = decoder.step(byte) {
                provenance.push(&instruction, at as u32, false);
            }
        }
        provenance
    }

    #[test]
    fn the_same_path_by_other_registers() {
        // mov esi, ecx; mov eax, [esi+8]
        let one = after(&[0x8b, 0xf1, 0x8b, 0x46, 8]).of(0);
        // mov edx, [ecx+8]; mov [ebp-4], edx; mov ebx, [ebp-4]
        let two = after(&[0x8b, 0x51, 8, 0x89, 0x55, 0xfc, 0x8b, 0x5d, 0xfc]).of(3);
        assert_eq!(one, two);
        assert_ne!(one, after(&[0x8b, 0xf1, 0x8b, 0x46, 12]).of(0));
    }

    #[test]
    fn a_return_ends_the_function_unless_a_branch_passes_it() {
        let code = [0x8b, 0xf1, 0xc3];
        assert_eq!((after(&code).of(6), after(&code).since), (6, 0));
        let mut provenance = after(&code[..2]);
        provenance.branch(40);
        let mut decoder = Decoder::default();
        provenance.push(&decoder.step(0xc3).unwrap(), 20, false);
        assert_eq!((provenance.of(6), provenance.since), (1, 2));
    }
}
