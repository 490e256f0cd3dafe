//! `cmx -d X.cmx MEMBER -o FILE`: extracts one file of an archive to a path that the user chooses.

use std::path::Path;

use cmx::archive::ExtractSummary;
use cmx::archive::Selection;
use cmx::archive::{Entry, EntryKind};
use cmx::{Archive, Metadata};

use super::args::Options;
use super::decompress::restored_mode;
use super::failure::{Failure, name};
use super::output::Output;

/// Extracts the one file that `selection` selects in `archive` to `target`, with its mode and time.
/// `own` are mode and time of the archive file. The second result says whether `target` is a file
/// that keeps the bytes.
///
/// # Errors
/// The selection is not exactly one regular file, the target exists, or an error of
/// [`Archive::extract_to`].
pub fn run(
    options: &Options,
    (input, archive, own): (&Path, &Archive, Metadata),
    selection: &Selection,
    target: &Path,
) -> Result<(ExtractSummary, bool), Failure> {
    if options.owner || options.xattrs.is_some() {
        return Err(Failure::usage(
            "a file that -o names gets mode and time; for --owner and --xattrs extract into a \
             folder with -C",
        ));
    }
    let stored = only_file(input, archive, selection)?.metadata;
    if options.skip_existing && target.symlink_metadata().is_ok_and(|found| !found.is_dir()) {
        return Ok((ExtractSummary::default(), false));
    }
    let mut output = Output::file(target, options.force, input)?;
    let result = archive.extract_to(selection, &mut output);
    let summary = result.map_err(|error| output.blame(input, &error))?;
    let is_kept = output.is_kept();
    output.commit(&Metadata {
        mode: restored_mode(stored.mode, own.mode),
        mtime: stored.mtime.or(own.mtime),
    })?;
    Ok((summary, is_kept))
}

/// The selected entry, if exactly one entry is selected and it is a file.
fn only_file<'a>(
    input: &Path,
    archive: &'a Archive,
    selection: &Selection,
) -> Result<&'a Entry, Failure> {
    let mut chosen =
        archive.entries().filter(|entry| selection.selects(&Archive::path_of(entry, input)));
    let what = match (chosen.next(), chosen.count()) {
        (Some(entry), 0) => match entry.kind {
            EntryKind::File | EntryKind::Hardlink => return Ok(entry),
            EntryKind::Directory => "a folder is".to_string(),
            EntryKind::Symlink => "a symbolic link is".to_string(),
        },
        (first, more) => format!("{} entries are", usize::from(first.is_some()) + more),
    };
    Err(Failure::usage(format!(
        "{}: {what} selected, and -o takes one file; name that, or extract into a folder with -C",
        name(input)
    )))
}
