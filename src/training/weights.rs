//! Weights of the network of -9 for a user's own data: the network of the coder goes on from the
//! built-in weights and reads records, in whole numbers.

use super::Report;
use super::reading::read_piece;
use crate::block::streams_of;
use crate::error::Result;
use crate::kind::Kind;
use crate::level::Level;
use crate::network::start::Start;
use crate::network::training::{Precision, standard};

/// The starts that have weights, in the order of a prior file.
pub const STARTS: [Start; 3] = [Start::Words, Start::Text, Start::Binary];
/// Records are joined to pieces of so many bytes: a network goes on from the primer too.
const PIECE: usize = 16 << 10;

/// Streams of records, joined, for each of [`STARTS`].
#[derive(Debug, Default)]
pub struct Pieces(pub [Vec<Vec<u8>>; 3]);

impl Pieces {
    /// The streams of `samples` as predictors see them at `level`, in an order that is always the
    /// same.
    ///
    /// # Errors
    /// Memory is short.
    pub fn of(samples: &[&[u8]], level: &Level) -> Result<Pieces> {
        let mut order: Vec<usize> = (0..samples.len()).collect();
        let mut state = 1u64;
        for at in (1..order.len()).rev() {
            // Knuth's multiplier for congruential generators of 64 bits.
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            order.swap(at, ((state >> 33) % (at as u64 + 1)) as usize);
        }
        let mut pieces = Pieces::default();
        for index in order {
            for (kind, stream) in streams_of(samples[index], level)? {
                let of = match kind {
                    Kind::Words => 0,
                    Kind::Text => 1,
                    Kind::Image { .. } | Kind::Image16 { .. } | Kind::Audio { .. } => continue,
                    _ => 2,
                };
                let pieces = &mut pieces.0[of];
                match pieces.last_mut() {
                    Some(last) if last.len() + stream.len() <= PIECE => last.extend(stream),
                    _ => pieces.push(stream),
                }
            }
        }
        Ok(pieces)
    }

    /// Bytes of the pieces of each start.
    #[must_use]
    pub fn lengths(&self) -> [usize; 3] {
        self.0.each_ref().map(|pieces| pieces.iter().map(Vec::len).sum())
    }
}

/// The weights for `pieces` of `start`, after reading `bytes` of them, over and over where they are
/// fewer. Steps fall to a sixteenth.
pub fn train(pieces: &[Vec<u8>], start: Start, bytes: usize, report: Report<'_>) -> Vec<u8> {
    let mut network = standard(crate::simd::active(), Some(start.stored()));
    let (mut done, mut bits, mut since) = (0, 0.0, 0);
    for piece in pieces.iter().cycle() {
        if done >= bytes {
            break;
        }
        network.slow_down((256 - 240 * done as u64 / bytes as u64) as i32);
        let (of_piece, predicted) = read_piece(&mut *network, piece);
        // A piece that matches prove throughout must not be read for ever.
        done += predicted.max(piece.len() / 8).max(1);
        bits += of_piece;
        since += predicted;
        if since >= 1 << 16 {
            let rate = bits / since as f64;
            let what = format!("training a network: {rate:.3} bits a byte");
            report(&what, (100 * done / bytes).min(100) as u64);
            (bits, since) = (0.0, 0);
        }
    }
    network.stored(Precision::OF_PRIOR)
}
