//! The hash of the container, xxh3 with 64 bits, and its low 32 bits.

use xxhash_rust::xxh3::{Xxh3Default, xxh3_64};

use super::format::WIDE_HASH;

/// `false` only in tests and under the fuzzer, with `--cfg cmx_no_hashes`. The code after a hash
/// check is then tested with any bytes.
const HASHED: bool = cfg!(not(cmx_no_hashes));

/// xxh3 of `bytes`. The hash finds accidental damage; it does not protect against forgery.
#[must_use]
pub fn hash(bytes: &[u8]) -> u64 {
    if HASHED { xxh3_64(bytes) } else { 0 }
}

/// The check at the end of a header: the low 32 bits of the hash of `bytes`.
#[must_use]
pub fn check(bytes: &[u8]) -> u32 {
    hash(bytes) as u32
}

/// Cuts `hash` to the width in which the hash of `length` bytes of content is stored.
#[must_use]
pub fn narrow(hash: u64, length: u64) -> u64 {
    if length < WIDE_HASH { hash & 0xFFFF_FFFF } else { hash }
}

/// Computes xxh3 of bytes that arrive in several calls.
#[derive(Default)]
pub struct Hasher(Box<Xxh3Default>);

impl Hasher {
    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The hash of all bytes added so far.
    #[must_use]
    pub fn finish(&self) -> u64 {
        if HASHED { self.0.digest() } else { 0 }
    }
}
