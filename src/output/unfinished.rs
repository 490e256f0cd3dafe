//! The list of unfinished files of this process: temporary files, and archives that are appended
//! to. A signal handler cleans them up.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

static FILES: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn files() -> MutexGuard<'static, Vec<PathBuf>> {
    FILES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A temporary file in the list. Dropping the value removes it from the list.
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

/// Files that are appended to: a number, the file, and its length in bytes before the append.
static APPENDS: Mutex<Vec<(u64, File, u64)>> = Mutex::new(Vec::new());

fn appends() -> MutexGuard<'static, Vec<(u64, File, u64)>> {
    APPENDS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An append in the list. Dropping the value removes it from the list, since the append is
/// finished.
pub(crate) struct UnfinishedAppend(u64);

impl UnfinishedAppend {
    /// An append to `file`, whose length was `start` bytes.
    ///
    /// # Errors
    /// The process has too many open files.
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

/// Deletes all temporary files, and cuts all files that are appended to back to their old lengths.
/// For a process that is about to end.
pub fn remove_all() {
    for (_, file, start) in appends().drain(..) {
        // If this fails, the next append cuts the file.
        let _ = file.set_len(start);
    }
    for path in files().drain(..) {
        // The file may just have got its final name, and then the temporary name is gone.
        let _ = std::fs::remove_file(path);
    }
}
