//! The progress of a long job: counters that the coding loops increase and a display reads, and a
//! listener that is told of each finished entry.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counters of one job. The threads of the job and the display share them.
#[derive(Debug, Default)]
pub struct Progress {
    work: AtomicU64,
    read: AtomicU64,
    written: AtomicU64,
    listener: Option<Listener>,
}

/// A function that takes the path of an entry and the length of its file in bytes.
type Listen = dyn Fn(&[u8], u64) + Send + Sync;

struct Listener(Box<Listen>);

impl fmt::Debug for Listener {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Listener")
    }
}

impl Progress {
    /// Counters at 0, with a `listener`. The listener is called whenever an entry of an archive was
    /// stored, extracted or tested, with the path and the length of its file in bytes.
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

    /// Bytes that were worked on. Compression with verification counts every byte twice.
    #[must_use]
    pub fn work(&self) -> u64 {
        self.work.load(Relaxed)
    }

    /// Bytes of input that are finished.
    #[must_use]
    pub fn read(&self) -> u64 {
        self.read.load(Relaxed)
    }

    /// Bytes of output that are finished.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.written.load(Relaxed)
    }

    /// Adds to the finished bytes of input and output.
    pub fn finished(&self, read: u64, written: u64) {
        self.read.fetch_add(read, Relaxed);
        self.written.fetch_add(written, Relaxed);
    }
}

thread_local! {
    static CURRENT: RefCell<Option<Share>> = const { RefCell::new(None) };
}

/// The part of a job that this thread works on, alone or with others: at most `left` more bytes
/// will count.
#[derive(Clone, Debug)]
pub struct Share {
    progress: Arc<Progress>,
    left: Arc<AtomicU64>,
}

impl Share {
    /// The share that this thread works on.
    #[must_use]
    pub fn current() -> Option<Share> {
        CURRENT.with_borrow(Clone::clone)
    }

    /// Runs `work` on another thread as a part of this share.
    pub fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        let before = CURRENT.replace(Some(self.clone()));
        let result = work();
        CURRENT.set(before);
        result
    }

    fn advance(&self, bytes: u64) {
        let take = |left: u64| Some(left.saturating_sub(bytes));
        let before = self.left.fetch_update(Relaxed, Relaxed, take).unwrap_or(0);
        self.progress.work.fetch_add(bytes.min(before), Relaxed);
    }
}

/// Counts `bytes` of work of this thread. The coding loops call this every few kilobytes. Outside
/// of [`count_as`] nothing is counted.
pub fn advance(bytes: u64) {
    CURRENT.with_borrow(|current| {
        if let Some(share) = current {
            share.advance(bytes);
        }
    });
}

/// Runs `work` and counts exactly `bytes` for it, whatever `work` passes to [`advance`].
pub fn count_as<T>(progress: Option<&Arc<Progress>>, bytes: u64, work: impl FnOnce() -> T) -> T {
    let Some(progress) = progress else { return work() };
    let left = Arc::new(AtomicU64::new(bytes));
    let share = Share { progress: Arc::clone(progress), left };
    let result = share.run(work);
    share.advance(u64::MAX);
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
