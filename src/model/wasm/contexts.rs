//! The contexts and selectors.

use super::WasmState;
use crate::formats::wasm::module::Region;
use crate::model::context::ContextState;
use crate::model::family::{Family, Reads, pair};
use crate::model::hash::combine;
use crate::model::name::named;
use crate::model::selector::RowPart;

named! {
    /// Contexts of WebAssembly code. Unless said otherwise they hold the bytes of this instruction
    /// so far too.
    pub enum WasmContext {
        /// The bytes of this instruction so far.
        Instruction,
        /// The last instruction.
        Last,
        /// The last two instructions.
        LastTwo,
        /// The last four opcodes.
        FourOpcodes,
        /// The last six opcodes.
        SixOpcodes,
        /// The last nine opcodes.
        NineOpcodes,
        /// The operand so far, and the last operand of this opcode; no other bytes.
        LastOperand,
        /// The operand so far, and the last two operands of this opcode; no other bytes.
        LastTwoOperands,
        /// The last three variables.
        LastThreeVariables,
        /// Height of the stack, and the last opcode.
        HeightAndOpcode,
        /// Height of the stack, the last instruction, the opcode before.
        HeightAndLastTwo,
        /// Opcodes of this statement, and height of the stack.
        StatementAndHeight,
        /// Opcodes of this statement and of the one before.
        TwoStatements,
        /// The variable written last.
        Written,
        /// The variable written last, and the last instruction.
        WrittenAndLast,
        /// The last four instructions.
        LastFour,
        /// The last opcode, and the instruction before.
        OpcodeAndSecondLast,
        /// In this function.
        InFunction,
        /// In this function, the last instruction.
        InFunctionLast,
        /// In this function, the last variable.
        InFunctionVariable,
        /// In this function, the last opcode.
        InFunctionOpcode,
        /// In this function, the variable written last.
        InFunctionWritten,
        /// The shape of the value on top of the stack: the opcodes that made it.
        TopShape,
        /// The instructions that made the value on top of the stack.
        Top,
        /// The shapes of the two values on top.
        TwoTopShapes,
        /// Types of the three values on top, and the last opcode.
        TypesAndOpcode,
        /// Types of the three values on top, and the last three opcodes.
        TypesAndThreeOpcodes,
        /// In this function, what made the value on top.
        InFunctionTop,
        /// In this function, what made the two values on top.
        InFunctionTwoTop,
        /// The type of the function, and how many instructions it has so far, up to 7.
        SignatureAndStart,
        /// Types of the values on the stack, and the last two opcodes.
        StackTypesAndTwoOpcodes,
        /// What followed the last instruction in this function the last time.
        Follower,
        /// The first instructions of the three values on top.
        ThreeTopRoots,
        /// The highest variable used so far, and the last opcode.
        HighestVariableAndOpcode,
        /// Depth of open blocks, and the last instruction.
        DepthAndLast,
        /// How many variables the function has, and the last opcode.
        VariablesAndOpcode,
        /// What made the three values on top.
        ThreeTop,
        /// Opcodes of the statement before, and the last instruction.
        StatementBeforeAndLast,
        /// Types of the three values on top, depth of the stack's blocks, the last opcode.
        TypesDepthAndOpcode,
        /// In this function, the last three opcodes.
        InFunctionThreeOpcodes,
        /// The last variable, and the last two opcodes.
        VariableAndTwoOpcodes,
    }
}

named! {
    /// Selectors of WebAssembly code, each with the number of the bit.
    pub enum WasmSelector {
        /// What the next byte is, and the height of the stack.
        PhaseAndHeight,
        /// The opcode: of the last instruction before an opcode, else of this instruction.
        Opcode,
        /// Before an opcode the types on top of the stack, else what the next byte is.
        TypesOnTop,
    }
}

impl Family for WasmState {
    type Context = WasmContext;
    type Selector = WasmSelector;
    const READS: Reads = Reads::Stream;

    fn new(_: &[WasmContext]) -> Self {
        Self::default()
    }

    fn push(&mut self, bytes: &[u8]) {
        self.read(bytes.last().copied().unwrap_or(0));
    }

    // Not copied into every shape of the predictor.
    fn value(&self, context: WasmContext, _: &ContextState) -> u64 {
        use WasmContext::*;
        let past = &self.past;
        let phase = self.phase();
        let exact = combine(self.exact, phase);
        let opcodes =
            |count: usize| past[..count].iter().fold(0, |hash, past| combine(hash, past.opcode));
        let exacts =
            |count: usize| past[..count].iter().fold(0, |hash, past| combine(hash, past.exact));
        let opcode = u32::from(self.decoder.opcode);
        let known = &self.values[usize::from(self.decoder.opcode)];
        let number_so_far = combine(phase << 8 | opcode, self.decoder.number.value);
        let height = self.stack.height().min(31);
        let function = self.module.function();
        let here = || combine(exact, function);
        let top = |below: usize| self.stack.top(below);
        let types = || {
            (0..3).fold(self.stack.height().min(3), |types, below| {
                types << 3 | top(below).kind as u32
            })
        };
        match context {
            Instruction => pair(exact, 0),
            Last => pair(exact, past[0].exact),
            LastTwo => pair(exact, exacts(2)),
            FourOpcodes => pair(exact, opcodes(4)),
            SixOpcodes => pair(exact, opcodes(6)),
            NineOpcodes => pair(exact, opcodes(9)),
            LastOperand => pair(number_so_far, known[0]),
            LastTwoOperands => pair(number_so_far, combine(known[0], known[1])),
            LastThreeVariables => {
                pair(exact, combine(combine(self.locals[0], self.locals[1]), self.locals[2]))
            }
            HeightAndOpcode => pair(exact, combine(height, past[0].opcode)),
            HeightAndLastTwo => {
                pair(exact, combine(height, combine(past[0].exact, past[1].opcode)))
            }
            StatementAndHeight => pair(exact, combine(self.statement[0], height)),
            TwoStatements => pair(exact, combine(self.statement[0], self.statement[1])),
            Written => pair(exact, self.written),
            WrittenAndLast => pair(exact, combine(self.written, past[0].exact)),
            LastFour => pair(exact, exacts(4)),
            OpcodeAndSecondLast => pair(exact, combine(past[1].exact, past[0].opcode)),
            InFunction => pair(here(), 0),
            InFunctionLast => pair(here(), past[0].exact),
            InFunctionVariable => pair(here(), self.locals[0]),
            InFunctionOpcode => pair(here(), past[0].opcode),
            InFunctionWritten => pair(here(), self.written),
            TopShape => pair(exact, top(0).shape),
            Top => pair(exact, top(0).exact),
            TwoTopShapes => pair(exact, combine(top(0).shape, top(1).shape)),
            TypesAndOpcode => pair(exact, combine(types(), past[0].opcode)),
            TypesAndThreeOpcodes => pair(exact, combine(types(), opcodes(3))),
            InFunctionTop => pair(here(), top(0).exact),
            InFunctionTwoTop => pair(here(), combine(top(0).exact, top(1).exact)),
            SignatureAndStart => pair(exact, combine(self.module.own(), self.count.min(7))),
            StackTypesAndTwoOpcodes => pair(exact, combine(self.stack.kinds(), opcodes(2))),
            Follower => pair(exact, self.followers[self.follower as usize]),
            ThreeTopRoots => pair(exact, combine(combine(top(0).root, top(1).root), top(2).root)),
            HighestVariableAndOpcode => pair(exact, combine(self.highest, past[0].opcode)),
            DepthAndLast => pair(exact, combine(self.decoder.depth, exacts(1))),
            VariablesAndOpcode => {
                pair(exact, combine(self.module.variables() as u32, past[0].opcode))
            }
            ThreeTop => pair(exact, combine(combine(top(0).exact, top(1).exact), top(2).exact)),
            StatementBeforeAndLast => pair(exact, combine(self.statement[1], past[0].exact)),
            TypesDepthAndOpcode => {
                pair(exact, combine(types(), combine(self.stack.depth(), past[0].opcode)))
            }
            InFunctionThreeOpcodes => pair(here(), opcodes(3)),
            VariableAndTwoOpcodes => {
                pair(exact, combine(combine(self.locals[0], past[0].opcode), past[1].opcode))
            }
        }
    }

    fn rows(selector: WasmSelector) -> usize {
        match selector {
            WasmSelector::PhaseAndHeight | WasmSelector::Opcode | WasmSelector::TypesOnTop => {
                256 << 3
            }
        }
    }

    fn row(&self, selector: WasmSelector, _: &ContextState) -> RowPart {
        let phase = self.phase();
        let is_code = matches!(self.module.region(), Region::Adrift | Region::Code);
        let height = self.stack.height();
        let value = match selector {
            WasmSelector::PhaseAndHeight if is_code => phase << 3 | height.min(7),
            WasmSelector::PhaseAndHeight => 128 | phase,
            WasmSelector::Opcode if phase == 0 => self.past[0].opcode,
            WasmSelector::Opcode => u32::from(self.decoder.opcode) ^ 0x80,
            WasmSelector::TypesOnTop if phase == 0 => {
                height.min(2) << 6
                    | (self.stack.top(0).kind as u32) << 3
                    | self.stack.top(1).kind as u32
            }
            WasmSelector::TypesOnTop => 192 | phase,
        };
        RowPart::with_bit(value & 255)
    }
}
