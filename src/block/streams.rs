//! The streams of a split block, and how one of them is coded.

use xxhash_rust::xxh3::xxh3_64;

use super::follow::{Follow, Followed};
use crate::budget::Charge;
use crate::coder::growing::CodeSource;
use crate::error::{Error, Result};
use crate::kind::Kind;
use crate::level::Level;
use crate::method::{self, Method, choice};
use crate::predictor::reference::Reference;

/// The streams of a block.
#[derive(Debug, Default)]
pub struct Streams {
    /// The segment list, see [`super::program`].
    pub program: Vec<u8>,
    /// Small facts that transforms need for their inverse.
    pub side: Vec<u8>,
    /// Bytes that another codec has compressed.
    pub compressed: Vec<u8>,
    /// The content, one stream a kind.
    pub data: Vec<(Kind, Vec<u8>)>,
    /// Of a program that is written: bytes that its transforms are given.
    pub transformed: usize,
    /// Of streams that were read: how many bytes were coded.
    pub coded: usize,
    /// What they take of the budget of the job.
    pub(super) _charge: Charge,
}

/// More kinds than this in one block, and the rest goes to Generic.
pub const MAX_DATA: usize = 64;

impl Streams {
    /// The index of the stream of `kind`, made where there is none yet and room for it.
    pub fn index(&mut self, kind: Kind) -> usize {
        if let Some(at) = self.data.iter().position(|(have, _)| *have == kind) {
            return at;
        }
        // Room is kept for Generic, Text and Exe.
        if self.data.len() + 3 >= MAX_DATA && is_signal(kind) {
            return self.index(Kind::Generic);
        }
        self.data.push((kind, Vec::new()));
        self.data.len() - 1
    }

    /// Bytes of all streams.
    pub fn total(&self) -> usize {
        let data = self.data.iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
        self.program.len() + self.side.len() + self.compressed.len() + data
    }

    /// The streams hash, over what the transforms read: transforms are only run on streams that
    /// arrived whole, since the codecs in them were not all written for bytes that lie.
    pub(super) fn hash(&self) -> [u8; 4] {
        if cfg!(cmx_no_hashes) {
            return [0; 4];
        }
        let mut hashes = Vec::new();
        for bytes in [&self.program, &self.side, &self.compressed]
            .into_iter()
            .chain(self.data.iter().map(|(_, bytes)| bytes))
        {
            hashes.extend_from_slice(&xxh3_64(bytes).to_le_bytes());
        }
        (xxh3_64(&hashes) as u32).to_le_bytes()
    }

    /// Whether the block holds the streams hash.
    pub(super) fn has_hash(&self) -> bool {
        !self.side.is_empty() || !self.compressed.is_empty()
    }
}

fn is_signal(kind: Kind) -> bool {
    matches!(kind, Kind::Image { .. } | Kind::Image16 { .. } | Kind::Audio { .. })
}

/// Most bytes that the streams of a block of `raw_len` bytes may hold together: deflate expands
/// by up to a thousand times, and a decoder must not.
#[must_use]
pub fn limit(raw_len: usize) -> usize {
    raw_len.saturating_mul(32).saturating_add(64 << 10).min(raw_len.saturating_add(1 << 30))
}

/// Bytes of samples that a byte of code stands for at most, beyond [`FREE_SAMPLES`]. Of other data
/// repeats are passed over, one decision a byte (see [`crate::model::bypass`]); the models of
/// samples see every bit, 0.6 to 1.3 seconds for a megabyte with 8 contexts. So images of one
/// colour are coded as anything else is.
const SAMPLES_PER_BYTE: usize = 512;
/// Bytes of samples that need no code.
const FREE_SAMPLES: usize = 4096;

/// Whether so long a code of samples would keep a decoder busy for too long.
fn is_too_dense(kind: Kind, method: Method, raw_len: usize, coded_len: usize) -> bool {
    is_signal(kind)
        && matches!(method, Method::Mixed(_))
        && raw_len > coded_len.saturating_mul(SAMPLES_PER_BYTE).saturating_add(FREE_SAMPLES)
}

/// A coded stream.
pub struct Coded {
    pub kind: Kind,
    pub method: Method,
    pub code: Vec<u8>,
}

/// How the streams of a block are coded.
#[derive(Clone, Copy)]
pub struct Settings<'a> {
    pub level: &'a Level,
    /// The reference block that words follow, if there is one.
    pub reference: Option<&'a Reference>,
    /// Who decodes streams while they are coded.
    pub follow: Option<&'a dyn Follow>,
}

impl<'a> Settings<'a> {
    /// The same without the reference block.
    pub fn alone(&self) -> Settings<'a> {
        Settings { reference: None, ..*self }
    }
}

/// Codes a stream of `kind`: text as words where that suits it, and words after the reference
/// block, if there is one; samples that repeat too much as anything else. Very redundant text may be
/// coded by two methods; the shorter code counts.
///
/// # Errors
/// Memory for the tables cannot be had.
pub fn encode(bytes: &[u8], kind: Kind, settings: &Settings<'_>) -> Result<Coded> {
    let kind = match kind {
        Kind::Text => choice::kind_of_text(settings.level, bytes, settings.reference.is_some())?,
        _ => kind,
    };
    let reference = settings.reference.filter(|_| kind == Kind::Words);
    let method = match reference {
        Some(_) => Method::Continued,
        None => choice::choose(settings.level, &kind, bytes)?,
    };
    let attempt = settings.follow.and_then(|follow| {
        follow.begin(Followed { kind, method: method.as_read(), length: bytes.len() })
    });
    let growing = attempt.as_ref().map(|attempt| &attempt.growing);
    let decoded = attempt.as_ref().map(|attempt| &attempt.decoded);
    let code = match reference {
        Some(reference) => reference.encode_dependent(bytes, growing),
        None => method::encode_followed(bytes, method, &kind, growing, decoded),
    };
    let is_too_dense = |code: &[u8]| is_too_dense(kind, method, bytes.len(), code.len());
    match (&attempt, &code) {
        (Some(attempt), Ok(code)) if !is_too_dense(code) && code.len() < bytes.len() => {
            attempt.growing.finish(code);
        }
        (Some(attempt), _) => attempt.abandon(),
        (None, _) => {}
    }
    let code = code?;
    if is_too_dense(&code) {
        return encode(bytes, Kind::Generic, &settings.alone());
    }
    let second = choice::second(settings.level, &kind, bytes.len(), code.len());
    if let (Method::Mixed(_), Some(second)) = (method, second) {
        let other = method::encode(bytes, second, &kind)?;
        if other.len() < code.len() {
            // Who decoded the first code did so in vain.
            return Ok(Coded { kind, method: second, code: other });
        }
    }
    Ok(Coded { kind, method, code })
}

/// Decodes what [`encode`] made of `raw_len` bytes.
///
/// # Errors
/// [`Error::Corrupt`], [`Error::Limit`].
pub fn decode(
    mut coded: CodeSource<'_>,
    raw_len: usize,
    kind: Kind,
    method: Method,
    reference: Option<&Reference>,
) -> Result<Vec<u8>> {
    // An encoder writes no code that is too dense, and who follows it does not know the length.
    if is_signal(kind) && coded.is_whole() {
        let length = coded.need_all()?.len();
        if is_too_dense(kind, method, raw_len, length) {
            return Err(Error::Corrupt(format!(
                "{raw_len} bytes of samples in {length} bytes of code"
            )));
        }
    }
    match (method, reference) {
        (Method::Continued, Some(reference)) => reference.decode_dependent(coded, raw_len),
        (Method::Continued, None) => {
            Err(Error::Corrupt("a stream that depends on a reference block, without one".into()))
        }
        _ => method::decode_source(coded, raw_len, method, &kind),
    }
}
