//! Rules that the library keeps because it is a part of another program.

use std::fs;
use std::path::Path;
use std::sync::Mutex;

/// For each panic that the hook of this program saw: did the library say that it would catch the
/// panic?
static SEEN: Mutex<Vec<bool>> = Mutex::new(Vec::new());

/// All cases are in one test, because the hook belongs to the whole process.
#[test]
fn the_panic_hook_is_the_programs() {
    std::panic::set_hook(Box::new(|_| SEEN.lock().unwrap().push(cmx::is_panic_caught())));
    let caught = cmx::internals::transform::catch_panic("test", || -> cmx::Result<()> {
        panic!("odd bytes")
    });
    let own = std::panic::catch_unwind(|| panic!("the program's own"));
    let _ = std::panic::take_hook();
    assert!(matches!(caught, Err(cmx::Error::Corrupt(_))) && own.is_err());
    assert_eq!(
        *SEEN.lock().unwrap(),
        [true, false],
        "the hook of the program sees every panic, and can tell them apart"
    );
}

/// The flags and commands that a text names: `--max-path`, `-M`, `cmx repair`.
fn flags(text: &str) -> Vec<String> {
    let is_flag = |word: &&str| {
        let letters = word.trim_start_matches('-');
        let first = letters.chars().next();
        let dashes = word.len() - letters.len();
        dashes == 2 && first.is_some_and(|letter| letter.is_ascii_lowercase())
            || dashes == 1
                && letters.len() == 1
                && first.is_some_and(|letter| letter.is_ascii_alphabetic())
    };
    let words = text
        .split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-')
        .filter(is_flag)
        .map(str::to_string);
    words.chain(text.contains("`cmx").then(|| "`cmx".to_string())).collect()
}

/// Adds the lines of the sources at `path` that are no comments and no tests, each with its file.
fn lines_in(path: &Path, found: &mut Vec<(String, String)>) {
    if path.ends_with("tests.rs") || path.ends_with("tests") {
        return;
    }
    if path.is_dir() {
        return fs::read_dir(path)
            .unwrap()
            .for_each(|entry| lines_in(&entry.unwrap().path(), found));
    }
    let source = fs::read_to_string(path).unwrap();
    let code = source.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let lines = code.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    found.extend(lines.map(|line| (path.display().to_string(), line.to_string())));
}

/// The lines of the library.
fn lines_of_the_library() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).unwrap() {
        let path = entry.unwrap().path();
        if !["cli", "main.rs"].iter().any(|name| path.ends_with(name)) {
            lines_in(&path, &mut found);
        }
    }
    found
}

/// A caller of the library has no command line to change.
#[test]
fn no_message_names_a_flag_of_the_command() {
    assert_eq!(
        flags("a path of 3 bytes; --max-path, -M 7M or `cmx repair`"),
        ["--max-path", "-M", "`cmx"]
    );
    let mut found = Vec::new();
    for (path, line) in lines_of_the_library() {
        let texts = line.split('"').skip(1).step_by(2);
        found.extend(texts.flat_map(flags).map(|flag| format!("{path}: {flag}: {line}")));
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// Environment, output and panic hook belong to the program.
#[test]
fn the_library_reads_no_variable_and_prints_nothing() {
    let words = ["env::var", "println!", "eprint", "dbg!", "set_hook", "CMX_"];
    let found: Vec<_> = lines_of_the_library()
        .into_iter()
        .filter(|(_, line)| words.iter().any(|word| line.contains(word)))
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}
