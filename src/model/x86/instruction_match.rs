//! Matches of instructions: what followed the same few instructions, operands aside, the last time.
//!
//! A match model over instructions instead of bytes: functions that differ in registers saved,
//! displacements and targets match for longer than their bytes do.

use crate::model::hash::combine;

/// Bytes remembered, a power of two.
const WINDOW: usize = 1 << 22;
/// Positions remembered for each grain, a power of two.
const POSITIONS: usize = 1 << 18;
/// Grains: by the heads of three instructions, and by the classes of six.
pub const GRAINS: usize = 2;

/// A position in the window after which the same bytes followed as in the code.
#[derive(Clone, Copy, Default)]
struct Pointer {
    /// Position of the byte that is expected next, 0 for none.
    position: u32,
    /// Instructions that were the same since it was found.
    length: u32,
}

/// The last position after every sequence of instructions, and the bytes that followed there.
#[derive(Clone)]
pub struct InstructionMatch {
    window: Box<[u8]>,
    positions: [Box<[u32]>; GRAINS],
    pointers: [Pointer; GRAINS],
    position: u32,
}

impl Default for InstructionMatch {
    fn default() -> Self {
        Self {
            window: vec![0; WINDOW].into_boxed_slice(),
            positions: std::array::from_fn(|_| vec![0; POSITIONS].into_boxed_slice()),
            pointers: [Pointer::default(); GRAINS],
            position: 0,
        }
    }
}

impl InstructionMatch {
    /// Takes in a byte of an instruction's head or (`is_head` false) of an operand, and, if it ends
    /// an instruction, a hash of the last ones for each grain. Other operands do not end a match.
    #[inline]
    pub fn push(&mut self, byte: u8, is_head: bool, ended: Option<[u32; GRAINS]>) {
        for pointer in &mut self.pointers {
            if pointer.position > 0 {
                if is_head && self.window[pointer.position as usize & (WINDOW - 1)] != byte {
                    *pointer = Pointer::default();
                } else {
                    pointer.position = pointer.position.wrapping_add(1);
                }
            }
        }
        self.window[self.position as usize & (WINDOW - 1)] = byte;
        self.position = self.position.wrapping_add(1);
        let Some(hashes) = ended else { return };
        for ((pointer, positions), hash) in
            self.pointers.iter_mut().zip(&mut self.positions).zip(hashes)
        {
            let last = &mut positions[(hash >> 14) as usize & (POSITIONS - 1)];
            if pointer.position == 0 {
                *pointer = Pointer { position: *last, length: 0 };
            } else {
                pointer.length = pointer.length.saturating_add(1);
            }
            *last = self.position;
        }
    }

    /// The byte that a grain (below [`GRAINS`]) expects, with 256 added, or 0; and how sure it is,
    /// 0 to 15.
    #[inline]
    #[must_use]
    pub fn expected(&self, grain: usize) -> [u32; 2] {
        let pointer = &self.pointers[grain & (GRAINS - 1)];
        if pointer.position == 0 {
            return [0; 2];
        }
        [
            256 + u32::from(self.window[pointer.position as usize & (WINDOW - 1)]),
            pointer.length.min(15),
        ]
    }

    /// A context of what a grain expects where the next byte is `phase`.
    #[inline]
    #[must_use]
    pub fn context(&self, grain: usize, phase: u32) -> u64 {
        let [byte, length] = self.expected(grain);
        u64::from(combine(byte, phase)) << 32 | u64::from(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operands_may_differ_and_heads_may_not() {
        let mut matches = InstructionMatch::default();
        for operand in [1u8, 2] {
            matches.push(0x8b, true, None);
            matches.push(operand, false, Some([9 << 14; GRAINS]));
            matches.push(0xc3, true, Some([7 << 14; GRAINS]));
        }
        // The second return is followed by what followed the first.
        assert_eq!(matches.expected(0), [256 + 0x8b, 1]);
        matches.push(0x8b, true, None);
        assert_eq!(matches.expected(1), [256 + 2, 1]);
        matches.push(0x90, false, None);
        assert_eq!(matches.expected(0), [256 + 0xc3, 1]);
        matches.push(0xc2, true, None);
        assert_eq!(matches.expected(0), [0, 0]);
    }
}
