//! The last bytes, as one number, and the hash that all contexts share.

/// The last sixteen bytes.
#[derive(Clone, Default)]
pub struct ByteHistory {
    /// The last eight bytes, the newest lowest.
    pub last: u64,
    /// The eight bytes before those.
    pub older: u64,
    /// Bytes so far.
    pub position: usize,
}

impl ByteHistory {
    /// The byte `back` bytes ago (1 is the newest, up to 8).
    #[inline(always)]
    #[must_use]
    pub fn byte(&self, back: u32) -> u32 {
        (self.last >> (8 * (back - 1))) as u32 & 0xff
    }

    /// Takes in the byte that `bytes` now ends with.
    #[inline(always)]
    pub fn push(&mut self, bytes: &[u8]) {
        let byte = bytes.last().copied().unwrap_or(0);
        self.older = (self.older << 8) | (self.last >> 56);
        self.last = (self.last << 8) | u64::from(byte);
        self.position = bytes.len();
    }
}

/// A 64-bit hash of `value` under `salt`; the upper half is good in every bit.
#[inline(always)]
#[must_use]
pub fn hash(value: u64, salt: u32) -> u64 {
    let product = (value ^ (u64::from(salt) << 57))
        .wrapping_add(u64::from(salt) << 32 | 1)
        .wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (product ^ (product >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9)
}

/// Two values as one, to be hashed.
#[inline(always)]
#[must_use]
pub const fn join(a: u64, b: u64) -> u64 {
    a.wrapping_mul(0xD6E8_FEB8_6659_FD93).rotate_left(23) ^ b
}
