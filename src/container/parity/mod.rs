//! Redundant bytes that can repair a member: Reed-Solomon codes over groups of its bytes.
//!
//! A group is up to 64 MiB of the member, cut into shards. Each shard has a check that tells
//! whether the shard is whole; as many damaged shards as there are recovery shards can be computed
//! again. With a share of parity the groups are about every byte of the member. Without one there
//! is a *guard*: one small group about what all files need, which is the header, the names, the
//! base and the index.

mod code;
mod head;
mod length;
mod writer;

pub use head::{GROUP_MARKER, GroupHead};
pub use length::share_of_length;
pub use writer::ParityWriter;

/// Most bytes of the member in one group.
const GROUP: usize = 64 << 20;
/// Most shards of data in a group, and most recovery shards. With 960 and 32 the decoder works on
/// 1024 shards and not on 2048, which halves its memory.
const SHARDS: usize = 960;

#[cfg(test)]
mod tests;
