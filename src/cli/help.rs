//! `cmx help TOPIC`, the man page and the completions: all from the one definition of the flags.

use std::io::{self, Write};
use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use super::args::Args;
use super::failure::Failure;

/// The topics, each with its text.
const TOPICS: [(&str, &str); 5] = [
    ("archives", include_str!("help/archives.txt")),
    ("levels", include_str!("help/levels.txt")),
    ("limits", include_str!("help/limits.txt")),
    ("pipes", include_str!("help/pipes.txt")),
    ("repair", include_str!("help/repair.txt")),
];

/// Prints the text about `topic`, or which topics there are.
pub fn topic(topic: Option<&str>) -> Result<(), Failure> {
    let names = || TOPICS.map(|(name, _)| name).join(", ");
    match topic {
        None => print(format!("{}\nTopics of cmx help: {}\n", Args::command().render_help(), names()).as_bytes()),
        Some(wanted) => match TOPICS.iter().find(|(name, _)| *name == wanted) {
            Some((_, text)) => print(text.as_bytes()),
            None => Err(Failure::usage(format!("no help on {wanted:?}; there is help on {}", names()))),
        },
    }
}

/// Prints the man page.
pub fn man() -> Result<(), Failure> {
    let mut page = Vec::new();
    let rendered = clap_mangen::Man::new(Args::command()).render(&mut page);
    rendered.map_err(|error| Failure::io(Path::new("man page"), &error))?;
    for (name, text) in TOPICS {
        page.extend_from_slice(format!(".SH {}\n.nf\n", name.to_uppercase()).as_bytes());
        for line in text.lines() {
            // A leading dot or quote would be a command to the formatter.
            let guard = if line.starts_with(['.', '\'']) { "\\&" } else { "" };
            page.extend_from_slice(format!("{guard}{}\n", line.replace('\\', "\\e").replace('-', "\\-")).as_bytes());
        }
        page.extend_from_slice(b".fi\n");
    }
    print(&page)
}

/// Prints the completions for `shell`.
pub fn completions(shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "cmx", &mut script);
    print(&script)
}

fn print(bytes: &[u8]) -> Result<(), Failure> {
    io::stdout().write_all(bytes).map_err(|error| Failure::io(Path::new("standard output"), &error))
}
