//! A folder for extraction that no path can leave. Each step down starts from an open folder and
//! does not follow symbolic links.

use std::cell::RefCell;
use std::collections::{HashSet, VecDeque};
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags};

use super::restored::Restored;
use super::temporary::TemporaryFile;
use crate::error::{Error, Result};
use crate::input::shown::show_path;

/// A folder to extract into.
pub struct Tree {
    root: OwnedFd,
    root_path: PathBuf,
    open_path: RefCell<OpenPath>,
    /// Paths of folders created here that only their owner can enter so far.
    made: HashSet<Vec<u8>>,
}

/// The open folders on the way to the folder used last. Entries come folder by folder, so that the
/// next folder is a few steps from there, however deep it is.
#[derive(Default)]
struct OpenPath {
    path: Vec<u8>,
    /// For each open folder: the length of the part of `path` that leads to it, and the folder. The
    /// last one is the folder at `path`.
    open: VecDeque<(usize, OwnedFd)>,
}

/// Largest number of folders that an [`OpenPath`] keeps open.
const MAX_OPEN_FOLDERS: usize = 64;

impl OpenPath {
    /// Opens the folder at `path` below `root`, and returns a duplicate.
    ///
    /// Calls `step` to enter each folder, with the open folder above, the name, and the path below
    /// `root`.
    fn reach(
        &mut self,
        root: &OwnedFd,
        path: &[u8],
        mut step: impl FnMut(&OwnedFd, &[u8], &[u8]) -> rustix::io::Result<OwnedFd>,
    ) -> io::Result<OwnedFd> {
        let shared = self.path.iter().zip(path).take_while(|(one, other)| one == other).count();
        let leads_to = |end: usize| end <= shared && (end == path.len() || path[end] == b'/');
        while self.open.back().is_some_and(|(end, _)| !leads_to(*end)) {
            self.open.pop_back();
        }
        let mut end = self.open.back().map_or(0, |(end, _)| *end);
        self.path.truncate(end);
        for part in path[end..].split(|&byte| byte == b'/').filter(|part| !part.is_empty()) {
            if end > 0 {
                self.path.push(b'/');
            }
            self.path.extend_from_slice(part);
            let next = step(self.open.back().map_or(root, |(_, folder)| folder), part, &self.path)?;
            end = self.path.len();
            self.open.push_back((end, next));
            if self.open.len() > MAX_OPEN_FOLDERS {
                self.open.pop_front();
            }
        }
        self.open.back().map_or(root, |(_, folder)| folder).try_clone()
    }
}

/// A file in a [`Tree`] that has no name yet.
pub struct TreeFile {
    temporary: TemporaryFile,
    name: Vec<u8>,
}

fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|&byte| byte == b'/') {
        Some(slash) => (&path[..slash], &path[slash + 1..]),
        None => (b"", path),
    }
}

fn os(name: &[u8]) -> &OsStr {
    OsStr::from_bytes(name)
}

impl Tree {
    /// Opens the folder at `path`, which is created if it does not exist.
    ///
    /// # Errors
    /// The folder cannot be created or opened.
    pub fn open(path: &Path) -> Result<Self> {
        let made = std::fs::create_dir_all(path);
        made.map_err(|error| {
            std::io::Error::new(
                error.kind(),
                format!("the folder to extract into, {}: {error}", show_path(path)),
            )
        })?;
        let root = rustix::fs::openat(
            CWD,
            path,
            OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::RDONLY,
            Mode::empty(),
        )
        .map_err(io_error)?;
        Ok(Tree {
            root,
            root_path: path.to_path_buf(),
            open_path: RefCell::default(),
            made: HashSet::new(),
        })
    }

    /// Opens the folder at `path`. Missing folders are created, also those above.
    fn folder(&mut self, path: &[u8]) -> Result<OwnedFd> {
        let made = &mut self.made;
        let step = |above: &OwnedFd, name: &[u8], path: &[u8]| {
            let (folder, is_new) = step(above, name)?;
            if is_new {
                made.insert(path.to_vec());
            }
            Ok(folder)
        };
        self.open_path
            .borrow_mut()
            .reach(&self.root, path, step)
            .map_err(|error| unsafe_step(path, error))
    }

    /// Creates the folder at `path`, if it does not exist.
    ///
    /// # Errors
    /// Something else has this path or a path above.
    pub fn make_folder(&mut self, path: &[u8]) -> Result<()> {
        self.folder(path).map(drop)
    }

    /// What has the `path`; `None` if nothing has. Symbolic links are not followed.
    ///
    /// # Errors
    /// A part of the path above is a symbolic link, or the system refuses.
    pub fn find(&self, path: &[u8]) -> Result<Option<Existing>> {
        let (above, name) = split(path);
        let folder = match self
            .open_path
            .borrow_mut()
            .reach(&self.root, above, |above, name, _| open_folder(above, name))
        {
            Ok(folder) => folder,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unsafe_step(path, error)),
        };
        match rustix::fs::statat(&folder, os(name), AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(Existing {
                kind: FileType::from_raw_mode(stat.st_mode),
                id: (stat.st_dev, stat.st_ino),
            })),
            Err(rustix::io::Errno::NOENT) => Ok(None),
            Err(error) => Err(io_error(error)),
        }
    }

    /// The shortest part of `path` that leads to something other than a folder, and its type.
    /// `path` itself counts only if `is_folder` says that it should be a folder.
    #[must_use]
    pub fn obstacle(&self, path: &[u8], is_folder: bool) -> Option<(Vec<u8>, FileType)> {
        let folder = if is_folder { path } else { split(path).0 };
        let mut open_path = self.open_path.borrow_mut();
        open_path.reach(&self.root, folder, |above, name, _| open_folder(above, name)).err()?;
        // The open path ends at the step that failed.
        let above = open_path.open.back().map_or(&self.root, |(_, folder)| folder);
        let stat =
            rustix::fs::statat(above, os(split(&open_path.path).1), AtFlags::SYMLINK_NOFOLLOW)
                .ok()?;
        let kind = FileType::from_raw_mode(stat.st_mode);
        (kind != FileType::Directory).then(|| (open_path.path.clone(), kind))
    }

    /// Creates a file that gets the name `path` at its commit.
    ///
    /// # Errors
    /// The system does not allow a new file in the folder.
    pub fn create(&mut self, path: &[u8]) -> Result<TreeFile> {
        let (above, name) = split(path);
        let folder = self.folder(above)?;
        let temporary = TemporaryFile::create(folder, &self.root_path.join(os(above)))?;
        Ok(TreeFile { temporary, name: name.to_vec() })
    }

    /// Creates a symbolic link at `path` with the target `text`. Returns one line for the owner and
    /// for each attribute that the system refused.
    ///
    /// # Errors
    /// The name is taken, or the system refuses.
    pub fn symlink(
        &mut self,
        text: &[u8],
        path: &[u8],
        restored: &Restored<'_>,
    ) -> Result<Vec<String>> {
        let (above, name) = split(path);
        let folder = self.folder(above)?;
        rustix::fs::symlinkat(os(text), &folder, os(name)).map_err(io_error)?;
        restored.apply_to_link(&folder, os(name))
    }

    /// Makes `path` another name of the file at `first`.
    ///
    /// # Errors
    /// No regular file is at `first`, or the name `path` is taken.
    pub fn hard_link(&mut self, first: &[u8], path: &[u8]) -> Result<()> {
        if self.find(first)?.is_none_or(|found| found.kind != FileType::RegularFile) {
            return Err(Error::UnsafePath(format!(
                "a hard link to {}, which is not a file",
                crate::input::shown::show_name(first)
            )));
        }
        let (from_above, from) = split(first);
        let from_folder = self.folder(from_above)?;
        let (above, name) = split(path);
        let folder = self.folder(above)?;
        rustix::fs::linkat(&from_folder, os(from), &folder, os(name), AtFlags::empty())
            .map_err(io_error)
    }

    /// Deletes the file or link at `path`.
    ///
    /// # Errors
    /// A folder has this path, or the system refuses.
    pub fn remove(&mut self, path: &[u8]) -> Result<()> {
        let (above, name) = split(path);
        let folder = self.folder(above)?;
        rustix::fs::unlinkat(&folder, os(name), AtFlags::empty()).map_err(io_error)
    }

    /// Sets the mode of folders that were created on the way to entries. Folders in `with_mode` are
    /// excluded: [`Tree::finish_folder`] sets the modes that their entries have. Before these calls
    /// only the owner can enter a new folder.
    ///
    /// # Errors
    /// The system refuses.
    pub fn open_made_folders<'a>(
        &mut self,
        with_mode: impl Iterator<Item = &'a [u8]>,
    ) -> Result<()> {
        for path in with_mode {
            self.made.remove(path);
        }
        let mut made: Vec<Vec<u8>> = self.made.drain().collect();
        if made.is_empty() {
            return Ok(());
        }
        made.sort_unstable();
        let first = self.folder(&made[0])?;
        let mode = default_mode(&first)?;
        for path in made {
            let folder = self.folder(&path)?;
            rustix::fs::fchmod(&folder, mode).map_err(io_error)?;
        }
        Ok(())
    }

    /// Sets the metadata `restored` of the folder at `path`. Returns one line for the owner and for
    /// each attribute that the system refused.
    ///
    /// # Errors
    /// The system refuses mode or time.
    pub fn finish_folder(&mut self, path: &[u8], restored: &Restored<'_>) -> Result<Vec<String>> {
        let folder = self.folder(path)?;
        restored.apply_to_folder(folder.as_fd())
    }

    /// Waits until all written files are on the disk.
    ///
    /// # Errors
    /// The disk fails.
    pub fn sync(&self) -> Result<()> {
        #[cfg(target_os = "linux")]
        rustix::fs::syncfs(&self.root).map_err(io_error)?;
        Ok(())
    }
}

/// What has a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Existing {
    /// Type: file, folder, symbolic link or another.
    pub kind: FileType,
    /// Device and inode.
    pub id: (u64, u64),
}

impl TreeFile {
    /// Sets the metadata `restored` and gives the file its name. If it `replaces`, an existing file
    /// of that name is replaced. Returns device and inode, and one line for the owner and for each
    /// attribute that the system refused.
    ///
    /// # Errors
    /// The name is taken, or the system refuses. Whatever has the name is unchanged then.
    pub fn commit(
        self,
        restored: &Restored<'_>,
        replaces: bool,
    ) -> Result<((u64, u64), Vec<String>)> {
        let refused = restored.apply_to_file(self.file().as_fd())?;
        let stat = rustix::fs::fstat(self.file()).map_err(io_error)?;
        self.temporary.commit(os(&self.name), replaces)?;
        Ok(((stat.st_dev, stat.st_ino), refused))
    }

    /// The open file.
    #[must_use]
    pub fn file(&self) -> &File {
        &self.temporary.file
    }
}

fn open_folder(above: &OwnedFd, name: &[u8]) -> rustix::io::Result<OwnedFd> {
    rustix::fs::openat(
        above,
        os(name),
        OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::RDONLY | OFlags::CLOEXEC,
        Mode::empty(),
    )
}

/// Opens the folder `name` in `above`; creates it if it does not exist. Returns whether it was
/// created. Only the owner can enter a created folder.
fn step(above: &OwnedFd, name: &[u8]) -> rustix::io::Result<(OwnedFd, bool)> {
    let is_new = match open_folder(above, name) {
        Err(rustix::io::Errno::NOENT) => {
            match rustix::fs::mkdirat(above, os(name), Mode::from_raw_mode(0o700)) {
                Ok(()) => true,
                Err(rustix::io::Errno::EXIST) => false,
                Err(error) => return Err(error),
            }
        }
        result => return result.map(|folder| (folder, false)),
    };
    Ok((open_folder(above, name)?, is_new))
}

/// The mode of a new folder in `above`. Umask and folder decide about it, so that a folder is
/// created and removed to find out.
fn default_mode(above: &OwnedFd) -> Result<Mode> {
    let probe = format!(".cmx-{}.tmp", std::process::id());
    rustix::fs::mkdirat(above, &probe, Mode::from_raw_mode(0o777)).map_err(io_error)?;
    let stat = rustix::fs::statat(above, &probe, AtFlags::SYMLINK_NOFOLLOW);
    rustix::fs::unlinkat(above, &probe, AtFlags::REMOVEDIR).map_err(io_error)?;
    Ok(Mode::from_raw_mode(stat.map_err(io_error)?.st_mode & 0o7777))
}

fn unsafe_step(path: &[u8], error: io::Error) -> Error {
    match error.raw_os_error().map(rustix::io::Errno::from_raw_os_error) {
        Some(rustix::io::Errno::LOOP | rustix::io::Errno::NOTDIR) => Error::UnsafePath(format!(
            "{} leads through something that is not a folder",
            crate::input::shown::show_name(path)
        )),
        _ => Error::Io(error),
    }
}

fn io_error(error: rustix::io::Errno) -> Error {
    Error::Io(error.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_steps_through_a_link() {
        let outside = tempfile::tempdir().unwrap();
        let inside = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(outside.path(), inside.path().join("link")).unwrap();
        let mut tree = Tree::open(inside.path()).unwrap();
        assert!(matches!(tree.create(b"link/x"), Err(Error::UnsafePath(_))));
        assert!(matches!(tree.make_folder(b"link"), Err(Error::UnsafePath(_))));
        assert!(matches!(tree.find(b"link/x"), Err(Error::UnsafePath(_))));
        tree.create(b"a/b/x").unwrap().commit(&Restored::default(), false).unwrap();
        drop(tree.create(b"a/b/y").unwrap());
        let names: Vec<_> = std::fs::read_dir(inside.path().join("a/b"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(names, ["x"]);
        assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
    }
}
