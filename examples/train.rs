//! Trains the network of -9 on files, and writes the weights that it starts from.
//!
//! - `train gather OUT MEASURED FILE…` cuts the files into the streams that a predictor sees, at
//!   most 32 KiB a piece, and writes them to `OUT.words`, `OUT.text` and `OUT.binary`. It leaves
//!   out what is in the files of the folder MEASURED: no 32 bytes of those may be trained on.
//! - `train run PIECES CODES CHECKPOINT WEIGHTS` trains on pieces, in random order and again from
//!   the first one, until CODES bytes were read. A run that was ended goes on from its checkpoint.
//! - `train store CHECKPOINT WEIGHTS` writes the weights of a checkpoint.
//! - `train cost PIECES START…` prints the bits a byte of 16 KiB of 40 pieces, each coded from the
//!   start anew: weights, a checkpoint whose name ends in `.check`, or `-` for random weights.
//!
//! The network is that of the coder, backwards and forwards: the same whole numbers.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use cmx::internals::block::streams_of;
use cmx::internals::kind::Kind;
use cmx::internals::level::level;
use cmx::internals::network::training::{Precision, part, standard};
use cmx::internals::simd::active;
use cmx::internals::training::reading::read_piece;

const PIECE: usize = 32 << 10;
/// Pieces that weights are compared on.
const COMPARED: usize = 40;
/// Bytes that are left out together.
const PART: usize = 1 << 10;
/// Bytes of a shingle.
const SHINGLE: usize = 32;
/// Multiplier of the rolling hash of a shingle.
const BASE: u64 = 0x9E37_79B9_7F4A_7C15;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match *words {
        ["gather", out, measured, ref files @ ..] => gather(out, measured, files),
        ["run", pieces, codes, checkpoint, weights] => {
            train(&read(pieces), codes.parse().unwrap(), checkpoint, weights);
        }
        ["store", checkpoint, weights] => {
            let mut network = standard(active(), None);
            network.resume(&fs::read(checkpoint).unwrap()[16..]);
            fs::write(weights, network.stored(Precision::BUILT_IN)).unwrap();
        }
        ["cost", pieces, ref weights @ ..] => {
            let pieces = read(pieces);
            for weights in weights {
                let start = (*weights != "-").then(|| fs::read(weights).unwrap());
                let is_exact = weights.ends_with(".check");
                println!("{:.4} {weights}", cost(&pieces, start.as_deref(), is_exact));
            }
        }
        _ => eprintln!("train gather | run | store | cost: see the source"),
    }
}

/// Calls `found` with the hash and the start of each shingle that has five different bytes or
/// more.
fn shingles(bytes: &[u8], mut found: impl FnMut(u64, usize)) {
    let oldest = (0..SHINGLE).fold(1u64, |power, _| power.wrapping_mul(BASE));
    let (mut hash, mut counts, mut different) = (0u64, [0u8; 256], 0);
    for (at, &byte) in bytes.iter().enumerate() {
        hash = hash.wrapping_mul(BASE).wrapping_add(u64::from(byte) + 1);
        let count = &mut counts[usize::from(byte)];
        *count += 1;
        different += u32::from(*count == 1);
        if at >= SHINGLE {
            let old = bytes[at - SHINGLE];
            hash = hash.wrapping_sub((u64::from(old) + 1).wrapping_mul(oldest));
            let count = &mut counts[usize::from(old)];
            *count -= 1;
            different -= u32::from(*count == 0);
        }
        if at + 1 >= SHINGLE && different >= 5 {
            found(hash, at + 1 - SHINGLE);
        }
    }
}

fn files_below(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.path().is_dir() {
            files_below(&entry.path(), files);
        } else {
            files.push(entry.path());
        }
    }
}

fn gather(out: &str, measured: &str, files: &[&str]) {
    let mut paths = Vec::new();
    files_below(Path::new(measured), &mut paths);
    let mut known = HashSet::new();
    for path in paths {
        // Any 32 + 15 bytes hold one of these.
        let bytes = fs::read(path).unwrap();
        shingles(&bytes, |hash, at| {
            if at % 16 == 0 {
                known.insert(hash);
            }
        });
    }
    println!("{} shingles that are measured", known.len());
    let mut sets = [Vec::new(), Vec::new(), Vec::new()];
    let (mut left_out, mut total) = (0, 0);
    for file in files {
        let raw = fs::read(file).unwrap();
        let mut is_known = vec![false; raw.len() / PART + 1];
        shingles(&raw, |hash, at| {
            if known.contains(&hash) {
                is_known[at / PART] = true;
                is_known[(at + SHINGLE - 1) / PART] = true;
            }
        });
        total += raw.len();
        let rest: Vec<u8> = raw
            .chunks(PART)
            .zip(&is_known)
            .filter(|(_, known)| !**known)
            .flat_map(|(piece, _)| piece.iter().copied())
            .collect();
        left_out += raw.len() - rest.len();
        // Where two parts meet that did not, nothing that is measured comes to be by chance.
        for (kind, stream) in streams_of(&rest, level(9).unwrap()).unwrap() {
            let set = match kind {
                Kind::Words => 0,
                Kind::Text => 1,
                Kind::Generic | Kind::Table | Kind::Exe | Kind::Font | Kind::Wasm => 2,
                Kind::Image { .. } | Kind::Image16 { .. } | Kind::Audio { .. } => continue,
            };
            for piece in stream.chunks(PIECE) {
                sets[set].extend_from_slice(&(piece.len() as u32).to_le_bytes());
                sets[set].extend_from_slice(piece);
            }
        }
    }
    println!("{left_out} of {total} bytes left out");
    for (name, bytes) in ["words", "text", "binary"].into_iter().zip(sets) {
        println!("{} bytes of {name}", bytes.len());
        fs::write(format!("{out}.{name}"), bytes).unwrap();
    }
}

fn read(name: &str) -> Vec<Vec<u8>> {
    let bytes = fs::read(name).unwrap();
    let mut rest = &bytes[..];
    let mut pieces = Vec::new();
    while let Some((length, after)) = rest.split_first_chunk() {
        let (piece, after) = after.split_at(u32::from_le_bytes(*length) as usize);
        pieces.push(piece.to_vec());
        rest = after;
    }
    // Random order: the same one each time.
    let mut state = 1u64;
    for at in (1..pieces.len()).rev() {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        pieces.swap(at, ((state >> 33) % (at as u64 + 1)) as usize);
    }
    pieces
}

fn train(pieces: &[Vec<u8>], codes: usize, checkpoint: &str, weights: &str) {
    let mut network = standard(active(), None);
    let (mut done, mut number) = (0usize, 0usize);
    if let Ok(saved) = fs::read(checkpoint) {
        let (counts, saved) = saved.split_at(16);
        done = u64::from_le_bytes(counts[..8].try_into().unwrap()) as usize;
        number = u64::from_le_bytes(counts[8..].try_into().unwrap()) as usize;
        network.resume(saved);
    }
    let (mut bits, mut count, mut next) = (0.0, 0, done + (1 << 20));
    while done < codes {
        let piece = &pieces[number % pieces.len()];
        number += 1;
        let (of_piece, predicted) = read_piece(&mut *network, piece);
        bits += of_piece;
        count += predicted;
        done += predicted;
        network.follow(part(done as u64, codes as u64));
        if done >= next || done >= codes {
            println!(
                "{done} codes, piece {number} of {}: {:.4} bits",
                pieces.len(),
                bits / count as f64
            );
            (bits, count, next) = (0.0, 0, done + (1 << 20));
            let mut saved = Vec::new();
            saved.extend_from_slice(&(done as u64).to_le_bytes());
            saved.extend_from_slice(&(number as u64).to_le_bytes());
            saved.extend_from_slice(&network.saved());
            fs::write(format!("{checkpoint}.new"), saved).unwrap();
            fs::rename(format!("{checkpoint}.new"), checkpoint).unwrap();
            let part = |name: &str, usual: u32| {
                std::env::var(name).ok().map_or(usual, |v| v.parse().unwrap())
            };
            let precision = Precision { of_embedding: part("PE", 64), of_layers: part("PL", 26) };
            fs::write(weights, network.stored(precision)).unwrap();
        }
    }
}

fn cost(pieces: &[Vec<u8>], start: Option<&[u8]>, is_exact: bool) -> f64 {
    let (mut bits, mut bytes) = (0.0, 0);
    for piece in pieces.iter().take(COMPARED) {
        let piece = &piece[..piece.len().min(16 << 10)];
        let mut network = standard(active(), start.filter(|_| !is_exact));
        if let Some(saved) = start.filter(|_| is_exact) {
            network.resume(&saved[16..]);
        }
        let (of_piece, predicted) = read_piece(&mut *network, piece);
        bits += of_piece;
        bytes += predicted;
    }
    bits / f64::from(bytes as u32)
}
