//! The headers of tar files: blocks of 512 bytes.

use std::ops::Range;

/// Bytes of a header. Contents are padded to a multiple of it.
pub const BLOCK: usize = 512;

pub const NAME: Range<usize> = 0..100;
pub const SIZE: Range<usize> = 124..136;
pub const TIME: Range<usize> = 136..148;
pub const SUM: Range<usize> = 148..156;
pub const TYPE: usize = 156;
pub const MAGIC: Range<usize> = 257..265;
pub const PREFIX: Range<usize> = 345..500;

/// The first bytes at [`MAGIC`].
pub const MARK: &[u8] = b"ustar";

/// A header.
pub type Header = [u8; BLOCK];

/// Digits of a size or a time in its usual form: so many octal ones, and a last byte.
pub const DIGITS: usize = 11;

/// Whether `header` has its right checksum and is not empty.
#[must_use]
pub fn is_valid(header: &Header) -> bool {
    octal(&header[SUM]) == Some(sum(header)) && header[0] != 0
}

/// Whether `header` says that it is one of a tar file, which the oldest ones do not.
#[must_use]
pub fn is_marked(header: &Header) -> bool {
    header[MAGIC].starts_with(MARK)
}

/// The sum of all bytes, those of the checksum as blanks.
#[must_use]
pub fn sum(header: &Header) -> u64 {
    let total: u64 = header.iter().map(|&byte| u64::from(byte)).sum();
    let own: u64 = header[SUM].iter().map(|&byte| u64::from(byte)).sum();
    total - own + SUM.len() as u64 * u64::from(b' ')
}

/// The number in octal digits, blanks before and a blank or a zero after them; `None` for anything
/// else. No digits are 0.
#[must_use]
pub fn octal(field: &[u8]) -> Option<u64> {
    let start = field.iter().position(|&byte| byte != b' ').unwrap_or(field.len());
    let field = &field[start..];
    let end = field.iter().position(|byte| !(b'0'..b'8').contains(byte)).unwrap_or(field.len());
    if field.get(end).is_some_and(|byte| !matches!(byte, 0 | b' ')) {
        return None;
    }
    Some(field[..end].iter().fold(0, |number, &digit| number << 3 | u64::from(digit - b'0')))
}

/// Bytes of the content that follows `header`, before its padding; what is no number is 0. Folders,
/// links and devices have none.
#[must_use]
pub fn content_len(header: &Header) -> u64 {
    if matches!(header[TYPE], b'1'..=b'6') {
        return 0;
    }
    let field = &header[SIZE];
    if field[0] & 0x80 == 0 {
        return octal(field).unwrap_or(0);
    }
    // Large sizes are binary, highest byte first.
    field[SIZE.len() - 8..].iter().fold(0, |number, &byte| number << 8 | u64::from(byte))
}

/// Whether the content says more about the members that follow: long names of GNU tar, records of
/// pax.
#[must_use]
pub fn is_about_others(header: &Header) -> bool {
    matches!(header[TYPE], b'x' | b'g' | b'L' | b'K')
}

/// The name that the content of a header [about others](is_about_others) gives to the next member.
#[must_use]
pub fn long_name<'a>(header: &Header, content: &'a [u8]) -> Option<&'a [u8]> {
    match header[TYPE] {
        b'L' => Some(content.split(|&byte| byte == 0).next().unwrap_or_default()),
        b'x' => content.split(|&byte| byte == b'\n').find_map(|record| {
            let start = record.iter().position(|&byte| byte == b' ')? + 1;
            record[start..].strip_prefix(b"path=")
        }),
        _ => None,
    }
}

/// The text of a field: its bytes up to the first zero.
#[must_use]
pub fn text(field: &[u8]) -> &[u8] {
    field.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// The path of the member without long names: the prefix is that of the POSIX form.
#[must_use]
pub fn path(header: &Header) -> Vec<u8> {
    let prefix = if &header[MAGIC][..6] == b"ustar\0" { text(&header[PREFIX]) } else { &[] };
    let mut path = prefix.to_vec();
    if !path.is_empty() {
        path.push(b'/');
    }
    path.extend_from_slice(text(&header[NAME]));
    path
}
