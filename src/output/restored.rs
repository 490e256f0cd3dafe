//! Restoring of metadata: mode, time, owner and extended attributes of an extracted entry.

use std::ffi::OsStr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;

use rustix::fs::{AtFlags, Gid, Mode, Timespec, Timestamps, UTIME_OMIT, Uid, XattrFlags};
use rustix::io::Errno;

use crate::container::{Entry, Metadata, Time};
use crate::error::{Error, Result};
use crate::input::attributes::Xattrs;
use crate::input::shown::{reason, show_name};

/// The metadata of an entry that are to be restored.
#[derive(Debug, Clone, Copy, Default)]
pub struct Restored<'a> {
    /// Mode and modification time.
    pub metadata: Metadata,
    /// Numbers of user and group.
    pub owner: Option<(u32, u32)>,
    /// Names and values of extended attributes.
    pub xattrs: &'a [(Vec<u8>, Vec<u8>)],
    /// Which extended attributes to restore.
    pub wanted: Xattrs,
}

impl<'a> Restored<'a> {
    /// The metadata of `entry`: the owner only if `owner` is set, of the attributes only those
    /// `wanted`.
    #[must_use]
    pub fn of(entry: &'a Entry, owner: bool, wanted: Xattrs) -> Self {
        Restored {
            metadata: entry.metadata,
            owner: entry.owner.filter(|_| owner),
            xattrs: &entry.xattrs,
            wanted,
        }
    }

    /// Sets the metadata of an open file. Returns one line for the owner and for each attribute
    /// that the system refused.
    ///
    /// # Errors
    /// The system refuses mode or time.
    pub fn apply_to_file(&self, file: BorrowedFd<'_>) -> Result<Vec<String>> {
        // Set-user-id and set-group-id bits are restored only together with the owner.
        let keep = if self.owner.is_some() { 0o7777 } else { 0o777 };
        self.apply(file, Some(self.metadata.mode.unwrap_or(0o644) & keep))
    }

    /// Sets the metadata of an open folder. Returns one line for the owner and for each attribute
    /// that the system refused.
    ///
    /// # Errors
    /// The system refuses mode or time.
    pub fn apply_to_folder(&self, folder: BorrowedFd<'_>) -> Result<Vec<String>> {
        let keep = if self.owner.is_some() { 0o7777 } else { 0o1777 };
        self.apply(folder, self.metadata.mode.map(|mode| mode & keep))
    }

    /// Sets the owner first, because a change of owner removes set-user-id bits and capabilities.
    /// Sets the mode after the attributes, because a mode may forbid to set attributes.
    fn apply(&self, to: BorrowedFd<'_>, mode: Option<u32>) -> Result<Vec<String>> {
        let mut refused = self.set_owner(|user, group| rustix::fs::fchown(to, user, group));
        // If the owner was refused, the bits that grant rights of the owner are not set.
        let keep = if refused.is_empty() { 0o7777 } else { 0o1777 };
        refused.extend(self.set_attributes(|name, value| {
            rustix::fs::fsetxattr(to, name, value, XattrFlags::empty())
        }));
        if let Some(mode) = mode {
            rustix::fs::fchmod(to, Mode::from_raw_mode(mode & keep)).map_err(io_error)?;
        }
        rustix::fs::futimens(to, &self.times()).map_err(io_error)?;
        Ok(refused)
    }

    /// Sets the metadata of the symbolic link `name` in `folder`: owner, attributes and time.
    /// Returns one line for the owner and for each attribute that the system refused.
    ///
    /// # Errors
    /// The system refuses the time.
    pub fn apply_to_link(&self, folder: impl AsFd, name: &OsStr) -> Result<Vec<String>> {
        let folder = folder.as_fd();
        let mut refused = self.set_owner(|user, group| {
            rustix::fs::chownat(folder, name, user, group, AtFlags::SYMLINK_NOFOLLOW)
        });
        // No system call for attributes takes an open folder and a name. The path in /proc leads
        // through the open folder.
        let path =
            [format!("/proc/self/fd/{}/", folder.as_raw_fd()).as_bytes(), name.as_bytes()].concat();
        let path = OsStr::from_bytes(&path);
        refused.extend(self.set_attributes(|name, value| {
            rustix::fs::lsetxattr(path, name, value, XattrFlags::empty())
        }));
        rustix::fs::utimensat(folder, name, &self.times(), AtFlags::SYMLINK_NOFOLLOW)
            .map_err(io_error)?;
        Ok(refused)
    }

    /// Sets the owner with `chown`. A refusal is returned as a line and is no error: only root can
    /// give files away, and the file is extracted anyway.
    fn set_owner(
        &self,
        chown: impl FnOnce(Option<Uid>, Option<Gid>) -> rustix::io::Result<()>,
    ) -> Vec<String> {
        let Some((user, group)) = self.ids() else { return Vec::new() };
        let refused = chown(user, group).err();
        refused.map(|error| format!("owner: {}", reason(&error.into()))).into_iter().collect()
    }

    /// User and group for the system. The number with all bits set means "do not change" and is no
    /// owner.
    fn ids(&self) -> Option<(Option<Uid>, Option<Gid>)> {
        let (user, group) = self.owner?;
        let known = |number: u32| Some(number).filter(|&number| number != u32::MAX);
        Some((known(user).map(Uid::from_raw), known(group).map(Gid::from_raw)))
    }

    fn set_attributes(&self, set: impl Fn(&OsStr, &[u8]) -> rustix::io::Result<()>) -> Vec<String> {
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
