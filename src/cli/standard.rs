//! Standard input and output, which may be closed.
//!
//! Before `main` the standard library opens `/dev/null` for each closed stream. A job would then
//! read nothing, or write to nowhere, and succeed. So this module checks the streams before the
//! standard library opens them.

use std::fs::{self, File};
use std::io::{self, Stdin, Write};
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::io::fcntl_getfd;

use super::failure::Failure;

static INPUT_IS_CLOSED: AtomicBool = AtomicBool::new(false);
static OUTPUT_IS_CLOSED: AtomicBool = AtomicBool::new(false);

#[ctor::ctor(unsafe)]
fn look() {
    INPUT_IS_CLOSED.store(fcntl_getfd(rustix::stdio::stdin()).is_err(), Ordering::Relaxed);
    OUTPUT_IS_CLOSED.store(fcntl_getfd(rustix::stdio::stdout()).is_err(), Ordering::Relaxed);
}

/// Standard input.
pub fn input() -> Result<Stdin, Failure> {
    check(&INPUT_IS_CLOSED, "input").map(|()| io::stdin())
}

/// Fails if standard output was closed when the program began.
pub fn check_output() -> Result<(), Failure> {
    check(&OUTPUT_IS_CLOSED, "output")
}

/// Writes `bytes` to standard output.
pub fn print(bytes: impl AsRef<[u8]>) -> Result<(), Failure> {
    check_output()?;
    io::stdout()
        .write_all(bytes.as_ref())
        .map_err(|error| Failure::io(Path::new("standard output"), &error))
}

/// Calls `write` with a buffered standard output.
pub fn print_with(
    write: impl FnOnce(&mut io::BufWriter<io::Stdout>) -> io::Result<()>,
) -> Result<(), Failure> {
    check_output()?;
    let mut out = io::BufWriter::new(io::stdout());
    write(&mut out)
        .and_then(|()| out.flush())
        .map_err(|error| Failure::io(Path::new("standard output"), &error))
}

/// Standard output, unbuffered.
pub fn output() -> io::Result<File> {
    Ok(io::stdout().as_fd().try_clone_to_owned()?.into())
}

/// Standard output or standard error, if `path` names one of them, as `/dev/stdout` does. Opening
/// the path would write from the start of a file to which the caller may have written already.
pub fn stream_of(path: &Path) -> Result<Option<File>, Failure> {
    match number_of(path) {
        Some(1) => check_output()
            .and_then(|()| output().map_err(|error| Failure::io(path, &error)).map(Some)),
        Some(2) => Ok(io::stderr().as_fd().try_clone_to_owned().ok().map(File::from)),
        _ => Ok(None),
    }
}

/// The number of the file descriptor that `path` names.
fn number_of(path: &Path) -> Option<u32> {
    const MOST_LINKS: usize = 8;
    let own = fs::canonicalize("/proc/self/fd").ok()?;
    let mut path = path.to_path_buf();
    for _ in 0..MOST_LINKS {
        let above =
            path.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if fs::canonicalize(above).ok()? == own {
            return path.file_name()?.to_str()?.parse().ok();
        }
        path = above.join(fs::read_link(&path).ok()?);
    }
    None
}

fn check(is_closed: &AtomicBool, name: &str) -> Result<(), Failure> {
    if is_closed.load(Ordering::Relaxed) {
        return Err(Failure::usage(format!("standard {name} is closed")));
    }
    Ok(())
}
