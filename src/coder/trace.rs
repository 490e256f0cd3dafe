//! A hash over all coded probabilities, for tests. The hash shows differences that leave the coded
//! bytes unchanged.

use std::cell::{Cell, RefCell};

use xxhash_rust::xxh3::Xxh3Default;

thread_local! {
    static TRACE: RefCell<Option<Box<Xxh3Default>>> = const { RefCell::new(None) };
    static NOTED: Cell<usize> = const { Cell::new(0) };
}

/// Adds one probability to the hash.
pub fn note(probability: u32) {
    NOTED.set(NOTED.get() + 1);
    TRACE.with_borrow_mut(|trace| {
        if let Some(hasher) = trace {
            hasher.update(&probability.to_le_bytes());
        }
    });
}

/// The result of `work`, and the hash of all probabilities that `work` codes or decodes on this
/// thread.
pub fn of<T>(work: impl FnOnce() -> T) -> (T, u64) {
    TRACE.with_borrow_mut(|trace| *trace = Some(Box::default()));
    let result = work();
    let hash = TRACE.with_borrow_mut(Option::take).map_or(0, |hasher| hasher.digest());
    (result, hash)
}

/// The result of `work`, whose probabilities are not noted.
pub fn without<T>(work: impl FnOnce() -> T) -> T {
    let (outer, noted) = (TRACE.take(), NOTED.get());
    let result = work();
    TRACE.set(outer);
    NOTED.set(noted);
    result
}

/// Number of decisions that `work` codes or decodes on this thread.
pub fn count(work: impl FnOnce()) -> usize {
    let before = NOTED.get();
    work();
    NOTED.get() - before
}
