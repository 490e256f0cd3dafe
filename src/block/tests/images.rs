//! Windows images: found where they are, and what is in them found as before.

use super::*;
use crate::transform::relocations::tests::{content, image_of};

/// Code, addresses, and then `resource`.
fn image(wide: bool, resource: &[u8]) -> Vec<u8> {
    let mut bytes = sample::code(40_000);
    let start = bytes.len() + 8;
    bytes.resize(start + 10_000, 0);
    let entries = content(&mut bytes, start, 600, wide);
    bytes.extend_from_slice(resource);
    image_of(wide, &bytes, &entries)
}

fn count(cut: &str, what: &str) -> usize {
    cut.matches(what).count()
}

#[test]
fn what_an_image_holds_is_found() {
    for wide in [false, true] {
        let raw = [text(700), image(wide, &sample::png(60, 50)), text(700)].concat();
        let cut = describe(&raw, level());
        assert_eq!(
            (count(&cut, "transform 6"), count(&cut, "transform 1,"), count(&cut, "Exe")),
            (1, 1, 1),
            "{cut}"
        );
        assert!(cut.contains("Image { bits: 24, row_bytes: 180 }"), "{cut}");
        let split = split_form(&raw);
        assert!(decode(&split, raw.len()).unwrap() == raw);
    }
}

#[test]
fn images_within_images_have_an_end() {
    let mut raw = image(false, &[]);
    for _ in 0..4 {
        raw = image(false, &raw);
    }
    let cut = describe(&raw, level());
    assert_eq!(count(&cut, "transform 6"), 3, "{cut}");
    returns(&raw);
    let zipped = sample::zip(&image(true, &sample::png(60, 50)));
    assert_eq!(count(&describe(&zipped, level()), "transform 6"), 1);
    assert!(decode(&split_form(&zipped), zipped.len()).unwrap() == zipped);
}

#[test]
fn an_image_is_mostly_code() {
    let raw = image(true, &[]);
    assert_eq!(main_kind(&raw, level()), Kind::Exe);
}

#[test]
fn false_images_take_no_time() {
    // A header every 512 bytes, all with the list at the end of the block.
    let mut raw = image(false, &[]);
    let len = raw.len();
    let header = raw[..0x200].to_vec();
    for at in (0x400..len - 8000).step_by(512) {
        raw[at..at + 0x200].copy_from_slice(&header);
    }
    returns(&raw);
}
