//! Targets for archives with names: they are files, so each run works in a folder of its own.

use std::fs::{self, File};
use std::path::Path;

use cmx::archive::repair as repair_archive;
use cmx::archive::Selection;
use cmx::archive::{ExtractOptions, show_name};
use cmx::{Archive, Error};

use crate::{LARGEST, limits, no_defect};

fn written(folder: &Path, data: &[u8]) -> std::path::PathBuf {
    let path = folder.join("x.cmx");
    fs::write(&path, data).unwrap();
    path
}

/// Everything in `folder` but what lies in its folder `out`.
fn outside(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut all: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| !path.ends_with("out")).collect();
    all.sort();
    all.into_iter().map(|path| (path.clone(), fs::read(&path).unwrap_or_default())).collect()
}

/// Extracts: nothing outside of the target changes.
pub fn extract(data: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), data);
    let Some(archive) = no_defect(Archive::open(&path, &limits())) else { return };
    fs::write(folder.path().join("sentinel"), b"untouched").unwrap();
    fs::create_dir(folder.path().join("out")).unwrap();
    let before = outside(folder.path());
    let options = ExtractOptions::new().overwrite(data.len() % 2 == 0);
    no_defect(archive.extract(&Selection::new(&[]).unwrap(), &folder.path().join("out"), &options));
    assert_eq!(outside(folder.path()), before);
}

/// Lists, and gives out the contents one after the other.
pub fn list(data: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), data);
    let Some(archive) = no_defect(Archive::open(&path, &limits())) else { return };
    for (entry, _packed) in archive.entries_with_packed() {
        let shown = show_name(&entry.path);
        assert!(!shown.chars().any(char::is_control));
    }
    let mut out = Vec::new();
    no_defect(archive.extract_to(&Selection::new(&[]).unwrap(), &mut out));
    assert!(out.len() <= LARGEST);
}

/// Repairs: what comes out is an archive that opens.
pub fn repair(data: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    let path = written(folder.path(), data);
    let mut out = Vec::new();
    match repair_archive(&File::open(&path).unwrap(), folder.path(), &mut out, &limits()) {
        Ok(_) => {
            let mended = folder.path().join("mended.cmx");
            fs::write(&mended, &out).unwrap();
            if let Err(error) = Archive::open(&mended, &limits()) {
                assert!(matches!(error, Error::Limit(_)), "the repaired archive does not open: {error}");
            }
        }
        Err(Error::Bug(text)) => panic!("{text}"),
        Err(_) => {}
    }
}
