//! Appending: a new member behind those that are there.

use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::Path;

use super::Archive;
use super::broken_links::extracted;
use super::create::{CreateOptions, CreateSummary};
use super::current::entries_of;
use super::names::check_paths;
use super::plan::Plan;
use crate::container::Entry;
use crate::error::{Error, Result};
use crate::input::lock;
use crate::options::DecodeOptions;
use crate::output::unfinished::UnfinishedAppend;

impl Archive {
    /// Appends what `plan` holds to the archive at `path`. An entry takes the place of an earlier
    /// one with the same path.
    ///
    /// The archive is valid at every moment: until the new footer is on the disk, it is what it was
    /// before. If this fails, it is cut back to that.
    ///
    /// What a cut-short append has left behind is cut off. One that was finished and is damaged now
    /// is not, unless [`DecodeOptions::ignore_trailing`] says so: repair may save it.
    ///
    /// # Errors
    /// The archive ends in damage, holds a stream, is being written by someone else or has been
    /// replaced meanwhile; and as [`Plan::write`].
    pub fn append(
        path: &Path,
        plan: Plan,
        options: &CreateOptions,
        limits: &DecodeOptions,
    ) -> Result<CreateSummary> {
        let file = File::options().read(true).write(true).open(path)?;
        lock::for_writing(&file, path)?;
        let archive = Archive::from_file(file.try_clone()?, limits)?;
        if !archive.is_named() {
            return Err(Error::Unsupported(
                "this archive holds one stream without a name; make a new one of named files"
                    .into(),
            ));
        }
        let end = archive.end();
        if archive.end_is_damaged && !limits.ignore_trailing {
            return Err(Error::DamagedAppend(end));
        }
        check_with(&archive, &plan)?;
        // What an append that was cut short has left behind.
        file.set_len(end)?;
        let tail = UnfinishedAppend::new(&file, end)?;
        let mut result = archive.budget.run(|| write(&file, end, plan, options));
        drop(tail);
        result = result
            .and_then(|summary| lock::check_path(&file, path).map(|()| summary).map_err(Error::Io));
        if result.is_err() {
            file.set_len(end)?;
        } else if let Ok(summary) = &mut result {
            summary.of_archive = archive.warnings().to_vec();
        }
        result
    }
}

/// Checks that what the archive will hold with `plan` can be extracted.
fn check_with(archive: &Archive, plan: &Plan) -> Result<()> {
    let new: Vec<Entry> = plan.entries().cloned().collect();
    let mut members = entries_of(&archive.members);
    members.push(&new);
    check_paths(extracted(&members).iter().flatten().map(|wanted| &wanted.entry))
}

fn write(file: &File, end: u64, plan: Plan, options: &CreateOptions) -> Result<CreateSummary> {
    let mut out = SyncOnFlush(BufWriter::with_capacity(1 << 16, file));
    out.0.seek(SeekFrom::Start(end))?;
    let summary = plan.write(&mut out, options)?;
    out.flush()?;
    Ok(summary)
}

/// A flush puts everything on the disk: the member's writer asks for it before the footer.
struct SyncOnFlush<'a>(BufWriter<&'a File>);

impl Write for SyncOnFlush<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()?;
        self.0.get_ref().sync_all()
    }
}
