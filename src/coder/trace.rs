//! For tests: a hash of every probability that is coded, so that a difference shows even where it
//! leaves the coded bytes as they were.

use std::cell::RefCell;

use xxhash_rust::xxh3::Xxh3Default;

thread_local! {
    static TRACE: RefCell<Option<Box<Xxh3Default>>> = const { RefCell::new(None) };
}

/// Takes in one probability. Nothing happens outside of [`of`].
pub fn note(probability: u32) {
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
