//! The order in which similar files follow each other: a small file gains from similar text before
//! it. Archives and the transform of tar files share it, so that it is part of the format.

use std::cmp::Ordering;

/// The first bytes of an archive of this program.
pub const OWN_MAGIC: [u8; 6] = [0x8E, b'c', b'm', b'x', 0x0D, 0x0A];

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
            &OWN_MAGIC,
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
#[must_use]
pub fn extension(path: &[u8]) -> Vec<u8> {
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
}
