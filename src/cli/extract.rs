//! `cmx -d X.cmx PATTERN… -C DIR`: extracts named files from an archive.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use cmx::Archive;
use cmx::archive::Selection;
use cmx::archive::show_name;

use super::archive_input::ArchiveInput;
use super::args::Options;
use super::compress::remove_source;
use super::decompress::settings;
use super::display::Display;
use super::failure::{Failure, name, warn, with_remedy};
use super::output::Output;
use super::{extract_file, extract_folder, others};

/// Extracts the entries that the patterns after `input` select; without patterns, all entries.
pub fn run(options: &Options, input: &Path, archive: ArchiveInput) -> Result<(), Failure> {
    if input.as_os_str() == "-"
        && options.directory.is_none()
        && options.output.is_none()
        && !options.to_stdout()
    {
        return Err(Failure::usage(
            "standard input holds named files; name the folder to extract into with -C",
        ));
    }
    let fail = |error: cmx::Error| Failure::at(input, &error);
    let mut settings = settings(options)?;
    let (original, own) = (archive.original(input), archive.file_metadata());
    // The length of a selection is known only after the index has been read.
    let length = if options.files.len() <= 1 { archive.content_len(&settings) } else { None };
    let display = Display::begin(options, &name(input), length, 1);
    settings.progress = Some(display.progress.clone());
    let selection = selection(options).map_err(fail)?;
    let archive = archive.into_archive(&settings).map_err(fail)?;
    let paths = archive.entries().map(|entry| Archive::path_of(entry, input));
    if let Some(pattern) = selection.unused(paths) {
        let (pattern, hint) = (show_name(pattern), others::hint(&archive, input, pattern));
        return Err(Failure::usage(format!(
            "{}: nothing in the archive matches {pattern:?}{hint}",
            name(input)
        )));
    }
    let mut end = Ok(());
    let (summary, is_kept) = if options.to_stdout() {
        let mut output = Output::stdout()?;
        let result = archive.extract_to(&selection, &mut output);
        (result.map_err(|error| output.blame(input, &error))?, false)
    } else if let Some(target) = &options.output {
        extract_file::run(options, (input, &archive, own), &selection, target)?
    } else {
        let summary;
        (summary, end) = extract_folder::run(options, &archive, &selection);
        (summary, true)
    };
    let is_all = options.files.len() <= 1
        && is_kept
        && end.is_ok()
        && !options.ignore_trailing
        && archive.warnings().is_empty()
        && summary.warnings.is_empty()
        && extract_folder::is_complete(&summary);
    let kept = match original.filter(|_| is_all) {
        Some(original) => remove_source(options, input, &original)?,
        None => None,
    };
    match end {
        Ok(()) => display.finish(&name(input), summary.raw, archive.end(), "<-"),
        Err(_) => drop(display),
    }
    let warnings: Vec<String> = with_remedy(archive.warnings())
        .chain(summary.warnings.iter().cloned())
        .chain(kept)
        .collect();
    let warned = warn_about(options, input, &warnings);
    extract_folder::report(options, input, &summary, end)?;
    warned
}

/// The selection that the patterns after the name of the archive make.
pub fn selection(options: &Options) -> cmx::Result<Selection> {
    let patterns: Vec<Vec<u8>> = options
        .files
        .iter()
        .skip(1)
        .map(|pattern| pattern.as_os_str().as_bytes().to_vec())
        .collect();
    Selection::new(&patterns)
}

/// Prints warnings about `input`. Returns a failure with the exit code of a warning if there are
/// any.
pub fn warn_about(options: &Options, input: &Path, warnings: &[String]) -> Result<(), Failure> {
    if warnings.is_empty() {
        return Ok(());
    }
    if !options.quiet {
        warnings.iter().for_each(|text| warn(format!("{}: {text}", name(input))));
    }
    Err(Failure::warned())
}
