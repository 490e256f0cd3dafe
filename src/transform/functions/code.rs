//! Finds the addresses at which functions may begin and end, and the end of unwind data.

use crate::formats::pe::Image;

/// Alignment of functions in bytes. Some compilers align to 4.
const ALIGNMENT: usize = 16;

/// The bytes of an image by their address.
pub struct Code<'a> {
    bytes: &'a [u8],
    image: &'a Image,
}

impl<'a> Code<'a> {
    pub fn new(bytes: &'a [u8], image: &'a Image) -> Self {
        Code { bytes, image }
    }

    /// The bytes of the section that contains `rva`, as far as the file has them, and the offset of
    /// `rva` in these bytes.
    fn at(&self, rva: u32) -> Option<(&'a [u8], usize)> {
        let section = self.image.sections.get(self.image.section_of(rva.into()).checked_sub(1)?)?;
        let held = self.bytes.get(section.file.start..section.file.end.min(self.bytes.len()))?;
        let at = (rva - section.rva) as usize;
        (at < held.len()).then_some((held, at))
    }

    /// The predicted begin of the next function: the address after the filler at `end`.
    pub fn next_begin(&self, end: u32) -> u32 {
        let filled = self.at(end).map_or(0, |(held, at)| filler(held, at));
        end.saturating_add(filled as u32)
    }

    /// The number of possible ends between `begin` and `end`. `None` if `end` is not a possible
    /// end.
    pub fn rank(&self, begin: u32, end: u32) -> Option<u32> {
        let (held, start) = self.at(begin)?;
        let stop = start.checked_add((end - begin) as usize)?;
        if !may_end(held, stop) {
            return None;
        }
        Some((start + 1..stop).filter(|&at| may_end(held, at)).count() as u32)
    }

    /// The possible end after `begin` with `rank` possible ends before it.
    pub fn end(&self, begin: u32, rank: u64) -> Option<u32> {
        let (held, start) = self.at(begin)?;
        let rank = usize::try_from(rank).ok()?;
        let stop = (start + 1..held.len()).filter(|&at| may_end(held, at)).nth(rank)?;
        begin.checked_add((stop - start) as u32)
    }

    /// The address after the unwind data at `rva`, as far as their length is known: a header of
    /// four bytes, codes of two bytes up to a multiple of four, then the address of the handler or
    /// the chained entry.
    pub fn behind_unwind(&self, rva: u32) -> u32 {
        let header = self.at(rva).and_then(|(held, at)| held.get(at..)?.first_chunk::<4>());
        let Some(&[version_and_flags, _, codes, _]) = header else { return rva };
        let tail = match version_and_flags >> 3 {
            flags if flags & 3 != 0 => 4,
            flags if flags & 4 != 0 => 12,
            _ => 0,
        };
        rva.saturating_add(4 + u32::from(codes).div_ceil(2) * 4 + tail)
    }
}

/// Number of bytes of filler at `at`: INT3, one byte each, or NOPs of several lengths up to the
/// next multiple of 16.
fn filler(held: &[u8], at: usize) -> usize {
    let next = held.get(at..).unwrap_or_default();
    match next {
        [0xCC, ..] => next.iter().take(ALIGNMENT - 1).take_while(|&&byte| byte == 0xCC).count(),
        [0x90, ..] | [0x66, 0x90 | 0x2E | 0x0F | 0x66, ..] | [0x0F, 0x1F, ..] => {
            at.next_multiple_of(ALIGNMENT) - at
        }
        _ => 0,
    }
}

/// May a function end before `at`? Filler starts at `at`, or `at` is a multiple of 4 after a
/// return, a jump or a call. The six bytes before `at` must be present.
fn may_end(held: &[u8], at: usize) -> bool {
    let Some(&here) = held.get(at) else { return false };
    let Some(&[jump_through, call, _, _, short_jump, before]) =
        at.checked_sub(6).and_then(|start| held[start..].first_chunk::<6>())
    else {
        return false;
    };
    if here == 0xCC {
        return before != 0xCC;
    }
    if filler(held, at) > 0 {
        return before != 0x90;
    }
    let leaves = before == 0xC3
        || before == 0xCC
        || short_jump == 0xEB
        || matches!(call, 0xE8 | 0xE9)
        || (jump_through, call) == (0xFF, 0x25);
    at.is_multiple_of(4) && leaves
}
