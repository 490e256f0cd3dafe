//! Hard links to files that the archive does not hold. Early versions stored such links when a file
//! could not be read.

use std::collections::HashSet;

use super::current::current;
use super::select::{Wanted, linked_files, wanted};
use crate::container::{Entry, EntryKind};

/// The current entries of `members`, ready to be extracted, one list for each member.
pub(super) fn extracted(members: &[&[Entry]]) -> Vec<Vec<Wanted>> {
    members
        .iter()
        .zip(current_by_member(members))
        .map(|(entries, entry_indices)| wanted(entries, &entry_indices))
        .collect()
}

/// Indices of the members that have a broken hard link: no file of the archive has the path that
/// the link leads to.
pub(super) fn members_with_broken_links(members: &[&[Entry]]) -> Vec<usize> {
    let by_member = current_by_member(members);
    let all = || members.iter().zip(&by_member);
    let files: HashSet<&[u8]> = all()
        .flat_map(|(entries, entry_indices)| {
            entry_indices.iter().map(|&entry_index| &entries[entry_index])
        })
        .filter(|entry| entry.kind == EntryKind::File)
        .map(|entry| &entry.path[..])
        .collect();
    let is_broken = |entries: &[Entry], entry_indices: &[usize]| {
        // If a newer member has replaced the first name of a file, the hard link is extracted as
        // that file.
        let alone = linked_files(entries, entry_indices);
        let mut links = entry_indices.iter().filter(|&&entry_index| {
            entries[entry_index].kind == EntryKind::Hardlink && !alone.contains_key(&entry_index)
        });
        links.any(|&entry_index| !files.contains(&entries[entry_index].link[..]))
    };
    all()
        .enumerate()
        .filter(|(_, (entries, entry_indices))| is_broken(entries, entry_indices))
        .map(|(number, _)| number)
        .collect()
}

/// Indices of the current entries, one list for each member.
fn current_by_member(members: &[&[Entry]]) -> Vec<Vec<usize>> {
    let mut by_member = vec![Vec::new(); members.len()];
    current(members)
        .into_iter()
        .for_each(|(member, entry_index)| by_member[member].push(entry_index));
    by_member
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_need_a_file() {
        let entry = |path: &str, kind, link: &str| Entry {
            path: path.into(),
            kind,
            link: link.into(),
            ..Entry::default()
        };
        let file = |path| entry(path, EntryKind::File, "");
        let link = |path, to| entry(path, EntryKind::Hardlink, to);
        let broken = |members: &[&[Entry]]| members_with_broken_links(members);
        assert_eq!(broken(&[&[file("a"), link("h", "a")]]), [0usize; 0]);
        assert_eq!(
            broken(&[&[file("b")], &[file("a"), link("h", "gone"), link("i", "gone")]]),
            [1]
        );
        assert_eq!(broken(&[&[entry("s", EntryKind::Symlink, "x"), link("h", "s")]]), [0]);
        // A newer member replaced the file; a file replaced the link; another member has the file.
        assert_eq!(
            broken(&[&[file("a"), link("h", "a")], &[entry("a", EntryKind::Symlink, "x")]]),
            [0usize; 0]
        );
        assert_eq!(broken(&[&[link("h", "gone")], &[file("h")]]), [0usize; 0]);
        assert_eq!(broken(&[&[file("a")], &[link("h", "a")]]), [0usize; 0]);
    }
}
