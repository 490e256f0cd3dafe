//! A queue of jobs on several threads, which returns results in the order of the jobs.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{Builder, JoinHandle};

use super::{STACK_BYTES, Work, Workers};
use crate::budget::Budget;
use crate::error::{Error, Result};

/// Jobs that wait, run or are finished before the oldest one must end: the longest of them run
/// first, and results wait for those before.
const AHEAD: usize = 48;
/// Bytes that the submitted jobs may hold if some are ahead, and at most a sixteenth of what the
/// budget has left.
const MOST_HELD: u64 = 64 << 20;

/// A bounded queue of jobs. Every job gets a new thread, since a job codes a block and takes
/// seconds. Of these threads as many work at the same time as the queue has workers.
pub struct Ordered<T> {
    workers: Workers,
    /// The jobs that were submitted, the oldest first, with the bytes that each holds.
    submitted: VecDeque<(u64, JoinHandle<Result<T>>)>,
    /// Sum of the bytes that the jobs hold.
    held: u64,
    /// Number of the next job.
    next_number: u64,
}

impl<T: Send + 'static> Ordered<T> {
    /// A queue with `threads` workers. With 1, each job runs on the caller's thread.
    #[must_use]
    pub fn new(threads: usize) -> Self {
        Ordered {
            workers: Workers::new(threads),
            submitted: VecDeque::new(),
            held: 0,
            next_number: 0,
        }
    }

    /// Number of the job that is submitted next.
    #[must_use]
    pub fn next_number(&self) -> u64 {
        self.next_number
    }

    /// Starts `job`, whose work is `work` and which holds `held` bytes before it runs or until its
    /// result is taken. If enough jobs are submitted already, first waits for the oldest one and
    /// returns its result. The job waits until the jobs that run at the same time leave its memory
    /// of the budget, or until it runs alone. If the memory was too low an estimate and the budget
    /// is short, the job runs once more, alone.
    ///
    /// # Errors
    /// The oldest job failed, or the system starts no thread.
    pub fn submit(
        &mut self,
        work: Work,
        held: u64,
        mut job: impl FnMut() -> Result<T> + Send + 'static,
    ) -> Result<Option<T>> {
        let lanes = self.workers.lanes();
        let number = self.next_number;
        self.next_number += 1;
        if lanes == 1 {
            return catch_panic(job).map(Some);
        }
        let count = self.submitted.len();
        let most_held =
            Budget::current().map_or(MOST_HELD, |budget| MOST_HELD.min(budget.left() / 16));
        let is_full = count >= lanes
            && (count >= lanes.max(AHEAD) || self.held.saturating_add(held) > most_held);
        let oldest = if is_full { self.next()? } else { None };
        let workers = self.workers.clone();
        workers.announce(number);
        let ended = Ended(workers.clone(), number);
        let job = move || {
            let _ended = ended;
            run_again_alone(&workers, number, work, &mut job)
        };
        // The thread charges the budget of the caller's job.
        let budget = Budget::current();
        let job = move || match budget {
            Some(budget) => budget.run(job),
            None => job(),
        };
        let handle = Builder::new().name("cmx block".into()).stack_size(STACK_BYTES).spawn(job)?;
        self.held += held;
        self.submitted.push_back((held, handle));
        Ok(oldest)
    }

    /// Runs `job`, which takes `memory` bytes, on this thread, as soon as it may: other threads can
    /// help with its steps.
    ///
    /// # Errors
    /// The job failed.
    pub fn run<R>(&mut self, memory: u64, mut job: impl FnMut() -> Result<R>) -> Result<R> {
        if self.workers.lanes() == 1 {
            return catch_panic(job);
        }
        let number = self.next_number;
        self.next_number += 1;
        let work = Work { memory, ..Work::default() };
        run_again_alone(&self.workers, number, work, &mut job)
    }

    /// Waits for the oldest job and returns its result; `None` if no job is left.
    ///
    /// # Errors
    /// The job failed.
    pub fn next(&mut self) -> Result<Option<T>> {
        match self.submitted.pop_front() {
            None => Ok(None),
            Some((held, handle)) => {
                self.held -= held;
                handle.join().unwrap_or_else(|_| Err(Error::Bug("a worker died".into()))).map(Some)
            }
        }
    }
}

/// Tells the workers that a job has ended, however that was.
struct Ended(Workers, u64);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.end(self.1);
    }
}

/// Runs `job` beside others within its memory, and once more without any if memory was short: nobody
/// knows before how much the content of a deflate stream takes.
fn run_again_alone<R>(
    workers: &Workers,
    number: u64,
    work: Work,
    job: &mut impl FnMut() -> Result<R>,
) -> Result<R> {
    let place = workers.begin(number, work);
    let result = workers.run(|| catch_panic(&mut *job));
    if !result.as_ref().is_err_and(Error::is_short_of_memory) {
        return result;
    }
    drop((place, result));
    let _place = workers.begin_alone();
    workers.run(|| catch_panic(job))
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
    use std::sync::atomic::Ordering::SeqCst;

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
                results.extend(queue.submit(Work::default(), 0, job).unwrap());
            }
            while let Some(result) = queue.next().unwrap() {
                results.push(result);
            }
            assert_eq!(results, (0..20).collect::<Vec<_>>());
        }
    }

    /// Two jobs that take more together than they say, and none of which ends before the other one
    /// has begun.
    #[test]
    fn who_is_short_of_memory_runs_again_alone() {
        let budget = Budget::new(u64::MAX);
        let half = budget.left() / 2;
        budget.run(|| {
            let mut queue = Ordered::new(3);
            let both = std::sync::Arc::new(std::sync::Barrier::new(2));
            for number in 0..2 {
                let (both, mut is_first) = (both.clone(), true);
                let job = move || {
                    let charge = crate::budget::charge(half + 1, "a job");
                    if std::mem::take(&mut is_first) {
                        both.wait();
                    }
                    charge.map(|_| number)
                };
                assert!(queue.submit(Work::default(), 0, job).unwrap().is_none());
            }
            assert_eq!(queue.next().unwrap(), Some(0));
            assert_eq!(queue.next().unwrap(), Some(1));
        });
    }

    /// The second job waits for the first one, which waits for the third.
    #[test]
    fn others_run_while_a_job_waits_for_another() {
        let mut queue = Ordered::new(2);
        let both = std::sync::Arc::new(std::sync::Barrier::new(2));
        let has_ended = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        let first = queue.next_number();
        for number in 0..3 {
            let (both, has_ended) = (both.clone(), has_ended.clone());
            let job = move || {
                if number == 1 {
                    return Ok((number, has_ended.load(SeqCst)));
                }
                both.wait();
                has_ended.fetch_or(number == 0, SeqCst);
                Ok((number, true))
            };
            let after = (number == 1).then_some(first);
            let work = Work { after, ..Work::default() };
            assert!(queue.submit(work, 0, job).unwrap().is_none());
        }
        for number in 0..3 {
            assert_eq!(queue.next().unwrap(), Some((number, true)));
        }
    }

    #[test]
    fn a_panic_is_an_error() {
        let mut queue: Ordered<()> = Ordered::new(2);
        queue.submit(Work::default(), 0, || panic!("oh")).unwrap();
        assert!(matches!(queue.next(), Err(Error::Bug(text)) if text == "oh"));
    }
}
