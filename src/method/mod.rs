//! The methods that code a stream, and what a coded stream says of its own.
//!
//! Each coded stream names its method, and a mixed one its profile, its primer and its largest
//! table. A decoder looks at nothing else: which method a level chooses for a stream is the
//! encoder's own business ([`choice`]).

pub mod choice;
mod codec;
mod trial;
pub mod work;

#[cfg(test)]
pub use codec::{decode, decode_as};
pub use codec::{
    decode_measured, decode_source, encode, encode_as, encode_followed, encode_varied,
};

use crate::budget::Budget;
use crate::coder::leading::Leading;
use crate::error::{Error, Result};
use crate::kind::Kind;
use crate::level::{ColumnCode, NetworkStart};
use crate::network::start::Origin;
use crate::predictor::most_memory;
use crate::predictor::primer::{self, Primer};
use crate::predictor::profile::Profile;
use crate::predictor::tables::{Content, Row};
use crate::prior::{LONGEST_NAME, Prior, valid_name};
use crate::varint::Reader;

/// How a stream is coded.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Method {
    /// Not at all: the bytes are there as they are.
    Stored,
    /// By [`crate::sort`].
    Sorted(ColumnCode),
    /// By [`crate::predictor`].
    Mixed(Mixing),
    /// By the predictor as it is after the last code of a reference block.
    Continued,
}

/// What decides how a stream is mixed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Mixing {
    /// The profile.
    pub row: &'static Row,
    /// The number of the primer, 0 for none.
    pub primer: u8,
    /// The hash of the prior whose primer it is, where the number says that.
    pub prior: u64,
    /// Where the networks of the profile start from, if it has any.
    pub start: NetworkStart,
    /// The largest table of histories has 2 to this power bytes, 26 to 31.
    pub table_bits: u8,
}

/// What is stored of [`Mixing::table_bits`] in four bits is the excess over this.
const STORED_TABLE_BITS: u8 = 16;

/// What is added to the number of a profile before the start of its networks.
const HAS_START: u8 = 0x80;

/// Bytes of a primer that any stream may be read after. Beyond them, a byte of the stream brings
/// [`PRIMER_PER_BYTE`]: so many short streams do not make a decoder copy large tables.
const SHORT_PRIMER: usize = 512 << 10;
const PRIMER_PER_BYTE: usize = 32;

/// Bytes of what a predictor has besides tables that go with the length of the stream: mixers, of
/// which a filter at -8 takes up to 1.4 MB, and adaptive probability maps, of which samples have one
/// more.
const SMALL_TABLES: u64 = 8 << 20;
const SECOND_MAP: u64 = 4 << 20;

/// How many times as long as sorting a byte mixing one with few contexts takes.
const MIXED_TO_SORTED: usize = 8;

/// How many times as long as sorting with a code by runs sorting with one by contexts takes.
const BY_CONTEXT_TO_SORTED: usize = 3;

impl Method {
    /// What a coded stream calls the method.
    #[must_use]
    pub fn number(&self) -> u8 {
        match self {
            Method::Stored => 0,
            Method::Sorted(ColumnCode::Runs) => 1,
            Method::Mixed(_) => 2,
            Method::Continued => 3,
            Method::Sorted(ColumnCode::LongRuns) => 4,
            Method::Sorted(ColumnCode::Contexts | ColumnCode::Both) => 5,
        }
    }

    /// The method as a decoder reads it: a code says whether there was a choice between codes of a
    /// column, and not which were tried.
    #[must_use]
    pub fn as_read(self) -> Self {
        match self {
            Method::Sorted(ColumnCode::Contexts) => Method::Sorted(ColumnCode::Both),
            other => other,
        }
    }

    /// Appends what a coded stream says of its method beside the number.
    pub fn write(&self, out: &mut Vec<u8>) {
        if let Method::Mixed(mixing) = self {
            mixing.write(out);
        }
    }

    /// Reads what [`Method::write`] wrote of a stream of `kind` that stands for `raw_len` bytes.
    ///
    /// # Errors
    /// [`Error::Unsupported`] for a method, a profile or a primer that this version does not know,
    /// [`Error::Corrupt`] for what no encoder writes.
    pub fn read(number: u8, reader: &mut Reader<'_>, kind: &Kind, raw_len: usize) -> Result<Self> {
        match number {
            0 => Ok(Method::Stored),
            1 => Ok(Method::Sorted(ColumnCode::Runs)),
            4 => Ok(Method::Sorted(ColumnCode::LongRuns)),
            5 => Ok(Method::Sorted(ColumnCode::Both)),
            2 => Ok(Method::Mixed(Mixing::read(reader, kind, raw_len)?)),
            3 if *kind == Kind::Words => Ok(Method::Continued),
            3 => Err(Error::Corrupt("only words go on from a reference block".into())),
            other => Err(Error::Unsupported(format!("method {other} of a stream"))),
        }
    }

    /// How long coding or decoding `length` bytes takes, compared with other streams.
    #[must_use]
    pub fn relative_time(&self, length: usize) -> usize {
        match self {
            Method::Stored => 0,
            Method::Sorted(ColumnCode::Contexts | ColumnCode::Both) => {
                length.saturating_mul(BY_CONTEXT_TO_SORTED)
            }
            Method::Sorted(_) => length,
            Method::Mixed(_) | Method::Continued => length.saturating_mul(MIXED_TO_SORTED),
        }
    }

    /// Bytes of memory that coding or decoding a stream of `kind` takes, which stands for `raw_len`
    /// bytes: tables, and copies of the stream.
    #[must_use]
    pub fn memory(&self, kind: &Kind, raw_len: usize) -> u64 {
        match self {
            Method::Stored => 0,
            // Of one piece at a time.
            Method::Sorted(code) => {
                crate::sort::memory_of(*code) * raw_len.min(crate::sort::LONGEST_PIECE) as u64
                    + raw_len as u64
            }
            Method::Mixed(mixing) => {
                let tables = most_memory(&mixing.profile(kind), raw_len, mixing.table_bytes());
                let is_signal = mixing.row.content == Content::Samples;
                tables + SMALL_TABLES + if is_signal { SECOND_MAP } else { 0 }
            }
            Method::Continued => 2 * raw_len as u64,
        }
    }
}

impl Mixing {
    /// The smallest [`Mixing::table_bits`], those of the levels with the least memory. Smaller
    /// tables would make predictors of short streams differ that are equal at every level. A
    /// decoder keeps the predictor that has read a primer for the next stream, and cannot keep many.
    pub const LEAST_TABLE_BITS: u8 = 26;

    /// Bytes of the largest table of histories.
    #[must_use]
    pub fn table_bytes(&self) -> usize {
        1 << self.table_bits
    }

    /// The profile for a stream of `kind`.
    #[must_use]
    pub fn profile(&self, kind: &Kind) -> Profile {
        let start = self.start;
        let Some(prior) = self.prior() else {
            let primer = Primer::numbered(self.primer).unwrap_or_default();
            let origin = Origin { start, prior: None };
            return Profile { origin, ..self.row.profile(kind, primer) };
        };
        let mut profile = self.row.profile(kind, Primer::of_prior(&prior));
        let has_weights = self.row.has_networks() && prior.has_weights();
        profile.origin = Origin { start, prior: has_weights.then(|| prior.clone()) };
        // The leading bits that a stream leaves out are passed over in its primer too.
        if profile.leading == Leading::SevenBit && !prior.is_ascii() {
            profile.leading = Leading::Coded;
        }
        profile
    }

    fn has_prior(&self) -> bool {
        matches!(self.primer, primer::OF_PRIOR | primer::OF_NAMED_PRIOR)
    }

    /// The prior that the primer is of; `None` too where the job does not have it.
    fn prior(&self) -> Option<Prior> {
        Budget::prior(self.prior).filter(|_| self.has_prior())
    }

    /// Appends the number of the profile, then the largest table and the primer in one byte, then
    /// the start of networks if it is not the usual one, then what names a prior.
    pub fn write(&self, out: &mut Vec<u8>) {
        let is_usual = self.start == NetworkStart::Trained;
        out.push(self.row.number | if is_usual { 0 } else { HAS_START });
        out.push((self.table_bits - STORED_TABLE_BITS) << 4 | self.primer);
        if !is_usual {
            let index = NetworkStart::ALL.iter().position(|start| *start == self.start);
            out.push(index.unwrap_or(0) as u8);
        }
        if self.has_prior() {
            out.extend_from_slice(&(self.prior as u32).to_le_bytes());
        }
        if self.primer == primer::OF_NAMED_PRIOR {
            let prior = self.prior();
            let name = prior.as_ref().map_or("", Prior::name);
            out.push(name.len() as u8);
            out.extend_from_slice(name.as_bytes());
        }
    }

    /// Reads what [`Mixing::write`] wrote.
    ///
    /// # Errors
    /// As for [`Method::read`].
    pub fn read(reader: &mut Reader<'_>, kind: &Kind, raw_len: usize) -> Result<Self> {
        let first = reader.byte()?;
        let number = first & !HAS_START;
        let row = Row::numbered(number)
            .ok_or_else(|| Error::Unsupported(format!("profile {number} of a stream")))?;
        if !row.codes(kind) {
            return Err(Error::Corrupt(format!("profile {} codes no {kind:?}", row.name)));
        }
        let sizes = reader.byte()?;
        let (table_bits, primer) = ((sizes >> 4) + STORED_TABLE_BITS, sizes & 15);
        let start = if first & HAS_START == 0 {
            NetworkStart::Trained
        } else {
            let index = usize::from(reader.byte()?);
            let start = NetworkStart::ALL.get(index).filter(|_| index > 0 && row.has_networks());
            *start.ok_or_else(|| Error::Corrupt("the start of a network".into()))?
        };
        let mut mixing = Mixing { row, primer, prior: 0, start, table_bits };
        let has_tables = table_bits >= Self::LEAST_TABLE_BITS;
        if mixing.has_prior() && has_tables {
            let prior = read_prior(reader, primer == primer::OF_NAMED_PRIOR)?;
            mixing.prior = prior.hash();
            return if choice::suits(&prior, kind) {
                Ok(mixing)
            } else {
                Err(Error::Corrupt("a prior that does not suit its stream".into()))
            };
        }
        let Some(Primer { text, .. }) = Primer::numbered(primer) else {
            return Err(Error::Unsupported(format!("primer {primer} of a stream")));
        };
        let is_text = matches!(kind, Kind::Text | Kind::Words);
        let longest = SHORT_PRIMER.saturating_add(raw_len.saturating_mul(PRIMER_PER_BYTE));
        if primer != 0 && !is_text || text.len() > longest {
            return Err(Error::Corrupt("the primer of a stream".into()));
        }
        if !has_tables {
            return Err(Error::Corrupt("the tables of a stream are too small".into()));
        }
        Ok(mixing)
    }
}

/// Reads what names the prior of a stream, and finds that prior.
///
/// # Errors
/// [`Error::MissingPrior`] where the job does not have it.
fn read_prior(reader: &mut Reader<'_>, is_named: bool) -> Result<Prior> {
    let id = reader.take(4)?.iter().rev().fold(0, |id, &byte| id << 8 | u32::from(byte));
    let name = if is_named {
        let length = usize::from(reader.byte()?);
        let name = if length > LONGEST_NAME { None } else { valid_name(reader.take(length)?) };
        Some(name.ok_or_else(|| Error::Corrupt("the name of a prior".into()))?)
    } else {
        None
    };
    Budget::prior_of(id, name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level::LEVELS;

    /// Every level writes tables that a decoder accepts, and no smaller ones are accepted.
    #[test]
    fn tables_are_those_of_levels_at_least() {
        for level in &LEVELS {
            assert!(level.memory.ilog2() as u8 >= Mixing::LEAST_TABLE_BITS, "-{}", level.number);
        }
        let row = Row::named("text-56").unwrap();
        for table_bits in STORED_TABLE_BITS..32 {
            let mut written = Vec::new();
            let start = NetworkStart::Trained;
            let mixing = Mixing { row, primer: 0, prior: 0, start, table_bits };
            mixing.write(&mut written);
            let read = Mixing::read(&mut Reader::new(&written), &Kind::Text, 100);
            assert_eq!(read.is_ok(), table_bits >= Mixing::LEAST_TABLE_BITS, "{table_bits}");
        }
    }
}
