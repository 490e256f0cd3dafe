//! A call that cannot be parsed, in the words of every other error: one line, and a hint.

use std::path::Path;
use std::process::ExitCode;

use clap::error::Error;

use super::failure::{Failure, warn};

/// Reports what parsing ended with: help and version go to standard output, all else is an error.
pub fn report(error: &Error) -> ExitCode {
    if !error.use_stderr() {
        let printed = error.print().map_err(|error| Failure::io(Path::new("standard output"), &error));
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
    warn("`cmx --help` shows what may be typed");
    ExitCode::from(failure.code)
}

/// What clap says in paragraphs, as one line without usage.
pub fn line(error: &Error) -> String {
    let text = error.render().to_string();
    let paragraphs = text.split("\n\n").map(|paragraph| paragraph.split_whitespace().collect::<Vec<_>>().join(" "));
    let kept =
        paragraphs.filter(|paragraph| !paragraph.is_empty() && !paragraph.starts_with("Usage:") && !paragraph.starts_with("For more"));
    let kept: Vec<String> = kept.map(|paragraph| paragraph.trim_start_matches("error: ").trim_start_matches("tip: ").to_string()).collect();
    kept.join("; ")
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::args::Args;
    use super::*;

    #[test]
    fn one_line_without_usage() {
        let line = |call: &str| line(&Args::try_parse_from(call.split(' ')).unwrap_err());
        assert_eq!(line("cmx --frce"), "unexpected argument '--frce' found; a similar argument exists: '--force'");
        assert_eq!(line("cmx repair"), "the following required arguments were not provided: <ARCHIVE>");
        assert!(line("cmx -T x").contains("invalid value 'x'"));
        for call in ["cmx --frce", "cmx repair", "cmx completions x", "cmx -T", "cmx -M x", "cmx repair a b"] {
            let line = line(call);
            assert!(!line.contains('\n') && !line.contains("error") && !line.contains("Usage"), "{line}");
        }
    }
}
