//! Codes text as words: each word of the dictionary becomes a code of one to three bytes.
//!
//! The codes are a third shorter than the text. So contexts of as many bytes reach further back,
//! sorting brings more equal bytes together, and everything takes less time; `docs/models-text.md`
//! has the figures. The idea is that of word replacing transforms (Skibiński, Grabowski and
//! Deorowicz, "Revisiting dictionary-based compression", 2005).
//!
//! | bytes | stand for |
//! |---|---|
//! | [`QUOTE`] | the next byte; if it is above 127, also all bytes above 127 that follow it |
//! | [`CAPITAL`] | the next word begins with a capital letter |
//! | [`CAPITALS`] | the next code stands for a word in capitals |
//! | 0 and 4 to 127 | themselves |
//! | 128 to 191 | the last byte of a code; alone, words 0 to 63 |
//! | 192 to 223, then 128 to 191 | words 64 to 2,111 |
//! | 224 to 255, 192 to 223, then 128 to 191 | words 2,112 to 67,647 |

pub mod dictionary;
pub mod expander;
mod replace;

pub use replace::{encode, suits};

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use crate::budget;
use crate::error::{Error, Result};
use crate::threads::{Step, each};
use expander::Expander;

/// Precedes a byte that stands for itself.
pub const QUOTE: u8 = 1;
/// Precedes a word that begins with a capital letter.
pub const CAPITAL: u8 = 2;
/// Precedes the code of a word in capitals.
pub const CAPITALS: u8 = 3;

/// Largest number of bytes of codes for one byte of text: a quoted byte, or a letter and its
/// capital.
pub const MAX_EXPANSION: usize = 2;

/// The `length` bytes of text that `codes` stand for.
///
/// # Errors
/// [`Error::Corrupt`] if the codes stand for another number of bytes; [`Error::Limit`] if memory is
/// short.
pub fn decode(codes: &[u8], length: usize) -> Result<Vec<u8>> {
    dictionary::prepare()?;
    let _charge = budget::charge((codes.len() + length) as u64, "text as words")?;
    // Threads may not together make more text than that.
    let made = AtomicUsize::new(0);
    let pieces = pieces(codes);
    let step = |piece: &&[u8]| Step { length: piece.len(), memory: 0 };
    let steps: Vec<Step> = pieces.iter().map(step).collect();
    let mut texts = each(&steps, |index| {
        let room = if pieces.len() == 1 { length } else { 0 };
        let mut text = Vec::new();
        text.try_reserve_exact(room).map_err(|_| Error::no_memory(format_args!("{room} bytes")))?;
        let mut expander = Expander::default();
        for codes in pieces[index].chunks(COUNTED) {
            let before = text.len();
            for &code in codes {
                text.extend_from_slice(expander.push(code).as_slice());
            }
            let more = text.len() - before;
            if made.fetch_add(more, Relaxed) + more > length {
                return Err(Error::Corrupt("words are longer than their text".into()));
            }
        }
        Ok(text)
    })?;
    let text = if texts.len() == 1 { texts.remove(0) } else { texts.concat() };
    if text.len() == length {
        Ok(text)
    } else {
        Err(Error::Corrupt("words are shorter than their text".into()))
    }
}

/// Codes from one count of the text that they stand for to the next.
const COUNTED: usize = 4096;

/// Bytes of a piece that a thread codes or decodes, at least.
const PIECE: usize = 256 << 10;

/// Cuts a text, or codes, after spaces: what follows a space does not depend on what comes before.
fn pieces(bytes: &[u8]) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    let mut rest = bytes;
    while let Some(space) = rest.get(PIECE..).and_then(|rest| rest.iter().position(|&b| b == b' '))
    {
        let (piece, after) = rest.split_at(PIECE + space + 1);
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    pieces
}

/// For each `part` bytes of `codes`, and for the rest, where the text ends that they stand for.
///
/// # Errors
/// [`Error::Limit`] if memory is short.
pub fn ends(codes: &[u8], part: usize) -> Result<Vec<usize>> {
    dictionary::prepare()?;
    let mut expander = Expander::default();
    let mut end = 0;
    let of_part = |part: &[u8]| {
        end += part.iter().map(|&code| expander.push(code).len()).sum::<usize>();
        end
    };
    Ok(codes.chunks(part.max(1)).map(of_part).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes_of(text: &str) -> Vec<u8> {
        encode(text.as_bytes()).unwrap()
    }

    fn returns(text: &[u8]) {
        let codes = encode(text).unwrap();
        assert!(codes.len() <= text.len() * MAX_EXPANSION);
        assert_eq!(decode(&codes, text.len()).unwrap(), text, "{}", String::from_utf8_lossy(text));
    }

    #[test]
    fn words_become_codes() {
        dictionary::prepare().unwrap();
        let the = dictionary::number(b"the").unwrap();
        let code = dictionary::code(the);
        assert_eq!(code.as_slice().len(), 1);
        assert_eq!(codes_of("the"), code.as_slice());
        assert_eq!(codes_of("The"), [&[CAPITAL], code.as_slice()].concat());
        assert_eq!(codes_of("THE"), [&[CAPITALS], code.as_slice()].concat());
        assert_eq!(codes_of("theThe"), [code.as_slice(), &[CAPITAL], code.as_slice()].concat());
        assert_eq!(codes_of("Xyzzyq XYZZYQ"), [&[CAPITAL], &b"xyzzyq XYZZYQ"[..]].concat());
        assert_eq!(codes_of("a I"), b"a I");
    }

    #[test]
    fn parts_of_codes_end_in_the_text() {
        let text = b"The words of this text, and some more of them: \xc3\xa9";
        let codes = encode(text).unwrap();
        for part in 1..codes.len() + 2 {
            let ends = ends(&codes, part).unwrap();
            assert_eq!(ends.len(), codes.len().div_ceil(part));
            assert!(ends.is_sorted() && ends.last() == Some(&text.len()), "{ends:?}");
        }
    }

    #[test]
    fn foreign_bytes_are_quoted_once() {
        assert_eq!(codes_of("é"), [QUOTE, 0xc3, 0xa9]);
        // A word next to a byte above 127 is not replaced.
        assert_eq!(codes_of("éthe"), [QUOTE, 0xc3, 0xa9, b't', b'h', b'e']);
        assert_eq!(codes_of("\u{1}"), [QUOTE, 1]);
    }

    /// Threads code pieces of a long text, and the codes are those of one thread.
    #[test]
    fn pieces_are_coded_alone() {
        let text = "The naïve cat's THE\u{1} été x\u{2}Y and of ".repeat(40_000);
        let one = encode(text.as_bytes()).unwrap();
        let cut: Vec<u8> =
            text.split_inclusive(' ').flat_map(|word| encode(word.as_bytes()).unwrap()).collect();
        assert!(one == cut && pieces(&one).len() > 1 && pieces(text.as_bytes()).len() > 3);
        let workers = crate::threads::Workers::new(3);
        let _place = workers.begin(0, crate::threads::Work::default());
        workers.run(|| {
            assert!(encode(text.as_bytes()).unwrap() == one);
            assert!(decode(&one, text.len()).unwrap() == text.as_bytes());
            assert!(decode(&one, text.len() - 1).is_err() && decode(&one, text.len() + 1).is_err());
        });
    }

    #[test]
    fn every_text_returns() {
        let tests = "The THE the tHe tHE THEthe theTHE McDonald A I aB Ab AB ABc ABC x86 naïve Ünter thé \u{1}\u{2}\u{3}the\u{2} é\u{2}The";
        returns(tests.as_bytes());
        (0..tests.len()).for_each(|end| returns(&tests.as_bytes()[..end]));
        returns(include_bytes!("../../models/primer.txt"));
        let mut state = 7u32;
        for letters in [&b"aAtThHeE \x01\x02\x03\xc3\xff"[..], &(0..=255).collect::<Vec<u8>>()] {
            let mut draw = || {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                letters[(state >> 16) as usize % letters.len()]
            };
            returns(&(0..20000).map(|_| draw()).collect::<Vec<_>>());
        }
    }

    #[test]
    fn any_codes_are_text_or_an_error() {
        let mut state = 3u32;
        for length in 0..2000 {
            let codes: Vec<u8> = (0..length % 50)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (state >> 21) as u8
                })
                .collect();
            if let Ok(text) = decode(&codes, length) {
                assert_eq!(text.len(), length);
            }
        }
        dictionary::prepare().unwrap();
        let first = dictionary::word(0);
        assert_eq!(decode(&[128], first.len()).unwrap(), first);
        assert!(
            decode(&[128], first.len() - 1).is_err() && decode(&[128], first.len() + 1).is_err()
        );
    }
}
