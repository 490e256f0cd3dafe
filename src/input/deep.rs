//! Opens files and folders at paths of any length. A system call takes at most 4,095 bytes of path.
//! A longer path is followed in several steps, each from the folder that the step before has
//! opened.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags};

/// Largest length in bytes of a path given to one system call. The limit of Linux is 4,096 bytes
/// with the NUL at the end.
const MAX_PATH_ARGUMENT: usize = 4000;

/// Opens the file at `path` for reading.
///
/// # Errors
/// No file has this path, or the system refuses.
pub fn open(path: &Path) -> io::Result<File> {
    if path.as_os_str().len() <= MAX_PATH_ARGUMENT {
        return File::open(path);
    }
    Ok(open_with(path.as_os_str().as_bytes(), OFlags::RDONLY)?.into())
}

/// Opens the file at `path` for reading without waiting. If a pipe or device has replaced the file
/// since the walk, the call still returns at once. A symbolic link is not followed.
///
/// # Errors
/// Nothing or a symbolic link has this path, or the system refuses.
pub fn open_at_once(path: &Path) -> io::Result<File> {
    Ok(open_with(
        path.as_os_str().as_bytes(),
        OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK,
    )?
    .into())
}

/// Reads the whole file at `path`.
///
/// # Errors
/// The file cannot be opened or read.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut open(path)?, &mut bytes)?;
    Ok(bytes)
}

/// Opens the file or folder at `path` with `flags`.
pub(super) fn open_with(path: &[u8], flags: OFlags) -> io::Result<OwnedFd> {
    let (folder, rest) = reach(path)?;
    Ok(rustix::fs::openat(
        from(folder.as_ref()),
        OsStr::from_bytes(rest),
        flags | OFlags::CLOEXEC,
        Mode::empty(),
    )?)
}

/// Follows `path` until the rest of it fits into one system call. Returns the folder reached,
/// `None` if the whole path fits, and the rest.
pub(super) fn reach(path: &[u8]) -> io::Result<(Option<OwnedFd>, &[u8])> {
    let (mut folder, mut rest) = (None, path);
    while rest.len() > MAX_PATH_ARGUMENT {
        let Some(slash) = rest[1..MAX_PATH_ARGUMENT].iter().rposition(|&byte| byte == b'/') else {
            break;
        };
        let flags = OFlags::DIRECTORY | OFlags::PATH | OFlags::CLOEXEC;
        let next = rustix::fs::openat(
            from(folder.as_ref()),
            OsStr::from_bytes(&rest[..=slash]),
            flags,
            Mode::empty(),
        )?;
        (folder, rest) = (Some(next), &rest[slash + 2..]);
    }
    Ok((folder, rest))
}

/// `folder`, or the working folder of the process.
pub(super) fn from(folder: Option<&OwnedFd>) -> BorrowedFd<'_> {
    folder.map_or(CWD, AsFd::as_fd)
}
