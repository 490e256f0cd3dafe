//! Help, the man page and completions.

use std::fs;
use std::process::{Command, Stdio};

use crate::support::*;

#[test]
fn text_that_cannot_be_printed_is_an_error() {
    let folder = folder();
    ok(&folder, "IN");
    for line in ["--help", "--version", "help levels", "levels", "man", "-l IN.cmx"] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_cmx"));
        command.current_dir(folder.path()).args(line.split_whitespace()).env_remove("CMX_OPT");
        let output = command.stdout(full).stderr(Stdio::piped()).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{line}: {text}");
        assert!(text.contains("standard output: No space left on device"), "{line}: {text}");
    }
}

#[test]
fn help_fits_on_a_screen_and_more_is_in_topics() {
    let folder = folder();
    let text = |line: &str| String::from_utf8(ok(&folder, line)).unwrap();
    let screen = text("--help");
    assert!(
        screen.lines().count() <= 50 && screen.lines().all(|line| line.chars().count() <= 100),
        "{screen}"
    );
    assert!(screen.lines().last().unwrap().contains("cmx help TOPIC"), "{screen}");
    assert_eq!((text("-h"), text("help")), (screen.clone(), screen.clone()));
    let topics = screen.lines().find_map(|line| line.strip_prefix("Topics: ")).unwrap();
    assert!(topics.split(", ").count() >= 8, "{topics}");
    for topic in topics.split(", ") {
        assert!(text(&format!("help {topic}")).len() > 300, "{topic}");
    }
    assert!(text("help options").lines().count() > 100);
    assert!(text("repair --help").contains("Usage: cmx repair"));
    fails(&folder, "help nonsense", b"", 1, "there is help on archives");
}

#[test]
fn the_man_page_has_everything() {
    let folder = folder();
    let page = String::from_utf8(ok(&folder, "man")).unwrap();
    for part in [
        ".SH OPTIONS",
        ".SH COMMANDS",
        ".SS cmx repair",
        ".SS cmx bench",
        ".SH ARCHIVES",
        ".SH ENVIRONMENT",
        ".SH EXIT STATUS",
        "CMX_OPT",
        "CMX_SIMD",
        "\\-\\-mixer",
        "  141 ",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("EXTRA") && !page.contains("(1)"));
    // An option without a word on it leaves an empty line.
    assert!(!page.contains("\n\n.TP"));
}

#[test]
fn completions_for_every_shell() {
    let folder = folder();
    for shell in ["bash", "zsh", "fish"] {
        assert!(
            String::from_utf8(ok(&folder, &format!("completions {shell}")))
                .unwrap()
                .contains("no-verify")
        );
    }
}

#[test]
fn the_version_names_what_an_archive_depends_on() {
    let folder = folder();
    let long = String::from_utf8(ok(&folder, "--version")).unwrap();
    let contract = cmx::internals::container::format::CONTRACT;
    for part in [
        concat!("cmx ", env!("CARGO_PKG_VERSION"), "\n"),
        &format!("numeric contract {contract}\n"),
        "\ncommit ",
        "cli",
        "instruction set ",
    ] {
        assert!(long.contains(part), "{part}: {long}");
    }
    assert_eq!(String::from_utf8(ok(&folder, "-V")).unwrap().lines().count(), 1);
}

/// README and help show what the program prints and takes.
#[test]
fn documents_list_what_there_is() {
    let folder = folder();
    let screen = String::from_utf8(ok(&folder, "--help")).unwrap();
    let page = String::from_utf8(ok(&folder, "man")).unwrap();
    let commands = screen.lines().find_map(|line| line.strip_prefix("Commands: ")).unwrap();
    for command in commands.split(", ") {
        assert!(page.contains(&format!(".SS cmx {command}")), "{command}");
    }
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    for word in readme
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("cmx "))
        .filter_map(|line| line.split(' ').next())
    {
        let is_command = word.chars().all(|letter| letter.is_ascii_lowercase());
        assert!(
            !is_command || commands.split(", ").any(|command| command == word),
            "README: cmx {word}"
        );
    }
    // Every document of the folder is in the list, and no other.
    for entry in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/docs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(
            !name.ends_with(".md") || readme.contains(&format!("(docs/{name})")),
            "README does not name docs/{name}"
        );
    }
    // The levels.
    let table = String::from_utf8(ok(&folder, "levels")).unwrap();
    for level in cmx::internals::level::LEVELS.iter() {
        assert!(
            table.lines().any(|line| line.starts_with(&format!("-{} ", level.number()))
                && line.contains(level.name())),
            "{table}"
        );
    }
}
