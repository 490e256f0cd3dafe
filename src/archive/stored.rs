//! Storing of the planned entries, although files may change meanwhile. A file that cannot be read
//! is left out, or stored under another of its names. A file that no longer equals its original is
//! stored by itself.

use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::path::Path;

use super::create::ContentWriter;
use crate::container::{Entry, EntryKind, Metadata};
use crate::error::Result;
use crate::input::walk::Found;

/// The result of storing one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The file was stored, and had not changed since the plan was made.
    AsPlanned,
    /// The file was stored. It changed after the plan was made, or while it was read.
    Changed,
    /// No byte of the file could be read.
    LeftOut,
}

/// The entries of a plan that were stored so far.
pub(super) struct Stored {
    /// The plan. Entries that were processed are taken out.
    pub found: Vec<Found>,
    /// For each processed index of the plan: the entry, or `None` if it was left out. Its `same_as`
    /// is still an index of the plan.
    entries: Vec<Option<Entry>>,
    /// Indices in the plan of files that changed after the plan was made.
    changed: HashSet<usize>,
    /// For each path the indices of the hard links to it. The map is made when the first file
    /// cannot be read.
    links: Option<HashMap<Vec<u8>, Vec<usize>>>,
}

impl Stored {
    /// A plan of which nothing is stored yet.
    pub fn new(found: Vec<Found>) -> Self {
        Stored {
            entries: Vec::with_capacity(found.len()),
            found,
            changed: HashSet::new(),
            links: None,
        }
    }

    /// Stores the entry with this `index` in the plan. Indices must ascend from 0 without a gap.
    ///
    /// # Errors
    /// Writing fails, or memory is short.
    pub fn store<W: Write>(
        &mut self,
        index: usize,
        content: &mut ContentWriter<'_, W>,
    ) -> Result<()> {
        let mut entry = std::mem::take(&mut self.found[index].entry);
        content.plan_index = index as u64;
        let source = &self.found[index].source;
        if let Some(first) = entry.same_as.take() {
            // The two files were equal when the plan was made. They still are if neither has
            // changed.
            let original = self.entries[first as usize]
                .as_ref()
                .filter(|_| !self.changed.contains(&(first as usize)));
            if let Some(original) = original.filter(|_| is_as_planned(source, &entry)) {
                entry.hash = original.hash;
                entry.extents.clone_from(&original.extents);
                entry.same_as = Some(first);
                content.tell(&entry);
                self.entries.push(Some(entry));
                return Ok(());
            }
            content.is_other_than_planned();
        }
        let outcome = if entry.kind == EntryKind::File {
            content.add(source, &mut entry)?
        } else {
            Outcome::AsPlanned
        };
        let entry = match outcome {
            Outcome::LeftOut => self.store_other_name(entry, content)?,
            _ => Some(entry),
        };
        if outcome != Outcome::AsPlanned {
            self.changed.insert(index);
        }
        if let Some(entry) = &entry {
            content.tell(entry);
        }
        self.entries.push(entry);
        Ok(())
    }

    /// Stores the content of `gone`, a file that cannot be read by its own name, under the first of
    /// its other names that can be read. The remaining links lead to that name.
    fn store_other_name<W: Write>(
        &mut self,
        gone: Entry,
        content: &mut ContentWriter<'_, W>,
    ) -> Result<Option<Entry>> {
        let entries = &self.entries;
        let mut others = self
            .links
            .get_or_insert_with(|| links(entries))
            .remove(&gone.path)
            .unwrap_or_default()
            .into_iter();
        while let Some(index) = others.next() {
            let Some(link) = self.entries[index].take() else { continue };
            let mut file = Entry { path: link.path, ..gone.clone() };
            if content.add(&self.found[index].source, &mut file)? == Outcome::LeftOut {
                continue;
            }
            for link in others {
                if let Some(entry) = &mut self.entries[link] {
                    entry.link.clone_from(&file.path);
                }
            }
            return Ok(Some(file));
        }
        Ok(None)
    }

    /// The stored entries, in the order of their contents. `same_as` becomes an index of the
    /// archive.
    pub fn into_entries(self) -> Vec<Entry> {
        let mut indices = Vec::with_capacity(self.entries.len());
        let mut entries: Vec<Entry> = Vec::with_capacity(self.entries.len());
        for entry in self.entries {
            indices.push(entries.len() as u64);
            entries.extend(entry);
        }
        for same_as in entries.iter_mut().filter_map(|entry| entry.same_as.as_mut()) {
            *same_as = indices[*same_as as usize];
        }
        entries
    }
}

/// Indices of the hard links among `entries`, by the path that they lead to.
fn links(entries: &[Option<Entry>]) -> HashMap<Vec<u8>, Vec<usize>> {
    let mut links: HashMap<Vec<u8>, Vec<usize>> = HashMap::new();
    for (index, entry) in entries.iter().enumerate() {
        if let Some(entry) = entry.as_ref().filter(|entry| entry.kind == EntryKind::Hardlink) {
            links.entry(entry.link.clone()).or_default().push(index);
        }
    }
    links
}

/// Does the file at `source` still have the length and modification time of `entry`?
fn is_as_planned(source: &Path, entry: &Entry) -> bool {
    let found = std::fs::symlink_metadata(source);
    found.is_ok_and(|found| {
        found.is_file()
            && found.len() == entry.size
            && Metadata::of(&found).mtime == entry.metadata.mtime
    })
}
