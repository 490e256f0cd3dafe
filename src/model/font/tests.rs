//! A font of two glyphs, and bytes that are none.

use super::glyph::field::*;
use super::*;
use crate::formats::sfnt::tests::font;
use crate::model::context::Context;
use crate::transform::font::forward;

/// A triangle (one contour, an instruction, two flags of which the second is repeated), then one
/// put together of it.
const GLYPHS: &[u8] = &[
    0, 1, 0, 5, 0, 7, 0, 105, 0, 27, 0, 2, 0, 1, 0x4f, 0x37, 0x3f, 1, 5, 60, 40, 7, 20,
    0, // three steps in x, in y
    255, 255, 0, 8, 0, 9, 0, 108, 0, 29, 0, 2, 0, 0, 3, 2, // glyph 0, moved by 3 and 2
];

fn tables(glyphs: &[u8]) -> Vec<(&'static [u8; 4], Vec<u8>)> {
    let mut head = vec![7; 54];
    head[50..52].fill(0);
    let mut hhea = vec![3; 36];
    hhea[34..].copy_from_slice(&[0, 1]);
    let names =
        [&[0, 2, 0, 0][..], &[0; 28], &[0, 2, 1, 2, 1, 3, 2, b'a', b'b', 2, b'a', b'c']].concat();
    let loca = vec![0, 0, 0, 12, 0, 12, 0, 20];
    let hmtx = vec![0, 110, 0, 5, 0, 0, 0, 8];
    vec![
        (b"head", head),
        (b"hhea", hhea),
        (b"hmtx", hmtx),
        (b"loca", loca),
        (b"glyf", glyphs.to_vec()),
        (b"post", names),
    ]
}

/// Each byte of `bytes` with what it was taken for before it was read.
fn labels(bytes: &[u8]) -> Vec<(u8, [u8; 4], View)> {
    let mut state = FontState::new(&[]);
    let mut out = Vec::new();
    for end in 1..=bytes.len() {
        out.push((bytes[end - 1], state.tag, state.view.clone()));
        state.push(&bytes[..end]);
    }
    out
}

#[test]
fn every_byte_of_a_glyph_is_known() {
    let two = forward(&font(&tables(GLYPHS))).unwrap().inner.repeat(2);
    let labels = labels(&two);
    let fields: Vec<u32> =
        labels.iter().filter(|label| label.1 == *b"glyf").map(|label| label.2.field).collect();
    let words = |field: u32| [field; 2];
    let sides: Vec<u32> = (BOX..BOX + 4).flat_map(words).collect();
    let start = [words(CONTOURS), words(END), words(CODE_LENGTH)].concat();
    let points = [CODE, FLAG, FLAG, REPEAT, X, X, X, Y, Y, Y];
    let part = [words(CONTOURS), words(PART_FLAGS), words(PART), words(OFFSET)].concat();
    let wanted = [&start[..], &points, &sides, &part, &sides].concat();
    assert_eq!(fields, wanted.repeat(2));
}

#[test]
fn what_the_glyphs_give_away_is_expected() {
    let inner = forward(&font(&tables(GLYPHS))).unwrap().inner;
    let right = |wanted: fn(&[u8; 4], u32) -> bool| -> Vec<bool> {
        let all = labels(&inner);
        all.iter()
            .filter(|(_, tag, view)| wanted(tag, view.field))
            .map(|(byte, _, view)| view.rows[2] == u32::from(*byte))
            .collect()
    };
    assert_eq!(right(|tag, field| tag == b"glyf" && (BOX..BOX + 4).contains(&field)), [true; 16]);
    // Glyph 1 is empty: its end is not that of the next glyph.
    assert_eq!(
        right(|_, field| field == offsets::LOCA),
        [true, true, true, true, true, false, true, true]
    );
    // Glyph 1 has no box, and so no expected bearing but 0.
    assert_eq!(right(|_, field| field == offsets::BEARING), [true; 6]);
}

#[test]
fn glyphs_that_are_not_aligned_are_found() {
    // A point of one byte each: 20 bytes, then as many glyphs, each a byte after the last one's
    // end.
    let glyph = [0, 1, 0, 5, 0, 7, 0, 5, 0, 7, 0, 0, 0, 0, 0x37, 5, 7];
    let glyphs = glyph.repeat(9);
    let mut state = glyph::GlyphReader::default();
    let moved: Vec<u8> =
        glyph.iter().take(2).chain(&glyph[10..]).chain(&glyph[2..10]).copied().collect();
    for &byte in moved.repeat(9).iter() {
        state.push(byte);
    }
    assert_eq!(glyphs.len(), 153);
    let starts: Vec<u32> = state.glyphs.iter().map(|glyph| glyph.start).collect();
    assert_eq!(starts, (0..9).map(|index| index * 17).collect::<Vec<_>>());
}

fn follows_anything(bytes: &[u8]) {
    crate::model::context::tests::follow(bytes, |context| matches!(context, Context::Font(_)));
    let mut state = FontState::new(&[]);
    for end in 1..=bytes.len() {
        state.push(&bytes[..end]);
        assert!(state.field() < 64);
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes(bytes in proptest::collection::vec(0u8.., 0..600)) {
        follows_anything(&bytes);
    }

    #[test]
    fn any_tables(
        seed in proptest::collection::vec(0u8.., 1..400),
        small in 1u8..=255,
        tags in 0usize..4,
    ) {
        // Small numbers too, which look more like a font.
        let table = |from: usize, length: usize| -> Vec<u8> {
            let shrink = |&byte: &u8| if byte & 1 == 0 { byte & small } else { byte };
            seed.iter().cycle().skip(from).take(length).map(shrink).collect()
        };
        let other: [&[u8; 4]; 3] = [[b"GPOS", b"post", b"fpgm", b"cmap"][tags], b"hhea", b"prep"];
        let mut tables = vec![
            (b"head", table(0, 54)),
            (b"glyf", table(3, 700)),
            (b"loca", table(5, 90)),
            (b"hmtx", table(7, 90)),
        ];
        tables.extend(other.map(|tag| (tag, table(9, 200))));
        let bytes = font(&tables);
        // As the tables lie, and with their order changed.
        follows_anything(&bytes);
        let directory = Directory::parse(&bytes).unwrap();
        let mut moved = bytes[..directory.length].to_vec();
        for segment in &directory.segments {
            moved.extend(&bytes[segment.start..segment.start + segment.padded]);
        }
        follows_anything(&moved);
    }
}
