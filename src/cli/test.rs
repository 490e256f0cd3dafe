//! `cmx -t`: is the archive whole?

use std::io::sink;
use std::path::Path;

use cmx::archive::select::Selection;
use cmx::stream::decode_stream;

use super::archive_input::ArchiveInput;
use super::args::Options;
use super::decompress::settings;
use super::display::Display;
use super::extract;
use super::failure::{Failure, name};

/// Decodes every input, keeps nothing, compares everything.
pub fn run(options: &Options) -> Result<(), Failure> {
    let mut worst: Option<Failure> = None;
    for input in options.inputs() {
        let Err(mut failure) = test_one(options, &input) else { continue };
        // Every archive is tested, so each failure is printed when it is found. Damage outweighs other errors.
        if let Some(earlier) = worst.take() {
            earlier.report();
            failure.code = failure.code.max(earlier.code);
        }
        worst = Some(failure);
    }
    worst.map_or(Ok(()), Err)
}

fn test_one(options: &Options, input: &Path) -> Result<(), Failure> {
    let archive = ArchiveInput::open(input)?;
    let mut settings = settings(options)?;
    let display = Display::begin(options, &name(input), archive.content_len(&settings), 1);
    settings.progress = Some(display.progress.clone());
    let (raw, coded) = if archive.is_named {
        let archive = archive.into_archive(&settings).map_err(|error| Failure::at(input, &error))?;
        let mut all = Selection::new(&[]).map_err(|error| Failure::at(input, &error))?;
        let summary = archive.extract_to(&mut all, &mut sink()).map_err(|error| Failure::at(input, &error))?;
        extract::warn_about(options, input, archive.warnings())?;
        (summary.raw, archive.end())
    } else {
        let summary = decode_stream(archive.into_reader(), &mut sink(), &settings).map_err(|error| Failure::at(input, &error))?;
        (summary.raw, summary.coded)
    };
    display.finish(&name(input), raw, coded, "<-");
    Ok(())
}
