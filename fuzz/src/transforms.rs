//! The inverse of every transform, on parts that no hash and no program of a block stands in front
//! of.

use cmx::internals::transform::{self, Parts, TRANSFORMS};

use crate::{LARGEST, no_defect};

/// Bytes of the front of an input: id, the lengths of parameters, side and compressed, and a sixteenth
/// of the limit.
const FRONT: usize = 9;

/// An input from which [`transforms`] reads `parts` again; lengths and limit in two bytes each,
/// little-endian.
pub fn parts_to_bytes(parts: &Parts, limit: usize) -> Vec<u8> {
    let mut front = vec![parts.id];
    for length in [parts.params.len(), parts.side.len(), parts.compressed.len(), limit.div_ceil(16)] {
        front.extend_from_slice(&u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes());
    }
    [front, parts.params.clone(), parts.side.clone(), parts.compressed.clone(), parts.inner.clone()].concat()
}

/// An inverse gives an error or no more bytes than it may, whatever the parts are.
pub fn transforms(data: &[u8]) {
    let Some((front, mut rest)) = data.split_first_chunk::<FRONT>() else { return };
    let number = |at: usize| usize::from(u16::from_le_bytes([front[at], front[at + 1]]));
    let mut take = |length: usize| {
        let (part, after) = rest.split_at(length.min(rest.len()));
        rest = after;
        part.to_vec()
    };
    let (params, side, compressed) = (take(number(1)), take(number(3)), take(number(5)));
    // An id that there is, else one of those by its rest: no input is lost on others.
    let known = TRANSFORMS.iter().find(|transform| transform.id == front[0]);
    let id = known.unwrap_or(&TRANSFORMS[usize::from(front[0]) % TRANSFORMS.len()]).id;
    let parts = Parts { id, params, side, compressed, inner: rest.to_vec() };
    let limit = (number(7) * 16).min(LARGEST);
    if let Some(raw) = no_defect(transform::inverse(parts, limit)) {
        assert!(raw.len() <= limit, "transform {id}: {} bytes of at most {limit}", raw.len());
    }
}
