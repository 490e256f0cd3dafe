//! Cuts bytes into pieces: known formats first, then gaps, then text, code and the rest, then runs.

use super::ahead::Ahead;
use super::detect::{self, Class, bilevel, image16, noise, runs};
use super::piece::{self, Body, Piece};
use super::probe;
use crate::kind::Kind;
use crate::level::{Coding, Level};
use crate::transform::{self, tar, x86};

/// Unpacked content is unpacked again up to here: an image in a document in an archive.
pub const MAX_DEPTH: usize = 2;

/// Tar files within tar files are taken apart up to here.
const MAX_TARS: usize = 2;

/// What the cutting of one block shares.
#[derive(Debug, Clone)]
pub struct Context {
    /// The level, for what is worth its time.
    pub level: Level,
    /// Bytes by which transforms may still make the block longer.
    pub budget: usize,
    /// How deep in unpacked content this is.
    pub depth: usize,
    /// How deep in transforms of images of programs this is.
    pub images: usize,
    /// How deep in tar files this is.
    pub tars: usize,
    /// Bytes that probes may still work through: a file made of nothing but false starts must not
    /// take for ever.
    pub effort: usize,
    /// Whether `effort` did not suffice for a probe.
    pub is_exhausted: bool,
    /// Bytes that were taken of `budget`.
    pub taken: usize,
    /// Most bytes of `budget` that a probe needed to come to its result, those that were taken
    /// before included. With fewer the result would be another one.
    pub needed: usize,
    /// Whether free threads may probe ahead of this one.
    pub may_look_ahead: bool,
}

impl Context {
    pub(super) fn new(raw_len: usize, level: &Level) -> Self {
        let budget = (super::streams::limit(raw_len) - raw_len) / 2;
        Context {
            level: *level,
            budget,
            depth: 0,
            images: 0,
            tars: 0,
            effort: raw_len.saturating_mul(8).saturating_add(1 << 20),
            is_exhausted: false,
            taken: 0,
            needed: 0,
            may_look_ahead: true,
        }
    }

    /// Takes the cost of working through `bytes` bytes; `None` when it is not there.
    pub fn charge(&mut self, bytes: usize) -> Option<()> {
        let left = self.effort.checked_sub(bytes);
        self.is_exhausted |= left.is_none();
        self.effort = left?;
        Some(())
    }

    /// Notes that a probe needed `bytes` of the budget as it is now.
    pub fn need(&mut self, bytes: usize) {
        self.needed = self.needed.max(self.taken.saturating_add(bytes));
    }

    /// Takes `bytes` of the budget; `None` when they are not there.
    pub fn take(&mut self, bytes: usize) -> Option<()> {
        self.need(bytes);
        self.budget = self.budget.checked_sub(bytes)?;
        self.taken += bytes;
        Some(())
    }
}

/// Cuts a block.
pub fn split(raw: &[u8], level: &Level) -> Vec<Piece> {
    cut(raw, &mut Context::new(raw.len(), level))
}

/// Cuts `bytes`, which are a block or what a transform unpacked.
pub fn cut(bytes: &[u8], context: &mut Context) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut done = 0;
    while let Some((start, tar)) = tar_file(&bytes[done..], context) {
        let before = &bytes[done..done + start];
        done += start + tar.len;
        for piece in cut_behind(before, 0, context).into_iter().chain([tar]) {
            piece::push(&mut pieces, piece);
        }
    }
    for piece in cut_behind(&bytes[done..], 0, context) {
        piece::push(&mut pieces, piece);
    }
    pieces
}

/// The first tar file in `bytes`: where it starts, and its piece.
fn tar_file(bytes: &[u8], context: &mut Context) -> Option<(usize, Piece)> {
    if context.tars >= MAX_TARS {
        return None;
    }
    let (start, parts, length) = tar::forward(bytes)?;
    context.charge(start + length)?;
    context.tars += 1;
    let pieces = cut(&parts.inner, context);
    context.tars -= 1;
    Some((start, Piece::transformed(length, parts, pieces)))
}

/// [`cut`], but for tar files, and where no format starts in the first `passed` bytes.
pub fn cut_behind(bytes: &[u8], passed: usize, context: &mut Context) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut done = 0;
    let gaps = runs::gaps(bytes);
    let stretches = probe::base64::stretches(bytes);
    let mut ahead = Ahead::look(bytes, passed, &gaps, context);
    while let Some((start, found)) =
        probe::find(bytes, done.max(passed), &gaps, &stretches, &mut ahead, context)
    {
        around_gaps(bytes, done..start, &gaps, &mut pieces);
        done = start + found.iter().map(|piece| piece.len).sum::<usize>();
        for piece in found {
            piece::push(&mut pieces, piece);
        }
    }
    around_gaps(bytes, done..bytes.len(), &gaps, &mut pieces);
    without_noise(bytes, piece::settle(pieces), context)
}

/// From this level on noise is mixed too: the models may find what samples do not tell.
const MIXES_NOISE: u8 = 8;

/// Sets noise aside that would be mixed with other bytes. Sorting passes over noise quickly by
/// itself.
fn without_noise(bytes: &[u8], pieces: Vec<Piece>, context: &Context) -> Vec<Piece> {
    let is_mixed = matches!(context.level.codings.generic, Coding::Mixed(_));
    if !is_mixed || context.level.number >= MIXES_NOISE {
        return pieces;
    }
    let mut out = Vec::with_capacity(pieces.len());
    let mut at = 0;
    for piece in pieces {
        let here = &bytes[at..at + piece.len];
        at += piece.len;
        if !matches!(piece.body, Body::Copy(Kind::Generic)) {
            out.push(piece);
            continue;
        }
        let mut done = 0;
        // Where a predictor finds no memory, the job fails when it codes the bytes.
        for stretch in noise::stretches(here).unwrap_or_default() {
            piece::push(&mut out, Piece::copy(Kind::Generic, stretch.start - done));
            let parts = transform::noise::forward(&here[stretch.clone()]);
            piece::push(&mut out, Piece::transformed(stretch.len(), parts, Vec::new()));
            done = stretch.end;
        }
        piece::push(&mut out, Piece::copy(Kind::Generic, here.len() - done));
    }
    out
}

/// Cuts `bytes[part]`, where no format was found: the gaps in it are runs, and nobody looks at them
/// twice.
fn around_gaps(
    bytes: &[u8],
    part: std::ops::Range<usize>,
    gaps: &[std::ops::Range<usize>],
    pieces: &mut Vec<Piece>,
) {
    let mut done = part.start;
    for gap in gaps {
        // A format may begin with the last byte of a gap, or end in one.
        let (start, end) = (gap.start.max(part.start), gap.end.min(part.end));
        if start < end {
            between(bytes, done, start, pieces);
            piece::push(pieces, Piece { len: end - start, body: Body::Fill(bytes[start]) });
            done = end;
        }
    }
    between(bytes, done, part.end, pieces);
}

/// Cuts `bytes[from..to]`, where no format was found and no gap is.
fn between(bytes: &[u8], from: usize, to: usize, pieces: &mut Vec<Piece>) {
    let mut at = from;
    for (class, len) in detect::classify(&bytes[from..to]) {
        let here = &bytes[at..at + len];
        match class {
            Class::Generic | Class::Dense => generic(here, pieces),
            Class::Text => without_runs(
                here,
                if detect::is_table(here) { Kind::Table } else { Kind::Text },
                pieces,
            ),
            Class::Exe => {
                for (index, code) in here.chunks(x86::MAX_SIZE).enumerate() {
                    let parts = x86::forward(code, at + index * x86::MAX_SIZE);
                    piece::push(
                        pieces,
                        Piece::transformed(
                            code.len(),
                            parts,
                            vec![Piece::copy(Kind::Exe, code.len())],
                        ),
                    );
                }
            }
        }
        at += len;
    }
}

/// An image without a header, or else what it is.
fn generic(bytes: &[u8], pieces: &mut Vec<Piece>) {
    if let Some(kind) = bilevel::detect(bytes) {
        piece::push(pieces, Piece::copy(kind, bytes.len()));
        return;
    }
    match image16::detect(bytes) {
        Some((kind, skip)) => {
            piece::push(pieces, Piece::copy(Kind::Generic, skip));
            piece::push(pieces, Piece::copy(kind, bytes.len() - skip));
        }
        None => without_runs(bytes, Kind::Generic, pieces),
    }
}

/// Long runs of one value apart, the rest to the stream of `kind`.
fn without_runs(bytes: &[u8], kind: Kind, pieces: &mut Vec<Piece>) {
    let mut done = 0;
    while let Some(run) = runs::next(bytes, done, runs::MIN_RUN) {
        piece::push(pieces, Piece::copy(kind, run.start - done));
        piece::push(pieces, Piece { len: run.len(), body: Body::Fill(bytes[run.start]) });
        done = run.end;
    }
    piece::push(pieces, Piece::copy(kind, bytes.len() - done));
}
