//! `cmx -a X.cmx FILE…`: appends files to an existing archive.

use cmx::Archive;
use cmx::archive::Plan;
use cmx::internals::budget::Budget;

use super::args::Options;
use super::compress::chosen_level;
use super::decompress::settings;
use super::display::Display;
use super::failure::{Failure, name, warn, with_remedy};
use super::pack;

/// Appends all files but the first to the archive that the first file names.
pub fn run(options: &Options) -> Result<(), Failure> {
    let [target, inputs @ ..] = &options.files[..] else {
        return Err(Failure::usage("-a needs an archive and files to append"));
    };
    if inputs.is_empty() {
        return Err(Failure::usage(format!("name files to append to {}", name(target))));
    }
    if !target.exists() {
        return Err(Failure::usage(format!(
            "{}: no such archive; cmx FILE... -o {0} makes it",
            name(target)
        )));
    }
    let level = chosen_level(options);
    let mut how = pack::create_options(options, level, Some(target))?;
    let plan = Budget::new(how.encode.memory)
        .run(|| Plan::of(inputs, how.walk))
        .map_err(|error| Failure::plain(&error))?;
    pack::fit(&mut how, options, plan.total())?;
    let passes = how.encode.passes();
    let display = Display::begin(options, &name(target), Some(plan.total() * passes), passes);
    how.encode.progress = Some(display.progress.clone());
    let limits = settings(options)?.threads(1);
    let summary = Archive::append(target, plan, &how, &limits)
        .map_err(|error| Failure::at(target, &error))?;
    display.finish(&name(target), summary.raw, summary.coded, "->");
    if !options.quiet {
        with_remedy(&summary.of_archive).chain(summary.warnings.iter().cloned()).for_each(warn);
    }
    if summary.warnings.is_empty() && summary.of_archive.is_empty() {
        Ok(())
    } else {
        Err(Failure::warned())
    }
}
