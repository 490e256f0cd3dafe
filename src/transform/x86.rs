//! x86 operands that are relative to the instruction pointer, to absolute ones.
//!
//! A function that is called from many places is called with as many different displacements;
//! as an absolute address the operand is the same each time. Converted are E8 (call) and E9 (jmp),
//! and in x86-64 code also 0F 80…8F (jcc) and memory operands relative to RIP. The low three bytes
//! are written most significant first, so that the noisy one comes last, where the others predict
//! it. Ideas: the BCJ filters of archivers since the 1990s, and the range-preserving sum of the
//! LZX format for calls.
//!
//! Four bytes are taken for an operand where the top one is 00 or FF. It stays in its place and
//! stays one of these two, so that the inverse makes the same choice from the same byte.

use super::Parts;
use crate::error::{Error, Result};
use crate::varint::{self, Reader};

/// The stored id.
pub const ID: u8 = 1;

/// Most bytes of a program: targets must fit in 24 bits. Longer code is cut.
pub const MAX_SIZE: usize = 1 << 24;

/// Where code lies and how it is converted.
#[derive(Clone, Copy)]
struct Place {
    /// Its first byte's distance from the start of the program.
    base: u32,
    /// Bytes of the program.
    size: u32,
    /// x86-64: conditional jumps and memory operands are converted too.
    long: bool,
}

/// Converts `code`, which lies `base` bytes into a program of `size` bytes: the file, or any other
/// number that its pieces share.
#[must_use]
pub fn forward(code: &[u8], base: usize, size: usize) -> Parts {
    // In a longer file targets count from the piece itself.
    let (base, size) = if size <= MAX_SIZE { (base, size) } else { (0, code.len().min(MAX_SIZE)) };
    let place = Place { base: base as u32, size: size as u32, long: is_64_bit(code) };
    let mut inner = code.to_vec();
    convert(&mut inner, place, Direction::ToAbsolute);
    let mut params = vec![u8::from(place.long)];
    varint::put(&mut params, base as u64);
    varint::put(&mut params, size as u64);
    Parts { id: ID, params, side: Vec::new(), packed: Vec::new(), inner }
}

/// Compilers for x86-64 move cold blocks far away, and conditional jumps to them profit like calls;
/// in 32-bit code most stay near, and their displacements repeat more than their targets. REX.W
/// tells the two apart.
fn is_64_bit(code: &[u8]) -> bool {
    code.iter().filter(|&&byte| byte == 0x48).count() * 40 > code.len()
}

/// Undoes [`forward`].
///
/// # Errors
/// [`Error::Corrupt`] for bad parameters or a result above `limit`.
pub fn inverse(parts: Parts, limit: usize) -> Result<Vec<u8>> {
    let mut reader = Reader::new(&parts.params);
    let (long, base, size) = (reader.byte()?, reader.len()?, reader.len()?);
    if !reader.is_empty()
        || long > 1
        || base > MAX_SIZE
        || size > MAX_SIZE
        || parts.inner.len() > limit.min(1 << 30)
    {
        return Err(Error::Corrupt("parameters of the x86 transform".into()));
    }
    let mut code = parts.inner;
    convert(
        &mut code,
        Place { base: base as u32, size: size as u32, long: long == 1 },
        Direction::ToRelative,
    );
    Ok(code)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    ToAbsolute,
    ToRelative,
}

/// Forward from the end to the start, back from the start to the end: when an opcode is looked at,
/// all that lies before it is original and all behind it converted, in both directions. So operands
/// may overlap and both sides still make the same choices.
fn convert(code: &mut [u8], place: Place, direction: Direction) {
    let Some(last) = code.len().checked_sub(5) else { return };
    match direction {
        Direction::ToAbsolute => {
            (0..=last).rev().for_each(|at| convert_at(code, at, place, direction))
        }
        Direction::ToRelative => (0..=last).for_each(|at| convert_at(code, at, place, direction)),
    }
}

#[inline]
fn convert_at(code: &mut [u8], at: usize, Place { base, size, long }: Place, direction: Direction) {
    let Some(start) = operand_start(code, at, long) else { return };
    let Some(&operand) = code[start..].first_chunk::<4>() else { return };
    let next = base + start as u32 + 4;
    let converted = match direction {
        Direction::ToAbsolute => {
            absolute(u32::from_le_bytes(operand), next, size).map(|sum| swapped(sum.to_le_bytes()))
        }
        Direction::ToRelative => {
            relative(u32::from_le_bytes(swapped(operand)), next, size).map(u32::to_le_bytes)
        }
    };
    if let Some(bytes) = converted {
        code[start..start + 4].copy_from_slice(&bytes);
    }
}

/// Where the operand of the instruction whose last opcode byte is at `at` starts.
#[inline]
fn operand_start(code: &[u8], at: usize, long: bool) -> Option<usize> {
    let byte = code[at];
    match byte {
        0xE8 | 0xE9 => Some(at + 1),
        // The second byte of 0F 8x.
        0x80..=0x8F if long && at > 0 && code[at - 1] == 0x0F => Some(at + 1),
        // An operand relative to the instruction pointer: mod 00, r/m 101.
        0x01..=0x03
        | 0x29..=0x2B
        | 0x31..=0x33
        | 0x38..=0x3B
        | 0x63
        | 0x80..=0x81
        | 0x83..=0x85
        | 0x88..=0x8D
        | 0xC6..=0xC7
        | 0xF6..=0xF7
        | 0xFF
            if long && code[at + 1] & 0xC7 == 5 =>
        {
            Some(at + 2)
        }
        // The same behind two-byte opcodes: widening moves, SSE moves and arithmetic.
        0x10..=0x11
        | 0x28..=0x2F
        | 0x51..=0x5F
        | 0x6E..=0x6F
        | 0x7E..=0x7F
        | 0xB6..=0xB7
        | 0xBE..=0xBF
        | 0xD6
        | 0xEF
            if long && at > 0 && code[at - 1] == 0x0F && code[at + 1] & 0xC7 == 5 =>
        {
            Some(at + 2)
        }
        _ => None,
    }
}

/// The low three bytes the other way round.
fn swapped([a, b, c, top]: [u8; 4]) -> [u8; 4] {
    [c, b, a, top]
}

/// The displacement `value` of an operand that ends at `next` in `size` bytes, as an absolute
/// target. Where the target lies outside, the displacement takes a place that no target inside
/// needs: a bijection on -next..size.
fn absolute(value: u32, next: u32, size: u32) -> Option<u32> {
    let (value, next, size) = (i64::from(value as i32), i64::from(next), i64::from(size));
    small(value).then(|| match value {
        v if next > size || v < -next || v >= size => v,
        v if v < size - next => v + next,
        v => v - size,
    } as u32)
}

/// Undoes [`absolute`].
fn relative(value: u32, next: u32, size: u32) -> Option<u32> {
    let (value, next, size) = (i64::from(value as i32), i64::from(next), i64::from(size));
    small(value).then(|| match value {
        v if next > size || v < -next || v >= size => v,
        v if v >= 0 => v - next,
        v => v + size,
    } as u32)
}

/// Whether the top byte is 00 or FF.
fn small(value: i64) -> bool {
    (-(1 << 24)..1 << 24).contains(&value)
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
        let parts = forward(&code, 0, 2000);
        for at in [3usize, 20, 40] {
            assert_eq!(parts.inner[at + 1..at + 5], [0, 0x03, 0xE8, 0]);
        }
        assert_eq!(inverse(parts, 64).unwrap(), code);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_return(bytes in proptest::collection::vec(proptest::prop_oneof![0u8..=255, 0xE8u8..=0xE9, 0u8..1, 0xFEu8..=0xFF, 0x0Fu8..=0x10, 0x80u8..0x90], 0..300), base in 0usize..2000, extra in 0usize..2000) {
            let parts = forward(&bytes, base, base + extra);
            proptest::prop_assert_eq!(inverse(parts, bytes.len()).unwrap(), bytes);
        }
    }
}
