//! Redundant bytes that can repair a member: Reed-Solomon codes over groups of its bytes.
//!
//! A group is up to 64 MiB of the member, cut into shards. Each shard has a check that tells whether
//! it is whole; as many damaged shards as there are recovery shards can be computed again.

use std::fs::File;
use std::io::{Read, Seek, Write};

use reed_solomon_simd::{ReedSolomonDecoder, ReedSolomonEncoder};

use super::fields::{Fields, put_varint};
use super::hash::{Hasher, check};
use crate::error::{Error, Result};

/// Begins every head of a group, for a scan to find.
pub const GROUP_MARKER: [u8; 4] = [0xB9, b'c', b'm', 0x9E];

/// Bytes of the member in one group.
const GROUP: usize = 64 << 20;
/// Smallest shard: below it the checks would weigh more than the shards gain.
const MIN_SHARD: usize = 256;
/// Shards of data in a full group.
const SHARDS: usize = 1024;

/// The head of a group. It is stored before the recovery shards and again behind them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupHead {
    /// Is this the head behind the shards?
    pub behind: bool,
    /// Offset in the member of the group's first byte.
    pub at: u64,
    /// Bytes of the member in the group.
    pub length: u64,
    /// Bytes of a shard; the last one of the data is filled up with zeros.
    pub shard: usize,
    /// Checks of the data shards.
    pub data: Vec<u32>,
    /// Checks of the recovery shards.
    pub recovery: Vec<u32>,
}

impl GroupHead {
    /// Appends the head.
    pub fn write_to(&self, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&GROUP_MARKER);
        out.push(u8::from(self.behind));
        for number in [self.at, self.length, self.shard as u64, self.data.len() as u64, self.recovery.len() as u64] {
            put_varint(out, number);
        }
        self.data.iter().chain(&self.recovery).for_each(|check| out.extend_from_slice(&check.to_le_bytes()));
        let check = check(&out[start..]);
        out.extend_from_slice(&check.to_le_bytes());
    }

    /// Reads a head, marker included.
    ///
    /// # Errors
    /// It is damaged.
    pub fn read_from<R: Read>(fields: &mut Fields<R>) -> Result<GroupHead> {
        let damaged = || Error::Corrupt("a group of parity is damaged".into());
        fields.restart();
        if fields.array()? != GROUP_MARKER {
            return Err(damaged());
        }
        let behind = fields.byte()? == 1;
        let (at, length, shard) = (fields.varint()?, fields.varint()?, fields.varint()?);
        let (data, recovery) = (fields.varint()?, fields.varint()?);
        let fits = length <= GROUP as u64 && shard <= GROUP as u64 && data <= 2 * SHARDS as u64 && recovery <= 2 * SHARDS as u64;
        if !fits || shard == 0 || data.checked_mul(shard).is_none_or(|room| room < length) {
            return Err(damaged());
        }
        let mut checks = |count: u64| (0..count).map(|_| fields.u32()).collect::<Result<Vec<_>>>();
        let (data, recovery) = (checks(data)?, checks(recovery)?);
        let expected = check(fields.seen());
        if fields.u32()? != expected {
            return Err(damaged());
        }
        Ok(GroupHead { behind, at, length, shard: shard as usize, data, recovery })
    }

    /// The share of parity, in hundredths of a percent, that gives a group of this length as many recovery shards;
    /// `None` if the head is about nothing.
    #[must_use]
    pub fn share(&self) -> Option<u32> {
        let share = (self.recovery.len() as u64 * 10_000).checked_div(self.data.len() as u64)?;
        u32::try_from(share).ok().filter(|&share| share > 0)
    }

    /// Repairs `content`, the bytes of the member that the group is about, with `recovery`, its
    /// recovery shards. Returns how many shards it had to compute again.
    ///
    /// # Errors
    /// More is damaged than can be repaired.
    pub fn repair(&self, content: &mut [u8], recovery: &[u8]) -> Result<usize> {
        let lost: Vec<usize> = (0..self.data.len()).filter(|&place| check(&self.padded(content, place)) != self.data[place]).collect();
        if lost.is_empty() {
            return Ok(0);
        }
        let too_much =
            |_| Error::Corrupt(format!("{} shards at byte {} of the member are damaged, more than parity can repair", lost.len(), self.at));
        let mut decoder = ReedSolomonDecoder::new(self.data.len(), self.recovery.len(), self.shard).map_err(too_much)?;
        for place in (0..self.data.len()).filter(|place| !lost.contains(place)) {
            decoder.add_original_shard(place, self.padded(content, place)).map_err(too_much)?;
        }
        for (place, shard) in recovery.chunks_exact(self.shard).enumerate().take(self.recovery.len()) {
            if check(shard) == self.recovery[place] {
                decoder.add_recovery_shard(place, shard).map_err(too_much)?;
            }
        }
        let restored = decoder.decode().map_err(too_much)?;
        for &place in &lost {
            let start = place * self.shard;
            if let (Some(shard), true) = (restored.restored_original(place), start < content.len()) {
                let end = content.len().min(start + self.shard);
                content[start..end].copy_from_slice(&shard[..end - start]);
            }
        }
        Ok(lost.len())
    }

    fn padded(&self, content: &[u8], place: usize) -> Vec<u8> {
        shard_of(content, place, self.shard)
    }
}

fn shard_of(content: &[u8], place: usize, length: usize) -> Vec<u8> {
    let start = (place * length).min(content.len());
    let mut shard = content[start..content.len().min(start + length)].to_vec();
    shard.resize(length, 0);
    shard
}

/// Computes parity of everything it is fed, group by group, and keeps it in a temporary file: the
/// records it is about come first in the member.
pub struct ParityWriter {
    share: u32,
    group: Vec<u8>,
    at: u64,
    spool: File,
    spooled: u64,
    hasher: Hasher,
}

impl ParityWriter {
    /// Parity of `share` hundredths of a percent.
    ///
    /// # Errors
    /// No temporary file can be had.
    pub fn new(share: u32) -> Result<Self> {
        Ok(ParityWriter { share, group: Vec::new(), at: 0, spool: tempfile::tempfile()?, spooled: 0, hasher: Hasher::default() })
    }

    /// Takes in bytes of the member.
    ///
    /// # Errors
    /// The temporary file cannot be written.
    pub fn feed(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            let step = bytes.len().min(GROUP - self.group.len());
            self.group.extend_from_slice(&bytes[..step]);
            bytes = &bytes[step..];
            if self.group.len() == GROUP {
                self.close_group()?;
            }
        }
        Ok(())
    }

    fn close_group(&mut self) -> Result<()> {
        if self.group.is_empty() {
            return Ok(());
        }
        let shard = self.group.len().div_ceil(SHARDS).max(MIN_SHARD).next_multiple_of(64);
        let data = self.group.len().div_ceil(shard);
        let wanted = (data as u64 * u64::from(self.share)).div_ceil(10_000) as usize;
        let recovery = encode(&self.group, data, wanted.clamp(1, SHARDS), shard)?;
        let mut head = GroupHead {
            behind: false,
            at: self.at,
            length: self.group.len() as u64,
            shard,
            data: (0..data).map(|place| check(&shard_of(&self.group, place, shard))).collect(),
            recovery: recovery.chunks_exact(shard).map(check).collect(),
        };
        let mut bytes = Vec::new();
        head.write_to(&mut bytes);
        bytes.extend_from_slice(&recovery);
        head.behind = true;
        head.write_to(&mut bytes);
        self.spool.write_all(&bytes)?;
        self.hasher.update(&bytes);
        self.spooled += bytes.len() as u64;
        self.at += self.group.len() as u64;
        self.group.clear();
        Ok(())
    }

    /// The parity of everything: a reader, its length, and the hash of what it gives.
    ///
    /// # Errors
    /// The temporary file fails.
    pub fn finish(mut self) -> Result<(File, u64, u64)> {
        self.close_group()?;
        self.spool.rewind()?;
        Ok((self.spool, self.spooled, self.hasher.finish()))
    }
}

fn encode(group: &[u8], data: usize, recovery: usize, shard: usize) -> Result<Vec<u8>> {
    let bug = |error| Error::Bug(format!("parity: {error}"));
    let mut encoder = ReedSolomonEncoder::new(data, recovery, shard).map_err(bug)?;
    for place in 0..data {
        encoder.add_original_shard(shard_of(group, place, shard)).map_err(bug)?;
    }
    Ok(encoder.encode().map_err(bug)?.recovery_iter().flatten().copied().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repairs_what_it_promises_and_no_more() {
        let content: Vec<u8> = (0..100_000u32).map(|place| (place.wrapping_mul(place) >> 7) as u8).collect();
        let mut writer = ParityWriter::new(500).unwrap();
        content.chunks(777).for_each(|piece| writer.feed(piece).unwrap());
        let (mut spool, length, hash) = writer.finish().unwrap();
        let mut bytes = Vec::new();
        spool.read_to_end(&mut bytes).unwrap();
        assert_eq!((bytes.len() as u64, super::super::hash::hash(&bytes)), (length, hash));
        let mut fields = Fields::new(&bytes[..], 0);
        let head = GroupHead::read_from(&mut fields).unwrap();
        assert!(head.share().is_some_and(|share| (500..600).contains(&share)), "{:?}", head.share());
        let recovery = fields.payload((head.recovery.len() * head.shard) as u64).unwrap();
        assert_eq!(GroupHead { behind: false, ..GroupHead::read_from(&mut fields).unwrap() }, head);

        let mut damaged = content.clone();
        let reach = head.shard * (head.recovery.len() - 1);
        damaged[50_000..50_000 + reach].fill(0xEE);
        assert!(head.repair(&mut damaged, &recovery).unwrap() <= head.recovery.len());
        assert_eq!(damaged, content);
        damaged[10_000..10_000 + reach + 2 * head.shard].fill(0xEE);
        head.repair(&mut damaged, &recovery).unwrap_err();
    }
}
