//! The output of a job: a file that appears atomically, or standard output.

use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use cmx::Metadata;
use cmx::internals::output::AtomicFile;

use super::args::Options;
use super::failure::{Failure, name};
use super::standard;

/// An open output.
pub struct Output {
    path: PathBuf,
    sink: Sink,
    failed: bool,
}

enum Sink {
    /// A file that does not have its final name yet.
    File(AtomicFile),
    /// Standard output, unbuffered, because blocks are large.
    Stdout(File),
}

impl Output {
    /// Opens the output `path`. The path must not exist unless `force` is set, and must not be the
    /// `input`.
    pub fn file(path: &Path, force: bool, input: &Path) -> Result<Self, Failure> {
        if std::fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink())
            && !force
            && !cmx::internals::output::is_device(path)
        {
            return Err(Failure::usage(format!(
                "{} is a symbolic link; -f replaces the link",
                name(path)
            )));
        }
        if let Ok(found) = std::fs::metadata(path) {
            if found.is_dir() {
                return Err(Failure::usage(format!(
                    "{} is a folder; name a file with -o",
                    name(path)
                )));
            }
            if found.is_file() && is_same(path, input) {
                return Err(Failure::usage(format!(
                    "{} is input and output at once; name another with -o",
                    name(path)
                )));
            }
            if found.is_file() && !force && !cmx::internals::output::is_device(path) {
                return Err(Failure::usage(format!("{} exists; -f overwrites it", name(path))));
            }
        }
        if let Some(file) = standard::stream_of(path)? {
            return Ok(Output {
                path: path.to_path_buf(),
                sink: Sink::Stdout(file),
                failed: false,
            });
        }
        let file = AtomicFile::create(path, force).map_err(|error| Failure::io(path, &error))?;
        Ok(Output { path: path.to_path_buf(), sink: Sink::File(file), failed: false })
    }

    /// Standard output.
    pub fn stdout() -> Result<Self, Failure> {
        standard::check_output()?;
        let path = PathBuf::from("standard output");
        let file = standard::output().map_err(|error| Failure::io(&path, &error))?;
        Ok(Output { path, sink: Sink::Stdout(file), failed: false })
    }

    /// Standard output for compressed bytes, which may be a terminal only if the user forces it.
    pub fn stdout_for_archive(options: &Options) -> Result<Self, Failure> {
        if io::stdout().is_terminal() && !options.force {
            return Err(Failure::usage(
                "compressed data is not written to a terminal; redirect it, or name a file with -o",
            ));
        }
        Self::stdout()
    }

    /// The failure for `error`, about this output if writing failed, otherwise about `input`.
    pub fn blame(&self, input: &Path, error: &cmx::Error) -> Failure {
        Failure::at(if self.failed { &self.path } else { input }, error)
    }

    /// Is the output a file that keeps the bytes?
    pub fn is_kept(&self) -> bool {
        matches!(&self.sink, Sink::File(file) if !file.is_direct())
    }

    /// Did a write to this output fail?
    pub fn has_failed(&self) -> bool {
        self.failed
    }

    /// Gives the file the owner and the mode of `original`, as far as the system allows, then
    /// commits the file.
    pub fn commit_like(mut self, original: &std::fs::Metadata) -> Result<(), Failure> {
        if let Sink::File(file) = &mut self.sink {
            file.set_owner_and_mode(original).map_err(|error| Failure::io(&self.path, &error))?;
        }
        self.commit(&Metadata::default())
    }

    /// Sets mode and time if the output is a file, then commits the file.
    pub fn commit(self, metadata: &Metadata) -> Result<(), Failure> {
        let Sink::File(mut file) = self.sink else { return Ok(()) };
        file.set_metadata(metadata).and_then(|()| file.commit()).map_err(|error| {
            match error.kind() {
                io::ErrorKind::AlreadyExists => Failure::usage(format!(
                    "{} was made meanwhile; -f overwrites it",
                    name(&self.path)
                )),
                _ => Failure::io(&self.path, &error),
            }
        })
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = match &mut self.sink {
            Sink::File(file) => file.write(bytes),
            Sink::Stdout(file) => file.write(bytes),
        };
        self.failed |=
            result.as_ref().is_err_and(|error| error.kind() != io::ErrorKind::Interrupted);
        result
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn is_same(one: &Path, other: &Path) -> bool {
    matches!((std::fs::canonicalize(one), std::fs::canonicalize(other)), (Ok(one), Ok(other)) if one == other)
}
