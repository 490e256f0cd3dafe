//! Removes the lengths of function bodies from WebAssembly modules.
//!
//! A body ends with its outermost block, so its length is redundant and becomes a zero. The length
//! stays if the body cannot be parsed as instructions.

use super::{Parts, restores};
use crate::error::{Error, Result};
use crate::formats::wasm::{CODE, MAGIC, Number, body_length};
use crate::varint;

/// The stored id.
pub const ID: u8 = 9;

/// Bytes of a length as linkers write it: padded, so that a larger length would fit too.
const PADDED: usize = 5;

/// Largest number of sections up to the code section. The limit bounds the work on bytes that only
/// look like the start of a module.
const MAX_SECTIONS: usize = 64;

/// The code section of a module.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Code {
    /// Offset of the first function body.
    start: usize,
    /// Offset of the end of the section, if the section is not cut.
    end: usize,
    /// Number of bodies.
    count: u32,
}

impl Code {
    /// Bytes from the first body to the end of the section, or to the end of `bytes` if the section
    /// is cut.
    #[must_use]
    pub fn length(&self, bytes: &[u8]) -> usize {
        self.end.min(bytes.len()).saturating_sub(self.start)
    }
}

/// Finds the code section of the module at the start of `bytes`.
#[must_use]
pub fn find(bytes: &[u8]) -> Option<Code> {
    let mut rest = bytes.strip_prefix(&MAGIC)?;
    for _ in 0..MAX_SECTIONS {
        let (&section, content) = rest.split_first()?;
        rest = content;
        let length = Number::read(&mut rest)?;
        if section == CODE {
            let end = (bytes.len() - rest.len()).saturating_add(length as usize);
            let count = Number::read(&mut rest)?;
            return Some(Code { start: bytes.len() - rest.len(), end, count });
        }
        if section > 13 {
            return None;
        }
        rest = rest.get(length as usize..)?;
    }
    None
}

/// Removes the lengths from the module at the start of `bytes`, whose code section is `code`.
/// Returns the parts and the number of bytes that they replace: all bodies, as far as they are
/// present.
#[must_use]
pub fn forward(bytes: &[u8], code: &Code) -> Option<(Parts, usize)> {
    let &Code { start, end, count } = code;
    let bytes = &bytes[..end.min(bytes.len())];
    let mut rest = bytes.get(start..)?;
    let mut inner = bytes[..start].to_vec();
    let mut padded = None;
    for _ in 0..count {
        let mut body = rest;
        let Some(length) = Number::read(&mut body) else { break };
        let digits = rest.len() - body.len();
        // A length of zero stands for a removed length. So a module with such a length is not
        // transformed.
        if length == 0 {
            return None;
        }
        let padded = *padded.get_or_insert(digits == PADDED);
        let known = body.get(..length as usize).and_then(body_length) == Some(length as usize);
        if known && written(length, padded) == rest[..digits] {
            inner.push(0);
        } else {
            inner.extend_from_slice(&rest[..digits]);
        }
        let (body, behind) = body.split_at(body.len().min(length as usize));
        inner.extend_from_slice(body);
        rest = behind;
    }
    let raw = &bytes[..bytes.len() - rest.len()];
    let parts = Parts {
        id: ID,
        params: vec![padded?.into()],
        side: Vec::new(),
        compressed: Vec::new(),
        inner,
    };
    restores(&parts, raw).then_some((parts, raw.len()))
}

/// Undoes [`forward`].
///
/// # Errors
/// [`Error::Corrupt`] if there is no module, or if a body does not end.
pub fn inverse(parts: Parts, limit: usize) -> Result<Vec<u8>> {
    let bad = || Error::Corrupt("a WebAssembly module".into());
    let padded = match parts.params[..] {
        [padded @ 0..=1] if parts.side.is_empty() && parts.compressed.is_empty() => padded == 1,
        _ => return Err(bad()),
    };
    let Code { start, count, .. } = find(&parts.inner).ok_or_else(bad)?;
    let mut rest = &parts.inner[start..];
    let mut out = parts.inner[..start].to_vec();
    for _ in 0..count {
        let mut body = rest;
        let Some(said) = Number::read(&mut body) else { break };
        let length = if said == 0 {
            body_length(body).ok_or_else(bad)?
        } else {
            body.len().min(said as usize)
        };
        if said == 0 {
            out.extend(written(length as u32, padded));
        } else {
            out.extend_from_slice(&rest[..rest.len() - body.len()]);
        }
        let (body, behind) = body.split_at(length);
        out.extend_from_slice(body);
        rest = behind;
        if out.len() > limit {
            return Err(bad());
        }
    }
    out.extend_from_slice(rest);
    Ok(out)
}

/// A length as a module contains it.
fn written(length: u32, padded: bool) -> Vec<u8> {
    let mut digits = Vec::with_capacity(PADDED);
    varint::put(&mut digits, length.into());
    if padded && digits.len() < PADDED {
        if let Some(last) = digits.last_mut() {
            *last |= 0x80;
        }
        digits.resize(PADDED - 1, 0x80);
        digits.push(0);
    }
    digits
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    fn forward(bytes: &[u8]) -> Option<(Parts, usize)> {
        super::forward(bytes, &find(bytes)?)
    }

    /// A module with these bodies, whose lengths are as `written` makes them.
    pub(crate) fn module(bodies: &[Vec<u8>], padded: bool) -> Vec<u8> {
        let mut code = written(bodies.len() as u32, false);
        for body in bodies {
            code.extend(written(body.len() as u32, padded));
            code.extend_from_slice(body);
        }
        let mut module = MAGIC.to_vec();
        module.extend([1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, CODE]);
        module.extend(written(code.len() as u32, true));
        module.extend(code);
        module
    }

    pub(crate) fn body(seed: u8) -> Vec<u8> {
        let mut body = vec![1, 2, 0x7f];
        for k in 0..seed {
            body.extend([0x20, k & 1, 0x41, k, 0x6a, 0x21, 1]);
        }
        body.push(0x0b);
        body
    }

    #[test]
    fn lengths_return() {
        for padded in [false, true] {
            let bodies: Vec<_> = (0..60).map(body).collect();
            let mut raw = module(&bodies, padded);
            let end = raw.len();
            raw.extend([11, 2, 0, 0]);
            let (parts, length) = forward(&raw).unwrap();
            assert_eq!(length, end);
            assert!(parts.inner.len() < end);
            assert_eq!(inverse(parts, end).unwrap(), raw[..end]);
        }
    }

    #[test]
    fn bodies_that_are_no_code_keep_theirs() {
        let raw = module(&[body(9), vec![0, 0x0b, 0x0b], vec![0, 0x41], body(30)], false);
        let (parts, length) = forward(&raw).unwrap();
        assert_eq!((length, parts.inner.len()), (raw.len(), raw.len() - 1));
        assert_eq!(inverse(parts, length).unwrap(), raw);
    }

    #[test]
    fn cut_off_modules_return() {
        let raw = module(&[body(9), body(30), body(7)], false);
        for end in 0..raw.len() {
            if let Some((parts, length)) = forward(&raw[..end]) {
                assert_eq!(inverse(parts, length).unwrap(), raw[..length]);
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let raw = module(&[body(9), body(30)], false);
        let (parts, length) = forward(&raw).unwrap();
        let cut = Parts { inner: parts.inner[..parts.inner.len() - 1].to_vec(), ..parts.clone() };
        assert!(inverse(cut, length).is_err());
        assert!(inverse(Parts { params: vec![2], ..parts.clone() }, length).is_err());
        assert!(inverse(Parts { side: vec![0], ..parts.clone() }, length).is_err());
        assert!(inverse(Parts { inner: vec![0; 20], ..parts.clone() }, length).is_err());
        assert!(inverse(parts, length - 1).is_err());
        assert!(forward(&module(&[vec![]], false)).is_none());
    }

    #[test]
    fn lengths_are_padded_to_five_bytes() {
        assert_eq!(written(300, false), [0xAC, 2]);
        assert_eq!(written(300, true), [0xAC, 0x82, 0x80, 0x80, 0]);
        assert_eq!(written(u32::MAX, true), [0xFF, 0xFF, 0xFF, 0xFF, 0x0F]);
    }

    #[test]
    fn false_starts_are_not_followed_for_ever() {
        let code = module(&[body(9)], false)[MAGIC.len()..].to_vec();
        for (empty, found) in [(0, true), (61, true), (62, false), (5000, false)] {
            let module = [&MAGIC[..], &vec![0; 2 * empty], &code].concat();
            assert_eq!(find(&module).is_some(), found, "{empty}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bodies(
            bodies in proptest::collection::vec(proptest::collection::vec(0u8.., 1..40), 1..20),
            padded: bool,
        ) {
            let raw = module(&bodies, padded);
            if let Some((parts, length)) = forward(&raw) {
                proptest::prop_assert_eq!(inverse(parts, length).unwrap(), &raw[..length]);
            }
        }
    }
}
