//! Measures a level on a file or folder, for `cmx bench`.

use std::path::Path;
use std::time::Instant;

use cmx::archive::{CreateOptions, ExtractOptions, Plan, Selection, WalkOptions};
use cmx::{Archive, DecodeOptions, EncodeOptions, Level};

/// Measurements of one level on one input.
#[derive(Debug, Clone, Copy)]
pub struct Measured {
    /// The level.
    pub level: &'static Level,
    /// Bytes before compression.
    pub raw: u64,
    /// Bytes after compression.
    pub coded: u64,
    /// Seconds that compression took.
    pub compress: f64,
    /// Seconds that decompression took.
    pub decompress: f64,
}

impl Measured {
    /// Compressed bytes for each raw byte.
    pub fn ratio(&self) -> f64 {
        self.coded as f64 / self.raw.max(1) as f64
    }

    /// Raw bytes that are compressed in a second.
    pub fn compress_rate(&self) -> f64 {
        self.raw as f64 / self.compress.max(1e-9)
    }

    /// Raw bytes that are restored in a second.
    pub fn decompress_rate(&self) -> f64 {
        self.raw as f64 / self.decompress.max(1e-9)
    }
}

/// Bytes of content that an archive of `folder` stores.
///
/// # Errors
/// A file cannot be read.
pub fn length(folder: &Path) -> cmx::Result<u64> {
    Plan::of(&[folder.to_path_buf()], WalkOptions::new()).map(|plan| plan.total())
}

/// Measures `raw` as one stream.
///
/// # Errors
/// Memory is short.
pub fn bytes(raw: &[u8], level: &'static Level, threads: usize) -> cmx::Result<Measured> {
    let start = Instant::now();
    let options = EncodeOptions::new().level(*level).threads(threads).verify(false);
    let archive = cmx::compress_with(raw, &options)?;
    let compress = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let options = DecodeOptions::new().threads(threads).memory(u64::MAX);
    cmx::decompress_with(&archive, &options)?;
    let decompress = start.elapsed().as_secs_f64();
    let (raw, coded) = (raw.len() as u64, archive.len() as u64);
    Ok(Measured { level, raw, coded, compress, decompress })
}

/// Measures an archive of `folder` with `raw` bytes of files: made in a temporary file, and
/// extracted into a temporary folder.
///
/// # Errors
/// Memory is short, or a file cannot be read or written.
pub fn folder(
    folder: &Path,
    raw: u64,
    level: &'static Level,
    threads: usize,
) -> cmx::Result<Measured> {
    let start = Instant::now();
    let encode = EncodeOptions::new().level(*level).threads(threads).verify(false);
    let plan = Plan::of(&[folder.to_path_buf()], WalkOptions::new())?;
    let mut file = tempfile::tempfile()?;
    plan.write(&mut file, &CreateOptions::new().encode(encode))?;
    let compress = start.elapsed().as_secs_f64();
    let coded = file.metadata()?.len();
    let target = tempfile::tempdir()?;
    let start = Instant::now();
    let decode = DecodeOptions::new().threads(threads).memory(u64::MAX);
    let archive = Archive::from_file(file, &decode)?;
    archive.extract(&Selection::all(), target.path(), &ExtractOptions::new())?;
    let decompress = start.elapsed().as_secs_f64();
    Ok(Measured { level, raw, coded, compress, decompress })
}
