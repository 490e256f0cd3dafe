//! A file that has no name until it is finished. On file systems without such files it has a
//! temporary name.
//!
//! Nothing remains of an unfinished file without a name, even if the process is killed or the
//! machine stops.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{AtFlags, CWD, Mode, OFlags};

use super::unfinished::ListedFile;

/// Only the owner may read an unfinished file.
const PRIVATE: Mode = Mode::from_raw_mode(0o600);

/// A new file in an open folder. If the value is dropped before [`TemporaryFile::commit`], the file
/// is deleted.
pub(super) struct TemporaryFile {
    /// The open file.
    pub file: File,
    folder: OwnedFd,
    /// Path of the folder, needed to delete the file after a signal.
    folder_path: PathBuf,
    /// The temporary name, as long as the file has one.
    name: Option<(String, ListedFile)>,
}

impl TemporaryFile {
    /// A new file in the open `folder`, whose path is `folder_path`.
    ///
    /// # Errors
    /// The system does not allow a new file in the folder.
    pub fn create(folder: OwnedFd, folder_path: &Path) -> io::Result<Self> {
        let folder_path = folder_path.to_path_buf();
        match Self::unnamed(&folder) {
            Some(file) => Ok(TemporaryFile { file, folder, folder_path, name: None }),
            None => Self::named(folder, folder_path),
        }
    }

    /// A file without a name. `None` if the file system has no such files, or cannot give them a
    /// name later.
    fn unnamed(folder: &OwnedFd) -> Option<File> {
        #[cfg(target_os = "linux")]
        {
            let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
            let file: File = rustix::fs::openat(folder, ".", flags, PRIVATE).ok()?.into();
            let (own, found) = (file.metadata().ok()?, std::fs::metadata(number_path(&file)).ok()?);
            ((own.dev(), own.ino()) == (found.dev(), found.ino())).then_some(file)
        }
        #[cfg(not(target_os = "linux"))]
        {
            let _ = folder;
            None
        }
    }

    fn named(folder: OwnedFd, folder_path: PathBuf) -> io::Result<Self> {
        let flags =
            OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let (file, name) = with_new_name(|name| rustix::fs::openat(&folder, name, flags, PRIVATE))?;
        let listed = ListedFile::new(&folder_path.join(&name));
        Ok(TemporaryFile { file: file.into(), folder, folder_path, name: Some((name, listed)) })
    }

    /// Gives the file its `name`. If it `replaces`, an existing file of that name is replaced.
    ///
    /// # Errors
    /// A folder has the name, anything has it and the file does not replace, or the system refuses.
    /// Whatever has the name is unchanged then.
    pub fn commit(mut self, name: &OsStr, replaces: bool) -> io::Result<()> {
        if self.name.is_none() {
            let path = number_path(&self.file);
            let link = |new: &OsStr| {
                rustix::fs::linkat(CWD, &path, &self.folder, new, AtFlags::SYMLINK_FOLLOW)
            };
            match link(name) {
                // A new link cannot replace an existing name, but a rename can. The rename needs a
                // temporary name as its source.
                Err(rustix::io::Errno::EXIST) if replaces => {
                    let ((), new) = with_new_name(|new| link(OsStr::new(new)))?;
                    let listed = ListedFile::new(&self.folder_path.join(&new));
                    self.name = Some((new, listed));
                }
                linked => return Ok(linked?),
            }
        }
        let Some((temporary, _)) = &self.name else { return Ok(()) };
        if replaces {
            rustix::fs::renameat(&self.folder, temporary, &self.folder, name)?;
        } else {
            rename_to_new(&self.folder, temporary, name)?;
        }
        self.name = None;
        Ok(())
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        if let Some((name, _)) = &self.name {
            let _ = rustix::fs::unlinkat(&self.folder, name, AtFlags::empty());
        }
    }
}

/// Renames `from` to `to`, a name that nothing may have.
fn rename_to_new(folder: &OwnedFd, from: &str, to: &OsStr) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    match rustix::fs::renameat_with(folder, from, folder, to, rustix::fs::RenameFlags::NOREPLACE) {
        // The file system or the kernel does not support this flag.
        Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {}
        renamed => return Ok(renamed?),
    }
    match rustix::fs::linkat(folder, from, folder, to, AtFlags::empty()) {
        Ok(()) => Ok(rustix::fs::unlinkat(folder, from, AtFlags::empty())?),
        Err(rustix::io::Errno::EXIST) => Err(rustix::io::Errno::EXIST.into()),
        // A file system without hard links: between this check and the rename, another process may
        // still take the name.
        Err(_) if rustix::fs::statat(folder, to, AtFlags::SYMLINK_NOFOLLOW).is_ok() => {
            Err(rustix::io::Errno::EXIST.into())
        }
        Err(_) => Ok(rustix::fs::renameat(folder, from, folder, to)?),
    }
}

/// The path in /proc of an open file.
fn number_path(file: &File) -> String {
    format!("/proc/self/fd/{}", file.as_fd().as_raw_fd())
}

/// Calls `make` with new names that begin with `.cmx-`, until a name is free.
fn with_new_name<T>(
    mut make: impl FnMut(&str) -> rustix::io::Result<T>,
) -> io::Result<(T, String)> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    loop {
        let name =
            format!(".cmx-{}-{}.tmp", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        match make(&name) {
            Err(rustix::io::Errno::EXIST) => {}
            made => return Ok((made?, name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use super::*;

    fn opened(folder: &Path) -> OwnedFd {
        File::open(folder).unwrap().into()
    }

    fn names(folder: &Path) -> Vec<String> {
        fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[test]
    fn both_ways_give_the_name_at_the_end_and_leave_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        // The third file replaces an existing name, and had no name of its own before.
        for number in 0..3 {
            let is_named = number == 1;
            let made = if is_named {
                TemporaryFile::named(opened(path), path.into())
            } else {
                TemporaryFile::create(opened(path), path)
            };
            let mut file = made.unwrap();
            file.file.write_all(&[number]).unwrap();
            assert_eq!(file.file.metadata().unwrap().mode() & 0o777, 0o600);
            if number > 0 {
                // An existing file is replaced only on request.
                let other = if is_named {
                    TemporaryFile::named(opened(path), path.into())
                } else {
                    TemporaryFile::create(opened(path), path)
                };
                let error = other.unwrap().commit(OsStr::new("x"), false).unwrap_err();
                assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
            }
            file.commit(OsStr::new("x"), number > 0).unwrap();
            assert_eq!(
                (names(path), fs::read(path.join("x")).unwrap()),
                (vec!["x".to_string()], vec![number])
            );
        }
        drop(TemporaryFile::create(opened(path), path).unwrap());
        drop(TemporaryFile::named(opened(path), path.into()).unwrap());
        fs::create_dir(path.join("d")).unwrap();
        TemporaryFile::create(opened(path), path)
            .unwrap()
            .commit(OsStr::new("d"), true)
            .unwrap_err();
        assert_eq!(names(path).len(), 2);
    }

    /// If the file system has files without names, the folder stays empty until the commit.
    #[test]
    #[cfg(target_os = "linux")]
    fn an_unfinished_file_has_no_name() {
        let folder = tempfile::tempdir().unwrap();
        let file = TemporaryFile::create(opened(folder.path()), folder.path()).unwrap();
        assert!(file.name.is_some() || names(folder.path()).is_empty());
    }
}
