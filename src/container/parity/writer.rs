//! Parity of a member while the member is written.

use std::io::{Read, Seek, Write};
use std::ops::Range;

use tempfile::SpooledTempFile;

use super::super::hash::{Hasher, hash};
use super::super::record::{Kind, Record};
use super::code::{encode, shard_of};
use super::head::{GroupHead, shard_check};
use super::{GROUP, SHARDS};
use crate::budget::{self, Charge};
use crate::error::Result;

/// Recovery shards that stay in memory; more go to a temporary file.
const SPOOL: usize = 4 << 20;

/// From this length of the member on there is a guard.
const GUARDED: u64 = 64 << 10;
/// From this length on the guard repairs a burst of 512 bytes: 1.4 KB are 0.7 % of 200 KB.
const WELL_GUARDED: u64 = 128 << 10;
/// Most data shards of a guard: longer shards keep the checks few.
const GUARD_SHARDS: usize = 256;

/// Bytes of the tables that the Reed-Solomon code makes for the first group (8 MiB of products, and
/// logarithms).
const TABLES: u64 = 9 << 20;
/// What the memory is for, in an error.
const WHAT: &str = "parity";

/// Heads may take this part of what the recovery shards take: 12 %, both heads together.
const HEADS_PERCENT: u64 = 12;

/// Computes parity of what it is fed, group by group, and keeps the recovery shards until the
/// member's index is written: the records that parity is about come first in the member.
pub struct ParityWriter {
    share: u32,
    /// Bytes of the group that is being collected.
    content: Vec<u8>,
    ranges: Vec<Range<u64>>,
    /// Bytes of the member so far.
    at: u64,
    groups: Vec<GroupHead>,
    spool: SpooledTempFile,
    /// The memory of that group.
    charge: Charge,
    /// The memory of the tables of the code, once there is a group.
    tables: Option<Charge>,
}

/// How a group is cut.
pub(super) struct Shape {
    /// Bytes of a shard.
    pub shard: usize,
    /// Number of recovery shards.
    pub recovery: usize,
}

impl Shape {
    /// For parity of `share` hundredths of a percent over `length` bytes. A tenth of that share is
    /// left for the heads.
    pub fn of_share(share: u32, length: u64) -> Shape {
        let share = u64::from(share);
        // Four bytes of check for each shard, in two heads.
        let checks = length * share / 10_000 * HEADS_PERCENT / 100 / 4;
        let recovery = (checks * share / 10_000).clamp(2, SHARDS as u64);
        let data = (recovery * 10_000 / share).clamp(1, SHARDS as u64);
        // At most so many shards: with fewer, longer ones, the share stays what was asked for.
        let recovery = (data * share / 10_000).clamp(2, recovery.max(2));
        Shape { shard: even(length.div_ceil(data)), recovery: recovery as usize }
    }

    /// For the guard over `length` bytes in a member of `member` bytes; `None` where the member is
    /// too small for one.
    pub fn of_guard(length: u64, member: u64) -> Option<Shape> {
        let (least, recovery) = match member {
            WELL_GUARDED.. => (256, 4),
            GUARDED.. => (128, 2),
            _ => return None,
        };
        // No shard is longer than all that is guarded.
        Some(Shape {
            shard: even(length.div_ceil(GUARD_SHARDS as u64).max(least).min(length)),
            recovery,
        })
    }
}

fn even(length: u64) -> usize {
    (length as usize).next_multiple_of(2).max(2)
}

impl ParityWriter {
    /// Parity of `share` hundredths of a percent; with 0 a guard over what is fed as guarded.
    #[must_use]
    pub fn new(share: u32) -> Self {
        let spool = SpooledTempFile::new(SPOOL);
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

    /// Takes in the next bytes of the member; `guarded` says that all files need them.
    ///
    /// # Errors
    /// The temporary file cannot be written, or memory is short.
    pub fn feed(&mut self, mut bytes: &[u8], guarded: bool) -> Result<()> {
        if self.share == 0 && !guarded {
            self.at += bytes.len() as u64;
            return Ok(());
        }
        while !bytes.is_empty() {
            let step = bytes.len().min(GROUP - self.content.len());
            let end = self.at + step as u64;
            match self.ranges.last_mut().filter(|last| last.end == self.at) {
                Some(last) => last.end = end,
                None => self.ranges.push(self.at..end),
            }
            if self.content.is_empty() {
                self.charge = budget::charge(0, WHAT)?;
            }
            self.charge.add(step as u64, WHAT)?;
            self.content.extend_from_slice(&bytes[..step]);
            bytes = &bytes[step..];
            self.at = end;
            if self.content.len() == GROUP {
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
        let shape = if self.share == 0 {
            Shape::of_guard(length, self.at)
        } else {
            Some(Shape::of_share(self.share, length))
        };
        let Some(Shape { shard, recovery }) = shape else { return Ok(()) };
        let data = content.len().div_ceil(shard);
        // Tables that the code shares are made for the first group and stay.
        if self.tables.is_none() {
            self.tables = Some(budget::charge(TABLES, WHAT)?);
        }
        let _work = budget::charge((data + 2 * recovery) as u64 * shard as u64, WHAT)?;
        let shards = encode(&content, data, recovery, shard)?;
        self.spool.write_all(&shards)?;
        self.groups.push(GroupHead {
            behind: false,
            from_start: 0,
            ranges,
            shard,
            share: self.share,
            hash: hash(&content),
            data: (0..data).map(|place| shard_check(&shard_of(&content, place, shard))).collect(),
            recovery: shards.chunks_exact(shard).map(shard_check).collect(),
        });
        self.charge = Charge::default();
        Ok(())
    }

    /// Writes the record of all parity, which has this `number` and begins at the byte of the
    /// member up to which it was fed. Returns the bytes written, 0 where there is no parity.
    ///
    /// # Errors
    /// Writing, or the temporary file, fails, or memory is short.
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
            kind: Kind::Parity,
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

    /// Gives `sink` the groups one after the other: head, recovery shards, head.
    fn payload(&mut self, sink: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        self.spool.rewind()?;
        for head in &self.groups {
            let mut bytes = Vec::new();
            head.write_to(&mut bytes);
            let head_len = bytes.len() as u64;
            bytes.resize(bytes.len() + head.shards_len() as usize, 0);
            self.spool.read_exact(&mut bytes[head_len as usize..])?;
            let from_start = head.from_start + head_len + head.shards_len();
            GroupHead { behind: true, from_start, ..head.clone() }.write_to(&mut bytes);
            sink(&bytes)?;
        }
        Ok(())
    }
}
