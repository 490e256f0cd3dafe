//! Files and folders at paths of any length. A system call takes at most 4,095 bytes of path:
//! longer ones are followed in parts, each from the folder that the part before leads to.

use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags};

/// Bytes of path that one system call is given at most; the limit of Linux is 4,096 with the NUL at
/// the end.
const MAX_PATH_ARGUMENT: usize = 4000;

/// Opens the file at `path` for reading.
///
/// # Errors
/// There is none, or the system refuses.
pub fn open(path: &Path) -> io::Result<File> {
    if path.as_os_str().len() <= MAX_PATH_ARGUMENT {
        return File::open(path);
    }
    Ok(open_with(path.as_os_str().as_bytes(), OFlags::RDONLY)?.into())
}

/// Opens what is at `path` for reading, at once: a pipe or device that took the name of a file
/// since the walk is not waited for, and a link in its place is not followed.
///
/// # Errors
/// There is nothing or a link, or the system refuses.
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
/// As [`open`], or reading fails.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut open(path)?, &mut bytes)?;
    Ok(bytes)
}

/// Opens what is at `path` with `flags`.
pub(super) fn open_with(path: &[u8], flags: OFlags) -> io::Result<OwnedFd> {
    let (folder, rest) = reach(path)?;
    Ok(rustix::fs::openat(
        from(folder.as_ref()),
        OsStr::from_bytes(rest),
        flags | OFlags::CLOEXEC,
        Mode::empty(),
    )?)
}

/// The folder that all but the last part of `path` leads to, if there is more than one part, and
/// that last part.
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

/// `folder`, or the folder that the process works in.
pub(super) fn from(folder: Option<&OwnedFd>) -> BorrowedFd<'_> {
    folder.map_or(CWD, AsFd::as_fd)
}
