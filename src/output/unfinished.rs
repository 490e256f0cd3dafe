//! The temporary files of this process, so that a signal can clear them away.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

static FILES: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn files() -> MutexGuard<'static, Vec<PathBuf>> {
    FILES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A temporary file in the list; dropped, it leaves the list.
pub(super) struct Listed(PathBuf);

impl Listed {
    pub(super) fn new(path: &Path) -> Self {
        files().push(path.to_path_buf());
        Listed(path.to_path_buf())
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        files().retain(|path| *path != self.0);
    }
}

/// Deletes every temporary file that is still being written. For a process that is about to end.
pub fn remove_all() {
    for path in files().drain(..) {
        // It may have got its final name this instant; then there is nothing to delete.
        let _ = std::fs::remove_file(path);
    }
}
