//! Which entries of an archive of several members are current. The newest entry under a path wins,
//! as if each member had been extracted over the members before.

use std::cmp::Ordering;

use super::member::Member;
use crate::container::{Entry, EntryKind};

/// An entry, the index of its member, and its index in that member.
struct LocatedEntry<'a> {
    entry: &'a Entry,
    member: usize,
    entry_index: usize,
}

/// A path that at least one entry has. Member numbers count from 1; 0 means no member.
struct PathNode {
    /// Index in the sorted list of the first entry with this path.
    row: usize,
    /// Index of the node of the nearest folder above this path that also has an entry.
    parent: Option<usize>,
    /// Number of the newest member with an entry at this path.
    newest: usize,
    /// Number of the newest member with a file or link at this path or at a path above.
    no_folder: usize,
    /// Number of the newest member with an entry below this path: the path is a folder in that
    /// member.
    below: usize,
}

/// Index of the member and index of the entry for each current entry, ascending.
///
/// An entry is not current if a newer member has an entry of the same path. Nothing below a folder
/// is current if a newer member has a file or link at the path of the folder. A file or link is not
/// current if a newer member has an entry below its path. Entries of one member never replace each
/// other: if they contradict each other, extraction refuses them.
pub(super) fn current(members: &[&[Entry]]) -> Vec<(usize, usize)> {
    let rows = (0..).zip(members).flat_map(|(member, entries)| {
        (0..).zip(*entries).map(move |(entry_index, entry)| LocatedEntry {
            entry,
            member,
            entry_index,
        })
    });
    let mut rows: Vec<LocatedEntry> = rows.collect();
    if members.len() < 2 {
        return rows.iter().map(|row| (row.member, row.entry_index)).collect();
    }
    rows.sort_by(|one, other| compare(&one.entry.path, &other.entry.path));
    let mut nodes: Vec<PathNode> = Vec::new();
    for (row, LocatedEntry { entry, member, .. }) in rows.iter().enumerate() {
        if nodes.last().is_none_or(|node| rows[node.row].entry.path != entry.path) {
            let mut parent = nodes.len().checked_sub(1);
            while let Some(node) =
                parent.filter(|&node| !is_below(&entry.path, &rows[nodes[node].row].entry.path))
            {
                parent = nodes[node].parent;
            }
            let no_folder = parent.map_or(0, |parent| nodes[parent].no_folder);
            nodes.push(PathNode { row, parent, newest: 0, no_folder, below: 0 });
        }
        if let Some(node) = nodes.last_mut() {
            node.newest = node.newest.max(member + 1);
            if entry.kind != EntryKind::Directory {
                node.no_folder = node.no_folder.max(member + 1);
            }
        }
    }
    for node in (0..nodes.len()).rev() {
        if let Some(parent) = nodes[node].parent {
            nodes[parent].below =
                nodes[parent].below.max(nodes[node].below).max(nodes[node].newest);
        }
    }
    let mut current = Vec::new();
    for (number, node) in nodes.iter().enumerate() {
        let end = nodes.get(number + 1).map_or(rows.len(), |next| next.row);
        for row in &rows[node.row..end] {
            let is_folder = row.entry.kind == EntryKind::Directory;
            let newer = node.newest.max(node.no_folder).max(if is_folder { 0 } else { node.below });
            if newer <= row.member + 1 {
                current.push((row.member, row.entry_index));
            }
        }
    }
    current.sort_unstable();
    current
}

/// Compares paths as bytes, but with the slash before all other bytes. Everything below a path then
/// directly follows the path.
pub(super) fn compare(one: &[u8], other: &[u8]) -> Ordering {
    let shared = one.len().min(other.len());
    // Compares 64 bytes at a time while they are equal.
    let mut at = 0;
    while at + 64 <= shared && one[at..at + 64] == other[at..at + 64] {
        at += 64;
    }
    match (at..shared).find(|&at| one[at] != other[at]) {
        Some(at) => {
            let rank = |byte: u8| if byte == b'/' { 0 } else { u16::from(byte) + 1 };
            rank(one[at]).cmp(&rank(other[at]))
        }
        None => one.len().cmp(&other.len()),
    }
}

/// Does `path` lie below the folder `above`?
pub(super) fn is_below(path: &[u8], above: &[u8]) -> bool {
    path.len() > above.len() && path[above.len()] == b'/' && path.starts_with(above)
}

/// The entries of each of `members`: the argument of [`current`].
pub(super) fn entries_of(members: &[Member]) -> Vec<&[Entry]> {
    members.iter().map(|member| &member.index.entries[..]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(members: &[&[(&str, EntryKind)]]) -> Vec<String> {
        let entry = |&(path, kind): &(&str, EntryKind)| Entry {
            path: path.into(),
            kind,
            ..Entry::default()
        };
        let members: Vec<Vec<Entry>> =
            members.iter().map(|entries| entries.iter().map(entry).collect()).collect();
        let slices: Vec<&[Entry]> = members.iter().map(|entries| &entries[..]).collect();
        let shown = |(member, entry_index): (usize, usize)| {
            format!("{}{}", member, String::from_utf8_lossy(&members[member][entry_index].path))
        };
        current(&slices).into_iter().map(shown).collect()
    }

    #[test]
    fn the_newer_replaces_the_older() {
        use EntryKind::{Directory, File, Symlink};
        let folder: &[(&str, EntryKind)] =
            &[("p", Directory), ("p/q", Directory), ("p/q/f", File), ("p/q-", File)];
        assert_eq!(left(&[folder]), ["0p", "0p/q", "0p/q/f", "0p/q-"]);
        assert_eq!(left(&[folder, &[("p", Directory), ("p/q", File)]]), ["0p/q-", "1p", "1p/q"]);
        assert_eq!(left(&[folder, &[("p/q", Symlink)]]), ["0p", "0p/q-", "1p/q"]);
        assert_eq!(left(&[&[("a", File), ("a-", File)], &[("a/b/c", File)]]), ["0a-", "1a/b/c"]);
        assert_eq!(
            left(&[folder, &[("p/q", File)], &[("p/q/g", File)]]),
            ["0p", "0p/q-", "2p/q/g"]
        );
        // Entries of one member do not hide each other.
        assert_eq!(
            left(&[&[("x", File)], &[("x", Symlink), ("x/y", File), ("x", File)]]),
            ["1x", "1x/y", "1x"]
        );
    }
}
