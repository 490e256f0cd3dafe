//! Where instructions begin and end.

use super::instruction::{Rest, extended_operands, operands};
use super::number::Number;

/// The instruction being read.
#[derive(Clone, Copy)]
pub struct Decoder {
    /// What is left of it.
    pub rest: Rest,
    /// Its opcode, and the one after a prefix.
    pub opcode: u8,
    /// The opcode after a prefix.
    pub extended: u32,
    /// The number being read.
    pub number: Number,
    /// Numbers before that.
    pub operand: u32,
    /// The first number.
    pub first: u32,
    /// Open blocks of the function.
    pub depth: u32,
}

/// What a byte ends.
#[derive(Clone, Copy, Default)]
pub struct Ends {
    /// A number, and its value.
    pub number: Option<u32>,
    /// An instruction.
    pub instruction: bool,
    /// The outermost block: a function.
    pub function: bool,
}

impl Default for Decoder {
    fn default() -> Self {
        Self {
            rest: Rest::Nothing,
            opcode: 0,
            extended: 0,
            number: Number::default(),
            operand: 0,
            first: 0,
            depth: 0,
        }
    }
}

impl Decoder {
    /// Takes in the next byte.
    #[inline]
    pub fn push(&mut self, byte: u8) -> Ends {
        let mut ends = Ends::default();
        match self.rest {
            Rest::Nothing => {
                self.opcode = byte;
                self.rest = operands(byte);
                (self.operand, self.first, self.extended) = (0, 0, 0);
            }
            Rest::Bytes(left) => {
                self.rest = if left > 1 { Rest::Bytes(left - 1) } else { Rest::Nothing }
            }
            Rest::Operands(..) | Rest::Extended(_) | Rest::Table => {
                ends.number = self.number.push(byte);
                if let Some(value) = ends.number {
                    self.finish_number(value);
                }
            }
        }
        if self.rest == Rest::Nothing {
            ends.instruction = true;
            match self.opcode {
                0x02..=0x04 | 0x06 => self.depth += 1,
                0x0b | 0x18 if self.depth == 0 => ends.function = true,
                0x0b | 0x18 => self.depth -= 1,
                _ => {}
            }
        }
        ends
    }

    fn finish_number(&mut self, value: u32) {
        self.operand += 1;
        if self.operand == 1 {
            self.first = value;
        }
        self.rest = match self.rest {
            Rest::Operands(numbers, bytes) if numbers > 1 => Rest::Operands(numbers - 1, bytes),
            Rest::Operands(_, bytes) if bytes > 0 => Rest::Bytes(bytes),
            Rest::Extended(prefix) => {
                self.extended = value;
                extended_operands(prefix, value)
            }
            // More than 64 Ki targets is no code.
            Rest::Table if value < 1 << 16 => Rest::Operands(value + 1, 0),
            _ => Rest::Nothing,
        };
    }
}

/// The length of the function body that `bytes` begin with: groups of variables, then instructions
/// up to the end of the outermost block.
#[must_use]
pub fn body_length(bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes;
    let groups = Number::read(&mut rest)?;
    for _ in 0..groups {
        Number::read(&mut rest)?;
        rest = rest.get(1..)?;
    }
    let mut decoder = Decoder::default();
    let length = rest.iter().position(|&byte| decoder.push(byte).function)?;
    Some(bytes.len() - rest.len() + length + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_end_where_they_should() {
        let codes: &[&[u8]] = &[
            &[0x20, 0x05],                   // local.get 5
            &[0x20, 0x85, 0x01],             // local.get 133
            &[0x41, 0xc0, 0x7b],             // i32.const
            &[0x28, 0x02, 0x90, 0x01],       // i32.load
            &[0x11, 0x03, 0x00],             // call_indirect
            &[0x0e, 0x02, 0x00, 0x01, 0x02], // br_table
            &[0x44, 0, 0, 0, 0, 0, 0, 0, 0], // f64.const
            &[0x6a],                         // i32.add
            &[0xfc, 0x0a, 0x00, 0x00],       // memory.copy
            &[0xfd, 0x54, 0x00, 0x10, 0x03], // v128.load8_lane
            &[0xfe, 0x10, 0x02, 0x00],       // i32.atomic.load
            &[0x02, 0x40],                   // block
        ];
        for code in codes {
            let mut decoder = Decoder::default();
            for (index, &byte) in code.iter().enumerate() {
                assert_eq!(
                    decoder.push(byte).instruction,
                    index + 1 == code.len(),
                    "{code:02x?} at {index}"
                );
            }
        }
    }

    #[test]
    fn bodies_end_with_their_outermost_block() {
        let body = [1, 2, 0x7f, 0x02, 0x40, 0x41, 0x0b, 0x1a, 0x0b, 0x0b, 0x0b];
        assert_eq!(body_length(&body), Some(10));
        assert_eq!(body_length(&body[..9]), None);
        assert_eq!(body_length(&[]), None);
        assert_eq!(body_length(&[5, 1]), None);
    }
}
