//! A file that gets its name only when it is complete and on the disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, Write};
use std::path::{Path, PathBuf};

use super::temporary::TemporaryFile;
use crate::container::{Metadata, Time};

/// A new file without a name, or with a temporary name in the same folder if the file system has no
/// files without names. [`AtomicFile::commit`] gives the file its name. If the value is dropped
/// earlier, the file is deleted. A device or pipe cannot be replaced, so that its bytes are written
/// directly.
///
/// Long runs of zeros become holes, which take neither time nor space on the disk.
pub struct AtomicFile {
    target: PathBuf,
    destination: Destination,
    /// Does the file replace an existing one of that name?
    replaces: bool,
    /// Were zeros skipped since the last byte that was written?
    ends_in_hole: bool,
    /// Permission bits that the commit sets. `None` for those of any new file.
    mode: Option<u32>,
}

/// Length in bytes of the chunks of zeros that are skipped.
const ZERO_CHUNK: usize = 64 << 10;

/// Number of zeros at the start of `bytes` that can be skipped, a multiple of [`ZERO_CHUNK`].
fn leading_zero_chunks(bytes: &[u8]) -> usize {
    bytes.chunks_exact(ZERO_CHUNK).take_while(|chunk| is_zero(chunk)).count() * ZERO_CHUNK
}

/// Are all bytes zeros? The first and last byte decide for most chunks; the loop over the others
/// has no branches.
fn is_zero(chunk: &[u8]) -> bool {
    let ends = chunk.first().copied().unwrap_or(0) | chunk.last().copied().unwrap_or(0);
    ends == 0 && chunk.iter().fold(0, |any, byte| any | byte) == 0
}

enum Destination {
    Temporary(TemporaryFile),
    Direct(File),
}

impl AtomicFile {
    /// A file that will be at `path`. If it `replaces`, the commit replaces an existing file of
    /// that name; otherwise the commit fails if the name is taken. A symbolic link is replaced and
    /// not followed, unless it leads to a device or pipe. Only the owner can read the file before
    /// the commit.
    ///
    /// # Errors
    /// The system does not allow a new file in the folder.
    pub fn create(path: &Path, replaces: bool) -> io::Result<Self> {
        let target = path.to_path_buf();
        if is_device(path) {
            // A regular file here is one that this process has open already (`/dev/stdout`). Its
            // content stays.
            let is_file = fs::metadata(path).is_ok_and(|found| found.is_file());
            let file = OpenOptions::new().write(true).append(is_file).open(path)?;
            return Ok(AtomicFile {
                target,
                destination: Destination::Direct(file),
                replaces,
                ends_in_hole: false,
                mode: None,
            });
        }
        let above = folder(&target);
        let temporary = TemporaryFile::create(File::open(above)?.into(), above)?;
        Ok(AtomicFile {
            target,
            destination: Destination::Temporary(temporary),
            replaces,
            ends_in_hole: false,
            mode: None,
        })
    }

    /// Do the bytes go directly to a device or pipe, which keeps no copy?
    #[must_use]
    pub fn is_direct(&self) -> bool {
        matches!(self.destination, Destination::Direct(_))
    }

    /// Sets mode and time, if `metadata` has them.
    ///
    /// # Errors
    /// The system refuses.
    pub fn set_metadata(&mut self, metadata: &Metadata) -> io::Result<()> {
        if let Some(mode) = metadata.mode {
            // Set-user-id, set-group-id and sticky bits are removed: they belong to the original
            // owner, who may be another user.
            self.mode = Some(mode & 0o777);
        }
        match (&self.destination, metadata.mtime) {
            (Destination::Temporary(temporary), Some(time)) => {
                temporary.file.set_modified(time.to_system())
            }
            _ => Ok(()),
        }
    }

    /// Gives the file the owner and mode of `original`. If the system refuses the group, the file
    /// gives no rights to its group.
    ///
    /// # Errors
    /// The system refuses.
    #[cfg(unix)]
    pub fn set_owner_and_mode(&mut self, original: &fs::Metadata) -> io::Result<()> {
        use std::os::unix::fs::{MetadataExt, fchown};
        let Destination::Temporary(TemporaryFile { file, .. }) = &self.destination else {
            return Ok(());
        };
        let _ = fchown(file, Some(original.uid()), Some(original.gid()))
            .or_else(|_| fchown(file, None, Some(original.gid())));
        let has_group = file.metadata()?.gid() == original.gid();
        self.mode = Some(original.mode() & if has_group { 0o777 } else { 0o707 });
        Ok(())
    }

    /// Waits until the content is on the disk, and gives the file its name.
    ///
    /// # Errors
    /// The disk is full, or a folder has the name. A file of that name is unchanged then.
    pub fn commit(self) -> io::Result<()> {
        match self.destination {
            Destination::Direct(mut file) => file.flush(),
            Destination::Temporary(mut temporary) => {
                let file = &mut temporary.file;
                if self.ends_in_hole {
                    let length = file.stream_position()?;
                    file.set_len(length)?;
                }
                let mode = self.mode.map_or_else(|| default_mode(folder(&self.target)), Ok)?;
                file.sync_all()?;
                // The mode is set last, so that other users can hardly read the file before it has
                // its name.
                set_mode(file, mode)?;
                let name = self.target.file_name().ok_or(io::ErrorKind::IsADirectory)?;
                temporary.commit(name, self.replaces)?;
                // The name must be on the disk before a caller deletes a source. Some file systems
                // cannot sync a folder; nothing can be done about that.
                let _ = File::open(folder(&self.target)).and_then(|folder| folder.sync_all());
                Ok(())
            }
        }
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.destination {
            Destination::Temporary(TemporaryFile { file, .. }) => {
                let zeros = leading_zero_chunks(bytes);
                if zeros > 0 {
                    file.seek_relative(zeros as i64)?;
                    self.ends_in_hole = true;
                    return Ok(zeros);
                }
                let end = bytes
                    .chunks_exact(ZERO_CHUNK)
                    .position(is_zero)
                    .map_or(bytes.len(), |chunk| chunk * ZERO_CHUNK);
                let written = file.write(&bytes[..end])?;
                self.ends_in_hole &= written == 0;
                Ok(written)
            }
            Destination::Direct(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Does `path` lead to a device, pipe or socket, or to a file that this process has open
/// (`/dev/stdout`)? None of these can be replaced.
#[must_use]
pub fn is_device(path: &Path) -> bool {
    let leads_elsewhere = fs::metadata(path).is_ok_and(|found| !found.is_file() && !found.is_dir());
    let is_link = fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink());
    // Paths like `/dev/stdout` are links to links in /proc.
    let is_of_system = || {
        fs::canonicalize(folder(path))
            .is_ok_and(|above| above.starts_with("/dev") || above.starts_with("/proc"))
    };
    leads_elsewhere || is_link && is_of_system()
}

/// The folder that holds `path`.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

#[cfg(unix)]
fn set_mode(file: &File, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn set_mode(_: &File, _: u32) -> io::Result<()> {
    Ok(())
}

/// The mode of a new file in `folder`. Umask and folder decide about it, so that an empty file is
/// created to find out.
#[cfg(unix)]
fn default_mode(folder: &Path) -> io::Result<u32> {
    use std::os::unix::fs::PermissionsExt;
    let make = |path: &Path| OpenOptions::new().write(true).create_new(true).open(path);
    let probe = tempfile::Builder::new().prefix(".cmx-").suffix(".tmp").make_in(folder, make)?;
    Ok(probe.as_file().metadata()?.permissions().mode() & 0o777)
}

#[cfg(not(unix))]
fn default_mode(_: &Path) -> io::Result<u32> {
    Ok(0o666)
}

impl Metadata {
    /// Mode and time of a file on the disk.
    #[must_use]
    pub fn of(metadata: &fs::Metadata) -> Metadata {
        #[cfg(unix)]
        let mode = Some(std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o7777);
        #[cfg(not(unix))]
        let mode = None;
        Metadata { mode, mtime: metadata.modified().ok().map(Time::from_system) }
    }
}

impl Time {
    /// Converts a time of the standard library.
    #[must_use]
    pub fn from_system(time: std::time::SystemTime) -> Time {
        match time.duration_since(std::time::UNIX_EPOCH) {
            Ok(after) => Time { seconds: after.as_secs() as i64, nanos: after.subsec_nanos() },
            Err(before) => {
                let before = before.duration();
                let borrow = i64::from(before.subsec_nanos() > 0);
                Time {
                    seconds: -(before.as_secs() as i64) - borrow,
                    nanos: (1_000_000_000 - before.subsec_nanos()) % 1_000_000_000,
                }
            }
        }
    }

    /// Converts to a time of the standard library. The result is the epoch if that type cannot hold
    /// the time.
    #[must_use]
    pub fn to_system(self) -> std::time::SystemTime {
        use std::time::{Duration, UNIX_EPOCH};
        let whole = Duration::from_secs(self.seconds.unsigned_abs());
        let second = if self.seconds < 0 {
            UNIX_EPOCH.checked_sub(whole)
        } else {
            UNIX_EPOCH.checked_add(whole)
        };
        second
            .and_then(|second| second.checked_add(Duration::from_nanos(u64::from(self.nanos))))
            .unwrap_or(UNIX_EPOCH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn appears_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let mut file = AtomicFile::create(&path, true).unwrap();
        file.write_all(b"half").unwrap();
        assert!(!path.exists());
        drop(file);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let mut file = AtomicFile::create(&path, true).unwrap();
        file.write_all(b"whole").unwrap();
        file.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        let late = AtomicFile::create(&path, false).unwrap();
        assert_eq!(late.commit().unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_link_is_replaced_and_its_target_is_not_touched() {
        for target in ["there", "nowhere"] {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("there"), b"old").unwrap();
            let link = folder.path().join("link");
            std::os::unix::fs::symlink(target, &link).unwrap();
            let mut file = AtomicFile::create(&link, true).unwrap();
            file.write_all(b"new").unwrap();
            file.commit().unwrap();
            assert!(!link.is_symlink() && fs::read(&link).unwrap() == b"new");
            assert_eq!(fs::read(folder.path().join("there")).unwrap(), b"old");
            assert!(!folder.path().join("nowhere").exists());
        }
    }

    #[test]
    fn only_the_owner_can_read_it_before_the_commit() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        fs::write(folder.path().join("plain"), b"").unwrap();
        for (stored, expected) in [
            (None, mode(&folder.path().join("plain"))),
            (Some(0o640), 0o640),
            (Some(0o4755), 0o755),
        ] {
            let path = folder.path().join("x");
            let mut file = AtomicFile::create(&path, true).unwrap();
            file.write_all(b"content").unwrap();
            file.set_metadata(&Metadata { mode: stored, mtime: None }).unwrap();
            let Destination::Temporary(TemporaryFile { file: open, .. }) = &file.destination else {
                panic!("no device")
            };
            assert_eq!(open.metadata().unwrap().permissions().mode() & 0o777, 0o600);
            file.commit().unwrap();
            assert_eq!(mode(&path), expected);
        }
    }

    #[test]
    fn zeros_come_back_as_zeros() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let lengths =
            [1, ZERO_CHUNK - 1, ZERO_CHUNK, ZERO_CHUNK + 1, 5 * ZERO_CHUNK, 5 * ZERO_CHUNK + 17];
        for (before, zeros, after) in lengths.into_iter().flat_map(|zeros| {
            [(0, zeros, 0), (3, zeros, 0), (0, zeros, 3), (ZERO_CHUNK, zeros, ZERO_CHUNK)]
        }) {
            let content = [vec![1; before], vec![0; zeros], vec![2; after]].concat();
            for step in [content.len(), 100_000] {
                let mut file = AtomicFile::create(&path, true).unwrap();
                content.chunks(step).for_each(|part| file.write_all(part).unwrap());
                file.commit().unwrap();
                assert!(fs::read(&path).unwrap() == content, "{before} {zeros} {after} {step}");
            }
        }
    }

    #[test]
    fn times_before_1970_come_back() {
        for time in [
            Time { seconds: -1, nanos: 1 },
            Time { seconds: -77, nanos: 0 },
            Time { seconds: 5, nanos: 999_999_999 },
        ] {
            assert_eq!(Time::from_system(time.to_system()), time);
        }
    }
}
