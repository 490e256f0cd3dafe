//! The documents list what the tables hold: `docs/models-lists.md` as a whole, and one table of
//! `docs/format-block.md`.
//!
//! `CMX_REGENERATE=1 cargo test --lib documents` writes the first anew.

use super::*;
use crate::level::{self, LEVELS};
use crate::method::sorted;
use std::fmt::Write;

const LISTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/models-lists.md");
const FORMAT: &str = include_str!("../../../docs/format-block.md");

/// Every kind of stream under the name that the documents give it, and its list of contexts.
fn kinds() -> [(&'static str, Kind, Vec<Context>); 10] {
    let signal = |kind: &Kind| Profile::new(&LEVELS[7], kind, 1).contexts;
    let image = Kind::Image { bits: 24, row_bytes: 300 };
    let image16 = Kind::Image16 { row_bytes: 300, big_endian: true };
    let audio = Kind::Audio { channels: 2, bits: 16, big_endian: true, signed: true };
    [
        ("Generic", Kind::Generic, GENERIC.to_vec()),
        ("Text", Kind::Text, TEXT.to_vec()),
        ("Words", Kind::Words, WORDS.to_vec()),
        ("Table", Kind::Table, TABLE.to_vec()),
        ("Exe", Kind::Exe, EXE.to_vec()),
        ("Font", Kind::Font, FONT.to_vec()),
        ("Wasm", Kind::Wasm, WASM.to_vec()),
        ("Image", image, signal(&image)),
        ("Image, 16 bits", image16, signal(&image16)),
        ("Audio", audio, signal(&audio)),
    ]
}

/// The levels of a user, then that of small files, which blocks call 10.
fn levels() -> impl Iterator<Item = &'static Level> {
    LEVELS.iter().chain(level::of_block(10))
}

/// As `examples/select.rs` reads it.
fn context_name(context: &Context) -> String {
    match context {
        Order(number) | Long(number) => format!("O{number}"),
        Masked(mask) => format!("M{mask:x}"),
        Folded(number) => format!("F{number}"),
        X86(number) => format!("X86.{number}"),
        Record(number) => format!("R.{number}"),
        Table(number) => format!("T.{number}"),
        Wasm(number) => format!("Wasm.{number}"),
        Font(number) => format!("G.{number}"),
        Prose(number) => format!("P.{number}"),
        Number(number) => format!("N.{number}"),
        Signal(number) => format!("Signal.{number}"),
        plain => format!("{plain:?}"),
    }
}

/// As `examples/select.rs` reads it.
fn selector_name(selector: &Selector) -> String {
    match selector {
        Selector::MatchLength => "Match".into(),
        Selector::X86(number) => format!("X86.{number}"),
        Selector::X86Partial(number) => format!("X86P.{number}"),
        Selector::Record(number) => format!("R.{number}"),
        Selector::Table(number) => format!("T.{number}"),
        Selector::Wasm(number) => format!("Wasm.{number}"),
        Selector::Font(number) => format!("G.{number}"),
        Selector::Signal(number) => format!("Signal.{number}"),
        plain => format!("{plain:?}"),
    }
}

fn list<T>(items: &[T], name: impl Fn(&T) -> String) -> String {
    items.iter().map(name).collect::<Vec<_>>().join(",")
}

/// How many contexts code a stream of `kind` at `level`, and from which length on it is sorted.
fn method(level: &Level, kind: &Kind) -> String {
    let contexts = Profile::new(level, kind, 1).contexts.len();
    // No limit of the codec is above a block.
    let longest = 1 << 28;
    if sorted(level, kind, 1) {
        return "sorted".into();
    }
    if !sorted(level, kind, longest) {
        return contexts.to_string();
    }
    let (mut mixed, mut first) = (1, longest);
    while first - mixed > 1 {
        let middle = (mixed + first) / 2;
        if sorted(level, kind, middle) { first = middle } else { mixed = middle }
    }
    format!("{contexts}, sorted from {first}")
}

/// The contexts that `number` makes of `0..count` and no list holds.
fn unused(count: usize, number: fn(u8) -> Context) -> String {
    let used: Vec<Context> = kinds().into_iter().flat_map(|(.., contexts)| contexts).collect();
    let all: Vec<Context> = (0..count as u8).map(number).collect();
    list(
        &all.into_iter().filter(|context| !used.contains(context)).collect::<Vec<_>>(),
        context_name,
    )
}

/// The whole of `docs/models-lists.md`.
fn lists() -> String {
    let mut text = String::from(
        "# Lists of contexts\n\n\
        Written from `src/predictor/tables` by `CMX_REGENERATE=1 cargo test --lib documents`, and compared with it by that test.\n\n\
        A level takes the first contexts of the list of a kind, and puts the plain orders among them in front. Names as\n\
        `examples/select.rs` reads them: `O3` order 3, `M` a mask over the last bytes, `F4` order 4 folded, `X86.n` machine code,\n\
        `R.n` record, `T.n` text table, `P.n` prose, `N.n` numbers, `Wasm.n`, `G.n` font. The level of small files has the number 10.\n",
    );
    for (name, kind, contexts) in kinds() {
        write!(
            text,
            "\n## {name}\n\n`{}`\n\n| level | contexts | weight sets, by what selects their rows |\n|--:|---|---|\n",
            list(&contexts, context_name)
        )
        .unwrap();
        for level in levels() {
            let method = method(level, &kind);
            let sets = list(&Profile::new(level, &kind, 1).selectors, selector_name);
            let sets = if method == "sorted" { String::new() } else { format!("`{sets}`") };
            writeln!(text, "| {} | {method} | {sets} |", level.number()).unwrap();
        }
    }
    text += "\n## In no list\n\nStill in the source: to be removed, or measured again on longer pieces.\n\n";
    use crate::model;
    let families = [
        (model::x86::CONTEXTS.into(), X86 as fn(u8) -> Context),
        (model::record::CONTEXTS.into(), Record),
        (model::table::CONTEXTS.into(), Table),
        (model::wasm::CONTEXTS.into(), Wasm),
        (model::font::CONTEXTS.into(), Font),
    ];
    for (count, number) in families {
        let unused = unused(count, number);
        if !unused.is_empty() {
            writeln!(text, "- `{unused}`").unwrap();
        }
    }
    text
}

#[test]
fn documents_hold_the_lists_of_contexts() {
    let lists = lists();
    if std::env::var_os("CMX_REGENERATE").is_some_and(|value| value == "1") {
        std::fs::write(LISTS, &lists).unwrap();
    }
    let document = std::fs::read_to_string(LISTS).unwrap();
    for (written, now) in document.lines().zip(lists.lines()) {
        assert_eq!(
            written, now,
            "CMX_REGENERATE=1 cargo test --lib documents writes the document anew"
        );
    }
    assert_eq!(document.len(), lists.len());
}

#[test]
fn documents_say_how_each_stream_is_coded() {
    let heads = kinds().map(|(name, ..)| name).join(" | ");
    assert!(FORMAT.contains(&format!("\n| level | {heads} |\n")), "| level | {heads} |");
    let rows: Vec<String> = levels()
        .map(|level| {
            format!(
                "| {} | {} |",
                level.number(),
                kinds().map(|(_, kind, _)| method(level, &kind)).join(" | ")
            )
        })
        .collect();
    for row in &rows {
        assert!(
            FORMAT.contains(&format!("\n{row}\n")),
            "the format has to say\n{}",
            rows.join("\n")
        );
    }
}
