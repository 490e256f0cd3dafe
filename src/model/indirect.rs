//! Indirect contexts: which bytes followed this context the last times.

/// Bytes that followed each order-1 and (hashed) order-2 context, newest lowest.
pub struct Indirect {
    first: Vec<u32>,
    second: Vec<u32>,
    previous: u32,
}

const SECOND_BITS: u32 = 16;

impl Indirect {
    /// Nothing seen yet.
    #[must_use]
    pub fn new() -> Self {
        Self { first: vec![0; 256], second: vec![0; 1 << SECOND_BITS], previous: 0 }
    }

    /// Takes in the next byte.
    #[inline(always)]
    pub fn push(&mut self, byte: u8) {
        let one = &mut self.first[(self.previous & 0xff) as usize];
        *one = (*one << 8) | u32::from(byte);
        let two = &mut self.second[(self.previous & 0xffff) as usize];
        *two = (*two << 8) | u32::from(byte);
        self.previous = (self.previous << 8) | u32::from(byte);
    }

    /// The last bytes that followed the newest byte.
    #[inline(always)]
    pub fn after_one(&self) -> u32 {
        self.first[(self.previous & 0xff) as usize]
    }

    /// The last bytes that followed the two newest bytes.
    #[inline(always)]
    pub fn after_two(&self) -> u32 {
        self.second[(self.previous & 0xffff) as usize]
    }
}
