//! The operand stack of a function, and the blocks that are open.

use crate::formats::wasm::instruction::{Effect, Type};
use crate::formats::wasm::module::Module;
use crate::model::hash::combine;

/// A value on the operand stack: how it was made.
#[derive(Clone, Copy, Default)]
pub struct Value {
    /// Its type.
    pub kind: Type,
    /// The opcode of the instruction that made it.
    pub root: u32,
    /// All opcodes that made it.
    pub shape: u32,
    /// All instructions that made it.
    pub exact: u32,
}

/// An open block.
#[derive(Clone, Copy, Default)]
struct Block {
    height: u32,
    kind: u8,
    results: u32,
    result: Type,
}

/// Deepest stacks that are followed.
const MAX_HEIGHT: usize = 256;

/// Values and blocks.
#[derive(Clone, Default)]
pub struct Stack {
    values: Vec<Value>,
    blocks: Vec<Block>,
}

impl Stack {
    /// A function begins.
    pub fn clear(&mut self) {
        self.values.clear();
        self.blocks.clear();
    }

    /// Values of the innermost block.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.values.len() as u32 - self.base()
    }

    /// The value so many below the top.
    #[must_use]
    pub fn top(&self, below: usize) -> Value {
        self.values.iter().rev().nth(below).copied().unwrap_or_default()
    }

    /// How many blocks are open.
    #[must_use]
    pub fn depth(&self) -> u32 {
        self.blocks.len() as u32
    }

    /// The opcodes of the two innermost blocks.
    #[must_use]
    pub fn kinds(&self) -> u32 {
        let mut kinds = self.blocks.iter().rev().map(|block| u32::from(block.kind));
        kinds.next().unwrap_or(0) << 3 | kinds.next().unwrap_or(0)
    }

    fn base(&self) -> u32 {
        self.blocks.last().map_or(0, |block| block.height).min(self.values.len() as u32)
    }

    fn drop(&mut self, count: u32) {
        let height = (self.values.len() as u32).saturating_sub(count).max(self.base());
        self.values.truncate(height as usize);
    }

    fn push(&mut self, value: Value) {
        if self.values.len() < MAX_HEIGHT {
            self.values.push(value);
        }
    }

    /// Takes `count` values and leaves one made of them.
    fn make(&mut self, count: u32, kind: Type, opcode: u32, exact: u32) {
        let from = self.values.len() - (count as usize).min(self.height() as usize);
        let (mut shape, mut whole) = (opcode, exact);
        for value in self.values.drain(from..) {
            shape = combine(shape, value.shape);
            whole = combine(whole, value.exact);
        }
        self.push(Value { kind, root: opcode, shape, exact: whole });
    }

    /// An instruction of `opcode` and `operand`, all of its bytes hashed to `exact`.
    pub fn apply(
        &mut self,
        effect: Effect,
        opcode: u32,
        operand: u32,
        exact: u32,
        module: &Module,
    ) {
        match effect {
            Effect::Take(count) => self.drop(count.into()),
            Effect::Make(count, kind) => self.make(count.into(), kind, opcode, exact),
            Effect::Get => self.make(0, module.variable(operand), opcode, exact),
            Effect::Select => {
                let kind = self.top(1).kind;
                self.make(3, kind, opcode, exact);
            }
            Effect::Call => {
                let direct = opcode == 0x10;
                let signature =
                    if direct { module.called(operand) } else { module.signature(operand) };
                match signature {
                    Some(signature) => {
                        let taken = signature.parameters.len() as u32 + u32::from(!direct);
                        match signature.result {
                            Some(kind) => self.make(taken, kind, opcode, exact),
                            None => self.drop(taken),
                        }
                    }
                    None => self.drop(u32::MAX),
                }
            }
            Effect::Block(taken) => {
                self.drop(taken.into());
                let (results, result) = match operand {
                    0x40 => (0, Type::Other),
                    0x6f..=0x7f => (1, Type::of(operand as u8)),
                    number => module
                        .signature(number)
                        .map_or((0, Type::Other), |s| (s.results, s.result.unwrap_or(Type::Other))),
                };
                if self.blocks.len() < MAX_HEIGHT {
                    self.blocks.push(Block {
                        height: self.values.len() as u32,
                        kind: (opcode & 7) as u8,
                        results,
                        result,
                    });
                }
            }
            Effect::Else => {
                self.drop(u32::MAX);
                if let Some(block) = self.blocks.last_mut() {
                    block.kind = 5;
                }
            }
            Effect::End => {
                self.drop(u32::MAX);
                if let Some(block) = self.blocks.pop()
                    && block.results > 0
                {
                    self.make(0, block.result, opcode, exact);
                }
            }
            Effect::Leave => self.drop(u32::MAX),
        }
    }
}
