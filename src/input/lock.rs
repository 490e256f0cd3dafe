//! Locks on archives, so that two processes do not disturb each other.
//!
//! The locks are advisory: only cmx processes respect them, and only file systems that support
//! locks have them.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

use super::original::{Change, Snapshot};

/// Locks `file` for a reader that needs it unchanged. Closing the file ends the lock.
///
/// # Errors
/// Another process is writing to the file.
pub fn for_reading(file: &File) -> io::Result<()> {
    locked(file.try_lock_shared(), "another process is writing to this archive; try again later")
}

/// Locks `file`, which was opened at `path`, for a writer. Closing the file ends the lock.
///
/// # Errors
/// Another process has a lock on the file, or has put another file at `path` since `file` was
/// opened.
pub fn for_writing(file: &File, path: &Path) -> io::Result<()> {
    locked(
        file.try_lock(),
        "another process is writing to this archive, or repairs it; try again later",
    )?;
    check_path(file, path)
}

/// Checks that `file`, which was opened at `path`, still has that path.
///
/// # Errors
/// Another file or none is at `path`.
pub fn check_path(file: &File, path: &Path) -> io::Result<()> {
    let own = Snapshot::of(&file.metadata()?);
    let is_there = std::fs::metadata(path)
        .is_ok_and(|found| own.change(&Snapshot::of(&found)) != Some(Change::Replaced));
    if is_there {
        Ok(())
    } else {
        Err(io::Error::other(
            "another process has replaced or deleted this archive, \
             so that nothing was appended; try again",
        ))
    }
}

/// Locks `file` before its deletion. Returns `false` if another process has a lock on it.
pub(super) fn for_deleting(file: &File) -> bool {
    locked(file.try_lock(), "").is_ok()
}

fn locked(result: Result<(), TryLockError>, text: &str) -> io::Result<()> {
    match result {
        Err(TryLockError::WouldBlock) => Err(io::Error::new(io::ErrorKind::WouldBlock, text)),
        // A file system without locks grants every lock.
        Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_read_or_one_writes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let open = || {
            File::options().create(true).truncate(false).read(true).write(true).open(&path).unwrap()
        };
        let (one, two, three) = (open(), open(), open());
        for_reading(&one).and_then(|()| for_reading(&two)).unwrap();
        assert_eq!(for_writing(&three, &path).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        assert!(!for_deleting(&one));
        drop((one, two));
        for_writing(&three, &path).unwrap();
        assert_eq!(for_reading(&open()).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        assert!(!for_deleting(&open()));
        drop(three);
        assert!(for_deleting(&open()));
        let old = open();
        std::fs::rename(&path, folder.path().join("moved")).unwrap();
        for_writing(&old, &path).unwrap_err();
        drop(open());
        for_writing(&old, &path).unwrap_err();
    }
}
