//! A prior: what a user knows of their own data before the first byte of it comes.
//!
//! A prior file holds a *primer*, text that predictors read before a stream, and maybe weights that
//! networks start from. Both sides of a stream must have it, as both sides of zstd have a
//! dictionary. An archive names the prior by its hash. `docs/format-prior.md` has the file format.

mod file;

pub(crate) use file::valid_name;

use std::any::Any;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{Arc, OnceLock};

use crate::error::Result;

/// Most bytes of a primer. Every stream may be read after so many bytes, however short it is.
pub(crate) const LONGEST_PRIMER: usize = 512 << 10;
/// Most bytes of a name.
pub(crate) const LONGEST_NAME: usize = 32;
/// Most bytes of the stored weights of one network.
pub(crate) const MOST_WEIGHTS: usize = 4 << 20;

/// The kinds of streams that a primer is read before.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Suited {
    /// Text, coded as words or not.
    pub text: bool,
    /// Tables as text.
    pub table: bool,
    /// Data that are nothing else.
    pub generic: bool,
}

/// Text that predictors read before a stream.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PrimerPart {
    /// Which streams it is read before.
    pub suited: Suited,
    /// How many bytes at its beginning are only observed.
    pub noted: usize,
    /// The text, at most 512 KiB.
    pub text: Vec<u8>,
}

/// Which network weights belong to: streams of words, of other text, or of anything else.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WeightsOf {
    /// Text as words.
    Words,
    /// Text that is not coded as words.
    Text,
    /// Binary data.
    Binary,
}

/// A prior: see [`EncodeOptions::prior`](crate::EncodeOptions::prior()).
///
/// ```
/// use cmx::{DecodeOptions, EncodeOptions, Error, Prior};
///
/// let text = br#"{"name":"a record","tags":["one","two"],"count":1}"#;
/// let prior = Prior::of_text("records", text)?;
/// let options = EncodeOptions::new().prior(prior.clone());
/// let archive = cmx::compress_with(br#"{"name":"another","tags":["two"],"count":7}"#, &options)?;
/// assert!(matches!(cmx::decompress(&archive), Err(Error::MissingPrior(_))));
/// cmx::decompress_with(&archive, &DecodeOptions::new().prior(prior))?;
/// # Ok::<(), cmx::Error>(())
/// ```
#[derive(Clone)]
pub struct Prior {
    inner: Arc<Inner>,
}

/// What was decoded of a prior: of a type of a higher layer.
type Decoded = Box<dyn AnyWeights>;

/// Anything that calls may share, and that panics leave whole.
trait AnyWeights: Any + Send + Sync + UnwindSafe + RefUnwindSafe {}
impl<T: Any + Send + Sync + UnwindSafe + RefUnwindSafe> AnyWeights for T {}

struct Inner {
    name: String,
    hash: u64,
    suited: Suited,
    noted: usize,
    is_ascii: bool,
    text: Arc<[u8]>,
    weights: [Option<Arc<[u8]>>; 3],
    /// The same, as those who use them have decoded them.
    decoded: [OnceLock<Decoded>; 3],
    /// The primer in codes of words, and how many of these are observed.
    words: OnceLock<(Arc<[u8]>, usize)>,
}

impl Prior {
    /// A prior of `text` alone, which all kinds of text are read after. `name` is what errors call
    /// the prior.
    ///
    /// # Errors
    /// [`crate::Error::Prior`] if `text` has more than 512 KiB, or `name` more than 32 bytes or
    /// others than printable ASCII.
    pub fn of_text(name: &str, text: &[u8]) -> Result<Prior> {
        let suited = Suited { text: true, table: true, generic: false };
        Self::new(name, PrimerPart { suited, noted: 0, text: text.to_vec() }, [None, None, None])
    }

    /// A prior of its parts. Weights are as [`crate::network`] stores them.
    ///
    /// # Errors
    /// As for [`Prior::from_bytes`].
    pub(crate) fn new(
        name: &str,
        primer: PrimerPart,
        weights: [Option<Vec<u8>>; 3],
    ) -> Result<Prior> {
        Self::from_bytes(&file::write(name, &primer, &weights))
    }

    /// The same prior with these weights.
    ///
    /// # Errors
    /// As for [`Prior::from_bytes`].
    pub(crate) fn with_weights(&self, weights: [Option<Vec<u8>>; 3]) -> Result<Prior> {
        let Inner { name, suited, noted, text, .. } = &*self.inner;
        let primer = PrimerPart { suited: *suited, noted: *noted, text: text.to_vec() };
        Self::new(name, primer, weights)
    }

    /// Reads a prior file.
    ///
    /// # Errors
    /// [`crate::Error::Prior`] where `bytes` are no prior file, a newer one, or a damaged one.
    pub fn from_bytes(bytes: &[u8]) -> Result<Prior> {
        file::read(bytes)
    }

    /// The prior as a file.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let Inner { suited, noted, text, .. } = &*self.inner;
        let primer = PrimerPart { suited: *suited, noted: *noted, text: text.to_vec() };
        let weights = self.inner.weights.clone().map(|part| part.map(|part| part.to_vec()));
        file::write(&self.inner.name, &primer, &weights)
    }

    /// What errors call the prior, up to 32 bytes.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// The hash of the file, of which archives name the lower half.
    #[must_use]
    pub fn hash(&self) -> u64 {
        self.inner.hash
    }

    /// The lower half of the hash, by which archives name the prior.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.inner.hash as u32
    }

    /// Bytes of the primer.
    #[must_use]
    pub fn primer_len(&self) -> usize {
        self.inner.text.len()
    }

    /// Whether the prior has weights for any network.
    #[must_use]
    pub fn has_weights(&self) -> bool {
        self.inner.weights.iter().any(Option::is_some)
    }

    /// Bytes of memory that the prior takes: its parts, and the primer as words.
    #[must_use]
    pub fn memory(&self) -> u64 {
        let weights = self.inner.weights.iter().flatten().map(|part| part.len()).sum::<usize>();
        (3 * self.inner.text.len() + weights) as u64
    }

    pub(crate) fn suited(&self) -> Suited {
        self.inner.suited
    }

    pub(crate) fn is_ascii(&self) -> bool {
        self.inner.is_ascii
    }

    /// The primer, and how many bytes of it are only observed.
    pub(crate) fn primer(&self) -> (Arc<[u8]>, usize) {
        (self.inner.text.clone(), self.inner.noted)
    }

    /// The primer as `encode` makes codes of its observed and of its learned part; computed once.
    ///
    /// # Errors
    /// Those of `encode`.
    pub(crate) fn primer_as(
        &self,
        encode: impl Fn(&[u8]) -> Result<Vec<u8>>,
    ) -> Result<(Arc<[u8]>, usize)> {
        if let Some(known) = self.inner.words.get() {
            return Ok(known.clone());
        }
        let (noted, learned) = self.inner.text.split_at(self.inner.noted);
        let mut codes = encode(noted)?;
        let noted = codes.len();
        codes.extend_from_slice(&encode(learned)?);
        Ok(self.inner.words.get_or_init(|| (codes.into(), noted)).clone())
    }
    /// The weights for the network of such streams, if the prior has any, as `decode` makes them of
    /// the stored ones; computed once. All callers decode to the same type.
    pub(crate) fn weights<T: Any + Send + Sync + UnwindSafe + RefUnwindSafe>(
        &self,
        of: WeightsOf,
        decode: impl FnOnce(&[u8]) -> T,
    ) -> Option<&T> {
        let stored = self.inner.weights[of as usize].as_ref()?;
        let decoded = self.inner.decoded[of as usize].get_or_init(|| Box::new(decode(stored)));
        let decoded: &dyn Any = &**decoded;
        decoded.downcast_ref()
    }
}

impl PartialEq for Prior {
    fn eq(&self, other: &Prior) -> bool {
        self.hash() == other.hash()
    }
}

impl fmt::Debug for Prior {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prior").field("name", &self.name()).field("hash", &self.hash()).finish()
    }
}
