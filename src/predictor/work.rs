//! The work that a stream may ask for, in proportion to the length of its code.
//!
//! What models are sure of takes no code, and yet they have to be asked: 8 MiB that count up were
//! 600 bytes, and took 5 to 9 seconds to decode. A decoder counts its work, and refuses a stream
//! with too much of it for its code. An encoder counts the same, and fills the code up with zeros.

use super::profile::Profile;
use crate::error::Error;

/// What a byte counts for that the models predicted: 0.4 to 1.3 µs at -2 to -7, 4 µs at -8. One
/// that came as expected (see [`crate::model::long_match`]) counts for one, and takes 40 and 80 to 180
/// ns.
const MODELLED: u64 = 16;
/// The same with a network: 16 µs.
const WITH_NETWORK: u64 = 64;
/// Work that a byte of code brings.
const EACH: u64 = 16 << 10;
/// Work that comes for nothing.
const FREE: u64 = 256 << 10;

/// The work on one stream so far.
pub(super) struct Work {
    /// What a byte counts for that the models predicted.
    each: u64,
    modelled: u64,
    expected: u64,
}

impl Work {
    /// No work yet of a predictor of `profile`.
    pub fn of(profile: &Profile) -> Self {
        let each = if profile.networks.is_empty() { MODELLED } else { WITH_NETWORK };
        Work { each, modelled: 0, expected: 0 }
    }

    /// Counts a byte that the models predicted.
    #[inline(always)]
    pub fn modelled(&mut self) {
        self.modelled += 1;
    }

    /// Counts a byte that came as expected.
    #[inline(always)]
    pub fn expected(&mut self) {
        self.expected += 1;
    }

    fn sum(&self) -> u64 {
        self.modelled * self.each + self.expected
    }

    /// Fills up the code that the work was on.
    pub fn fill(&self, code: &mut Vec<u8>) {
        let fewest = self.sum().saturating_sub(FREE).div_ceil(EACH);
        code.resize(code.len().max(fewest as usize), 0);
    }

    /// Whether it is more than so long a code may ask for.
    #[inline(always)]
    pub fn is_too_much(&self, length: usize) -> bool {
        self.sum() > FREE + EACH * length as u64
    }

    /// What to say then.
    pub fn error() -> Error {
        Error::Corrupt("so little code may not ask for so much work".into())
    }
}

#[cfg(test)]
mod tests {
    use crate::kind::Kind;
    use crate::method::{Method, Mixing, decode, encode};
    use crate::predictor::tables::Row;

    #[test]
    fn what_models_are_sure_of_is_filled_up() {
        let counting: Vec<u8> = (0..100_000u32).flat_map(u32::to_le_bytes).collect();
        let repeats = b"0123456789".repeat(40_000);
        let kind = Kind::Generic;
        // With eight contexts the code is longer than that by itself.
        for (name, least) in [("generic-16", 372), ("generic-24", 372)] {
            let row = Row::named(name).unwrap();
            let method = Method::Mixed(Mixing {
                row,
                primer: 0,
                prior: 0,
                start: Default::default(),
                table_bits: 26,
            });
            let code = encode(&counting, method, &kind).unwrap();
            assert!((least..1000).contains(&code.len()), "{name}: {}", code.len());
            assert!(decode(&code, counting.len(), method, &kind).unwrap() == counting);
            let refused =
                decode(&code[..300], counting.len(), method, &kind).unwrap_err().to_string();
            assert!(refused.contains("so much work"), "{refused}");
            // Repeats are passed over.
            let code = encode(&repeats, method, &kind).unwrap();
            assert!(code.len() < 40, "{name}: {}", code.len());
        }
    }
}
