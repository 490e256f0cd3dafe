//! Turns panics of foreign codecs into errors.
//!
//! The JPEG codec has assertions that hostile or merely odd files can break. The panic hook of the
//! process sees a panic before the panic is caught, and usually prints it. The hook belongs to the
//! program and not to this library. A program that wants no such lines calls [`is_panic_caught`] in
//! its own hook, as the command line does.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};

use crate::error::{Error, Result};

thread_local! {
    /// Number of nested calls of [`catch_panic`] on this thread.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// Is this thread inside work of this library where a panic is caught and becomes an error? A panic
/// there is the answer of a codec to odd bytes, and no defect of the program. Panic hooks can use
/// this to print nothing.
///
/// ```
/// let before = std::panic::take_hook();
/// std::panic::set_hook(Box::new(move |info| {
///     if !cmx::is_panic_caught() {
///         before(info);
///     }
/// }));
/// ```
#[must_use]
pub fn is_panic_caught() -> bool {
    DEPTH.get() > 0
}

/// Runs `f`. A panic in `f` becomes [`Error::Corrupt`] with the name `what`.
///
/// # Errors
/// Those of `f`, and the one for a panic.
pub fn catch_panic<T>(what: &str, f: impl FnOnce() -> Result<T>) -> Result<T> {
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
        let result = catch_panic("test", || {
            assert!(is_panic_caught());
            Ok(empty[std::hint::black_box(3)])
        });
        assert!(matches!(result, Err(Error::Corrupt(text)) if text.contains("test")));
        assert!(catch_panic("test", || Ok(1)).is_ok());
        assert!(!is_panic_caught());
    }
}
