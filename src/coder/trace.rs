//! For tests: a hash of every probability that is coded, so that a difference shows even where it
//! leaves the coded bytes as they were.

use std::cell::{Cell, RefCell};

use xxhash_rust::xxh3::Xxh3Default;

thread_local! {
    static TRACE: RefCell<Option<Box<Xxh3Default>>> = const { RefCell::new(None) };
    static NOTED: Cell<usize> = const { Cell::new(0) };
}

/// Takes in one probability.
pub fn note(probability: u32) {
    NOTED.set(NOTED.get() + 1);
    TRACE.with_borrow_mut(|trace| {
        if let Some(hasher) = trace {
            hasher.update(&probability.to_le_bytes());
        }
    });
}

/// What `work` returns, and the hash of all probabilities that it codes or decodes on this thread.
pub fn of<T>(work: impl FnOnce() -> T) -> (T, u64) {
    TRACE.with_borrow_mut(|trace| *trace = Some(Box::default()));
    let result = work();
    let hash = TRACE.with_borrow_mut(Option::take).map_or(0, |hasher| hasher.digest());
    (result, hash)
}

/// How many decisions `work` codes or decodes on this thread.
pub fn count(work: impl FnOnce()) -> usize {
    let before = NOTED.get();
    work();
    NOTED.get() - before
}
