//! The one error type of the crate; its kinds are what a user can act on.

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
    /// Behind the archive bytes follow, from this byte on, that are no archive.
    #[error("corrupt archive: bytes that are no archive follow at byte {0}")]
    Trailing(u64),
    /// The input is no archive of cmx at all; why, in words.
    #[error("not a cmx archive: {0}")]
    NotAnArchive(String),
    /// The archive needs something this build does not know.
    #[error("unsupported: {0}")]
    Unsupported(String),
    /// A limit on memory or size would be passed.
    #[error("limit: {0}")]
    Limit(String),
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
    /// Is this about bytes of an archive that are not what they were when it was written?
    #[must_use]
    pub fn is_damage(&self) -> bool {
        matches!(self, Error::Corrupt(_) | Error::Truncated(_) | Error::Trailing(_))
    }
}

/// The result of everything that can fail in this crate.
pub type Result<T> = std::result::Result<T, Error>;
