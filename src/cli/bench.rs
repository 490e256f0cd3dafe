//! `cmx bench`: sizes and speeds of levels on the user's own files.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use cmx::block::Kind;
use cmx::level::{self, LEVELS, Level};
use cmx::predictor::codec;

use super::failure::{Failure, name};

/// What to measure.
#[derive(Debug, clap::Args)]
pub struct BenchArgs {
    /// Levels to measure, as in 1,5,8 (default: all)
    #[arg(long, value_delimiter = ',', value_name = "N,…")]
    pub levels: Vec<u8>,
    /// Compare the mixers
    #[arg(long)]
    pub mixer: bool,
    /// Compare the instruction sets
    #[arg(long)]
    pub simd: bool,
    /// Files to measure on
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

impl BenchArgs {
    /// Every level on `files`.
    pub fn of_files(files: &[PathBuf]) -> Self {
        BenchArgs { levels: Vec::new(), mixer: false, simd: false, files: files.to_vec() }
    }
}

/// Prints a line per file and level.
pub fn run(args: &BenchArgs) -> Result<(), Failure> {
    let levels: Vec<&Level> = match &args.levels[..] {
        [] => LEVELS.iter().collect(),
        numbers => numbers
            .iter()
            .map(|&number| level::level(number).ok_or_else(|| Failure::usage(format!("there is no level {number}"))))
            .collect::<Result<_, _>>()?,
    };
    if args.files.is_empty() {
        return Err(Failure::usage("name a file to measure on"));
    }
    if args.mixer {
        return Err(Failure::usage("--mixer is not there yet: there is one mixer to measure"));
    }
    for path in &args.files {
        let raw = std::fs::read(path).map_err(|error| Failure::io(path, &error))?;
        if args.simd {
            for level in &levels {
                instruction_sets(path, &raw, level)?;
            }
            continue;
        }
        for level in &levels {
            let line = measure(&raw, level).map_err(|error| Failure::at(path, &error))?;
            writeln!(io::stdout(), "{}  -{}  {line}", name(path), level.number)
                .map_err(|error| Failure::io(Path::new("standard output"), &error))?;
        }
    }
    Ok(())
}

/// A line for each instruction set of this machine: the file as one stream, no transforms.
fn instruction_sets(path: &Path, raw: &[u8], level: &Level) -> Result<(), Failure> {
    for set in cmx::simd::usable() {
        let start = Instant::now();
        let coded = codec::encode_as(raw, level, &Kind::Text, set).map_err(|error| Failure::at(path, &error))?;
        let encoded = start.elapsed().as_secs_f64();
        let rate = raw.len() as f64 / 1e6 / encoded.max(1e-9);
        writeln!(
            io::stdout(),
            "{}  -{}  {:6}  {} -> {}  encode {rate:.2} MB/s",
            name(path),
            level.number,
            set.name(),
            raw.len(),
            coded.len()
        )
        .map_err(|error| Failure::io(Path::new("standard output"), &error))?;
    }
    Ok(())
}

fn measure(raw: &[u8], level: &Level) -> cmx::Result<String> {
    let start = Instant::now();
    let mut coded = Vec::new();
    for block in raw.chunks(level.block_size) {
        coded.push((cmx::block::encode(block, level, false)?.bytes, block.len()));
    }
    let encoded = start.elapsed().as_secs_f64();
    let start = Instant::now();
    for (bytes, raw_len) in &coded {
        cmx::block::decode(bytes, *raw_len)?;
    }
    let decoded = start.elapsed().as_secs_f64();
    let size: usize = coded.iter().map(|(bytes, _)| bytes.len()).sum();
    let rate = |seconds: f64| raw.len() as f64 / 1e6 / seconds.max(1e-9);
    Ok(format!(
        "{} -> {size} ({:.2} %)  encode {:.2} MB/s  decode {:.2} MB/s",
        raw.len(),
        100.0 * size as f64 / raw.len().max(1) as f64,
        rate(encoded),
        rate(decoded)
    ))
}
