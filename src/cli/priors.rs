//! `--prior FILE`: reads prior files, each once in the life of the process.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use cmx::Prior;

use super::args::Options;
use super::failure::{Failure, name};

/// Longer files are no priors: a primer, three networks and some bytes.
const LONGEST: u64 = 4 << 20;

/// The priors that the flags name.
///
/// # Errors
/// A file cannot be read, or is no prior.
pub fn given(options: &Options) -> Result<Vec<Prior>, Failure> {
    options.prior.iter().map(|path| read(path)).collect()
}

/// The prior to compress with.
///
/// # Errors
/// There are several, or the file cannot be read.
pub fn for_coding(options: &Options) -> Result<Option<Prior>, Failure> {
    match &options.prior[..] {
        [] => Ok(None),
        [path] => read(path).map(Some),
        _ => Err(Failure::usage("name one --prior to compress with; -d takes several")),
    }
}

fn read(path: &Path) -> Result<Prior, Failure> {
    // Many small files are compressed in one call.
    static KNOWN: Mutex<Vec<(PathBuf, Prior)>> = Mutex::new(Vec::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, prior)) = known.iter().find(|(known, _)| known == path) {
        return Ok(prior.clone());
    }
    let fail = |error: std::io::Error| Failure::io(path, &error);
    let mut bytes = Vec::new();
    File::open(path).map_err(fail)?.take(LONGEST + 1).read_to_end(&mut bytes).map_err(fail)?;
    if bytes.len() as u64 > LONGEST {
        return Err(Failure::usage(format!("{}: too long for a prior file", name(path))));
    }
    let prior = Prior::from_bytes(&bytes).map_err(|error| Failure::at(path, &error))?;
    known.push((path.to_path_buf(), prior.clone()));
    Ok(prior)
}
