//! A context-mixing lossless compressor and archiver.
//!
//! # Data in memory
//!
//! [`compress`] and [`decompress`], and their forms [`compress_with`] and [`decompress_with`] that
//! take options:
//!
//! ```
//! let archive = cmx::compress(b"the cat sat on the mat")?;
//! assert_eq!(cmx::decompress(&archive)?, b"the cat sat on the mat");
//! # Ok::<(), cmx::Error>(())
//! ```
//!
//! # Streams
//!
//! [`Encoder`] is a [`Write`](std::io::Write) that compresses, [`Decoder`] a
//! [`Read`](std::io::Read) that decompresses. Both hold no more than a block per thread, for any
//! length, and never seek. [`EncodeOptions`] names level, threads and verification; the levels are
//! [`Level`], with the memory each takes. The bytes do not depend on the threads.
//!
//! ```
//! use std::io::{Read, Write};
//!
//! let options = cmx::EncodeOptions::new().level(cmx::Level::new(3)?).threads(2);
//! let mut encoder = cmx::Encoder::new(Vec::new(), &options);
//! for number in 0..1000 {
//!     writeln!(encoder, "line {number}")?;
//! }
//! let archive = encoder.finish()?; // without it the archive has no end, and a reader says so
//!
//! let mut text = String::new();
//! cmx::Decoder::new(&archive[..], &cmx::DecodeOptions::default()).read_to_string(&mut text)?;
//! assert!(text.ends_with("line 999\n"));
//! # Ok::<(), cmx::Error>(())
//! ```
//!
//! # Archives of many files
//!
//! [`Archive::create`] stores files and everything in folders: modes, times, links, holes; owners
//! and extended attributes if [`CreateOptions::walk`](archive::CreateOptions::walk) says so. The
//! archive appears under its name when it is whole.
//!
//! ```
//! use cmx::archive::CreateOptions;
//! use cmx::Archive;
//!
//! let folder = tempfile::tempdir()?;
//! let notes = folder.path().join("notes");
//! std::fs::create_dir(&notes)?;
//! std::fs::write(notes.join("cat.txt"), "the cat sat on the mat")?;
//! std::fs::write(notes.join("dog.txt"), "the dog did not")?;
//!
//! let path = folder.path().join("notes.cmx");
//! let summary = Archive::create(&path, &[notes], &CreateOptions::default())?;
//! assert_eq!(summary.entries, 3); // a folder and two files
//! # Ok::<(), cmx::Error>(())
//! ```
//!
//! [`Archive::open`] reads the index at the end, and [`Archive::entries`] goes through it; nothing
//! is decoded. What to take out is an [`archive::Selection`] of paths, folders and globs,
//! empty for everything. [`Archive::extract`] writes into a folder, and nowhere else whatever the
//! archive says; [`Archive::extract_to`] to any writer. Both decode only the blocks that hold what
//! is wanted.
//!
//! ```
//! use cmx::archive::Selection;
//! use cmx::archive::{ExtractOptions, show_name};
//! use cmx::{Archive, DecodeOptions};
//!
//! # let folder = tempfile::tempdir()?;
//! # let notes = folder.path().join("notes");
//! # std::fs::create_dir(&notes)?;
//! # std::fs::write(notes.join("cat.txt"), "the cat sat on the mat")?;
//! # std::fs::write(notes.join("dog.txt"), "the dog did not")?;
//! # let path = folder.path().join("notes.cmx");
//! # Archive::create(&path, &[notes.clone()], &Default::default())?;
//! let archive = Archive::open(&path, &DecodeOptions::default())?;
//! for entry in archive.entries() {
//!     println!("{:>12} {}", entry.size, show_name(&entry.path));
//! }
//!
//! let cats = Selection::new(&[b"**/cat.*".to_vec()])?;
//! let mut text = Vec::new();
//! archive.extract_to(&cats, &mut text)?;
//! assert_eq!(text, b"the cat sat on the mat");
//!
//! let target = folder.path().join("copy");
//! let summary = archive.extract(&Selection::new(&[])?, &target, &ExtractOptions::default())?;
//! assert!(summary.warnings.is_empty());
//! # // Paths are stored as they are given, without the root.
//! # let stored = notes.strip_prefix("/").unwrap_or(&notes);
//! # assert_eq!(std::fs::read(target.join(stored).join("dog.txt"))?, b"the dog did not");
//! # Ok::<(), cmx::Error>(())
//! ```
//!
//! [`Archive::append`] puts more files behind those that are there. The archive is valid at every
//! moment; an entry takes the place of an earlier one with the same path.
//!
//! ```
//! use cmx::archive::{CreateOptions, Plan};
//! use cmx::{Archive, DecodeOptions};
//!
//! # let folder = tempfile::tempdir()?;
//! # let [cat, dog] = ["cat.txt", "dog.txt"].map(|name| folder.path().join(name));
//! # std::fs::write(&cat, "the cat sat on the mat")?;
//! # std::fs::write(&dog, "the dog did not")?;
//! # let path = folder.path().join("notes.cmx");
//! # Archive::create(&path, &[cat], &Default::default())?;
//! let options = CreateOptions::default();
//! let plan = Plan::of(&[dog], options.walk)?;
//! Archive::append(&path, plan, &options, &DecodeOptions::default())?;
//! assert_eq!(Archive::open(&path, &DecodeOptions::default())?.entries().count(), 2);
//! # Ok::<(), cmx::Error>(())
//! ```
//!
//! [`archive::repair`] saves what is whole of a damaged archive and names what is not.
//!
//! Archives of files need Unix. On other systems there are [`compress`], [`decompress`], [`Encoder`]
//! and [`Decoder`].
//!
//! # Archives from others
//!
//! No input makes this library panic, and [`DecodeOptions`] limits what an archive may ask for.
//! What goes wrong is an [`Error`], whose kinds are what one can do about it:
//!
//! ```
//! use cmx::{DecodeOptions, Error};
//!
//! let archive = cmx::compress(&[0; 100_000])?;
//! let careful = DecodeOptions::new().max_output(10_000);
//! assert!(matches!(cmx::decompress_with(&archive, &careful), Err(Error::Limit(_))));
//! assert!(matches!(cmx::decompress(&archive[..20]), Err(Error::Truncated(20))));
//! # Ok::<(), Error>(())
//! ```

// Without the feature, what only the command line, benchmarks and tests use of the engine is dead; so
// is what only archives use on systems other than Unix.
#![cfg_attr(not(all(feature = "internals", unix)), allow(dead_code, unused_imports))]
// What is hidden may name what is private.
#![cfg_attr(feature = "internals", allow(rustdoc::private_intra_doc_links))]

mod api;
#[cfg(unix)]
pub mod archive;
mod block;
mod budget;
mod coder;
mod container;
mod error;
mod explain;
mod formats;
#[cfg(feature = "gpu")]
mod gpu;
mod input;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod internals;
mod kind;
mod level;
mod method;
mod mix;
mod model;
mod network;
mod numeric;
mod options;
#[cfg(unix)]
mod output;
mod predictor;
mod prior;
mod progress;
mod simd;
mod sort;
mod stream;
mod threads;
#[cfg(feature = "internals")]
mod training;
mod transform;
mod varint;
mod words;

pub use api::{compress, compress_with, decompress, decompress_with};
#[cfg(unix)]
pub use archive::Archive;
pub use container::{Metadata, Time};
pub use error::{Error, Limit, LimitKind, MissingPrior, Result};
pub use level::{Level, NetworkStart};
pub use options::{DecodeOptions, EncodeOptions};
pub use prior::Prior;
pub use progress::Progress;
pub use stream::{Decoder, Encoder};
pub use transform::is_panic_caught;
