//! Moves the bounding boxes of glyphs after their outlines, from which a box can be predicted.
//!
//! In a font a glyph begins with its number of contours and the four sides of its box. In the
//! transformed font the box comes last. Source of the format: the OpenType specification, chapter
//! "glyf".

/// Bytes of the number of contours, and of a box.
const COUNT: usize = 2;
const BOX: usize = 8;

/// Moves the boxes of the glyphs in `glyf` after their outlines, or back if `back` is set.
/// `offsets` are the offsets of the glyphs, ascending; the last one is the end of the last glyph.
/// Glyphs that cannot be parsed stay unchanged.
pub fn shift(glyf: &mut [u8], offsets: &[usize], back: bool) {
    for pair in offsets.windows(2) {
        let Some(glyph) = glyf.get_mut(pair[0]..pair[1]) else { continue };
        let Some(room) = glyph.len().checked_sub(COUNT + BOX) else { continue };
        let contours = i16::from_be_bytes([glyph[0], glyph[1]]);
        let start = if back { COUNT } else { COUNT + BOX };
        let Some(length) = length_of(contours, &glyph[start..start + room]) else { continue };
        let moved = &mut glyph[COUNT..COUNT + BOX + length];
        if back {
            moved.rotate_right(BOX);
        } else {
            moved.rotate_left(BOX);
        }
    }
}

/// Reads numbers from the front of a slice.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn skip(&mut self, bytes: usize) -> Option<()> {
        self.at = self.at.checked_add(bytes).filter(|&at| at <= self.bytes.len())?;
        Some(())
    }

    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn word(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes([self.byte()?, self.byte()?]))
    }
}

/// Bytes of a glyph after its box. `None` if the glyph cannot be parsed.
fn length_of(contours: i16, bytes: &[u8]) -> Option<usize> {
    let mut reader = Reader { bytes, at: 0 };
    match contours {
        1.. => outline(&mut reader, contours as usize)?,
        0 => {}
        _ => parts(&mut reader)?,
    }
    Some(reader.at)
}

fn outline(reader: &mut Reader<'_>, contours: usize) -> Option<()> {
    reader.skip(2 * (contours - 1))?;
    let points = usize::from(reader.word()?) + 1;
    let code = reader.word()?;
    reader.skip(code.into())?;
    let (mut known, mut steps) = (0, 0);
    while known < points {
        let flag = reader.byte()?;
        let times =
            if flag & 8 != 0 { usize::from(reader.byte()?) + 1 } else { 1 }.min(points - known);
        let bytes = |short: bool, same: bool| if short { 1 } else { 2 * usize::from(!same) };
        steps +=
            times * (bytes(flag & 2 != 0, flag & 16 != 0) + bytes(flag & 4 != 0, flag & 32 != 0));
        known += times;
    }
    reader.skip(steps)
}

fn parts(reader: &mut Reader<'_>) -> Option<()> {
    loop {
        let flags = reader.word()?;
        let scale = match flags {
            flags if flags & 0x08 != 0 => 2,
            flags if flags & 0x40 != 0 => 4,
            flags if flags & 0x80 != 0 => 8,
            _ => 0,
        };
        reader.skip(2 + if flags & 1 != 0 { 4 } else { 2 } + scale)?;
        if flags & 0x20 == 0 {
            if flags & 0x100 != 0 {
                let code = reader.word()?;
                reader.skip(code.into())?;
            }
            return Some(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A triangle, as in a font: one contour, no instructions, two flags (the second one repeated),
    /// short steps.
    const TRIANGLE: [u8; 24] =
        [0, 1, 0, 5, 0, 7, 0, 105, 0, 27, 0, 2, 0, 0, 0x37, 0x3f, 1, 5, 60, 40, 7, 20, 0, 0];

    #[test]
    fn boxes_move_and_return() {
        let mut glyf = TRIANGLE.to_vec();
        // Two components, the first one with words and a scale; then two bytes of instructions.
        glyf.extend([255, 255, 0, 1, 0, 2, 0, 3, 0, 4, 0, 0x29, 0, 9, 0, 1, 0, 1, 0x40, 0]);
        glyf.extend([1, 2, 0, 8, 3, 4, 0, 2, 77, 78, 0, 0]);
        let offsets = [0, TRIANGLE.len(), TRIANGLE.len(), glyf.len()];
        let before = glyf.clone();
        shift(&mut glyf, &offsets, false);
        assert_eq!(glyf[2..15], before[10..23]);
        assert_eq!(glyf[15..23], before[2..10]);
        assert_eq!(glyf[before.len() - 10..], [0, 1, 0, 2, 0, 3, 0, 4, 0, 0]);
        shift(&mut glyf, &offsets, true);
        assert_eq!(glyf, before);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes(
            mut glyf in proptest::collection::vec(0u8..6, 0..200),
            mut offsets in proptest::collection::vec(0usize..220, 0..8),
        ) {
            offsets.sort_unstable();
            shift(&mut glyf, &offsets, false);
            shift(&mut glyf, &offsets, true);
        }
    }
}
