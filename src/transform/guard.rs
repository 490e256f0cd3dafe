//! Panics of the codec behind a transform become errors.
//!
//! The JPEG codec asserts what a hostile or merely odd file can break. Before a panic is caught,
//! the process's panic hook sees it and usually prints it. The hook belongs to the program and not
//! to this library: a program that wants no such lines asks [`is_guarded`] in its own hook, as the
//! command line does.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};

use crate::error::{Error, Result};

thread_local! {
    /// Calls of [`guarded`] that this thread is in.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// Whether this thread is in [`guarded`], where a panic is an answer to odd bytes and no defect of
/// the program: for panic hooks, which can then print nothing.
///
/// ```
/// let before = std::panic::take_hook();
/// std::panic::set_hook(Box::new(move |info| {
///     if !cmx::transform::is_guarded() {
///         before(info);
///     }
/// }));
/// ```
#[must_use]
pub fn is_guarded() -> bool {
    DEPTH.get() > 0
}

/// Runs `f`; a panic in it becomes [`Error::Corrupt`] naming `what`.
///
/// # Errors
/// Those of `f`, and that one.
pub fn guarded<T>(what: &str, f: impl FnOnce() -> Result<T>) -> Result<T> {
    DEPTH.set(DEPTH.get() + 1);
    let result = panic::catch_unwind(AssertUnwindSafe(f));
    DEPTH.set(DEPTH.get() - 1);
    result
        .unwrap_or_else(|_| Err(Error::Corrupt(format!("{what}: a codec gave up on these bytes"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error() {
        let empty: Vec<u8> = Vec::new();
        let result = guarded("test", || {
            assert!(is_guarded());
            Ok(empty[std::hint::black_box(3)])
        });
        assert!(matches!(result, Err(Error::Corrupt(text)) if text.contains("test")));
        assert!(guarded("test", || Ok(1)).is_ok());
        assert!(!is_guarded());
    }
}
