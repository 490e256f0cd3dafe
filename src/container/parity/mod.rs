//! Redundant bytes that can repair a member: Reed-Solomon codes over groups of its bytes.
//!
//! A group is up to 64 MiB of the member, cut into shards. The check of a shard tells whether the
//! shard is damaged. As many damaged shards can be computed again as there are undamaged recovery
//! shards.
//!
//! With a share of parity the groups protect every byte of the member. Without a share there is a
//! *guard*: one small group that protects the bytes that all files need, which are the header, the
//! names, the reference block and the index.

mod code;
mod head;
mod length;
mod writer;

pub use head::{GROUP_MARKER, GroupHead};
pub use length::share_of_length;
pub use writer::ParityWriter;

/// Largest number of bytes of the member in one group.
const MAX_GROUP: usize = 64 << 20;
/// Largest number of data shards in a group, and of recovery shards. With 960 data and 32 recovery
/// shards the decoder works on 1024 shards and not on 2048, which halves its memory.
const MAX_SHARDS: usize = 960;

#[cfg(test)]
mod tests;
