//! The documents list what the tables hold: `docs/models-lists.md` as a whole, and one table of
//! `docs/format-block.md`.
//!
//! `CMX_REGENERATE=1 cargo test --lib documents` writes the first anew.

use super::*;
use crate::level::{self, LEVELS};
use crate::method::sorted;
use crate::model::name::Named;
use std::collections::HashSet;
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

fn list<T: ToString>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(",")
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

/// The whole of `docs/models-lists.md`.
fn lists() -> String {
    let mut text = String::from(
        "# Lists of contexts\n\n\
        Written from `src/predictor/tables` by `CMX_REGENERATE=1 cargo test --lib documents`, and\n\
        compared with the tables by that test.\n\n\
        A level takes the first contexts of the list of a kind, and puts the plain orders among\n\
        them in front. Names are those of the source, family first, as `examples/select.rs` reads\n\
        and writes them; `src/model` says what each one holds. `Order.3` is the last three bytes,\n\
        `Sparse.ff00` the last eight bytes under a mask, `Folded.4` the last four bytes with case,\n\
        digits and white space folded. The level of small files has the number 10.\n",
    );
    for (name, kind, contexts) in kinds() {
        write!(
            text,
            "\n## {name}\n\n`{}`\n\n\
            | level | contexts | weight sets, by what selects their rows |\n|--:|---|---|\n",
            list(&contexts)
        )
        .unwrap();
        for level in levels() {
            let method = method(level, &kind);
            let sets = list(&Profile::new(level, &kind, 1).selectors);
            let sets = if method == "sorted" { String::new() } else { format!("`{sets}`") };
            writeln!(text, "| {} | {method} | {sets} |", level.number()).unwrap();
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

/// Every context is in a list and every selector has a weight set: none is kept for nothing.
#[test]
fn lists_hold_every_context_and_selector() {
    let lists: Vec<Context> = kinds().into_iter().flat_map(|(.., contexts)| contexts).collect();
    let is_closed =
        |context: &Context| !matches!(context, Order(_) | Long(_) | Sparse(_) | Folded(_));
    let unused: Vec<Context> = Context::all()
        .into_iter()
        .filter(|context| is_closed(context) && !lists.contains(context))
        .collect();
    assert!(unused.is_empty(), "in no list: {}", list(&unused));
    let mut selectors = vec![Selector::Constant];
    for (_, kind, _) in kinds() {
        for level in levels() {
            let profile = Profile::new(level, &kind, 1);
            selectors.extend(profile.selectors);
            selectors.extend(profile.final_selector);
        }
    }
    let unused: Vec<Selector> =
        Selector::all().into_iter().filter(|selector| !selectors.contains(selector)).collect();
    assert!(unused.is_empty(), "of no weight set: {}", list(&unused));
}

/// What stands between back quotes in the documents on models and looks like the name of a context
/// or selector of a family is one.
#[test]
fn documents_name_contexts_that_exist() {
    const DOCUMENTS: [&str; 3] = [
        include_str!("../../../docs/models-binary.md"),
        include_str!("../../../docs/models-text.md"),
        include_str!("../../../docs/models-signal.md"),
    ];
    let families: HashSet<String> = Context::all()
        .iter()
        .filter_map(|context| Some(context.to_string().split_once('.')?.0.to_string()))
        .collect();
    for code in DOCUMENTS.iter().flat_map(|text| text.split('`').skip(1).step_by(2)) {
        for name in code.split([',', ' ']).filter(|name| {
            name.split_once('.').is_some_and(|(family, _)| families.contains(family))
        }) {
            assert!(
                name.parse::<Context>().is_ok() || name.parse::<Selector>().is_ok(),
                "no context or selector is called {name}"
            );
        }
    }
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
