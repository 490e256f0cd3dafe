//! Finds files with the same content before anything is compressed. The archive stores such content
//! once.

use std::collections::HashMap;
use std::io::{self, BufReader, Read};
use std::path::Path;

use xxhash_rust::xxh3::Xxh3Default;

use crate::container::fields::read_full;
use crate::input::deep;

/// For each file the index of the first file with the same content, if that is another file.
/// `files` are paths with lengths in bytes; empty files are never compared. A file that cannot be
/// read equals no other: the error is reported when the file is stored.
#[must_use]
pub fn find(files: &[(&Path, u64)]) -> Vec<Option<usize>> {
    let mut by_size: HashMap<u64, Vec<usize>> = HashMap::new();
    for (index, (_, size)) in files.iter().enumerate().filter(|(_, (_, size))| *size > 0) {
        by_size.entry(*size).or_default().push(index);
    }
    let mut same = vec![None; files.len()];
    for indices in by_size.values().filter(|indices| indices.len() > 1) {
        let mut by_hash: HashMap<u128, Vec<usize>> = HashMap::new();
        for &index in indices {
            let Ok(hash) = hash_file(files[index].0) else { continue };
            let originals = by_hash.entry(hash).or_default();
            // Different contents can be made that have the same hash, so that the bytes are
            // compared too.
            same[index] = originals
                .iter()
                .copied()
                .find(|&first| equal(files[first].0, files[index].0).unwrap_or(false));
            if same[index].is_none() {
                originals.push(index);
            }
        }
    }
    same
}

fn hash_file(path: &Path) -> io::Result<u128> {
    let mut file = deep::open(path)?;
    let mut hasher = Box::new(Xxh3Default::new());
    let mut buffer = vec![0; 1 << 16];
    loop {
        match read_full(&mut file, &mut buffer)? {
            0 => return Ok(hasher.digest128()),
            length => hasher.update(&buffer[..length]),
        }
    }
}

fn equal(one: &Path, other: &Path) -> io::Result<bool> {
    let mut one = BufReader::with_capacity(1 << 16, deep::open(one)?).bytes();
    let mut other = BufReader::with_capacity(1 << 16, deep::open(other)?).bytes();
    loop {
        match (one.next().transpose()?, other.next().transpose()?) {
            (None, None) => return Ok(true),
            (left, right) if left == right => {}
            _ => return Ok(false),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_content_is_found_and_same_size_is_not_enough() {
        let folder = tempfile::tempdir().unwrap();
        let contents: [&[u8]; 6] = [b"abc", b"abd", b"abc", b"", b"", b"abd"];
        let paths: Vec<_> =
            (0..contents.len()).map(|index| folder.path().join(index.to_string())).collect();
        paths
            .iter()
            .zip(contents)
            .for_each(|(path, content)| std::fs::write(path, content).unwrap());
        let files: Vec<(&Path, u64)> = paths
            .iter()
            .zip(contents)
            .map(|(path, content)| (path.as_path(), content.len() as u64))
            .collect();
        assert_eq!(find(&files), [None, None, Some(0), None, None, Some(1)]);
    }
}
