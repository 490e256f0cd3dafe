//! Opens an archive that the command line names, or standard input, and finds out what the archive
//! holds.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;

use cmx::internals::container::fields::{Fields, read_full};
use cmx::internals::container::header::Header;
use cmx::internals::input::Original;
use cmx::{Archive, DecodeOptions, Metadata};

use super::failure::Failure;
use super::standard;

/// Bytes that suffice for any header.
const HEADER_ROOM: usize = 64;

/// An open archive whose first bytes have been read.
pub struct ArchiveInput {
    start: Vec<u8>,
    rest: Rest,
    /// Does any member of the archive hold named files?
    pub is_named: bool,
}

enum Rest {
    File(File),
    Stdin,
}

impl Rest {
    /// Do named files follow a stream member? The answer is `false` for pipes, which cannot be
    /// sought in.
    fn named_files_follow(&self, limits: &DecodeOptions) -> bool {
        let Rest::File(file) = self else { return false };
        let is_file = file.metadata().is_ok_and(|found| found.is_file());
        let archive = || Archive::from_file(file.try_clone().ok()?, limits).ok();
        is_file && archive().is_some_and(|archive| archive.is_named())
    }
}

impl ArchiveInput {
    /// Opens `input`; `-` is standard input. `limits` bound the search for named files.
    pub fn open(input: &Path, limits: &DecodeOptions) -> Result<Self, Failure> {
        let fail = |error: io::Error| Failure::io(input, &error);
        let (mut reader, rest): (Box<dyn Read>, Rest) = if input.as_os_str() == "-" {
            (Box::new(standard::input()?), Rest::Stdin)
        } else {
            let file = File::open(input).map_err(fail)?;
            if file.metadata().map_err(fail)?.is_dir() {
                return Err(fail(io::ErrorKind::IsADirectory.into()));
            }
            (Box::new(file.try_clone().map_err(fail)?), Rest::File(file))
        };
        let mut start = vec![0; HEADER_ROOM];
        let length = read_full(&mut reader, &mut start).map_err(fail)?;
        start.truncate(length);
        // Errors of the header are reported when the archive is read.
        let header = Header::read_from(&mut Fields::new(&start[..], 0));
        let begins_named = matches!(header, Ok(Some(header)) if header.is_named());
        let is_named = begins_named || rest.named_files_follow(limits);
        Ok(ArchiveInput { start, rest, is_named })
    }

    /// The archive file as it was when it was opened, to be compared with its later state. `None`
    /// for a pipe.
    pub fn original(&self, input: &Path) -> Option<Original> {
        match &self.rest {
            Rest::File(file) => Original::of(input, file).ok().flatten(),
            Rest::Stdin => None,
        }
    }

    /// Mode and time of the archive file. Both are unknown for a pipe.
    pub fn file_metadata(&self) -> Metadata {
        match &self.rest {
            Rest::File(file) => file
                .metadata()
                .ok()
                .filter(|found| found.is_file())
                .map(|found| Metadata::of(&found))
                .unwrap_or_default(),
            Rest::Stdin => Metadata::default(),
        }
    }

    /// Bytes of content of the archive, if they are known without reading all of the archive.
    pub fn content_len(&self, options: &DecodeOptions) -> Option<u64> {
        let Rest::File(file) = &self.rest else { return None };
        let archive = Archive::from_file(file.try_clone().ok()?, options).ok()?;
        Some(archive.members().iter().filter_map(|member| member.content_at.last()).sum())
    }

    /// A reader of the whole archive, from its first byte.
    pub fn into_reader(self) -> impl Read {
        let rest: Box<dyn Read> = match self.rest {
            Rest::File(file) => Box::new(file),
            Rest::Stdin => Box::new(io::stdin()),
        };
        Cursor::new(self.start).chain(rest)
    }

    /// The archive with its index. A pipe is copied to a temporary file first, because the index is
    /// at the end.
    pub fn into_archive(self, options: &DecodeOptions) -> cmx::Result<Archive> {
        Archive::from_file(self.into_file()?, options)
    }

    /// As [`ArchiveInput::into_archive`], but a cut archive is opened with the entries that are
    /// left. The second result says whether the hashes of the contents are known.
    pub fn into_archive_even_cut(self, options: &DecodeOptions) -> cmx::Result<(Archive, bool)> {
        let file = self.into_file()?;
        match Archive::from_file(file.try_clone()?, options) {
            Err(error) if error.is_damage() => {
                Archive::of_cut(file, options)?.map_or(Err(error), |cut| Ok((cut, false)))
            }
            archive => Ok((archive?, true)),
        }
    }

    fn into_file(self) -> io::Result<File> {
        match self.rest {
            Rest::File(file) if file.metadata()?.is_file() => Ok(file),
            _ => {
                let mut spool = tempfile::tempfile()?;
                io::copy(&mut self.into_reader(), &mut spool)?;
                Ok(spool)
            }
        }
    }
}
