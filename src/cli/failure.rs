//! What ends a command without success: one line for the user, one exit code.

use std::fmt::Display;
use std::io::{self, Write};
use std::path::Path;

use cmx::input::shown::{reason, show_path};
use cmx::{Error, LimitKind};

/// Exit code of errors that are not about the content of an archive.
const ERROR: u8 = 1;
/// Exit code of a damaged archive, and of success with a warning.
const DAMAGED: u8 = 2;
/// What a shell sees of a process that died of SIGPIPE: the other side of the pipe has gone.
const CLOSED_PIPE: u8 = 128 + 13;

/// A reason to stop.
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

    /// An error of the library over `path`.
    pub fn at(path: &Path, error: &Error) -> Self {
        match error {
            Error::Io(error) => Self::io(path, error),
            _ => Failure {
                code: code(error),
                text: format!("{}: {error}{}", name(path), remedy(error)),
            },
        }
    }

    /// An error of the library over `path`, of which it was asked whether it is whole: what cannot
    /// be extracted is not.
    pub fn of_tested(path: &Path, error: &Error) -> Self {
        let failure = Self::at(path, error);
        if matches!(error, Error::UnsafePath(_)) {
            Failure { code: DAMAGED, ..failure }
        } else {
            failure
        }
    }

    /// An error of the library that names its file itself.
    pub fn plain(error: &Error) -> Self {
        let text = if let Error::Io(error) = error {
            reason(error)
        } else {
            format!("{error}{}", remedy(error))
        };
        Failure { code: code(error), text }
    }

    /// An error of the library over `path`, about damage that there is no remedy for.
    pub fn beyond_repair(path: &Path, error: &Error) -> Self {
        Failure { code: code(error), text: format!("{}: {error}", name(path)) }
    }

    /// A failure with the exit code of `error` and a line of its own.
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

    /// Everything was done, but something is worth a look: it was already printed.
    pub fn warned() -> Self {
        Failure { code: DAMAGED, text: String::new() }
    }

    /// Is it no failure, but a warning that was printed?
    pub fn is_warning(&self) -> bool {
        self.code == DAMAGED && self.text.is_empty()
    }

    /// Has the reader of the output gone?
    pub fn is_closed_pipe(&self) -> bool {
        self.code == CLOSED_PIPE
    }

    /// How bad it is beside others: a warning, an error, damage.
    pub fn severity(&self) -> u8 {
        match self.code {
            _ if self.is_warning() => 0,
            DAMAGED => 2,
            _ => 1,
        }
    }

    /// The same without its line, which was printed.
    pub fn reported(self) -> Self {
        Failure { text: String::new(), ..self }
    }

    /// Prints the line, unless there is none or a closed pipe is all that happened.
    pub fn report(&self) {
        if self.code != CLOSED_PIPE && !self.text.is_empty() {
            warn(&self.text);
        }
    }
}

/// What helps where an archive is odd or damaged.
pub const REPAIR: &str = "`cmx repair` saves what is whole";

/// `warnings` of the library about an archive, with what helps.
pub fn with_remedy(warnings: &[String]) -> impl Iterator<Item = String> {
    warnings.iter().map(|text| format!("{text}; {REPAIR}"))
}

/// The flag or command that helps, which the library does not know.
fn remedy(error: &Error) -> String {
    let text = match error {
        Error::Corrupt(_) => REPAIR,
        Error::Truncated(_) => "`cmx repair` saves the whole blocks before that, if there are any",
        Error::DamagedAppend(_) => {
            "`cmx repair` may save it, and with --ignore-trailing it is cut off"
        }
        Error::Trailing(_) => "--ignore-trailing passes over them",
        Error::NamedFiles(_) => "save the archive to a file, and extract it into a folder with -C",
        Error::Limit(limit) => match limit.kind {
            LimitKind::Memory { needed } => {
                // What comes later may take more.
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

/// The exit code of an error of the library.
fn code(error: &Error) -> u8 {
    if error.is_damage() || matches!(error, Error::Divergence(_)) { DAMAGED } else { ERROR }
}

/// Prints a line to standard error.
pub fn warn(text: impl Display) {
    // If standard error is closed, nobody wants to know.
    let _ = writeln!(io::stderr(), "cmx: {text}");
}

/// A path for a message: nothing in it can act on a terminal or look like another, and standard
/// input has a name.
pub fn name(path: &Path) -> String {
    if path.as_os_str() == "-" { "standard input".into() } else { show_path(path) }
}
