//! Selection of entries by exact paths, folders and globs.

use std::collections::{HashMap, HashSet};

use globset::{GlobBuilder, GlobMatcher};

use crate::container::{Entry, EntryKind};
use crate::error::{Error, Result};

/// A list of patterns. An empty list, which is the default, selects everything.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    patterns: Vec<Pattern>,
}

#[derive(Debug, Clone)]
struct Pattern {
    text: Vec<u8>,
    glob: Option<GlobMatcher>,
}

impl Selection {
    /// Compiles `patterns`. A pattern selects the entry with that path, and everything below it; or
    /// it is a glob. `*` and `?` do not match a `/`, `**` does.
    ///
    /// # Errors
    /// A glob is malformed.
    pub fn new(patterns: &[Vec<u8>]) -> Result<Self> {
        let compile = |text: &Vec<u8>| {
            let inner = text.strip_prefix(b"./").unwrap_or(text);
            let trimmed = inner.strip_suffix(b"/").unwrap_or(inner).to_vec();
            let is_glob = trimmed.iter().any(|byte| b"*?[{".contains(byte));
            let glob = match std::str::from_utf8(&trimmed) {
                Ok(glob) if is_glob => Some(
                    GlobBuilder::new(glob)
                        .literal_separator(true)
                        .build()
                        .map_err(|error| {
                            Error::Io(std::io::Error::new(
                                std::io::ErrorKind::InvalidInput,
                                error.to_string(),
                            ))
                        })?
                        .compile_matcher(),
                ),
                _ => None,
            };
            Ok(Pattern { text: trimmed, glob })
        };
        Ok(Selection { patterns: patterns.iter().map(compile).collect::<Result<_>>()? })
    }

    /// Selects everything.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Does a pattern select the entry with this `path`?
    #[must_use]
    pub fn selects(&self, path: &[u8]) -> bool {
        self.patterns.is_empty() || self.patterns.iter().any(|pattern| pattern.matches(path))
    }

    /// The first pattern that selects none of `paths`.
    #[must_use]
    pub fn unused(&self, paths: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Option<&[u8]> {
        let mut unused: Vec<&Pattern> = self.patterns.iter().collect();
        for path in paths {
            if unused.is_empty() {
                break;
            }
            unused.retain(|pattern| !pattern.matches(path.as_ref()));
        }
        unused.first().map(|pattern| &pattern.text[..])
    }
}

impl Pattern {
    fn matches(&self, path: &[u8]) -> bool {
        let under = path
            .strip_prefix(&self.text[..])
            .is_some_and(|rest| rest.is_empty() || rest[0] == b'/');
        let globbed = || {
            use std::os::unix::ffi::OsStrExt;
            self.glob.as_ref().is_some_and(|glob| glob.is_match(std::ffi::OsStr::from_bytes(path)))
        };
        under || globbed()
    }
}

/// An entry that is to be extracted.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The entry. A hard link whose first name is not to be extracted has become a file.
    pub entry: Entry,
    /// Index in the member of the entry that holds the content.
    pub content: usize,
}

/// Finds the hard links among the entries with these indices whose first name is not among them.
/// Returns the index of the link and the index of its file.
pub(super) fn linked_files(entries: &[Entry], entry_indices: &[usize]) -> HashMap<usize, usize> {
    let chosen: HashSet<&[u8]> =
        entry_indices.iter().map(|&entry_index| &entries[entry_index].path[..]).collect();
    let needs_first = |entry_index: &usize| {
        entries[*entry_index].kind == EntryKind::Hardlink
            && !chosen.contains(&entries[*entry_index].link[..])
    };
    let links: Vec<usize> = entry_indices.iter().copied().filter(needs_first).collect();
    if links.is_empty() {
        return HashMap::new();
    }
    let files = entries.iter().enumerate().filter(|(_, entry)| entry.kind == EntryKind::File);
    let firsts: HashMap<&[u8], usize> =
        files.map(|(entry_index, entry)| (&entry.path[..], entry_index)).collect();
    links
        .into_iter()
        .filter_map(|entry_index| Some((entry_index, *firsts.get(&entries[entry_index].link[..])?)))
        .collect()
}

/// The hard link `link` as a file of its own, with the content of the file `first`.
pub(super) fn linked_file(link: &Entry, first: &Entry) -> Entry {
    Entry { path: link.path.clone(), metadata: link.metadata, owner: link.owner, ..first.clone() }
}

/// The entries with these indices, ready to be extracted.
#[must_use]
pub fn wanted(entries: &[Entry], entry_indices: &[usize]) -> Vec<Wanted> {
    let firsts = linked_files(entries, entry_indices);
    let content = |entry_index: usize| {
        entries[entry_index].same_as.map_or(entry_index, |first| first as usize)
    };
    let resolve = |&entry_index: &usize| match firsts.get(&entry_index) {
        Some(&first) => Wanted {
            entry: linked_file(&entries[entry_index], &entries[first]),
            content: content(first),
        },
        None => Wanted { entry: entries[entry_index].clone(), content: content(entry_index) },
    };
    entry_indices.iter().map(resolve).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_folders_and_globs() {
        let selects = |pattern: &str, path: &str| {
            Selection::new(&[pattern.into()]).unwrap().selects(path.as_bytes())
        };
        assert!(
            selects("a/b", "a/b")
                && selects("a", "a/b/c")
                && selects("a/", "a/b")
                && selects("./a", "a")
        );
        assert!(!selects("a", "ab") && !selects("a/b", "a"));
        assert!(
            selects("docs/**", "docs/x/y.md")
                && selects("*.rs", "x.rs")
                && !selects("*.rs", "d/x.rs")
                && selects("**/*.rs", "d/e/x.rs")
        );
        assert!(selects("[x]", "[x]"), "a name that looks like a glob is still a name");
        let all = Selection::new(&[]).unwrap();
        assert!(all.selects(b"anything") && all.unused([b"anything"]).is_none());
        assert!(Selection::new(&[b"a{".to_vec()]).is_err());
    }
}
