//! The head of a group of parity: the ranges of the member that the group protects, and the checks
//! of the shards.

use crate::varint;
use std::io::Read;
use std::ops::Range;

use super::super::fields::Fields;
use super::super::hash::check;
use super::{MAX_GROUP, MAX_SHARDS};
use crate::error::{Error, Result};

/// First bytes of every head. A scan finds groups by this marker.
pub const GROUP_MARKER: [u8; 4] = [0xB9, b'c', b'm', 0x9F];

/// Largest number of ranges in one group. A guard has two or three.
const MAX_RANGES: u64 = 16;

/// The head of a group. It is stored twice: before the recovery shards and after them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupHead {
    /// Is this the copy of the head after the recovery shards?
    pub is_second: bool,
    /// Bytes from the first byte of the member to the marker of this head.
    pub from_start: u64,
    /// Offsets, in the member, of the bytes that the group protects. The ranges rise and do not
    /// touch.
    pub ranges: Vec<Range<u64>>,
    /// Bytes of a shard, an even number. Zeros fill up the last data shard.
    pub shard: usize,
    /// Parity that was asked for, in hundredths of a percent; 0 for a guard.
    pub share: u32,
    /// Hash of all bytes that the group protects.
    pub hash: u64,
    /// Checks of the data shards.
    pub data: Vec<u16>,
    /// Checks of the recovery shards.
    pub recovery: Vec<u16>,
}

/// The check of one shard. Two bytes suffice to find damaged shards, because the hash of the group
/// checks the result of a repair.
pub(super) fn shard_check(shard: &[u8]) -> u16 {
    check(shard) as u16
}

impl GroupHead {
    /// Appends the head.
    pub fn write_to(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&GROUP_MARKER);
        out.push(u8::from(self.is_second));
        out.extend_from_slice(&self.from_start.to_le_bytes());
        varint::put(out, self.ranges.len() as u64);
        let mut end = 0;
        for range in &self.ranges {
            varint::put(out, range.start.wrapping_sub(end));
            varint::put(out, range.end.wrapping_sub(range.start));
            end = range.end;
        }
        for number in [self.shard as u64, u64::from(self.share), self.recovery.len() as u64] {
            varint::put(out, number);
        }
        out.extend_from_slice(&self.hash.to_le_bytes());
        self.data
            .iter()
            .chain(&self.recovery)
            .for_each(|check| out.extend_from_slice(&check.to_le_bytes()));
        let check = check(&out[start..]);
        out.extend_from_slice(&check.to_le_bytes());
    }

    /// Reads a head, including its marker.
    ///
    /// # Errors
    /// The head is damaged, or its numbers are beyond what the format allows.
    pub fn read_from<R: Read>(fields: &mut Fields<R>) -> Result<GroupHead> {
        let damaged = || Error::Corrupt("a group of parity is damaged".into());
        fields.restart();
        if fields.array()? != GROUP_MARKER {
            return Err(damaged());
        }
        let is_second = match fields.byte()? {
            0 => false,
            1 => true,
            _ => return Err(damaged()),
        };
        let from_start = fields.u64()?;
        let count = fields.varint()?;
        if count == 0 || count > MAX_RANGES {
            return Err(damaged());
        }
        let (mut ranges, mut end, mut total) = (Vec::new(), 0u64, 0u64);
        for _ in 0..count {
            let start = end.checked_add(fields.varint()?).ok_or_else(damaged)?;
            let length = fields.varint()?;
            end = start
                .checked_add(length)
                .filter(|_| length > 0 && length <= MAX_GROUP as u64)
                .ok_or_else(damaged)?;
            total += length;
            ranges.push(start..end);
        }
        let (shard, share, recovery) = (fields.varint()?, fields.varint()?, fields.varint()?);
        // A shard is no longer than the bytes of the group plus one. So the work for a group is
        // proportional to bytes that exist.
        let fits = total <= MAX_GROUP as u64
            && shard > 0
            && shard % 2 == 0
            && shard <= total + 1
            && end <= from_start;
        if !fits
            || total.div_ceil(shard) > MAX_SHARDS as u64
            || recovery == 0
            || recovery > MAX_SHARDS as u64
        {
            return Err(damaged());
        }
        let share = u32::try_from(share).map_err(|_| damaged())?;
        let hash = fields.u64()?;
        let mut checks = |count: u64| {
            (0..count).map(|_| Ok(u16::from_le_bytes(fields.array()?))).collect::<Result<Vec<_>>>()
        };
        let (data, recovery) = (checks(total.div_ceil(shard))?, checks(recovery)?);
        let expected = check(fields.seen());
        if fields.u32()? != expected {
            return Err(damaged());
        }
        Ok(GroupHead {
            is_second,
            from_start,
            ranges,
            shard: shard as usize,
            share,
            hash,
            data,
            recovery,
        })
    }

    /// Bytes of the member that the group protects.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.ranges.iter().map(|range| range.end - range.start).sum()
    }

    /// Bytes of all recovery shards.
    #[must_use]
    pub fn shards_len(&self) -> u64 {
        self.recovery.len() as u64 * self.shard as u64
    }

    /// Is this group a guard? A guard protects the bytes that all files need; other groups protect
    /// every byte.
    #[must_use]
    pub fn is_guard(&self) -> bool {
        self.share == 0
    }
}
