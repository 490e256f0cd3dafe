//! Finds files that are similar to files in other blocks, by comparing samples of the hashes of
//! their shingles. A shingle is a sequence of [`SHINGLE_LEN`] bytes.
//!
//! The files of the reference block are chosen by a greedy cover, as in the dictionary builder of
//! Zstandard (Liao, Petri, Moffat and Wirth 2016, "Effective construction of relative Lempel-Ziv
//! dictionaries"). A file is worth more, the more of its shingles occur in other blocks, per byte.
//! The best file is taken first, then the best by those shingles that no taken file has, and so on.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::ops::Range;
use std::path::Path;

use crate::error::Result;
use crate::input::deep;
use crate::threads::{Step, each};

/// Bytes of a shingle. With 8, 12 and 20 bytes the reference blocks of two folders of source code
/// save the same to 0.4 %.
const SHINGLE_LEN: usize = 12;
/// One of this many shingles is sampled; fewer are if the text is long.
const SAMPLING: u64 = 8;
/// Approximate upper bound for the number of sampled shingles of all files.
const MAX_SHINGLES: u64 = 4 << 20;
/// Approximate upper bound for the bytes read of all files. If the files have more, some are not
/// read, evenly spread.
const MAX_BYTES_READ: u64 = 256 << 20;
/// Bytes of files that a thread reads at once, at least.
const GROUP: u64 = 128 << 10;
/// A file is similar to another if at least one in this many of its sampled shingles occurs there.
const SIMILAR_SHARE: usize = 8;
/// A shingle that more files have does not tell which of these files another one is similar to.
const MAX_OWNERS: u32 = 3;
/// Bytes added to the length of a file when its worth per byte is computed, so that tiny files are
/// not always first.
const FILE_COST: u64 = 200;

/// Samples of the shingles of some files.
pub struct Sketches {
    files: Vec<Sketch>,
    /// For each shingle that several files have: the first of these files, and their number.
    owners: Vec<(u32, u32)>,
}

/// The sampled shingles of a file. A file that was not read has none.
struct Sketch {
    /// Length of the file in bytes.
    size: u64,
    /// Number of its shingles.
    count: usize,
    /// Those that other files have too, as indices of [`Sketches::owners`].
    shared: Vec<u32>,
}

impl Sketches {
    /// Reads `files`, which are paths with lengths in bytes. A file that cannot be read is similar
    /// to none; the error is reported when the file is stored.
    ///
    /// # Errors
    /// Never but for a defect of a thread that helps.
    pub fn of(files: &[(&Path, u64)]) -> Result<Self> {
        let total: u64 = files.iter().map(|(_, size)| size).sum();
        let step = total.div_ceil(MAX_BYTES_READ).max(1);
        let sampled = SAMPLING.max(total / step / MAX_SHINGLES);
        let sketch = |(index, (path, size)): (usize, &(&Path, u64))| {
            let text = if (index as u64).is_multiple_of(step) {
                deep::read(path).unwrap_or_default()
            } else {
                Vec::new()
            };
            (*size, shingles_of(&text, sampled))
        };
        // A thread takes several files at once.
        let mut groups: Vec<Range<usize>> = Vec::new();
        let mut length = GROUP;
        for (index, (_, size)) in files.iter().enumerate() {
            match groups.last_mut().filter(|_| length < GROUP) {
                Some(group) => group.end = index + 1,
                None => {
                    groups.push(index..index + 1);
                    length = 0;
                }
            }
            length += size;
        }
        let step = |group: &Range<usize>| {
            let sizes = files[group.clone()].iter().map(|(_, size)| *size);
            let memory = sizes.clone().max().unwrap_or(0);
            Step { length: usize::try_from(sizes.sum::<u64>()).unwrap_or(usize::MAX / 2), memory }
        };
        let steps: Vec<Step> = groups.iter().map(step).collect();
        let sketches = each(&steps, |number| {
            let group = groups[number].clone();
            Ok(group.map(|index| sketch((index, &files[index]))).collect::<Vec<_>>())
        })?;
        Ok(Self::from_shingles(sketches.concat()))
    }

    /// Of the length and the shingles of each file.
    fn from_shingles(files: Vec<(u64, Vec<u64>)>) -> Self {
        let of_file = |(file, (_, own)): (u32, &(u64, Vec<u64>))| {
            own.iter().map(move |&shingle| (shingle, file)).collect::<Vec<_>>()
        };
        let mut all: Vec<(u64, u32)> = (0..).zip(&files).flat_map(of_file).collect();
        all.sort_unstable();
        let sketch =
            |(size, own): (u64, Vec<u64>)| Sketch { size, count: own.len(), shared: Vec::new() };
        let mut files: Vec<Sketch> = files.into_iter().map(sketch).collect();
        let mut owners = Vec::new();
        for same in all.chunk_by(|one, next| one.0 == next.0).filter(|same| same.len() > 1) {
            for (_, file) in same {
                files[*file as usize].shared.push(owners.len() as u32);
            }
            owners.push((same[0].1, same.len() as u32));
        }
        Self { files, owners }
    }

    /// For each file the index of its leader: an earlier file in another block that the file is
    /// similar to. `block_of` has the block of each file. Examples are a catalogue of translations
    /// and its compiled form, and two versions of a text in two folders.
    #[must_use]
    pub fn leaders(&self, block_of: &[usize]) -> Vec<Option<usize>> {
        let mut leaders = vec![None; self.files.len()];
        for (index, own) in self.files.iter().enumerate() {
            let mut shared: HashMap<usize, usize> = HashMap::new();
            for &(owner, count) in own.shared.iter().map(|&shingle| &self.owners[shingle as usize])
            {
                if owner as usize != index && count <= MAX_OWNERS {
                    *shared.entry(owner as usize).or_default() += 1;
                }
            }
            let best = shared.into_iter().max_by_key(|&(owner, count)| (count, Reverse(owner)));
            if let Some((owner, _)) = best.filter(|&(owner, count)| {
                count * SIMILAR_SHARE >= own.count && block_of[owner] != block_of[index]
            }) {
                leaders[index] = Some(leaders[owner].unwrap_or(owner));
            }
        }
        leaders
    }

    /// The indices, ascending, of the files that are most similar to files in other blocks. Their
    /// total length is at most `budget` bytes. Only files for which `may` returns `true` are
    /// chosen.
    pub fn choose(
        &self,
        block_of: &[usize],
        budget: u64,
        may: impl Fn(usize) -> bool,
    ) -> Vec<usize> {
        // The set of blocks with each shingle, as 64 bits. In an archive of more than 64 blocks two
        // distant blocks share a bit.
        let mut blocks = vec![0u64; self.owners.len()];
        for (file, block) in self.files.iter().zip(block_of) {
            file.shared.iter().for_each(|&shingle| blocks[shingle as usize] |= 1 << (block % 64));
        }
        // A shingle is worth as much as the number of other blocks that have it, and nothing if it
        // is covered.
        let mut worth_of: Vec<u32> =
            blocks.iter().map(|blocks| blocks.count_ones().saturating_sub(1)).collect();
        let worth = |index: usize, worth_of: &[u32]| {
            let Sketch { size, shared, .. } = &self.files[index];
            let gain: u64 = shared.iter().map(|&id| u64::from(worth_of[id as usize])).sum();
            (gain << 20) / (size + FILE_COST)
        };
        // A larger file would leave too little room for others.
        let small = (0..self.files.len()).filter(|&index| self.files[index].size <= budget / 3);
        let mut heap: BinaryHeap<_> =
            small.map(|index| (worth(index, &worth_of), Reverse(index))).collect();
        let (mut chosen, mut left) = (Vec::new(), budget);
        while let Some((before, Reverse(index))) = heap.pop() {
            if before == 0 {
                break;
            }
            // The worth of a file only falls when others are chosen, since they cover some of its
            // shingles.
            let now = worth(index, &worth_of);
            if heap.peek().is_some_and(|&next| (now, Reverse(index)) < next) {
                heap.push((now, Reverse(index)));
                continue;
            }
            let Sketch { size, shared, .. } = &self.files[index];
            if *size <= left && may(index) {
                left -= size;
                shared.iter().for_each(|&shingle| worth_of[shingle as usize] = 0);
                chosen.push(index);
            }
        }
        chosen.sort_unstable();
        chosen
    }
}

/// The sampled hashes of the shingles of `text`, sorted, each once. One of `sampled` hashes is in
/// the sample.
fn shingles_of(text: &[u8], sampled: u64) -> Vec<u64> {
    const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
    const OUT: u64 = FACTOR.wrapping_pow(SHINGLE_LEN as u32);
    let mut rolling = 0u64;
    let mut own = Vec::new();
    for (at, &byte) in text.iter().enumerate() {
        rolling = rolling.wrapping_mul(FACTOR).wrapping_add(u64::from(byte) + 1);
        if at >= SHINGLE_LEN {
            rolling =
                rolling.wrapping_sub((u64::from(text[at - SHINGLE_LEN]) + 1).wrapping_mul(OUT));
        }
        let hash = (rolling ^ rolling >> 29).wrapping_mul(FACTOR);
        if at + 1 >= SHINGLE_LEN && (hash >> 32).is_multiple_of(sampled) {
            own.push(hash);
        }
    }
    own.sort_unstable();
    own.dedup();
    own
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Each file has words of its own, and every third one also a licence.
    #[test]
    fn the_file_that_others_share_is_chosen() {
        let folder = tempfile::tempdir().unwrap();
        let licence = "permission to use and copy this software for any purpose is hereby granted "
            .repeat(10);
        let texts: Vec<String> = (0..12)
            .map(|number| {
                let own: String = (0..60)
                    .map(|word| {
                        format!(
                            "{:x} ",
                            (number * 977 + word + 1u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
                        )
                    })
                    .collect();
                if number % 3 == 0 { format!("{licence}{own}") } else { own }
            })
            .collect();
        let paths: Vec<_> =
            (0..texts.len()).map(|number| folder.path().join(number.to_string())).collect();
        paths.iter().zip(&texts).for_each(|(path, text)| fs::write(path, text).unwrap());
        let files: Vec<(&Path, u64)> = paths
            .iter()
            .zip(&texts)
            .map(|(path, text)| (path.as_path(), text.len() as u64))
            .collect();
        let blocks: Vec<usize> = (0..texts.len()).collect();
        let sketches = Sketches::of(&files).unwrap();
        let one = sketches.choose(&blocks, 6000, |_| true);
        assert!(!one.is_empty() && one[0].is_multiple_of(3), "{one:?}");
        assert!(one.iter().map(|&index| files[index].1).sum::<u64>() <= 6000);
        assert!(sketches.choose(&blocks, 100, |_| true).is_empty());
        assert!(!sketches.choose(&blocks, 6000, |index| index != one[0]).contains(&one[0]));
    }

    #[test]
    fn a_version_follows_the_first_in_another_block() {
        let folder = tempfile::tempdir().unwrap();
        let text = |from: usize| {
            (from..from + 100)
                .map(|word| format!("the word of number {} and ", word * 7919))
                .collect::<String>()
        };
        let texts = [text(0), text(500), text(20), text(30), text(900)];
        let paths: Vec<_> =
            (0..texts.len()).map(|number| folder.path().join(number.to_string())).collect();
        paths.iter().zip(&texts).for_each(|(path, text)| fs::write(path, text).unwrap());
        let files: Vec<(&Path, u64)> = paths
            .iter()
            .zip(&texts)
            .map(|(path, text)| (path.as_path(), text.len() as u64))
            .collect();
        let sketches = Sketches::of(&files).unwrap();
        assert_eq!(sketches.leaders(&[0, 0, 0, 1, 2]), [None, None, None, Some(0), None]);
        assert_eq!(sketches.leaders(&[0, 1, 2, 3, 4]), [None, None, Some(0), Some(0), None]);
    }

    #[test]
    fn a_shingle_has_the_same_hash_wherever_it_is() {
        let text = b"it was the best of times, it was the worst of times, it was the age of wisdom";
        let all = shingles_of(text, 1);
        assert!(
            shingles_of(&text[20..50], 1).iter().all(|shingle| all.binary_search(shingle).is_ok())
        );
        assert!(shingles_of(&text[..SHINGLE_LEN - 1], 1).is_empty());
    }
}
