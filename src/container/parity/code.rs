//! Reed-Solomon code of a group: computes recovery shards, and computes damaged data shards again.

use std::borrow::Cow;

use reed_solomon_simd::{ReedSolomonDecoder, ReedSolomonEncoder};

use super::super::hash::hash;
use super::head::{GroupHead, shard_check};
use crate::error::{Error, Result};

/// The data shard of `content` with this index. Zeros fill up the last shard to `length` bytes.
pub(super) fn shard_of(content: &[u8], index: usize, length: usize) -> Cow<'_, [u8]> {
    let start = (index * length).min(content.len());
    let piece = &content[start..content.len().min(start + length)];
    if piece.len() == length {
        return Cow::Borrowed(piece);
    }
    let mut shard = piece.to_vec();
    shard.resize(length, 0);
    Cow::Owned(shard)
}

/// The recovery shards of `group`, joined. There are `data` data shards and `recovery` recovery
/// shards of `shard` bytes.
pub(super) fn encode(group: &[u8], data: usize, recovery: usize, shard: usize) -> Result<Vec<u8>> {
    let bug = |error| Error::Bug(format!("parity: {error}"));
    let mut encoder = ReedSolomonEncoder::new(data, recovery, shard).map_err(bug)?;
    for index in 0..data {
        encoder.add_original_shard(shard_of(group, index, shard)).map_err(bug)?;
    }
    Ok(encoder.encode().map_err(bug)?.recovery_iter().flatten().copied().collect())
}

impl GroupHead {
    /// Indices of the damaged data shards of `content`.
    #[must_use]
    pub fn damaged(&self, content: &[u8]) -> Vec<usize> {
        (0..self.data.len())
            .filter(|&index| shard_check(&shard_of(content, index, self.shard)) != self.data[index])
            .collect()
    }

    /// Bytes of memory that a repair takes: content, recovery shards, and the tables of the
    /// decoder.
    #[must_use]
    pub fn memory(&self) -> u64 {
        let (data, recovery) = (self.data.len(), self.recovery.len());
        let work = (data.next_power_of_two() + recovery)
            .max(data + recovery.next_power_of_two())
            .next_power_of_two();
        (self.total() + self.shards_len()).saturating_add(work as u64 * self.shard as u64)
    }

    /// Repairs `content`, the bytes of the member that the group protects. `recovery` are the
    /// recovery shards, joined. Returns the number of shards that were computed again.
    ///
    /// # Errors
    /// More shards are damaged than can be repaired. `content` is then unchanged.
    pub fn repair(&self, content: &mut [u8], recovery: &[u8]) -> Result<usize> {
        let lost = self.damaged(content);
        if lost.is_empty() {
            return Ok(0);
        }
        let start = self.ranges.first().map_or(0, |range| range.start);
        let too_much = || {
            let count = lost.len();
            let shards = if count == 1 { "shard" } else { "shards" };
            Error::Corrupt(format!(
                "{count} {shards} of {} bytes at byte {start} of the member are damaged, more \
                 than parity can repair",
                self.shard
            ))
        };
        let mut decoder = ReedSolomonDecoder::new(self.data.len(), self.recovery.len(), self.shard)
            .map_err(|_| too_much())?;
        let mut is_lost = vec![false; self.data.len()];
        lost.iter().for_each(|&index| is_lost[index] = true);
        for index in (0..self.data.len()).filter(|&index| !is_lost[index]) {
            decoder
                .add_original_shard(index, shard_of(content, index, self.shard))
                .map_err(|_| too_much())?;
        }
        for (index, shard) in
            recovery.chunks_exact(self.shard).enumerate().take(self.recovery.len())
        {
            if shard_check(shard) == self.recovery[index] {
                decoder.add_recovery_shard(index, shard).map_err(|_| too_much())?;
            }
        }
        let restored = decoder.decode().map_err(|_| too_much())?;
        let mut before: Vec<(usize, Vec<u8>)> = Vec::new();
        for &index in &lost {
            let start = index * self.shard;
            let end = content.len().min(start + self.shard);
            if let (Some(shard), true) = (restored.restored_original(index), start < end) {
                before.push((start, content[start..end].to_vec()));
                content[start..end].copy_from_slice(&shard[..end - start]);
            }
        }
        if hash(content) != self.hash {
            // The check of a damaged shard fits by chance, so the shard was taken for undamaged.
            before
                .iter()
                .for_each(|(start, old)| content[*start..start + old.len()].copy_from_slice(old));
            return Err(too_much());
        }
        Ok(lost.len())
    }
}
