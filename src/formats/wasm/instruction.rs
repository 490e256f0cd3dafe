//! What follows an opcode, and what its instruction does to the operand stack.
//!
//! Source: the binary format and the validation chapters of the WebAssembly core specification, and
//! the proposals of threads and exceptions.

/// What is left of an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rest {
    /// The next byte is an opcode.
    Nothing,
    /// So many LEB128 numbers, then so many bytes.
    Operands(u32, u32),
    /// So many bytes.
    Bytes(u32),
    /// A LEB128 second opcode after this prefix.
    Extended(u8),
    /// A LEB128 count, then one more number than that.
    Table,
}

/// The type of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(u8)]
pub enum Type {
    /// 32-bit integer.
    #[default]
    I32,
    /// 64-bit integer.
    I64,
    /// 32-bit float.
    F32,
    /// 64-bit float.
    F64,
    /// Vectors and references.
    Other,
}

impl Type {
    /// From its code in a module.
    #[must_use]
    pub const fn of(code: u8) -> Self {
        match code {
            0x7f => Type::I32,
            0x7e => Type::I64,
            0x7d => Type::F32,
            0x7c => Type::F64,
            _ => Type::Other,
        }
    }
}

/// What an instruction does to the operand stack.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// It takes so many values away.
    Take(u8),
    /// It takes so many values away and leaves one.
    Make(u8, Type),
    /// It leaves the value of a variable.
    Get,
    /// It takes two values and a condition, and leaves one of the two.
    Select,
    /// A call, of a function or through a table.
    Call,
    /// A block begins; the second kind takes a condition.
    Block(u8),
    /// The other half of a block begins.
    Else,
    /// A block ends.
    End,
    /// What follows is never reached.
    Leave,
}

/// What follows `opcode`.
#[must_use]
pub const fn operands(opcode: u8) -> Rest {
    match opcode {
        0x02..=0x04 | 0x06..=0x09 | 0x0c | 0x0d | 0x10 | 0x12 | 0x14 | 0x15 | 0x18 => {
            Rest::Operands(1, 0)
        }
        0x20..=0x26 | 0x3f..=0x42 | 0xd0 | 0xd2 => Rest::Operands(1, 0),
        0x11 | 0x13 | 0x28..=0x3e => Rest::Operands(2, 0),
        0x0e => Rest::Table,
        0x1c => Rest::Operands(2, 0),
        0x43 => Rest::Bytes(4),
        0x44 => Rest::Bytes(8),
        0xfc..=0xfe => Rest::Extended(opcode),
        _ => Rest::Nothing,
    }
}

/// What follows the second opcode after `prefix`.
#[must_use]
pub const fn extended_operands(prefix: u8, opcode: u32) -> Rest {
    match (prefix, opcode) {
        (0xfc, 8 | 10 | 12..=14) => Rest::Operands(2, 0),
        (0xfc, 9 | 11 | 15..=17) => Rest::Operands(1, 0),
        (0xfd, 0..=11 | 92 | 93) => Rest::Operands(2, 0),
        (0xfd, 12 | 13) => Rest::Bytes(16),
        (0xfd, 21..=34) => Rest::Bytes(1),
        (0xfd, 84..=91) => Rest::Operands(2, 1),
        (0xfe, 3) => Rest::Bytes(1),
        (0xfe, _) => Rest::Operands(2, 0),
        _ => Rest::Nothing,
    }
}

/// The effect of an instruction with one opcode.
#[must_use]
pub const fn effect(opcode: u8) -> Effect {
    use Effect::*;
    use Type::*;
    match opcode {
        0x02 | 0x03 | 0x06 => Block(0),
        0x04 => Block(1),
        0x05 | 0x07 | 0x19 => Else,
        0x0b | 0x18 => End,
        0x00 | 0x08..=0x0a | 0x0c | 0x0e | 0x0f | 0x12 | 0x13 | 0x15 => Leave,
        0x0d | 0x1a | 0x21 | 0x24 => Take(1),
        0x10 | 0x11 => Call,
        0x1b | 0x1c => Select,
        0x20 => Get,
        0x23 | 0x3f | 0x41 => Make(0, I32),
        0x42 => Make(0, I64),
        0x43 => Make(0, F32),
        0x44 => Make(0, F64),
        0x28 | 0x2c..=0x2f | 0x40 | 0x45 | 0x67..=0x69 | 0xa7..=0xab | 0xbc | 0xc0 | 0xc1 => {
            Make(1, I32)
        }
        0x29 | 0x30..=0x35 | 0x79..=0x7b | 0xac..=0xb1 | 0xbd | 0xc2..=0xc4 => Make(1, I64),
        0x50 => Make(1, I32),
        0x2a | 0x8b..=0x91 | 0xb2..=0xb6 | 0xbe => Make(1, F32),
        0x2b | 0x99..=0x9f | 0xb7..=0xbb | 0xbf => Make(1, F64),
        0x36..=0x3e => Take(2),
        0x46..=0x4f | 0x51..=0x66 | 0x6a..=0x78 => Make(2, I32),
        0x7c..=0x8a => Make(2, I64),
        0x92..=0x98 => Make(2, F32),
        0xa0..=0xa6 => Make(2, F64),
        _ => Take(0),
    }
}

/// The effect of an instruction with the second opcode `opcode` after `prefix`.
#[must_use]
pub const fn extended_effect(prefix: u8, opcode: u32) -> Effect {
    use Effect::*;
    use Type::*;
    match (prefix, opcode) {
        (0xfc, 0..=3) => Make(1, I32),
        (0xfc, 4..=7) => Make(1, I64),
        (0xfc, 8..=14) => Take(3),
        (0xfd, 11) => Take(2),
        (0xfd, 12) => Make(0, Other),
        (0xfd, 21 | 22 | 24 | 25 | 27 | 99 | 100 | 131 | 132 | 163 | 164 | 195 | 196) => {
            Make(1, I32)
        }
        (0xfd, 29) => Make(1, I64),
        (0xfd, 31) => Make(1, F32),
        (0xfd, 33) => Make(1, F64),
        (
            0xfd,
            0..=10
            | 15..=20
            | 77
            | 92..=98
            | 103..=106
            | 116..=117
            | 122
            | 124..=129
            | 135..=138
            | 148
            | 160
            | 161,
        ) => Make(1, Other),
        (
            0xfd,
            167..=170 | 192 | 193 | 199..=202 | 224..=225 | 227 | 236..=237 | 239 | 248..=255,
        ) => Make(1, Other),
        (0xfd, 82) => Make(3, Other),
        (0xfd, _) => Make(2, Other),
        (0xfe, 3) => Take(0),
        (0xfe, 16..=22) => Make(1, if matches!(opcode, 17 | 20..=22) { I64 } else { I32 }),
        (0xfe, 23..=29) => Take(2),
        (0xfe, _) => Make(2, I32),
        _ => Take(0),
    }
}
