//! TrueType fonts: sfnt files with a `glyf` table.

use crate::block::piece::Piece;
use crate::block::split::Context;
use crate::formats::sfnt::Directory;
use crate::kind::Kind;
use crate::transform::font;

/// The whole font.
pub fn probe(bytes: &[u8], context: &mut Context) -> Option<Vec<Piece>> {
    if !context.level.unpacked.fonts {
        return None;
    }
    let directory = Directory::parse(bytes)?;
    let length = directory.total().min(bytes.len());
    context.charge(length)?;
    let parts = font::forward(&bytes[..length])?;
    let inner = Piece::copy(Kind::Font, parts.inner.len());
    Some(vec![Piece::transformed(length, parts, vec![inner])])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::piece::Body;
    use crate::block::split;
    use crate::formats::sfnt::tests::font;
    use crate::level;

    #[test]
    fn fonts_are_found_whole() {
        let font = font(&[(b"head", vec![1; 54]), (b"glyf", vec![3; 2001]), (b"loca", vec![0; 6])]);
        let mut bytes = vec![0; 1024];
        bytes.extend(&font);
        bytes.extend([9; 700]);
        let level = level::level(5).unwrap();
        let pieces = split::split(&bytes, level);
        let found = pieces.iter().find_map(|piece| match &piece.body {
            Body::Transformed(transformed) => Some((piece.len, transformed.parts.id)),
            _ => None,
        });
        assert_eq!(found, Some((font.len(), font::ID)));
        // A font that is cut off is none.
        let pieces = split::split(&bytes[..2000], level);
        assert!(pieces.iter().all(|piece| !matches!(piece.body, Body::Transformed(_))));
    }
}
