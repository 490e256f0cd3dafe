//! Decodes the records of a member, and checks their lengths and hashes.

use crate::block::{self, Reference};
use crate::budget::{self, Charge};
use crate::container::Entry;
use crate::container::compact::Compact;
use crate::container::index::Index;
use crate::container::names::Names;
use crate::container::record::Record;
use crate::error::{Error, Limit, LimitKind, Result};
use crate::method::work;
use crate::options::DecodeOptions;
use crate::threads::catch_panic;

/// Decodes the block of a member in compact form and checks its hash.
pub(crate) fn decode_compact(member: &Compact) -> Result<Vec<u8>> {
    let raw = if member.raw_len == 0 {
        Vec::new()
    } else {
        block::decode(&member.coded, length_in_memory(member.raw_len)?)?
    };
    member.check_raw(&raw)?;
    Ok(raw)
}

/// Decodes a block and checks its hash. A dependent block needs its `reference`. The block
/// must not be longer than the blocks of any level.
pub(crate) fn decode_record(
    record: &Record,
    coded: &[u8],
    reference: Option<&Reference>,
) -> Result<Vec<u8>> {
    check_length(record, coded)?;
    decode_content(record, coded, reference)
}

/// Converts a length that an archive declares to a length in memory.
pub(super) fn length_in_memory(length: u64) -> Result<usize> {
    usize::try_from(length).map_err(|_| Error::no_memory(format_args!("{length} bytes")))
}

#[cfg(test)]
thread_local! {
    /// Numbers of the records that this thread decoded.
    pub(crate) static DECODED: std::cell::RefCell<Vec<u64>> = const {
        std::cell::RefCell::new(Vec::new())
    };
}

/// Decodes a record of any length, with the other checks of [`decode_record`].
fn decode_content(record: &Record, coded: &[u8], reference: Option<&Reference>) -> Result<Vec<u8>> {
    #[cfg(test)]
    DECODED.with_borrow_mut(|decoded| decoded.push(record.number));
    let raw_len = length_in_memory(record.raw_len)?;
    let raw = match reference {
        Some(reference) => block::decode_dependent(coded, raw_len, reference),
        None => block::decode(coded, raw_len),
    };
    let raw = raw.map_err(|error| in_record(record, error))?;
    record.check_raw(&raw)?;
    Ok(raw)
}

/// Decodes a reference block, with the checks of [`decode_record`].
pub(crate) fn decode_reference_block(record: &Record, coded: &[u8]) -> Result<Reference> {
    check_length(record, coded)?;
    #[cfg(test)]
    DECODED.with_borrow_mut(|decoded| decoded.push(record.number));
    let reference = block::decode_reference(coded, length_in_memory(record.raw_len)?)
        .map_err(|error| in_record(record, error))?;
    record.check_raw(&reference.text)?;
    Ok(reference)
}

/// Checks that the raw length of `record` is at most the block size of its level. The length bounds
/// the work on the record.
fn check_length(record: &Record, coded: &[u8]) -> Result<()> {
    let longest = block::longest(coded);
    if record.raw_len <= longest {
        return Ok(());
    }
    Err(Error::Corrupt(format!(
        "record {} declares {} bytes, more than the {longest} of any level",
        record.number, record.raw_len
    )))
}

fn in_record(record: &Record, error: Error) -> Error {
    if let Error::Corrupt(text) = error {
        Error::Corrupt(format!("record {}: {text}", record.number))
    } else {
        error
    }
}

/// Decodes an index. The memory of the index is charged to the budget of the job for as long as the
/// index lives. `read_names` gets the tables of the index and that charge, and returns the entries
/// of the records of names.
pub(crate) fn decode_index(
    record: &Record,
    coded: &[u8],
    options: &DecodeOptions,
    read_names: impl FnOnce(&Index, &mut Charge) -> Result<Vec<Entry>>,
) -> Result<Index> {
    let raw = decode_entries(record, coded, options)?;
    let _raw = budget::charge(raw.len() as u64, "the index")?;
    Index::from_bytes_with(&raw, options.max_path, read_names)
}

/// Decodes a record of names. The memory of the entries is added to `charge`.
pub(crate) fn decode_names(
    record: &Record,
    coded: &[u8],
    options: &DecodeOptions,
    charge: &mut Charge,
) -> Result<Names> {
    let raw = decode_entries(record, coded, options)?;
    let _raw = budget::charge(raw.len() as u64, "the names")?;
    Names::from_bytes(&raw, options.max_path, charge)
}

/// Decodes an index or names, unless the raw length is larger than the limit of `options`.
fn decode_entries(record: &Record, coded: &[u8], options: &DecodeOptions) -> Result<Vec<u8>> {
    if record.raw_len > options.max_index {
        let text =
            format!("the index takes {} bytes, more than {}", record.raw_len, options.max_index);
        return Err(Error::Limit(Limit::new(LimitKind::Index, text)));
    }
    work::check_index(coded.len(), length_in_memory(record.raw_len)?)?;
    let _coded = budget::charge(2 * coded.len() as u64, "the index")?;
    catch_panic(|| decode_content(record, coded, None))
}
