//! What follows each x86 opcode: a ModRM byte or not, and which immediate.
//!
//! Source: the opcode maps in the instruction set reference of the Intel and AMD manuals.

/// The immediate of an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Immediate {
    /// None.
    None,
    /// One byte.
    Byte,
    /// Two bytes, or four without an operand-size prefix.
    Full,
    /// Two bytes.
    Word,
    /// Three bytes (`enter`).
    WordByte,
    /// As `Full`, eight bytes with REX.W (`mov` to a register).
    Wide,
    /// An absolute address: four bytes, eight in 64-bit code.
    Address,
    /// A one-byte branch distance.
    Near,
    /// A four-byte branch distance.
    Far,
    /// A far pointer, six bytes.
    Pointer,
    /// A byte if the reg field of ModRM is 0 or 1 (`test`), else none.
    TestByte,
    /// As `Full` if the reg field of ModRM is 0 or 1 (`test`), else none.
    TestFull,
}

/// What follows an opcode byte.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Form {
    /// A ModRM byte follows.
    pub modrm: bool,
    /// The immediate after ModRM and displacement.
    pub immediate: Immediate,
    /// The byte is a prefix: another opcode byte follows.
    pub prefix: bool,
}

const fn form(modrm: bool, immediate: Immediate) -> Form {
    Form { modrm, immediate, prefix: false }
}

const fn one_byte(opcode: u8) -> Form {
    use Immediate::*;
    match opcode {
        0x26 | 0x2e | 0x36 | 0x3e | 0x64..=0x67 | 0xf0 | 0xf2 | 0xf3 => {
            Form { modrm: false, immediate: None, prefix: true }
        }
        0x00..=0x3f => match opcode & 7 {
            0..=3 => form(true, None),
            4 => form(false, Byte),
            5 => form(false, Full),
            _ => form(false, None),
        },
        0x62 | 0x63 | 0x84..=0x8f | 0xc4 | 0xc5 | 0xd0..=0xd3 | 0xd8..=0xdf | 0xfe | 0xff => {
            form(true, None)
        }
        0x68 | 0xa9 => form(false, Full),
        0x69 | 0x81 | 0xc7 => form(true, Full),
        0x6a | 0xa8 | 0xb0..=0xb7 | 0xcd | 0xd4 | 0xd5 | 0xe4..=0xe7 => form(false, Byte),
        0x6b | 0x80 | 0x82 | 0x83 | 0xc0 | 0xc1 | 0xc6 => form(true, Byte),
        0x70..=0x7f | 0xe0..=0xe3 | 0xeb => form(false, Near),
        0x9a | 0xea => form(false, Pointer),
        0xa0..=0xa3 => form(false, Address),
        0xb8..=0xbf => form(false, Wide),
        0xc2 | 0xca => form(false, Word),
        0xc8 => form(false, WordByte),
        0xe8 | 0xe9 => form(false, Far),
        0xf6 => form(true, TestByte),
        0xf7 => form(true, TestFull),
        _ => form(false, None),
    }
}

const fn after_0f(opcode: u8) -> Form {
    use Immediate::*;
    match opcode {
        0x04..=0x0c
        | 0x0e
        | 0x24..=0x27
        | 0x30..=0x3f
        | 0x77
        | 0xa0..=0xa2
        | 0xa6..=0xaa
        | 0xc8..=0xcf => form(false, None),
        0x0f | 0x70..=0x73 | 0xa4 | 0xac | 0xba | 0xc2 | 0xc4..=0xc6 => form(true, Byte),
        0x80..=0x8f => form(false, Far),
        _ => form(true, None),
    }
}

/// Forms of the opcodes of the one-byte map, and of those after 0F.
pub static FORMS: [[Form; 256]; 2] = {
    let mut table = [[form(false, Immediate::None); 256]; 2];
    let mut opcode = 0;
    while opcode < 256 {
        table[0][opcode] = one_byte(opcode as u8);
        table[1][opcode] = after_0f(opcode as u8);
        opcode += 1;
    }
    table
};

/// The form of an opcode of map `map`: 0 one byte, 1 after 0F, 2 after 0F 38, 3 after 0F 3A.
#[inline]
#[must_use]
pub fn form_of(map: u8, opcode: u8) -> Form {
    match map {
        0 | 1 => FORMS[usize::from(map & 1)][usize::from(opcode)],
        3 => form(true, Immediate::Byte),
        _ => form(true, Immediate::None),
    }
}

/// Whether the reg field of ModRM is part of the opcode.
#[inline]
#[must_use]
pub const fn is_group(map: u8, opcode: u8) -> bool {
    match map {
        0 => {
            let shifts = matches!(opcode, 0xc0 | 0xc1 | 0xd0..=0xd3);
            let coprocessor = matches!(opcode, 0xd8..=0xdf);
            shifts
                || coprocessor
                || matches!(opcode, 0x80..=0x83 | 0x8f | 0xc6 | 0xc7 | 0xf6 | 0xf7 | 0xfe | 0xff)
        }
        1 => matches!(opcode, 0x00 | 0x01 | 0x18 | 0x71..=0x73 | 0xae | 0xba | 0xc7),
        _ => false,
    }
}
