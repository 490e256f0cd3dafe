//! The reference block of a member: decoded once, for all blocks that depend on it.

use std::fs::File;
use std::io;
use std::sync::{Arc, OnceLock};

use super::member::{fields_at, read_record};
use crate::block::Reference;
use crate::container::record::{Record, RecordKind};
use crate::error::{Error, Result};
use crate::stream::decode_reference_block;
use crate::threads::catch_panic;

/// A reference block that a job decodes and others wait for.
#[derive(Clone)]
pub(super) struct SharedReference {
    /// Number of the job.
    pub number: u64,
    /// Bytes of memory that each dependent block takes for its copy of the tables, at most.
    pub copied_memory: u64,
    decoded: Arc<OnceLock<Result<Reference>>>,
}

impl SharedReference {
    /// A reference block that job `number` decodes.
    pub fn new(number: u64, copied_memory: u64) -> Self {
        SharedReference { number, copied_memory, decoded: Arc::default() }
    }

    /// One that cannot be read, because of `error`.
    pub fn damaged(error: Error) -> Self {
        let damaged = Self::new(u64::MAX, 0);
        damaged.decoded.get_or_init(|| Err(error));
        damaged
    }

    /// Gives the decoded block, or what is wrong with it, to the dependent blocks. Returns the text.
    ///
    /// # Errors
    /// The block could not be decoded.
    pub fn set(self, decoded: Result<Reference>) -> Result<Vec<u8>> {
        match self.decoded.get_or_init(|| decoded) {
            Ok(reference) => Ok(reference.text.clone()),
            Err(error) => Err(again(error)),
        }
    }

    /// The reference block, once its job has ended.
    ///
    /// # Errors
    /// The block could not be decoded.
    pub fn get(&self) -> Result<&Reference> {
        self.decoded.get().ok_or_else(missing)?.as_ref().map_err(again)
    }

    /// The same for the last user.
    ///
    /// # Errors
    /// There are other users.
    pub fn into_own(self) -> std::result::Result<Result<Reference>, Self> {
        let SharedReference { number, copied_memory, decoded } = self;
        match Arc::try_unwrap(decoded) {
            Ok(own) => Ok(own.into_inner().unwrap_or_else(|| Err(missing()))),
            Err(decoded) => Err(SharedReference { number, copied_memory, decoded }),
        }
    }
}

fn missing() -> Error {
    Error::Bug("a reference block that was not decoded".into())
}

/// The same error for one more block.
fn again(error: &Error) -> Error {
    match error {
        Error::Corrupt(text) => Error::Corrupt(text.clone()),
        Error::Unsupported(text) => Error::Unsupported(text.clone()),
        Error::MissingPrior(prior) => Error::MissingPrior(prior.clone()),
        Error::Divergence(text) => Error::Divergence(text.clone()),
        Error::Bug(text) => Error::Bug(text.clone()),
        Error::Limit(limit) => Error::Limit(limit.clone()),
        Error::Truncated(at) => Error::Truncated(*at),
        Error::Io(error) => Error::Io(io::Error::new(error.kind(), error.to_string())),
        other => Error::Corrupt(other.to_string()),
    }
}

/// Reads the record of a reference block, which begins at byte `at` of `file`.
///
/// # Errors
/// The record is damaged or not the first one, or reading fails.
pub(super) fn reference_record(file: &File, at: u64) -> Result<(Record, Vec<u8>)> {
    let (record, coded) =
        read_record(&mut fields_at(file, at), RecordKind::Block).map_err(|error| match error {
            Error::Corrupt(text) => Error::Corrupt(format!("reference block at byte {at}: {text}")),
            error => error,
        })?;
    if record.number != 0 {
        return Err(Error::Corrupt(format!("the block at byte {at} is not the member's first")));
    }
    Ok((record, coded))
}

/// The reference block of a member, decoded when the first dependent block needs it.
#[derive(Default)]
pub(super) struct LazyReference {
    reference: Option<Arc<Reference>>,
    /// Why the reference block cannot be decoded. Many blocks may ask; the record is read once.
    damage: Option<String>,
}

impl LazyReference {
    /// Returns the reference block, whose record begins at byte `at` of `file`.
    ///
    /// # Errors
    /// The block is damaged or no reference block, memory is short, or reading fails.
    pub fn get(&mut self, file: &File, at: u64) -> Result<Arc<Reference>> {
        if let Some(damage) = &self.damage {
            return Err(Error::Corrupt(damage.clone()));
        }
        if let Some(reference) = &self.reference {
            return Ok(reference.clone());
        }
        let reference = reference_record(file, at).and_then(|(record, coded)| {
            catch_panic(|| Ok(Arc::new(decode_reference_block(&record, &coded)?)))
        });
        if let Err(Error::Corrupt(text)) = &reference {
            self.damage = Some(text.clone());
        }
        let reference = reference?;
        self.reference = Some(reference.clone());
        Ok(reference)
    }
}
