//! Which entries go into an archive, and in which order.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::create::CreateOptions;
use super::group::reference_size;
use super::identical;
use super::representatives::Sketches;
use crate::budget::Charge;
use crate::container::fields::read_full;
use crate::container::{Entry, EntryKind, Extent};
use crate::error::Result;
use crate::formats::similar::{ContentClass, compare};
use crate::input::deep;
use crate::input::holes::data_extents;
use crate::input::shown::{reason, show_path};
use crate::input::walk::{Found, Walk, WalkOptions, walk};
use crate::words;

/// The entries that an archive will have, in order.
pub struct Plan {
    /// Folders and links, then files.
    pub(super) found: Vec<Found>,
    /// Indices in `found` of the files that look like text.
    pub(super) text: Range<usize>,
    /// Index in `found` of the first file with compressed content.
    compressed_start: usize,
    pub(super) warnings: Vec<String>,
    /// Memory of the list, charged until an index is made of it.
    pub(super) charge: Charge,
}

impl Plan {
    /// Walks over `roots`, finds identical files, and sorts similar files together.
    ///
    /// # Errors
    /// A root does not exist or cannot be read, or memory is short.
    pub fn of(roots: &[PathBuf], options: WalkOptions) -> Result<Plan> {
        let Walk { found, mut warnings, charge } = walk(roots, options)?;
        let (mut others, mut classed) = (Vec::new(), Vec::new());
        // For each file with several names: the path of its first readable name.
        let mut first_names: HashMap<(u64, u64), Vec<u8>> = HashMap::new();
        for mut found in found {
            if found.entry.kind != EntryKind::File {
                others.push(found);
                continue;
            }
            if let Some(first) = first_names.get(&found.id).filter(|_| found.has_more_names) {
                found.entry = Entry {
                    kind: EntryKind::Hardlink,
                    link: first.clone(),
                    size: 0,
                    xattrs: Vec::new(),
                    ..found.entry
                };
                others.push(found);
                continue;
            }
            match class_and_holes(&found.source, found.entry.size) {
                Ok((class, extents)) => {
                    found.entry.extents = extents;
                    if found.has_more_names {
                        first_names.insert(found.id, found.entry.path.clone());
                    }
                    classed.push((class, found));
                }
                Err(error) => warnings.push(format!(
                    "left out: {}: {}",
                    show_path(&found.source),
                    reason(&error)
                )),
            }
        }
        others.sort_by(|one, other| one.entry.path.cmp(&other.entry.path));
        classed.sort_by(|one, other| {
            compare((one.0, &one.1.entry.path), (other.0, &other.1.entry.path))
        });
        let [texts, compressed] = [ContentClass::Binary, ContentClass::Compressed]
            .map(|next| classed.partition_point(|(class, _)| *class < next));
        let mut files: Vec<Found> = classed.into_iter().map(|(_, found)| found).collect();
        mark_identical(&mut files, others.len());
        let start = others.len();
        others.append(&mut files);
        Ok(Plan {
            found: others,
            text: start..start + texts,
            compressed_start: start + compressed,
            warnings,
            charge,
        })
    }

    /// The entries to be stored, in order.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> + Clone {
        self.found.iter().map(|found| &found.entry)
    }

    /// Bytes of content that will be stored.
    #[must_use]
    pub fn total(&self) -> u64 {
        stored(&self.found)
    }

    /// Moves each file after an earlier file that it is similar to, and moves the files of the
    /// reference block, if there will be one, before all others. `limit` is the length in bytes of
    /// the largest file that shares a block. Returns the number of files of the reference block,
    /// and the length in bytes of each dependent block.
    ///
    /// # Errors
    /// A defect of a thread that helps.
    pub(super) fn choose_reference(
        &mut self,
        limit: u64,
        options: &CreateOptions,
    ) -> Result<Option<(usize, u64)>> {
        let Some((budget, part)) = reference_size(
            stored(&self.found[self.text.clone()]),
            options.encode.level.for_small_files().has_references,
            options.reference,
            options.solid,
        ) else {
            return Ok(None);
        };
        let is_small = |found: &Found| {
            found.entry.same_as.is_none() && (1..=limit).contains(&found.entry.stored_len())
        };
        let indices: Vec<usize> = (self.text.start..self.compressed_start)
            .filter(|&index| is_small(&self.found[index]))
            .collect();
        let small = indices.iter().map(|&index| &self.found[index]);
        let files: Vec<(&Path, u64)> =
            small.map(|found| (found.source.as_path(), found.entry.stored_len())).collect();
        let mut end = 0;
        let blocks = files.iter().map(|(_, size)| {
            end += size;
            ((end - size) / part) as usize
        });
        let blocks: Vec<usize> = blocks.collect();
        let sketches = Sketches::of(&files)?;
        let suits =
            |path: &Path| deep::read(path).is_ok_and(|text| words::suits(&text).unwrap_or(false));
        let chosen = sketches.choose(&blocks, budget, |number| {
            indices[number] < self.text.end && suits(files[number].0)
        });
        if chosen.is_empty() {
            return Ok(None);
        }
        // The sort key of each entry: 0 moves a file into the reference block, the key of a leader
        // moves it to that leader, and its own key leaves it.
        let mut belongs: Vec<usize> = (1..=self.found.len()).collect();
        for (number, leader) in sketches.leaders(&blocks).into_iter().enumerate() {
            // A file that is similar to a file of the reference block needs no move: all blocks
            // continue from that.
            if let Some(leader) = leader.filter(|leader| chosen.binary_search(leader).is_err()) {
                belongs[indices[number]] = indices[leader] + 1;
            }
        }
        chosen.iter().for_each(|&number| belongs[indices[number]] = 0);
        self.rearrange(&belongs);
        Ok(Some((chosen.len(), part)))
    }

    /// Sorts the files by their keys in `belongs`, which count from 1; files with key 0 come first.
    fn rearrange(&mut self, belongs: &[usize]) {
        let start = self.text.start;
        let mut order: Vec<usize> = (0..self.found.len()).collect();
        order[start..].sort_by_key(|&index| (belongs[index], index));
        let within = |end: usize| {
            start + (start..belongs.len()).filter(|&index| belongs[index] <= end).count()
        };
        (self.text.end, self.compressed_start) =
            (within(self.text.end), within(self.compressed_start));
        let mut new_index = vec![0; order.len()];
        order.iter().enumerate().for_each(|(new, &old)| new_index[old] = new as u64);
        let mut found: Vec<Option<Found>> =
            std::mem::take(&mut self.found).into_iter().map(Some).collect();
        self.found = order.into_iter().filter_map(|old| found[old].take()).collect();
        // An original only moves forward, and so still comes before its copies.
        for same_as in self.found.iter_mut().filter_map(|found| found.entry.same_as.as_mut()) {
            *same_as = new_index[*same_as as usize];
        }
    }
}

/// Bytes of content that will be stored of `found`.
fn stored(found: &[Found]) -> u64 {
    found.iter().filter(|found| found.entry.same_as.is_none()).map(|found| found.entry.size).sum()
}

/// Marks each of `files` that equals an earlier one. `offset` entries come before `files` in the
/// plan.
fn mark_identical(files: &mut [Found], offset: usize) {
    let sizes: Vec<(&Path, u64)> =
        files.iter().map(|found| (found.source.as_path(), found.entry.size)).collect();
    for (index, first) in identical::find(&sizes).into_iter().enumerate() {
        let Some(first) = first else { continue };
        files[index].entry.same_as = Some((first + offset) as u64);
        files[index].entry.extents = files[first].entry.extents.clone();
    }
}

/// The content class of a file of `size` bytes, and its extents if it has holes. The extents are
/// needed before any content is read: the names, which come before the blocks, tell the stored
/// length.
fn class_and_holes(path: &Path, size: u64) -> std::io::Result<(ContentClass, Option<Vec<Extent>>)> {
    let mut start = [0; 4096];
    let mut file = deep::open(path)?;
    let length = read_full(&mut file, &mut start)?;
    if size == 0 && length > 0 {
        // The files of `/proc` are such.
        return Err(std::io::Error::other(
            "it has content, but its reported length is 0; compress it as a single file",
        ));
    }
    let extents = data_extents(&file, size).map_err(std::io::Error::other)?;
    Ok((ContentClass::of(&start[..length]), extents))
}
