//! Which offsets of a function's frame were used last, and which wait to be read.
//!
//! An offset counts from the value that the stack pointer had when the function began, so that
//! pushes in between do not move it. The instruction after a call tells a function that takes its
//! arguments off the stack from one that leaves this to its caller.

use super::base_register;
use super::decoder::Instruction;

/// Register number of the stack pointer; the frame pointer's is one more.
const STACK_POINTER: u32 = 4;
/// Instructions at the start of a function whose pushes save registers and are no arguments.
const PROLOGUE: u32 = 5;
/// Marks an entry of `unread` as one.
const TAKEN: u32 = 1 << 31;

/// The frame at the end of the last instruction.
#[derive(Clone, Copy, Default)]
pub struct Frame {
    /// Bytes that the stack pointer has moved down since the function began.
    depth: u32,
    /// The same after the prologue.
    settled: u32,
    /// Bytes of arguments pushed since the last call.
    pushed: u32,
    /// Offsets stored to and not read since, the newest first: twice the offset, the low bit of the
    /// base register, [`TAKEN`].
    unread: [u32; 4],
    /// The last two offsets used by way of the stack and of the frame pointer, the newest first.
    used: [[u32; 2]; 2],
    /// Instructions since the newest of `unread` was stored to.
    age: u32,
    /// The last instruction was a call.
    called: bool,
}

impl Frame {
    /// Takes in an instruction, the one number `since` of its function; `word` is what a push moves
    /// the stack by.
    #[inline]
    pub fn push(&mut self, instruction: &Instruction, since: u32, word: u32) {
        self.age = self.age.saturating_add(1);
        if instruction.has_modrm && instruction.displacement_length > 0 {
            let displacement = match instruction.displacement_length {
                1 => i32::from(instruction.displacement as u8 as i8) as u32,
                _ => instruction.displacement.swap_bytes(),
            };
            let stores = match instruction.map {
                0 => matches!(instruction.opcode, 0x88 | 0x89 | 0x8d | 0xc6 | 0xc7),
                1 => matches!(instruction.opcode, 0x11 | 0x29 | 0x7f),
                _ => false,
            };
            self.use_offset(base_register(instruction) & 15, displacement, stores);
        }
        self.move_stack(instruction, since, word);
    }

    fn use_offset(&mut self, base: u32, displacement: u32, stores: bool) {
        if base & !1 != STACK_POINTER {
            return;
        }
        let offset = displacement.wrapping_sub(self.origin(base));
        let used = &mut self.used[base as usize & 1];
        if used[0] != offset {
            *used = [offset, used[0]];
        }
        let entry = offset << 1 | base & 1 | TAKEN;
        if let Some(found) = self.unread.iter().position(|&other| other == entry) {
            self.unread.copy_within(found + 1.., found);
            self.unread[3] = 0;
        }
        if stores {
            self.unread.copy_within(0..3, 1);
            self.unread[0] = entry;
            self.age = 0;
        }
    }

    /// Bytes that a displacement from `base` is more than the offset.
    fn origin(&self, base: u32) -> u32 {
        if base == STACK_POINTER { self.depth } else { 0 }
    }

    fn move_stack(&mut self, instruction: &Instruction, since: u32, word: u32) {
        let was_called = std::mem::replace(&mut self.called, false);
        if instruction.map > 0 {
            return;
        }
        let (short, long) = (
            i32::from(instruction.immediate as u8 as i8) as u32,
            instruction.immediate.swap_bytes(),
        );
        // 64-bit code passes few arguments on the stack, and its callers take them off.
        let wide = word == 8;
        match (instruction.opcode, instruction.modrm) {
            (0x50..=0x57 | 0x68 | 0x6a, _) => {
                self.depth = self.depth.wrapping_add(word);
                let saves = instruction.opcode < 0x58 && since <= PROLOGUE;
                self.pushed = if saves { 0 } else { self.pushed.wrapping_add(word) };
            }
            (0xff, modrm) if modrm >> 3 & 7 == 6 => {
                self.depth = self.depth.wrapping_add(word);
                self.pushed = self.pushed.wrapping_add(word);
            }
            // A pop to a register without use, or an addition: the caller takes the arguments off.
            (0x59, _) | (0x83 | 0x81, 0xc4) if was_called && !wide => {}
            (0x58..=0x5f, _) => self.depth = self.depth.wrapping_sub(word),
            (0x83, 0xc4) => self.depth = self.depth.wrapping_sub(short),
            (0x81, 0xc4) => self.depth = self.depth.wrapping_sub(long),
            (0x83, 0xec) => self.depth = self.depth.wrapping_add(short),
            (0x81, 0xec) => self.depth = self.depth.wrapping_add(long),
            (0xe8, _) if !wide => self.leave_arguments(),
            (0xff, modrm) if modrm >> 3 & 7 == 2 && !wide => self.leave_arguments(),
            _ => {}
        }
        if since <= 2 * PROLOGUE
            && matches!(
                (instruction.opcode, instruction.modrm),
                (0x50..=0x57, _) | (0x83 | 0x81, 0xec)
            )
        {
            self.settled = self.depth;
        }
    }

    /// Takes in a return that does not end the function: a branch led to the next instruction from
    /// code with the depth of the prologue.
    pub fn resume(&mut self) {
        self.depth = self.settled;
    }

    /// The function called takes its arguments off the stack, or else the next instruction does.
    fn leave_arguments(&mut self) {
        self.depth = self.depth.wrapping_sub(self.pushed);
        self.pushed = 0;
        self.called = true;
    }

    /// The displacement from `base` to the newest offset stored to and not read since, 0 without
    /// one.
    #[inline]
    #[must_use]
    pub fn waiting(&self, base: u32) -> u32 {
        let found = self.unread.iter().find(|&&entry| entry != 0 && entry & 1 == base & 1);
        found
            .map_or(0, |&entry| (((entry << 1) as i32 >> 2) as u32).wrapping_add(self.origin(base)))
    }

    /// Instructions since the last store to an offset that was not read since, plus one, up to 15; 0
    /// without one.
    #[inline]
    #[must_use]
    pub fn waits(&self) -> u32 {
        if self.unread[0] == 0 { 0 } else { 1 + self.age.min(14) }
    }

    /// The displacements from `base` to the offsets used last.
    #[inline]
    #[must_use]
    pub fn recent(&self, base: u32) -> [u32; 2] {
        self.used[base as usize & 1].map(|offset| offset.wrapping_add(self.origin(base)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::decoder::Decoder;
    use super::*;

    fn after(code: &[u8]) -> Frame {
        let (mut decoder, mut frame, mut since) = (Decoder::default(), Frame::default(), 0);
        for &byte in code {
            if let Some(instruction) = decoder.step(byte) {
                since += 1;
                frame.push(&instruction, since, 4);
            }
        }
        frame
    }

    #[test]
    fn pushes_move_places_away_from_the_stack_pointer() {
        // sub esp, 16; mov [esp+8], eax
        let start = [0x83, 0xec, 16, 0x89, 0x44, 0x24, 8];
        let push = [0x68, 0, 0, 0, 0];
        let frame = after(&[&start[..], &push].concat());
        assert_eq!((frame.waiting(4), frame.recent(4)[0], frame.waiting(5)), (12, 12, 0));
        // A read: mov ecx, [esp+12]
        let frame = after(&[&start[..], &push, &[0x8b, 0x4c, 0x24, 12]].concat());
        assert_eq!((frame.waiting(4), frame.recent(4)[0]), (0, 12));
        // The function called took the argument off, or the instruction after the call does.
        let call = [0xe8, 0, 0, 0, 0];
        assert_eq!(after(&[&start[..], &push, &call].concat()).recent(4)[0], 8);
        assert_eq!(after(&[&start[..], &push, &call, &[0x83, 0xc4, 4]].concat()).recent(4)[0], 8);
        // mov [ebp-8], eax
        assert_eq!(after(&[0x55, 0x89, 0x45, 0xf8]).waiting(5), -8i32 as u32);
    }
}
