//! Tokens of a deflate stream, and the symbols of RFC 1951 for them.

/// A literal byte, or a copy of earlier bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Token {
    /// Distance of a copy, 1 to 32768; 0 for a literal.
    pub distance: u16,
    /// Length of a copy, 3 to 258; for a literal, the value of the byte.
    pub length: u16,
}

impl Token {
    /// A literal byte.
    pub fn literal(byte: u8) -> Self {
        Token { distance: 0, length: byte.into() }
    }

    /// Is the token a literal?
    pub fn is_literal(self) -> bool {
        self.distance == 0
    }

    /// Number of plain bytes that the token stands for.
    pub fn span(self) -> usize {
        if self.is_literal() { 1 } else { self.length.into() }
    }
}

/// Length of the shortest copy.
pub const MIN_MATCH: usize = 3;
/// Length of the longest copy.
pub const MAX_MATCH: usize = 258;
/// Largest distance.
pub const MAX_DISTANCE: usize = 32768;
/// The symbol that ends a block.
pub const END: usize = 256;
/// Number of symbols for literals, the end of a block, and lengths.
pub const LITERALS: usize = 286;
/// Number of symbols for distances.
pub const DISTANCES: usize = 30;
/// Order in which the lengths of the code for steps are written.
pub const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
/// Number of extra bits of the symbols for code lengths.
pub const REPEAT_EXTRA: [u8; 19] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 3, 7];

/// Number of extra bits of each length symbol, from 257 on.
pub const LENGTH_EXTRA: [u8; 29] = {
    let mut extra = [0; 29];
    let mut index = 8;
    while index < 28 {
        extra[index] = (index / 4 - 1) as u8;
        index += 1;
    }
    extra
};
/// Smallest length of each length symbol.
pub const LENGTH_BASE: [u16; 29] = {
    let mut base = [258; 29];
    let (mut index, mut length) = (0, 3);
    while index < 28 {
        base[index] = length;
        length += 1 << LENGTH_EXTRA[index];
        index += 1;
    }
    base
};
/// Number of extra bits of each distance symbol.
pub const DISTANCE_EXTRA: [u8; 30] = {
    let mut extra = [0; 30];
    let mut index = 4;
    while index < 30 {
        extra[index] = (index / 2 - 1) as u8;
        index += 1;
    }
    extra
};
/// Smallest distance of each distance symbol.
pub const DISTANCE_BASE: [u16; 30] = {
    let mut base = [1; 30];
    let (mut index, mut distance) = (0, 1u16);
    while index < 30 {
        base[index] = distance;
        distance = distance.wrapping_add(1 << DISTANCE_EXTRA[index]);
        index += 1;
    }
    base
};

/// The symbol index, from 0, of a length from 3 to 258.
const LENGTH_SYMBOL: [u8; 256] = {
    let mut table = [28; 256];
    let mut index = 0;
    while index < 28 {
        let mut length = LENGTH_BASE[index] as usize - 3;
        while length < LENGTH_BASE[index] as usize - 3 + (1 << LENGTH_EXTRA[index]) && length < 255
        {
            table[length] = index as u8;
            length += 1;
        }
        index += 1;
    }
    table
};

/// The symbol index, from 0, of a length from 3 to 258.
#[inline]
pub fn length_symbol(length: u16) -> usize {
    LENGTH_SYMBOL[usize::from(length.wrapping_sub(3)) & 255].into()
}

/// The symbol of a distance from 1 to 32768.
#[inline]
pub fn distance_symbol(distance: u16) -> usize {
    let offset = u32::from(distance.max(1)) - 1;
    if offset < 4 {
        return offset as usize;
    }
    let top = offset.ilog2();
    (top * 2 + (offset >> (top - 1) & 1)) as usize
}

/// Number of uses of each symbol in a block.
#[derive(Debug, Clone)]
pub struct Frequencies {
    /// Uses of literals, the end of the block, and lengths.
    pub literals: [u32; LITERALS],
    /// Uses of distances.
    pub distances: [u32; DISTANCES],
}

impl Frequencies {
    /// The frequencies of a block of `tokens`, including its end.
    pub fn of(tokens: &[Token]) -> Self {
        let mut all = Frequencies { literals: [0; LITERALS], distances: [0; DISTANCES] };
        all.literals[END] = 1;
        for token in tokens {
            if token.is_literal() {
                all.literals[usize::from(token.length & 255)] += 1;
            } else {
                all.literals[257 + length_symbol(token.length)] += 1;
                all.distances[distance_symbol(token.distance)] += 1;
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_cover_what_the_standard_says() {
        for length in 3..=258u16 {
            let symbol = length_symbol(length);
            let past = length - LENGTH_BASE[symbol];
            assert!(past < 1 << LENGTH_EXTRA[symbol], "{length}");
        }
        assert_eq!(
            (length_symbol(258), length_symbol(257), LENGTH_BASE[27], LENGTH_EXTRA[28]),
            (28, 27, 227, 0)
        );
        for distance in 1..=32768u16 {
            let symbol = distance_symbol(distance);
            let past = distance - DISTANCE_BASE[symbol];
            assert!(u32::from(past) < 1 << DISTANCE_EXTRA[symbol], "{distance}");
        }
        assert_eq!(
            (distance_symbol(32768), DISTANCE_BASE[29], DISTANCE_EXTRA[29]),
            (29, 24577, 13)
        );
    }
}
