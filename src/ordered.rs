//! Work on several threads whose results come back in the order of the jobs.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{Builder, JoinHandle};

use crate::budget::Budget;
use crate::error::{Error, Result};

/// Stack of a worker: models may keep sizeable arrays there.
const STACK_BYTES: usize = 16 << 20;

/// A bounded queue of running jobs. One thread a job: a job is a block, and takes seconds.
pub struct Ordered<T> {
    max_running: usize,
    running: VecDeque<JoinHandle<Result<T>>>,
}

impl<T: Send + 'static> Ordered<T> {
    /// At most `threads` jobs at a time; one means on the caller's own thread.
    #[must_use]
    pub fn new(threads: usize) -> Self {
        Ordered { max_running: threads.max(1), running: VecDeque::new() }
    }

    /// Starts `job`. If as many run as may, waits for the oldest first and returns its result.
    ///
    /// # Errors
    /// The oldest job failed, or no thread can be had.
    pub fn submit(
        &mut self,
        job: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<Option<T>> {
        if self.max_running == 1 {
            return catch_panic(job).map(Some);
        }
        let oldest = if self.running.len() == self.max_running { self.next()? } else { None };
        // The thread works for the same job, under its budget.
        let budget = Budget::current();
        let job = move || match budget {
            Some(budget) => budget.run(job),
            None => job(),
        };
        let handle = Builder::new()
            .name("cmx block".into())
            .stack_size(STACK_BYTES)
            .spawn(move || catch_panic(job))?;
        self.running.push_back(handle);
        Ok(oldest)
    }

    /// The result of the oldest job; `None` when none is left.
    ///
    /// # Errors
    /// The job failed.
    pub fn next(&mut self) -> Result<Option<T>> {
        match self.running.pop_front() {
            None => Ok(None),
            Some(handle) => {
                handle.join().unwrap_or_else(|_| Err(Error::Bug("a worker died".into()))).map(Some)
            }
        }
    }
}

/// Runs `job`; a panic in it becomes an error, as bad input must never end the process.
pub(crate) fn catch_panic<T>(job: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(job)).unwrap_or_else(|panic| {
        // What could not return its error: see `simd::memory`.
        let panic = match panic.downcast::<Error>() {
            Ok(error) => return Err(*error),
            Err(panic) => panic,
        };
        let text = panic
            .downcast_ref::<&str>()
            .map(ToString::to_string)
            .or_else(|| panic.downcast_ref::<String>().cloned());
        Err(Error::Bug(text.unwrap_or_else(|| "panic".into())))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_their_order() {
        for threads in [1, 2, 5] {
            let mut queue = Ordered::new(threads);
            let mut results = Vec::new();
            for number in 0..20u64 {
                let job = move || {
                    std::thread::sleep(std::time::Duration::from_millis(20 - number));
                    Ok(number)
                };
                results.extend(queue.submit(job).unwrap());
            }
            while let Some(result) = queue.next().unwrap() {
                results.push(result);
            }
            assert_eq!(results, (0..20).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_panic_is_an_error() {
        let mut queue: Ordered<()> = Ordered::new(2);
        queue.submit(|| panic!("oh")).unwrap();
        assert!(matches!(queue.next(), Err(Error::Bug(text)) if text == "oh"));
    }
}
