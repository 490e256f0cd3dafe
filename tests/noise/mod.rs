//! What tests are filled with, the same every time: bytes that nothing makes shorter, and words.

#![allow(dead_code)] // each test uses a part

/// Words to make texts of.
pub const WORDS: [&str; 12] = [
    "model ",
    "of ",
    "context ",
    "the ",
    "mixer ",
    "learns ",
    "every ",
    "weight ",
    "again\n",
    "and ",
    "then ",
    "predicts ",
];

/// `length` bytes that nothing makes shorter.
pub fn noise(length: usize) -> Vec<u8> {
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    (0..length).map(|_| next()).collect()
}
