//! Failures of commands: one line for the user and one exit code.

use std::fmt::Display;
use std::io::{self, Write};
use std::path::Path;

use cmx::internals::input::shown::{reason, show_path};
use cmx::{Error, LimitKind};

/// Exit code of all errors but damage.
const ERROR: u8 = 1;
/// Exit code of a damaged archive, and of success with a warning.
const DAMAGED: u8 = 2;
/// Exit code that a shell shows for a process that died of SIGPIPE, because its output was closed.
const CLOSED_PIPE: u8 = 128 + 13;

/// The reason why a command ended without success.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub code: u8,
    text: String,
}

impl Failure {
    /// A mistake in the call.
    pub fn usage(text: impl Into<String>) -> Self {
        Failure { code: ERROR, text: text.into() }
    }

    /// An error of the library about `path`.
    pub fn at(path: &Path, error: &Error) -> Self {
        match error {
            Error::Io(error) => Self::io(path, error),
            _ => Failure {
                code: code(error),
                text: format!("{}: {error}{}", name(path), remedy(error)),
            },
        }
    }

    /// An error of the library about `path`, in a command that tests whether the archive is
    /// undamaged. An archive that cannot be extracted counts as damaged.
    pub fn of_tested(path: &Path, error: &Error) -> Self {
        let failure = Self::at(path, error);
        if matches!(error, Error::UnsafePath(_)) {
            Failure { code: DAMAGED, ..failure }
        } else {
            failure
        }
    }

    /// An error of the library whose text names its file.
    pub fn plain(error: &Error) -> Self {
        let text = if let Error::Io(error) = error {
            reason(error)
        } else {
            format!("{error}{}", remedy(error))
        };
        Failure { code: code(error), text }
    }

    /// An error of the library about `path`, without a remedy.
    pub fn beyond_repair(path: &Path, error: &Error) -> Self {
        Failure { code: code(error), text: format!("{}: {error}", name(path)) }
    }

    /// A failure with the exit code of `error` and the line `text`.
    pub fn like(error: &Error, text: impl Into<String>) -> Self {
        Failure { code: code(error), text: text.into() }
    }

    /// A failure to read or write `path`.
    pub fn io(path: &Path, error: &io::Error) -> Self {
        let code = if error.kind() == io::ErrorKind::BrokenPipe { CLOSED_PIPE } else { ERROR };
        let remedy = match error.kind() {
            io::ErrorKind::StorageFull => "; free some space, or write elsewhere with -o",
            io::ErrorKind::IsADirectory => "; name a file",
            _ => "",
        };
        Failure { code, text: format!("{}: {}{remedy}", name(path), reason(error)) }
    }

    /// A command succeeded, but printed a warning.
    pub fn warned() -> Self {
        Failure { code: DAMAGED, text: String::new() }
    }

    /// Does this stand for a warning that was printed?
    pub fn is_warning(&self) -> bool {
        self.code == DAMAGED && self.text.is_empty()
    }

    /// Did the reader of the output close the pipe?
    pub fn is_closed_pipe(&self) -> bool {
        self.code == CLOSED_PIPE
    }

    /// The severity, for comparisons: warning, then error, then damage.
    pub fn severity(&self) -> u8 {
        match self.code {
            _ if self.is_warning() => 0,
            DAMAGED => 2,
            _ => 1,
        }
    }

    /// The same failure without its line, for a line that has been printed.
    pub fn reported(self) -> Self {
        Failure { text: String::new(), ..self }
    }

    /// Prints the line. There is no line for a closed pipe or a reported failure.
    pub fn report(&self) {
        if self.code != CLOSED_PIPE && !self.text.is_empty() {
            warn(&self.text);
        }
    }
}

/// The remedy for a damaged archive.
pub const REPAIR: &str = "`cmx repair` saves the undamaged contents";

/// Adds a remedy to the `warnings` of the library about an archive.
pub fn with_remedy(warnings: &[String]) -> impl Iterator<Item = String> {
    warnings.iter().map(|text| format!("{text}; {REPAIR}"))
}

/// The flag or command that helps. The library does not know flags and commands.
fn remedy(error: &Error) -> String {
    let text = match error {
        Error::Corrupt(_) => REPAIR,
        Error::Truncated(_) => "`cmx repair` saves the whole blocks before that, if there are any",
        Error::DamagedAppend(_) => {
            "`cmx repair` may save it, and with --ignore-trailing it is cut off"
        }
        Error::Trailing(_) => "--ignore-trailing ignores them",
        Error::Divergence(_) => "with CMX_SIMD=scalar this machine may decode it",
        Error::MissingPrior(_) => "--prior FILE names its file",
        Error::NamedFiles(_) => "save the archive to a file, and extract it into a folder with -C",
        Error::Limit(limit) => match limit.kind {
            LimitKind::Memory { needed } => {
                // Other parts of the job may need more memory still.
                return format!("; -M raises the limit, to {}M at least", needed.div_ceil(1 << 20));
            }
            LimitKind::Output => "--max-output raises the limit",
            LimitKind::Index => "--max-index raises the limit",
            LimitKind::Path => "--max-path raises the limit",
            LimitKind::System => "fewer threads (-T 1) take less, and so does a lower level",
            _ => return String::new(),
        },
        _ => return String::new(),
    };
    format!("; {text}")
}

/// The exit code for an error of the library.
fn code(error: &Error) -> u8 {
    if error.is_damage() || matches!(error, Error::Divergence(_)) { DAMAGED } else { ERROR }
}

/// Prints a line to standard error.
pub fn warn(text: impl Display) {
    // If standard error is closed, the line is dropped.
    let _ = writeln!(io::stderr(), "cmx: {text}");
}

/// A path for a message. Characters that control a terminal or imitate other characters are
/// escaped. `-` becomes "standard input".
pub fn name(path: &Path) -> String {
    if path.as_os_str() == "-" { "standard input".into() } else { show_path(path) }
}
