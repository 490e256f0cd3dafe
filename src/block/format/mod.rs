//! File formats, recognised by structure wherever they start; nothing they say is trusted.

use super::piece::Piece;
use super::split::Context;

/// A format found: `pieces` cover the bytes from `start` on, as far as their lengths go.
#[derive(Debug)]
pub struct Found {
    /// Where it starts.
    pub start: usize,
    /// What it is cut into.
    pub pieces: Vec<Piece>,
}

/// Tries every format at `at`.
pub fn probe(_bytes: &[u8], _at: usize, _context: &mut Context) -> Option<Found> {
    None
}
