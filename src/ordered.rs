//! A queue of jobs on several threads, which returns results in the order of the jobs.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};

use crate::budget::Budget;
use crate::error::{Error, Result};

/// Stack of a worker thread in bytes. Models may keep large arrays on the stack.
const STACK_BYTES: usize = 16 << 20;

/// A bounded queue of running jobs. Every job gets a new thread, since a job codes a block and
/// takes seconds.
pub struct Ordered<T> {
    max_running: usize,
    running: VecDeque<JoinHandle<Result<T>>>,
    /// What the budget of the job had left when nothing was running.
    allowed: u64,
    reserved: Arc<Reserved>,
}

/// Bytes of memory that running jobs said they would take.
#[derive(Default)]
struct Reserved {
    bytes: Mutex<u64>,
    returned: Condvar,
}

impl Reserved {
    /// Runs `job`, which takes `bytes`, once those of all running jobs together are at most
    /// `allowed`, or no other job is running.
    fn run<T>(&self, bytes: u64, allowed: u64, job: impl FnOnce() -> T) -> T {
        let mut taken = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        while *taken > 0 && taken.saturating_add(bytes) > allowed {
            taken = self.returned.wait(taken).unwrap_or_else(PoisonError::into_inner);
        }
        *taken = taken.saturating_add(bytes);
        drop(taken);
        let done = job();
        let mut taken = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        *taken = taken.saturating_sub(bytes);
        drop(taken);
        self.returned.notify_all();
        done
    }
}

impl<T: Send + 'static> Ordered<T> {
    /// A queue with at most `threads` running jobs. With 1, each job runs on the caller's thread.
    #[must_use]
    pub fn new(threads: usize) -> Self {
        Ordered {
            max_running: threads.max(1),
            running: VecDeque::new(),
            allowed: u64::MAX,
            reserved: Arc::default(),
        }
    }

    /// Starts `job`. If `threads` jobs are running, first waits for the oldest one and returns its
    /// result.
    ///
    /// # Errors
    /// The oldest job failed, or the system starts no thread.
    pub fn submit(
        &mut self,
        job: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<Option<T>> {
        self.submit_within(0, job)
    }

    /// Like [`Ordered::submit`], for a job that takes `memory` bytes: the job waits until the jobs
    /// that run beside it leave so much of the budget, or until it runs alone. Whether that is
    /// enough the budget says.
    ///
    /// # Errors
    /// As for [`Ordered::submit`].
    pub fn submit_within(
        &mut self,
        memory: u64,
        job: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<Option<T>> {
        if self.max_running == 1 {
            return catch_panic(job).map(Some);
        }
        let oldest = if self.running.len() == self.max_running { self.next()? } else { None };
        if self.running.is_empty() {
            self.allowed = Budget::current().map_or(u64::MAX, |budget| budget.left());
        }
        let (reserved, allowed) = (self.reserved.clone(), self.allowed);
        let job = move || reserved.run(memory, allowed, || catch_panic(job));
        // The worker thread charges the budget of the caller's job.
        let budget = Budget::current();
        let job = move || match budget {
            Some(budget) => budget.run(job),
            None => job(),
        };
        let handle = Builder::new().name("cmx block".into()).stack_size(STACK_BYTES).spawn(job)?;
        self.running.push_back(handle);
        Ok(oldest)
    }

    /// Waits for the oldest job and returns its result; `None` if no job is left.
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

/// Runs `job`, and turns a panic into [`Error::Bug`]: no input may end the process.
pub(crate) fn catch_panic<T>(job: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(job)).unwrap_or_else(|panic| {
        // `simd::memory` unwinds with an `Error` where it cannot return one.
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
