//! The one hash of the container, xxh3 with 64 bits, and its shortened form.

use xxhash_rust::xxh3::{Xxh3Default, xxh3_64};

use super::format::WIDE_HASH;

/// Off only in tests and under the fuzzer (`--cfg cmx_no_hashes`): what is behind the hashes must
/// bear any bytes too.
const HASHED: bool = cfg!(not(cmx_no_hashes));

/// xxh3 of `bytes`. Finds accidents; it is no protection against a forger.
#[must_use]
pub fn hash(bytes: &[u8]) -> u64 {
    if HASHED { xxh3_64(bytes) } else { 0 }
}

/// The check that closes a header: the low half of its hash.
#[must_use]
pub fn check(bytes: &[u8]) -> u32 {
    hash(bytes) as u32
}

/// A hash cut to the width that content of `length` bytes is stored with.
#[must_use]
pub fn narrow(hash: u64, length: u64) -> u64 {
    if length < WIDE_HASH { hash & 0xFFFF_FFFF } else { hash }
}

/// xxh3 of bytes that come in pieces.
#[derive(Default)]
pub struct Hasher(Box<Xxh3Default>);

impl Hasher {
    /// Takes in more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash of all bytes so far.
    #[must_use]
    pub fn finish(&self) -> u64 {
        if HASHED { self.0.digest() } else { 0 }
    }
}
