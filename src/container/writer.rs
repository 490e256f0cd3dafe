//! Writes one member: header, names, blocks, index, parity, footer. The writer never seeks.

use std::io::Write;

use super::entry::Entry;
use super::footer::{FOOTER_LEN, Footer};
use super::format::MAX_BLOCK;
use super::hash::hash;
use super::header::Header;
use super::index::{BlockRow, Index, NamesRow, charge_index};
use super::names::Names;
use super::parity::ParityWriter;
use super::record::{Record, RecordKind};
use crate::block::{self, Encoded, Reference};
use crate::budget::{Charge, without_coding_prior};
use crate::error::{Error, Limit, LimitKind, Result};
use crate::level::Level;
use crate::method::work;

/// A coded block.
#[derive(Debug)]
pub struct CodedBlock {
    /// Bytes before coding.
    pub raw_len: u64,
    /// Hash of the bytes before coding.
    pub raw_hash: u64,
    /// The coded bytes.
    pub coded: Vec<u8>,
    /// Why a simpler form had to be used; `None` if verification succeeded.
    pub fallback: Option<String>,
}

impl CodedBlock {
    /// Codes `raw` and hashes it.
    ///
    /// # Errors
    /// Memory is short.
    pub fn encode(raw: &[u8], level: &Level, verify: bool) -> Result<CodedBlock> {
        Ok(Self::of(raw, block::encode(raw, level, verify)?))
    }

    /// Codes `raw` as a dependent block of `reference` and hashes it.
    ///
    /// # Errors
    /// Memory is short.
    pub fn encode_dependent(
        raw: &[u8],
        level: &Level,
        reference: &Reference,
        verify: bool,
    ) -> Result<CodedBlock> {
        Ok(Self::of(raw, block::encode_dependent(raw, level, reference, verify)?))
    }

    /// Codes the raw bytes of an index or of names.
    fn encode_index(raw: &[u8], level: &Level, verify: bool) -> Result<CodedBlock> {
        let mut coded = without_coding_prior(|| Self::encode(raw, level, verify))?;
        work::fill_index(&mut coded.coded, raw.len());
        Ok(coded)
    }

    fn of(raw: &[u8], encoded: Encoded) -> CodedBlock {
        CodedBlock {
            raw_len: raw.len() as u64,
            raw_hash: hash(raw),
            coded: encoded.bytes,
            fallback: encoded.fallback,
        }
    }

    /// Codes `raw` as a reference block that dependent blocks of about `room` bytes together go on
    /// from (see [`block::encode_reference`]), and hashes it. The second result is `None` if the
    /// reference block could not be verified, and a simpler form was stored.
    ///
    /// # Errors
    /// Memory is short.
    pub fn encode_reference(
        raw: &[u8],
        level: &Level,
        room: usize,
        verify: bool,
    ) -> Result<(CodedBlock, Option<Reference>)> {
        let (encoded, reference) = block::encode_reference(raw, level, room, verify)?;
        Ok((Self::of(raw, encoded), reference))
    }
}

/// Writes the records of one member.
pub struct MemberWriter<W> {
    out: W,
    written: u64,
    records: u64,
    blocks: Vec<BlockRow>,
    names: Vec<NamesRow>,
    /// Hash of the entries in the records of names; `None` if the records of names are void or
    /// missing.
    names_hash: Option<u64>,
    has_reference: bool,
    parity: Option<Box<ParityWriter>>,
}

impl<W: Write> MemberWriter<W> {
    /// The output.
    pub fn get_ref(&self) -> &W {
        &self.out
    }

    /// Begins a member with these `features`, which are bits of [`super::format::incompatible`].
    /// `parity` is in hundredths of a percent. With 0 a member of named entries gets a guard if it
    /// becomes long enough.
    ///
    /// # Errors
    /// Writing fails.
    pub fn begin(out: W, features: u64, parity: u32) -> Result<Self> {
        let header = Header::new(features);
        let mut bytes = Vec::new();
        header.write_to(&mut bytes);
        let parity = (parity > 0 || header.is_named()).then(|| Box::new(ParityWriter::new(parity)));
        let (has_reference, blocks, names) = (header.has_reference(), Vec::new(), Vec::new());
        let mut writer = MemberWriter {
            out,
            written: 0,
            records: 0,
            blocks,
            names,
            names_hash: None,
            has_reference,
            parity,
        };
        writer.put(&bytes, true)?;
        Ok(writer)
    }

    /// Bytes written so far.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Writes bytes. `guarded` says that all files need these bytes.
    fn put(&mut self, bytes: &[u8], guarded: bool) -> Result<()> {
        self.out.write_all(bytes)?;
        self.written += bytes.len() as u64;
        if let Some(parity) = &mut self.parity {
            parity.feed(bytes, guarded)?;
        }
        Ok(())
    }

    fn record(
        &mut self,
        kind: RecordKind,
        raw_len: u64,
        raw_hash: u64,
        coded: &[u8],
    ) -> Result<u64> {
        let before = self.written;
        let mut header = Vec::with_capacity(64);
        Record::new(kind, self.records, raw_len, raw_hash, coded).write_to(&mut header);
        let guarded = kind != RecordKind::Block || self.has_reference && self.records == 0;
        self.put(&header, guarded)?;
        self.put(coded, guarded)?;
        // Records of names are not counted, so that blocks have the numbers from 0 without gaps.
        if kind != RecordKind::Names {
            self.records += 1;
        }
        Ok(self.written - before)
    }

    /// Writes one block of data.
    ///
    /// # Errors
    /// Writing fails.
    pub fn block(&mut self, block: &CodedBlock) -> Result<()> {
        let record_len =
            self.record(RecordKind::Block, block.raw_len, block.raw_hash, &block.coded)?;
        self.blocks.push(BlockRow { record_len, raw_len: block.raw_len });
        Ok(())
    }

    /// Writes a record of names. `entries` are all entries of the member, as far as they are known.
    ///
    /// # Errors
    /// Writing fails, or the entries are too many for one record.
    pub fn names<'a>(
        &mut self,
        entries: impl IntoIterator<Item = &'a Entry, IntoIter: Clone>,
        level: &Level,
        verify: bool,
    ) -> Result<()> {
        let raw = Names::bytes_of(entries);
        self.names_hash = Some(hash(&raw));
        self.names_record(&raw, level, verify)
    }

    /// Writes that the names are wrong from the entry with index `first` on, if names were written.
    ///
    /// # Errors
    /// Writing fails.
    pub fn void_names(&mut self, first: u64, level: &Level) -> Result<()> {
        if self.names.is_empty() {
            return Ok(());
        }
        self.names_hash = None;
        self.names_record(&Names::bytes_of_void(first), level, false)
    }

    fn names_record(&mut self, raw: &[u8], level: &Level, verify: bool) -> Result<()> {
        if raw.len() as u64 > MAX_BLOCK {
            return Err(Error::Limit(Limit::new(
                LimitKind::Format,
                "the names would pass 1 GiB; make several archives",
            )));
        }
        let coded = CodedBlock::encode_index(raw, level, verify)?;
        let record_len =
            self.record(RecordKind::Names, coded.raw_len, coded.raw_hash, &coded.coded)?;
        self.names.push(NamesRow { before: self.blocks.len() as u64, record_len });
        Ok(())
    }

    /// Writes index, parity and footer. The footer commits the member. Returns the output that
    /// [`MemberWriter::begin`] was given, and the bytes of the whole member.
    ///
    /// # Errors
    /// Writing fails, or the index is too large for one record.
    pub fn finish(self, entries: Vec<Entry>, level: &Level, verify: bool) -> Result<(W, u64)> {
        // A reader under the same memory limit must have room for the index.
        let charge = charge_index(0, &entries)?;
        self.finish_charged(entries, charge, level, verify)
    }

    /// As [`MemberWriter::finish`], but the memory of the entries has been charged to `charge`.
    ///
    /// # Errors
    /// As [`MemberWriter::finish`].
    pub fn finish_charged(
        mut self,
        entries: Vec<Entry>,
        charge: Charge,
        level: &Level,
        verify: bool,
    ) -> Result<(W, u64)> {
        let index_offset = self.written;
        let names_are_valid =
            self.names_hash.is_some_and(|expected| expected == hash(&Names::bytes_of(&entries)));
        let (blocks, names) = (std::mem::take(&mut self.blocks), std::mem::take(&mut self.names));
        let index = Index::with_charge(blocks, names, entries, charge)?;
        let raw =
            if names_are_valid { index.to_bytes_with_hashes_only() } else { index.to_bytes() };
        if raw.len() as u64 > MAX_BLOCK {
            return Err(Error::Limit(Limit::new(
                LimitKind::Format,
                "the index would pass 1 GiB; make several archives",
            )));
        }
        let coded = CodedBlock::encode_index(&raw, level, verify)?;
        self.record(RecordKind::Index, coded.raw_len, coded.raw_hash, &coded.coded)?;
        self.write_parity()?;
        // The records must be written before the footer says so.
        self.out.flush()?;
        let mut footer = Vec::new();
        Footer { member_len: self.written + FOOTER_LEN, index_offset }.write_to(&mut footer);
        self.put(&footer, false)?;
        Ok((self.out, self.written))
    }

    fn write_parity(&mut self) -> Result<()> {
        let Some(parity) = self.parity.take() else { return Ok(()) };
        self.written += parity.write_to(self.records, &mut self.out)?;
        Ok(())
    }
}
