//! Standard input and output, which may be closed.
//!
//! Before `main` the standard library opens `/dev/null` in place of what is closed. A job would then read nothing or write
//! to nowhere, and end well. So the program looks before that.

use std::io::{self, Stdin, Write};
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
    io::stdout().write_all(bytes.as_ref()).map_err(|error| Failure::io(Path::new("standard output"), &error))
}

/// Writes to standard output what `write` writes, through a buffer.
pub fn print_with(write: impl FnOnce(&mut io::BufWriter<io::Stdout>) -> io::Result<()>) -> Result<(), Failure> {
    check_output()?;
    let mut out = io::BufWriter::new(io::stdout());
    write(&mut out).and_then(|()| out.flush()).map_err(|error| Failure::io(Path::new("standard output"), &error))
}

fn check(is_closed: &AtomicBool, name: &str) -> Result<(), Failure> {
    if is_closed.load(Ordering::Relaxed) {
        return Err(Failure::usage(format!("standard {name} is closed")));
    }
    Ok(())
}
