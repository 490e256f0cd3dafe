//! Checks of the paths of entries, before extraction and before creation.

use super::current::{compare, is_below};
use crate::container::{Entry, EntryKind};
use crate::error::{Error, Result};
pub use crate::input::shown::show_name;

/// Checks that a path stays inside the folder that it is extracted into.
///
/// # Errors
/// The path is absolute or empty, holds a NUL, or has a part that is empty, `.`, `..` or longer
/// than 255 bytes.
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

/// Checks the paths of all entries that are to be extracted, also against each other. Creation
/// checks the paths of its entries in the same way.
///
/// # Errors
/// A path is unsafe, two entries have the same path, an entry lies below a file or link, or a hard
/// link leads to no file.
pub fn check_paths<'a>(entries: impl Iterator<Item = &'a Entry> + Clone) -> Result<()> {
    let bad =
        |path: &[u8], what: &str| Err(Error::UnsafePath(format!("{:?} {what}", show_name(path))));
    let mut sorted: Vec<&Entry> = Vec::new();
    let mut links: Vec<&Entry> = Vec::new();
    for entry in entries {
        check_path(&entry.path)?;
        if entry.kind == EntryKind::Hardlink {
            check_path(&entry.link)?;
            links.push(entry);
        }
        sorted.push(entry);
    }
    sorted.sort_by(|one, other| compare(&one.path, &other.path));
    for pair in sorted.windows(2) {
        if pair[0].path == pair[1].path {
            return bad(&pair[1].path, "occurs twice in the archive");
        }
        // In this order, everything below a path directly follows the path.
        if pair[0].kind != EntryKind::Directory && is_below(&pair[1].path, &pair[0].path) {
            return bad(&pair[1].path, "is below an entry that is not a folder");
        }
    }
    for link in links {
        let first = sorted
            .binary_search_by(|entry| compare(&entry.path, &link.link))
            .ok()
            .map(|index| sorted[index]);
        if first.is_none_or(|first| first.kind != EntryKind::File) {
            let (path, to) = (show_name(&link.path), show_name(&link.link));
            return Err(Error::Corrupt(format!(
                "{path:?} is a hard link to {to:?}, which is not a file of the archive"
            )));
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
        for bad in [
            &b""[..],
            b"/",
            b"/a",
            b"..",
            b"../a",
            b"a/..",
            b"a/../b",
            b"a//b",
            b"a/",
            b".",
            b"./a",
            b"a\0b",
            &[b'a'; 256],
        ] {
            check_path(bad).unwrap_err();
        }
    }

    #[test]
    fn paths_against_each_other() {
        let entry = |path: &str, kind| Entry {
            path: path.into(),
            kind,
            link: b"x".to_vec(),
            ..Entry::default()
        };
        let check = |entries: &[Entry]| check_paths(entries.iter());
        check(&[entry("a", EntryKind::Directory), entry("a/b", EntryKind::File)]).unwrap();
        for kind in [EntryKind::File, EntryKind::Symlink, EntryKind::Hardlink] {
            check(&[entry("a", kind), entry("a/b/c", EntryKind::File)]).unwrap_err();
        }
        check(&[entry("a", EntryKind::File), entry("a", EntryKind::Symlink)]).unwrap_err();
        check(&[
            entry("a", EntryKind::File),
            entry("a-", EntryKind::File),
            entry("a/b", EntryKind::File),
        ])
        .unwrap_err();
        check(&[entry("h", EntryKind::Hardlink), entry("x", EntryKind::File)]).unwrap();
        check(&[entry("h", EntryKind::Hardlink), entry("x", EntryKind::Symlink)]).unwrap_err();
        check(&[entry("h", EntryKind::Hardlink)]).unwrap_err();
    }
}
