//! What a caller may choose, with the defaults that the command line has too.

use std::sync::Arc;

use crate::budget::Budget;
use crate::level::Level;
use crate::prior::Prior;
use crate::progress::Progress;

/// How to compress.
///
/// ```
/// use cmx::{EncodeOptions, Level};
///
/// let options = EncodeOptions::new().level(Level::new(7)?).threads(2);
/// let archive = cmx::compress_with(b"the cat sat on the mat", &options)?;
/// assert_eq!(cmx::decompress(&archive)?, b"the cat sat on the mat");
/// # Ok::<(), cmx::Error>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EncodeOptions {
    /// Set by [`level`](Self::level()).
    pub level: Level,
    /// Set by [`threads`](Self::threads()).
    pub threads: usize,
    /// Set by [`verify`](Self::verify()).
    pub verify: bool,
    /// Set by [`memory`](Self::memory()).
    pub memory: u64,
    /// Set by [`progress`](Self::progress()).
    pub progress: Option<Arc<Progress>>,
    /// Set by [`prior`](Self::prior()).
    pub prior: Option<Prior>,
}

impl Default for EncodeOptions {
    fn default() -> Self {
        EncodeOptions {
            level: Level::default(),
            threads: 1,
            verify: true,
            memory: u64::MAX,
            progress: None,
            prior: None,
        }
    }
}

impl EncodeOptions {
    /// The default level, one thread, verification, no limit on memory.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How hard to work: [`Level::default`] unless this is called.
    #[must_use]
    pub fn level(mut self, level: Level) -> Self {
        self.level = level;
        self
    }

    /// Threads that work at the same time, on blocks, on streams of a block and on their
    /// verification; fewer if the memory does not suffice, since each takes the level's. The bytes
    /// of the archive do not depend on it. 1 by default.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// Whether every block is decoded again and compared before it is written. `true` by default.
    #[must_use]
    pub fn verify(mut self, verify: bool) -> Self {
        self.verify = verify;
        self
    }

    /// Bytes of memory for the whole job, without limit by default. The bytes of the archive do not
    /// depend on it: where it does not suffice, compression fails, as reading the archive would
    /// under the same limit.
    #[must_use]
    pub fn memory(mut self, bytes: u64) -> Self {
        self.memory = bytes;
        self
    }

    /// Counters for a display.
    #[must_use]
    pub fn progress(mut self, progress: impl Into<Option<Arc<Progress>>>) -> Self {
        self.progress = progress.into();
        self
    }

    /// A prior: knowledge of such data, which decoding needs too. It serves most where much small
    /// data are compressed one by one. Streams that it does not suit are coded as without it.
    #[must_use]
    pub fn prior(mut self, prior: impl Into<Option<Prior>>) -> Self {
        self.prior = prior.into();
        self
    }

    /// The memory and the prior of a job.
    pub(crate) fn budget(&self) -> Budget {
        Budget::new(self.memory).verified(self.verify).coding_with(self.prior.as_ref())
    }

    /// Passes over the input: 2 with verification, else 1. [`Progress::work`] counts every byte
    /// that often.
    #[must_use]
    pub fn passes(&self) -> u64 {
        if self.verify { 2 } else { 1 }
    }
}

/// How to decompress, and what an archive may ask for.
///
/// ```
/// use cmx::{DecodeOptions, Error};
///
/// let archive = cmx::compress(&[0; 100_000])?;
/// let careful = DecodeOptions::new().max_output(10_000);
/// assert!(matches!(cmx::decompress_with(&archive, &careful), Err(Error::Limit(_))));
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DecodeOptions {
    /// Set by [`threads`](Self::threads()).
    pub threads: usize,
    /// Set by [`memory`](Self::memory()).
    pub memory: u64,
    /// Set by [`max_output`](Self::max_output()).
    pub max_output: u64,
    /// Set by [`max_index`](Self::max_index()).
    pub max_index: u64,
    /// Set by [`max_path`](Self::max_path()).
    pub max_path: u64,
    /// Set by [`ignore_trailing`](Self::ignore_trailing()).
    pub ignore_trailing: bool,
    /// Set by [`progress`](Self::progress()).
    pub progress: Option<Arc<Progress>>,
    /// Set by [`prior`](Self::prior()).
    pub priors: Vec<Prior>,
}

impl Default for DecodeOptions {
    fn default() -> Self {
        DecodeOptions {
            threads: 1,
            memory: 8 << 30,
            max_output: u64::MAX,
            max_index: 256 << 20,
            max_path: 2 << 20,
            ignore_trailing: false,
            progress: None,
            priors: Vec::new(),
        }
    }
}

impl DecodeOptions {
    /// One thread, 8 GiB of memory, no limit on the output.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Threads that work at the same time, on blocks and on streams of a block; fewer if the memory
    /// does not suffice. 1 by default.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// Bytes of memory for the whole job: the program, indices, blocks, the tables of predictors.
    /// 8 GiB by default.
    #[must_use]
    pub fn memory(mut self, bytes: u64) -> Self {
        self.memory = bytes;
        self
    }

    /// Bytes that may come out. No limit by default.
    #[must_use]
    pub fn max_output(mut self, bytes: u64) -> Self {
        self.max_output = bytes;
        self
    }

    /// Bytes of a decoded index. 256 MiB by default.
    #[must_use]
    pub fn max_index(mut self, bytes: u64) -> Self {
        self.max_index = bytes;
        self
    }

    /// Bytes of a path. 2 MiB by default.
    #[must_use]
    pub fn max_path(mut self, bytes: u64) -> Self {
        self.max_path = bytes;
        self
    }

    /// Whether bytes after the last member that are no archive are passed over. Else they are an
    /// error, which is the default.
    #[must_use]
    pub fn ignore_trailing(mut self, ignore: bool) -> Self {
        self.ignore_trailing = ignore;
        self
    }

    /// Counters for a display.
    #[must_use]
    pub fn progress(mut self, progress: impl Into<Option<Arc<Progress>>>) -> Self {
        self.progress = progress.into();
        self
    }

    /// Adds a prior that the archive may have been made with. Without a prior that it names,
    /// decoding ends with [`Error::MissingPrior`](crate::Error::MissingPrior).
    #[must_use]
    pub fn prior(mut self, prior: Prior) -> Self {
        self.priors.push(prior);
        self
    }

    /// The memory and the priors of a job.
    pub(crate) fn budget(&self) -> Budget {
        Budget::new(self.memory).with_priors(&self.priors)
    }
}
