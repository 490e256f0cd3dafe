//! `cmx help TOPIC`, the man page and the completions.

use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;

use super::args::Args;
use super::failure::Failure;
use super::standard::print;
use super::{man, screen};

/// A help text on a topic that no single flag explains.
pub struct Topic {
    /// The name of the topic in `cmx help`.
    pub name: &'static str,
    /// The heading of its section in the man page.
    pub section: &'static str,
    /// A title, an empty line, the text.
    pub text: &'static str,
}

/// The topics, in the order of the man page.
pub const TOPICS: [Topic; 7] = [
    Topic { name: "archives", section: "ARCHIVES", text: include_str!("help/archives.txt") },
    Topic { name: "levels", section: "LEVELS", text: include_str!("help/levels.txt") },
    Topic { name: "limits", section: "LIMITS", text: include_str!("help/limits.txt") },
    Topic { name: "pipes", section: "PIPES", text: include_str!("help/pipes.txt") },
    Topic { name: "repair", section: "DAMAGE", text: include_str!("help/repair.txt") },
    Topic {
        name: "environment",
        section: "ENVIRONMENT",
        text: include_str!("help/environment.txt"),
    },
    Topic { name: "status", section: "EXIT STATUS", text: include_str!("help/status.txt") },
];

/// The topic whose text is the full description of all flags.
const OPTIONS: &str = "options";

/// The names of all topics.
pub fn topics() -> String {
    let names: Vec<&str> = TOPICS.iter().map(|topic| topic.name).chain([OPTIONS]).collect();
    names.join(", ")
}

/// Prints the text of `topic`. Without a topic it prints the screen of `--help`, which names the
/// topics.
pub fn topic(topic: Option<&str>) -> Result<(), Failure> {
    match topic {
        None => print(format!("{}\n", screen::text()).as_bytes()),
        Some(OPTIONS) => print(Args::command().render_long_help().to_string().as_bytes()),
        Some(wanted) => match TOPICS.iter().find(|topic| topic.name == wanted) {
            Some(topic) => print(topic.text.as_bytes()),
            None => {
                Err(Failure::usage(format!("no help on {wanted:?}; there is help on {}", topics())))
            }
        },
    }
}

/// Prints the man page.
pub fn man() -> Result<(), Failure> {
    print(&man::page().map_err(|error| Failure::io(Path::new("man page"), &error))?)
}

/// Prints the completions for `shell`.
pub fn completions(shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "cmx", &mut script);
    print(&script)
}
