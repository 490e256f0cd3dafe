//! The constants of container version 1. `docs/format.md` is the specification; this file is its
//! list of numbers.

/// First bytes of every member: a byte that is no ASCII and no UTF-8 start, the name, and a CR-LF
/// pair that a transfer in text mode would destroy.
pub const MAGIC: [u8; 6] = [0x8E, b'c', b'm', b'x', 0x0D, 0x0A];

/// Version of the container.
pub const VERSION: u8 = 1;

/// Identifier of the numeric contract: which integer arithmetic decides the coded probabilities.
pub const CONTRACT: u64 = 13;

/// Incompatible features: a reader that does not know one of them must refuse the member.
pub mod incompatible {
    /// The member is the compact form: one small block, no index, no footer.
    pub const COMPACT: u64 = 1;
    /// The member holds named entries (files, directories, links), not one unnamed stream.
    pub const NAMED: u64 = 2;
    /// The first block may be a base that others go on from.
    pub const BASED: u64 = 4;
    /// Records of names may stand before the blocks.
    pub const NAMES: u64 = 8;
    /// All that this version knows.
    pub const KNOWN: u64 = COMPACT | NAMED | BASED | NAMES;
}

/// Marker before every record, found again by a scan of a damaged archive.
pub const MARKER: [u8; 4] = [0xB7, b'c', b'm', 0x9D];

/// Largest raw length of a block in any archive: 1 GiB.
pub const MAX_BLOCK: u64 = 1 << 30;

/// Largest raw length that the compact form may hold: 1 MiB.
pub const MAX_COMPACT: u64 = 1 << 20;

/// From this raw length on, hashes are stored with 64 bits in the compact form and in the index;
/// below it 32 bits do.
pub const WIDE_HASH: u64 = 64 << 10;

/// The coded length that a block of `raw_len` bytes may have at most.
#[must_use]
pub fn max_coded(raw_len: u64) -> u64 {
    raw_len + raw_len / 1024 + 1024
}
