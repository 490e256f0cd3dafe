//! Indirect contexts: which bytes followed this context the last times.

/// Bytes that followed each order-1 and (hashed) order-2 context, newest lowest.
#[derive(Clone)]
pub struct Indirect {
    first: Vec<u32>,
    second: Vec<u32>,
    third: Vec<u32>,
    previous: u32,
}

const SECOND_BITS: u32 = 16;

impl Default for Indirect {
    fn default() -> Self {
        Self::new()
    }
}

impl Indirect {
    /// Nothing seen yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            first: vec![0; 256],
            second: vec![0; 1 << SECOND_BITS],
            third: vec![0; 1 << SECOND_BITS],
            previous: 0,
        }
    }

    /// Takes in the next byte.
    #[inline(always)]
    pub fn push(&mut self, byte: u8) {
        let one = &mut self.first[(self.previous & 0xff) as usize];
        *one = (*one << 8) | u32::from(byte);
        let two = &mut self.second[(self.previous & 0xffff) as usize];
        *two = (*two << 8) | u32::from(byte);
        let slot = third_slot(self.previous);
        self.third[slot] = (self.third[slot] << 8) | u32::from(byte);
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

    /// The last bytes that followed the three newest bytes (or others of their hash).
    #[inline(always)]
    pub fn after_three(&self) -> u32 {
        self.third[third_slot(self.previous)]
    }
}

#[inline(always)]
fn third_slot(previous: u32) -> usize {
    ((previous & 0xff_ffff).wrapping_mul(0x9E37_79B1) >> (32 - SECOND_BITS)) as usize
}
