//! Windows images (PE32 and PE32+): the list of base relocations goes, since the rest says what it holds.

use crate::block::piece::Piece;
use crate::block::split::{self, Context};
use crate::transform::relocations::{self, Image};

/// Images within images: the installer that holds a program.
const MAX_NESTED: usize = 2;

/// Everything up to the end of the relocations, which come last as a rule.
pub fn probe(bytes: &[u8], context: &mut Context) -> Option<Vec<Piece>> {
    if context.images >= MAX_NESTED {
        return None;
    }
    let image = Image::read(bytes)?;
    let directory = image.directory.clone()?;
    bytes.get(directory.clone())?;
    // Looked through when the places are found, and once more to see that they are found again.
    context.charge(directory.end.checked_mul(2)?)?;
    let (parts, consumed) = relocations::forward(bytes, &image)?;
    context.budget = context.budget.checked_sub(parts.inner.len())?;
    context.images += 1;
    // From the second byte on: the image would be found in itself for ever.
    let pieces = split::cut_behind(&parts.inner, 1, context);
    context.images -= 1;
    Some(vec![Piece::transformed(consumed, parts, pieces)])
}
