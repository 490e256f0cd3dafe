//! Reading of columns.

use super::super::entry::{Entry, EntryKind, Extent, Metadata, Time};
use super::super::fields::Fields;
use super::super::format::WIDE_HASH;
use super::super::index::PURPOSE;
use super::memory::{EXTENT_MEMORY, XATTR_MEMORY, text_memory};
use super::{Column, ColumnSet, IDS, Id, contradiction, flag};
use crate::budget::Charge;
use crate::error::{Error, Limit, LimitKind, Result};

/// Reads `count` entries from their columns. With [`ColumnSet::WithoutHashes`] the hashes stay 0.
/// `charge` already holds the memory of the entries, their paths and links; the memory of extents
/// and attributes is added.
///
/// # Errors
/// A column is missing, too short or too long, or a cell has an impossible value.
pub fn read_columns(
    columns: &mut [Column<'_>],
    count: usize,
    set: ColumnSet,
    max_path: u64,
    charge: &mut Charge,
) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    entries.resize_with(count, Entry::default);
    let mut all_flags = vec![0u64; count];
    for id in IDS.into_iter().filter(|&id| set.has(id)) {
        let mut empty = Fields::new(&[][..], 0);
        let mut found = columns.iter_mut().filter(|column| column.id == id as u64);
        let column = found.next().map_or(&mut empty, |column| &mut column.bytes);
        if found.next().is_some() {
            return Err(contradiction());
        }
        let mut last = 0i64;
        for index in 0..count {
            if id == Id::Flags {
                all_flags[index] = column.varint()?;
                if all_flags[index] & !flag::KNOWN != 0 {
                    return Err(Error::Unsupported(
                        "an entry with unknown properties: use a newer cmx".into(),
                    ));
                }
                entries[index].kind = EntryKind::from_number(all_flags[index] & 3)?;
            } else {
                // No hash is checked over the cells, so the bytes seen need not be kept.
                column.restart();
                let mut reader = CellReader { column, max_path, charge };
                reader.read(id, all_flags[index], &mut last, &mut entries[index])?;
            }
            if let (Id::SameAs, Some(first)) = (id, entries[index].same_as) {
                let first = usize::try_from(first)
                    .ok()
                    .filter(|&first| first < index)
                    .ok_or_else(contradiction)?;
                entries[index].hash = entries[first].hash;
            }
        }
        if column.byte_or_end()?.is_some() {
            return Err(contradiction());
        }
    }
    Ok(entries)
}

/// Reads the hashes of `entries`, whose other properties are known.
///
/// # Errors
/// The column is missing, too short or too long, or there is another column.
pub fn read_hashes(columns: &mut Vec<Column<'_>>, entries: &mut [Entry]) -> Result<()> {
    let mut column =
        Column::take(columns, Id::Hash as u64)?.unwrap_or_else(|| Fields::new(&[][..], 0));
    for index in 0..entries.len() {
        let stored_len = entries[index].stored_len();
        match entries[index].same_as {
            Some(first) => {
                entries[index].hash = usize::try_from(first)
                    .ok()
                    .and_then(|first| entries.get(first))
                    .ok_or_else(contradiction)?
                    .hash
            }
            None if entries[index].kind == EntryKind::File => {
                entries[index].hash = read_hash(&mut column, stored_len)?
            }
            None => {}
        }
    }
    if column.byte_or_end()?.is_some() || columns.iter().any(|column| column.id < 64) {
        Err(contradiction())
    } else {
        Ok(())
    }
}

/// Reads the cells of one column and charges the memory that they take.
struct CellReader<'a, 'b> {
    column: &'a mut Fields<&'b [u8]>,
    max_path: u64,
    charge: &'a mut Charge,
}

impl CellReader<'_, '_> {
    /// Reads the cell of `entry` in column `id`; `flags` are the flags of this entry. A time is
    /// stored as its difference to `last`, the time of the entry before.
    fn read(&mut self, id: Id, flags: u64, last: &mut i64, entry: &mut Entry) -> Result<()> {
        let has = |bit: u64| flags & bit != 0;
        let is_file = entry.kind == EntryKind::File;
        match id {
            Id::Path => entry.path = self.path()?,
            Id::Size if is_file => entry.size = self.column.varint()?,
            // An entry with the content of an earlier entry takes over the hash of that entry.
            Id::Hash if is_file && !has(flag::SAME_AS) => {
                entry.hash = read_hash(self.column, entry.stored_len())?
            }
            Id::Mode if has(flag::MODE) => {
                entry.metadata.mode = Some(Metadata::checked_mode(self.column.varint()?)?)
            }
            Id::Seconds if has(flag::TIME) => {
                *last = last.wrapping_add(self.column.signed()?);
                entry.metadata.mtime = Some(Time { seconds: *last, nanos: 0 });
            }
            Id::Nanos => {
                if let Some(time) = &mut entry.metadata.mtime {
                    let nanos = self.column.varint()?;
                    time.nanos = u32::try_from(nanos)
                        .ok()
                        .filter(|&nanos| nanos < 1_000_000_000)
                        .ok_or_else(contradiction)?;
                }
            }
            Id::Owner if has(flag::OWNER) => {
                let mut number =
                    || u32::try_from(self.column.varint()?).map_err(|_| contradiction());
                entry.owner = Some((number()?, number()?));
            }
            Id::Link if matches!(entry.kind, EntryKind::Symlink | EntryKind::Hardlink) => {
                entry.link = self.path()?
            }
            Id::SameAs if has(flag::SAME_AS) => {
                if !is_file {
                    return Err(contradiction());
                }
                entry.same_as = Some(self.column.varint()?);
            }
            Id::Extents if has(flag::EXTENTS) => entry.extents = Some(self.extents(entry)?),
            Id::Xattrs if has(flag::XATTRS) => entry.xattrs = self.xattrs()?,
            _ => {}
        }
        Ok(())
    }

    fn path(&mut self) -> Result<Vec<u8>> {
        let limit = self.max_path;
        self.text(limit).map_err(|error| match error {
            None => Error::Limit(Limit::new(
                LimitKind::Path,
                format!("a path of more than {limit} bytes"),
            )),
            Some(error) => error,
        })
    }

    /// The bytes up to the next NUL. The error is `None` if there are more than `limit` bytes.
    fn text(&mut self, limit: u64) -> std::result::Result<Vec<u8>, Option<Error>> {
        let mut bytes = Vec::new();
        loop {
            match self.column.byte()? {
                0 => break,
                byte => bytes.push(byte),
            }
            if bytes.len() as u64 > limit {
                return Err(None);
            }
        }
        Ok(bytes)
    }

    /// The number of items of a list. Each item takes at least two bytes of the column and `each`
    /// bytes of memory. All of that memory is charged at once, so that an error names the whole
    /// demand.
    fn list(&mut self, each: u64) -> Result<u64> {
        let count = self.column.varint()?;
        if count > self.column.left().len() as u64 / 2 {
            return Err(contradiction());
        }
        self.charge.add(count * each, PURPOSE)?;
        Ok(count)
    }

    /// The extents of a sparse file. They must be in order, apart, not empty, and inside the file.
    fn extents(&mut self, entry: &Entry) -> Result<Vec<Extent>> {
        if entry.kind != EntryKind::File {
            return Err(contradiction());
        }
        let mut extents = Vec::new();
        let mut end = 0u64;
        let count = self.list(EXTENT_MEMORY)?;
        for _ in 0..count {
            let offset = end.checked_add(self.column.varint()?).ok_or_else(contradiction)?;
            let length = self.column.varint()?;
            end = offset
                .checked_add(length)
                .filter(|&end| length > 0 && end <= entry.size)
                .ok_or_else(contradiction)?;
            extents.push(Extent { offset, length });
        }
        extents.shrink_to_fit();
        Ok(extents)
    }

    fn xattrs(&mut self) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let mut xattrs = Vec::new();
        let count = self.list(XATTR_MEMORY)?;
        for _ in 0..count {
            let name = self.text(255).map_err(|error| error.unwrap_or_else(contradiction))?;
            self.charge.add(text_memory(name.len()), PURPOSE)?;
            let length = self.column.varint()?;
            let value = self.column.payload(length)?;
            self.charge.add(text_memory(value.len()), PURPOSE)?;
            xattrs.push((name, value));
        }
        xattrs.shrink_to_fit();
        if xattrs.is_empty() { Err(contradiction()) } else { Ok(xattrs) }
    }
}

fn read_hash(column: &mut Fields<&[u8]>, stored_len: u64) -> Result<u64> {
    if stored_len < WIDE_HASH { column.u32().map(u64::from) } else { column.u64() }
}
