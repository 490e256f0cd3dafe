//! The one error type of the crate; its kinds are what a user can act on.

use std::fmt;
use std::io;

/// What went wrong, in terms a user can act on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Reading or writing failed.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The archive is damaged.
    #[error("corrupt archive: {0}")]
    Corrupt(String),
    /// The archive was cut short, or never finished: it ends at this byte, within something.
    #[error("corrupt archive: it ends early, at byte {0}")]
    Truncated(u64),
    /// What was appended at this byte is damaged; what stood before it is whole.
    #[error("corrupt archive: what was appended at byte {0} is damaged")]
    DamagedAppend(u64),
    /// Behind the archive bytes follow, from this byte on, that are no archive.
    #[error("corrupt archive: bytes that are no archive follow at byte {0}")]
    Trailing(u64),
    /// The input is no archive of cmx at all; why, in words.
    #[error("not a cmx archive: {0}")]
    NotAnArchive(String),
    /// The archive needs something this build does not know.
    #[error("unsupported: {0}")]
    Unsupported(String),
    /// The archive was read as one stream, and holds named files from this byte on.
    #[error("unsupported: at byte {0} named files begin, which are no stream")]
    NamedFiles(u64),
    /// A limit on memory or size would be passed; the kind says which.
    #[error("limit: {0}")]
    Limit(Limit),
    /// The archive was made with a prior that the decoder was not given.
    #[error("{0}")]
    MissingPrior(MissingPrior),
    /// A prior file cannot be used; why, in words.
    #[error("no prior that can be used: {0}")]
    Prior(String),
    /// An entry would be written outside of the target folder, or over another entry.
    #[error("unsafe path: {0}")]
    UnsafePath(String),
    /// Encoder and decoder computed different probabilities.
    #[error("numeric divergence: {0}")]
    Divergence(String),
    /// A defect of cmx itself.
    #[error("internal error, please report: {0}")]
    Bug(String),
}

impl Error {
    /// The system has no memory for `what`.
    pub(crate) fn no_memory(what: impl fmt::Display) -> Self {
        Error::Limit(Limit::new(LimitKind::System, format!("no memory for {what}")))
    }

    /// Is this about memory that was short, so that less work at the same time may succeed?
    pub(crate) fn is_short_of_memory(&self) -> bool {
        matches!(
            self,
            Error::Limit(Limit { kind: LimitKind::Memory { .. } | LimitKind::System, .. })
        )
    }

    /// Is this about bytes of an archive that are not what they were when it was written?
    #[must_use]
    pub fn is_damage(&self) -> bool {
        matches!(
            self,
            Error::Corrupt(_) | Error::Truncated(_) | Error::DamagedAppend(_) | Error::Trailing(_)
        )
    }
}

/// The prior that an archive was made with, where it is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingPrior {
    /// The lower half of its hash.
    pub id: u32,
    /// Its name, if the archive has that: short streams do not.
    pub name: Option<String>,
    /// The names and the lower halves of the hashes of the priors that were given.
    pub given: Vec<(String, u32)>,
}

impl fmt::Display for MissingPrior {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "this was compressed with the prior {:08x}", self.id)?;
        if let Some(name) = &self.name {
            write!(formatter, " ({name})")?;
        }
        match &self.given[..] {
            [] => formatter.write_str(", which is not given"),
            given => {
                let shown = |(name, id): &(String, u32)| format!("{id:08x} ({name})");
                let given: Vec<String> = given.iter().map(shown).collect();
                write!(formatter, ", and {} is given", given.join(" and "))
            }
        }
    }
}

/// A limit that would be passed: which one it is, and what would pass it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// Which limit, for a caller that can raise it.
    pub kind: LimitKind,
    text: String,
}

impl Limit {
    /// The limit `kind`; `text` says what would pass it.
    pub fn new(kind: LimitKind, text: impl Into<String>) -> Self {
        Limit { kind, text: text.into() }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// Which limit would be passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LimitKind {
    /// The memory of the job, which the caller sets.
    Memory {
        /// Bytes that the limit would have to be for the job to come so far.
        needed: u64,
    },
    /// [`DecodeOptions::max_output`](crate::DecodeOptions::max_output).
    Output,
    /// [`DecodeOptions::max_index`](crate::DecodeOptions::max_index).
    Index,
    /// [`DecodeOptions::max_path`](crate::DecodeOptions::max_path).
    Path,
    /// The memory that the system has, or lets the process have.
    System,
    /// What the format can hold.
    Format,
}

/// The result of everything that can fail in this crate.
pub type Result<T> = std::result::Result<T, Error>;
