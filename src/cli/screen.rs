//! The screen of `cmx --help`: every flag on one line, by group.

use clap::{Arg, CommandFactory};

use super::args::Args;

/// Column in which the descriptions of flags begin.
const DESCRIPTION_COLUMN: usize = 25;

/// The definition of the command line, with [`text`] as its help. The man page and `cmx help
/// options` are made from the definition without [`text`], so they have the long texts.
pub fn command() -> clap::Command {
    Args::command().override_help(text()).long_version(super::version::text())
}

/// The text of the screen.
pub fn text() -> String {
    let mut command = Args::command();
    command.build();
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let mut text = format!("{about}.\n\n{}\n", command.render_usage());
    text += "Without FILE, or with -, it is a filter from standard input to standard output.\n\n";
    let mut last = "";
    for flag in command.get_arguments().filter(|flag| {
        !flag.is_positional() && !flag.is_hide_set() && !flag.is_hide_short_help_set()
    }) {
        let group = flag.get_help_heading().unwrap_or("Options");
        if group != last {
            text += &format!("{group}:\n");
        }
        last = group;
        text += &line(flag);
    }
    let words: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
    text += &format!("Commands: {}\nTopics: {}\n\n", words.join(", "), super::help::topics());
    text += "Exit status: 0 done, 1 error, 2 archive damaged or done with a warning\n";
    text + "`cmx COMMAND -h` says more on a command, `cmx help TOPIC` on a topic"
}

/// One line: the short name of a flag, its long name, its value, and its description.
fn line(flag: &Arg) -> String {
    let short = flag.get_short().map(|letter| format!("-{letter}"));
    let long = flag.get_long().map(|name| format!("--{name}"));
    let mut names = match (short, long) {
        (Some(short), Some(long)) => format!("{short}, {long}"),
        (short, long) => short.unwrap_or_else(|| format!("    {}", long.unwrap_or_default())),
    };
    if flag.is_require_equals_set() {
        names.extend(flag.get_value_names().into_iter().flatten().map(|name| format!("[={name}]")));
    } else if flag.get_action().takes_values() {
        names.extend(flag.get_value_names().into_iter().flatten().map(|name| format!(" {name}")));
    }
    let words = flag.get_help().map(ToString::to_string).unwrap_or_default();
    format!("  {names:<width$}{words}\n", width = DESCRIPTION_COLUMN - 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_one_screen_of_a_narrow_terminal() {
        let text = text();
        assert!(text.lines().count() <= 50, "{} lines:\n{text}", text.lines().count());
        for line in text.lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
    }

    /// A name that is too long for its column would make the description unreadable.
    #[test]
    fn every_flag_has_a_line() {
        let text = text();
        for flag in Args::command().get_arguments().filter(|flag| {
            !flag.is_positional() && !flag.is_hide_set() && !flag.is_hide_short_help_set()
        }) {
            let Some(long) = flag.get_long() else { continue };
            let found = text
                .lines()
                .filter(|line| {
                    line.contains(&format!("--{long} ")) || line.contains(&format!("--{long}["))
                })
                .collect::<Vec<_>>();
            assert!(
                found.len() == 1
                    && found[0].get(DESCRIPTION_COLUMN - 1..=DESCRIPTION_COLUMN - 1) == Some(" "),
                "--{long}: {found:?}"
            );
        }
    }
}
