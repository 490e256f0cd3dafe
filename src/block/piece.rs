//! What a block is cut into: a list of pieces, each copied to a stream, a run, or transformed.

use crate::kind::Kind;
use crate::transform::{Parts, functions, noise, relocations, tar};

/// A stretch of bytes and what becomes of it.
#[derive(Debug)]
pub struct Piece {
    /// Its length in the bytes that were cut.
    pub len: usize,
    /// What becomes of it.
    pub body: Body,
}

/// What becomes of a piece.
#[derive(Debug)]
pub enum Body {
    /// It goes to the stream of this kind as it is.
    Copy(Kind),
    /// It is one byte value over and over.
    Fill(u8),
    /// A transform replaced it by other bytes, which are cut in their turn.
    Transformed(Box<Transformed>),
}

/// The result of a transform.
#[derive(Debug)]
pub struct Transformed {
    /// What the inverse needs.
    pub parts: Parts,
    /// How `parts.inner` is cut; lengths add up to it.
    pub pieces: Vec<Piece>,
}

impl Piece {
    /// A piece that is copied.
    pub fn copy(kind: Kind, len: usize) -> Self {
        Piece { len, body: Body::Copy(kind) }
    }

    /// Whether the piece is noise that was set aside.
    pub fn is_noise(&self) -> bool {
        matches!(&self.body, Body::Transformed(transformed) if transformed.parts.id == noise::ID)
    }

    /// A transformed piece.
    pub fn transformed(len: usize, parts: Parts, pieces: Vec<Piece>) -> Self {
        debug_assert_eq!(pieces.iter().map(|piece| piece.len).sum::<usize>(), parts.inner.len());
        Piece { len, body: Body::Transformed(Box::new(Transformed { parts, pieces })) }
    }
}

/// The parts of all transforms in `pieces`, outer ones first.
pub fn transforms(pieces: &[Piece]) -> Vec<Parts> {
    let mut found = Vec::new();
    for piece in pieces {
        if let Body::Transformed(transformed) = &piece.body {
            found.push(transformed.parts.clone());
            found.extend(transforms(&transformed.pieces));
        }
    }
    found
}

/// Appends `piece`, joining it with the last one where both are copied to the same stream.
pub fn push(pieces: &mut Vec<Piece>, piece: Piece) {
    if piece.len == 0 {
        return;
    }
    if let (Some(Piece { len, body: Body::Copy(last) }), Body::Copy(kind)) =
        (pieces.last_mut(), &piece.body)
        && last == kind
    {
        *len += piece.len;
        return;
    }
    pieces.push(piece);
}

/// Text or anything else shorter than this is not worth a change of stream.
const SHORT: usize = 512;

/// Lets short pieces of text or of anything else go where the last such piece went: headers between
/// the parts of a container file.
pub fn settle(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut last = None;
    let mut out = Vec::with_capacity(pieces.len());
    for mut piece in pieces {
        if let Body::Copy(kind @ (Kind::Text | Kind::Table | Kind::Generic)) = &mut piece.body {
            match last {
                Some(before) if piece.len < SHORT => *kind = before,
                _ => last = Some(*kind),
            }
        }
        push(&mut out, piece);
    }
    out
}

/// The one of Text, Table, Exe and Generic that most bytes are.
pub fn main_kind(pieces: &[Piece]) -> Kind {
    let [text, table, exe, generic] =
        [Kind::Text, Kind::Table, Kind::Exe, Kind::Generic].map(|kind| total(pieces, kind));
    let generic = generic + total(pieces, Kind::Font) + total(pieces, Kind::Wasm);
    match text.max(table).max(exe).max(generic) {
        most if most == text => Kind::Text,
        most if most == table => Kind::Table,
        most if most == exe => Kind::Exe,
        _ => Kind::Generic,
    }
}

/// How many bytes of `pieces` are of this kind, what a transform unpacked not counted.
fn total(pieces: &[Piece], wanted: Kind) -> usize {
    let len_of = |piece: &Piece| match &piece.body {
        Body::Copy(kind) if *kind == wanted => piece.len,
        Body::Transformed(t) if matches!(t.parts.id, relocations::ID | functions::ID | tar::ID) => {
            total(&t.pieces, wanted)
        }
        Body::Transformed(t) if matches!(t.pieces[..], [Piece { body: Body::Copy(kind), .. }] if kind == wanted) => {
            piece.len
        }
        _ => 0,
    };
    pieces.iter().map(len_of).sum()
}

/// Whether most bytes of a block of `length` bytes are those of files in tar files.
pub fn is_tar(pieces: &[Piece], length: usize) -> bool {
    fn in_tar_files(pieces: &[Piece]) -> usize {
        let len_of = |piece: &Piece| match &piece.body {
            Body::Transformed(t) if t.parts.id == tar::ID => piece.len,
            Body::Transformed(t) => in_tar_files(&t.pieces),
            _ => 0,
        };
        pieces.iter().map(len_of).sum()
    }
    in_tar_files(pieces) > length / 2
}

/// One line a piece.
#[cfg(test)]
pub fn describe(pieces: &[Piece]) -> String {
    let mut out = String::new();
    lines(pieces, 0, &mut out);
    out
}

#[cfg(test)]
fn lines(pieces: &[Piece], depth: usize, out: &mut String) {
    use std::fmt::Write;
    for Piece { len, body } in pieces {
        let indent = depth * 2;
        // Writing to a String cannot fail.
        let _ = match body {
            Body::Copy(kind) => writeln!(out, "{:indent$}{len} {kind:?}", ""),
            Body::Fill(value) => writeln!(out, "{:indent$}{len} Fill {value:#04x}", ""),
            Body::Transformed(t) => {
                let Parts { id, side, compressed, .. } = &t.parts;
                writeln!(
                    out,
                    "{:indent$}{len} transform {id}, {} side, {} compressed",
                    "",
                    side.len(),
                    compressed.len()
                )
            }
        };
        if let Body::Transformed(t) = body {
            lines(&t.pieces, depth + 1, out);
        }
    }
}
