//! The constants of container version 2, which `docs/format.md` specifies.

/// First bytes of every member: a byte that starts neither ASCII nor UTF-8, the name `cmx`, and a
/// CR-LF pair, which a transfer in text mode would change.
pub const MAGIC: [u8; 6] = [0x8E, b'c', b'm', b'x', 0x0D, 0x0A];

/// Version of the container.
pub const VERSION: u8 = 2;

/// The numeric contract: the number of the integer arithmetic that decides the coded probabilities.
pub const CONTRACT: u64 = 25;

/// Bits of features that a reader must know. A reader refuses a member with a bit that it does not
/// know.
pub mod incompatible {
    /// The member is in compact form: one small block, no index, no footer.
    pub const COMPACT: u64 = 1;
    /// The member holds named entries (files, directories, links). Without this bit the member
    /// holds one stream without a name.
    pub const NAMED: u64 = 2;
    /// The first block may be a reference block, which dependent blocks go on from.
    pub const REFERENCE: u64 = 4;
    /// There may be records of names before the blocks.
    pub const NAMES: u64 = 8;
    /// All bits that this version knows.
    pub const KNOWN: u64 = COMPACT | NAMED | REFERENCE | NAMES;
}

/// Marker at the start of every record. A scan of a damaged archive finds records by this marker.
pub const MARKER: [u8; 4] = [0xB7, b'c', b'm', 0x9D];

/// Largest raw length of a block in any archive: 1 GiB.
pub const MAX_BLOCK: u64 = 1 << 30;

/// Largest raw length that the compact form may hold: 1 MiB.
pub const MAX_COMPACT: u64 = 1 << 20;

/// Least length of content whose hash is stored with 64 bits in the compact form and in the index.
/// The hash of shorter content is stored with 32 bits.
pub const WIDE_HASH: u64 = 64 << 10;

/// Largest coded length, in bytes, of a block of `raw_len` bytes.
#[must_use]
pub fn max_coded(raw_len: u64) -> u64 {
    raw_len + raw_len / 1024 + 1024
}
