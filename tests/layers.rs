//! The layers of the crate, and that no source file uses a layer above its own.

use std::fs;
use std::path::{Path, PathBuf};

/// The folders and files of `src/`, the lowest layer first. A file may use its own folder and every
/// layer below, but nothing of its own layer besides and nothing above.
const LAYERS: &[&[&str]] = &[
    &["error"],
    &["varint"],
    &["prior"],
    &["budget", "level", "progress"],
    &["kind", "options", "threads"],
    &["numeric"],
    &["simd"],
    &["coder"],
    &["mix"],
    &["formats", "network", "words"],
    &["gpu"],
    &["model"],
    &["predictor", "sort"],
    &["method"],
    &["transform"],
    &["block"],
    &["container"],
    &["input"],
    &["output"],
    &["stream"],
    &["archive", "explain", "training"],
    &["api"],
    &["internals", "lib"],
    &["cli", "main"],
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The layer of the folder or file `name` of `src/`.
fn layer_of(name: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&name))
}

/// `source` without comments and without the modules of tests that it contains.
fn without_tests(source: &str) -> String {
    let code: Vec<&str> = source
        .lines()
        .map(|line| if line.trim_start().starts_with("//") { "" } else { line })
        .collect();
    let mut kept = String::new();
    let mut lines = code.iter().peekable();
    while let Some(line) = lines.next() {
        let is_test = line.trim() == "#[cfg(test)]";
        if is_test && lines.peek().is_some_and(|next| next.contains("mod ") && next.ends_with('{'))
        {
            // An inline module ends with the first brace that stands as far left as the module.
            let indent = line.len() - line.trim_start().len();
            let end = format!("{}}}", " ".repeat(indent));
            for _ in lines.by_ref().take_while(|line| **line != end) {}
            continue;
        }
        kept.push_str(line);
        kept.push('\n');
    }
    kept
}

/// Names of the modules that `source` declares for tests only, in files of their own.
fn test_modules(source: &str) -> Vec<String> {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let declared = lines.windows(2).filter_map(|pair| {
        let name = pair[1].split("mod ").nth(1)?.strip_suffix(';')?;
        (pair[0] == "#[cfg(test)]").then(|| name.to_string())
    });
    declared.collect()
}

/// Every first name of the paths that follow `start` in `code`: one, or those in braces.
fn names_after(code: &str, start: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices(start) {
        let is_whole =
            !code[..at].ends_with(|letter: char| letter.is_alphanumeric() || letter == '_');
        let rest = &code[at + start.len()..];
        let name = |text: &str| -> String {
            let is_part = |letter: &char| letter.is_alphanumeric() || *letter == '_';
            text.trim_start().chars().take_while(is_part).collect()
        };
        match rest.strip_prefix('{') {
            _ if !is_whole => {}
            None => found.push(name(rest)),
            Some(list) => {
                let mut depth = 0;
                let mut part = String::new();
                for letter in list.chars() {
                    match letter {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => found.push(name(&std::mem::take(&mut part))),
                        _ => {}
                    }
                    if letter != ',' || depth > 0 {
                        part.push(letter);
                    }
                }
                found.push(name(&part));
            }
        }
    }
    found
}

/// The folders and files of `src/` that `code` names; `depth` modules lie between the code and the
/// root of the crate.
fn used(code: &str, depth: usize) -> Vec<String> {
    let mut names = names_after(code, "crate::");
    names.extend(names_after(code, &"super::".repeat(depth)));
    names.retain(|name| layer_of(name).is_some());
    names
}

/// The arrows that climb, or lead from one part of a layer to another, in the code of `part`.
fn climbing(part: &str, code: &str, depth: usize) -> Vec<String> {
    let own = layer_of(part);
    let climbs = |name: &String| name != part && layer_of(name) >= own;
    used(code, depth).into_iter().filter(climbs).collect()
}

/// Looks through the source at `path`, which belongs to `part` and lies `depth` modules deep.
fn look_at(path: &Path, part: &str, depth: usize, found: &mut Vec<String>) {
    let source = fs::read_to_string(path).unwrap();
    let code = without_tests(&source);
    let shown = path.strip_prefix(root()).unwrap().display();
    found.extend(climbing(part, &code, depth).iter().map(|to| format!("{shown} uses {to}")));
}

/// Looks through the folder `folder` of `part`, whose modules lie `depth` modules deep.
fn look_in(folder: &Path, part: &str, depth: usize, found: &mut Vec<String>) {
    let own = folder.join("mod.rs");
    let tests = test_modules(&fs::read_to_string(&own).unwrap());
    look_at(&own, part, depth - 1, found);
    for path in paths_in(folder).into_iter().filter(|path| *path != own) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let is_source = path.extension().is_some_and(|extension| extension == "rs");
        match path.is_dir() {
            _ if tests.contains(&name) => {}
            true if path.join("mod.rs").exists() => look_in(&path, part, depth + 1, found),
            false if is_source => look_at(&path, part, depth, found),
            _ => {}
        }
    }
}

fn paths_in(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

#[test]
fn no_arrow_climbs() {
    let mut found = Vec::new();
    for path in paths_in(&root().join("src")) {
        let part = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(layer_of(&part).is_some(), "src/{part} has no layer");
        if path.is_dir() {
            look_in(&path, &part, 2, &mut found);
        } else {
            look_at(&path, &part, 1, &mut found);
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn planted_arrows_are_seen() {
    let seen = |part: &str, code: &str| climbing(part, &without_tests(code), 2);
    assert_eq!(seen("coder", "use crate::block::Kind;"), ["block"]);
    assert_eq!(seen("simd", "use crate::{error::Error, model::{slots, word}};"), ["model"]);
    assert_eq!(seen("mix", "    super::super::predictor::encode(bytes)"), ["predictor"]);
    assert_eq!(seen("sort", "let x = crate::predictor::y();"), ["predictor"], "of one layer");
    assert!(seen("block", "use crate::block::x;\nuse crate::coder::y;\n// crate::cli").is_empty());
    let tests = "use crate::error::Error;\n#[cfg(test)]\nmod tests {\n    use crate::cli::x;\n}\n";
    assert!(seen("coder", tests).is_empty());
    assert_eq!(seen("coder", &format!("{tests}use crate::block::x;\n")), ["block"]);
    assert_eq!(test_modules("#[cfg(test)]\npub(crate) mod tests;\nmod other;"), ["tests"]);
}

#[test]
fn the_picture_in_the_document_has_these_layers() {
    let document = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let picture = document.split("## The way of a byte").nth(1).unwrap();
    let picture = picture.split("## ").next().unwrap();
    let drawn: Vec<Vec<&str>> = picture
        .lines()
        .filter_map(|line| line.strip_prefix("    "))
        .filter(|line| line.starts_with(|letter: char| letter.is_ascii_lowercase()))
        .map(|line| line.split("  ").next().unwrap_or_default().split(", ").collect())
        .collect();
    let layers: Vec<Vec<&str>> = LAYERS.iter().rev().map(|layer| layer.to_vec()).collect();
    assert_eq!(drawn, layers);
}
