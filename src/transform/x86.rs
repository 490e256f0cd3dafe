//! x86 branch targets: relative to absolute, most significant byte first.
//!
//! A function that is called from many places is called with as many different displacements;
//! as an absolute address the operand is the same each time. Converted are E8 (call), E9 (jmp)
//! and 0F 80…8F (jcc) with a 32-bit displacement. The low three bytes are written most significant
//! first, so that the noisy one comes last, where the others predict it. Idea: the BCJ filters of
//! archivers since the 1990s.
//!
//! An operand is converted where the displacement's top byte is 00 or FF, and the sum is taken
//! in 25 bits, sign-extended: a bijection on exactly these operands. The top byte stays in its
//! place, so that the inverse makes the same choice from the same byte.

use super::Parts;
use crate::block::{Reader, put_varint};
use crate::error::{Error, Result};

/// The stored id.
pub const ID: u8 = 1;

/// Converts `code`, whose first byte lies `base` bytes into the file (any number that is the same
/// for all pieces of one program serves).
#[must_use]
pub fn forward(code: &[u8], base: usize) -> Parts {
    let mut inner = code.to_vec();
    convert(&mut inner, base as u32, Direction::ToAbsolute);
    let mut params = Vec::new();
    put_varint(&mut params, base as u64);
    Parts { id: ID, params, side: Vec::new(), packed: Vec::new(), inner }
}

/// Undoes [`forward`].
///
/// # Errors
/// [`Error::Corrupt`] for bad parameters or a result above `limit`.
pub fn inverse(parts: Parts, limit: usize) -> Result<Vec<u8>> {
    let mut reader = Reader::new(&parts.params);
    let base = reader.varint()?;
    if !reader.is_empty() || parts.inner.len() > limit {
        return Err(Error::Corrupt("parameters of the x86 transform".into()));
    }
    let mut code = parts.inner;
    convert(&mut code, base as u32, Direction::ToRelative);
    Ok(code)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    ToAbsolute,
    ToRelative,
}

/// Forward from the end to the start, back from the start to the end: when an opcode is looked at, all
/// that lies before it is original and all behind it converted, in both directions. So operands
/// may overlap and both sides still make the same choices.
fn convert(code: &mut [u8], base: u32, direction: Direction) {
    let Some(last) = code.len().checked_sub(5) else { return };
    match direction {
        Direction::ToAbsolute => (0..=last).rev().for_each(|at| convert_at(code, at, base, direction)),
        Direction::ToRelative => (0..=last).for_each(|at| convert_at(code, at, base, direction)),
    }
}

#[inline]
fn convert_at(code: &mut [u8], at: usize, base: u32, direction: Direction) {
    let byte = code[at];
    // 0F 8x is seen from its second byte, so that one test covers all operands.
    let branch = byte & 0xFE == 0xE8 || byte & 0xF0 == 0x80 && at > 0 && code[at - 1] == 0x0F;
    if !branch {
        return;
    }
    let operand = [code[at + 1], code[at + 2], code[at + 3], code[at + 4]];
    let next = base.wrapping_add(at as u32).wrapping_add(5);
    let converted = match direction {
        Direction::ToAbsolute => shifted(u32::from_le_bytes(operand), next).map(|sum| swapped(sum.to_le_bytes())),
        Direction::ToRelative => shifted(u32::from_le_bytes(swapped(operand)), next.wrapping_neg()).map(u32::to_le_bytes),
    };
    if let Some(bytes) = converted {
        code[at + 1..at + 5].copy_from_slice(&bytes);
    }
}

/// The low three bytes the other way round.
fn swapped([a, b, c, top]: [u8; 4]) -> [u8; 4] {
    [c, b, a, top]
}

/// `value` + `offset` in 25 bits, sign-extended; `None` unless `value` is such a number itself.
fn shifted(value: u32, offset: u32) -> Option<u32> {
    let top = value >> 24;
    if top != 0 && top != 0xFF {
        return None;
    }
    Some(((value.wrapping_add(offset) << 7) as i32 >> 7) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_to_one_function_become_equal() {
        let mut code = vec![0x90; 64];
        for at in [3usize, 20, 40] {
            code[at] = 0xE8;
            code[at + 1..at + 5].copy_from_slice(&(1000 - (at as i32 + 5)).to_le_bytes());
        }
        let parts = forward(&code, 0);
        for at in [3usize, 20, 40] {
            assert_eq!(parts.inner[at + 1..at + 5], [0, 0x03, 0xE8, 0]);
        }
        assert_eq!(inverse(parts, 64).unwrap(), code);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_return(bytes in proptest::collection::vec(proptest::prop_oneof![0u8..=255, 0xE8u8..=0xE9, 0u8..1, 0xFEu8..=0xFF, 0x0Fu8..=0x10, 0x80u8..0x90], 0..300), base in 0usize..1 << 30) {
            let parts = forward(&bytes, base);
            proptest::prop_assert_eq!(inverse(parts, bytes.len()).unwrap(), bytes);
        }
    }
}
