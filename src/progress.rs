//! How far a long job has come: counters that the work advances and a display reads, and who is
//! told of each entry.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counters of one job, shared by the threads that do it and the one that shows it.
#[derive(Debug, Default)]
pub struct Progress {
    work: AtomicU64,
    read: AtomicU64,
    written: AtomicU64,
    listener: Option<Listener>,
}

/// Takes the path of an entry and the bytes that its file has.
type Listen = dyn Fn(&[u8], u64) + Send + Sync;

struct Listener(Box<Listen>);

impl fmt::Debug for Listener {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Listener")
    }
}

impl Progress {
    /// Counters at 0. `listener` is called for each entry of an archive as soon as it is stored,
    /// extracted or tested, with its path and the bytes that its file has.
    pub fn with_listener(listener: impl Fn(&[u8], u64) + Send + Sync + 'static) -> Self {
        Progress { listener: Some(Listener(Box::new(listener))), ..Progress::default() }
    }

    /// Tells the listener, if there is one, that the entry at `path` with a file of `size` bytes is
    /// done.
    pub fn entry_done(&self, path: &[u8], size: u64) {
        if let Some(listener) = &self.listener {
            (listener.0)(path, size);
        }
    }

    /// Bytes worked on. Compression with verification passes over every byte twice and counts it
    /// twice.
    #[must_use]
    pub fn work(&self) -> u64 {
        self.work.load(Relaxed)
    }

    /// Bytes of finished input.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.read.load(Relaxed)
    }

    /// Bytes of finished output.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.written.load(Relaxed)
    }

    /// Notes that a piece is finished.
    pub fn finished(&self, read: u64, written: u64) {
        self.read.fetch_add(read, Relaxed);
        self.written.fetch_add(written, Relaxed);
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Share>> = const { RefCell::new(None) };
}

/// The share of a job that this thread works on.
struct Share {
    progress: Arc<Progress>,
    left: u64,
}

/// Notes that this thread has worked on `bytes` more. The coding loops call it every few kilobytes;
/// outside of a job it does nothing.
pub fn advance(bytes: u64) {
    CURRENT.with_borrow_mut(|current| {
        if let Some(share) = current {
            let step = bytes.min(share.left);
            share.left -= step;
            share.progress.work.fetch_add(step, Relaxed);
        }
    });
}

/// Runs `work`, which will count for `bytes` of the job however often it calls [`advance`].
pub fn count_as<T>(progress: Option<&Arc<Progress>>, bytes: u64, work: impl FnOnce() -> T) -> T {
    let Some(progress) = progress else { return work() };
    CURRENT.set(Some(Share { progress: Arc::clone(progress), left: bytes }));
    let result = work();
    advance(u64::MAX);
    CURRENT.set(None);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_counts_exactly_its_bytes() {
        let progress = Arc::new(Progress::default());
        advance(5);
        count_as(Some(&progress), 100, || advance(30));
        count_as(Some(&progress), 100, || advance(300));
        assert_eq!(progress.work(), 200);
    }
}
