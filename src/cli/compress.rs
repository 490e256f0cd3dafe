//! `cmx -c`: compresses one file or stream to one archive.

use std::ffi::OsString;
use std::fs::File;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

use cmx::Level;
use cmx::internals::input::{BlockSource, FileSource, Original, StreamSource};
use cmx::internals::stream::encode_stream;
use cmx::{EncodeOptions, Metadata};

use super::args::Options;
use super::display::Display;
use super::failure::{Failure, name, warn};
use super::output::Output;
use super::standard;
use super::{batch, levels, pack, priors};

/// Compresses every input to an archive of its own.
pub fn run(options: &Options) -> Result<(), Failure> {
    let inputs = options.inputs();
    let level = chosen_level(options);
    let several = inputs.len() > 1 && (options.output.is_some() || options.to_stdout());
    if options.archive || several || inputs.iter().any(|input| input.is_dir()) {
        return pack::run(options, level, &inputs);
    }
    if options.parity > 0 {
        return Err(Failure::usage(
            "--parity belongs to archives of named files; add --archive to make one of a single \
             file",
        ));
    }
    batch::each(&inputs, "compressed", |input| {
        if compress_one(options, level, input)? { Err(Failure::warned()) } else { Ok(()) }
    })
}

/// The level that the user chose, with blocks of the size that the user chose.
pub fn chosen_level(options: &Options) -> Level {
    let level = Level::new(options.level.number).unwrap_or_default();
    let level = options.network_start.map_or(level, |start| level.with_network_start(start));
    let block = options.block.map(|block| usize::try_from(block).unwrap_or(usize::MAX));
    block.map_or(level, |block| level.with_block_size(block.max(LEAST_BLOCK)))
}

/// The smallest block that a user may ask for. Smaller ones would be all overhead.
const LEAST_BLOCK: usize = 4 << 10;

/// Compresses `input`. Returns whether a warning was printed.
fn compress_one(options: &Options, level: Level, input: &Path) -> Result<bool, Failure> {
    let Opened { mut source, length, metadata, original } = open(options, input)?;
    let mut output = open_output(options, input)?;
    let mut settings = EncodeOptions::new()
        .level(level)
        .verify(!options.no_verify)
        .memory(levels::memory(options))
        .prior(priors::for_coding(options)?);
    (settings.level, settings.threads) = levels::fitted(options, level, length)?;
    let passes = settings.passes();
    let display =
        Display::begin(options, &name(input), length.map(|length| length * passes), passes);
    settings.progress = Some(display.progress.clone());
    let result = encode_stream(source.as_mut(), &mut output, metadata, &settings);
    let summary = result.map_err(|error| output.blame(input, &error))?;
    let is_kept = output.is_kept();
    output.commit(&metadata)?;
    let mut warnings = summary.warnings;
    if let Some(original) = &original {
        let change = original.change().map_err(|error| Failure::io(input, &error))?;
        warnings.extend(change.map(|change| {
            format!(
                "the file {change} after it was opened; the archive holds {} bytes that \
                     were read of it",
                summary.raw
            )
        }));
        if is_kept && warnings.is_empty() {
            warnings.extend(remove_source(options, input, original)?);
        }
    }
    display.finish(&name(input), summary.raw, summary.coded, "->");
    if !options.quiet {
        warnings.iter().for_each(|text| warn(format!("{}: {text}", name(input))));
    }
    Ok(!warnings.is_empty())
}

/// An open input.
struct Opened {
    source: Box<dyn BlockSource>,
    /// Bytes of the file; `None` for a pipe.
    length: Option<u64>,
    metadata: Metadata,
    /// The file as it was when it was opened; `None` for a pipe.
    original: Option<Original>,
}

/// Opens `input`.
fn open(options: &Options, input: &Path) -> Result<Opened, Failure> {
    if input.as_os_str() == "-" {
        let source = Box::new(StreamSource::new(standard::input()?));
        return Ok(Opened { source, length: None, metadata: Metadata::default(), original: None });
    }
    let is_device = std::fs::metadata(input).is_ok_and(|found| {
        found.file_type().is_char_device() || found.file_type().is_block_device()
    });
    if is_device && options.output.is_none() && !options.to_stdout() {
        return Err(Failure::usage(format!(
            "{} is a device; say with -o or --stdout where its archive goes",
            name(input)
        )));
    }
    let file = File::open(input).map_err(|error| {
        let leads_nowhere = error.kind() == std::io::ErrorKind::NotFound && input.is_symlink();
        if leads_nowhere {
            Failure::usage(format!(
                "{} is a symbolic link to nothing; --archive stores the link",
                name(input)
            ))
        } else {
            Failure::io(input, &error)
        }
    })?;
    let found = file.metadata().map_err(|error| Failure::io(input, &error))?;
    let metadata = if found.is_file() { Metadata::of(&found) } else { Metadata::default() };
    let original = Original::of(input, &file).map_err(|error| Failure::io(input, &error))?;
    let source = FileSource::new(file).map_err(|error| Failure::at(input, &error))?;
    let length = source.length();
    Ok(Opened { source: Box::new(source), length, metadata, original })
}

fn open_output(options: &Options, input: &Path) -> Result<Output, Failure> {
    if options.to_stdout() {
        return Output::stdout_for_archive(options);
    }
    if let Some(path) = &options.output {
        return Output::file(path, options.force, input);
    }
    if input.as_os_str() == "-" {
        return Output::stdout_for_archive(options);
    }
    if input.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("cmx")) {
        return Err(Failure::usage(format!(
            "{} is an archive already; -d decompresses it, -o names another output",
            name(input)
        )));
    }
    Output::file(&with_suffix(input), options.force, input)
}

/// Appends `.cmx` to the name.
pub fn with_suffix(input: &Path) -> PathBuf {
    let mut path = OsString::from(input);
    path.push(".cmx");
    path.into()
}

/// Deletes the source if the user asked for it. The caller has committed the output to the disk
/// under another name. A source that has changed since it was opened is kept, and a warning says
/// so.
pub fn remove_source(
    options: &Options,
    input: &Path,
    original: &Original,
) -> Result<Option<String>, Failure> {
    if !options.rm || options.to_stdout() {
        return Ok(None);
    }
    let change = original.remove().map_err(|error| Failure::io(input, &error))?;
    Ok(change
        .map(|change| format!("the file {change} after it was opened, so --rm does not delete it")))
}
