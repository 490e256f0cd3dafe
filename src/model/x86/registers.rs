//! Which registers hold a value that was not used yet, and which were used last.
//!
//! A rough data flow: only general registers, by the fields of common instructions. It tells the
//! register and often the opcode of what comes next: compilers load what they are about to use.

use super::decoder::Instruction;

/// Data flow up to the last instruction.
#[derive(Clone, Copy, Default, Debug)]
pub struct Registers {
    /// Registers written and not read since, one bit each.
    pub unread: u32,
    /// Last registers written, newest lowest, four bits each.
    pub written: u32,
    /// Last base registers of memory operands, newest lowest, four bits each.
    pub bases: u32,
}

/// Whether an opcode with ModRM writes the reg field (true) or reads it.
const fn writes_reg(map: u8, opcode: u8) -> bool {
    match map {
        0 => matches!(
            opcode,
            0x02 | 0x03
                | 0x0a
                | 0x0b
                | 0x12
                | 0x13
                | 0x1a
                | 0x1b
                | 0x22
                | 0x23
                | 0x2a
                | 0x2b
                | 0x32
                | 0x33
                | 0x69
                | 0x6b
                | 0x8a
                | 0x8b
                | 0x8d
        ),
        1 => matches!(opcode, 0x40..=0x4f | 0xaf | 0xb6 | 0xb7 | 0xbe | 0xbf),
        _ => false,
    }
}

/// Whether an opcode writes its rm operand.
const fn writes_rm(map: u8, opcode: u8) -> bool {
    let arithmetic =
        matches!(opcode, 0x00 | 0x01 | 0x08 | 0x09 | 0x20 | 0x21 | 0x28..=0x2b | 0x30 | 0x31);
    let others =
        matches!(opcode, 0x80..=0x83 | 0x88 | 0x89 | 0xc0 | 0xc1 | 0xc6 | 0xc7 | 0xd0..=0xd3);
    map == 0 && (arithmetic || others)
}

impl Registers {
    fn write(&mut self, register: u32) {
        self.unread |= 1 << register;
        self.written = self.written << 4 | register;
    }

    /// Takes in a finished instruction.
    #[inline]
    pub fn push(&mut self, instruction: &Instruction) {
        let (map, opcode) = (instruction.map, instruction.opcode);
        let rex = u32::from(instruction.rex);
        if instruction.has_modrm {
            let reg = u32::from(instruction.modrm >> 3 & 7) | (rex << 1 & 8);
            let rm = u32::from(instruction.modrm & 7) | (rex & 1) << 3;
            let group = super::opcodes::is_group(map, opcode);
            if instruction.modrm >> 6 < 3 {
                let base =
                    if rm & 7 == 4 { u32::from(instruction.sib & 7) | (rex & 1) << 3 } else { rm };
                self.unread &= !(1 << base);
                self.bases = self.bases << 4 | base;
            } else if writes_rm(map, opcode) && !writes_reg(map, opcode) {
                self.write(rm);
            } else {
                self.unread &= !(1 << rm);
            }
            if writes_reg(map, opcode) {
                self.write(reg);
            } else if !group {
                self.unread &= !(1 << reg);
            }
            if map == 0 && opcode == 0xff && instruction.modrm >> 4 & 3 == 1 {
                self.write(0);
            }
        } else if map == 0 {
            let register = u32::from(opcode & 7) | (rex & 1) << 3;
            match opcode {
                0x50..=0x57 => self.unread &= !(1 << register),
                0x58..=0x5f | 0xb8..=0xbf => self.write(register),
                // A call leaves its result in the first register and spoils the other two.
                0xe8 => {
                    self.unread &= !6;
                    self.write(0);
                }
                0xa1 => self.write(0),
                0xc2 | 0xc3 => *self = Self::default(),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::decoder::Decoder;
    use super::*;

    fn after(code: &[u8]) -> Registers {
        let (mut decoder, mut registers) = (Decoder::default(), Registers::default());
        for &byte in code {
            if let Some(instruction) = decoder.step(byte) {
                registers.push(&instruction);
            }
        }
        registers
    }

    #[test]
    fn loads_and_uses() {
        // mov ecx, [ebp+8]; mov eax, [ecx]
        let registers = after(&[0x8b, 0x4d, 8, 0x8b, 0x01]);
        assert_eq!((registers.unread, registers.written, registers.bases), (1, 0x10, 0x51));
        // xor eax, eax; push eax
        assert_eq!(after(&[0x33, 0xc0, 0x50]).unread, 0);
        // call; the result was not used yet
        assert_eq!(after(&[0xe8, 0, 0, 0, 0]).unread, 1);
    }
}
