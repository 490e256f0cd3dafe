//! Follows x86 code byte by byte: which part of an instruction comes next.
//!
//! Only lengths are decoded. After data the decoder falls into step by itself: x86 code decoded
//! from a wrong start meets the true boundaries after a few instructions.

use super::opcodes::{Form, Immediate, form_of, is_group};

/// What the next byte is. Multi-byte parts have one value per byte, in order.
pub mod phase {
    /// An opcode or the first prefix.
    pub const START: u8 = 0;
    /// An opcode or another prefix.
    pub const PREFIXED: u8 = 1;
    /// An opcode after 0F.
    pub const MAP1: u8 = 2;
    /// An opcode after 0F 38 or 0F 3A.
    pub const MAP23: u8 = 3;
    /// Payload of a VEX or EVEX prefix.
    pub const VEX: u8 = 4;
    /// An opcode after VEX or EVEX.
    pub const VEX_OPCODE: u8 = 5;
    /// ModRM.
    pub const MODRM: u8 = 6;
    /// SIB.
    pub const SIB: u8 = 7;
    /// A one-byte displacement.
    pub const DISP8: u8 = 8;
    /// First of four (or, rarely, two) bytes of a displacement or absolute address.
    pub const DISP32: u8 = 9;
    /// Last byte of a displacement.
    pub const DISP_LAST: u8 = 12;
    /// A one-byte immediate.
    pub const IMM8: u8 = 13;
    /// A one-byte branch distance.
    pub const REL8: u8 = 14;
    /// First of two or four bytes of an immediate.
    pub const IMM32: u8 = 15;
    /// First of four bytes of a branch target.
    pub const REL32: u8 = 19;
    /// Last byte of a branch target.
    pub const REL32_LAST: u8 = 22;
    /// First of four bytes of a displacement to the instruction pointer.
    pub const RIP: u8 = 23;
    /// Last byte of it.
    pub const RIP_LAST: u8 = 26;
    /// Bytes of an immediate beyond the fourth.
    pub const HIGH: u8 = 27;
    /// Number of phases.
    #[cfg(test)]
    pub const COUNT: usize = 28;
}

/// An instruction, as far as it was read.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Instruction {
    /// Opcode map: 0 one byte, 1 after 0F, 2 after 0F 38, 3 after 0F 3A.
    pub map: u8,
    /// Opcode byte within the map.
    pub opcode: u8,
    /// ModRM byte, 0 without one.
    pub modrm: u8,
    /// SIB byte, 0 without one.
    pub sib: u8,
    /// REX byte, 0 without one.
    pub rex: u8,
    /// Set of prefixes seen: 1 operand size, 2 address size, 4 F2, 8 F3, 16 segment, 32 lock, 64
    /// VEX.
    pub prefixes: u8,
    /// There is a ModRM byte.
    pub has_modrm: bool,
    /// Displacement, as read (first byte highest).
    pub displacement: u32,
    /// Immediate or branch target, as read (first byte highest; the last four bytes).
    pub immediate: u32,
    /// Bytes of the displacement read.
    pub displacement_length: u8,
    /// Bytes of the immediate read.
    pub immediate_length: u8,
    /// Bytes so far.
    pub length: u8,
}

impl Instruction {
    /// Opcode with map, addressing mode, and the reg field where it extends the opcode.
    #[must_use]
    pub fn class(&self) -> u32 {
        let mode = if self.has_modrm { u32::from(self.modrm >> 6) + 1 } else { 0 };
        let extension =
            if is_group(self.map, self.opcode) { u32::from(self.modrm >> 3 & 7) + 1 } else { 0 };
        u32::from(self.opcode) | u32::from(self.map) << 8 | mode << 10 | extension << 13
    }
}

/// The decoder.
#[derive(Clone, Default, Debug)]
pub struct Decoder {
    /// The instruction being read.
    pub current: Instruction,
    /// What the next byte is: one of [`phase`].
    pub phase: u8,
    /// Code is 64-bit.
    pub wide: bool,
    displacement: u8,
    immediate: u8,
    first_immediate_phase: u8,
    payload: u8,
    form: Option<Form>,
}

impl Decoder {
    /// Takes in the next byte; gives the instruction if that was its last.
    #[inline]
    pub fn step(&mut self, byte: u8) -> Option<Instruction> {
        self.current.length += 1;
        let done = match self.phase {
            phase::START | phase::PREFIXED => self.opcode_or_prefix(byte),
            phase::MAP1 => match byte {
                0x38 => self.expect_map(2),
                0x3a => self.expect_map(3),
                _ => self.opcode(1, byte),
            },
            phase::MAP23 | phase::VEX_OPCODE => self.opcode(self.current.map, byte),
            phase::VEX => self.vex_payload(byte),
            phase::MODRM => self.modrm(byte),
            phase::SIB => {
                self.current.sib = byte;
                if byte & 7 == 5 && self.current.modrm >> 6 == 0 {
                    self.displacement = 4;
                }
                self.operands()
            }
            phase::DISP8..=phase::DISP_LAST | phase::RIP..=phase::RIP_LAST => {
                self.current.displacement = self.current.displacement << 8 | u32::from(byte);
                self.current.displacement_length += 1;
                self.displacement -= 1;
                if self.displacement == 0 {
                    self.operands()
                } else {
                    self.phase += 1;
                    false
                }
            }
            _ => {
                self.current.immediate = self.current.immediate << 8 | u32::from(byte);
                self.current.immediate_length += 1;
                self.immediate -= 1;
                self.operands()
            }
        };
        // No instruction is longer than 15 bytes.
        if done || self.current.length >= 15 {
            let instruction = self.current;
            self.current = Instruction::default();
            self.phase = phase::START;
            self.displacement = 0;
            self.immediate = 0;
            return Some(instruction);
        }
        None
    }

    fn opcode_or_prefix(&mut self, byte: u8) -> bool {
        let wide = self.wide;
        self.current.prefixes |= match byte {
            0x66 => 1,
            0x67 => 2,
            0xf2 => 4,
            0xf3 => 8,
            0x26 | 0x2e | 0x36 | 0x3e | 0x64 | 0x65 => 16,
            0xf0 => 32,
            0x40..=0x4f if wide => {
                self.current.rex = byte;
                0
            }
            0x0f => {
                self.phase = phase::MAP1;
                return false;
            }
            0xc4 | 0xc5 | 0x62 if wide => {
                self.expect_vex(byte);
                return false;
            }
            _ => return self.opcode(0, byte),
        };
        self.phase = phase::PREFIXED;
        false
    }

    fn expect_map(&mut self, map: u8) -> bool {
        self.current.map = map;
        self.phase = phase::MAP23;
        false
    }

    fn expect_vex(&mut self, byte: u8) {
        self.current.prefixes |= 64;
        self.current.map = 1;
        self.payload = match byte {
            0x62 => 3,
            0xc4 => 2,
            _ => 1,
        };
        self.phase = phase::VEX;
    }

    fn vex_payload(&mut self, byte: u8) -> bool {
        // The first of two or more payload bytes names the map; REX.W does not matter for lengths.
        if self.payload > 1 && self.current.rex == 0 {
            self.current.map = (byte & 3).max(1);
            self.current.rex = 0x40;
        }
        self.payload -= 1;
        if self.payload == 0 {
            self.phase = phase::VEX_OPCODE;
        }
        false
    }

    fn opcode(&mut self, map: u8, byte: u8) -> bool {
        self.current.map = map;
        self.current.opcode = byte;
        let form = form_of(map, byte);
        self.form = Some(form);
        self.immediate = match form.immediate {
            Immediate::None | Immediate::TestByte | Immediate::TestFull => 0,
            Immediate::Byte | Immediate::Near => 1,
            Immediate::Word => 2,
            Immediate::WordByte => 3,
            Immediate::Full => self.full(),
            Immediate::Far => 4,
            Immediate::Wide if self.current.rex & 8 != 0 => 8,
            Immediate::Wide => self.full(),
            Immediate::Address if self.wide => 8,
            Immediate::Address => 4,
            Immediate::Pointer => 6,
        };
        self.first_immediate_phase = match form.immediate {
            Immediate::Byte => phase::IMM8,
            Immediate::Near => phase::REL8,
            Immediate::Far => phase::REL32,
            Immediate::Address => {
                if !self.wide {
                    // An absolute address is a displacement in all but name.
                    self.displacement = 4;
                    self.immediate = 0;
                }
                phase::IMM32
            }
            _ => phase::IMM32,
        };
        if form.modrm {
            self.phase = phase::MODRM;
            return false;
        }
        self.operands()
    }

    fn full(&self) -> u8 {
        if self.current.prefixes & 1 != 0 { 2 } else { 4 }
    }

    fn modrm(&mut self, byte: u8) -> bool {
        let current = &mut self.current;
        current.modrm = byte;
        current.has_modrm = true;
        let (mode, register, base) = (byte >> 6, byte >> 3 & 7, byte & 7);
        if mode == 3 && current.map == 0 && matches!(current.opcode, 0xc4 | 0xc5 | 0x62) {
            // In 32-bit code these are LDS, LES and BOUND with memory, VEX and EVEX otherwise.
            self.expect_vex(self.current.opcode);
            return self.vex_payload(byte);
        }
        if register < 2 {
            match self.form.map(|form| form.immediate) {
                Some(Immediate::TestByte) => {
                    self.immediate = 1;
                    self.first_immediate_phase = phase::IMM8;
                }
                Some(Immediate::TestFull) => self.immediate = self.full(),
                _ => {}
            }
        }
        let short = self.current.prefixes & 2 != 0 && !self.wide;
        self.displacement = match (mode, base) {
            (0, 6) if short => 2,
            (2, _) if short => 2,
            (0, 5) if !short => 4,
            (1, _) => 1,
            (2, _) => 4,
            _ => 0,
        };
        if mode < 3 && base == 4 && !short {
            self.phase = phase::SIB;
            return false;
        }
        self.operands()
    }

    /// Sets the phase of what is left: displacement, then immediate. True when nothing is.
    fn operands(&mut self) -> bool {
        if self.displacement > 0 {
            let relative = self.wide && self.current.has_modrm && self.current.modrm & 0xc7 == 5;
            self.phase = match self.displacement {
                1 => phase::DISP8,
                _ if relative => phase::RIP,
                _ => phase::DISP32,
            };
        } else if self.immediate > 0 {
            let read = self.current.immediate_length;
            self.phase = if read < 4 { self.first_immediate_phase + read } else { phase::HIGH };
        } else {
            return true;
        }
        false
    }
}
