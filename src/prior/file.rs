//! A prior as a file: `docs/format-prior.md`. Every length is bounded before anything is copied.

use std::sync::{Arc, OnceLock};

use xxhash_rust::xxh3::xxh3_64;

use super::{Inner, LONGEST_NAME, LONGEST_PRIMER, MOST_WEIGHTS, PrimerPart, Prior, Suited};
use crate::error::{Error, Result};
use crate::varint::{self, Reader};

/// The first bytes: one that starts neither ASCII nor UTF-8, a name, and a line end that a transfer
/// in text mode would change.
const MAGIC: [u8; 6] = *b"\x8Ecmp\r\n";
const VERSION: u8 = 2;
/// Bytes of the hash at the end.
const HASH: usize = 8;
/// The numbers of the parts: the primer, and the weights of the three networks.
const PRIMER: u64 = 1;
const FIRST_WEIGHTS: u64 = 2;

const TEXT: u8 = 1;
const TABLE: u8 = 2;
const GENERIC: u8 = 4;

/// The file of a prior.
pub(super) fn write(name: &str, primer: &PrimerPart, weights: &[Option<Vec<u8>>; 3]) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    out.push(VERSION);
    varint::put(&mut out, name.len() as u64);
    out.extend_from_slice(name.as_bytes());
    let Suited { text, table, generic } = primer.suited;
    let flag = |is_set: bool, bit: u8| if is_set { bit } else { 0 };
    let mut part = vec![flag(text, TEXT) | flag(table, TABLE) | flag(generic, GENERIC)];
    varint::put(&mut part, primer.noted as u64);
    part.extend_from_slice(&primer.text);
    put_part(&mut out, PRIMER, &part);
    for (number, part) in (FIRST_WEIGHTS..).zip(weights) {
        if let Some(part) = part {
            put_part(&mut out, number, part);
        }
    }
    let hash = xxh3_64(&out);
    out.extend_from_slice(&hash.to_le_bytes());
    out
}

fn put_part(out: &mut Vec<u8>, number: u64, part: &[u8]) {
    varint::put(out, number);
    varint::put(out, part.len() as u64);
    out.extend_from_slice(part);
}

/// A name as text: printable ASCII, which no terminal takes for a command.
pub(crate) fn valid_name(name: &[u8]) -> Option<String> {
    let is_valid = name.len() <= LONGEST_NAME && name.iter().all(|byte| matches!(byte, 32..=126));
    is_valid.then(|| String::from_utf8_lossy(name).into_owned())
}

fn wrong(text: impl Into<String>) -> Error {
    Error::Prior(text.into())
}

/// Reads what [`write`] wrote.
pub(super) fn read(bytes: &[u8]) -> Result<Prior> {
    let rest = bytes.strip_prefix(&MAGIC).ok_or_else(|| wrong("it is no prior file of cmx"))?;
    let Some((body, hash)) = bytes.split_last_chunk::<HASH>().filter(|_| rest.len() > HASH) else {
        return Err(wrong("the file is cut short"));
    };
    if rest[0] != VERSION {
        let version = rest[0];
        let remedy = if version < VERSION { "make the prior again" } else { "use a newer cmx" };
        return Err(wrong(format!("version {version} of the file: {remedy}")));
    }
    let hash = u64::from_le_bytes(*hash);
    if xxh3_64(body) != hash {
        return Err(wrong("the file is damaged: its hash differs"));
    }
    let mut reader = Reader::new(&body[MAGIC.len() + 1..]);
    // Behind the hash only a defect or malice gets here.
    let mut parts = || -> Result<Inner> {
        let length = reader.len()?;
        let name = if length > LONGEST_NAME { None } else { Some(reader.take(length)?) };
        let name = name.and_then(valid_name).ok_or_else(|| wrong("its name"))?;
        let mut primer: Option<PrimerPart> = None;
        let mut weights = [const { None }; 3];
        while !reader.rest().is_empty() {
            let (number, length) = (reader.varint()?, reader.len()?);
            let part = reader.take(length)?;
            match number {
                PRIMER if primer.is_none() => primer = Some(read_primer(part)?),
                FIRST_WEIGHTS..5 if part.len() <= MOST_WEIGHTS => {
                    let place: &mut Option<Arc<[u8]>> =
                        &mut weights[(number - FIRST_WEIGHTS) as usize];
                    if place.replace(part.into()).is_some() {
                        return Err(wrong("weights that come twice"));
                    }
                }
                PRIMER | FIRST_WEIGHTS..5 => return Err(wrong("the length of a part")),
                other => return Err(wrong(format!("part {other}: use a newer cmx"))),
            }
        }
        let PrimerPart { suited, noted, text } = primer.unwrap_or_default();
        let is_ascii = text.is_ascii();
        let text = text.into();
        let decoded = [const { OnceLock::new() }; 3];
        let words = OnceLock::new();
        Ok(Inner { name, hash, suited, noted, is_ascii, text, weights, decoded, words })
    };
    match parts() {
        Ok(inner) => Ok(Prior { inner: Arc::new(inner) }),
        Err(Error::Prior(text)) => Err(Error::Prior(text)),
        Err(_) => Err(wrong("the lengths of its parts")),
    }
}

fn read_primer(part: &[u8]) -> Result<PrimerPart> {
    let mut reader = Reader::new(part);
    let flags = reader.byte()?;
    let noted = reader.len()?;
    let text = reader.rest();
    if flags > TEXT | TABLE | GENERIC || noted > text.len() || text.len() > LONGEST_PRIMER {
        return Err(wrong("its primer"));
    }
    let has = |bit| flags & bit != 0;
    let suited = Suited { text: has(TEXT), table: has(TABLE), generic: has(GENERIC) };
    Ok(PrimerPart { suited, noted, text: text.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn prior() -> Prior {
        let suited = Suited { text: true, table: false, generic: true };
        let primer = PrimerPart { suited, noted: 3, text: b"a primer".to_vec() };
        Prior::new("a name", primer, [None, Some(vec![7; 100]), None]).unwrap()
    }

    #[test]
    fn what_was_written_is_read() {
        let prior = prior();
        let bytes = prior.to_bytes();
        let again = Prior::from_bytes(&bytes).unwrap();
        assert_eq!(again.to_bytes(), bytes);
        assert_eq!((again.name(), again.hash()), ("a name", prior.hash()));
        assert_eq!(again.suited(), Suited { text: true, table: false, generic: true });
        assert_eq!(again.inner.noted, 3);
        assert!(again.has_weights() && again.inner.weights[0].is_none());
        let none = PrimerPart { suited: Suited::default(), noted: 0, text: Vec::new() };
        assert!(!Prior::new("", none, [None, None, None]).unwrap().has_weights());
    }

    #[test]
    fn what_passes_a_bound_is_refused() {
        let of = |primer: PrimerPart, name: &str, weights| Prior::new(name, primer, weights);
        let primer =
            |noted, length| PrimerPart { noted, text: vec![b'a'; length], ..Default::default() };
        let none = || [None, None, None];
        assert!(of(primer(0, LONGEST_PRIMER), &"n".repeat(LONGEST_NAME), none()).is_ok());
        assert!(of(primer(0, LONGEST_PRIMER + 1), "", none()).is_err());
        assert!(of(primer(5, 4), "", none()).is_err());
        assert!(of(primer(0, 4), &"n".repeat(LONGEST_NAME + 1), none()).is_err());
        assert!(of(primer(0, 4), "\u{1b}[2J", none()).is_err());
        assert!(of(primer(0, 4), "", [Some(vec![0; MOST_WEIGHTS + 1]), None, None]).is_err());
    }

    #[test]
    fn every_damaged_byte_is_found() {
        let bytes = Prior::of_text("x", b"some text").unwrap().to_bytes();
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x40;
            assert!(matches!(Prior::from_bytes(&damaged), Err(Error::Prior(_))), "{at}");
            assert!(matches!(Prior::from_bytes(&bytes[..at]), Err(Error::Prior(_))), "{at}");
        }
    }

    proptest! {
        /// Bytes behind a right hash are errors or priors, never panics.
        #[test]
        fn nothing_panics(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut bytes = MAGIC.to_vec();
            bytes.push(VERSION);
            bytes.extend_from_slice(&body);
            let hash = xxh3_64(&bytes);
            bytes.extend_from_slice(&hash.to_le_bytes());
            if let Ok(prior) = Prior::from_bytes(&bytes) {
                prop_assert!(prior.primer_len() <= LONGEST_PRIMER);
            }
        }
    }
}
