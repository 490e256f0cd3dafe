//! Computes the parity of a member while the member is written.

use std::io::{Read, Seek, Write};
use std::ops::Range;

use tempfile::SpooledTempFile;

use super::super::hash::{Hasher, hash};
use super::super::record::{Record, RecordKind};
use super::code::{encode, shard_of};
use super::head::{GroupHead, shard_check};
use super::{MAX_GROUP, MAX_SHARDS};
use crate::budget::{self, Charge};
use crate::error::Result;

/// Bytes of recovery shards that stay in memory. More bytes go to a temporary file.
const MAX_SPOOL_MEMORY: usize = 4 << 20;

/// Least length, in bytes, of a member with a guard.
const MIN_GUARDED_MEMBER: u64 = 64 << 10;
/// Least length, in bytes, of a member whose guard repairs a burst of 512 bytes. The guard then
/// takes 1.4 KB, which are 0.7 % of 200 KB.
const MIN_LARGE_GUARD_MEMBER: u64 = 128 << 10;
/// Largest number of data shards of a guard. A longer guard has longer shards instead of more
/// checks.
const MAX_GUARD_SHARDS: usize = 256;

/// Bytes of the tables that the Reed-Solomon code makes for the first group: 8 MiB of products, and
/// logarithms.
const TABLES_MEMORY: u64 = 9 << 20;
/// Names the use of the memory in errors.
const PURPOSE: &str = "parity";

/// Size of the two heads of a group together, in percent of the size of the recovery shards.
const HEADS_PERCENT: u64 = 12;

/// Computes parity, group by group. The recovery shards are kept until the index is written,
/// because the record of parity comes after the bytes that it protects.
pub struct ParityWriter {
    share: u32,
    /// Bytes of the group that is being collected.
    content: Vec<u8>,
    ranges: Vec<Range<u64>>,
    /// Bytes of the member that were fed so far.
    at: u64,
    groups: Vec<GroupHead>,
    spool: SpooledTempFile,
    /// The memory of `content`.
    charge: Charge,
    /// The memory of the tables of the code, from the first group on.
    tables: Option<Charge>,
}

/// The division of a group into shards.
pub(super) struct Division {
    /// Bytes of a shard.
    pub shard: usize,
    /// Number of recovery shards.
    pub recovery: usize,
}

impl Division {
    /// The division of `length` bytes for parity of `share` hundredths of a percent. The recovery
    /// shards take that share; the heads take [`HEADS_PERCENT`] percent of the bytes of the
    /// recovery shards.
    pub fn of_share(share: u32, length: u64) -> Division {
        let share = u64::from(share);
        // The two heads take four bytes for the checks of each shard.
        let checks = length * share / 10_000 * HEADS_PERCENT / 100 / 4;
        let recovery = (checks * share / 10_000).clamp(2, MAX_SHARDS as u64);
        let data = (recovery * 10_000 / share).clamp(1, MAX_SHARDS as u64);
        // The number of recovery shards is limited. Fewer, longer data shards keep the share.
        let recovery = (data * share / 10_000).clamp(2, recovery.max(2));
        Division { shard: even(length.div_ceil(data)), recovery: recovery as usize }
    }

    /// The division of `length` bytes for the guard of a member of `member` bytes. `None` if the
    /// member is too short for a guard.
    pub fn of_guard(length: u64, member: u64) -> Option<Division> {
        let (least, recovery) = match member {
            MIN_LARGE_GUARD_MEMBER.. => (256, 4),
            MIN_GUARDED_MEMBER.. => (128, 2),
            _ => return None,
        };
        // No shard is longer than all bytes that the guard protects.
        Some(Division {
            shard: even(length.div_ceil(MAX_GUARD_SHARDS as u64).max(least).min(length)),
            recovery,
        })
    }
}

fn even(length: u64) -> usize {
    (length as usize).next_multiple_of(2).max(2)
}

impl ParityWriter {
    /// Parity of `share` hundredths of a percent. With 0 a guard protects the bytes that are fed as
    /// `guarded`.
    #[must_use]
    pub fn new(share: u32) -> Self {
        let spool = SpooledTempFile::new(MAX_SPOOL_MEMORY);
        ParityWriter {
            share,
            content: Vec::new(),
            ranges: Vec::new(),
            at: 0,
            groups: Vec::new(),
            spool,
            charge: Charge::default(),
            tables: None,
        }
    }

    /// Adds the next bytes of the member. `guarded` says that all files need these bytes.
    ///
    /// # Errors
    /// The temporary file cannot be written, or memory is short.
    pub fn feed(&mut self, mut bytes: &[u8], guarded: bool) -> Result<()> {
        if self.share == 0 && !guarded {
            self.at += bytes.len() as u64;
            return Ok(());
        }
        while !bytes.is_empty() {
            let step = bytes.len().min(MAX_GROUP - self.content.len());
            let end = self.at + step as u64;
            match self.ranges.last_mut().filter(|last| last.end == self.at) {
                Some(last) => last.end = end,
                None => self.ranges.push(self.at..end),
            }
            if self.content.is_empty() {
                self.charge = budget::charge(0, PURPOSE)?;
            }
            self.charge.add(step as u64, PURPOSE)?;
            self.content.extend_from_slice(&bytes[..step]);
            bytes = &bytes[step..];
            self.at = end;
            if self.content.len() == MAX_GROUP {
                self.close_group()?;
            }
        }
        Ok(())
    }

    fn close_group(&mut self) -> Result<()> {
        let (content, ranges) =
            (std::mem::take(&mut self.content), std::mem::take(&mut self.ranges));
        let length = content.len() as u64;
        if length == 0 {
            return Ok(());
        }
        let division = if self.share == 0 {
            Division::of_guard(length, self.at)
        } else {
            Some(Division::of_share(self.share, length))
        };
        let Some(Division { shard, recovery }) = division else { return Ok(()) };
        let data = content.len().div_ceil(shard);
        // The code makes its tables for the first group; all later groups use them.
        if self.tables.is_none() {
            self.tables = Some(budget::charge(TABLES_MEMORY, PURPOSE)?);
        }
        let _work = budget::charge((data + 2 * recovery) as u64 * shard as u64, PURPOSE)?;
        let shards = encode(&content, data, recovery, shard)?;
        self.spool.write_all(&shards)?;
        self.groups.push(GroupHead {
            is_second: false,
            from_start: 0,
            ranges,
            shard,
            share: self.share,
            hash: hash(&content),
            data: (0..data).map(|index| shard_check(&shard_of(&content, index, shard))).collect(),
            recovery: shards.chunks_exact(shard).map(shard_check).collect(),
        });
        self.charge = Charge::default();
        Ok(())
    }

    /// Writes the record of parity, which has this `number`. The record begins at the offset in the
    /// member up to which bytes were fed. Returns the number of bytes written, 0 if there is no
    /// parity.
    ///
    /// # Errors
    /// Writing fails, the temporary file fails, or memory is short.
    pub fn write_to(mut self, number: u64, out: &mut impl Write) -> Result<u64> {
        self.close_group()?;
        if self.groups.is_empty() {
            return Ok(0);
        }
        let head_len = |head: &GroupHead| {
            let mut bytes = Vec::new();
            head.write_to(&mut bytes);
            bytes.len() as u64
        };
        let length: u64 =
            self.groups.iter().map(|head| 2 * head_len(head) + head.shards_len()).sum();
        let mut record = Record {
            kind: RecordKind::Parity,
            number,
            raw_len: length,
            coded_len: length,
            lanes: 1,
            raw_hash: 0,
            coded_hash: 0,
        };
        let record_len = record.record_len();
        let mut at = self.at + record_len - length;
        for head in &mut self.groups {
            head.from_start = at;
            at += 2 * head_len(head) + head.shards_len();
        }
        let mut hasher = Hasher::default();
        self.payload(&mut |bytes| {
            hasher.update(bytes);
            Ok(())
        })?;
        (record.raw_hash, record.coded_hash) = (hasher.finish(), hasher.finish());
        let mut header = Vec::new();
        record.write_to(&mut header);
        out.write_all(&header)?;
        self.payload(&mut |bytes| Ok(out.write_all(bytes)?))?;
        Ok(record_len)
    }

    /// Gives `sink` the groups one after the other: head, recovery shards, second head.
    fn payload(&mut self, sink: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        self.spool.rewind()?;
        for head in &self.groups {
            let mut bytes = Vec::new();
            head.write_to(&mut bytes);
            let head_len = bytes.len() as u64;
            bytes.resize(bytes.len() + head.shards_len() as usize, 0);
            self.spool.read_exact(&mut bytes[head_len as usize..])?;
            let from_start = head.from_start + head_len + head.shards_len();
            GroupHead { is_second: true, from_start, ..head.clone() }.write_to(&mut bytes);
            sink(&bytes)?;
        }
        Ok(())
    }
}
