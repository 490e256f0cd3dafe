//! Steps that do not depend on each other, on this thread and on others that are free.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, Builder};

use super::{Context, STACK_BYTES, Workers, catch_panic};
use crate::error::{Error, Result};

/// What a step costs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Step {
    /// Bytes that the step works on.
    pub length: usize,
    /// Bytes of memory that it takes, at most.
    pub memory: u64,
}

/// Shorter steps are not worth a thread.
const WORTH_A_THREAD: usize = 16 << 10;

/// Calls `run` with the index of each of `steps`. Returns the results in the order of the steps.
/// This thread has the memory for any one of the steps; threads that help reserve theirs.
///
/// # Errors
/// The first error in the order of the steps, of those that were begun.
pub fn each<T: Send>(steps: &[Step], run: impl Fn(usize) -> Result<T> + Sync) -> Result<Vec<T>> {
    let long = steps.iter().filter(|step| step.length >= WORTH_A_THREAD).count();
    match Workers::current().filter(|workers| workers.lanes() > 1 && long > 1) {
        Some(workers) => {
            let helpers = (long - 1).min(workers.lanes() - 1);
            Shared::new(steps, workers, run).run_with(helpers)
        }
        None => (0..steps.len()).map(run).collect(),
    }
}

/// Steps that several threads take.
struct Shared<T, F> {
    run: F,
    workers: Workers,
    /// Indices of the steps, the longest first, so that no thread is left alone with it at the end.
    order: Vec<usize>,
    /// Bytes of the second longest step: the longest is that of the first thread.
    next_length: usize,
    /// Bytes of memory of the step that takes most.
    memory: u64,
    /// How many of `order` are taken.
    taken: AtomicUsize,
    /// How many threads are in a step.
    busy: AtomicUsize,
    failed: AtomicBool,
    results: Mutex<Vec<Option<Result<T>>>>,
}

impl<T: Send, F: Fn(usize) -> Result<T> + Sync> Shared<T, F> {
    fn new(steps: &[Step], workers: Workers, run: F) -> Self {
        let mut order: Vec<usize> = (0..steps.len()).collect();
        order.sort_by_key(|&index| std::cmp::Reverse(steps[index].length));
        Shared {
            run,
            workers,
            next_length: order.get(1).map_or(0, |&index| steps[index].length),
            order,
            memory: steps.iter().map(|step| step.memory).max().unwrap_or(0),
            taken: AtomicUsize::new(0),
            busy: AtomicUsize::new(0),
            failed: AtomicBool::new(false),
            results: Mutex::new(steps.iter().map(|_| None).collect()),
        }
    }

    fn run_with(self, helpers: usize) -> Result<Vec<T>> {
        let context = Context::current();
        thread::scope(|scope| {
            for _ in 0..helpers {
                let help = || {
                    context.run(|| {
                        if let Some(_place) =
                            self.workers.join(self.next_length, self.memory, || self.is_left())
                        {
                            self.work();
                        }
                    });
                };
                let builder = Builder::new().name("cmx step".into()).stack_size(STACK_BYTES);
                // Without the thread, others do its work.
                if builder.spawn_scoped(scope, help).is_err() {
                    break;
                }
            }
            self.work();
            self.workers.pause(|| self.busy.load(SeqCst) == 0);
            self.workers.notify();
        });
        let results = self.results.into_inner().unwrap_or_else(PoisonError::into_inner);
        // Without an error no step is left out.
        let mut results: Vec<_> = results.into_iter().flatten().collect();
        if let Some(at) = results.iter().position(Result::is_err) {
            return results.swap_remove(at).map(|_| Vec::new());
        }
        if results.len() < self.order.len() {
            return Err(Error::Bug("a step was left out".into()));
        }
        results.into_iter().collect()
    }

    fn is_left(&self) -> bool {
        self.taken.load(SeqCst) < self.order.len() && !self.failed.load(SeqCst)
    }

    /// Takes steps until none is left.
    fn work(&self) {
        self.busy.fetch_add(1, SeqCst);
        while self.is_left() {
            let taken = self.taken.fetch_add(1, SeqCst);
            let Some(&index) = self.order.get(taken) else { break };
            let result = catch_panic(|| (self.run)(index));
            if result.is_err() {
                self.failed.store(true, SeqCst);
            }
            self.results.lock().unwrap_or_else(PoisonError::into_inner)[index] = Some(result);
        }
        self.busy.fetch_sub(1, SeqCst);
        self.workers.notify();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::threads::Work;

    const STEP: Step = Step { length: WORTH_A_THREAD, memory: 0 };

    #[test]
    fn results_are_in_order_for_any_number_of_threads() {
        for places in [1, 2, 3, 8] {
            let workers = Workers::new(places);
            let _place = workers.begin(0, Work::default());
            let results = workers.run(|| each(&[STEP; 20], |index| Ok(index * index)));
            assert_eq!(results.unwrap(), (0..20).map(|index| index * index).collect::<Vec<_>>());
        }
    }

    #[test]
    fn free_threads_take_steps() {
        let workers = Workers::new(2);
        let _place = workers.begin(0, Work::default());
        // Neither of the two steps ends without the other.
        let barrier = std::sync::Barrier::new(2);
        let results = workers.run(|| {
            each(&[STEP; 2], |_| {
                barrier.wait();
                Ok(())
            })
        });
        assert_eq!(results.unwrap().len(), 2);
    }

    #[test]
    fn errors_and_panics_come_back() {
        let workers = Workers::new(2);
        let _place = workers.begin(0, Work::default());
        workers.run(|| {
            let failing = each(&[STEP; 4], |index| match index {
                2 => Err(Error::Corrupt("two".into())),
                _ => Ok(index),
            });
            assert!(matches!(failing, Err(Error::Corrupt(text)) if text == "two"));
            let panicking =
                each(&[STEP; 4], |index| if index == 1 { panic!("oh") } else { Ok(()) });
            assert!(matches!(panicking, Err(Error::Bug(text)) if text == "oh"));
        });
    }
}
