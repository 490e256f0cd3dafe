//! `cmx -c DIR FILE… -o X.cmx`: packs many files into one archive.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use cmx::Level;
use cmx::archive::WalkOptions;
use cmx::archive::{CreateOptions, Plan};
use cmx::internals::budget::Budget;
use cmx::{EncodeOptions, Metadata};

use super::args::Options;
use super::compress::with_suffix;
use super::display::Display;
use super::failure::{Failure, name, warn};
use super::levels;
use super::output::Output;
use super::priors;

/// Makes an archive of `inputs`.
pub fn run(options: &Options, level: Level, inputs: &[PathBuf]) -> Result<(), Failure> {
    if options.rm {
        return Err(Failure::usage(
            "--rm is for single files; an archive's sources are yours to delete, after cmx -t",
        ));
    }
    if inputs.iter().any(|input| input.as_os_str() == "-") {
        return Err(Failure::usage(
            "standard input has no name to be archived under; compress it alone, or name files",
        ));
    }
    let target = target(options, inputs)?;
    let shown = target.clone().unwrap_or_else(|| PathBuf::from("standard output"));
    let mut settings = create_options(options, level, target.as_deref())?;
    // The list of files is charged to the same budget as the rest of the job.
    let budget = Budget::new(settings.encode.memory);
    let plan =
        budget.run(|| Plan::of(inputs, settings.walk)).map_err(|error| Failure::plain(&error))?;
    fit(&mut settings, options, plan.total())?;
    let mut output = match &target {
        Some(path) => Output::file(path, options.force, Path::new(""))?,
        None => Output::stdout_for_archive(options)?,
    };
    let passes = settings.encode.passes();
    let display = Display::begin(options, &name(&shown), Some(plan.total() * passes), passes);
    settings.encode.progress = Some(display.progress.clone());
    let result = budget.run(|| plan.write(&mut output, &settings));
    let summary = result.map_err(|error| {
        if output.has_failed() { Failure::at(&shown, &error) } else { Failure::plain(&error) }
    })?;
    output.commit(&Metadata::default())?;
    display.finish(&name(&shown), summary.raw, summary.coded, "->");
    if !options.quiet {
        summary.warnings.iter().for_each(warn);
    }
    if summary.warnings.is_empty() { Ok(()) } else { Err(Failure::warned()) }
}

/// The options for making or extending the archive at `target`, from the flags.
///
/// # Errors
/// The prior cannot be read.
pub fn create_options(
    options: &Options,
    level: Level,
    target: Option<&Path>,
) -> Result<CreateOptions, Failure> {
    let exclude = target
        .and_then(|path| std::fs::metadata(path).ok())
        .map(|found| (found.dev(), found.ino()));
    Ok(CreateOptions::new()
        .encode(
            EncodeOptions::new()
                .level(level)
                .verify(!options.no_verify)
                .memory(levels::memory(options))
                .prior(priors::for_coding(options)?),
        )
        .walk(
            WalkOptions::new()
                .owner(options.owner)
                .xattrs(options.xattrs.unwrap_or_default())
                .exclude(exclude),
        )
        .solid(options.solid)
        .reference(options.base)
        .parity(options.parity))
}

/// Fits `settings` into the memory, for `total` bytes of files. If the blocks have to be smaller
/// there is no reference block, because the reference block and its copy take as much memory as a
/// whole block.
pub fn fit(settings: &mut CreateOptions, options: &Options, total: u64) -> Result<(), Failure> {
    let level = settings.encode.level;
    (settings.encode.level, settings.encode.threads) = levels::fitted(options, level, Some(total))?;
    if settings.encode.level != level {
        settings.reference = Some(0);
    }
    Ok(())
}

/// The path of the archive; `None` is standard output.
fn target(options: &Options, inputs: &[PathBuf]) -> Result<Option<PathBuf>, Failure> {
    if options.to_stdout() {
        return Ok(None);
    }
    match (&options.output, inputs) {
        (Some(path), _) => Ok(Some(path.clone())),
        (None, [only]) => {
            // The path without a slash at its end.
            let only = only.components().as_path();
            // The archive is named after the path as typed, even if the path is a link. Only `.`
            // and `..` have no name.
            if only.file_name().is_some() {
                return Ok(Some(with_suffix(only)));
            }
            let whole = std::fs::canonicalize(only).map_err(|error| Failure::io(only, &error))?;
            let stem =
                whole.file_name().ok_or_else(|| Failure::usage("name the archive with -o"))?;
            Ok(Some(with_suffix(Path::new(stem))))
        }
        _ => Err(Failure::usage(
            "several inputs with a folder among them make one archive; name it with -o",
        )),
    }
}
