//! x86 and x86-64 code: contexts from the instruction being read and those before it.
//!
//! Ideas: instruction-phase contexts are those of the PAQ8 family; register-wise displacement
//! history, the return-address alignment, the pending jump targets, the provenance of values, the
//! offsets of the frame and the matches of instructions are this model's own.

mod contexts;
pub mod decoder;
#[cfg(test)]
mod decoder_tests;
mod frame;
mod instruction_match;
pub mod opcodes;
mod provenance;
pub mod registers;

use crate::model::hash::combine;
pub use contexts::{X86Context, X86Selector};
use decoder::{Decoder, Instruction, phase};
use instruction_match::InstructionMatch;
use provenance::Provenance;
use registers::Registers;

/// Entries of the table of last operands.
const OPERANDS: usize = 1 << 12;

/// A finished instruction in three grains.
#[derive(Clone, Copy, Default)]
struct Past {
    /// Every byte.
    exact: u32,
    /// All but displacement and immediate.
    head: u32,
    /// Opcode, addressing mode, group.
    class: u32,
    /// Opcode only.
    opcode: u32,
}

/// What only the largest profiles follow: 6 MiB, and a few percent of their time.
#[derive(Clone, Default)]
struct Deep {
    provenance: Provenance,
    instruction_match: InstructionMatch,
}

/// Decoder, instruction history, and what was derived from them at the last byte.
#[derive(Clone)]
pub struct X86State {
    decoder: Decoder,
    registers: Registers,
    past: [Past; 8],
    /// Every byte of this instruction.
    exact: u32,
    /// All bytes of this instruction but displacement and immediate.
    head: u32,
    /// Bytes so far of the operand being read, with their number.
    value: u32,
    /// Last two operands of each head.
    operands: Box<[[u32; 2]; OPERANDS]>,
    /// Last operands of this head and phase.
    known: [u32; 2],
    /// Last two displacements for each base register (16) and one-byte or longer.
    based: [[u32; 2]; 32],
    /// Last branch targets: of calls and jumps, and of conditional branches.
    targets: [u32; 2],
    /// Pushes since the last call.
    pushes: u32,
    /// Pushes before the last call.
    pushed: u32,
    /// Branches that end at a position, by its low bits.
    pending: [u8; 256],
    /// Which of them are not zero, a bit each.
    pending_at: [u64; 4],
    /// Distance to the two nearest of them.
    nearest: [u32; 2],
    position: u32,
    /// Share of moves with a REX prefix, 16 fractional bits.
    rex_share: u32,
    /// How much the last instructions look like code, 16 fractional bits.
    code_score: u32,
    last: u32,
    deep: Option<Box<Deep>>,
}

/// Opcodes that make up most of compiled code (and little of data), maps 0 and 1.
const fn is_common(map: u8, opcode: u8) -> bool {
    match map {
        0 => {
            let arithmetic =
                matches!(opcode, 0x03 | 0x2b | 0x33 | 0x3b | 0x39 | 0x80..=0x83 | 0xc1);
            let moves = matches!(opcode, 0x84..=0x8d | 0xa1 | 0xb8..=0xbf | 0xc7 | 0xf6 | 0xf7);
            let stack = matches!(opcode, 0x50..=0x5f | 0x68 | 0x6a | 0xc2 | 0xc3 | 0xc9 | 0xff);
            let jumps = matches!(opcode, 0x74 | 0x75 | 0x7c..=0x7f | 0xe8 | 0xe9 | 0xeb);
            arithmetic || moves || stack || jumps
        }
        1 => matches!(
            opcode,
            0x10 | 0x11 | 0x1f | 0x28 | 0x29 | 0x44 | 0x45 | 0x57 | 0x6f | 0x7f | 0x80
                ..=0x9f | 0xaf | 0xb6 | 0xb7 | 0xbe | 0xbf
        ),
        _ => false,
    }
}

impl Default for X86State {
    /// Nothing seen yet; 32-bit code is assumed.
    fn default() -> Self {
        Self {
            decoder: Decoder::default(),
            registers: Registers::default(),
            past: [Past::default(); 8],
            exact: 0,
            head: 0,
            value: 1,
            operands: vec![[0; 2]; OPERANDS]
                .into_boxed_slice()
                .try_into()
                .unwrap_or_else(|_| unreachable!()),
            known: [0; 2],
            based: [[0; 2]; 32],
            targets: [0; 2],
            pushes: 0,
            pushed: 0,
            pending: [0; 256],
            pending_at: [0; 4],
            nearest: [0; 2],
            position: 0,
            rex_share: 0,
            code_score: 0,
            last: 0,
            deep: None,
        }
    }
}

impl X86State {
    /// What the next byte is, one of [`phase`].
    #[must_use]
    pub fn phase(&self) -> u8 {
        self.decoder.phase
    }

    /// Takes in the next byte.
    #[inline]
    fn read(&mut self, byte: u8) {
        self.detect_mode(byte);
        self.position = self.position.wrapping_add(1);
        let before = self.decoder.phase;
        let finished = self.decoder.step(byte);
        self.last = self.last << 8 | u32::from(byte);
        self.exact = combine(self.exact, u32::from(byte) + 1);
        let is_head = before <= phase::SIB;
        if is_head {
            self.head = combine(self.head, u32::from(byte) + 1);
        } else {
            self.value = self.value << 8 | u32::from(byte);
        }
        // An operand ends where the phase does not go on counting.
        if !is_head && (finished.is_some() || self.decoder.phase != before + 1) {
            self.remember(before, finished.as_ref());
            self.value = 1;
        }
        if let Some(instruction) = finished {
            self.finish(&instruction);
        }
        if let Some(deep) = &mut self.deep {
            let past = &self.past;
            let ended = finished.map(|_| {
                let heads = combine(
                    combine(past[0].head, past[1].head),
                    combine(past[2].head, past[3].class),
                );
                [
                    heads,
                    combine(past[..6].iter().fold(0, |hash, past| combine(hash, past.class)), 1),
                ]
            });
            deep.instruction_match.push(byte, is_head, ended);
        }
        let phase = self.decoder.phase;
        if phase > phase::SIB {
            self.known = self.operands[self.operand_slot(phase)];
        } else {
            self.known = [0; 2];
        }
        let passed = self.position.wrapping_sub(1) as usize & 255;
        self.pending[passed] = 0;
        self.pending_at[passed / 64] &= !(1 << (passed % 64));
        if matches!(phase, phase::REL8 | phase::START) {
            self.find_nearest();
        }
    }

    /// 64-bit code is told by how many of its moves carry REX.W.
    fn detect_mode(&mut self, byte: u8) {
        if matches!(byte, 0x89 | 0x8b | 0x8d) {
            let hit = u32::from(self.last & 0xf0 == 0x40) * 65535;
            self.rex_share = self.rex_share - (self.rex_share >> 5) + (hit >> 5);
            // 64-bit programs of several compilers lie at 55 to 75 %, 32-bit ones below 4 %.
            self.decoder.wide = self.rex_share > 65536 / 4;
        }
    }

    fn operand_slot(&self, phase: u8) -> usize {
        // One slot for all bytes of the operand.
        let kind = match phase {
            phase::DISP8 => 1,
            phase::DISP32..=phase::DISP_LAST => 2,
            phase::IMM8 => 3,
            phase::REL8 => 4,
            phase::REL32..=phase::REL32_LAST => 5,
            phase::RIP..=phase::RIP_LAST => 6,
            _ => 7,
        };
        (combine(self.head, kind) >> 20) as usize & (OPERANDS - 1)
    }

    /// An operand was read whose last byte had `phase`.
    fn remember(&mut self, phase: u8, finished: Option<&Instruction>) {
        let slot = self.operand_slot(phase);
        let [newest, _] = self.operands[slot];
        self.operands[slot] = [self.value, newest];
        match phase {
            phase::DISP8..=phase::DISP_LAST => {
                let instruction = finished.unwrap_or(&self.decoder.current);
                let base = base_register(instruction);
                let history = &mut self.based[base as usize & 31];
                *history = [self.value, history[0]];
            }
            phase::REL32..=phase::REL32_LAST => {
                if let Some(instruction) = finished {
                    self.targets[usize::from(instruction.map > 0)] = self.value;
                }
            }
            phase::REL8 => {
                let distance = self.value & 0xff;
                if distance < 0x80 {
                    let at = (self.position + distance) as usize & 255;
                    self.pending[at] = self.pending[at].saturating_add(1);
                    self.pending_at[at / 64] |= 1 << (at % 64);
                    if let Some(deep) = &mut self.deep {
                        deep.provenance.branch(self.position.wrapping_add(distance));
                    }
                }
            }
            _ => {}
        }
    }

    fn finish(&mut self, instruction: &Instruction) {
        let common = is_common(instruction.map, instruction.opcode);
        self.code_score = self.code_score - (self.code_score >> 4) + (u32::from(common) << 12);
        let opcode = u32::from(instruction.opcode)
            | u32::from(instruction.map) << 8
            | u32::from(instruction.prefixes & 13) << 16;
        if instruction.map == 0 {
            match instruction.opcode {
                0x50..=0x57 | 0x68 | 0x6a => self.pushes += 1,
                0xff if instruction.modrm >> 3 & 7 == 6 => self.pushes += 1,
                0xe8 => {
                    self.pushed = self.pushes;
                    self.pushes = 0;
                }
                0xff if instruction.modrm >> 3 & 7 == 2 => {
                    self.pushed = self.pushes;
                    self.pushes = 0;
                }
                0xc3 | 0xc2 | 0xeb | 0xe9 => self.pushes = 0,
                _ => {}
            }
        }
        self.registers.push(instruction);
        if let Some(deep) = &mut self.deep {
            deep.provenance.push(instruction, self.position, self.decoder.wide);
        }
        let past = Past { exact: self.exact, head: self.head, class: instruction.class(), opcode };
        self.past.copy_within(0..7, 1);
        self.past[0] = past;
        self.exact = 0;
        self.head = 0;
    }

    fn find_nearest(&mut self) {
        // The distance of a one-byte branch counts from the end of that byte.
        let from = self.position.wrapping_add(1);
        let (word, shift) = (from as usize / 64, from % 64);
        let part = |k: usize| self.pending_at[(word + k) & 3];
        // Two words of the ring from `from` on, of which distances of up to 127 count.
        let ahead = (u128::from(part(1)) << 64 | u128::from(part(0))) >> shift
            | (u128::from(part(2)) << 64 << (63 - shift) << 1);
        let mut ahead = ahead & (u128::MAX >> 1);
        self.nearest = [0; 2];
        for nearest in &mut self.nearest {
            if ahead == 0 {
                break;
            }
            *nearest = ahead.trailing_zeros() + 1;
            ahead &= ahead - 1;
        }
    }
}

/// The base register of the operand (no base: 12), 16 and above for one-byte displacements.
#[inline]
fn base_register(instruction: &Instruction) -> u32 {
    let (mode, rm) = (instruction.modrm >> 6, u32::from(instruction.modrm & 7));
    let extended = u32::from(instruction.rex & 1) << 3;
    let base = match (mode, rm) {
        (0, 5) => 12,
        (0..=2, 4) => u32::from(instruction.sib & 7) | extended,
        _ => rm | extended,
    };
    base | u32::from(mode == 1) << 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mode_is_told_from_the_code() {
        let mut state = X86State::default();
        for _ in 0..100 {
            [0x48, 0x89, 0xe5, 0x48, 0x8b, 0x45, 0xf8, 0x89, 0xc7]
                .iter()
                .for_each(|&byte| state.read(byte));
        }
        assert!(state.decoder.wide);
        for _ in 0..100 {
            [0x8b, 0xec, 0x8b, 0x45, 0x08, 0x89, 0x45, 0xfc]
                .iter()
                .for_each(|&byte| state.read(byte));
        }
        assert!(!state.decoder.wide);
    }

    #[test]
    fn operands_are_remembered() {
        let mut state = X86State::default();
        for _ in 0..2 {
            [0x8b, 0x45, 0x08, 0x8b].iter().for_each(|&byte| state.read(byte));
            state.read(0x45);
            assert_eq!(state.known[0], 0x108);
            state.read(0x08);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes(bytes in proptest::collection::vec(0u8.., 0..600)) {
            let mut state = X86State::default();
            for byte in bytes {
                state.read(byte);
                let waiting = |distance: &u32| {
                    state.pending[(state.position + distance) as usize & 255] > 0
                };
                let mut nearest = (1..128).filter(waiting).chain([0, 0]);
                let nearest = [(); 2].map(|()| nearest.next().unwrap());
                state.find_nearest();
                proptest::prop_assert_eq!(state.nearest, nearest);
            }
        }
    }
}
