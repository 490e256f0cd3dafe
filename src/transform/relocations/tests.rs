//! Small images that the tests make, undamaged and damaged.

use super::*;

const BASE: u64 = 0x1E00_0000;
/// File offset and address of the section with the content.
const CONTENT: (usize, u32) = (0x200, 0x1000);

fn put(bytes: &mut [u8], at: usize, value: u64, width: usize) {
    bytes[at..at + width].copy_from_slice(&value.to_le_bytes()[..width]);
}

/// An image with a section that holds `content`, and a section that holds the list of `entries` and
/// unused bytes after it.
pub(crate) fn image_of(wide: bool, content: &[u8], entries: &[u32]) -> Vec<u8> {
    let mut relocations = Vec::new();
    list::write(entries, wide, usize::MAX, &mut relocations).unwrap();
    let mut out = vec![0; CONTENT.0];
    out[..2].copy_from_slice(b"MZ");
    put(&mut out, 60, 0x40, 4);
    out[0x40..0x44].copy_from_slice(b"PE\0\0");
    put(&mut out, 0x46, 2, 2);
    let optional_len = if wide { 240 } else { 224 };
    put(&mut out, 0x54, optional_len, 2);
    put(&mut out, 0x58, if wide { 0x20B } else { 0x10B }, 2);
    if wide {
        put(&mut out, 0x58 + 24, BASE, 8)
    } else {
        put(&mut out, 0x58 + 28, BASE, 4)
    }
    let page = (content.len() as u64).next_multiple_of(0x1000) + 0x1000;
    put(&mut out, 0x58 + 56, page + 0x1000, 4);
    let directory = 0x58 + if wide { 112 } else { 96 } + 40;
    put(&mut out, directory, page, 4);
    put(&mut out, directory + 4, relocations.len() as u64, 4);
    let table = 0x58 + optional_len as usize;
    let rows = [
        (CONTENT.1.into(), content.len(), CONTENT.0),
        (page, relocations.len() + 16, CONTENT.0 + content.len()),
    ];
    for (row, (rva, len, start)) in rows.into_iter().enumerate() {
        put(&mut out, table + 40 * row + 12, rva, 4);
        put(&mut out, table + 40 * row + 16, len as u64, 4);
        put(&mut out, table + 40 * row + 20, start as u64, 4);
    }
    out.extend_from_slice(content);
    out.extend(relocations);
    out.resize(out.len() + 16, 0);
    out
}

/// Writes `count` addresses into `content` from offset `from` on, one in every two words. Returns
/// their relative addresses. Every fiftieth address is not in the list; one address in the list
/// points outside the image.
pub(crate) fn content(content: &mut [u8], from: usize, count: usize, wide: bool) -> Vec<u32> {
    let width = if wide { 8 } else { 4 };
    let mut entries = Vec::new();
    for index in 0..count {
        let at = from + index * 2 * width;
        let value = if index == 70 { 5 } else { BASE + 0x1000 + index as u64 * 3 % 900 };
        put(content, at, value, width);
        if index % 50 != 7 {
            entries.push(CONTENT.1 + at as u32);
        }
    }
    entries
}

fn sample(wide: bool) -> Vec<u8> {
    let mut bytes = vec![0; 9000];
    let entries = content(&mut bytes, 100, 500, wide);
    image_of(wide, &bytes, &entries)
}

fn forward_of(bytes: &[u8]) -> Option<(Parts, usize)> {
    forward(bytes, &Image::read(bytes)?)
}

#[test]
fn lists_go_and_return() {
    for wide in [false, true] {
        let raw = sample(wide);
        let (parts, consumed) = forward_of(&raw).unwrap();
        assert_eq!(consumed, raw.len() - 16);
        assert_eq!(parts.inner.len(), CONTENT.0 + 9000);
        assert!(
            parts.compressed.len() < 40 && parts.side.len() == 2,
            "{} compressed, {} side",
            parts.compressed.len(),
            parts.side.len()
        );
        assert_eq!(inverse(parts.clone(), consumed).unwrap(), raw[..consumed]);
        assert!(inverse(parts, consumed - 1).is_err());
    }
}

#[test]
fn what_no_linker_writes_stays() {
    let raw = sample(false);
    let start = CONTENT.0 + 9000;
    // A padding entry that is not zero: the list from its second block on is kept.
    let first = u32::from_le_bytes(*raw[start + 4..].first_chunk().unwrap()) as usize;
    let mut other = raw.clone();
    other[start + first + 9] ^= 0x10;
    assert_eq!(forward_of(&other).unwrap().1, start + first);
    // The list has no valid block.
    other[start + 9] ^= 0x10;
    assert!(forward_of(&other).is_none());
    // The numbers in the image are no addresses of it.
    let mut other = raw.clone();
    other[CONTENT.0..start].fill(1);
    assert!(forward_of(&other).is_none());
    assert!(forward_of(&raw[..raw.len() - 20]).is_none(), "the list is cut");
}

#[test]
fn sections_that_overlap_are_looked_through_once() {
    let mut raw = sample(false);
    let table = 0x58 + 224;
    let row = raw[table..table + 40].to_vec();
    // 96 sections, of which 94 are copies of the first.
    put(&mut raw, 0x46, 96, 2);
    raw.splice(table + 40..table + 40, row.repeat(94));
    let image = Image::read(&raw).unwrap();
    assert_eq!(image.sections.len(), 2);
    put(&mut raw, 0x46, 97, 2);
    assert!(Image::read(&raw).is_none());
    put(&mut raw, 0x46, 65535, 2);
    assert!(Image::read(&raw).is_none());
}

#[test]
fn parts_that_lie_are_refused() {
    let (parts, consumed) = forward_of(&sample(true)).unwrap();
    let with = |change: &dyn Fn(&mut Parts)| {
        let mut bad = parts.clone();
        change(&mut bad);
        inverse(bad, consumed * 2)
    };
    assert!(with(&|bad| bad.params.push(0)).is_err());
    assert!(with(&|bad| bad.inner.truncate(100)).is_err());
    assert!(with(&|bad| bad.side = vec![0; 2]).is_err(), "one place twice");
    assert!(
        with(&|bad| bad.side = vec![0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1]).is_err(),
        "no such place"
    );
    assert!(with(&|bad| bad.side = [0x80, 0x40].repeat(20_000)).is_err(), "longer than the limit");
    assert!(with(&|bad| bad.compressed.clear()).is_ok_and(|made| made.len() <= consumed * 2));
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(500))]

    #[test]
    fn damaged_headers_do_no_harm(
        wide: bool,
        changes in proptest::collection::vec((0usize..0x200, proptest::prop_oneof![0u8..=255, proptest::strategy::Just(0xFF)]), 1..6),
    ) {
        let mut raw = sample(wide);
        let whole = forward_of(&raw).unwrap().0;
        for &(at, value) in &changes {
            raw[at] = value;
        }
        if let Some((parts, consumed)) = forward_of(&raw) {
            proptest::prop_assert_eq!(&inverse(parts, consumed).unwrap(), &raw[..consumed]);
        }
        let mut parts = whole;
        parts.inner[..0x200].copy_from_slice(&raw[..0x200]);
        if let Ok(made) = inverse(parts, raw.len() * 2) {
            proptest::prop_assert!(made.len() <= raw.len() * 2);
        }
    }

    #[test]
    fn any_places_return(
        wide: bool,
        places in proptest::collection::btree_set(0x1000u32..0x3000, 32..200),
    ) {
        let entries: Vec<u32> = places.into_iter().collect();
        let mut bytes = vec![0; 0x2010];
        for &entry in entries.iter().rev() {
            put(&mut bytes, (entry - 0x1000) as usize, BASE + 0x1100, if wide { 8 } else { 4 });
        }
        let raw = image_of(wide, &bytes, &entries);
        if let Some((parts, consumed)) = forward_of(&raw) {
            proptest::prop_assert_eq!(&inverse(parts, consumed).unwrap(), &raw[..consumed]);
        }
    }
}
