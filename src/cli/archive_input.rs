//! An archive named on the command line, or on standard input, before it is known what it holds.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;

use cmx::container::fields::{Fields, read_full};
use cmx::container::header::Header;
use cmx::input::Original;
use cmx::{Archive, DecodeOptions, Metadata};

use super::failure::Failure;
use super::standard;

/// Bytes that hold any header whole.
const HEADER_ROOM: usize = 64;

/// An open archive, its first bytes looked at.
pub struct ArchiveInput {
    start: Vec<u8>,
    rest: Rest,
    /// Does it hold named files, in any of its members?
    pub is_named: bool,
}

enum Rest {
    File(File),
    Stdin,
}

impl Rest {
    /// Do named files follow a stream? Only of a file this can be known in advance.
    fn named_files_follow(&self, limits: &DecodeOptions) -> bool {
        let Rest::File(file) = self else { return false };
        let is_file = file.metadata().is_ok_and(|found| found.is_file());
        let archive = || Archive::from_file(file.try_clone().ok()?, limits).ok();
        is_file && archive().is_some_and(|archive| archive.is_named())
    }
}

impl ArchiveInput {
    /// Opens `input`, `-` for standard input. Whether named files follow a stream is looked for
    /// within `limits`.
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
        // What is wrong with a header is said when it is read in earnest.
        let header = Header::read_from(&mut Fields::new(&start[..], 0));
        let begins_named = matches!(header, Ok(Some(header)) if header.is_named());
        let is_named = begins_named || rest.named_files_follow(limits);
        Ok(ArchiveInput { start, rest, is_named })
    }

    /// The archive file as it is now, to be compared with what it is later; none of a stream.
    pub fn original(&self, input: &Path) -> Option<Original> {
        match &self.rest {
            Rest::File(file) => Original::of(input, file).ok().flatten(),
            Rest::Stdin => None,
        }
    }

    /// Mode and time of the archive file, if it is one.
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

    /// Bytes that will come out, as far as the archive says so without being read through.
    pub fn content_len(&self, options: &DecodeOptions) -> Option<u64> {
        let Rest::File(file) = &self.rest else { return None };
        let archive = Archive::from_file(file.try_clone().ok()?, options).ok()?;
        Some(archive.members().iter().filter_map(|member| member.content_at.last()).sum())
    }

    /// All of its bytes, from the first on.
    pub fn into_reader(self) -> impl Read {
        let rest: Box<dyn Read> = match self.rest {
            Rest::File(file) => Box::new(file),
            Rest::Stdin => Box::new(io::stdin()),
        };
        Cursor::new(self.start).chain(rest)
    }

    /// The archive with its index. What cannot be sought in is copied to a temporary file first, as
    /// the index is at the end.
    pub fn into_archive(self, options: &DecodeOptions) -> cmx::Result<Archive> {
        Archive::from_file(self.into_file()?, options)
    }

    /// As [`ArchiveInput::into_archive`], and of an archive that is cut what is there; says whether
    /// hashes are known.
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
