//! LEB128 numbers, a byte at a time.

/// A number that is being read.
#[derive(Clone, Copy, Default, Debug)]
pub struct Number {
    /// Its value so far.
    pub value: u32,
    /// Its bytes so far.
    pub length: u32,
}

impl Number {
    /// Takes in the next byte; returns the number that it ends, and is ready for the next.
    #[inline]
    pub fn push(&mut self, byte: u8) -> Option<u32> {
        // Five bytes hold 32 bits; the rest of longer numbers is left out.
        if self.length < 5 {
            self.value |= u32::from(byte & 0x7f) << (7 * self.length);
        }
        self.length += 1;
        (byte < 0x80 || self.length >= 10).then(|| std::mem::take(self).value)
    }

    /// Reads a number off the front of `bytes`.
    pub fn read(bytes: &mut &[u8]) -> Option<u32> {
        let mut number = Self::default();
        loop {
            let (&first, rest) = bytes.split_first()?;
            *bytes = rest;
            if let Some(value) = number.push(first) {
                return Some(value);
            }
        }
    }
}
