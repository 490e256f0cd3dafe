//! The order of contents in an archive, and the sizes of blocks. Similar files follow each other,
//! since a small file gains from similar text before it.

use std::cmp::Ordering;

use crate::level::Level;

/// Smallest target length in bytes of a block of small files.
const MIN_SOLID_BLOCK: u64 = 768 << 10;

/// Target number of blocks of small files in an archive. To extract one file, one block is decoded;
/// this takes less than 15 % of the time for all blocks.
const SOLID_BLOCKS: u64 = 8;

/// Target length in bytes of a block of small files, for an archive with `total` bytes of files.
#[must_use]
pub fn solid_size(total: u64, level: &Level) -> u64 {
    total.div_ceil(SOLID_BLOCKS).max(MIN_SOLID_BLOCK).min(level.block_size as u64)
}

/// Number of dependent blocks that the text of an archive is cut into.
const DEPENDENT_BLOCKS: u64 = 20;

/// Largest length in bytes of a reference block.
const MAX_REFERENCE: u64 = 4 << 20;

/// Smallest length in bytes of a reference block. A shorter one is not worth its cost.
const MIN_REFERENCE: u64 = 64 << 10;

/// Cost of the primer of a reference block, as the number of bytes of text that take the same time.
const PRIMER_COST: u64 = 85 << 10;

/// The length in bytes of the reference block and of each dependent block, for `total` bytes of
/// text in small files. `None` without a reference block: there is too little text, or the user
/// decides so by `reference` or `solid`. To extract one file, primer, reference block and one
/// dependent block are decoded: together 14 % of the work for all.
#[must_use]
pub fn reference_size(
    total: u64,
    reference: Option<u64>,
    solid: Option<u64>,
) -> Option<(u64, u64)> {
    let part = total.div_ceil(DEPENDENT_BLOCKS).max(1);
    match (reference, solid) {
        (Some(0), _) | (None, Some(_)) => None,
        (Some(reference), solid) => Some((reference.min(total / 2), solid.unwrap_or(part).max(1))),
        (None, None) => {
            let reference =
                (total / 100 * 14).saturating_sub(part + PRIMER_COST).min(MAX_REFERENCE);
            (reference >= MIN_REFERENCE).then_some((reference, part))
        }
    }
}

/// The kind of content that the first bytes of a file suggest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ContentClass {
    /// Text in ASCII or UTF-8.
    Text,
    /// Any other content.
    Binary,
    /// Compressed content. It hardly gets smaller, and other files gain nothing from it.
    Compressed,
}

impl ContentClass {
    /// The class of a file that begins with the bytes `start`.
    #[must_use]
    pub fn of(start: &[u8]) -> ContentClass {
        const MAGICS: [&[u8]; 10] = [
            b"\x1f\x8b",
            b"PK\x03\x04",
            b"\xfd7zXZ",
            b"\x28\xb5\x2f\xfd",
            b"BZh",
            b"7z\xbc\xaf",
            b"\xff\xd8\xff",
            b"\x89PNG",
            b"OggS",
            &crate::container::format::MAGIC,
        ];
        if MAGICS.iter().any(|magic| start.starts_with(magic)) {
            return ContentClass::Compressed;
        }
        let controls = start
            .iter()
            .filter(|&&byte| byte < 32 && !matches!(byte, b'\t' | b'\n' | b'\r' | 12 | 27))
            .count();
        if controls * 64 > start.len() { ContentClass::Binary } else { ContentClass::Text }
    }
}

/// Extensions of copies and templates. The extension before them tells what the file holds.
const BACKUP_EXTENSIONS: [&[u8]; 4] = [b"orig", b"bak", b"old", b"in"];

/// The extension of a path in lower case; empty if the path has none.
fn extension(path: &[u8]) -> Vec<u8> {
    let name = path.rsplit(|&byte| byte == b'/').next().unwrap_or_default().to_ascii_lowercase();
    let cut = |name: &[u8]| name.iter().rposition(|&byte| byte == b'.').filter(|&dot| dot > 0);
    let Some(dot) = cut(&name) else { return Vec::new() };
    match cut(&name[..dot]) {
        Some(before) if BACKUP_EXTENSIONS.contains(&&name[dot + 1..]) => {
            name[before + 1..dot].to_vec()
        }
        _ => name[dot + 1..].to_vec(),
    }
}

/// Compares two files by class, then by extension, then by path.
#[must_use]
pub fn compare(one: (ContentClass, &[u8]), other: (ContentClass, &[u8])) -> Ordering {
    let key = |(class, path): (ContentClass, &[u8])| (class, extension(path));
    key(one).cmp(&key(other)).then_with(|| one.1.cmp(other.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_classes() {
        assert_eq!(ContentClass::of(b"fn main() {}\n"), ContentClass::Text);
        assert_eq!(ContentClass::of("naïve\r\n".as_bytes()), ContentClass::Text);
        assert_eq!(ContentClass::of(b"\x7fELF\x02\x01\x01\0\0\0"), ContentClass::Binary);
        assert_eq!(ContentClass::of(b"\x1f\x8b\x08"), ContentClass::Compressed);
    }

    #[test]
    fn like_stands_by_like() {
        let mut files: Vec<(ContentClass, &[u8])> = vec![
            (ContentClass::Binary, b"a.rs"),
            (ContentClass::Text, b"d/z.rs"),
            (ContentClass::Text, b"b.md"),
            (ContentClass::Text, b"a.RS"),
            (ContentClass::Text, b".x"),
        ];
        files.sort_by(|one, other| compare(*one, *other));
        let paths: Vec<_> = files.iter().map(|file| file.1).collect();
        assert_eq!(paths, [&b".x"[..], b"b.md", b"a.RS", b"d/z.rs", b"a.rs"]);
    }

    #[test]
    fn a_copy_stands_by_its_original() {
        for (path, expected) in [
            ("a/Cargo.toml.orig", "toml"),
            ("config.h.in", "h"),
            ("x.in", "in"),
            (".orig", ""),
            (".x.orig", "orig"),
            ("a.b/orig", ""),
        ] {
            assert_eq!(extension(path.as_bytes()), expected.as_bytes(), "{path}");
        }
    }

    #[test]
    fn one_file_takes_a_seventh_of_the_time() {
        assert_eq!(reference_size(1_000_000, None, None), None);
        for total in [2_000_000, 10_000_000, 50_000_000, 1_000_000_000] {
            let (reference, part) = reference_size(total, None, None).unwrap();
            assert!(
                reference <= MAX_REFERENCE && reference + part + PRIMER_COST <= total / 7,
                "{total}: {reference} {part}"
            );
        }
        assert_eq!(reference_size(10_000_000, Some(0), None), None);
        assert_eq!(reference_size(10_000_000, None, Some(5000)), None);
        assert_eq!(reference_size(100_000, Some(6000), Some(5000)), Some((6000, 5000)));
    }

    #[test]
    fn a_block_is_a_small_part_of_the_archive() {
        let level = &crate::level::LEVELS[4];
        assert_eq!(solid_size(100, level), 768 << 10);
        assert_eq!(solid_size(16_000_000, level), 2_000_000);
        assert_eq!(solid_size(u64::MAX, level), level.block_size as u64);
    }
}
