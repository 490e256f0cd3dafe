//! Takes tar files apart: headers become columns, and contents are ordered so that similar ones
//! follow each other.
//!
//! The inner bytes are the names, the contents that say more about other members, all other
//! contents by similarity, and what belongs to no member. The order follows from the headers and
//! from the class of each content, which the columns hold.

mod columns;
mod header;
mod layout;
mod order;
#[cfg(test)]
mod tests;

use super::{Parts, restores};
use crate::budget;
use crate::error::{Error, Result};
use crate::formats::similar::ContentClass;
use crate::varint::{self, Reader};
use columns::{Line, Table, Writer};
use header::BLOCK;
use layout::Part;

/// The stored id.
pub const ID: u8 = 12;

/// Fewest members that are worth a transform.
const FEWEST: usize = 2;

/// Bytes of memory for what is known of a part: its header, its length, its place.
const PART_MEMORY: u64 = 640;

/// Bytes of a content that tell its class.
const CLASS_BYTES: usize = 4096;

/// The first tar file in `bytes`: where it starts, its parts, and how many bytes these replace.
#[must_use]
pub fn forward(bytes: &[u8]) -> Option<(usize, Parts, usize)> {
    let start = layout::find(bytes)?;
    let bytes = &bytes[start..];
    let parts = layout::scan(bytes);
    let members = parts.iter().filter(|part| matches!(part, Part::Member { .. })).count();
    if members < FEWEST {
        return None;
    }
    let length = parts.iter().map(Part::len).sum();
    let bytes = &bytes[..length];
    // The inner bytes, and a copy of them that is undone.
    let _inner = budget::charge(2 * length as u64, "a tar file").ok()?;
    let mut writer = Writer::new();
    let mut classes = Vec::new();
    let mut at = 0;
    for part in &parts {
        match part {
            Part::Zeros(length) => writer.zeros(*length),
            Part::Other(length) => writer.other(*length),
            Part::Member { header, content, padding } => {
                let content = &bytes[at + BLOCK..][..*content];
                writer.member(header, &bytes[at + BLOCK + content.len()..][..*padding]);
                if !content.is_empty() && !header::is_about_others(header) {
                    let class = ContentClass::of(&content[..content.len().min(CLASS_BYTES)]) as u8;
                    writer.class(class);
                    classes.push(class);
                }
            }
        }
        at += part.len();
    }
    let mut params = Vec::new();
    varint::put(&mut params, length as u64);
    varint::put(&mut params, writer.names.len() as u64);
    let side = writer.finish();
    let mut inner = writer.names;
    let places = places(&parts);
    for range in order::about_others(&parts).map(|index| places[index].clone()) {
        inner.extend_from_slice(&bytes[range]);
    }
    let mut about = order::about_others(&parts).map(|index| &bytes[places[index].clone()]);
    let order = order::similar(&parts, &classes, |_| about.next().unwrap_or_default()).ok()?;
    for index in order.into_iter().chain(others(&parts)) {
        inner.extend_from_slice(&bytes[places[index].clone()]);
    }
    let parts = Parts { id: ID, params, side, compressed: Vec::new(), inner };
    restores(&parts, bytes).then_some((start, parts, length))
}

/// Where in the tar file the bytes of each part are that the inner bytes hold: contents, and what
/// belongs to no member.
fn places(parts: &[Part]) -> Vec<std::ops::Range<usize>> {
    let mut at = 0;
    let place = |part: &Part| {
        let start = at;
        at += part.len();
        match part {
            Part::Zeros(_) => start..start,
            Part::Other(length) => start..start + length,
            Part::Member { content, .. } => start + BLOCK..start + BLOCK + content,
        }
    };
    parts.iter().map(place).collect()
}

/// Indices of what belongs to no member.
fn others(parts: &[Part]) -> impl Iterator<Item = usize> + '_ {
    (0..parts.len()).filter(|&index| matches!(parts[index], Part::Other(_)))
}

/// Undoes [`forward`].
///
/// # Errors
/// [`Error::Corrupt`] if the parts do not fit each other, [`Error::Limit`] if memory is short.
pub fn inverse(parts: Parts, limit: usize) -> Result<Vec<u8>> {
    let bad = |what: &str| Error::Corrupt(format!("a tar file: {what}"));
    let mut params = Reader::new(&parts.params);
    let (length, names) = (params.len()?, params.len()?);
    if length > limit || !params.is_empty() || !parts.compressed.is_empty() {
        return Err(bad("its length"));
    }
    let (names, mut inner) =
        parts.inner.split_at_checked(names).ok_or_else(|| bad("the length of its names"))?;
    let mut charge = budget::charge(length as u64, "a tar file")?;
    let mut out = Vec::new();
    out.try_reserve_exact(length).map_err(|_| Error::no_memory("a tar file"))?;
    out.resize(length, 0);
    let mut table = Table::new(&parts.side, names)?;
    let mut layout: Vec<Part> = Vec::new();
    let mut at = 0;
    while let Some(line) = table.next()? {
        let part = match line {
            Line::Zeros(zeros) => Part::Zeros(zeros),
            Line::Other(length) => Part::Other(length),
            Line::Member(header, is_stored) => {
                let left = (length - at).checked_sub(BLOCK).ok_or_else(|| bad("a header"))?;
                out[at..at + BLOCK].copy_from_slice(&header[..]);
                let part = Part::member(*header, left);
                if let (Part::Member { padding, .. }, true) = (&part, is_stored) {
                    let end = at + part.len();
                    out[end - padding..end].copy_from_slice(table.padding(*padding)?);
                }
                part
            }
        };
        if part.len() == 0 || part.len() > length - at {
            return Err(bad("the length of a part"));
        }
        at += part.len();
        charge.add(PART_MEMORY, "a tar file")?;
        layout.push(part);
    }
    let classes = table.finish()?;
    if at != length || order::files(&layout).count() != classes.len() {
        return Err(bad("its length"));
    }
    let places = places(&layout);
    let mut put = |index: usize| {
        let place = places[index].clone();
        let (head, rest) =
            inner.split_at_checked(place.len()).ok_or_else(|| bad("contents are missing"))?;
        out[place].copy_from_slice(head);
        inner = rest;
        Ok::<_, Error>(head)
    };
    let about = order::about_others(&layout).map(&mut put).collect::<Result<Vec<_>>>()?;
    let mut about = about.into_iter();
    let order = order::similar(&layout, classes, |_| about.next().unwrap_or_default())?;
    order.into_iter().chain(others(&layout)).try_for_each(|index| put(index).map(|_| ()))?;
    if inner.is_empty() { Ok(out) } else { Err(bad("contents are left over")) }
}
