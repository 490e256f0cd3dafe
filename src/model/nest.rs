//! Nesting: which brackets, quotes and tags are open, and what they were opened with.

/// Deepest nesting that is remembered; deeper levels overwrite the deepest.
const DEEPEST: usize = 32;

/// The open brackets and tags of structured text (source code, JSON, XML).
#[derive(Clone, Default)]
pub struct NestState {
    stack: [(u8, u32); DEEPEST],
    depth: usize,
    /// The tag or key being read, hashed.
    name: u32,
    /// The last whole name.
    pub last_name: u32,
    in_tag: bool,
    closing: bool,
}

impl NestState {
    /// Takes in the next byte.
    pub fn push(&mut self, byte: u8) {
        match byte {
            b'(' | b'[' | b'{' => self.open(byte, self.last_name),
            b')' | b']' | b'}' => self.close(),
            b'<' => {
                self.in_tag = true;
                self.closing = false;
                self.name = 0;
                return;
            }
            b'/' if self.in_tag && self.name == 0 => self.closing = true,
            b'>' if self.in_tag => {
                self.end_name();
                self.in_tag = false;
                if self.closing {
                    self.close();
                } else {
                    self.open(byte, self.last_name);
                }
                return;
            }
            _ => {}
        }
        if byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 128 {
            self.name = (self.name.wrapping_add(u32::from(byte)).wrapping_add(1))
                .wrapping_mul(0x2F0B_4C47)
                .rotate_left(7);
        } else if !self.in_tag || byte == b' ' {
            self.end_name();
        }
    }

    fn end_name(&mut self) {
        if self.name != 0 {
            self.last_name = self.name;
        }
        self.name = 0;
    }

    fn open(&mut self, byte: u8, name: u32) {
        self.stack[self.depth.min(DEEPEST - 1)] = (byte, name);
        self.depth = (self.depth + 1).min(DEEPEST);
    }

    fn close(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }

    /// What the innermost open bracket or tag is, and the name before or in it.
    #[must_use]
    pub fn innermost(&self) -> u64 {
        let (byte, name) = if self.depth > 0 { self.stack[self.depth - 1] } else { (0, 0) };
        u64::from(byte) << 32 | u64::from(name)
    }

    /// The two innermost ones, hashed together.
    #[must_use]
    pub fn two_innermost(&self) -> u64 {
        let outer = if self.depth > 1 { self.stack[self.depth - 2].1 } else { 0 };
        self.innermost().wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ u64::from(outer)
    }

    /// How deep, and inside which kind of bracket: below 128.
    #[must_use]
    pub fn class(&self) -> u32 {
        let kind = match self.innermost() >> 32 {
            0 => 0,
            40 => 1,
            91 => 2,
            123 => 3,
            _ => 4,
        };
        (self.depth as u32).min(15) << 3 | kind
    }
}
