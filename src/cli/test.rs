//! `cmx -t`: tests whether an archive is undamaged.

use std::io::sink;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use cmx::Archive;
use cmx::archive::Selection;
use cmx::internals::stream::decode_stream;

use super::archive_input::ArchiveInput;
use super::args::Options;
use super::decompress::settings;
use super::display::Display;
use super::failure::{Failure, name, with_remedy};
use super::{batch, extract, others};

/// Decodes every input, compares all hashes, and keeps nothing.
pub fn run(options: &Options) -> Result<(), Failure> {
    let mut inputs = options.inputs();
    let names = names_in_first(options, &mut inputs)?;
    let first = inputs[0].clone();
    batch::each(&inputs, "whole", |input| {
        test_one(options, input, if input == first { &names } else { &[] })
    })
}

/// Removes from `inputs` the words that are names or globs in the first archive, and returns them.
fn names_in_first(options: &Options, inputs: &mut Vec<PathBuf>) -> Result<Vec<Vec<u8>>, Failure> {
    if inputs[1..].iter().all(|word| others::is_archive(word)) || inputs[0].as_os_str() == "-" {
        return Ok(Vec::new());
    }
    // Errors of the archive are reported when the archive is tested.
    let Ok(archive) = Archive::open(&inputs[0], &settings(options)?) else { return Ok(Vec::new()) };
    let first = inputs[0].clone();
    let is_name =
        |word: &PathBuf| !others::is_archive(word) && others::selects(&archive, &first, word);
    let names: Vec<PathBuf> =
        inputs[1..].iter().filter(|word| archive.is_named() && is_name(word)).cloned().collect();
    // A word that is neither a name nor a file may be a name without its folder.
    for word in inputs[1..]
        .iter()
        .filter(|word| archive.is_named() && !names.contains(word) && !word.exists())
    {
        let hint = others::hint(&archive, &first, word.as_os_str().as_bytes());
        if !hint.is_empty() {
            return Err(Failure::usage(format!(
                "{}: nothing matches {:?}{hint}",
                name(&first),
                name(word)
            )));
        }
    }
    let mut number = 0;
    inputs.retain(|word| {
        number += 1;
        number == 1 || !names.contains(word)
    });
    Ok(names.iter().map(|name| name.as_os_str().as_bytes().to_vec()).collect())
}

/// Tests the entries that `names` select in `input`; without names, all entries.
fn test_one(options: &Options, input: &Path, names: &[Vec<u8>]) -> Result<(), Failure> {
    let mut settings = settings(options)?;
    let archive = ArchiveInput::open(input, &settings)?;
    let display = Display::begin(options, &name(input), archive.content_len(&settings), 1);
    settings.progress = Some(display.progress.clone());
    let (raw, coded) = if archive.is_named {
        let archive =
            archive.into_archive(&settings).map_err(|error| Failure::at(input, &error))?;
        let all = Selection::new(names).map_err(|error| Failure::at(input, &error))?;
        let summary = archive.test(&all).map_err(|error| Failure::of_tested(input, &error))?;
        let mut warnings: Vec<String> = with_remedy(archive.warnings()).collect();
        if names.is_empty() {
            let damages = archive.scrub().map_err(|error| Failure::at(input, &error))?;
            warnings.extend(damages.iter().map(|text| {
                format!(
                    "{text}; all contents are undamaged, and `cmx repair` restores the \
                     damaged bytes"
                )
            }));
        }
        extract::warn_about(options, input, &warnings)?;
        (summary.raw, archive.end())
    } else {
        let summary = decode_stream(archive.into_reader(), &mut sink(), &settings)
            .map_err(|error| Failure::at(input, &error))?;
        (summary.raw, summary.coded)
    };
    display.finish(&name(input), raw, coded, "<-");
    Ok(())
}
