//! Turns words into codes.

use super::dictionary::{self, code, number};
use super::{CAPITAL, CAPITALS, MAX_EXPANSION, QUOTE, pieces};
use crate::error::{Error, Result};
use crate::threads::{Step, each};

/// The codes of `text`.
///
/// # Errors
/// [`Error::Limit`] if memory is short.
pub fn encode(text: &[u8]) -> Result<Vec<u8>> {
    dictionary::prepare()?;
    let pieces = pieces(text);
    let step = |piece: &&[u8]| Step { length: piece.len(), memory: 2 * piece.len() as u64 };
    let steps: Vec<Step> = pieces.iter().map(step).collect();
    let mut codes = each(&steps, |index| encode_piece(pieces[index]))?;
    Ok(if codes.len() == 1 { codes.remove(0) } else { codes.concat() })
}

fn encode_piece(text: &[u8]) -> Result<Vec<u8>> {
    let no_memory = |_| Error::no_memory(format_args!("{} bytes", text.len()));
    let mut codes = Vec::new();
    codes.try_reserve(text.len()).map_err(no_memory)?;
    let mut rest = text;
    let mut foreign = false;
    while let Some(&byte) = rest.first() {
        let length = token(rest);
        let (token, after) = rest.split_at(length);
        codes.try_reserve(length * MAX_EXPANSION).map_err(no_memory)?;
        match byte {
            128.. => {
                codes.push(QUOTE);
                codes.extend_from_slice(token);
            }
            b'A'..=b'Z' | b'a'..=b'z' if !foreign => replace(token, &mut codes),
            QUOTE | CAPITAL | CAPITALS => codes.extend_from_slice(&[QUOTE, byte]),
            _ => codes.extend_from_slice(token),
        }
        foreign = byte >= 128;
        rest = after;
    }
    Ok(codes)
}

/// Length of the token at the start of `text`: letters of one case, a capital and the lower-case
/// letters after it, bytes above 127, or one other byte. The last of several capitals belongs to
/// the lower-case letters after it.
fn token(text: &[u8]) -> usize {
    let run = |from: usize, is: fn(&u8) -> bool| {
        from + text[from..].iter().take_while(|byte| is(byte)).count()
    };
    match text[0] {
        128.. => run(1, |byte| *byte >= 128),
        b'a'..=b'z' => run(1, u8::is_ascii_lowercase),
        b'A'..=b'Z' => match run(1, u8::is_ascii_uppercase) {
            1 => run(1, u8::is_ascii_lowercase),
            capitals => {
                capitals - usize::from(text.get(capitals).is_some_and(u8::is_ascii_lowercase))
            }
        },
        _ => 1,
    }
}

/// Appends the code of a word, or its letters if the word is not in the dictionary.
fn replace(word: &[u8], codes: &mut Vec<u8>) {
    let mut small = [0; dictionary::MAX_LETTERS];
    let found = small.get_mut(..word.len()).and_then(|small| {
        small.copy_from_slice(word);
        small.make_ascii_lowercase();
        number(small)
    });
    let capital = if !word[0].is_ascii_uppercase() {
        None
    } else if word.get(1).is_none_or(u8::is_ascii_lowercase) {
        Some(CAPITAL)
    } else {
        Some(CAPITALS)
    };
    match found {
        Some(number) => {
            codes.extend(capital);
            codes.extend_from_slice(code(number).as_slice());
        }
        // The dictionary has names in lower case.
        None if capital == Some(CAPITAL) && word.len() > 1 => {
            codes.extend_from_slice(&[CAPITAL, word[0].to_ascii_lowercase()]);
            codes.extend_from_slice(&word[1..]);
        }
        None => codes.extend_from_slice(word),
    }
}

/// Number of samples of a text that [`suits`] reads, and their length in bytes.
const SAMPLES: usize = 16;
const SAMPLE: usize = 4096;

/// Should `text` be coded as words? The codes of some samples must be shorter than a part of the
/// samples.
///
/// # Errors
/// [`Error::Limit`] if memory is short.
pub fn suits(text: &[u8]) -> Result<bool> {
    let (mut length, mut codes) = (0, 0);
    let stride = (text.len() / SAMPLES).max(SAMPLE);
    for part in text.chunks(stride) {
        let part = &part[..part.len().min(SAMPLE)];
        length += part.len();
        codes += encode(part)?.len();
    }
    Ok(codes * MAX_RATIO.1 < length * MAX_RATIO.0)
}

/// Codes must be shorter than this fraction (numerator, denominator) of the text.
const MAX_RATIO: (usize, usize) = (7, 8);
