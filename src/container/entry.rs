//! One entry of the index: the properties of a file, a directory or a link.

use crate::error::{Error, Result};

/// A point in time, in the form that file systems keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time {
    /// Seconds since 1970, negative for earlier times.
    pub seconds: i64,
    /// Nanoseconds after `seconds`, below 10⁹.
    pub nanos: u32,
}

/// Mode and time of a file, where known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Metadata {
    /// Permission bits, at most `0o7777`.
    pub mode: Option<u32>,
    /// Time of the last modification.
    pub mtime: Option<Time>,
}

impl Metadata {
    /// Turns a stored number into permission bits.
    ///
    /// # Errors
    /// A bit outside `0o7777` is set.
    pub fn checked_mode(value: u64) -> Result<u32> {
        if value > 0o7777 {
            return Err(Error::Corrupt(format!("impossible mode {value:#o}")));
        }
        Ok(value as u32)
    }
}

/// Entry kind: what an entry describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[repr(u8)]
pub enum EntryKind {
    /// A regular file, or the content of a stream.
    #[default]
    File = 0,
    /// A directory.
    Directory = 1,
    /// A symbolic link; [`Entry::link`] is its text.
    Symlink = 2,
    /// Another name of the file whose path is [`Entry::link`].
    Hardlink = 3,
}

impl EntryKind {
    /// The entry kind that is stored as `value`.
    ///
    /// # Errors
    /// No entry kind has this number.
    pub fn from_number(value: u64) -> Result<Self> {
        [EntryKind::File, EntryKind::Directory, EntryKind::Symlink, EntryKind::Hardlink]
            .into_iter()
            .find(|&kind| kind as u64 == value)
            .ok_or_else(|| Error::Unsupported(format!("an entry of kind {value}: use a newer cmx")))
    }
}

/// A stretch of data in a sparse file. The stretches between extents are holes, which read as
/// zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Offset in the file.
    pub offset: u64,
    /// Length in bytes, not 0.
    pub length: u64,
}

/// One entry of the index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// Path relative to the root of the archive, with parts joined by `/`. Any byte but NUL may
    /// occur. The path is empty for a stream without a name.
    pub path: Vec<u8>,
    /// Entry kind.
    pub kind: EntryKind,
    /// Bytes of content, including holes.
    pub size: u64,
    /// xxh3 of the content without holes, cut to 32 bits if that has fewer than 64 KiB.
    pub hash: u64,
    /// Mode and time.
    pub metadata: Metadata,
    /// Numbers of user and group, if the caller asked to store them.
    pub owner: Option<(u32, u32)>,
    /// Text of a symbolic link, or path of the first name of a hard link.
    pub link: Vec<u8>,
    /// Index of an earlier entry with the same content. The content is stored only for that entry.
    pub same_as: Option<u64>,
    /// The stretches of data of a sparse file. `None` if the file has no holes.
    pub extents: Option<Vec<Extent>>,
    /// Names and values of extended attributes, if the caller asked to store them.
    pub xattrs: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Entry {
    /// Bytes of content without holes. An entry with the content of an earlier entry has the same
    /// number, although the archive holds that content only once.
    #[must_use]
    pub fn stored_len(&self) -> u64 {
        match &self.extents {
            Some(extents) => extents.iter().map(|extent| extent.length).sum(),
            None => self.size,
        }
    }
}
