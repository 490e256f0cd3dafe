//! Windows images (PE32 and PE32+): the list of base relocations and the function table go, since
//! the rest says what they hold.

use crate::block::piece::{self, Piece};
use crate::block::split::{self, Context};
use crate::formats::pe::Image;
use crate::transform::{Parts, functions, relocations};

/// Transforms of images within each other: an installer's two, and one of the program that it
/// holds. With those of two PNG files within each other, which are five, a decoder takes no more.
const MAX_NESTED: usize = 3;

/// Everything up to the end of the relocations, which come last as a rule; without them, all
/// sections.
pub fn probe(bytes: &[u8], context: &mut Context) -> Option<Vec<Piece>> {
    let image = Image::read(bytes)?;
    let piece = without_relocations(bytes, &image, context)
        .or_else(|| without_functions(bytes, &image, context))?;
    Some(vec![piece])
}

fn without_relocations(bytes: &[u8], image: &Image, context: &mut Context) -> Option<Piece> {
    let directory = image.relocations.clone().filter(|_| context.images < MAX_NESTED)?;
    bytes.get(directory.clone())?;
    // Looked through when the places are found, and once more to see that they are found again.
    context.charge(directory.end.checked_mul(2)?)?;
    let (parts, consumed) = relocations::forward(bytes, image)?;
    transformed(parts, consumed, context, |inner, context| {
        let Some(piece) = without_functions(inner, image, context) else {
            return inside(inner, context);
        };
        let done = piece.len;
        let mut pieces = vec![piece];
        split::cut(&inner[done..], context)
            .into_iter()
            .for_each(|piece| piece::push(&mut pieces, piece));
        pieces
    })
}

fn without_functions(bytes: &[u8], image: &Image, context: &mut Context) -> Option<Piece> {
    let table = image.functions.clone().filter(|_| context.images < MAX_NESTED)?;
    bytes.get(table)?;
    let end = image.sections.iter().map(|section| section.file.end).max()?;
    context.charge(end.min(bytes.len()) * 2)?;
    let (parts, consumed) = functions::forward(bytes, image)?;
    transformed(parts, consumed, context, inside)
}

/// A piece of `len` bytes whose inner bytes are cut by `cut`. They count like unpacked ones: a
/// decoder bounds them together.
fn transformed(
    parts: Parts,
    len: usize,
    context: &mut Context,
    cut: impl FnOnce(&[u8], &mut Context) -> Vec<Piece>,
) -> Option<Piece> {
    context.take(parts.inner.len())?;
    context.images += 1;
    let pieces = cut(&parts.inner, context);
    context.images -= 1;
    Some(Piece::transformed(len, parts, pieces))
}

/// Cuts an image from its second byte on: it would be found in itself for ever.
fn inside(bytes: &[u8], context: &mut Context) -> Vec<Piece> {
    split::cut_behind(bytes, 1, context)
}
