//! The list of base relocations: one block for each page of 4 KiB that contains addresses.
//!
//! A block has the address of the page relative to the start of the image, the length of the block,
//! and two bytes for each address: four bits of type, twelve bits of the offset in the page. A
//! block with an odd number of entries ends with an entry of zeros.

use crate::formats::pe::{u16_at, u32_at};

/// `IMAGE_REL_BASED_HIGHLOW`: an address of 32 bits.
const HIGHLOW: u16 = 3;

/// `IMAGE_REL_BASED_DIR64`: an address of 64 bits.
const DIR64: u16 = 10;

/// Bytes of a block before its entries.
const HEADER: usize = 8;

fn entry_type(wide: bool) -> u16 {
    if wide { DIR64 } else { HIGHLOW }
}

/// The relative addresses that the list at the start of `bytes` names, and the number of bytes that
/// [`write`] would write in the same way. Reading stops at the first block that [`write`] would
/// write differently, or with entries of another type.
pub fn read(bytes: &[u8], wide: bool) -> (Vec<u32>, usize) {
    let mut places = Vec::new();
    let mut at = 0;
    while let Some(len) = block(&bytes[at..], wide, &mut places) {
        at += len;
    }
    (places, at)
}

/// Appends the relative addresses of the block at the start of `bytes`. Returns the length of the
/// block. `None` if the block is invalid.
fn block(bytes: &[u8], wide: bool, places: &mut Vec<u32>) -> Option<usize> {
    let (page, len) = (u32_at(bytes, 0)?, u32_at(bytes, 4)? as usize);
    let entries = bytes.get(HEADER..len)?;
    if entries.is_empty()
        || page & 0xFFF != 0
        || places.last().is_some_and(|&last| last >= page)
        || len % 4 != 0
    {
        return None;
    }
    let padded = u16_at(bytes, len - 2)? == 0;
    let entries = &entries[..entries.len() - if padded { 2 } else { 0 }];
    let before = places.len();
    for word in entries.chunks_exact(2) {
        let word = u16_at(word, 0)?;
        let place = page | u32::from(word & 0xFFF);
        let ascends = places.len() == before || places.last().is_some_and(|&last| last < place);
        if word >> 12 != entry_type(wide) || !ascends {
            places.truncate(before);
            return None;
        }
        places.push(place);
    }
    (places.len() > before).then_some(len)
}

/// Appends the list of the relative addresses `places`, which ascend, to `out`. `None` if `out`
/// grows longer than `limit`, or if an address occurs twice.
pub fn write(places: &[u32], wide: bool, limit: usize, out: &mut Vec<u8>) -> Option<()> {
    if places.windows(2).any(|pair| pair[0] >= pair[1]) {
        return None;
    }
    for page in places.chunk_by(|a, b| a >> 12 == b >> 12) {
        let len = HEADER + page.len().next_multiple_of(2) * 2;
        if limit.saturating_sub(out.len()) < len {
            return None;
        }
        out.extend_from_slice(&(page.first()? & !0xFFF).to_le_bytes());
        out.extend_from_slice(&(len as u32).to_le_bytes());
        for place in page {
            let word = entry_type(wide) << 12 | (place & 0xFFF) as u16;
            out.extend_from_slice(&word.to_le_bytes());
        }
        if page.len() % 2 == 1 {
            out.extend_from_slice(&[0; 2]);
        }
    }
    Some(())
}
