//! `cmx repair X.cmx`: what is whole of a damaged archive, in a new one.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use cmx::archive::repair::repair;
use cmx::{DecodeOptions, Metadata};

use super::failure::{Failure, name};
use super::levels;
use super::output::Output;

/// What to repair.
#[derive(Debug, clap::Args)]
pub struct RepairArgs {
    /// The damaged archive; it is not changed
    #[arg(value_name = "ARCHIVE")]
    pub archive: PathBuf,
    /// Where to write the repaired one (default: ARCHIVE with .repaired before the suffix)
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Overwrite the output
    #[arg(short, long)]
    pub force: bool,
}

/// Repairs and says what is lost.
pub fn run(args: &RepairArgs) -> Result<(), Failure> {
    let input = &args.archive;
    let fail = |error: cmx::Error| Failure::at(input, &error);
    let file = File::open(input).map_err(|error| Failure::io(input, &error))?;
    let target = args.output.clone().unwrap_or_else(|| input.with_extension("repaired.cmx"));
    let mut output = Output::file(&target, args.force, input)?;
    let folder = target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let limits = DecodeOptions { memory: levels::default_memory(), ..DecodeOptions::default() };
    let summary = repair(&file, folder, &mut output, &limits);
    let summary = summary.map_err(|error| if output.has_failed() { output.blame(input, &error) } else { fail(error) })?;
    let mut text: Vec<String> = summary.notes.clone();
    if summary.was_whole {
        text.push(format!("{} is whole; nothing to repair", name(input)));
    } else {
        output.commit(&Metadata::default())?;
        text.extend(summary.lost.iter().map(|line| format!("lost: {line}")));
        text.push(format!("{}: {} entries whole, {} not", name(&target), summary.whole, summary.lost.len()));
    }
    let text = text.join("\n") + "\n";
    io::stdout().write_all(text.as_bytes()).map_err(|error| Failure::io(Path::new("standard output"), &error))?;
    if summary.lost.is_empty() { Ok(()) } else { Err(Failure::warned()) }
}
