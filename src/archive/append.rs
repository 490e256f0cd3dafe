//! Appending: a new member after the members of an archive.

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
    /// Appends the entries of `plan` to the archive at `path`. A new entry replaces an earlier one
    /// with the same path.
    ///
    /// The archive is valid at every moment: until the footer of the new member is on the disk,
    /// readers see the archive as it was before. If the append fails, the file is cut to its old
    /// length.
    ///
    /// The rest of an interrupted append is cut off first. An append that was finished and is
    /// damaged now stays, unless [`DecodeOptions::ignore_trailing`] is set: repair may save its
    /// files.
    ///
    /// # Errors
    /// The last append in the archive is damaged, the archive holds an unnamed stream, another
    /// process writes to the archive, or another process has replaced the file; and the errors of
    /// [`Plan::write`].
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
                "this archive holds a stream without a name; create a new one of named files"
                    .into(),
            ));
        }
        let end = archive.end();
        if archive.end_is_damaged && !limits.ignore_trailing {
            return Err(Error::DamagedAppend(end));
        }
        check_with(&archive, &plan)?;
        // Removes the rest of an interrupted append.
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

/// Checks that the archive can be extracted after `plan` was appended.
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

/// A writer whose `flush` waits until all bytes are on the disk.
/// [`MemberWriter`](crate::container::writer::MemberWriter) flushes before it writes the footer.
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
