//! How the streams of each kind are coded: what levels choose from.

use super::ColumnCode::{self, Both, Contexts};
use Coding::{Mixed, Sorted};

/// How the streams of one kind are coded. Profiles are named as in the table of profiles,
/// `src/predictor/tables/mod.rs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    /// By sorting.
    Sorted(ColumnCode),
    /// By mixing, with this profile.
    Mixed(&'static str),
}

/// How the streams of each kind are coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Codings {
    pub generic: Coding,
    pub text: Coding,
    pub words: Coding,
    pub table: Coding,
    pub exe: Coding,
    pub font: Coding,
    pub wasm: Coding,
    /// Images of one byte a channel.
    pub image: Coding,
    /// Images of 16-bit samples.
    pub image16: Coding,
    pub audio: Coding,
}

/// All streams are sorted.
pub(super) const fn sorted(code: ColumnCode) -> Codings {
    Codings {
        generic: Sorted(code),
        text: Sorted(code),
        words: Sorted(code),
        table: Sorted(code),
        exe: Sorted(code),
        font: Sorted(code),
        wasm: Sorted(code),
        image: Sorted(code),
        image16: Sorted(code),
        audio: Sorted(code),
    }
}

/// Text and tables are sorted; the rest is mixed with 8 contexts, which costs little time where
/// sorting would lose most.
pub(super) const TEXT_SORTED: Codings = Codings {
    generic: Mixed("generic-8"),
    exe: Mixed("exe-8"),
    font: Mixed("font-8"),
    wasm: Mixed("wasm-8"),
    image: Mixed("samples-8"),
    image16: Mixed("samples-8"),
    audio: Mixed("samples-8"),
    words: Sorted(Contexts),
    ..sorted(Both)
};

/// 6 contexts for text, the fewest that pay.
pub(super) const SIX: Codings = Codings {
    text: Mixed("text-6"),
    words: Mixed("words-6"),
    // With 6 contexts some tables are larger than sorted ones.
    table: Mixed("table-8"),
    ..TEXT_SORTED
};

/// 8 contexts, and more for code, which gains most by them. Sorting takes a tenth of the time, but of
/// 45 files with text or tables, 0.2 to 10 MB each, it made none smaller than mixing does.
pub(super) const EIGHT: Codings = Codings {
    text: Mixed("text-8"),
    words: Mixed("words-8"),
    table: Mixed("table-8"),
    exe: Mixed("exe-14"),
    ..TEXT_SORTED
};

/// 16 contexts for everything but samples.
pub(super) const SIXTEEN: Codings = Codings {
    generic: Mixed("generic-16"),
    text: Mixed("text-16"),
    words: Mixed("words-16"),
    table: Mixed("table-16"),
    exe: Mixed("exe-16"),
    font: Mixed("font-16"),
    wasm: Mixed("wasm-16"),
    image: Mixed("samples-8"),
    image16: Mixed("samples-8"),
    audio: Mixed("samples-8"),
};

/// 24 contexts for everything but samples.
pub(super) const TWENTY_FOUR: Codings = Codings {
    generic: Mixed("generic-24"),
    text: Mixed("text-24"),
    words: Mixed("words-24"),
    table: Mixed("table-24"),
    exe: Mixed("exe-24"),
    font: Mixed("font-24"),
    wasm: Mixed("wasm-24"),
    ..SIXTEEN
};
