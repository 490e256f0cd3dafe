//! What followed the same few instructions, operands aside, the last time.
//!
//! A match model over instructions instead of bytes: functions that differ in registers saved,
//! displacements and targets are alike for longer than any run of equal bytes.

use crate::model::hash::combine;

/// Bytes remembered, a power of two.
const WINDOW: usize = 1 << 22;
/// Places remembered for each grain, a power of two.
const PLACES: usize = 1 << 18;
/// Grains: by the heads of three instructions, and by the classes of six.
pub const GRAINS: usize = 2;

/// A place in the window that goes on as the code does.
#[derive(Clone, Copy, Default)]
struct Pointer {
    /// Whose byte is expected next, 0 for none.
    position: u32,
    /// Instructions that went alike since it was found.
    length: u32,
}

/// The last place of every sequence of instructions, and what followed there.
#[derive(Clone)]
pub struct Alike {
    window: Box<[u8]>,
    places: [Box<[u32]>; GRAINS],
    pointers: [Pointer; GRAINS],
    position: u32,
}

impl Default for Alike {
    fn default() -> Self {
        Self {
            window: vec![0; WINDOW].into_boxed_slice(),
            places: std::array::from_fn(|_| vec![0; PLACES].into_boxed_slice()),
            pointers: [Pointer::default(); GRAINS],
            position: 0,
        }
    }
}

impl Alike {
    /// Takes in a byte of an instruction's head or (`is_head` false) of an operand, and, if it ends
    /// an instruction, a hash of the last ones for each grain. Other operands do not end what is
    /// alike.
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
        for ((pointer, places), hash) in self.pointers.iter_mut().zip(&mut self.places).zip(hashes)
        {
            let place = &mut places[(hash >> 14) as usize & (PLACES - 1)];
            if pointer.position == 0 {
                *pointer = Pointer { position: *place, length: 0 };
            } else {
                pointer.length = pointer.length.saturating_add(1);
            }
            *place = self.position;
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
        let mut alike = Alike::default();
        for operand in [1u8, 2] {
            alike.push(0x8b, true, None);
            alike.push(operand, false, Some([9 << 14; GRAINS]));
            alike.push(0xc3, true, Some([7 << 14; GRAINS]));
        }
        // Behind the second return stands what stood behind the first.
        assert_eq!(alike.expected(0), [256 + 0x8b, 1]);
        alike.push(0x8b, true, None);
        assert_eq!(alike.expected(1), [256 + 2, 1]);
        alike.push(0x90, false, None);
        assert_eq!(alike.expected(0), [256 + 0xc3, 1]);
        alike.push(0xc2, true, None);
        assert_eq!(alike.expected(0), [0, 0]);
    }
}
