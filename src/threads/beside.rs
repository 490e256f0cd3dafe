//! Work that another thread may do at the same time, and that nobody needs if no thread is free.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, Builder};

use super::{Context, STACK_BYTES, Step, Workers, catch_panic};
use crate::error::Result;

/// Whether a thread has begun with some work.
#[derive(Debug, Default)]
pub struct Turn(Mutex<Progress>);

/// How far the work is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Progress {
    /// No thread has begun.
    #[default]
    Waiting,
    /// A thread works.
    Running,
    /// Done, or no longer wanted.
    Over,
}

impl Turn {
    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Is the work so far?
    pub fn is(&self, progress: Progress) -> bool {
        *self.progress() == progress
    }

    /// Goes from waiting to `next`, and says whether that was so.
    pub fn leave_waiting(&self, next: Progress) -> bool {
        let mut progress = self.progress();
        let is_waiting = *progress == Progress::Waiting;
        if is_waiting {
            *progress = next;
        }
        is_waiting
    }

    /// Says that the work is over.
    pub fn end(&self) {
        *self.progress() = Progress::Over;
    }
}

/// Runs `work`, and `other` on another thread at the same time if one is free before `work` ends.
/// `step` says what `other` costs. `work` is told whether that may happen, and `stop` makes `other`
/// end early where `work` failed. Returns the results of both; the second is `None` also if `other`
/// failed.
///
/// # Errors
/// `work` failed.
pub fn beside<T, R: Send>(
    step: Step,
    other: impl FnOnce() -> Result<R> + Send,
    stop: impl FnOnce(),
    work: impl FnOnce(bool) -> Result<T>,
) -> Result<(T, Option<R>)> {
    let Some(workers) = Workers::current().filter(|workers| workers.places() > 1) else {
        return work(false).map(|done| (done, None));
    };
    let (context, turn) = (Context::current(), Turn::default());
    thread::scope(|scope| {
        let other = || {
            context.run(|| {
                let is_wanted = || turn.is(Progress::Waiting);
                let place = workers.join(step.length, step.memory, is_wanted);
                let result = place
                    .filter(|_| turn.leave_waiting(Progress::Running))
                    .and_then(|_place| catch_panic(other).ok());
                turn.end();
                workers.notify();
                result
            })
        };
        let builder = Builder::new().name("cmx verify".into()).stack_size(STACK_BYTES);
        let Ok(thread) = builder.spawn_scoped(scope, other) else {
            return work(false).map(|done| (done, None));
        };
        let done = catch_panic(|| work(true));
        if done.is_err() {
            stop();
        }
        turn.leave_waiting(Progress::Over);
        workers.notify();
        workers.pause(|| turn.is(Progress::Over));
        let result = thread.join().ok().flatten();
        done.map(|done| (done, result))
    })
}
