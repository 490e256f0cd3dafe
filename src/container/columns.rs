//! The columns of the index. A column holds one property of all entries that have this property.

use super::entry::{Entry, EntryKind, Extent, Metadata, Time};
use super::fields::{Fields, put_signed};
use super::format::WIDE_HASH;
use super::index::WHAT;
use crate::budget::Charge;
use crate::error::{Error, Limit, LimitKind, Result};
use crate::varint;

/// Numbers of the entry columns, in the order in which a reader takes them. The hash comes after
/// size and extents, because they give its width. A reader must know every column number below 64
/// and may pass over the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Id {
    Flags = 1,
    Path = 2,
    Size = 3,
    Extents = 4,
    Hash = 5,
    SameAs = 6,
    Mode = 7,
    Seconds = 8,
    Nanos = 9,
    Owner = 10,
    Link = 11,
    Xattrs = 12,
}

/// Number of the column that lists the records of names of the member. All other columns are about
/// entries.
pub const NAMES_ROWS: u64 = 13;

const IDS: [Id; 12] = [
    Id::Flags,
    Id::Path,
    Id::Size,
    Id::Extents,
    Id::Hash,
    Id::SameAs,
    Id::Mode,
    Id::Seconds,
    Id::Nanos,
    Id::Owner,
    Id::Link,
    Id::Xattrs,
];

/// Bits of the flags column. The lowest two bits hold the entry kind.
mod flag {
    pub const MODE: u64 = 4;
    pub const TIME: u64 = 8;
    pub const OWNER: u64 = 16;
    pub const SAME_AS: u64 = 32;
    pub const EXTENTS: u64 = 64;
    pub const XATTRS: u64 = 128;
    pub const KNOWN: u64 = 0xFF;
}

/// The columns that one table of entries holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// All columns.
    Whole,
    /// All columns but the hashes, which are known only after the contents were read.
    Names,
    /// Only the hashes.
    Hashes,
}

impl Share {
    fn has(self, id: Id) -> bool {
        match self {
            Share::Whole => true,
            Share::Names => id != Id::Hash,
            Share::Hashes => id == Id::Hash,
        }
    }
}

/// One column, not yet parsed.
pub struct Column<'a> {
    id: u64,
    bytes: Fields<&'a [u8]>,
}

impl<'a> Column<'a> {
    /// Cuts `bytes`, the end of an index, into its columns. Columns that may be passed over are
    /// left out.
    ///
    /// # Errors
    /// A length is wrong, a column appears twice, or an unknown column must not be passed over.
    pub fn split(mut bytes: &'a [u8]) -> Result<Vec<Column<'a>>> {
        let mut columns = Vec::new();
        while !bytes.is_empty() {
            let mut fields = Fields::new(bytes, 0);
            let id = fields.varint()?;
            let length = fields.varint()?;
            let rest = fields.into_inner();
            let length = usize::try_from(length)
                .ok()
                .filter(|&length| length <= rest.len())
                .ok_or_else(wrong)?;
            if id < 64 && id != NAMES_ROWS && !IDS.iter().any(|&known| known as u64 == id) {
                return Err(Error::Unsupported(format!(
                    "the index has a column {id}: take a newer cmx"
                )));
            }
            if columns.iter().any(|column: &Column<'_>| column.id == id) {
                return Err(wrong());
            }
            if id < 64 {
                columns.push(Column { id, bytes: Fields::new(&rest[..length], 0) });
            }
            bytes = &rest[length..];
        }
        Ok(columns)
    }

    /// Removes column `id` from `columns` and returns its cells.
    ///
    /// # Errors
    /// The column appears twice.
    pub fn take(columns: &mut Vec<Column<'a>>, id: u64) -> Result<Option<Fields<&'a [u8]>>> {
        let Some(place) = columns.iter().position(|column| column.id == id) else {
            return Ok(None);
        };
        let column = columns.remove(place);
        if columns.iter().any(|column| column.id == id) {
            Err(wrong())
        } else {
            Ok(Some(column.bytes))
        }
    }

    /// Does `columns` have a column of entries other than the hashes?
    pub fn has_entries(columns: &[Column<'_>]) -> bool {
        columns.iter().any(|column| column.id == Id::Flags as u64)
    }
}

/// Bytes of memory that the paths and links in `columns` take together.
pub fn memory_of_texts(columns: &[Column<'_>]) -> u64 {
    let texts =
        columns.iter().filter(|column| [Id::Path as u64, Id::Link as u64].contains(&column.id));
    texts
        .flat_map(|column| column.bytes.left().split(|&byte| byte == 0))
        .map(|text| text_memory(text.len()))
        .sum()
}

fn wrong() -> Error {
    Error::Corrupt("the index contradicts itself".into())
}

/// Bytes that a text of `length` bytes takes on the heap: twice its length while it grows, and the
/// overhead of the allocator.
fn text_memory(length: usize) -> u64 {
    if length == 0 { 0 } else { 2 * length as u64 + 32 }
}

/// Bytes that one extent is counted as. A growing list reserves up to twice its length.
const EXTENT: u64 = 2 * size_of::<Extent>() as u64;

/// Bytes that one extended attribute is counted as, without its texts.
const XATTR: u64 = 2 * size_of::<(Vec<u8>, Vec<u8>)>() as u64;

/// Bytes of heap memory that `entry` is counted as.
pub fn memory_of(entry: &Entry) -> u64 {
    let xattrs = entry
        .xattrs
        .iter()
        .map(|(name, value)| XATTR + text_memory(name.len()) + text_memory(value.len()));
    let extents = entry.extents.as_ref().map_or(0, Vec::len) as u64 * EXTENT;
    text_memory(entry.path.len()) + text_memory(entry.link.len()) + extents + xattrs.sum::<u64>()
}

fn flags(entry: &Entry) -> u64 {
    let bit = |set: bool, bit: u64| if set { bit } else { 0 };
    entry.kind as u64
        | bit(entry.metadata.mode.is_some(), flag::MODE)
        | bit(entry.metadata.mtime.is_some(), flag::TIME)
        | bit(entry.owner.is_some(), flag::OWNER)
        | bit(entry.same_as.is_some(), flag::SAME_AS)
        | bit(entry.extents.is_some(), flag::EXTENTS)
        | bit(!entry.xattrs.is_empty(), flag::XATTRS)
}

/// Appends every column of `set` that is not empty.
pub fn write_columns<'a>(
    entries: impl Iterator<Item = &'a Entry> + Clone,
    share: Share,
    out: &mut Vec<u8>,
) {
    for id in IDS.into_iter().filter(|&id| share.has(id)) {
        let mut column = Vec::new();
        let mut last = Time { seconds: 0, nanos: 0 };
        for entry in entries.clone() {
            write_cell(id, entry, &mut last, &mut column);
        }
        if !column.is_empty() {
            varint::put(out, id as u64);
            varint::put(out, column.len() as u64);
            out.extend_from_slice(&column);
        }
    }
}

/// Appends the cell of `entry` in column `id`. A time is stored as its difference to `last`, the
/// time of the entry before.
fn write_cell(id: Id, entry: &Entry, last: &mut Time, out: &mut Vec<u8>) {
    let is_file = entry.kind == EntryKind::File;
    match id {
        Id::Flags => varint::put(out, flags(entry)),
        Id::Path => {
            out.extend_from_slice(&entry.path);
            out.push(0);
        }
        Id::Size if is_file => varint::put(out, entry.size),
        Id::Hash if is_file && entry.same_as.is_none() => {
            let width = if entry.stored_len() < WIDE_HASH { 4 } else { 8 };
            out.extend_from_slice(&entry.hash.to_le_bytes()[..width]);
        }
        Id::Mode => {
            entry.metadata.mode.into_iter().for_each(|mode| varint::put(out, u64::from(mode)))
        }
        Id::Seconds => {
            if let Some(time) = entry.metadata.mtime {
                put_signed(out, time.seconds.wrapping_sub(last.seconds));
                *last = time;
            }
        }
        Id::Nanos => entry
            .metadata
            .mtime
            .into_iter()
            .for_each(|time| varint::put(out, u64::from(time.nanos))),
        Id::Owner => {
            if let Some((user, group)) = entry.owner {
                varint::put(out, u64::from(user));
                varint::put(out, u64::from(group));
            }
        }
        Id::Link if matches!(entry.kind, EntryKind::Symlink | EntryKind::Hardlink) => {
            out.extend_from_slice(&entry.link);
            out.push(0);
        }
        Id::SameAs => entry.same_as.into_iter().for_each(|place| varint::put(out, place)),
        Id::Extents => {
            if let Some(extents) = &entry.extents {
                varint::put(out, extents.len() as u64);
                let mut end = 0;
                for extent in extents {
                    varint::put(out, extent.offset - end);
                    varint::put(out, extent.length);
                    end = extent.offset + extent.length;
                }
            }
        }
        Id::Xattrs if !entry.xattrs.is_empty() => {
            varint::put(out, entry.xattrs.len() as u64);
            for (name, value) in &entry.xattrs {
                out.extend_from_slice(name);
                out.push(0);
                varint::put(out, value.len() as u64);
                out.extend_from_slice(value);
            }
        }
        _ => {}
    }
}

/// Reads `count` entries from their columns. With [`ColumnSet::WithoutHashes`] the hashes stay 0.
/// `charge` already holds the memory of the entries, their paths and links; the memory of extents
/// and attributes is added.
///
/// # Errors
/// A column is missing, too short or too long, or a cell has an impossible value.
pub fn read_columns(
    columns: &mut [Column<'_>],
    count: usize,
    share: Share,
    max_path: u64,
    charge: &mut Charge,
) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    entries.resize_with(count, Entry::default);
    let mut all_flags = vec![0u64; count];
    for id in IDS.into_iter().filter(|&id| share.has(id)) {
        let mut empty = Fields::new(&[][..], 0);
        let mut found = columns.iter_mut().filter(|column| column.id == id as u64);
        let column = found.next().map_or(&mut empty, |column| &mut column.bytes);
        if found.next().is_some() {
            return Err(wrong());
        }
        let mut last = 0i64;
        for place in 0..count {
            if id == Id::Flags {
                all_flags[place] = column.varint()?;
                if all_flags[place] & !flag::KNOWN != 0 {
                    return Err(Error::Unsupported(
                        "an entry with unknown properties: take a newer cmx".into(),
                    ));
                }
                entries[place].kind = EntryKind::from_number(all_flags[place] & 3)?;
            } else {
                // No hash is checked over the cells, so the bytes seen need not be kept.
                column.restart();
                let mut reader = CellReader { column, max_path, charge };
                reader.read(id, all_flags[place], &mut last, &mut entries[place])?;
            }
            if let (Id::SameAs, Some(first)) = (id, entries[place].same_as) {
                let first =
                    usize::try_from(first).ok().filter(|&first| first < place).ok_or_else(wrong)?;
                entries[place].hash = entries[first].hash;
            }
        }
        if column.byte_or_end()?.is_some() {
            return Err(wrong());
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
    for place in 0..entries.len() {
        let stored_len = entries[place].stored_len();
        match entries[place].same_as {
            Some(first) => {
                entries[place].hash = usize::try_from(first)
                    .ok()
                    .and_then(|first| entries.get(first))
                    .ok_or_else(wrong)?
                    .hash
            }
            None if entries[place].kind == EntryKind::File => {
                entries[place].hash = read_hash(&mut column, stored_len)?
            }
            None => {}
        }
    }
    if column.byte_or_end()?.is_some() || columns.iter().any(|column| column.id < 64) {
        Err(wrong())
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
                        .ok_or_else(wrong)?;
                }
            }
            Id::Owner if has(flag::OWNER) => {
                let mut number = || u32::try_from(self.column.varint()?).map_err(|_| wrong());
                entry.owner = Some((number()?, number()?));
            }
            Id::Link if matches!(entry.kind, EntryKind::Symlink | EntryKind::Hardlink) => {
                entry.link = self.path()?
            }
            Id::SameAs if has(flag::SAME_AS) => {
                if !is_file {
                    return Err(wrong());
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
            return Err(wrong());
        }
        self.charge.add(count * each, WHAT)?;
        Ok(count)
    }

    /// The extents of a sparse file. They must be in order, apart, not empty, and inside the file.
    fn extents(&mut self, entry: &Entry) -> Result<Vec<Extent>> {
        if entry.kind != EntryKind::File {
            return Err(wrong());
        }
        let mut extents = Vec::new();
        let mut end = 0u64;
        let count = self.list(EXTENT)?;
        for _ in 0..count {
            let offset = end.checked_add(self.column.varint()?).ok_or_else(wrong)?;
            let length = self.column.varint()?;
            end = offset
                .checked_add(length)
                .filter(|&end| length > 0 && end <= entry.size)
                .ok_or_else(wrong)?;
            extents.push(Extent { offset, length });
        }
        extents.shrink_to_fit();
        Ok(extents)
    }

    fn xattrs(&mut self) -> Result<Vec<(Vec<u8>, Vec<u8>)>> {
        let mut xattrs = Vec::new();
        let count = self.list(XATTR)?;
        for _ in 0..count {
            let name = self.text(255).map_err(|error| error.unwrap_or_else(wrong))?;
            self.charge.add(text_memory(name.len()), WHAT)?;
            let length = self.column.varint()?;
            let value = self.column.payload(length)?;
            self.charge.add(text_memory(value.len()), WHAT)?;
            xattrs.push((name, value));
        }
        xattrs.shrink_to_fit();
        if xattrs.is_empty() { Err(wrong()) } else { Ok(xattrs) }
    }
}

fn read_hash(column: &mut Fields<&[u8]>, stored_len: u64) -> Result<u64> {
    if stored_len < WIDE_HASH { column.u32().map(u64::from) } else { column.u64() }
}
