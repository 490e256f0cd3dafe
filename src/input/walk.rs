//! What lies under the paths a user names: files, folders and links, as entries to be stored.

use std::collections::{HashMap, HashSet};
use std::fs::Metadata as FileMetadata;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use walkdir::WalkDir;

use crate::container::{Entry, EntryKind, Metadata};
use crate::error::{Error, Result};
use crate::input::attributes::Xattrs;
use crate::input::shown::{reason, show_path};

/// What to note of each thing that is found.
#[derive(Debug, Clone, Copy, Default)]
pub struct WalkOptions {
    /// User and group numbers.
    pub owner: bool,
    /// Extended attributes.
    pub xattrs: Xattrs,
    /// Device and inode of a file to leave out: the archive itself.
    pub exclude: Option<(u64, u64)>,
}

/// Something found on the disk, and the entry it will be.
#[derive(Debug, Clone)]
pub struct Found {
    /// Where it is.
    pub source: PathBuf,
    /// What is known of it. Hash and content are not yet.
    pub entry: Entry,
}

/// Everything found, and what had to be left out.
#[derive(Debug, Default)]
pub struct Walk {
    /// In the order of the roots, each folder sorted by name.
    pub found: Vec<Found>,
    /// One line per thing that was left out.
    pub warnings: Vec<String>,
}

/// Walks over `roots` and everything under them. Links are not followed.
///
/// # Errors
/// A root does not exist or cannot be read.
pub fn walk(roots: &[PathBuf], options: WalkOptions) -> Result<Walk> {
    let mut state = Walker { options, walk: Walk::default(), first_names: HashMap::new(), paths: HashSet::new() };
    for root in roots {
        for item in WalkDir::new(root).sort_by_file_name() {
            match item {
                Ok(item) => state.visit(root, item.path())?,
                Err(error) if error.depth() == 0 => return Err(named(root, &system_error(error))),
                Err(error) => {
                    let path = error.path().map(Path::to_path_buf).unwrap_or_default();
                    state.walk.warnings.push(left_out(&path, &reason(&system_error(error))));
                }
            }
        }
    }
    Ok(state.walk)
}

/// An error of the system with the path it is about.
fn named(path: &Path, error: &std::io::Error) -> Error {
    Error::Io(std::io::Error::new(error.kind(), format!("{}: {}", show_path(path), reason(error))))
}

/// What the system said, without what the walk adds.
fn system_error(error: walkdir::Error) -> std::io::Error {
    error.into_io_error().unwrap_or_else(|| std::io::Error::other("a loop of links"))
}

fn left_out(path: &Path, why: &str) -> String {
    format!("left out: {}: {why}", show_path(path))
}

struct Walker {
    options: WalkOptions,
    walk: Walk,
    /// First stored path of every file with several names.
    first_names: HashMap<(u64, u64), Vec<u8>>,
    paths: HashSet<Vec<u8>>,
}

impl Walker {
    fn visit(&mut self, root: &Path, source: &Path) -> Result<()> {
        let found = match std::fs::symlink_metadata(source) {
            Ok(found) => found,
            Err(error) if source == root => return Err(named(root, &error)),
            Err(error) => {
                self.walk.warnings.push(left_out(source, &reason(&error)));
                return Ok(());
            }
        };
        let path = stored_path(source);
        // `.` and `/` have no name of their own.
        if path.is_empty() || self.options.exclude == Some((found.dev(), found.ino())) || !self.paths.insert(path.clone()) {
            return Ok(());
        }
        match self.entry(source, &found, path) {
            Ok(Some(entry)) => self.walk.found.push(Found { source: source.to_path_buf(), entry }),
            Ok(None) => self.walk.warnings.push(left_out(source, "neither file, folder nor link")),
            Err(error) => self.walk.warnings.push(left_out(source, &reason(&error))),
        }
        Ok(())
    }

    fn entry(&mut self, source: &Path, found: &FileMetadata, path: Vec<u8>) -> std::io::Result<Option<Entry>> {
        let mut entry = Entry { path, metadata: Metadata::of(found), ..Entry::default() };
        if found.is_dir() {
            entry.kind = EntryKind::Directory;
        } else if found.is_symlink() {
            entry.kind = EntryKind::Symlink;
            entry.link = std::fs::read_link(source)?.as_os_str().as_bytes().to_vec();
        } else if !found.is_file() {
            return Ok(None);
        } else if let Some(first) = self.first_name(found, &entry.path) {
            entry.kind = EntryKind::Hardlink;
            entry.link = first;
        } else {
            entry.size = found.len();
        }
        if self.options.owner {
            entry.owner = Some((found.uid(), found.gid()));
        }
        if self.options.xattrs != Xattrs::None && entry.kind != EntryKind::Hardlink {
            entry.xattrs = xattrs(source, self.options.xattrs)?;
        }
        Ok(Some(entry))
    }

    /// The stored path under which this file was met before, if it has several names.
    fn first_name(&mut self, found: &FileMetadata, path: &[u8]) -> Option<Vec<u8>> {
        if found.nlink() < 2 {
            return None;
        }
        let key = (found.dev(), found.ino());
        let first = self.first_names.get(&key).cloned();
        if first.is_none() {
            self.first_names.insert(key, path.to_vec());
        }
        first
    }
}

fn xattrs(source: &Path, wanted: Xattrs) -> std::io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
    let mut all = Vec::new();
    for name in xattr::list(source)?.filter(|name| wanted.take(name.as_bytes())) {
        if let Some(value) = xattr::get(source, &name)? {
            all.push((name.as_bytes().to_vec(), value));
        }
    }
    all.sort();
    Ok(all)
}

/// The path under which `source` is stored: its parts, without root and `.`, and from behind the last
/// `..` on, so that it stays inside wherever it is extracted.
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
        for (source, stored) in [("a/b", "a/b"), ("/etc/x", "etc/x"), ("./a/./b", "a/b"), ("../../x/y", "x/y"), (".", ""), ("a/../b", "b")]
        {
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
        assert_eq!(kinds, [EntryKind::Directory, EntryKind::File, EntryKind::Hardlink, EntryKind::Symlink]);
        assert!(walk.found[2].entry.link.ends_with(b"/d/a"));
        assert_eq!(walk.warnings.len(), 1);
        assert!(super::walk(&[root.join("missing")], WalkOptions::default()).is_err());
    }
}
