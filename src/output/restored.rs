//! What an extracted entry is given beside its content and its name.

use std::ffi::OsStr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;

use rustix::fs::{AtFlags, Gid, Mode, Timespec, Timestamps, UTIME_OMIT, Uid, XattrFlags};
use rustix::io::Errno;

use crate::container::{Entry, Metadata, Time};
use crate::error::{Error, Result};
use crate::input::attributes::Xattrs;
use crate::input::shown::{reason, show_name};

/// Mode, time, owner and attributes of an entry, as far as they are to be restored.
#[derive(Debug, Clone, Copy, Default)]
pub struct Restored<'a> {
    /// Mode and time.
    pub metadata: Metadata,
    /// User and group.
    pub owner: Option<(u32, u32)>,
    /// Extended attributes, names and values.
    pub xattrs: &'a [(Vec<u8>, Vec<u8>)],
    /// Which of them are to be restored.
    pub wanted: Xattrs,
}

impl<'a> Restored<'a> {
    /// Those of `entry`; owner and attributes only if they are asked for.
    #[must_use]
    pub fn of(entry: &'a Entry, owner: bool, wanted: Xattrs) -> Self {
        Restored {
            metadata: entry.metadata,
            owner: entry.owner.filter(|_| owner),
            xattrs: &entry.xattrs,
            wanted,
        }
    }

    /// Gives all to an open file. Returns a line for the owner and each attribute that the
    /// system refused.
    ///
    /// # Errors
    /// The system refuses mode or time.
    pub fn give_file(&self, file: BorrowedFd<'_>) -> Result<Vec<String>> {
        // Set-user-id and its like are given back only to a file whose owner came back too.
        let keep = if self.owner.is_some() { 0o7777 } else { 0o777 };
        self.give(file, Some(self.metadata.mode.unwrap_or(0o644) & keep))
    }

    /// Gives all to an open folder, as [`Restored::give_file`].
    ///
    /// # Errors
    /// As there.
    pub fn give_folder(&self, folder: BorrowedFd<'_>) -> Result<Vec<String>> {
        let keep = if self.owner.is_some() { 0o7777 } else { 0o1777 };
        self.give(folder, self.metadata.mode.map(|mode| mode & keep))
    }

    /// In this order: a change of owner takes set-user-id bits and capabilities away, and a mode
    /// may forbid to set attributes.
    fn give(&self, to: BorrowedFd<'_>, mode: Option<u32>) -> Result<Vec<String>> {
        let mut refused = self.give_owner(|user, group| rustix::fs::fchown(to, user, group));
        // Rights that come with an owner are not for another one.
        let keep = if refused.is_empty() { 0o7777 } else { 0o1777 };
        refused.extend(
            self.set_each(|name, value| {
                rustix::fs::fsetxattr(to, name, value, XattrFlags::empty())
            }),
        );
        if let Some(mode) = mode {
            rustix::fs::fchmod(to, Mode::from_raw_mode(mode & keep)).map_err(io_error)?;
        }
        rustix::fs::futimens(to, &self.times()).map_err(io_error)?;
        Ok(refused)
    }

    /// Gives what a link can have to the one that is `name` in `folder`, as
    /// [`Restored::give_file`].
    ///
    /// # Errors
    /// As there.
    pub fn give_link(&self, folder: impl AsFd, name: &OsStr) -> Result<Vec<String>> {
        let folder = folder.as_fd();
        let mut refused = self.give_owner(|user, group| {
            rustix::fs::chownat(folder, name, user, group, AtFlags::SYMLINK_NOFOLLOW)
        });
        // There is no call that takes a folder and a name; the open folder is reached by its
        // number.
        let path =
            [format!("/proc/self/fd/{}/", folder.as_raw_fd()).as_bytes(), name.as_bytes()].concat();
        let path = OsStr::from_bytes(&path);
        refused.extend(
            self.set_each(|name, value| {
                rustix::fs::lsetxattr(path, name, value, XattrFlags::empty())
            }),
        );
        rustix::fs::utimensat(folder, name, &self.times(), AtFlags::SYMLINK_NOFOLLOW)
            .map_err(io_error)?;
        Ok(refused)
    }

    /// Gives the owner by `chown`. A refusal is a line, since who is not root cannot give files
    /// away: the file is there, and belongs to who extracts it.
    fn give_owner(
        &self,
        chown: impl FnOnce(Option<Uid>, Option<Gid>) -> rustix::io::Result<()>,
    ) -> Vec<String> {
        let Some((user, group)) = self.ids() else { return Vec::new() };
        let refused = chown(user, group).err();
        refused.map(|error| format!("owner: {}", reason(&error.into()))).into_iter().collect()
    }

    /// Numbers of all ones mean "as it is" to the system: no owner that a file can have.
    fn ids(&self) -> Option<(Option<Uid>, Option<Gid>)> {
        let (user, group) = self.owner?;
        let known = |number: u32| Some(number).filter(|&number| number != u32::MAX);
        Some((known(user).map(Uid::from_raw), known(group).map(Gid::from_raw)))
    }

    fn set_each(&self, set: impl Fn(&OsStr, &[u8]) -> rustix::io::Result<()>) -> Vec<String> {
        let mut refused = Vec::new();
        for (name, value) in self.xattrs.iter().filter(|(name, _)| self.wanted.take(name)) {
            let name = OsStr::from_bytes(name);
            if let Err(error) = set(name, value) {
                refused.push(format!(
                    "attribute {}: {}",
                    show_name(name.as_bytes()),
                    reason(&error.into())
                ));
            }
        }
        refused
    }

    fn times(&self) -> Timestamps {
        let omit = Timespec { tv_sec: 0, tv_nsec: UTIME_OMIT };
        let modified = |time: Time| Timespec { tv_sec: time.seconds, tv_nsec: time.nanos.into() };
        Timestamps {
            last_access: omit,
            last_modification: self.metadata.mtime.map_or(omit, modified),
        }
    }
}

fn io_error(error: Errno) -> Error {
    Error::Io(error.into())
}
