//! Reports a call that cannot be parsed, in the form of other errors: one line, with a remedy.

use std::path::Path;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use super::failure::Failure;
use super::habits;

/// Reports the result of parsing. Help and version go to standard output; all else is an error.
pub fn report(error: &Error) -> ExitCode {
    if !error.use_stderr() {
        let printed =
            error.print().map_err(|error| Failure::io(Path::new("standard output"), &error));
        return match printed {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => {
                failure.report();
                ExitCode::from(failure.code)
            }
        };
    }
    let failure = Failure::usage(line(error));
    failure.report();
    ExitCode::from(failure.code)
}

/// The paragraphs of clap as one line, without the usage.
pub fn line(error: &Error) -> String {
    if let (ErrorKind::UnknownArgument, Some(flag)) =
        (error.kind(), word(error, ContextKind::InvalidArg))
    {
        return unknown_flag(flag, error);
    }
    let text = error.render().to_string();
    let paragraphs = text
        .split("\n\n")
        .map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "));
    let kept = paragraphs.filter(|paragraph| {
        !["", "Usage:", "For more", "tip:"].iter().any(|start| begins(paragraph, start))
    });
    let kept: Vec<String> =
        kept.map(|paragraph| paragraph.trim_start_matches("error: ").to_string()).collect();
    format!("{} (cmx --help)", kept.join("; "))
}

/// Does `paragraph` begin with `start`? Only an empty paragraph begins with an empty `start`.
fn begins(paragraph: &str, start: &str) -> bool {
    if start.is_empty() { paragraph.is_empty() } else { paragraph.starts_with(start) }
}

fn word(error: &Error, kind: ContextKind) -> Option<&str> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text),
        Some(ContextValue::Strings(texts)) => texts.first().map(String::as_str),
        _ => None,
    }
}

/// Flags that are never proposed. A user who follows a wrong proposal would lose a file by them.
const NEVER_PROPOSED: [&str; 2] = ["--rm", "--force"];

fn unknown_flag(flag: &str, error: &Error) -> String {
    let name = flag.split('=').next().unwrap_or(flag);
    let guess = || {
        let similar = word(error, ContextKind::SuggestedArg)
            .filter(|guess| guess.starts_with("--") && !guess.contains(' '));
        similar
            .filter(|guess| !NEVER_PROPOSED.contains(guess))
            .map(|guess| format!("{guess} is similar"))
    };
    let file = || Path::new(flag).exists().then(|| format!("the file is named as ./{flag}"));
    let hint = habits::flag(name).map(str::to_string).or_else(file).or_else(guess);
    format!(
        "there is no flag {}; {}",
        cmx::internals::input::shown::show_name(flag.as_bytes()),
        hint.unwrap_or_else(|| "cmx --help lists all".into())
    )
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::args::Args;

    fn line(call: &str) -> String {
        super::line(&Args::try_parse_from(call.split(' ')).unwrap_err())
    }

    #[test]
    fn one_line_without_usage() {
        assert_eq!(line("cmx --quite"), "there is no flag --quite; --quiet is similar");
        assert_eq!(
            line("cmx repair"),
            "the following required arguments were not provided: <ARCHIVE> (cmx --help)"
        );
        for call in [
            "cmx --frce",
            "cmx repair",
            "cmx completions x",
            "cmx -T",
            "cmx -M x",
            "cmx repair a b",
        ] {
            let line = line(call);
            assert!(
                !line.contains('\n') && !line.contains("error") && !line.contains("Usage"),
                "{line}"
            );
        }
    }

    #[test]
    fn values_of_threads() {
        for call in ["cmx -T x", "cmx -T -1", "cmx --threads=many"] {
            assert!(line(call).contains("-T 0 for one a core"), "{}", line(call));
        }
        assert_eq!(Args::parse_from(["cmx", "-T", "auto"]).options.threads, Some(0));
    }

    /// Words that resemble `--rm` or `--force`, and flags of other programs.
    #[test]
    fn nothing_dangerous_is_proposed() {
        let words = [
            "strip-components",
            "format",
            "forc",
            "frce",
            "forced",
            "rmm",
            "r",
            "rn",
            "remove",
            "rm-source",
            "arm",
            "for",
            "norm",
        ];
        for word in words {
            let line = line(&format!("cmx --{word}"));
            let hint = line.split_once("; ").unwrap().1;
            let is_dangerous =
                hint.split_whitespace().any(|word| ["-f", "--force", "--rm"].contains(&word));
            assert!(!is_dangerous, "{line}");
        }
        assert!(line("cmx --strip-components=1").contains("-C"));
    }
}
