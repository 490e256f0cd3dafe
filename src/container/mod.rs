//! The archive as bytes: what `docs/format.md` specifies, one structure a file.
//!
//! An archive is one or more *members*, so archives may be concatenated. A member is a [`header`],
//! *records* (blocks of data, then the [`index`]), and a [`footer`] that commits it; a small stream
//! takes the [`compact`] form instead. Everything is written strictly forward. Every length is
//! under a hash that is checked before the length is used.

mod columns;
pub mod compact;
mod compatibility;
pub mod entry;
pub mod fields;
pub mod footer;
pub mod format;
pub mod hash;
pub mod header;
pub mod index;
pub mod names;
pub mod parity;
pub mod record;
pub mod writer;

pub use entry::{Entry, EntryKind, Extent, Metadata, Time};
