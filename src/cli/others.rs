//! Decides whether the words after an archive are names in it or further archives.

use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use cmx::archive::Selection;
use cmx::internals::container::format::MAGIC;
use cmx::{Archive, DecodeOptions};

/// Are all `inputs` but the first archives too? Each word must be a file that begins as archives
/// do, and must select nothing as a name or glob in the first archive.
pub fn are_archives(inputs: &[PathBuf], settings: &DecodeOptions) -> bool {
    let [first, rest @ ..] = inputs else { return false };
    if first.as_os_str() == "-" || !rest.iter().all(|word| is_archive(word)) {
        return false;
    }
    let Ok(archive) = Archive::open(first, settings) else { return true };
    !rest.iter().any(|word| selects(&archive, first, word))
}

/// Does `word`, as a name or glob, select an entry of `archive`?
pub fn selects(archive: &Archive, input: &Path, word: &Path) -> bool {
    let Ok(selection) = Selection::new(&[word.as_os_str().as_bytes().to_vec()]) else {
        return false;
    };
    archive.entries().any(|entry| selection.selects(&Archive::path_of(entry, input)))
}

/// Is `path` a regular file that begins as archives do?
pub fn is_archive(path: &Path) -> bool {
    let mut start = [0; MAGIC.len()];
    let is_file = std::fs::metadata(path).is_ok_and(|found| found.is_file());
    is_file
        && File::open(path).is_ok_and(|mut file| file.read_exact(&mut start).is_ok())
        && start == MAGIC
}

/// A remedy for a name that selected nothing, if an entry in a deeper folder has this name.
pub fn hint(archive: &Archive, input: &Path, unused: &[u8]) -> String {
    let tail = [b"/", unused].concat();
    let is_deeper = |path: Vec<u8>| path.ends_with(&tail);
    if archive.entries().any(|entry| is_deeper(Archive::path_of(entry, input).to_vec())) {
        format!("; '**/{}' selects it in any folder", cmx::archive::show_name(unused))
    } else {
        String::new()
    }
}
