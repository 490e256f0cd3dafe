//! The temporary files of this process and the files that it appends to, so that a signal can clear
//! away what is unfinished.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

static FILES: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn files() -> MutexGuard<'static, Vec<PathBuf>> {
    FILES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A temporary file in the list; dropped, it leaves the list.
pub(super) struct ListedFile(PathBuf);

impl ListedFile {
    pub(super) fn new(path: &Path) -> Self {
        files().push(path.to_path_buf());
        ListedFile(path.to_path_buf())
    }
}

impl Drop for ListedFile {
    fn drop(&mut self) {
        files().retain(|path| *path != self.0);
    }
}

/// Files that are appended to: a number, and the length to cut them back to.
static APPENDS: Mutex<Vec<(u64, File, u64)>> = Mutex::new(Vec::new());

fn appends() -> MutexGuard<'static, Vec<(u64, File, u64)>> {
    APPENDS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The unfinished end of a file that is appended to. Dropped, it is finished.
pub(crate) struct UnfinishedAppend(u64);

impl UnfinishedAppend {
    /// What is written to `file` from its byte `start` on.
    ///
    /// # Errors
    /// The system has no number for one more open file.
    pub(crate) fn new(file: &File, start: u64) -> io::Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        appends().push((number, file.try_clone()?, start));
        Ok(UnfinishedAppend(number))
    }
}

impl Drop for UnfinishedAppend {
    fn drop(&mut self) {
        appends().retain(|(number, ..)| *number != self.0);
    }
}

/// Deletes every temporary file that is still being written, and cuts off what is being appended.
/// For a process that is about to end.
pub fn remove_all() {
    for (_, file, start) in appends().drain(..) {
        // What cannot be cut off now, the next append cuts off.
        let _ = file.set_len(start);
    }
    for path in files().drain(..) {
        // It may have got its final name this instant; then there is nothing to delete.
        let _ = std::fs::remove_file(path);
    }
}
