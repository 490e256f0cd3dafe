//! Streams that another thread decodes while they are coded, so that verification takes no time of
//! its own where a thread is free.
//!
//! A follower decodes the code of one stream while the code is written. Its result counts only for
//! the code that the finished block holds: if a follower has not begun, or the block holds another
//! code, verification decodes the stream itself.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, Builder, Scope};

use super::streams;
use crate::coder::growing::{CodeSource, Growing};
use crate::kind::Kind;
use crate::method::Method;
use crate::predictor::reference::Reference;
use crate::threads::{Context, Progress, STACK_BYTES, Turn, Workers, catch_panic};

/// Shorter streams are not worth a thread.
const WORTH_A_THREAD: usize = 16 << 10;

/// What can follow the coding of streams.
pub trait Follow: Sync {
    /// Lets a thread decode a stream while it is coded. `None` where no thread would.
    fn begin(&self, stream: Followed) -> Option<Arc<Attempt>>;

    /// What a follower decoded of `code`; `None` if none did.
    fn take(&self, stream: Followed, code: &[u8]) -> Option<Vec<u8>>;
}

/// All that decides how a stream is decoded, besides its code.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Followed {
    pub kind: Kind,
    pub method: Method,
    /// Bytes of the stream.
    pub length: usize,
}

impl Followed {
    /// Bytes of memory that decoding takes: tables, the stream, its codes as words, the text that
    /// these stand for.
    fn memory(&self, reference: Option<&Reference>) -> u64 {
        let tables = match self.method {
            Method::Continued => reference.map_or(0, Reference::memory),
            _ => self.method.memory(&self.kind, self.length),
        };
        tables.saturating_add(4 * self.length as u64)
    }
}

/// A stream that is coded, and the thread that follows.
#[derive(Debug)]
pub struct Attempt {
    stream: Followed,
    /// The code of the stream.
    pub growing: Growing,
    turn: Turn,
    /// What a follower decoded.
    pub decoded: Mutex<Option<Vec<u8>>>,
}

impl Attempt {
    /// Stops the thread that follows.
    pub fn abandon(&self) {
        self.growing.abandon();
        self.turn.leave_waiting(Progress::Over);
    }

    fn decoded(&self) -> MutexGuard<'_, Option<Vec<u8>>> {
        self.decoded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Decodes the code while it is written, unless that is no longer wanted.
    fn follow(&self, reference: Option<&Reference>) {
        if !self.turn.leave_waiting(Progress::Running) {
            return;
        }
        let Followed { kind, method, length } = self.stream;
        let source = CodeSource::growing(&self.growing);
        let decoded = catch_panic(|| streams::decode(source, length, kind, method, reference));
        *self.decoded() = decoded.ok();
        self.turn.end();
    }
}

/// The streams of one block that threads follow.
struct Followers<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    context: Context,
    workers: Workers,
    reference: Option<&'env Reference>,
    attempts: Mutex<Vec<Arc<Attempt>>>,
}

impl Followers<'_, '_> {
    fn attempts(&self) -> MutexGuard<'_, Vec<Arc<Attempt>>> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'env> Follow for Followers<'_, 'env> {
    fn begin(&self, stream: Followed) -> Option<Arc<Attempt>> {
        if stream.length < WORTH_A_THREAD || stream.method == Method::Stored {
            return None;
        }
        let (growing, turn) = (Growing::default(), Turn::default());
        let attempt = Arc::new(Attempt { stream, growing, turn, decoded: Mutex::default() });
        if matches!(stream.method, Method::Sorted(_)) {
            // Sorting has followers of its own, one for each segment.
            attempt.turn.end();
            self.attempts().push(Arc::clone(&attempt));
            return Some(attempt);
        }
        let (own, context, workers) =
            (Arc::clone(&attempt), self.context.clone(), self.workers.clone());
        let reference: Option<&'env Reference> = self.reference;
        let follow = move || {
            context.run(|| {
                let memory = own.stream.memory(reference);
                if let Some(_place) =
                    workers.join(own.stream.length, memory, || own.turn.is(Progress::Waiting))
                {
                    own.follow(reference);
                }
                workers.notify();
            });
        };
        let builder = Builder::new().name("cmx verify".into()).stack_size(STACK_BYTES);
        builder.spawn_scoped(self.scope, follow).ok()?;
        self.attempts().push(Arc::clone(&attempt));
        Some(attempt)
    }

    fn take(&self, stream: Followed, code: &[u8]) -> Option<Vec<u8>> {
        let attempt = {
            let mut attempts = self.attempts();
            let is_it =
                |attempt: &Arc<Attempt>| attempt.stream == stream && attempt.growing.is(code);
            let at = attempts.iter().position(is_it)?;
            attempts.swap_remove(at)
        };
        attempt.turn.leave_waiting(Progress::Over);
        self.workers.notify();
        self.workers.pause(|| attempt.turn.is(Progress::Over));
        attempt.decoded().take()
    }
}

/// Runs `work`, with threads that follow the streams it codes if any may be free. All threads have
/// ended afterwards.
pub fn with_followers<T>(
    reference: Option<&Reference>,
    work: impl FnOnce(Option<&dyn Follow>) -> T,
) -> T {
    let Some(workers) = Workers::current().filter(|workers| workers.lanes() > 1) else {
        return work(None);
    };
    thread::scope(|scope| {
        let attempts = Mutex::default();
        let context = Context::current();
        let followers = Followers { scope, context, workers, reference, attempts };
        // The threads must end also after a panic, which the scope would wait for them with.
        let _end = End(&followers);
        work(Some(&followers))
    })
}

/// Stops the threads that still follow.
struct End<'a, 'scope, 'env>(&'a Followers<'scope, 'env>);

impl Drop for End<'_, '_, '_> {
    fn drop(&mut self) {
        self.0.attempts().iter().for_each(|attempt| attempt.abandon());
        self.0.workers.notify();
    }
}
