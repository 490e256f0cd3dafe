//! `cmx bench` and `cmx -b`: sizes and speeds of levels on the user's own files, and which level
//! suits them.

use std::fmt::Display;
use std::fs::File;
use std::io::{self};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use cmx::internals::kind::Kind;
use cmx::internals::level::{self, LEVELS, Level};
use cmx::internals::method;
use cmx::internals::predictor::learning::{self, Learning};

use super::failure::{Failure, name};
use super::level_flags::LevelDigits;
use super::measure::{self, Measured};
use super::recommend::recommendation;
use super::standard::print;
use super::{levels, size};

/// What to measure.
#[derive(Debug, clap::Args)]
pub struct BenchArgs {
    /// Levels to measure, as in 1,5,8 (default: all)
    #[arg(long, value_delimiter = ',', value_name = "LIST")]
    pub levels: Vec<u8>,
    /// The same as flags, as in -1 -5.
    #[command(flatten)]
    pub digits: LevelDigits,
    /// Measure all of a large file, not a sample of it
    #[arg(long)]
    pub whole: bool,
    /// Compare the mixers
    #[arg(long)]
    pub mixer: bool,
    /// Compare the instruction sets
    #[arg(long)]
    pub simd: bool,
    /// Threads that compress and decompress (default: 1); 0 or auto is one for each core
    #[arg(
        short = 'T',
        long,
        value_name = "N",
        value_parser = super::args::parse_threads,
        default_value = "1",
        hide_default_value = true,
    )]
    pub threads: usize,
    /// Files to measure on, and folders, which are measured as archives
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// Of a file larger than this, a sample of this size is measured: the strong levels take minutes
/// for more.
const SAMPLE: u64 = 8 << 20;

/// A sample is this many stretches, from the first byte to the last.
const STRETCHES: u64 = 8;

impl BenchArgs {
    /// Every level on `files`.
    pub fn of_files(files: &[PathBuf]) -> Self {
        BenchArgs {
            levels: Vec::new(),
            digits: LevelDigits::default(),
            whole: false,
            mixer: false,
            simd: false,
            threads: 1,
            files: files.to_vec(),
        }
    }
}

/// Prints a table over the levels for each file, and a recommendation.
pub fn run(args: &BenchArgs) -> Result<(), Failure> {
    let numbers = [&args.levels[..], &args.digits.0].concat();
    let levels: Vec<&'static Level> = match &numbers[..] {
        // One level of each size of profile is enough for what does not depend on the level
        // otherwise.
        [] if args.mixer => LEVELS.iter().filter(|level| matches!(level.number(), 5 | 7)).collect(),
        [] => LEVELS.iter().collect(),
        numbers => numbers
            .iter()
            .map(|&number| {
                level::level(number)
                    .ok_or_else(|| Failure::usage(format!("there is no level {number}")))
            })
            .collect::<Result<_, _>>()?,
    };
    if args.files.is_empty() {
        return Err(Failure::usage("name a file to measure on"));
    }
    let threads = match args.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    };
    for (number, path) in args.files.iter().enumerate() {
        let is_measured = !args.mixer && !args.simd;
        if number > 0 && is_measured {
            say("")?;
        }
        if path.is_dir() && is_measured {
            table(
                path,
                &Input::Folder(measure::length(path).map_err(|error| Failure::at(path, &error))?),
                &levels,
                threads,
            )?;
            continue;
        }
        let (raw, length) = read(path, args.whole).map_err(|error| Failure::io(path, &error))?;
        if args.mixer {
            levels.iter().try_for_each(|level| mixers(path, &raw, level))?;
            continue;
        }
        if args.simd {
            levels.iter().try_for_each(|level| instruction_sets(path, &raw, level))?;
            continue;
        }
        table(path, &Input::File { raw: &raw, length }, &levels, threads)?;
    }
    Ok(())
}

/// The bytes to measure, and how many the file has.
fn read(path: &Path, whole: bool) -> io::Result<(Vec<u8>, u64)> {
    let file = File::open(path)?;
    let found = file.metadata()?;
    if whole || !found.is_file() || found.len() <= SAMPLE {
        let raw = std::fs::read(path)?;
        let length = raw.len() as u64;
        return Ok((raw, length));
    }
    let part = SAMPLE / STRETCHES;
    let mut raw = vec![0; SAMPLE as usize];
    for (number, stretch) in raw.chunks_mut(part as usize).enumerate() {
        file.read_exact_at(stretch, (found.len() - part) / (STRETCHES - 1) * number as u64)?;
    }
    Ok((raw, found.len()))
}

/// What is measured.
enum Input<'a> {
    /// All of a file or a sample of it, and the length of the file in bytes.
    File { raw: &'a [u8], length: u64 },
    /// A folder with so many bytes of files.
    Folder(u64),
}

/// One file or folder: a line for each level as it is done, then what to make of it.
fn table(
    path: &Path,
    input: &Input<'_>,
    levels: &[&'static Level],
    threads: usize,
) -> Result<(), Failure> {
    let (length, of) = match input {
        Input::File { raw, length } if raw.len() as u64 != *length => (
            *length,
            format!(
                " (a sample of {} from all over it; --whole measures all)",
                size::show(raw.len() as u64)
            ),
        ),
        Input::File { length, .. } => (*length, String::new()),
        Input::Folder(length) => (*length, " of files".into()),
    };
    say(format!("{}: {}{of}", name(path), size::show(length)))?;
    say("level              size    ratio    compress  decompress  memory, at most")?;
    let mut rows: Vec<Measured> = Vec::new();
    for level in levels {
        let row = match input {
            Input::File { raw, .. } => measure::bytes(raw, level, threads),
            Input::Folder(raw) => measure::folder(path, *raw, level, threads),
        };
        let row = row.map_err(|error| Failure::at(path, &error))?;
        say(format!(
            "-{} {:<9} {:>11} {:>6.2} % {:>6.2} MB/s {:>6.2} MB/s {:>8}",
            level.number(),
            level.name(),
            row.coded,
            100.0 * row.ratio(),
            row.compress_rate() / 1e6,
            row.decompress_rate() / 1e6,
            size::show(levels::needed(level))
        ))?;
        rows.push(row);
    }
    let threads = match threads {
        1 => "One thread".to_string(),
        threads => format!("{threads} threads"),
    };
    say(format!("{threads}, without verification, which takes the time to decompress once more."))?;
    say(recommendation(&rows, length))
}

/// A line for each instruction set of this machine: the file as one stream, no transforms.
fn instruction_sets(path: &Path, raw: &[u8], level: &Level) -> Result<(), Failure> {
    for set in cmx::internals::simd::usable() {
        let start = Instant::now();
        let coded = method::choice::choose(level, &Kind::Text, raw)
            .and_then(|method| method::encode_as(raw, method, &Kind::Text, set))
            .map_err(|error| Failure::at(path, &error))?;
        let encoded = start.elapsed().as_secs_f64();
        let rate = raw.len() as f64 / 1e6 / encoded.max(1e-9);
        let (file, number, set, from, to) =
            (name(path), level.number(), set.name(), raw.len(), coded.len());
        say(format!("{file}  -{number}  {set:6}  {from} -> {to}  encode {rate:.2} MB/s"))?;
    }
    Ok(())
}

/// A line for each way in which mixers learn: the file as one stream of the kind that most
/// of it is.
fn mixers(path: &Path, raw: &[u8], level: &Level) -> Result<(), Failure> {
    let kind = cmx::internals::block::main_kind(raw, level);
    let Some(profile) = method::choice::profile(level, &kind, raw.len()) else {
        return say(format!("{}  -{}  is sorted: no mixer", name(path), level.number()));
    };
    let mut first = 0;
    for learning in Learning::ALL {
        if learning == Learning::Bayes && (profile.contexts.len() > 16 || profile.signal.is_some())
        {
            continue;
        }
        let start = Instant::now();
        let coded = learning::encode_learning(&profile, raw, level.memory(), learning)
            .map_err(|error| Failure::at(path, &error))?;
        let rate = raw.len() as f64 / 1e6 / start.elapsed().as_secs_f64().max(1e-9);
        first = if first == 0 { coded.len() } else { first };
        let change = 100.0 * (coded.len() as f64 / first as f64 - 1.0);
        let (file, number, from, to) = (name(path), level.number(), raw.len(), coded.len());
        let learning = learning.name();
        say(format!(
            "{file}  -{number}  {learning:26} {from} -> {to}  {change:+.2} %  encode {rate:.2} MB/s"
        ))?;
    }
    Ok(())
}

fn say(line: impl Display) -> Result<(), Failure> {
    print(format!("{line}\n"))
}
