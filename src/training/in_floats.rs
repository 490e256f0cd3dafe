//! Weights that were trained in floats, as weights of the coder's network in whole numbers.

use std::path::Path;

use super::Report;
use super::floats::{Network, Steps};
use super::reading::read_piece;
use crate::error::{Error, Result};
use crate::network::start::Start;
use crate::network::training::{Precision, standard};

/// How far a step moves at first, in units of a usual derivative; it falls to a sixteenth.
const RATE: f64 = 0.001;
/// Bytes from one report and checkpoint to the next.
const PART: usize = 1 << 16;
/// Bytes that both networks are compared on, and that means of squares are taken from.
const COMPARED: usize = 1 << 16;
/// How many times as many bits the network in whole numbers may take.
pub const MOST_LOST: f64 = 1.01;

fn of_candle(error: &candle_core::Error) -> Error {
    Error::Prior(format!("the trainer failed: {error}"))
}

/// The stored weights for `pieces` of `start`, after reading `bytes` of them. Goes on from the
/// checkpoint at `path`, if there is one.
///
/// Stored weights have few levels: steps that are smaller are lost, and so is all of a short
/// training, as 4,000 bytes from the built-in weights.
///
/// # Errors
/// Memory is short, the checkpoint cannot be read or written, or the weights in whole numbers take
/// more than `most_lost` times the bits of those in floats.
pub fn train(
    pieces: &[Vec<u8>],
    start: Start,
    bytes: usize,
    path: Option<&Path>,
    most_lost: f64,
    report: Report<'_>,
) -> Result<Vec<u8>> {
    let fail = |error: candle_core::Error| of_candle(&error);
    let set = crate::simd::active();
    let mut whole = standard(set, Some(start.stored()));
    let mut saved = whole.saved();
    let mut floats = Network::of(&saved).map_err(fail)?;
    if let Some(path) = path.filter(|path| path.exists()) {
        floats.resume(path).map_err(fail)?;
    }
    let steps = Steps::of(pieces);
    while floats.read() < bytes as u64 {
        let done = floats.read() as f64 / bytes as f64;
        let rate = RATE * (1.0 - 15.0 / 16.0 * done);
        let bits = floats.learn(&steps, PART.min(bytes), rate).map_err(fail)?;
        if let Some(path) = path {
            floats.checkpoint(path).map_err(fail)?;
        }
        report(&format!("training a network: {bits:.3} bits a byte"), (100.0 * done) as u64);
    }
    floats.save_to(&mut saved).map_err(fail)?;
    whole.resume(&saved);
    // Steps of the coder are divided by means of squares, which floats have for other sums.
    whole.slow_down(0);
    let compared = COMPARED.min(steps.len());
    let mut read = 0;
    for piece in pieces.iter().cycle() {
        read += read_piece(&mut *whole, piece).1.max(1);
        if read >= compared {
            break;
        }
    }
    let stored = whole.stored(Precision::OF_PRIOR);
    let mut whole = standard(set, Some(&stored));
    whole.freeze(true);
    let (mut bits, mut count, mut used) = (0.0, 0, 0);
    for piece in pieces {
        let (of_piece, predicted) = read_piece(&mut *whole, piece);
        (bits, count, used) = (bits + of_piece, count + predicted, used + 1);
        if count >= compared {
            break;
        }
    }
    let in_floats = floats.cost(&Steps::of(&pieces[..used]), count).map_err(fail)?;
    let in_whole = bits / count.max(1) as f64;
    report(&format!("{in_floats:.4} bits a byte in floats, {in_whole:.4} in whole numbers"), 100);
    if in_whole > in_floats * most_lost {
        return Err(Error::Prior(format!(
            "the network takes {in_whole:.4} bits a byte in whole numbers, {in_floats:.4} in floats"
        )));
    }
    Ok(stored)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run that is over ends where its checkpoint is; the network in whole numbers is near that in
    /// floats, though so short a training is lost in eight bits.
    #[test]
    fn a_run_goes_on_from_its_checkpoint() {
        let record = |n: u64| {
            let mixed = n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
            format!("{{\"number\":{},\"other\":\"{:x}\"}}\n", mixed % 977, mixed >> 40)
        };
        let text: String = (0..100).map(record).collect();
        let pieces = [text.into_bytes()];
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run.safetensors");
        let run = || {
            let mut said = Vec::new();
            let mut report = |what: &str, _: u64| said.push(what.to_owned());
            let path = Some(&*path);
            let stored = train(&pieces, Start::Text, 4000, path, 1.1, &mut report).unwrap();
            (stored, said)
        };
        let (once, said) = run();
        assert!(said.len() >= 2, "{said:?}");
        let (again, said) = run();
        assert_eq!(said.len(), 1, "nothing was left to train: {said:?}");
        assert_eq!(once, again);
        std::fs::write(&path, b"no checkpoint").unwrap();
        assert!(train(&pieces, Start::Text, 4000, Some(&path), 1.1, &mut |_, _| {}).is_err());
    }
}
