//! What the functions of a job find on the thread that they run on.

use super::workers::Workers;
use crate::budget::Budget;
use crate::progress::Share;

/// Budget, workers and share of the progress of a thread, for another thread of the same job.
#[derive(Clone, Debug)]
pub struct Context {
    budget: Option<Budget>,
    workers: Option<Workers>,
    progress: Option<Share>,
}

impl Context {
    /// What this thread has.
    #[must_use]
    pub fn current() -> Context {
        Context {
            budget: Budget::current(),
            workers: Workers::current(),
            progress: Share::current(),
        }
    }

    /// Runs `work` on a new thread as if the thread were the one of [`Context::current`].
    pub fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        let with_workers = || match &self.workers {
            Some(workers) => workers.run(work),
            None => work(),
        };
        let with_progress = || match &self.progress {
            Some(share) => share.run(with_workers),
            None => with_workers(),
        };
        match &self.budget {
            Some(budget) => budget.run(with_progress),
            None => with_progress(),
        }
    }
}
