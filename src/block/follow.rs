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
use crate::error::Result;
use crate::kind::Kind;
use crate::method::Method;
use crate::predictor::reference::Reference;
use crate::threads::{Context, STACK_BYTES, Workers, catch_panic};

/// Shorter streams are not worth a thread.
const WORTH_A_THREAD: usize = 16 << 10;

/// What can follow the coding of streams.
pub trait Follow: Sync {
    /// Lets a thread decode a stream while it is coded. `None` where no thread would, or the method
    /// writes its code only at the end.
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

/// Whether a thread has begun to follow.
#[derive(Debug, Default)]
struct Turn(Mutex<Progress>);

#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Progress {
    #[default]
    Waiting,
    Running,
    /// Decoded, or no longer wanted.
    Over,
}

impl Turn {
    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is(&self, progress: Progress) -> bool {
        *self.progress() == progress
    }

    /// Goes from waiting to `next`, and says whether that was so.
    fn leave_waiting(&self, next: Progress) -> bool {
        let mut progress = self.progress();
        let is_waiting = *progress == Progress::Waiting;
        if is_waiting {
            *progress = next;
        }
        is_waiting
    }

    fn end(&self) {
        *self.progress() = Progress::Over;
    }
}

/// A stream that is coded, and the thread that follows.
#[derive(Debug)]
pub struct Attempt {
    stream: Followed,
    /// The code of the stream.
    pub growing: Growing,
    turn: Turn,
    decoded: Mutex<Option<Vec<u8>>>,
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
        if stream.length < WORTH_A_THREAD
            || !matches!(stream.method, Method::Mixed(_) | Method::Continued)
        {
            return None;
        }
        let (growing, turn) = (Growing::default(), Turn::default());
        let attempt = Arc::new(Attempt { stream, growing, turn, decoded: Mutex::default() });
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
    let Some(workers) = Workers::current().filter(|workers| workers.places() > 1) else {
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

/// Runs `encode`, which writes its code to `growing` if a thread may be free that lets `follow`
/// decode the code meanwhile within `memory` bytes. Returns the results of both; `None` if the code
/// was not decoded.
pub fn with_follower<T, R: Send>(
    growing: &Growing,
    memory: u64,
    follow: impl FnOnce(CodeSource<'_>) -> Result<R> + Send,
    encode: impl FnOnce(Option<&Growing>) -> Result<T>,
) -> (Result<T>, Option<R>) {
    let Some(workers) = Workers::current().filter(|workers| workers.places() > 1) else {
        return (encode(None), None);
    };
    let (context, turn) = (Context::current(), Turn::default());
    thread::scope(|scope| {
        let follow = || {
            context.run(|| {
                let place = workers.join(usize::MAX, memory, || turn.is(Progress::Waiting));
                let decoded = place
                    .filter(|_| turn.leave_waiting(Progress::Running))
                    .and_then(|_place| catch_panic(|| follow(CodeSource::growing(growing))).ok());
                turn.end();
                workers.notify();
                decoded
            })
        };
        let builder = Builder::new().name("cmx verify".into()).stack_size(STACK_BYTES);
        let Ok(follower) = builder.spawn_scoped(scope, follow) else {
            return (encode(None), None);
        };
        let encoded = catch_panic(|| encode(Some(growing)));
        if encoded.is_err() {
            growing.abandon();
        }
        turn.leave_waiting(Progress::Over);
        workers.notify();
        workers.pause(|| turn.is(Progress::Over));
        (encoded, follower.join().ok().flatten())
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
