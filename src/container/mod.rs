//! The archive as bytes, as `docs/format.md` specifies it. Each file holds one structure.
//!
//! An archive is one or more *members*, so archives may be concatenated. A member is a [`header`],
//! *records* (blocks of data and names, then the [`index`], then parity), and a [`footer`], which
//! commits the member. A small stream takes the [`compact`] form instead. A writer never seeks. A
//! hash covers every length; a reader checks this hash before it uses the length.

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
