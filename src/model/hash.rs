//! The hash that context families put numbers together with.

/// Two numbers as one.
#[inline(always)]
#[must_use]
pub fn combine(a: u32, b: u32) -> u32 {
    (a ^ b.wrapping_mul(0x9E37_79B1)).rotate_left(11).wrapping_mul(0x85EB_CA6B)
}

/// Some numbers as one.
#[inline(always)]
#[must_use]
pub fn combine_all<const N: usize>(numbers: [u32; N]) -> u32 {
    numbers.iter().fold(N as u32, |hash, &number| combine(hash, number))
}
