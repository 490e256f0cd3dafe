//! Which method codes a stream at a level.

use super::{Method, Mixing, trial};
use crate::budget::Budget;
use crate::error::{Error, Result};
use crate::kind::Kind;
use crate::level::{Coding, Codings, ColumnCode, LEVELS, Level, NetworkStart, Trials};
use crate::predictor::primer;
use crate::predictor::profile::Profile;
use crate::predictor::tables::Row;
use crate::prior::Prior;
use crate::words;

/// Lengths of streams of text from which on the second and the third primer of a level are worth
/// their time.
const MIDDLE: usize = 16 << 10;
const LONG: usize = 64 << 10;
/// KiB that a level observes before short streams, from which on code has a primer of its own.
const SHORT_OF_CODE: u16 = 104;

/// Streams that are shorter than this, which a level would sort, are mixed if there is a prior that
/// suits them: sorting has no use for one.
const SHORT_WITH_PRIOR: usize = 64 << 10;
/// Streams from this length on say the name of their prior.
const SAYS_NAME: usize = 16 << 10;

/// Whether streams of `kind` are read after the primer of `prior`.
pub(super) fn suits(prior: &Prior, kind: &Kind) -> bool {
    let suited = prior.suited();
    match kind {
        Kind::Text | Kind::Words => suited.text,
        Kind::Table => suited.table,
        Kind::Generic => suited.generic,
        _ => false,
    }
}

/// The prior for new streams of `kind`, if there is one.
fn coding_prior(kind: &Kind) -> Option<Prior> {
    Budget::coding_prior().filter(|prior| suits(prior, kind))
}

/// How `level` codes `length` bytes of `kind`.
fn coding(level: &Level, kind: &Kind, length: usize) -> Coding {
    match level.codings.of(kind) {
        // As the fastest level that mixes everything.
        Coding::Sorted(_) if length < SHORT_WITH_PRIOR && coding_prior(kind).is_some() => {
            LEVELS[3].codings.of(kind)
        }
        coding => coding,
    }
}

impl Codings {
    /// How streams of `kind` are coded.
    pub(crate) fn of(&self, kind: &Kind) -> Coding {
        match kind {
            Kind::Generic => self.generic,
            Kind::Text => self.text,
            Kind::Words => self.words,
            Kind::Table => self.table,
            Kind::Exe => self.exe,
            Kind::Font => self.font,
            Kind::Wasm => self.wasm,
            Kind::Image { .. } => self.image,
            Kind::Image16 { .. } => self.image16,
            Kind::Audio { .. } => self.audio,
        }
    }
}

/// The method of `level` for `bytes` of `kind`.
///
/// # Errors
/// [`Error::Bug`] where the level names what the tables do not have; or the memory for a trial cannot
/// be had.
pub fn choose(level: &Level, kind: &Kind, bytes: &[u8]) -> Result<Method> {
    Ok(match coding(level, kind, bytes.len()) {
        Coding::Sorted(code) => Method::Sorted(code),
        Coding::Mixed(name) => {
            let name = if *kind == Kind::Words { of_words(level, name, bytes) } else { name };
            let mixing = mixing(level, name, kind, bytes.len())?;
            // Only where a level reads so much before so little.
            let is_short = level.primers[0].0 >= SHORT_OF_CODE && bytes.len() < MIDDLE;
            let is_text = mixing.primer != 0 && mixing.prior == 0 && is_short;
            let mut primer =
                if is_text && is_code(bytes) { primer::OF_CODE } else { mixing.primer };
            let has_time = level.trials >= Trials::WithoutPrimer;
            if mixing.prior == 0
                && primer != 0
                && trial::is_smaller_without_primer(bytes, kind, has_time)?
            {
                primer = 0;
            }
            Method::Mixed(Mixing { primer, ..mixing })
        }
    })
}

/// A mixed stream whose code is shorter than its bytes by this factor is very redundant.
const REDUNDANT: usize = 16;

/// Another method that may code a stream of `kind` shorter than mixing to `code` bytes did, where
/// `level` has time to try. Very redundant text is sorted in a fraction of the time of mixing.
#[must_use]
pub fn second(level: &Level, kind: &Kind, length: usize, code: usize) -> Option<Method> {
    let is_redundant = code.saturating_mul(REDUNDANT) < length;
    second_of(level, kind).filter(|_| is_redundant)
}

/// The method that `level` tries beside mixing streams of `kind`, if any.
fn second_of(level: &Level, kind: &Kind) -> Option<Method> {
    match (level.trials, kind) {
        (Trials::Sorting, Kind::Words) => Some(Method::Sorted(ColumnCode::Contexts)),
        (Trials::Sorting, Kind::Text | Kind::Table) => Some(Method::Sorted(ColumnCode::Both)),
        _ => None,
    }
}

/// The kind that `level` codes text as: words where that suits the text, a table where that makes
/// regular text smaller. Words that may follow a reference block stay words.
///
/// # Errors
/// Memory cannot be had.
pub fn kind_of_text(level: &Level, text: &[u8], has_reference: bool) -> Result<Kind> {
    let suits_words = words::suits(text)?;
    let may_be_table = level.trials == Trials::All
        && !(suits_words && has_reference)
        && coding_prior(&Kind::Text).is_none();
    if may_be_table && trial::is_smaller_as_table(text)? {
        return Ok(Kind::Table);
    }
    Ok(if suits_words { Kind::Words } else { Kind::Text })
}

/// How long coding `length` bytes of `kind` takes at `level`, compared with other bytes.
#[must_use]
pub fn relative_time(level: &Level, kind: &Kind, length: usize) -> usize {
    match coding(level, kind, length) {
        Coding::Sorted(code) => Method::Sorted(code).relative_time(length),
        Coding::Mixed(_) => length.saturating_mul(super::MIXED_TO_SORTED),
    }
}

/// Whether a text looks like source code or markup: at least one byte of 28 parts or joins what
/// stands around it as prose does not. Prose has one of 32 to 70.
fn is_code(text: &[u8]) -> bool {
    let is_sign = |byte: &&u8| b"{}[]<>()=;:_/\\|&$#@*\"".contains(byte);
    text.iter().filter(is_sign).count() * 28 >= text.len()
}

/// The profile with which `level` mixes the words of `text`: that for code, if the level has one and
/// the text looks like code, else `name`.
fn of_words(level: &Level, name: &'static str, text: &[u8]) -> &'static str {
    level.code.filter(|_| is_code(text)).unwrap_or(name)
}

/// How `level` mixes streams of `kind` that stand for `length` bytes, with the profile `name`.
fn mixing(level: &Level, name: &str, kind: &Kind, length: usize) -> Result<Mixing> {
    let unknown = |what| Error::Bug(format!("level {} names an unknown {what}", level.number));
    let name = match (level.short_text, kind, length) {
        (Some((text, _)), Kind::Text, 1..MIDDLE) => text,
        (Some((_, words)), Kind::Words, 1..MIDDLE) => words,
        _ => name,
    };
    let row = Row::named(name).ok_or_else(|| unknown("profile"))?;
    let [short, middle, long] = level.primers;
    let lengths = match length {
        0 => (0, 0),
        _ if !matches!(kind, Kind::Text | Kind::Words) => (0, 0),
        1..MIDDLE => short,
        MIDDLE..LONG => middle,
        _ => long,
    };
    let table_bits = level.memory.ilog2() as u8;
    let start = if row.has_networks() { level.network_start } else { NetworkStart::Trained };
    if let Some(prior) = coding_prior(kind).filter(|_| length > 0) {
        let (primer, prior) = (of_prior(length), prior.hash());
        return Ok(Mixing { row, primer, prior, start, table_bits });
    }
    let primer = primer::number_of(lengths).ok_or_else(|| unknown("primer"))?;
    Ok(Mixing { row, primer, prior: 0, start, table_bits })
}

/// The number of the primer of a prior before `length` bytes.
fn of_prior(length: usize) -> u8 {
    if length < SAYS_NAME { primer::OF_PRIOR } else { primer::OF_NAMED_PRIOR }
}

/// The profile with which `level` mixes streams of `kind` and `length`, if it ever does. Words need
/// [`Profile::as_words`] besides.
#[must_use]
pub fn profile(level: &Level, kind: &Kind, length: usize) -> Option<Profile> {
    let Coding::Mixed(name) = coding(level, kind, length) else { return None };
    Some(mixing(level, name, kind, length).ok()?.profile(kind))
}

/// How `level` mixes `text` as a reference block, if it has any.
#[must_use]
pub fn reference(level: &Level, text: &[u8]) -> Option<Mixing> {
    let Coding::Mixed(name) = level.codings.words else { return None };
    let mixing = mixing(level, of_words(level, name, text), &Kind::Words, 0)
        .ok()
        .filter(|_| level.has_references)?;
    let (primer, prior) = coding_prior(&Kind::Words)
        .map_or((primer::OF_REFERENCES, 0), |prior| (primer::OF_NAMED_PRIOR, prior.hash()));
    // The reference block and a copy of its tables together take what one stream does.
    Some(Mixing { primer, prior, table_bits: mixing.table_bits - 1, ..mixing })
}

/// What streams of bytes may be.
const KINDS: [Kind; 7] =
    [Kind::Text, Kind::Words, Kind::Table, Kind::Generic, Kind::Exe, Kind::Font, Kind::Wasm];

impl Level {
    /// Bytes of memory that coding or decoding a block of `length` bytes takes, at most, whatever
    /// is in the block. Where deflate streams are unpacked, streams are longer than the block: what
    /// that takes the budget of the job tells.
    #[must_use]
    pub fn memory_for(&self, length: usize) -> u64 {
        let of_stream = |kind: &Kind| self.memory_for_kind(kind, length);
        // The block and its streams, before and after coding.
        KINDS.iter().map(of_stream).max().unwrap_or(0) + 4 * length as u64
    }

    /// Bytes of memory that the networks of one stream take, at most.
    #[must_use]
    #[doc(hidden)]
    pub fn network_memory(&self) -> u64 {
        let of_stream = |kind: &Kind| match self.codings.of(kind) {
            Coding::Sorted(_) => 0,
            Coding::Mixed(name) => Row::named(name).map_or(0, Row::network_memory),
        };
        KINDS.iter().map(of_stream).max().unwrap_or(0)
    }

    /// Bytes of memory that coding or decoding a stream of `kind` and `length` bytes takes, at most:
    /// tables, and copies that the method makes.
    #[must_use]
    pub fn memory_for_stream(&self, kind: &Kind, length: usize) -> u64 {
        match kind {
            // Some text is coded as words, and samples that repeat are coded as anything else.
            Kind::Text | Kind::Image { .. } | Kind::Image16 { .. } | Kind::Audio { .. } => {
                let other = if *kind == Kind::Text { Kind::Words } else { Kind::Generic };
                self.memory_for_kind(kind, length).max(self.memory_for_kind(&other, length))
            }
            _ => self.memory_for_kind(kind, length),
        }
    }

    fn memory_for_kind(&self, kind: &Kind, length: usize) -> u64 {
        let mixed = |name| {
            let mixing = mixing(self, name, kind, length);
            mixing.map_or(0, |mixing| Method::Mixed(mixing).memory(kind, length))
        };
        match coding(self, kind, length) {
            Coding::Sorted(code) => Method::Sorted(code).memory(kind, length),
            Coding::Mixed(name) => {
                let second = second_of(self, kind);
                mixed(name).max(second.map_or(0, |second| second.memory(kind, length)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level::LEVELS;

    #[test]
    fn short_texts_have_fewer_contexts_and_code_a_primer_of_its_own() {
        let prose = b"Some words of a text, and no more than that. ".repeat(20);
        let code = b"if (a[i] == b) { c(d); }\n".repeat(40);
        let of = |bytes: &[u8]| match choose(&LEVELS[7], &Kind::Text, bytes) {
            Ok(Method::Mixed(mixing)) => (mixing.row.name, mixing.primer),
            other => panic!("{other:?}"),
        };
        assert_eq!(of(&prose), ("text-40", 2));
        assert_eq!(of(&code), ("text-40", primer::OF_CODE));
        assert_eq!(of(&code.repeat(20)), ("text-56", 3));
        let of_words = |bytes: &[u8]| match choose(&LEVELS[7], &Kind::Words, bytes) {
            Ok(Method::Mixed(mixing)) => mixing.row.name,
            other => panic!("{other:?}"),
        };
        assert_eq!(of_words(&prose.repeat(20)), "words-56");
        assert_eq!(of_words(&code.repeat(20)), "words-56-code");
    }

    #[test]
    fn levels_name_profiles_and_primers_that_are_there() {
        for level in LEVELS.iter().flat_map(|level| [*level, level.for_small_files()]) {
            assert!(level.primers.iter().all(|&lengths| primer::number_of(lengths).is_some()));
            for (kind, ..) in crate::predictor::tests::kinds().map(|kind| (kind,)) {
                match level.codings.of(&kind) {
                    Coding::Sorted(_) => {}
                    Coding::Mixed(name) => {
                        assert!(Row::named(name).is_some_and(|row| row.codes(&kind)), "{name}");
                    }
                }
            }
            assert_eq!(reference(&level, b"").is_some(), level.has_references);
        }
    }
}
