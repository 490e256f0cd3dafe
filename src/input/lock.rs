//! Who reads or writes an archive, so that two processes do not get in each other's way.
//!
//! Locks are advice: they hold among cmx processes, on file systems that have them.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

use super::original::{Change, Snapshot};

/// Locks `file` for one who reads all of it and must not see it change. The lock ends when the file
/// is closed.
///
/// # Errors
/// Another process is writing to it.
pub fn for_reading(file: &File) -> io::Result<()> {
    locked(file.try_lock_shared(), "another process is writing to this archive; try again later")
}

/// Locks `file`, which was opened under `path`, for one who writes to it. The lock ends when the
/// file is closed.
///
/// # Errors
/// Another process has a lock on it, or has put another file under the path since this one was
/// opened.
pub fn for_writing(file: &File, path: &Path) -> io::Result<()> {
    locked(
        file.try_lock(),
        "another process is writing to this archive, or repairs it; try again later",
    )?;
    check_path(file, path)
}

/// Checks that `path` leads to `file`, which was opened under it.
///
/// # Errors
/// It does not.
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

/// Locks `file` for one who deletes it; says whether nobody else has a lock on it.
pub(super) fn for_deleting(file: &File) -> bool {
    locked(file.try_lock(), "").is_ok()
}

fn locked(result: Result<(), TryLockError>, text: &str) -> io::Result<()> {
    match result {
        Err(TryLockError::WouldBlock) => Err(io::Error::new(io::ErrorKind::WouldBlock, text)),
        // A file system without locks.
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
