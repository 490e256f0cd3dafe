//! Function tables of small images that the tests make.

use super::*;
use crate::transform::relocations::tests::image_of;

/// File offset and address of the section with the content: see `image_of`.
const CONTENT: (usize, u32) = (0x200, 0x1000);

/// An image of `count` functions with many returns, with their table and unwind data.
fn sample(count: usize) -> Vec<u8> {
    let mut content = vec![0x90; 16];
    let mut table = Vec::new();
    let mut unwinds = Vec::new();
    let unwind_start = CONTENT.1 as usize + 16 + count * 64 + count * ENTRY_BYTES;
    for index in 0..count {
        let begin = content.len();
        for part in 0..index % 3 + 1 {
            content.extend([0x8B, 0xC1, 0x55, index as u8 | 1, 0x55, 0x5D, part as u8, 0xC3]);
            content.resize(content.len() + [4, 3, 1][index % 3], 0xCC);
        }
        let end = content.iter().rposition(|&byte| byte == 0xC3).unwrap() + 1;
        content.resize(content.len().next_multiple_of(4), 0xCC);
        table.push([
            begin + CONTENT.1 as usize,
            end + CONTENT.1 as usize,
            unwind_start + unwinds.len(),
        ]);
        unwinds.extend([1, 4, (index % 4) as u8, 0]);
        unwinds.resize(unwinds.len().next_multiple_of(4) + (index % 4).div_ceil(2) * 4, 7);
    }
    content.resize(16 + count * 64, 0);
    let start = content.len();
    table
        .iter()
        .flatten()
        .for_each(|&word| content.extend_from_slice(&(word as u32).to_le_bytes()));
    content.extend(unwinds);
    let mut image = image_of(true, &content, &[]);
    let put = |image: &mut Vec<u8>, at: usize, value: u32| {
        image[at..at + 4].copy_from_slice(&value.to_le_bytes())
    };
    image[0x44..0x46].copy_from_slice(&[0x64, 0x86]);
    put(&mut image, 0x58 + 112 + 24, CONTENT.1 + start as u32);
    put(&mut image, 0x58 + 112 + 28, (count * ENTRY_BYTES) as u32);
    image
}

fn forward_of(bytes: &[u8]) -> Option<(Parts, usize)> {
    forward(bytes, &Image::read(bytes)?)
}

#[test]
fn tables_go_and_return() {
    let raw = sample(200);
    let (parts, consumed) = forward_of(&raw).unwrap();
    assert_eq!(consumed, raw.len());
    assert_eq!(parts.inner.len(), raw.len() - 200 * ENTRY_BYTES);
    assert!(parts.compressed.len() < 120, "{}", parts.compressed.len());
    assert!(inverse(parts.clone(), consumed).unwrap() == raw);
    assert!(inverse(parts, consumed - 1).is_err());
}

#[test]
fn tables_that_do_not_ascend_stay() {
    let mut raw = sample(50);
    assert!(forward_of(&raw[..raw.len() / 2]).is_none());
    let at = Image::read(&raw).unwrap().functions.unwrap().start;
    raw[at + ENTRY_BYTES * 20 + 1] ^= 8;
    assert!(forward_of(&raw).is_none());
}

#[test]
fn parts_that_lie_are_refused() {
    let (parts, consumed) = forward_of(&sample(100)).unwrap();
    for at in 0..parts.compressed.len() {
        for value in [0, 1, 0x7F, 0xFF] {
            let mut bad = parts.clone();
            bad.compressed[at] = value;
            if let Ok(made) = inverse(bad, consumed + 100) {
                assert!(made.len() <= consumed + 100);
            }
        }
    }
    let mut bad = parts.clone();
    bad.params = vec![0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F];
    assert!(inverse(bad, usize::MAX).is_err());
    let mut bad = parts;
    bad.inner.truncate(0x300);
    assert!(inverse(bad, consumed).is_err());
}

proptest::proptest! {
    #[test]
    fn damaged_images_do_no_harm(
        changes in proptest::collection::vec((0usize..9000, 0u8..=255), 1..8),
        head in proptest::collection::vec((0x3Cusize..0x1F0, 0u8..=255), 0..3),
    ) {
        let mut raw = sample(100);
        let mut parts = forward_of(&raw).unwrap().0;
        for &(at, value) in changes.iter().chain(&head) {
            for bytes in [&mut raw, &mut parts.inner] {
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = value;
                }
            }
        }
        if let Some((parts, consumed)) = forward_of(&raw) {
            proptest::prop_assert!(inverse(parts, consumed).unwrap() == raw[..consumed]);
        }
        if let Ok(made) = inverse(parts, raw.len()) {
            proptest::prop_assert!(made.len() <= raw.len());
        }
    }
}
