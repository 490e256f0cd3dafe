//! What followed the same few instructions, operands aside, the last time.

/// Bytes remembered, a power of two.
const WINDOW: usize = 1 << 22;
/// Places remembered, a power of two.
const PLACES: usize = 1 << 18;

/// A match model over instructions instead of bytes.
pub struct Alike {
    window: Box<[u8]>,
    places: Box<[u32]>,
    position: u32,
    /// The place whose byte is expected next, 0 for none.
    pointer: u32,
    /// Instructions that went alike.
    pub length: u32,
}

impl Default for Alike {
    fn default() -> Self {
        Self {
            window: vec![0; WINDOW].into_boxed_slice(),
            places: vec![0; PLACES].into_boxed_slice(),
            position: 0,
            pointer: 0,
            length: 0,
        }
    }
}

impl Alike {
    /// Takes in a byte, which belongs to an operand or not; the instruction it ends, by the hash of those up to it.
    #[inline]
    pub fn push(&mut self, byte: u8, is_head: bool, ended: Option<u32>) {
        if self.pointer > 0 {
            if is_head && self.window[self.pointer as usize & (WINDOW - 1)] != byte {
                self.pointer = 0;
                self.length = 0;
            } else {
                self.pointer = self.pointer.wrapping_add(1);
            }
        }
        self.window[self.position as usize & (WINDOW - 1)] = byte;
        self.position = self.position.wrapping_add(1);
        if let Some(hash) = ended {
            let place = &mut self.places[(hash >> 14) as usize & (PLACES - 1)];
            if self.pointer == 0 {
                self.pointer = *place;
                self.length = 0;
            } else {
                self.length += 1;
            }
            *place = self.position;
        }
    }

    /// The byte expected, with 256 added, or 0.
    #[inline]
    #[must_use]
    pub fn expected(&self) -> u32 {
        if self.pointer > 0 { 256 + u32::from(self.window[self.pointer as usize & (WINDOW - 1)]) } else { 0 }
    }
}
