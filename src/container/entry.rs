//! One entry of the index: a file, a directory or a link, with what is known about it.

use crate::error::{Error, Result};

/// A point in time, as file systems keep it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time {
    /// Seconds since 1970, negative before.
    pub seconds: i64,
    /// Nanoseconds after that second, below 10⁹.
    pub nanos: u32,
}

/// Mode and time of a file, where they are known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Metadata {
    /// Permission bits, at most `0o7777`.
    pub mode: Option<u32>,
    /// Time of the last modification.
    pub mtime: Option<Time>,
}

impl Metadata {
    /// A stored mode as permission bits.
    ///
    /// # Errors
    /// Other bits are set.
    pub fn checked_mode(value: u64) -> Result<u32> {
        if value > 0o7777 {
            return Err(Error::Corrupt(format!("impossible mode {value:#o}")));
        }
        Ok(value as u32)
    }
}

/// What an entry is.
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
    /// The kind stored as `value`.
    ///
    /// # Errors
    /// There is none.
    pub fn from_number(value: u64) -> Result<Self> {
        [EntryKind::File, EntryKind::Directory, EntryKind::Symlink, EntryKind::Hardlink]
            .into_iter()
            .find(|&kind| kind as u64 == value)
            .ok_or_else(|| {
                Error::Unsupported(format!("an entry of kind {value}: take a newer cmx"))
            })
    }
}

/// A stretch of data in a sparse file; what lies between two is a hole, which reads as zeros.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extent {
    /// Where it begins in the file.
    pub offset: u64,
    /// Its bytes.
    pub length: u64,
}

/// One entry of the index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// Path relative to the archive's root, parts joined by `/`; any bytes but NUL. Empty for a
    /// stream without a name.
    pub path: Vec<u8>,
    /// What it is.
    pub kind: EntryKind,
    /// Bytes of content, holes included.
    pub size: u64,
    /// xxh3 of the stored content (without the holes), cut to 32 bits below 64 KiB.
    pub hash: u64,
    /// Mode and time.
    pub metadata: Metadata,
    /// User and group, if they were asked for.
    pub owner: Option<(u32, u32)>,
    /// Text of a symbolic link, or path of the first name of a hard link.
    pub link: Vec<u8>,
    /// Place in the index of an earlier entry with the same content, which is stored only there.
    pub same_as: Option<u64>,
    /// The stretches of data of a sparse file; `None` if it has no holes.
    pub extents: Option<Vec<Extent>>,
    /// Extended attributes, names and values, if they were asked for.
    pub xattrs: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Entry {
    /// Bytes of content that the archive holds for this entry or the one it equals: the size
    /// without the holes.
    #[must_use]
    pub fn stored_len(&self) -> u64 {
        match &self.extents {
            Some(extents) => extents.iter().map(|extent| extent.length).sum(),
            None => self.size,
        }
    }
}
