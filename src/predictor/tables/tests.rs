//! The documents list what the tables hold: `docs/models-lists.md` as a whole, and one table of
//! `docs/format-block.md`.
//!
//! `CMX_REGENERATE=1 cargo test --lib documents` writes the first anew.

use super::*;
use crate::level::{Coding, Codings, LEVELS};
use crate::model::name::Named;
use std::collections::HashSet;
use std::fmt::Write;

const LISTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/models-lists.md");
const FORMAT: &str = include_str!("../../../docs/format-block.md");

/// What profiles code, under the name that the documents give it.
const CONTENTS: [(&str, Content); 8] = [
    ("Generic", Content::Generic),
    ("Text", Content::Text),
    ("Words", Content::Words),
    ("Table", Content::Table),
    ("Exe", Content::Exe),
    ("Font", Content::Font),
    ("Wasm", Content::Wasm),
    ("Samples", Content::Samples),
];

/// The profiles of `content`, the longest last.
fn rows(content: Content) -> Vec<&'static Row> {
    PROFILES.iter().filter(|row| row.content == content).collect()
}

fn list<T: ToString>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(",")
}

/// The levels, and which of them name the profile `row` for a kind of stream.
fn levels_of(row: &Row) -> String {
    let names = |codings: &Codings| {
        let Codings { generic, text, words, table, exe, font, wasm, image, image16, audio } =
            *codings;
        [generic, text, words, table, exe, font, wasm, image, image16, audio]
            .into_iter()
            .any(|coding| matches!(coding, Coding::Mixed(name) if name == row.name))
    };
    let levels =
        LEVELS.iter().filter(|level| names(&level.codings) || level.code == Some(row.name));
    let mut levels: Vec<String> = levels.map(|level| level.number().to_string()).collect();
    let small = LEVELS.iter().filter_map(|level| level.small_files);
    levels
        .extend(small.filter(|small| names(&small.codings)).map(|small| small.name().to_string()));
    levels.join(", ")
}

/// The whole of `docs/models-lists.md`.
fn lists() -> String {
    let mut text = String::from(
        "# Lists of contexts\n\n\
        Written from `src/predictor/tables` by `CMX_REGENERATE=1 cargo test --lib documents`, and\n\
        compared with the tables by that test.\n\n\
        A profile takes the first contexts of a list of its kind, and puts the plain orders\n\
        among them in front. A list is called by the profile that takes all of it. Names are those of the source, family first, as `examples/select.rs` reads\n\
        and writes them; `src/model` says what each one holds. `Order.3` is the last three bytes,\n\
        `Sparse.ff00` the last eight bytes under a mask, `Folded.4` the last four bytes with case,\n\
        digits and white space folded.\n",
    );
    for (name, content) in CONTENTS {
        let rows = rows(content);
        write!(
            text,
            "\n## {name}\n\n{}\
            | profile | number | list | contexts | levels | weight sets, by what selects their rows |\n\
            |---|--:|---|--:|---|---|\n",
            lists_of(&rows)
        )
        .unwrap();
        for row in &rows {
            let Row { name, number, contexts, selectors, .. } = row;
            let list_name = whole_list(&rows, row).name;
            let (contexts, levels, sets) = (contexts.len(), levels_of(row), list(selectors));
            writeln!(
                text,
                "| {name} | {number} | {list_name} | {contexts} | {levels} | `{sets}` |"
            )
            .unwrap();
        }
    }
    text
}

/// The profile among `rows` whose list is the longest that begins with the contexts of `row`.
fn whole_list(rows: &[&'static Row], row: &Row) -> &'static Row {
    let begins = |other: &&&Row| other.contexts.starts_with(row.contexts);
    // Of lists that are the same, the first.
    rows.iter().rev().filter(begins).max_by_key(|other| other.contexts.len()).unwrap()
}

/// A paragraph for each list of these profiles.
fn lists_of(rows: &[&'static Row]) -> String {
    let is_whole = |row: &&&Row| whole_list(rows, row).number == row.number;
    let paragraph = |row: &&Row| format!("List {}: `{}`\n\n", row.name, list(row.contexts));
    rows.iter().filter(is_whole).map(paragraph).collect()
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
    let lists: Vec<Context> = PROFILES.iter().flat_map(|row| row.contexts).copied().collect();
    let is_closed =
        |context: &Context| !matches!(context, Order(_) | Long(_) | Sparse(_) | Folded(_));
    let unused: Vec<Context> = Context::all()
        .into_iter()
        .filter(|context| is_closed(context) && !lists.contains(context))
        .collect();
    assert!(unused.is_empty(), "in no list: {}", list(&unused));
    let mut selectors = vec![Selector::Constant];
    for row in &PROFILES {
        selectors.extend(row.selectors);
        selectors.extend(row.final_selector);
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
fn documents_name_every_profile() {
    for (name, content) in CONTENTS {
        for row in rows(content) {
            let line =
                format!("| {} | {} | {name} | {} |", row.number, row.name, row.contexts.len());
            assert!(FORMAT.contains(&format!("\n{line}\n")), "the format has to say\n{line}");
        }
    }
}

/// Numbers and names are unique.
#[test]
fn profiles_are_found_by_number_and_name() {
    for row in &PROFILES {
        assert_eq!(Row::numbered(row.number), Some(row), "{}", row.name);
        assert_eq!(Row::named(row.name), Some(row), "{}", row.name);
    }
}
