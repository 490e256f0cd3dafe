//! The contexts and selectors of the x86 model.

use super::decoder::phase;
use super::{Deep, Past, X86State, base_register};
use crate::model::hash::combine;

impl X86State {
    /// The value of context `number` (below [`super::CONTEXTS`]), to be hashed.
    #[inline]
    #[must_use]
    pub fn context(&self, number: u8) -> u64 {
        let past = &self.past;
        let phase = u32::from(self.decoder.phase);
        let current = &self.decoder.current;
        // Equal bytes read from another start mean something else.
        let exact = combine(self.exact, phase);
        let head = combine(self.head, phase);
        let opcode = u32::from(current.opcode) | u32::from(current.map) << 8;
        let pair = |a: u32, b: u32| u64::from(a) << 32 | u64::from(b);
        let classes =
            |count: usize| past[..count].iter().fold(0, |hash, past| combine(hash, past.class));
        let heads =
            |count: usize| past[..count].iter().fold(0, |hash, past| combine(hash, past.head));
        let exacts =
            |count: usize| past[..count].iter().fold(0, |hash, past| combine(hash, past.exact));
        let opcodes =
            |count: usize| past[..count].iter().fold(0, |hash, past| combine(hash, past.opcode));
        let here = self.pending[self.position as usize & 255];
        let flow = &self.registers;
        match number {
            0 => pair(exact, 0),
            1 => pair(exact, past[0].class),
            2 => pair(exact, past[0].head),
            3 => pair(exact, past[0].exact),
            4 => pair(exact, classes(2)),
            5 => pair(exact, heads(2)),
            6 => pair(exact, exacts(2)),
            7 => pair(exact, classes(3)),
            8 => pair(exact, heads(3)),
            9 => pair(exact, exacts(3)),
            10 => pair(exact, classes(4)),
            11 => pair(exact, heads(4)),
            12 => pair(exact, classes(6)),
            13 => pair(exact, opcodes(4)),
            14 => pair(exact, opcodes(8)),
            15 => pair(exact, past[1].head),
            16 => pair(exact, past[1].exact),
            17 => pair(exact, past[2].exact),
            18 => pair(head, self.value),
            19 => pair(phase << 12 | opcode, self.value),
            20 => pair(phase, self.value),
            21 => pair(combine(head, self.value), self.known[0]),
            22 => pair(combine(combine(head, self.value), self.known[0]), self.known[1]),
            23 => {
                let base = &self.based[base_register(current) as usize & 31];
                pair(combine(phase, self.value), combine(base[0], base_register(current)))
            }
            24 => {
                let base = &self.based[base_register(current) as usize & 31];
                pair(
                    combine(phase << 12 | opcode, self.value),
                    combine(combine(base[0], base[1]), base_register(current)),
                )
            }
            25 => pair(exact, combine(self.targets[0][0], past[0].opcode)),
            26 => pair(
                combine(phase << 12 | opcode, self.value),
                self.targets[usize::from(current.map > 0)][0],
            ),
            27 => pair(
                combine(phase << 12 | opcode, self.value),
                combine(self.targets[0][0], self.targets[0][1]),
            ),
            28 => pair(exact, self.pushes << 16 | self.pushed << 8 | past[0].opcode & 0xff),
            29 => pair(exact, (self.position & 15) << 20 | past[0].opcode),
            30 => pair(exact, u32::from(here) << 24 | past[0].class),
            31 => pair(exact, combine(self.nearest[0], self.nearest[1])),
            32 => pair(exact, past[0].registers << 16 | past[1].registers),
            33 => pair(exact, combine(past[0].class, past[0].registers)),
            34 => pair(phase, self.last & 0xff),
            35 => pair(phase << 12 | opcode, self.last & 0xffff),
            36 => pair(phase, self.last & 0xff_ffff),
            37 => {
                pair(phase << 16 | u32::from(current.modrm), combine(self.value, past[0].registers))
            }
            38 => pair(exact, combine(combine(past[0].head, past[1].class), past[2].class)),
            39 => pair(exact, combine(combine(past[0].exact, past[1].head), past[2].class)),
            40 => pair(exact, flow.unread),
            41 => pair(exact, flow.unread << 16 ^ past[0].class),
            42 => pair(exact, flow.written & 0xff),
            43 => pair(exact, combine(flow.written & 0xfff, past[0].class)),
            44 => pair(exact, combine(flow.bases & 0xff, past[0].class)),
            45 => pair(exact, combine(combine(flow.bases & 0xf, flow.unread), flow.written & 0xf)),
            46 => pair(exact, heads(6)),
            47 => pair(exact, combine(flow.bases & 0xfff, flow.written & 0xff)),
            48 => {
                let base = &self.based[base_register(current) as usize & 31];
                pair(
                    combine(phase << 12 | opcode, self.value),
                    combine(base[0], base_register(current) << 16 ^ past[0].class),
                )
            }
            49 => pair(exact, combine(combine(past[1].class, past[2].class), past[3].class)),
            50 => pair(exact, combine(self.targets[0][0], classes(2))),
            51 => pair(exact, combine(flow.unread, classes(3))),
            _ => self.deep.as_ref().map_or(0, |deep| self.deep_context(deep, number)),
        }
    }

    /// The contexts from [`super::FIRST_DEEP`] on.
    #[inline]
    fn deep_context(&self, Deep { paths, alike }: &Deep, number: u8) -> u64 {
        let phase = u32::from(self.decoder.phase);
        let current = &self.decoder.current;
        let past = &self.past;
        let exact = combine(self.exact, phase);
        let operand = phase > u32::from(phase::SIB);
        let pair = |a: u32, b: u32| u64::from(a) << 32 | u64::from(b);
        // An operand is told by its opcode and the bytes of it, all else by the bytes of the
        // instruction.
        let opcode = u32::from(current.opcode) | u32::from(current.map) << 8;
        let so_far = if operand { combine(phase << 12 | opcode, self.value) } else { exact };
        let newest = paths.of(self.registers.written);
        match number {
            52 => alike.context(0, phase),
            53 if operand => pair(combine(phase, self.value), combine(paths.of_base(current), 6)),
            53 => pair(exact, combine(paths.memory, past[0].class)),
            54 => {
                pair(exact, combine(combine(self.nearest[0], paths.since.min(7)), past[0].opcode))
            }
            55 if operand => {
                let base = base_register(current) & 15;
                let [last, other] = paths.frame.recent(base);
                pair(
                    combine(phase, self.value),
                    combine(combine(last, base), combine(other, paths.frame.waiting(base))),
                )
            }
            55 => pair(exact, combine(self.nearest[0], combine(self.registers.unread, 3))),
            // The object of a method, or an argument.
            56 => pair(so_far, paths.of(1)),
            // The result of the last call.
            57 => pair(so_far, paths.of(0)),
            58 => pair(exact, paths.arguments),
            59 => alike.context(1, phase),
            60 if operand => {
                let base = base_register(current) & 15;
                pair(so_far, combine(paths.frame.waiting(base), base))
            }
            60 => pair(exact, combine(paths.frame.waits(), past[0].class)),
            // The first argument in 64-bit code.
            61 => pair(so_far, paths.of(7)),
            62 if operand => pair(so_far, combine(paths.of_base(current), 2)),
            62 => pair(exact, combine(newest, past[0].class)),
            _ => pair(exact, combine(past[0].opcode, combine(newest, paths.memory))),
        }
    }

    /// The part of selector `number` (below [`super::SELECTORS`]) that is fixed for a byte, in
    /// steps of 8 and below [`super::ROWS`].
    #[inline]
    #[must_use]
    pub fn selected(&self, number: u8) -> u32 {
        let phase = u32::from(self.decoder.phase);
        let current = &self.decoder.current;
        let likely = (self.likeness >> 14).min(3);
        let opcode = |past: &Past| (past.opcode & 0xff) ^ ((past.opcode >> 8 & 1) * 0x55);
        let value = match number {
            0 => phase << 2 | likely,
            1 => {
                if phase <= u32::from(phase::MAP23) {
                    opcode(&self.past[0])
                } else {
                    u32::from(current.opcode) ^ (u32::from(current.map & 1) * 0x55)
                }
            }
            2 => u32::from(current.modrm) ^ phase << 3,
            3 => likely << 6 | (self.last & 0xff) >> 2,
            4 => opcode(&self.past[0]),
            5 => phase << 3 | (self.position & 7),
            6 => opcode(&self.past[1]),
            7 => {
                phase << 3
                    | u32::from(current.modrm >> 6) << 1
                    | u32::from(self.known[0] == self.known[1])
            }
            8 => {
                (self.registers.unread & 15) << 4
                    | (self.registers.written & 3) << 2
                    | ((phase + 3) >> 2 & 3)
            }
            9 => phase << 3 | (self.past[0].class >> 10 & 7),
            10 => (self.registers.written & 15) << 4 | self.registers.bases & 15,
            11 => phase << 3 | u32::from(self.nearest[0] > 0) << 2 | self.pushes.min(3),
            12 => role(&self.past[0]) << 5 | phase,
            13 => phase,
            _ => combine(u32::from(current.opcode) | u32::from(current.map) << 8, phase) >> 24,
        };
        (value & 255) << 3
    }
}

/// What the last instruction was for, below 8: it tells the weights more than its opcode does.
const fn role(past: &Past) -> u32 {
    match past.opcode & 0x1ff {
        // Comparisons, arguments, calls, branches.
        0x38..=0x3d | 0x84 | 0x85 | 0xa8 | 0xa9 => 1,
        0x50..=0x57 | 0x68 | 0x6a => 2,
        0xe8 => 3,
        0x70..=0x7f | 0x180..=0x18f | 0xeb | 0xe9 => 4,
        // Arithmetic with a constant, moves, calls and pushes by way of memory.
        0x80..=0x83 => 5,
        0x8b | 0x8d | 0x89 => 6,
        0xff => 7,
        _ => 0,
    }
}
