//! `cmx repair X.cmx`: writes the undamaged contents of a damaged archive to a new archive.

use std::fs::{self, File};
use std::io::{self};
use std::path::{Path, PathBuf};

use clap::ArgAction;
use cmx::archive::repair;

use super::args::Options;
use super::decompress::settings;
use super::display::Display;
use super::failure::{Failure, name};
use super::output::Output;
use super::size;
use super::standard;

/// The arguments of the repair. Each flag means the same as in other commands.
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
    /// Threads for decoding (default: one per core, as memory allows)
    #[arg(short = 'T', long, value_name = "N")]
    pub threads: Option<usize>,
    /// Memory that may be used, as in 900M or 4G (default: three quarters of what there is)
    #[arg(short = 'M', long, value_name = "SIZE", value_parser = size::parse)]
    pub memory: Option<u64>,
    /// A prior that the archive was made with; for parts of files that are saved
    #[arg(long, value_name = "FILE")]
    pub prior: Vec<PathBuf>,
    /// No progress, only what is lost
    #[arg(short, long)]
    pub quiet: bool,
    /// Say what was found
    #[arg(short, long, action = ArgAction::Count)]
    pub verbose: u8,
    /// Largest index of an archive, in bytes
    #[arg(long, value_name = "SIZE", value_parser = size::parse)]
    pub max_index: Option<u64>,
    /// Longest path in an archive, in bytes
    #[arg(long, value_name = "SIZE", value_parser = size::parse)]
    pub max_path: Option<u64>,
}

impl RepairArgs {
    /// The same flags as options of the main job.
    fn options(&self) -> Options {
        Options {
            threads: self.threads,
            memory: self.memory,
            prior: self.prior.clone(),
            quiet: self.quiet,
            verbose: self.verbose,
            max_index: self.max_index,
            max_path: self.max_path,
            ..Options::default()
        }
    }
}

/// Repairs the archive and reports what is lost.
pub fn run(args: &RepairArgs) -> Result<(), Failure> {
    let input = &args.archive;
    let file = open(input)?;
    let target = args.output.clone().unwrap_or_else(|| input.with_extension("repaired.cmx"));
    if target.as_os_str() == "-" {
        return Err(Failure::usage(
            "a repaired archive is written to a file, not to standard output; name it with -o",
        ));
    }
    let options = args.options();
    let mut settings = settings(&options)?;
    let mut output = Output::file(&target, args.force, input)?;
    let folder =
        target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let display = Display::begin(&options, &name(input), None, 1);
    settings.progress = Some(display.progress.clone());
    let summary = repair(&file, folder, &mut output, &settings);
    drop(display);
    let summary = summary.map_err(|error| {
        if error.is_damage() {
            Failure::beyond_repair(input, &error)
        } else {
            output.blame(input, &error)
        }
    })?;
    let mut text: Vec<String> = Vec::new();
    if args.verbose > 0 {
        text.extend_from_slice(&summary.members);
    }
    text.extend_from_slice(&summary.notes);
    if summary.was_whole {
        text.push(format!("{} is undamaged; nothing to repair", name(input)));
    } else {
        let found = file.metadata().map_err(|error| Failure::io(input, &error))?;
        output.commit_like(&found)?;
        text.push(format!(
            "{}: {} entries undamaged, {} not",
            name(&target),
            summary.whole,
            summary.lost.len()
        ));
    }
    if args.quiet {
        text.clear();
    }
    let lost = summary.lost.iter().map(|line| format!("lost: {line}"));
    // The list of losses comes before the line that counts them.
    let at = text.len().saturating_sub(1);
    text.splice(at..at, lost);
    let text: String = text.iter().map(|line| format!("{line}\n")).collect();
    standard::print(text)?;
    if summary.lost.is_empty() { Ok(()) } else { Err(Failure::warned()) }
}

/// Opens the archive as a file, because a repair reads it several times.
fn open(input: &Path) -> Result<File, Failure> {
    if input.as_os_str() == "-" {
        return Err(Failure::usage(
            "standard input cannot be repaired, as it is read more than once; copy it to a file \
             and name that",
        ));
    }
    let found = fs::metadata(input).map_err(|error| Failure::io(input, &error))?;
    if found.is_dir() {
        return Err(Failure::io(input, &io::ErrorKind::IsADirectory.into()));
    }
    if !found.is_file() {
        return Err(Failure::usage(format!(
            "{} is no regular file; copy it to one and name that",
            name(input)
        )));
    }
    let file = File::open(input).map_err(|error| Failure::io(input, &error))?;
    // Without the lock, a repair could cut off an append that is still being written.
    cmx::internals::input::lock::for_reading(&file).map_err(|error| Failure::io(input, &error))?;
    Ok(file)
}
