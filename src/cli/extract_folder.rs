//! `cmx -d X.cmx -C DIR`: extracts entries into a folder, and reports the entries that were not
//! extracted.

use std::path::{Path, PathBuf};

use cmx::Archive;
use cmx::archive::Selection;
use cmx::archive::{ExtractOptions, ExtractSummary, LeftOut, show_name};

use super::args::Options;
use super::failure::{Failure, REPAIR, name, warn};

/// Largest number of damaged files that are named.
const MAX_NAMED: usize = 10;

/// Extracts the entries that `selection` selects into the folder that `options` name. The second
/// result is the error that ended the job early, if there was one.
pub fn run(
    options: &Options,
    archive: &Archive,
    selection: &Selection,
) -> (ExtractSummary, cmx::Result<()>) {
    let target = options.directory.clone().unwrap_or_else(|| PathBuf::from("."));
    let how = ExtractOptions::new()
        .overwrite(options.force)
        .skip_existing(options.skip_existing)
        .owner(options.owner)
        .xattrs(options.xattrs.unwrap_or_default());
    let mut summary = ExtractSummary::default();
    let end = archive.extract_into(selection, &target, &how, &mut summary);
    (summary, end)
}

/// Was every entry extracted?
pub fn is_complete(summary: &ExtractSummary) -> bool {
    summary.existing.is_empty() && summary.left_out.is_empty() && summary.damage.is_none()
}

/// Names the entries that were not extracted. The failure counts them and names a remedy.
///
/// # Errors
/// An entry was not extracted, unless the user asked to skip it; or `end` is an error.
pub fn report(
    options: &Options,
    input: &Path,
    summary: &ExtractSummary,
    end: cmx::Result<()>,
) -> Result<(), Failure> {
    let archive = name(input);
    let existing = if options.skip_existing { &[][..] } else { &summary.existing };
    for path in existing {
        warn(format!("{archive}: {} exists; -f overwrites it", show_name(path)));
    }
    for left_out in &summary.left_out {
        warn(format!("{archive}: {}", line(left_out)));
    }
    if let Some(damage) = &summary.damage {
        Failure::beyond_repair(input, damage).report();
    }
    for path in summary.damaged.iter().take(MAX_NAMED) {
        warn(format!(
            "{archive}: {}: not extracted, since its content is damaged",
            show_name(path)
        ));
    }
    if let Some(more) = summary.damaged.len().checked_sub(MAX_NAMED).filter(|&more| more > 0) {
        warn(format!("{archive}: {more} more are not extracted, since their contents are damaged"));
    }
    end.map_err(|error| Failure::at(input, &error))?;
    let refused: u64 = summary.left_out.iter().map(LeftOut::entries).sum();
    let counts = [
        (existing.len() as u64, "in the way"),
        (refused, "left out"),
        (summary.damaged.len() as u64, "damaged"),
    ];
    let counts: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if counts.is_empty() {
        return Ok(());
    }
    let mut text = format!("{archive}: {} extracted, {}", summary.entries, counts.join(", "));
    if !existing.is_empty() {
        text.push_str("; --skip-existing skips files that exist");
    }
    match &summary.damage {
        Some(_) if summary.repair_may_save_more => text.push_str(&format!("; {REPAIR}")),
        _ => {}
    }
    Err(summary
        .damage
        .as_ref()
        .map_or_else(|| Failure::usage(text.clone()), |damage| Failure::like(damage, &text)))
}

fn line(left_out: &LeftOut) -> String {
    let (path, reason) = (show_name(&left_out.path), &left_out.reason);
    match left_out.below {
        0 => format!("{path}: {reason}"),
        1 => format!("{path}: {reason}; the entry below it is left out too"),
        below => format!("{path}: {reason}; {below} entries below it are left out too"),
    }
}
