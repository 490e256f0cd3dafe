//! Lines and columns: what stood above, where in the line we are, which field.

/// State of the lines of a text.
#[derive(Clone, Default)]
pub struct LineState {
    start: usize,
    previous_start: usize,
    /// Bytes since the line began.
    pub column: u32,
    /// The byte above in the previous line (0 past its end), and the one after that.
    pub above: [u8; 2],
    /// The first two bytes of this line.
    pub first: u32,
    /// Separators so far in this line.
    pub field: u32,
    /// The hash of what stands in this field so far.
    pub in_field: u32,
}

impl LineState {
    /// Takes in the byte that `bytes` now ends with.
    pub fn push(&mut self, bytes: &[u8]) {
        let end = bytes.len();
        let byte = bytes[end - 1];
        if byte == b'\n' {
            self.previous_start = self.start;
            self.start = end;
            self.first = 0;
            self.field = 0;
            self.in_field = 0;
        } else {
            if end - self.start <= 2 {
                self.first = (self.first << 8) | u32::from(byte);
            }
            if matches!(byte, b',' | b'\t' | b';' | b'|' | b':' | b'=' | b'"') {
                self.field += 1;
                self.in_field = 0;
            } else {
                self.in_field = (self.in_field.wrapping_add(u32::from(byte) + 1))
                    .wrapping_mul(0x2F0B_4C47)
                    .rotate_left(7);
            }
        }
        self.column = (end - self.start) as u32;
        let above = self.previous_start + self.column as usize;
        let byte_at = |index: usize| if index < self.start { bytes[index] } else { 0 };
        self.above = [byte_at(above), byte_at(above + 1)];
    }
}
