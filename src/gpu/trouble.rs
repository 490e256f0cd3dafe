//! What goes wrong with a device, as one line for the user.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Why a device cannot be used, or no longer. Never an error of a job: the processor goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble(pub String);

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Trouble {
    fn from(text: &str) -> Self {
        Trouble(text.into())
    }
}

/// What work with a device comes to.
pub type Outcome<T> = Result<T, Trouble>;

/// Runs `work`. Where a driver or its library panics, that is trouble like any other: a job that
/// does without the device ends well.
pub fn without_panics<T>(work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err("the driver of the device failed".into()))
}
