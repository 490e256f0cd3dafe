//! The contexts and selectors of the x86 model.

use super::decoder::phase;
use super::{Deep, Past, X86State, base_register};
use crate::model::context::ContextState;
use crate::model::family::{Family, Reads, pair};
use crate::model::hash::combine;
use crate::model::name::named;
use crate::model::selector::RowPart;

named! {
    /// Contexts of x86 code. Unless said otherwise they hold what the next byte is (its phase) and
    /// the bytes of this instruction so far too. The *head* of an instruction is all but
    /// displacement and constant, its *class* opcode, addressing mode and group.
    pub enum X86Context {
        /// The phase and the last byte; nothing else.
        PhaseAndLastByte,
        /// The head of the last instruction.
        LastHead,
        /// The last instruction.
        Last,
        /// The classes of the last two instructions.
        TwoClasses,
        /// The heads of the last two instructions.
        TwoHeads,
        /// The last two instructions.
        LastTwo,
        /// The classes of the last three instructions.
        ThreeClasses,
        /// The heads of the last three instructions.
        ThreeHeads,
        /// The last four opcodes.
        FourOpcodes,
        /// The last eight opcodes.
        EightOpcodes,
        /// The head of the instruction before the last.
        SecondLastHead,
        /// The instruction before the one before the last.
        ThirdLast,
        /// The operand so far and the head, in place of all bytes.
        HeadAndOperand,
        /// The operand so far and the opcode, in place of all bytes.
        OpcodeAndOperand,
        /// The operand so far, the head, and the last operand of the same head.
        LastOperandOfHead,
        /// The operand so far, the base register, and its last displacement.
        DisplacementOfBase,
        /// The same with the opcode and the last two displacements.
        TwoDisplacementsOfBase,
        /// The same with the opcode, the last displacement, the class of the last instruction.
        DisplacementOfBaseAndClass,
        /// The target of the last call or jump, and the last opcode.
        LastTarget,
        /// The operand so far, the opcode, and the last target of a branch of this sort.
        LastTargetOfSort,
        /// The target of the last call or jump, and the classes of the last two instructions.
        LastTargetAndTwoClasses,
        /// Pushes since and before the last call, and the last opcode.
        Pushes,
        /// The position modulo 16, and the last opcode.
        Alignment,
        /// How many short branches end here, and the class of the last instruction.
        BranchesToHere,
        /// Distances to the two nearest targets of short branches.
        NearestTargets,
        /// Registers written and not yet read.
        UnreadRegisters,
        /// The last two registers written.
        WrittenRegisters,
        /// The last three registers written, and the class of the last instruction.
        WrittenRegistersAndClass,
        /// The last base register, the registers not yet read, the last register written.
        BaseUnreadAndWritten,
        /// What followed the heads of the last three instructions before.
        MatchByHeads,
        /// What followed the classes of the last six instructions before.
        MatchByClasses,
        /// In operands the provenance of the base register, else the last memory operand.
        BaseProvenance,
        /// In operands the provenance of the base register (and the opcode), else that of the
        /// register written last, and the class of the last instruction.
        BaseOrNewestProvenance,
        /// Provenance of the register written last, the last memory operand, the last opcode.
        NewestProvenanceAndMemory,
        /// Provenance of ECX or RCX: the object of a method, or an argument.
        ObjectProvenance,
        /// Provenance of EAX or RAX: the result of the last call.
        ResultProvenance,
        /// Provenance of RDI: the first argument in 64-bit code.
        FirstArgumentProvenance,
        /// Provenance of the values pushed since the last call.
        PushedProvenance,
        /// In operands the offsets in the frame used last, else the nearest target and the unread
        /// registers.
        RecentFrameOffsets,
        /// In operands the offset in the frame that waits to be read, else all that wait.
        UnreadFrameOffsets,
        /// The nearest target, instructions since the function began, the last opcode.
        FunctionStart,
    }
}

impl X86Context {
    /// Whether the context reads the provenance of values or the matches of instructions.
    const fn is_deep(self) -> bool {
        matches!(
            self,
            Self::MatchByHeads
                | Self::MatchByClasses
                | Self::BaseProvenance
                | Self::BaseOrNewestProvenance
                | Self::NewestProvenanceAndMemory
                | Self::ObjectProvenance
                | Self::ResultProvenance
                | Self::FirstArgumentProvenance
                | Self::PushedProvenance
                | Self::RecentFrameOffsets
                | Self::UnreadFrameOffsets
                | Self::FunctionStart
        )
    }
}

named! {
    /// Selectors of x86 code, each but the last with the number of the bit.
    pub enum X86Selector {
        /// The phase, and how much the last instructions look like code.
        PhaseAndCodeScore,
        /// The phase, and the position modulo eight.
        PhaseAndAlignment,
        /// The phase, the addressing mode, whether the last two operands of the head are equal.
        PhaseAndMode,
        /// The phase, whether a short branch ends ahead, pushes since the last call.
        PhaseTargetAndPushes,
        /// The role of the last instruction, and the phase.
        RoleAndPhase,
        /// A hash of opcode and phase.
        OpcodeAndPhase,
        /// The phase, and the bits of this byte so far.
        PhaseAndBits,
    }
}

impl Family for X86State {
    type Context = X86Context;
    type Selector = X86Selector;
    const READS: Reads = Reads::Stream;

    fn new(contexts: &[X86Context]) -> Self {
        let deep = contexts.iter().any(|context| context.is_deep()).then(Box::default);
        Self { deep, ..Self::default() }
    }

    #[inline]
    fn push(&mut self, bytes: &[u8]) {
        self.read(bytes.last().copied().unwrap_or(0));
    }

    #[inline]
    fn value(&self, context: X86Context, _: &ContextState) -> u64 {
        use X86Context::*;
        let past = &self.past;
        let phase = u32::from(self.decoder.phase);
        let is_operand = phase > u32::from(phase::SIB);
        let current = &self.decoder.current;
        // Equal bytes read from another start mean something else.
        let exact = combine(self.exact, phase);
        let head = combine(self.head, phase);
        let opcode = u32::from(current.opcode) | u32::from(current.map) << 8;
        let operand = || combine(phase << 12 | opcode, self.value);
        // An operand is told by its opcode and the bytes of it, all else by the bytes of the
        // instruction.
        let so_far = || if is_operand { operand() } else { exact };
        let base = || base_register(current);
        let displacements = || &self.based[base() as usize & 31];
        let classes =
            |count: usize| past[..count].iter().fold(0, |hash, past| combine(hash, past.class));
        let heads =
            |count: usize| past[..count].iter().fold(0, |hash, past| combine(hash, past.head));
        let exacts =
            |count: usize| past[..count].iter().fold(0, |hash, past| combine(hash, past.exact));
        let opcodes =
            |count: usize| past[..count].iter().fold(0, |hash, past| combine(hash, past.opcode));
        let flow = &self.registers;
        match context {
            PhaseAndLastByte => pair(phase, self.last & 0xff),
            LastHead => pair(exact, past[0].head),
            Last => pair(exact, past[0].exact),
            TwoClasses => pair(exact, classes(2)),
            TwoHeads => pair(exact, heads(2)),
            LastTwo => pair(exact, exacts(2)),
            ThreeClasses => pair(exact, classes(3)),
            ThreeHeads => pair(exact, heads(3)),
            FourOpcodes => pair(exact, opcodes(4)),
            EightOpcodes => pair(exact, opcodes(8)),
            SecondLastHead => pair(exact, past[1].head),
            ThirdLast => pair(exact, past[2].exact),
            HeadAndOperand => pair(head, self.value),
            OpcodeAndOperand => pair(phase << 12 | opcode, self.value),
            LastOperandOfHead => pair(combine(head, self.value), self.known[0]),
            DisplacementOfBase => {
                pair(combine(phase, self.value), combine(displacements()[0], base()))
            }
            TwoDisplacementsOfBase => {
                let [newest, other] = *displacements();
                pair(operand(), combine(combine(newest, other), base()))
            }
            DisplacementOfBaseAndClass => {
                pair(operand(), combine(displacements()[0], base() << 16 ^ past[0].class))
            }
            LastTarget => pair(exact, combine(self.targets[0], past[0].opcode)),
            LastTargetOfSort => pair(operand(), self.targets[usize::from(current.map > 0)]),
            LastTargetAndTwoClasses => pair(exact, combine(self.targets[0], classes(2))),
            Pushes => pair(exact, self.pushes << 16 | self.pushed << 8 | past[0].opcode & 0xff),
            Alignment => pair(exact, (self.position & 15) << 20 | past[0].opcode),
            BranchesToHere => {
                let branches = self.pending[self.position as usize & 255];
                pair(exact, u32::from(branches) << 24 | past[0].class)
            }
            NearestTargets => pair(exact, combine(self.nearest[0], self.nearest[1])),
            UnreadRegisters => pair(exact, flow.unread),
            WrittenRegisters => pair(exact, flow.written & 0xff),
            WrittenRegistersAndClass => pair(exact, combine(flow.written & 0xfff, past[0].class)),
            BaseUnreadAndWritten => {
                pair(exact, combine(combine(flow.bases & 0xf, flow.unread), flow.written & 0xf))
            }
            MatchByHeads => self.deep(|deep| deep.instruction_match.context(0, phase)),
            MatchByClasses => self.deep(|deep| deep.instruction_match.context(1, phase)),
            BaseProvenance => self.deep(|Deep { provenance, .. }| {
                if is_operand {
                    pair(combine(phase, self.value), combine(provenance.of_base(current), 6))
                } else {
                    pair(exact, combine(provenance.memory, past[0].class))
                }
            }),
            BaseOrNewestProvenance => self.deep(|Deep { provenance, .. }| {
                if is_operand {
                    pair(so_far(), combine(provenance.of_base(current), 2))
                } else {
                    pair(exact, combine(provenance.of(flow.written), past[0].class))
                }
            }),
            NewestProvenanceAndMemory => self.deep(|Deep { provenance, .. }| {
                let newest = provenance.of(flow.written);
                pair(exact, combine(past[0].opcode, combine(newest, provenance.memory)))
            }),
            ObjectProvenance => self.deep(|deep| pair(so_far(), deep.provenance.of(1))),
            ResultProvenance => self.deep(|deep| pair(so_far(), deep.provenance.of(0))),
            FirstArgumentProvenance => self.deep(|deep| pair(so_far(), deep.provenance.of(7))),
            PushedProvenance => self.deep(|deep| pair(exact, deep.provenance.arguments)),
            RecentFrameOffsets => self.deep(|Deep { provenance, .. }| {
                if is_operand {
                    let base = base() & 15;
                    let [last, other] = provenance.frame.recent(base);
                    pair(
                        combine(phase, self.value),
                        combine(
                            combine(last, base),
                            combine(other, provenance.frame.waiting(base)),
                        ),
                    )
                } else {
                    pair(exact, combine(self.nearest[0], combine(flow.unread, 3)))
                }
            }),
            UnreadFrameOffsets => self.deep(|Deep { provenance, .. }| {
                if is_operand {
                    let base = base() & 15;
                    pair(so_far(), combine(provenance.frame.waiting(base), base))
                } else {
                    pair(exact, combine(provenance.frame.waits(), past[0].class))
                }
            }),
            FunctionStart => self.deep(|Deep { provenance, .. }| {
                let start = combine(self.nearest[0], provenance.since.min(7));
                pair(exact, combine(start, past[0].opcode))
            }),
        }
    }

    fn rows(selector: X86Selector) -> usize {
        match selector {
            X86Selector::PhaseAndCodeScore
            | X86Selector::PhaseAndAlignment
            | X86Selector::PhaseAndMode
            | X86Selector::PhaseTargetAndPushes
            | X86Selector::RoleAndPhase
            | X86Selector::OpcodeAndPhase => 256 << 3,
            X86Selector::PhaseAndBits => 32 << 8,
        }
    }

    #[inline]
    fn row(&self, selector: X86Selector, _: &ContextState) -> RowPart {
        let phase = u32::from(self.decoder.phase);
        let current = &self.decoder.current;
        RowPart::with_bit(match selector {
            X86Selector::PhaseAndCodeScore => (phase << 2 | (self.code_score >> 14).min(3)) & 255,
            X86Selector::PhaseAndAlignment => (phase << 3 | (self.position & 7)) & 255,
            X86Selector::PhaseAndMode => self.phase_and_mode(),
            X86Selector::PhaseTargetAndPushes => {
                (phase << 3 | u32::from(self.nearest[0] > 0) << 2 | self.pushes.min(3)) & 255
            }
            X86Selector::RoleAndPhase => (role(&self.past[0]) << 5 | phase) & 255,
            X86Selector::OpcodeAndPhase => {
                combine(u32::from(current.opcode) | u32::from(current.map) << 8, phase) >> 24
            }
            X86Selector::PhaseAndBits => return RowPart::with_partial(phase & 31),
        })
    }

    /// The part of the instruction that comes next, in the largest profiles.
    #[inline]
    fn apm_context(&self) -> Option<usize> {
        self.deep.as_ref().map(|_| self.phase_and_mode() as usize)
    }
}

impl X86State {
    /// A value of the part that only the largest profiles follow.
    #[inline(always)]
    fn deep(&self, value: impl FnOnce(&Deep) -> u64) -> u64 {
        self.deep.as_deref().map_or(0, value)
    }

    /// The phase, the addressing mode, and whether the last two operands of the head are equal:
    /// below 256.
    #[inline(always)]
    fn phase_and_mode(&self) -> u32 {
        (u32::from(self.decoder.phase) << 3
            | u32::from(self.decoder.current.modrm >> 6) << 1
            | u32::from(self.known[0] == self.known[1]))
            & 255
    }
}

/// The role of the last instruction, below 8: it tells the weights more than the opcode does.
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
