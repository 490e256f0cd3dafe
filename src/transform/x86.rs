//! Turns operands of x86 instructions that are relative to the instruction pointer into absolute
//! operands.
//!
//! A function that is called from many addresses is called with as many different displacements. As
//! an absolute address the operand is the same each time. The transform converts E8 (call) and E9
//! (jmp), and in x86-64 code also 0F 80…8F (jcc) and memory operands relative to RIP. The low three
//! bytes are written most significant first. So the byte that varies most comes last, and the other
//! bytes help to predict it. Ideas: the BCJ filters of archivers since the 1990s, and the
//! range-preserving sum of the LZX format for calls.
//!
//! Four bytes count as an operand if the top one is 00 or FF. That byte keeps its offset, and stays
//! one of these two values. So the inverse decides by the same byte.

use super::Parts;
use crate::error::{Error, Result};
use crate::varint::{self, Reader};

/// The stored id.
pub const ID: u8 = 1;

/// Targets must fit in 24 bits. Longer code is converted in pieces of this many bytes.
pub const MAX_SIZE: usize = 1 << 24;

/// The position of code in its program, and the instructions that are converted.
#[derive(Clone, Copy)]
struct CodePosition {
    /// Where the first byte of the code is, counted from the first possible target.
    base: u32,
    /// One more than the last possible target.
    size: u32,
    /// Is this x86-64 code? Then conditional jumps and memory operands are converted too.
    long: bool,
}

/// Converts `code`, whose offset in a file is `base`.
///
/// Targets count from [`MAX_SIZE`] / 2 bytes before the file where it is short enough for that: code
/// may be a part of a program, whose functions call others before and after that part. Parts of
/// programs are 2 to 20 % smaller than with targets that lie in the part, whole ones 0 to 3 %.
#[must_use]
pub fn forward(code: &[u8], base: usize) -> Parts {
    let base = match base.saturating_add(code.len()) {
        end if end <= MAX_SIZE / 2 => MAX_SIZE / 2 + base,
        end if end <= MAX_SIZE => base,
        // Targets are relative to the piece.
        _ => 0,
    };
    let place = CodePosition { base: base as u32, size: MAX_SIZE as u32, long: is_64_bit(code) };
    let mut inner = code.to_vec();
    convert(&mut inner, place, Direction::ToAbsolute);
    let mut params = vec![u8::from(place.long)];
    varint::put(&mut params, base as u64);
    varint::put(&mut params, MAX_SIZE as u64);
    Parts { id: ID, params, side: Vec::new(), compressed: Vec::new(), inner }
}

/// Does the code look like x86-64 code? REX.W prefixes tell. Compilers for x86-64 move cold blocks
/// far away, and conditional jumps to these blocks gain as calls do. In 32-bit code most blocks
/// stay near, and their displacements repeat more often than their targets.
fn is_64_bit(code: &[u8]) -> bool {
    code.iter().filter(|&&byte| byte == 0x48).count() * 40 > code.len()
}

/// Undoes [`forward`].
///
/// # Errors
/// [`Error::Corrupt`] for bad parameters, or if the result is longer than `limit`.
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
        CodePosition { base: base as u32, size: size as u32, long: long == 1 },
        Direction::ToRelative,
    );
    Ok(code)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Direction {
    ToAbsolute,
    ToRelative,
}

/// Converts from the end to the start, and back from the start to the end. In both directions, when
/// an opcode is inspected, all bytes before it are original and all bytes after it are converted.
/// So operands may overlap, and both directions still make the same decisions.
fn convert(code: &mut [u8], place: CodePosition, direction: Direction) {
    let Some(last) = code.len().checked_sub(5) else { return };
    match direction {
        Direction::ToAbsolute => {
            (0..=last).rev().for_each(|at| convert_at(code, at, place, direction))
        }
        Direction::ToRelative => (0..=last).for_each(|at| convert_at(code, at, place, direction)),
    }
}

#[inline]
fn convert_at(
    code: &mut [u8],
    at: usize,
    CodePosition { base, size, long }: CodePosition,
    direction: Direction,
) {
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

/// Offset of the operand of the instruction whose last opcode byte is at `at`.
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
        // The same after two-byte opcodes: widening moves, SSE moves and arithmetic.
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

/// The low three bytes in reverse order.
fn swapped([a, b, c, top]: [u8; 4]) -> [u8; 4] {
    [c, b, a, top]
}

/// The absolute target for the displacement `value` of an operand that ends at `next`, in a program
/// of `size` bytes. If the target is outside the program, the displacement becomes a value that no
/// target inside needs. The map is a bijection on -next..size.
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

/// Is the top byte 00 or FF?
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
        let parts = forward(&code, 0);
        for at in [3usize, 20, 40] {
            assert_eq!(parts.inner[at + 1..at + 5], [0x80, 0x03, 0xE8, 0]);
        }
        assert_eq!(inverse(parts, 64).unwrap(), code);
    }

    /// A part of a program calls functions that are not in the part.
    #[test]
    fn calls_out_of_the_part_become_equal() {
        for (base, target) in [(0, -90_000i32), (50_000, 3_000_000)] {
            let mut code = vec![0x90; 64];
            for at in [3usize, 20, 40] {
                code[at] = 0xE8;
                let displacement = target - (at as i32 + 5);
                code[at + 1..at + 5].copy_from_slice(&displacement.to_le_bytes());
            }
            let parts = forward(&code, base);
            let operand = |at: usize| parts.inner[at + 1..at + 5].to_vec();
            assert_eq!(operand(3), operand(20), "{target}");
            assert_eq!(operand(3), operand(40), "{target}");
            assert_eq!(inverse(parts, 64).unwrap(), code);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_return(
            bytes in proptest::collection::vec(proptest::prop_oneof![0u8..=255, 0xE8u8..=0xE9, 0u8..1, 0xFEu8..=0xFF, 0x0Fu8..=0x10, 0x80u8..0x90], 0..300),
            base in proptest::prop_oneof![0usize..2000, MAX_SIZE / 2 - 400..MAX_SIZE / 2 + 400, MAX_SIZE - 400..MAX_SIZE + 400],
        ) {
            let parts = forward(&bytes, base);
            proptest::prop_assert_eq!(inverse(parts, bytes.len()).unwrap(), bytes);
        }
    }
}
