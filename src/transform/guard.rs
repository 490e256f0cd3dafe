//! Panics of the codec behind a transform become errors.
//!
//! The JPEG codec asserts what a hostile or merely odd file can break.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use crate::error::{Error, Result};

thread_local! {
    static QUIET: Cell<usize> = const { Cell::new(0) };
}

/// Runs `f`; a panic in it becomes [`Error::Corrupt`] naming `what`, and prints nothing.
///
/// # Errors
/// Those of `f`, and that one.
pub fn guarded<T>(what: &str, f: impl FnOnce() -> Result<T>) -> Result<T> {
    // The hook stays for the life of the process; outside of `guarded` it hands on to the one
    // that was there before.
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if QUIET.get() == 0 {
                before(info);
            }
        }));
    });
    QUIET.set(QUIET.get() + 1);
    let result = panic::catch_unwind(AssertUnwindSafe(f));
    QUIET.set(QUIET.get() - 1);
    result.unwrap_or_else(|_| Err(Error::Corrupt(format!("{what}: a codec gave up on these bytes"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error() {
        let empty: Vec<u8> = Vec::new();
        let result = guarded("test", || Ok(empty[std::hint::black_box(3)]));
        assert!(matches!(result, Err(Error::Corrupt(text)) if text.contains("test")));
        assert!(guarded("test", || Ok(1)).is_ok());
    }
}
