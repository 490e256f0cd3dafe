//! Paths of entries: which are safe to extract.

use std::collections::HashSet;

use crate::container::{Entry, EntryKind};
use crate::error::{Error, Result};
pub use crate::input::shown::show_name;

/// Checks that a path stays inside the folder it is extracted into.
///
/// # Errors
/// It is absolute, empty, or has a part that is empty, `.`, `..` or too long for file systems.
pub fn check_path(path: &[u8]) -> Result<()> {
    let bad = |what: &str| Err(Error::UnsafePath(format!("{:?} {what}", show_name(path))));
    if path.is_empty() {
        return bad("is empty");
    }
    if path[0] == b'/' {
        return bad("is absolute");
    }
    for part in path.split(|&byte| byte == b'/') {
        match part {
            b"" | b"." => return bad("has an empty part"),
            b".." => return bad("leads out of its folder"),
            _ if part.contains(&0) => return bad("holds a NUL"),
            _ if part.len() > 255 => return bad("has a part longer than 255 bytes"),
            _ => {}
        }
    }
    Ok(())
}

/// Checks the paths of all entries that are to be extracted, also against each other.
///
/// # Errors
/// One is unsafe, stands twice, or lies under another that is no folder.
pub fn check_paths<'a>(entries: impl Iterator<Item = &'a Entry> + Clone) -> Result<()> {
    let mut leaves: HashSet<&[u8]> = HashSet::new();
    let mut seen: HashSet<&[u8]> = HashSet::new();
    for entry in entries.clone() {
        check_path(&entry.path)?;
        if entry.kind == EntryKind::Hardlink {
            check_path(&entry.link)?;
        }
        if !seen.insert(&entry.path) {
            return Err(Error::UnsafePath(format!("{:?} stands twice in the archive", show_name(&entry.path))));
        }
        if entry.kind != EntryKind::Directory {
            leaves.insert(&entry.path);
        }
    }
    for entry in entries {
        for slash in (0..entry.path.len()).filter(|&place| entry.path[place] == b'/') {
            if leaves.contains(&entry.path[..slash]) {
                return Err(Error::UnsafePath(format!("{:?} lies under an entry that is no folder", show_name(&entry.path))));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsafe_paths() {
        for good in [&b"a"[..], b"a/b", b"...", b"a..b", b"\xff"] {
            check_path(good).unwrap();
        }
        for bad in [&b""[..], b"/", b"/a", b"..", b"../a", b"a/..", b"a/../b", b"a//b", b"a/", b".", b"./a", b"a\0b", &[b'a'; 256]] {
            check_path(bad).unwrap_err();
        }
    }

    #[test]
    fn paths_against_each_other() {
        let entry = |path: &str, kind| Entry { path: path.into(), kind, link: b"x".to_vec(), ..Entry::default() };
        let check = |entries: &[Entry]| check_paths(entries.iter());
        check(&[entry("a", EntryKind::Directory), entry("a/b", EntryKind::File)]).unwrap();
        for kind in [EntryKind::File, EntryKind::Symlink, EntryKind::Hardlink] {
            check(&[entry("a", kind), entry("a/b/c", EntryKind::File)]).unwrap_err();
        }
        check(&[entry("a", EntryKind::File), entry("a", EntryKind::Symlink)]).unwrap_err();
    }
}
