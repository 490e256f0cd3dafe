//! The table directory of a TrueType font, and the order in which its tables are coded.
//!
//! Source: the OpenType specification, chapter "Organization of an OpenType Font". The model and
//! the transform that puts the tables in order both read it, so that they always agree.

/// Bytes before the first record of the directory.
pub const HEADER: usize = 12;
/// Bytes of a record.
const RECORD: usize = 16;
/// More tables than any font in use has.
const MAX_TABLES: usize = 64;
/// Longest font that is looked at.
const MAX_LENGTH: usize = 1 << 30;

/// A table and the padding after it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Segment {
    /// Its name.
    pub tag: [u8; 4],
    /// Where it begins in the font as it is stored.
    pub start: usize,
    /// Bytes of the table.
    pub length: usize,
    /// Bytes of the table and the padding after it.
    pub padded: usize,
}

/// What a directory says.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Directory {
    /// Bytes of header and records.
    pub length: usize,
    /// The tables in the order in which they are coded.
    pub segments: Vec<Segment>,
}

/// Bytes of header and records, where `bytes` begin like a font.
#[must_use]
pub fn length_of(bytes: &[u8]) -> Option<usize> {
    let header: &[u8; HEADER] = bytes.first_chunk()?;
    let tables = usize::from(u16::from_be_bytes([header[4], header[5]]));
    (header[..4] == [0, 1, 0, 0] && (1..=MAX_TABLES).contains(&tables))
        .then_some(HEADER + tables * RECORD)
}

/// Tables that need others come after them: the offsets of glyphs after the glyphs, which give them
/// away, and the side bearings after both.
const fn rank(tag: [u8; 4]) -> u8 {
    match &tag {
        b"glyf" => 1,
        b"loca" => 2,
        b"hmtx" => 3,
        b"hdmx" | b"LTSH" | b"VDMX" => 4,
        _ => 0,
    }
}

impl Directory {
    /// The directory that `bytes` begin with: that of a font with glyphs, whose tables follow one
    /// another and leave nothing out but padding.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let length = length_of(bytes)?;
        let number =
            |at: &[u8]| at.first_chunk().map_or(0, |&word| u32::from_be_bytes(word) as usize);
        let mut segments = Vec::with_capacity((length - HEADER) / RECORD);
        for record in bytes.get(HEADER..length)?.chunks_exact(RECORD) {
            let tag = *record.first_chunk()?;
            segments.push(Segment {
                tag,
                start: number(&record[8..]),
                length: number(&record[12..]),
                padded: 0,
            });
        }
        segments.sort_by_key(|segment| segment.start);
        let mut end = length;
        for index in 0..segments.len() {
            let segment = segments[index];
            if segment.start != end || segment.length > MAX_LENGTH {
                return None;
            }
            let least = segment.start + segment.length;
            end = segments.get(index + 1).map_or(least.next_multiple_of(4), |next| next.start);
            if end < least || end > least.next_multiple_of(4) || end > MAX_LENGTH {
                return None;
            }
            segments[index].padded = end - segment.start;
        }
        let has = |tag: &[u8; 4]| {
            segments.iter().any(|segment| segment.tag == *tag && segment.length > 0)
        };
        if !has(b"glyf") || !has(b"loca") || !has(b"head") {
            return None;
        }
        segments.sort_by_key(|segment| rank(segment.tag));
        Some(Self { length, segments })
    }

    /// Bytes of the whole font.
    #[must_use]
    pub fn total(&self) -> usize {
        self.length + self.segments.iter().map(|segment| segment.padded).sum::<usize>()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A font of `tables`, each padded to four bytes, in this order; the directory lists them by
    /// name.
    pub(crate) fn font(tables: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
        let mut body = Vec::new();
        let mut records = Vec::new();
        let start = HEADER + RECORD * tables.len();
        for (tag, table) in tables {
            let mut record = tag.to_vec();
            record.extend([1, 2, 3, 4]);
            record.extend(((start + body.len()) as u32).to_be_bytes());
            record.extend((table.len() as u32).to_be_bytes());
            records.push(record);
            body.extend(table);
            body.resize(body.len().next_multiple_of(4), 0);
        }
        records.sort();
        let mut out = vec![0, 1, 0, 0, 0, tables.len() as u8, 0, 16, 0, 1, 0, 16];
        out.extend(records.concat());
        out.extend(body);
        out
    }

    #[test]
    fn glyphs_come_before_their_offsets() {
        let bytes = font(&[
            (b"head", vec![1; 54]),
            (b"loca", vec![0; 6]),
            (b"glyf", vec![0; 21]),
            (b"post", vec![7; 3]),
        ]);
        let directory = Directory::parse(&bytes).unwrap();
        let tags: Vec<_> = directory.segments.iter().map(|segment| segment.tag).collect();
        assert_eq!(tags, [*b"head", *b"post", *b"glyf", *b"loca"]);
        assert_eq!(directory.total(), bytes.len());
        assert_eq!(directory.segments[2].padded, 24);
    }

    #[test]
    fn false_directories_are_refused() {
        let good = font(&[(b"head", vec![1; 54]), (b"glyf", vec![0; 21]), (b"loca", vec![0; 6])]);
        assert!(Directory::parse(&good).is_some());
        for (at, value) in [
            (1, 2),
            (5, 0),
            (5, 200),
            (HEADER, b'x'),
            (HEADER + 8, 1),
            (HEADER + 15, 77),
            (HEADER + 12, 255),
        ] {
            let mut bad = good.clone();
            bad[at] = value;
            assert_eq!(Directory::parse(&bad), None, "{at}");
        }
        assert_eq!(Directory::parse(&good[..40]), None);
    }
}
