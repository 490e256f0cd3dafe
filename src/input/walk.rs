//! Walks over trees of files and turns each file, folder and link into an entry.

use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat};

use super::deep;
use super::roots;
use crate::budget::{self, Charge};
use crate::container::index;
use crate::container::{Entry, EntryKind, Metadata, Time};
use crate::error::{Error, Result};
use crate::input::attributes::Xattrs;
use crate::input::shown::{reason, show_path};

/// Largest number of folders that are open at the same time. Folders further up are closed, and
/// opened again when the walk returns to them.
const MAX_OPEN_FOLDERS: usize = 64;
/// Largest length in bytes of a stored path. Readers refuse longer paths unless they are told
/// otherwise.
const MAX_STORED_PATH: usize = 2 << 20;

/// Which metadata to store, and what to leave out.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct WalkOptions {
    /// Set by [`owner`](Self::owner()).
    pub owner: bool,
    /// Set by [`xattrs`](Self::xattrs()).
    pub xattrs: Xattrs,
    /// Set by [`exclude`](Self::exclude()).
    pub exclude: Option<(u64, u64)>,
}

impl WalkOptions {
    /// The default: see each option.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Store user and group numbers. `false` by default.
    #[must_use]
    pub fn owner(mut self, owner: bool) -> Self {
        self.owner = owner;
        self
    }

    /// Which extended attributes to store. None by default.
    #[must_use]
    pub fn xattrs(mut self, xattrs: Xattrs) -> Self {
        self.xattrs = xattrs;
        self
    }

    /// Device and inode of a file to leave out: the archive that is written.
    #[must_use]
    pub fn exclude(mut self, exclude: impl Into<Option<(u64, u64)>>) -> Self {
        self.exclude = exclude.into();
        self
    }
}

/// A file, folder or link on the disk, and its entry.
#[derive(Debug, Clone)]
pub struct Found {
    /// The path on the disk.
    pub source: PathBuf,
    /// The entry, without hash and extents. Each name of a file with several names is an entry of a
    /// file here.
    pub entry: Entry,
    /// Device and inode.
    pub id: (u64, u64),
    /// Does the file have other names?
    pub has_more_names: bool,
}

/// The results of a walk.
#[derive(Debug, Default)]
pub struct Walk {
    /// Entries in the order of the roots; within a folder in the order of the names.
    pub found: Vec<Found>,
    /// One line for each file that was left out.
    pub warnings: Vec<String>,
    /// The memory of these lists, charged to the budget of the job until the index is made.
    pub charge: Charge,
}

impl Walk {
    /// Adds `found` to the list.
    ///
    /// # Errors
    /// [`Error::Limit`] if memory is short.
    fn add(&mut self, found: Found) -> Result<()> {
        // A reader is charged as much for an entry in its index; that covers all lists that the
        // entry passes through here.
        let source = 2 * found.source.as_os_str().len() as u64 + 32;
        self.charge.add(index::memory_of(&found.entry) + source, CHARGED_FOR)?;
        self.found.push(found);
        Ok(())
    }

    fn warn(&mut self, warning: String) -> Result<()> {
        self.charge.add(2 * warning.len() as u64 + 64, CHARGED_FOR)?;
        self.warnings.push(warning);
        Ok(())
    }
}

/// The noun for the error message about memory.
const CHARGED_FOR: &str = "the list of files";

/// Walks over `roots` and everything below them. Symbolic links are stored and not followed, except
/// for links on the way to a root.
///
/// # Errors
/// A root does not exist or cannot be read, two different files would be stored under one path, or
/// memory is short.
pub fn walk(roots: &[PathBuf], options: WalkOptions) -> Result<Walk> {
    let charge = budget::charge(0, CHARGED_FOR)?;
    let mut walker = Walker { options, walk: Walk { charge, ..Walk::default() } };
    let mut trees = Vec::new();
    for root in roots {
        let begin = walker.walk.found.len();
        walker.root(root)?;
        trees.push((stored_path(root), begin..walker.walk.found.len()));
    }
    roots::follow_links(&mut walker.walk.found, trees)?;
    walker.walk.found = roots::without_doubles(walker.walk.found)?;
    Ok(walker.walk)
}

fn left_out(path: &Path, why: &str) -> String {
    format!("left out: {}: {why}", show_path(path))
}

/// A folder on the way from the root to the current folder.
struct Folder {
    source: PathBuf,
    stored: Vec<u8>,
    /// Names that are still to be visited, the next one last.
    left: Vec<Vec<u8>>,
    /// The memory of `left`.
    _charge: Charge,
    open: Option<OwnedFd>,
}

impl Folder {
    /// Reads the names in the folder `name`, which is in the open folder `above`.
    fn read(
        above: BorrowedFd<'_>,
        name: &[u8],
        source: PathBuf,
        stored: Vec<u8>,
    ) -> Result<Folder> {
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::RDONLY | OFlags::CLOEXEC;
        let open = rustix::fs::openat(above, OsStr::from_bytes(name), flags, Mode::empty())
            .map_err(io::Error::from)?;
        let (mut left, mut charge) = (Vec::new(), budget::charge(0, CHARGED_FOR)?);
        for item in Dir::read_from(&open).map_err(io::Error::from)? {
            let name = item.map_err(io::Error::from)?.file_name().to_bytes().to_vec();
            if name != b"." && name != b".." {
                // A growing list may have room for twice as many elements.
                charge
                    .add(2 * size_of::<Vec<u8>>() as u64 + name.len() as u64 + 32, CHARGED_FOR)?;
                left.push(name);
            }
        }
        left.sort_unstable_by(|one, other| other.cmp(one));
        Ok(Folder { source, stored, left, _charge: charge, open: Some(open) })
    }

    fn opened(&mut self) -> io::Result<&OwnedFd> {
        match &mut self.open {
            Some(open) => Ok(open),
            closed => Ok(closed.insert(deep::open_with(
                self.source.as_os_str().as_bytes(),
                OFlags::DIRECTORY | OFlags::RDONLY,
            )?)),
        }
    }
}

struct Walker {
    options: WalkOptions,
    walk: Walk,
}

impl Walker {
    fn root(&mut self, root: &Path) -> Result<()> {
        let named = |error: io::Error| {
            Error::Io(io::Error::new(
                error.kind(),
                format!("{}: {}", show_path(root), reason(&error)),
            ))
        };
        let (above, name) = deep::reach(root.as_os_str().as_bytes()).map_err(named)?;
        let above = deep::from(above.as_ref());
        let stat = rustix::fs::statat(above, OsStr::from_bytes(name), AtFlags::SYMLINK_NOFOLLOW)
            .map_err(|error| named(error.into()))?;
        let stored = stored_path(root);
        self.visit(above, name, root, &stored, &stat)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
            return Ok(());
        }
        let mut open =
            vec![Folder::read(above, name, root.to_path_buf(), stored).map_err(|error| {
                if let Error::Io(error) = error { named(error) } else { error }
            })?];
        while let Some(folder) = open.last_mut() {
            let Some(name) = folder.left.pop() else {
                open.pop();
                continue;
            };
            let source = folder.source.join(OsStr::from_bytes(&name));
            match self.step(folder, &name, &source) {
                Ok(Some(next)) => open.push(next),
                Ok(None) => {}
                Err(Error::Io(error)) => self.walk.warn(left_out(&source, &reason(&error)))?,
                Err(error) => return Err(error),
            }
            if let Some(far) = open.len().checked_sub(MAX_OPEN_FOLDERS + 1) {
                open[far].open = None;
            }
        }
        Ok(())
    }

    /// Adds the entry for `name` in `folder`. Returns the new folder if that is a folder.
    fn step(&mut self, folder: &mut Folder, name: &[u8], source: &Path) -> Result<Option<Folder>> {
        let stored = if folder.stored.is_empty() {
            name.to_vec()
        } else {
            [&folder.stored[..], b"/", name].concat()
        };
        if stored.len() > MAX_STORED_PATH {
            return Err(io::Error::other("its path is too long").into());
        }
        let above = folder.opened()?;
        let stat = rustix::fs::statat(above, OsStr::from_bytes(name), AtFlags::SYMLINK_NOFOLLOW)
            .map_err(io::Error::from)?;
        self.visit(deep::from(Some(above)), name, source, &stored, &stat)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
            return Ok(None);
        }
        Folder::read(deep::from(Some(above)), name, source.to_path_buf(), stored).map(Some)
    }

    fn visit(
        &mut self,
        above: BorrowedFd<'_>,
        name: &[u8],
        source: &Path,
        stored: &[u8],
        stat: &Stat,
    ) -> Result<()> {
        let id = (stat.st_dev, stat.st_ino);
        // The roots `.` and `/` get no entry, since they have no name.
        if stored.is_empty() || self.options.exclude == Some(id) {
            return Ok(());
        }
        match self.entry(above, name, source, stored, stat) {
            Ok(Some(entry)) => {
                let has_more_names = entry.kind == EntryKind::File && stat.st_nlink > 1;
                self.walk.add(Found { source: source.to_path_buf(), entry, id, has_more_names })
            }
            Ok(None) => self.walk.warn(left_out(source, "neither file, folder nor link")),
            Err(error) => self.walk.warn(left_out(source, &reason(&error))),
        }
    }

    fn entry(
        &self,
        above: BorrowedFd<'_>,
        name: &[u8],
        source: &Path,
        stored: &[u8],
        stat: &Stat,
    ) -> io::Result<Option<Entry>> {
        let time =
            Time { seconds: stat.st_mtime, nanos: u32::try_from(stat.st_mtime_nsec).unwrap_or(0) };
        let metadata = Metadata { mode: Some(stat.st_mode & 0o7777), mtime: Some(time) };
        let mut entry = Entry { path: stored.to_vec(), metadata, ..Entry::default() };
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => entry.kind = EntryKind::Directory,
            FileType::Symlink => {
                entry.kind = EntryKind::Symlink;
                entry.link = rustix::fs::readlinkat(above, OsStr::from_bytes(name), Vec::new())?
                    .into_bytes();
            }
            FileType::RegularFile => entry.size = u64::try_from(stat.st_size).unwrap_or(0),
            _ => return Ok(None),
        }
        if self.options.owner {
            entry.owner = Some((stat.st_uid, stat.st_gid));
        }
        if self.options.xattrs != Xattrs::None {
            entry.xattrs = if source.as_os_str().len() < 4000 {
                xattrs(source, self.options.xattrs)?
            } else {
                // No system call for attributes takes an open folder and a name. The path in /proc
                // leads through the open folder.
                let path =
                    [format!("/proc/self/fd/{}/", above.as_raw_fd()).as_bytes(), name].concat();
                xattrs(Path::new(&std::ffi::OsString::from_vec(path)), self.options.xattrs)?
            };
        }
        Ok(Some(entry))
    }
}

fn xattrs(source: &Path, wanted: Xattrs) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut all = Vec::new();
    for name in xattr::list(source)?.filter(|name| wanted.take(name.as_bytes())) {
        if let Some(value) = xattr::get(source, &name)? {
            all.push((name.as_bytes().to_vec(), value));
        }
    }
    all.sort();
    Ok(all)
}

/// The path under which `source` is stored. Root, `.`, and everything up to the last `..` are
/// removed, so that the path stays inside of any folder that it is extracted into.
fn stored_path(source: &Path) -> Vec<u8> {
    let mut parts: Vec<&[u8]> = Vec::new();
    for component in source.components() {
        match component {
            Component::Normal(part) => parts.push(part.as_bytes()),
            Component::ParentDir => parts.clear(),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    parts.join(&b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_paths_stay_inside() {
        for (source, stored) in [
            ("a/b", "a/b"),
            ("/etc/x", "etc/x"),
            ("./a/./b", "a/b"),
            ("../../x/y", "x/y"),
            (".", ""),
            ("a/../b", "b"),
        ] {
            assert_eq!(stored_path(Path::new(source)), stored.as_bytes());
        }
    }

    #[test]
    fn finds_every_kind_once() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("d");
        std::fs::create_dir(&root).unwrap();
        std::fs::write(root.join("a"), b"abc").unwrap();
        std::fs::hard_link(root.join("a"), root.join("b")).unwrap();
        std::os::unix::fs::symlink("nowhere", root.join("c")).unwrap();
        std::os::unix::net::UnixListener::bind(root.join("s")).unwrap();
        let walk = walk(&[root.clone(), root.join("a")], WalkOptions::default()).unwrap();
        let kinds: Vec<_> = walk.found.iter().map(|found| found.entry.kind).collect();
        assert_eq!(
            kinds,
            [EntryKind::Directory, EntryKind::File, EntryKind::File, EntryKind::Symlink]
        );
        assert!(walk.found[1].has_more_names && walk.found[1].id == walk.found[2].id);
        assert_eq!(walk.warnings.len(), 1);
        assert!(super::walk(&[root.join("missing")], WalkOptions::default()).is_err());
    }
}
