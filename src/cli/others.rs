//! Words behind an archive: names in it, or more archives?

use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use cmx::archive::select::Selection;
use cmx::container::format::MAGIC;
use cmx::{Archive, DecodeOptions};

/// Is everything behind the first of `inputs` another archive? Every word must be a file that
/// begins as archives do, and none a name or glob that selects something in the first archive:
/// there names win.
pub fn are_archives(inputs: &[PathBuf], settings: &DecodeOptions) -> bool {
    let [first, rest @ ..] = inputs else { return false };
    if first.as_os_str() == "-" || !rest.iter().all(|word| is_archive(word)) {
        return false;
    }
    let Ok(archive) = Archive::open(first, settings) else { return true };
    !rest.iter().any(|word| selects(&archive, first, word))
}

/// Is `word` a name or glob of something in `archive`?
pub fn selects(archive: &Archive, input: &Path, word: &Path) -> bool {
    let Ok(mut selection) = Selection::new(&[word.as_os_str().as_bytes().to_vec()]) else {
        return false;
    };
    archive.entries().any(|entry| selection.selects(&Archive::path_of(entry, input)))
}

/// Is it a regular file that begins as archives do?
pub fn is_archive(path: &Path) -> bool {
    let mut start = [0; MAGIC.len()];
    let is_file = std::fs::metadata(path).is_ok_and(|found| found.is_file());
    is_file
        && File::open(path).is_ok_and(|mut file| file.read_exact(&mut start).is_ok())
        && start == MAGIC
}

/// What to type instead of a name that selected nothing, if an entry deeper in the archive has it.
pub fn hint(archive: &Archive, input: &Path, unused: &[u8]) -> String {
    let tail = [b"/", unused].concat();
    let is_deeper = |path: Vec<u8>| path.ends_with(&tail);
    if archive.entries().any(|entry| is_deeper(Archive::path_of(entry, input).to_vec())) {
        format!("; '**/{}' selects it in any folder", cmx::archive::show_name(unused))
    } else {
        String::new()
    }
}
