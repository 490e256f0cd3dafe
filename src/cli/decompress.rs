//! `cmx -d`: decompresses archives.

use std::path::{Path, PathBuf};

use cmx::internals::stream::decode_stream;
use cmx::{DecodeOptions, Metadata};

use super::archive_input::ArchiveInput;
use super::args::Options;
use super::compress::remove_source;
use super::display::Display;
use super::failure::{Failure, name};
use super::output::Output;
use super::{batch, extract, levels, others, priors};

/// Decompresses every input. If the first input is an archive of named files, the other inputs are
/// names in it, and these entries are extracted.
pub fn run(options: &Options) -> Result<(), Failure> {
    let inputs = options.inputs();
    let several = inputs.len() > 1;
    // The words after an archive of named files are names in it, unless all of them are archives.
    if !several || !others::are_archives(&inputs, &settings(options)?) {
        match ArchiveInput::open(&inputs[0], &settings(options)?) {
            Ok(first) if first.is_named => return extract::run(options, &inputs[0], first),
            Ok(first) if !several => return decompress_one(options, &inputs[0], first),
            Err(failure) if !several => return Err(failure),
            // Each archive is opened when its turn comes.
            _ => {}
        }
    }
    if options.output.is_some() && !options.to_stdout() {
        return Err(Failure::usage("several archives and one -o; decompress them one by one"));
    }
    batch::each(&inputs, "decompressed", |input| {
        match ArchiveInput::open(input, &settings(options)?)? {
            archive if archive.is_named => {
                let one = Options { files: vec![input.to_path_buf()], ..options.clone() };
                extract::run(&one, input, archive)
            }
            archive => decompress_one(options, input, archive),
        }
    })
}

fn decompress_one(options: &Options, input: &Path, archive: ArchiveInput) -> Result<(), Failure> {
    let own = archive.file_metadata();
    let original = archive.original(input);
    let mut settings = settings(options)?;
    let length = archive.content_len(&settings);
    let reader = archive.into_reader();
    let target = target(options, input)?;
    if options.skip_existing
        && target
            .as_ref()
            .is_some_and(|target| target.symlink_metadata().is_ok_and(|found| !found.is_dir()))
    {
        return Ok(());
    }
    let mut output =
        target.map_or_else(Output::stdout, |target| Output::file(&target, options.force, input))?;
    let display = Display::begin(options, &name(input), length, 1);
    settings.progress = Some(display.progress.clone());
    let result = decode_stream(reader, &mut output, &settings);
    let summary = result.map_err(|error| output.blame(input, &error))?;
    let stored = summary.metadata;
    let is_kept = output.is_kept();
    output.commit(&Metadata {
        mode: restored_mode(stored.mode, own.mode),
        mtime: stored.mtime.or(own.mtime),
    })?;
    let mut kept = None;
    // The output does not hold the bytes that --ignore-trailing skipped, so the archive is kept.
    if let Some(original) = original.filter(|_| is_kept && !options.ignore_trailing) {
        kept = remove_source(options, input, &original)?;
    }
    display.finish(&name(input), summary.raw, summary.coded, "<-");
    extract::warn_about(options, input, kept.as_slice())
}

/// The mode of a restored file. `stored` is the mode in the archive, `own` the mode of the archive
/// file. The stored mode loses the bits that the archive file denies to group and others; without a
/// stored mode the result is `own`.
pub fn restored_mode(stored: Option<u32>, own: Option<u32>) -> Option<u32> {
    stored.map(|mode| mode & (own.unwrap_or(0o777) | 0o700)).or(own)
}

/// The limits and the number of threads that the flags give.
pub fn settings(options: &Options) -> Result<DecodeOptions, Failure> {
    let defaults = DecodeOptions::default();
    let priors = priors::given(options)?;
    let settings = priors.into_iter().fold(DecodeOptions::new(), DecodeOptions::prior);
    Ok(settings
        .threads(levels::wanted_threads(options)?)
        .memory(levels::memory(options))
        .max_output(options.max_output.unwrap_or(defaults.max_output))
        .max_index(options.max_index.unwrap_or(defaults.max_index))
        .max_path(options.max_path.unwrap_or(defaults.max_path))
        .ignore_trailing(options.ignore_trailing)
        .progress(None))
}

/// The path of the output; `None` is standard output.
fn target(options: &Options, input: &Path) -> Result<Option<PathBuf>, Failure> {
    if options.to_stdout() {
        return Ok(None);
    }
    if options.output.is_some() || input.as_os_str() == "-" {
        return Ok(options.output.clone());
    }
    let path = without_suffix(input).ok_or_else(|| {
        Failure::usage(format!(
            "{}: the name ends neither in .cmx nor in .tcmx; name the output with -o",
            name(input)
        ))
    })?;
    Ok(Some(match (&options.directory, path.file_name()) {
        (Some(directory), Some(file)) => {
            std::fs::create_dir_all(directory).map_err(|error| Failure::io(directory, &error))?;
            directory.join(file)
        }
        _ => path,
    }))
}

/// Removes the suffix: `NAME.cmx` becomes `NAME`, `NAME.tcmx` becomes `NAME.tar`.
fn without_suffix(input: &Path) -> Option<PathBuf> {
    match &input.extension()?.to_str()?.to_ascii_lowercase()[..] {
        "cmx" => Some(input.with_extension("")),
        "tcmx" => Some(input.with_extension("tar")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes() {
        let strip =
            |name: &str| without_suffix(Path::new(name)).map(|path| path.display().to_string());
        assert_eq!(strip("a/b.txt.cmx").as_deref(), Some("a/b.txt"));
        assert_eq!(strip("b.tcmx").as_deref(), Some("b.tar"));
        assert_eq!(strip("b.tar.cmx").as_deref(), Some("b.tar"));
        assert_eq!(strip("B.CMX").as_deref(), Some("B"));
        assert_eq!(strip("b.txt"), None);
        assert_eq!(strip(".cmx"), None);
    }
}
