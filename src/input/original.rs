//! Detects whether a file has changed since it was opened.

use std::fmt;
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::lock;

/// A change of a file since it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The file is longer.
    Grew,
    /// The file is shorter.
    Shrank,
    /// The file was written to and has the same length.
    Rewritten,
    /// Owner, mode, attributes or names of the file changed, but its content did not.
    Relabelled,
    /// Another file, or a symbolic link, has the path.
    Replaced,
    /// Nothing has the path.
    Vanished,
    /// Another process has a lock on the file.
    Locked,
}

impl fmt::Display for Change {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Change::Grew => "grew",
            Change::Shrank => "shrank",
            Change::Rewritten => "was written to",
            Change::Relabelled => "got another owner, mode or name",
            Change::Replaced => "was replaced",
            Change::Vanished => "was deleted",
            Change::Locked => "was locked by another process",
        })
    }
}

/// What the system says about a file at one moment. Two equal snapshots mean the same file with the
/// same content, if the clock of the file system is fine enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Snapshot {
    device: u64,
    inode: u64,
    length: u64,
    /// Time of the last write to the content: seconds, nanoseconds.
    modified: (i64, i64),
    /// Time of the last change of content or metadata: seconds, nanoseconds. No program can set
    /// this time.
    changed: (i64, i64),
}

impl Snapshot {
    /// The snapshot that `found` describes.
    #[must_use]
    pub fn of(found: &Metadata) -> Self {
        Snapshot {
            device: found.dev(),
            inode: found.ino(),
            length: found.len(),
            modified: (found.mtime(), found.mtime_nsec()),
            changed: (found.ctime(), found.ctime_nsec()),
        }
    }

    /// The change between this snapshot and the later snapshot `now`.
    #[must_use]
    pub fn change(&self, now: &Snapshot) -> Option<Change> {
        if (self.device, self.inode) != (now.device, now.inode) {
            Some(Change::Replaced)
        } else if self.length != now.length {
            Some(if now.length > self.length { Change::Grew } else { Change::Shrank })
        } else if self.modified != now.modified {
            Some(Change::Rewritten)
        } else if self.changed != now.changed {
            Some(Change::Relabelled)
        } else {
            None
        }
    }
}

/// A regular file, with a snapshot of the moment at which it was opened.
#[derive(Debug)]
pub struct Original {
    path: PathBuf,
    file: File,
    before: Snapshot,
}

impl Original {
    /// The open `file`, which was found at `path`. `None` if it is no regular file.
    ///
    /// # Errors
    /// The system gives no information about the file.
    pub fn of(path: &Path, file: &File) -> io::Result<Option<Self>> {
        let found = file.metadata()?;
        if !found.is_file() {
            return Ok(None);
        }
        Ok(Some(Original {
            path: path.to_path_buf(),
            file: file.try_clone()?,
            before: Snapshot::of(&found),
        }))
    }

    /// The change of the content since the file was opened. Another file at the path counts as a
    /// change; no file at the path does not.
    ///
    /// # Errors
    /// The system gives no information about the file.
    pub fn change(&self) -> io::Result<Option<Change>> {
        let open = self.before.change(&Snapshot::of(&self.file.metadata()?));
        if let Some(change) = open.filter(|&change| change != Change::Relabelled) {
            return Ok(Some(change));
        }
        let under_path = std::fs::metadata(&self.path)
            .ok()
            .and_then(|found| self.before.change(&Snapshot::of(&found)));
        Ok(under_path.filter(|&change| change == Change::Replaced))
    }

    /// Deletes the file, unless anything about it changed since it was opened, or something else
    /// has its path. In that case the file stays and the change is returned. A path that is a
    /// symbolic link counts as replaced.
    ///
    /// # Errors
    /// The system gives no information about the file, or refuses to delete it.
    pub fn remove(&self) -> io::Result<Option<Change>> {
        // A process that holds a lock reads or writes the file. The lock taken here lasts until the
        // file is deleted.
        let locked = (!lock::for_deleting(&self.file)).then_some(Change::Locked);
        let open = self.before.change(&Snapshot::of(&self.file.metadata()?)).or(locked);
        let under_path = || match std::fs::symlink_metadata(&self.path) {
            Ok(found) => Ok(self.before.change(&Snapshot::of(&found))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Some(Change::Vanished)),
            Err(error) => Err(error),
        };
        let change = open.map_or_else(under_path, |change| Ok(Some(change)))?;
        if change.is_none() {
            std::fs::remove_file(&self.path)?;
        }
        Ok(change)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    /// A change of the file at a path.
    type Act = fn(&Path);

    #[test]
    fn only_an_unchanged_file_is_deleted() {
        let acts: [(Act, Option<Change>); 8] = [
            (|_| (), None),
            (
                |path| {
                    fs::File::options().append(true).open(path).unwrap().write_all(b"more").unwrap()
                },
                Some(Change::Grew),
            ),
            (
                |path| fs::File::options().write(true).open(path).unwrap().set_len(1).unwrap(),
                Some(Change::Shrank),
            ),
            (|path| fs::write(path, b"CONTENT").unwrap(), Some(Change::Rewritten)),
            (
                |path| fs::set_permissions(path, fs::Permissions::from_mode(0o640)).unwrap(),
                Some(Change::Relabelled),
            ),
            (
                |path| fs::rename(path, path.with_extension("old")).unwrap(),
                Some(Change::Relabelled),
            ),
            (|path| fs::remove_file(path).unwrap(), Some(Change::Relabelled)),
            (
                |path| {
                    fs::write(path.with_extension("new"), b"content").unwrap();
                    fs::hard_link(path, path.with_extension("kept")).unwrap();
                    fs::rename(path.with_extension("new"), path).unwrap();
                },
                Some(Change::Relabelled),
            ),
        ];
        for (number, (act, expected)) in acts.into_iter().enumerate() {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("x");
            fs::write(&path, b"content").unwrap();
            let original = Original::of(&path, &File::open(&path).unwrap()).unwrap().unwrap();
            // The clocks of some file systems tick every few milliseconds.
            std::thread::sleep(std::time::Duration::from_millis(20));
            act(&path);
            let was_there = path.exists();
            assert_eq!(original.remove().unwrap(), expected, "act {number}");
            assert_eq!(path.exists(), was_there && expected.is_some(), "act {number}");
        }
    }

    #[test]
    fn a_link_is_never_taken_for_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("x"), folder.path().join("link"));
        fs::write(&path, b"content").unwrap();
        symlink("x", &link).unwrap();
        let original = Original::of(&link, &File::open(&link).unwrap()).unwrap().unwrap();
        assert_eq!(
            (original.change().unwrap(), original.remove().unwrap()),
            (None, Some(Change::Replaced))
        );
        assert!(path.exists() && link.is_symlink());
    }
}
