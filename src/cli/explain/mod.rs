//! `cmx explain`: where the bits of a file go when it is compressed.

mod json;
mod picture;
mod text;

use std::fs::File;
use std::io::{self, Cursor, IsTerminal, Read, Seek};
use std::path::{Path, PathBuf};

use cmx::internals::container::fields::{Fields, read_full};
use cmx::internals::container::header::Header;
use cmx::internals::explain::{Explanation, Parts, explain};
use cmx::internals::input::{BlockSource, FileSource, StreamSource};
use cmx::internals::stream::encode_stream;
use cmx::{DecodeOptions, EncodeOptions, Error, Metadata};

use super::args::{EFFORT, Options, parse_threads};
use super::display::Display;
use super::failure::{Failure, name, warn};
use super::level_flags::LevelFlags;
use super::output::Output;
use super::standard::{self, print};
use super::{levels, priors, size};

/// What to explain.
#[derive(Debug, clap::Args)]
pub struct ExplainArgs {
    /// The nine level flags.
    #[command(flatten)]
    pub level: LevelFlags,
    /// Measure what parts of the models are worth (families, sets, contexts or all)
    ///
    /// The file is coded once more for each part, without it. Families are those of contexts, with
    /// match models, primer and networks; sets are the weight sets of the mixer; contexts are
    /// single ones. Only streams that are mixed have such parts.
    #[arg(
        long,
        value_name = "PARTS",
        value_parser = parse_parts,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "families",
    )]
    pub ablate: Option<Parts>,
    /// Print the numbers for programs
    ///
    /// `archive` is the sum of `container`, `heads` and the `coded` bytes of `streams`. Each `cost`
    /// is in bits. A share of a strip names its stream by the index in `streams`. `level` is null
    /// for an archive.
    #[arg(long)]
    pub json: bool,
    /// Draw what the file costs along its length, as SVG
    ///
    /// Bars are bits for a byte, in the colours of the streams that they come from.
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
    /// Overwrite the picture
    #[arg(short, long)]
    pub force: bool,
    /// Threads (default: one for each core)
    #[arg(
        short = 'T',
        long,
        value_name = "N",
        value_parser = parse_threads,
        help_heading = EFFORT,
    )]
    pub threads: Option<usize>,
    /// Compress, or read the archive, with a prior
    #[arg(long, value_name = "FILE", help_heading = EFFORT)]
    pub prior: Vec<PathBuf>,
    /// Memory that may be used, as in 900M or 4G
    #[arg(
        short = 'M',
        long,
        value_name = "SIZE",
        value_parser = size::parse,
        help_heading = EFFORT,
    )]
    pub memory: Option<u64>,
    /// No progress and no warnings, only errors
    #[arg(short, long)]
    pub quiet: bool,
    /// The file; without it, or with -, standard input. An archive of one file is explained as it
    /// is
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

fn parse_parts(text: &str) -> Result<Parts, String> {
    let mut parts = Parts::default();
    for word in text.split(',') {
        match word {
            "families" => parts.families = true,
            "sets" => parts.sets = true,
            "contexts" => parts.contexts = true,
            "all" => parts = Parts { families: true, sets: true, contexts: true },
            _ => return Err("name some of families, sets and contexts, or all".into()),
        }
    }
    Ok(parts)
}

/// What was explained.
struct Explained {
    /// The name of the input, for people.
    name: String,
    /// The level that compressed the input; `None` if it was an archive already.
    level: Option<u8>,
    explanation: Explanation,
}

/// Explains one file.
pub fn run(args: &ExplainArgs) -> Result<(), Failure> {
    if args.files.is_empty() && io::stdin().is_terminal() {
        return Err(Failure::usage(
            "standard input is a terminal; name a file, or - to type what is explained",
        ));
    }
    let standard = PathBuf::from("-");
    let input = match &args.files[..] {
        [] => &standard,
        [file] => file,
        _ => {
            return Err(Failure::usage(
                "one file is explained at a time; of several make a tar file: \
                 tar -c FILE... | cmx explain",
            ));
        }
    };
    if input.is_dir() {
        return Err(Failure::usage(format!(
            "{} is a folder; explain a tar file of it: tar -c FOLDER | cmx explain",
            name(input)
        )));
    }
    if args.svg.as_ref().is_some_and(|path| path.as_os_str() == "-") {
        return Err(Failure::usage("the picture needs a file of its own; name one with --svg"));
    }
    // An output that cannot be written must not be noticed at the end.
    let picture =
        args.svg.as_ref().map(|path| Output::file(path, args.force, input)).transpose()?;
    standard::check_output()?;
    let explained = explain_input(args, input)?;
    if let (Some(mut output), Some(path)) = (picture, &args.svg) {
        let drawn = picture::draw(&explained);
        io::Write::write_all(&mut output, drawn.as_bytes())
            .map_err(|error| Failure::io(path, &error))?;
        output.commit(&Metadata::default())?;
    }
    match args.json {
        true => print(json::of(&explained)),
        false => print(text::of(&explained)),
    }
}

/// Bytes that suffice for any header.
const HEADER_ROOM: usize = 64;

fn explain_input(args: &ExplainArgs, input: &Path) -> Result<Explained, Failure> {
    let options = Options {
        level: args.level,
        threads: args.threads,
        memory: args.memory,
        prior: args.prior.clone(),
        quiet: args.quiet,
        ..Options::default()
    };
    let fail = |error: io::Error| Failure::io(input, &error);
    let file = match input.as_os_str() == "-" {
        true => None,
        false => Some(File::open(input).map_err(fail)?),
    };
    let mut reader: Box<dyn Read + Send> = match &file {
        Some(file) => Box::new(file.try_clone().map_err(fail)?),
        None => Box::new(standard::input()?),
    };
    let mut start = vec![0; HEADER_ROOM];
    let length = read_full(&mut reader, &mut start).map_err(fail)?;
    start.truncate(length);
    let is_archive = matches!(Header::read_from(&mut Fields::new(&start[..], 0)), Ok(Some(_)));
    let parts = args.ablate.unwrap_or_default();
    let whole = Cursor::new(start).chain(reader);
    let priors = priors::given(&options)?;
    let decode = priors.into_iter().fold(DecodeOptions::new(), DecodeOptions::prior);
    let decode = decode.memory(levels::memory(&options));
    if is_archive {
        let threads = levels::wanted_threads(&options)?;
        let explanation = explain(whole, parts, &decode.threads(threads));
        let explanation = explanation.map_err(|error| of_archive(input, &error))?;
        return Ok(Explained { name: name(input), level: None, explanation });
    }
    let (source, length, metadata) =
        source(file, whole).map_err(|error| Failure::at(input, &error))?;
    compressed(&options, input, source, length, metadata).and_then(|(archive, threads)| {
        let explanation = explain(archive, parts, &decode.threads(threads));
        let explanation = explanation.map_err(|error| Failure::at(input, &error))?;
        Ok(Explained { name: name(input), level: Some(args.level.number), explanation })
    })
}

/// A source, the bytes that it has if they are known, and what an archive tells of the file.
type Source = (Box<dyn BlockSource>, Option<u64>, Metadata);

/// The blocks of `file`, or of `whole` where that is none that can be sought in.
fn source(file: Option<File>, whole: impl Read + Send + 'static) -> cmx::Result<Source> {
    if let Some(mut file) = file {
        let found = file.metadata()?;
        if found.is_file() {
            file.rewind()?;
            let source = FileSource::new(file)?;
            let length = source.length();
            return Ok((Box::new(source), length, Metadata::of(&found)));
        }
    }
    Ok((Box::new(StreamSource::new(whole)), None, Metadata::default()))
}

/// The archive that `cmx FILE` would make of `source`, in a temporary file, and the threads that
/// the memory suffices for.
fn compressed(
    options: &Options,
    input: &Path,
    mut source: Box<dyn BlockSource>,
    length: Option<u64>,
    metadata: Metadata,
) -> Result<(File, usize), Failure> {
    let level = super::compress::chosen_level(options);
    let (level, threads) = levels::fitted(options, level, length)?;
    let display = Display::begin(options, &name(input), length, 1);
    let settings = EncodeOptions::new()
        .level(level)
        .threads(threads)
        .verify(false)
        .memory(levels::memory(options))
        .prior(priors::for_coding(options)?)
        .progress(display.progress.clone());
    let of_archive = |error: io::Error| Failure::io(Path::new("temporary file"), &error);
    let mut archive = tempfile::tempfile().map_err(of_archive)?;
    let summary = encode_stream(source.as_mut(), &mut archive, metadata, &settings)
        .map_err(|error| Failure::at(input, &error))?;
    if !options.quiet {
        summary.warnings.iter().for_each(|text| warn(format!("{}: {text}", name(input))));
    }
    archive.rewind().map_err(of_archive)?;
    Ok((archive, threads))
}

/// The failure to explain an archive.
fn of_archive(input: &Path, error: &Error) -> Failure {
    match error {
        Error::NamedFiles(_) => Failure::usage(format!(
            "{} is an archive of named files; extract one of them (cmx -d) and explain that",
            name(input)
        )),
        _ => Failure::at(input, error),
    }
}

/// `A` to `Z`, then `AA` and so on.
fn letters(index: usize) -> String {
    let last = char::from(b'A' + (index % 26) as u8);
    if index < 26 { last.into() } else { format!("{}{last}", letters(index / 26 - 1)) }
}

/// A number with its thousands apart.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_letters() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([0, 25, 26, 27, 702].map(letters), ["A", "Z", "AA", "AB", "AAA"]);
    }
}
