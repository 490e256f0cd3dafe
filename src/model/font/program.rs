//! TrueType instructions: what is pushed and what uses it.
//!
//! Source: the OpenType specification, "The TrueType Instruction Set". Calls into the font's own
//! functions take what they like from the stack, so its height is a guess.

use super::view::View;
use crate::model::hash::{combine, combine_all};

/// Fields: an opcode, a count of pushes, a pushed byte, a byte of a pushed word.
pub const OPCODE: u32 = 0;
const COUNT: u32 = 1;
const BYTES: u32 = 2;
const WORDS: u32 = 3;

/// Depth of the stack that is remembered.
const STACK: usize = 64;

/// How many numbers an opcode takes from the stack, and how many it leaves there; `(0, 255)` for
/// all.
const fn effect(opcode: u8) -> (u8, u8) {
    match opcode {
        0x06..=0x0b
        | 0x27
        | 0x2a
        | 0x3a
        | 0x3b
        | 0x3e
        | 0x3f
        | 0x42
        | 0x44
        | 0x48
        | 0x70
        | 0x78
        | 0x79
        | 0x81
        | 0x82 => (2, 0),
        0x86 | 0x87 | 0x8e | 0xe0..=0xff => (2, 0),
        0x0c | 0x0d => (0, 2),
        0x0f => (5, 0),
        0x10..=0x17
        | 0x1a
        | 0x1c..=0x1f
        | 0x21
        | 0x26
        | 0x29
        | 0x2b
        | 0x2c
        | 0x2e
        | 0x2f
        | 0x32..=0x37
        | 0x39
        | 0x3c => (1, 0),
        0x38 => (2, 0),
        0x20 | 0x24 | 0x4b | 0x4c => (0, 1),
        0x25 | 0x43 | 0x45..=0x47 | 0x56 | 0x57 | 0x5c | 0x64..=0x6f | 0x88 => (1, 1),
        0x49 | 0x4a | 0x50..=0x55 | 0x5a | 0x5b | 0x60..=0x63 | 0x8b | 0x8c => (2, 1),
        0x4f
        | 0x58
        | 0x5d..=0x5f
        | 0x71..=0x77
        | 0x7e
        | 0x7f
        | 0x80
        | 0x85
        | 0x89
        | 0x8d
        | 0xc0..=0xdf => (1, 0),
        _ => (0, 0),
    }
}

/// Reads instructions.
#[derive(Clone, Debug)]
pub struct Program {
    field: u32,
    /// Pushes left, and how many they were.
    left: u32,
    count: u32,
    words: bool,
    /// First byte of a word after a leading one, or 1.
    partial: u32,
    /// Opcodes, newest lowest.
    opcodes: u64,
    older: u32,
    stack: [u32; STACK],
    height: usize,
    /// Repetitions of the next opcode that heeds them.
    repeats: u32,
    /// Numbers pushed last, newest first.
    pushed: [u32; 8],
    /// Numbers of the last program's first pushes, from their first and to their last.
    before: Vec<u32>,
    now: Vec<u32>,
}

impl Default for Program {
    fn default() -> Self {
        Self {
            field: OPCODE,
            left: 0,
            count: 0,
            words: false,
            partial: 1,
            opcodes: 0,
            older: 0,
            stack: [0; STACK],
            height: 0,
            repeats: 1,
            pushed: [0; 8],
            before: Vec::new(),
            now: Vec::new(),
        }
    }
}

impl Program {
    /// Another program begins.
    pub fn start(&mut self) {
        (self.field, self.left, self.partial, self.height, self.repeats) = (OPCODE, 0, 1, 0, 1);
        (self.opcodes, self.older) = (0, 0);
        self.pushed = [0; 8];
        if !self.now.is_empty() {
            std::mem::swap(&mut self.before, &mut self.now);
            self.now.clear();
        }
    }

    fn add(&mut self, number: u32) {
        self.stack[self.height % STACK] = number;
        self.height += 1;
    }

    /// The number `depth` below the top, 0 being the top.
    fn top(&self, depth: usize) -> u32 {
        if depth < self.height && depth < STACK {
            self.stack[(self.height - 1 - depth) % STACK] + 1
        } else {
            0
        }
    }

    fn opcode(&mut self, opcode: u8) {
        self.older = combine(self.older, (self.opcodes >> 56) as u32);
        self.opcodes = self.opcodes << 8 | u64::from(opcode);
        self.words = matches!(opcode, 0x41 | 0xb8..=0xbf);
        match opcode {
            0x40 | 0x41 => self.field = COUNT,
            0xb0..=0xbf => self.begin_pushes(u32::from(opcode & 7) + 1),
            _ => {
                let (taken, left) = effect(opcode);
                let mut taken = usize::from(taken);
                if matches!(opcode, 0x32 | 0x33 | 0x38 | 0x39 | 0x3c | 0x80) {
                    taken += self.repeats.saturating_sub(1) as usize;
                    self.repeats = 1;
                }
                if matches!(opcode, 0x5d | 0x71..=0x75) {
                    taken += 2 * self.top(0).saturating_sub(1) as usize;
                }
                if opcode == 0x17 {
                    self.repeats = self.top(0).saturating_sub(1).min(STACK as u32);
                }
                self.height = if opcode == 0x22 { 0 } else { self.height.saturating_sub(taken) };
                for _ in 0..left {
                    self.add(0);
                }
            }
        }
    }

    fn begin_pushes(&mut self, count: u32) {
        (self.left, self.count) = (count, count);
        self.field = match count {
            0 => OPCODE,
            _ if self.words => WORDS,
            _ => BYTES,
        };
    }

    /// Takes in the next byte.
    pub fn push(&mut self, byte: u8) {
        match self.field {
            OPCODE => self.opcode(byte),
            COUNT => self.begin_pushes(u32::from(byte)),
            _ => {
                self.partial = self.partial << 8 | u32::from(byte);
                if self.words && self.partial < 1 << 16 {
                    return;
                }
                let number = self.partial & 0xffff & if self.words { 0xffff } else { 0xff };
                self.partial = 1;
                self.add(number);
                self.now.push(number);
                self.pushed.copy_within(..7, 1);
                self.pushed[0] = number;
                self.left -= 1;
                if self.left == 0 {
                    self.field = OPCODE;
                }
            }
        }
    }

    /// Says what the next byte is; `remaining` bytes are left of the program, and the glyph has
    /// `points` points.
    pub fn describe(&self, remaining: u32, points: u32, view: &mut View) {
        view.field += self.field;
        view.partial = self.partial;
        let last = |count: u32| (self.opcodes & (1u64 << (8 * count)).wrapping_sub(1)) as u32;
        let remaining = remaining.min(255);
        let before = |index: usize| self.before.get(index).map_or(0, |&number| number + 1);
        let index = self.now.len();
        let [a, b, c, d, e, f, ..] = self.pushed;
        if self.field == OPCODE {
            let folded = combine(last(3), (self.opcodes >> 24) as u32 & 0xff_ffff);
            let (top, next) = (self.top(0), self.top(1));
            view.set([
                last(1),
                last(2),
                last(3),
                self.opcodes as u32,
                combine(self.opcodes as u32, (self.opcodes >> 32) as u32 & 0xff),
                folded,
                combine_all([self.opcodes as u32, (self.opcodes >> 32) as u32, self.older]),
                combine_all([last(1), top]),
                combine_all([last(2), top]),
                combine_all([last(3), top]),
                combine_all([last(1), top, next]),
                combine_all([last(2), self.height as u32]),
                combine_all([last(1), remaining]),
                combine_all([last(2), remaining]),
                combine_all([self.height as u32, top]),
                combine_all([last(1), next]),
                combine_all([last(3), self.height as u32]),
                combine_all([top, next, self.top(2)]),
                combine_all([self.height as u32, remaining]),
                combine_all([last(2), top, next]),
                combine_all([folded, top]),
                combine_all([points, remaining]),
                combine_all([last(1), self.height.min(3) as u32]),
                combine_all([combine(self.opcodes as u32, (self.opcodes >> 32) as u32), top]),
                combine_all([last(2), top, next, self.top(2)]),
                combine_all([last(1), top, self.top(2)]),
                combine_all([last(1), next, self.top(2)]),
                combine_all([last(2), points]),
                combine_all([last(1), self.count]),
                combine_all([last(1), a]),
                combine_all([self.older, self.opcodes as u32, remaining]),
                combine_all([last(3), remaining]),
            ]);
        } else {
            let left = self.left;
            let step = a.wrapping_sub(b);
            let guess = |number: u32| {
                super::view::next_byte(
                    number & if self.words { 0xffff } else { 0xff },
                    1 + u32::from(self.words),
                    self.partial.into(),
                )
            };
            let least = self.now.iter().rev().take(32).copied().min().unwrap_or(0);
            // What came after this number, and after these two, the last time in this program.
            let mut after = [0; 2];
            for at in (index.saturating_sub(64)..index.saturating_sub(1)).rev() {
                if self.now[at] == a {
                    if after[0] == 0 {
                        after[0] = self.now[at + 1] + 1;
                    }
                    if at > 0 && self.now[at - 1] == b {
                        after[1] = self.now[at + 1] + 1;
                        break;
                    }
                }
            }
            view.set([
                a,
                combine_all([a, b]),
                combine_all([a, b, c]),
                combine_all([left, self.count]),
                combine_all([a, left]),
                combine_all([step, a]),
                combine_all([step, b.wrapping_sub(c)]),
                combine_all([before(index), left]),
                combine_all([before(index), a]),
                combine_all([before((self.before.len()).wrapping_sub(left as usize)), a]),
                combine_all([points, left]),
                combine_all([points, a]),
                combine_all([b, left]),
                combine_all([b, d]),
                combine_all([c, left]),
                combine_all([self.now.first().copied().unwrap_or(0), index as u32]),
                combine_all([remaining, left]),
                combine_all([a, b, c, d]),
                combine_all([b, points]),
                combine_all([before(index), before(index + 1), a]),
                combine_all([c, a]),
                combine_all([self.count, remaining]),
                combine_all([points, self.count, left]),
                combine_all([step, left & 1]),
                combine_all([guess(b.wrapping_add(b).wrapping_sub(d)), b.wrapping_sub(d)]),
                combine_all([guess(c.wrapping_add(c).wrapping_sub(f)), c.wrapping_sub(f)]),
                combine_all([guess(a + 1), guess(b + 1), step]),
                combine_all([after[1], after[0], a]),
                combine_all([after[0], a.wrapping_sub(b)]),
                combine_all([a, least]),
                combine_all([guess(least.wrapping_sub(1)), step, points]),
                combine_all([b, c]),
                combine_all([b]),
                combine_all([step, b.wrapping_sub(c), c.wrapping_sub(d)]),
                combine_all([d, e, f]),
                combine_all([a, b, points]),
                combine_all([points.wrapping_sub(a), step]),
                combine_all([a, b, left]),
                combine_all([last(1), last(2), left]),
                combine_all([c, d]),
            ]);
        }
        view.rows = match self.field {
            OPCODE => [1, last(1), self.top(0).min(255), self.height.min(31) as u32 | 32],
            _ => [
                2 + self.field,
                self.left.min(63) | 64,
                a & 255,
                64 | self.left.min(15) << 1 | u32::from(self.count > 16),
            ],
        };
    }
}
