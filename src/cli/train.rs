//! `cmx train FOLDER… -o my.prior`: makes a prior of the user's own kind of data.

use std::fs;
use std::io::{self, IsTerminal, Read, Write, stderr};
use std::path::{Path, PathBuf};

use cmx::Metadata;
use cmx::internals::training::{Settings, Trained, Trainer, train};

use super::args::Options;
use super::failure::{Failure, name};
use super::level_flags::LevelFlags;
use super::output::Output;
use super::{compress, size, standard};

/// What to learn from.
#[derive(Debug, clap::Args)]
pub struct TrainArgs {
    /// The nine level flags.
    #[command(flatten)]
    pub level: LevelFlags,
    /// Where to write the prior
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
    /// Most bytes of text in the prior, as in 64K (default: 112K; at most 512K)
    ///
    /// More text makes records smaller. Every call reads it once, which takes up to a second.
    #[arg(long, value_name = "SIZE", value_parser = size::parse)]
    pub size: Option<u64>,
    /// Train the network of -9 too, on so many bytes of records, as in 2M (1M with -9, else 0)
    ///
    /// That takes about half a minute a MB. The prior gets weights of 1.2 MB, or 2.4 MB where records
    /// are of two kinds.
    #[arg(long, value_name = "SIZE", value_parser = size::parse)]
    pub network: Option<u64>,
    /// Train the network in floats, many records side by side (whole, floats)
    #[cfg(feature = "train")]
    #[arg(long, value_name = "NAME", default_value = "whole")]
    pub trainer: String,
    /// Go on from this checkpoint of the trainer in floats, and write it
    #[cfg(feature = "train")]
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
    /// Every line of a file is a record
    #[arg(long)]
    pub lines: bool,
    /// What errors call the prior (default: the name of the file)
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Overwrite the prior
    #[arg(short, long)]
    pub force: bool,
    /// No progress and no results
    #[arg(short, long)]
    pub quiet: bool,
    /// Folders of records, and files
    #[arg(required = true, value_name = "FOLDER")]
    pub inputs: Vec<PathBuf>,
}

/// Bytes of text that are as many as those of a dictionary of zstd.
const DEFAULT_SIZE: u64 = 112 << 10;
/// Most bytes of a record that are looked at, and of all records together.
const LONGEST: u64 = 1 << 20;
const MOST: u64 = 128 << 20;
/// Bytes that a network reads for a prior of -9.
const TRAINED: u64 = 1 << 20;
/// Most bytes that a network reads.
const MOST_TRAINED: u64 = 1 << 30;
/// Most bytes of a name.
const LONGEST_NAME: usize = 32;

/// Trains a prior, writes it, and says what it saves.
pub fn run(args: &TrainArgs) -> Result<(), Failure> {
    let options = Options { level: args.level, quiet: args.quiet, ..Options::default() };
    let level = compress::chosen_level(&options);
    let mut paths = Vec::new();
    args.inputs.iter().try_for_each(|input| find(input, &mut paths))?;
    let samples = read(&paths, args.lines)?;
    let trainer = trainer(args)?;
    let of_level = if args.level.number == 9 { TRAINED } else { 0 };
    let network = args.network.unwrap_or(of_level).min(MOST_TRAINED) as usize;
    let size = args.size.unwrap_or(DEFAULT_SIZE).min(1 << 30) as usize;
    let settings = Settings { name: chosen_name(args), size, level, network, trainer };
    let mut output = Output::file(&args.output, args.force, Path::new(""))?;
    let shows = stderr().is_terminal() && !args.quiet;
    let mut report = |what: &str, percent: u64| {
        if shows {
            // If standard error is closed, nothing is shown.
            let _ = write!(stderr(), "\r{percent:>3} % {what:<60}\r");
        }
    };
    let trained =
        train(&samples, &settings, &mut report).map_err(|error| Failure::plain(&error))?;
    report("", 100);
    output
        .write_all(&trained.prior.to_bytes())
        .map_err(|error| Failure::io(&args.output, &error))?;
    output.commit(&Metadata::default())?;
    if args.quiet { Ok(()) } else { standard::print(said_of(&trained, args, samples.len())) }
}

#[cfg(not(feature = "train"))]
fn trainer(_: &TrainArgs) -> Result<Trainer, Failure> {
    Ok(Trainer::Whole)
}

#[cfg(feature = "train")]
fn trainer(args: &TrainArgs) -> Result<Trainer, Failure> {
    match args.trainer.as_str() {
        "whole" => Ok(Trainer::Whole),
        "floats" => Ok(Trainer::Floats { checkpoint: args.checkpoint.clone() }),
        _ => Err(Failure::usage("--trainer is whole or floats")),
    }
}

fn said_of(trained: &Trained, args: &TrainArgs, samples: usize) -> String {
    let [raw, without, with] = trained.sizes;
    format!(
        "{}: {} of text ({}) from {samples} records, prior {:08x} ({})\n\
         {} records that it was not chosen from, each compressed alone at -{}: {raw} bytes, \
         {without} without the prior, {with} with it ({:+.1} %)\n",
        name(&args.output),
        size::show(trained.prior.primer_len() as u64),
        trained.how,
        trained.prior.id(),
        trained.prior.name(),
        trained.judged,
        args.level.number,
        100.0 * (with as f64 / without.max(1) as f64 - 1.0),
    )
}

/// The name that the user chose, or that of the file as far as archives can hold it.
fn chosen_name(args: &TrainArgs) -> String {
    let stem = args.output.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let text = args.name.clone().unwrap_or(stem);
    let shown = |letter: char| if matches!(letter, ' '..='~') { letter } else { '_' };
    text.chars().map(shown).take(LONGEST_NAME).collect()
}

/// Finds the files below `path`, in the order of their paths.
fn find(path: &Path, paths: &mut Vec<(PathBuf, u64)>) -> Result<(), Failure> {
    let fail = |error: io::Error| Failure::io(path, &error);
    let found = fs::symlink_metadata(path).map_err(fail)?;
    if found.is_dir() {
        let entries = fs::read_dir(path).map_err(fail)?;
        let mut inner: Vec<PathBuf> = entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<io::Result<_>>()
            .map_err(fail)?;
        inner.sort();
        return inner.iter().try_for_each(|path| find(path, paths));
    }
    if found.is_file() {
        paths.push((path.to_path_buf(), found.len()));
    }
    Ok(())
}

/// Reads records from `paths`: all of them, or some of them evenly where they are too many.
fn read(paths: &[(PathBuf, u64)], lines: bool) -> Result<Vec<Vec<u8>>, Failure> {
    let longest = if lines { MOST } else { LONGEST };
    let total: u64 = paths.iter().map(|(_, length)| (*length).min(longest)).sum();
    let mut samples = Vec::new();
    let each = total.div_ceil(MOST).max(1) as usize;
    for (path, _) in paths.iter().step_by(each) {
        let mut bytes = Vec::new();
        let file = fs::File::open(path).map_err(|error| Failure::io(path, &error))?;
        file.take(longest).read_to_end(&mut bytes).map_err(|error| Failure::io(path, &error))?;
        if lines {
            samples.extend(bytes.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec));
        } else {
            samples.push(bytes);
        }
    }
    Ok(samples)
}
