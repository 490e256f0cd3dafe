//! A module around its code: sections, the types of functions, where each body begins and ends.
//!
//! Source: the binary format chapter of the WebAssembly core specification.

use super::instruction::Type;
use super::number::Number;

/// The first bytes of a module, its version included.
pub const MAGIC: [u8; 8] = *b"\0asm\x01\0\0\0";
/// Sections that say what is called with what: types, imports, functions.
const KEPT: std::ops::RangeInclusive<u8> = 1..=3;
/// The section of code.
pub const CODE: u8 = 10;
/// Longest section that is kept.
const MAX_SECTION: usize = 1 << 18;
/// Most variables of a function whose types are known.
const MAX_VARIABLES: usize = 1 << 12;

/// What the next byte belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Region {
    /// Code of a module whose beginning was not read.
    #[default]
    Adrift,
    /// The number of a section.
    Section,
    /// The length of a section.
    Length,
    /// What a section holds.
    Content,
    /// How many functions there are.
    Count,
    /// The length of a function's body.
    Body,
    /// How many groups of variables there are.
    Groups,
    /// How many variables are in a group.
    Group,
    /// Their type.
    Type,
    /// Instructions.
    Code,
}

/// Parameters and results of a function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signature {
    /// Types of the parameters.
    pub parameters: Box<[Type]>,
    /// Type of the first result.
    pub result: Option<Type>,
    /// How many results there are.
    pub results: u32,
}

/// The module so far.
#[derive(Clone, Default)]
pub struct Module {
    region: Region,
    number: Number,
    section: u8,
    /// Bytes left of the section, if it is not that of code.
    left: u32,
    /// Bytes left of the body; none where that is not said.
    body: Option<u32>,
    /// What was read of a section that is kept.
    content: Vec<u8>,
    signatures: Vec<Signature>,
    /// The signature of each function, imports first.
    functions: Vec<u32>,
    imports: u32,
    /// Functions that have a body, and how many of them have begun.
    count: u32,
    function: u32,
    /// Groups of variables left, and the size of this one.
    groups: u32,
    group: u32,
    /// Types of the variables of this function, parameters first.
    variables: Vec<Type>,
    last: u64,
}

impl Module {
    /// What the next byte belongs to.
    #[must_use]
    pub fn region(&self) -> Region {
        self.region
    }

    /// The section that the next byte is in.
    #[must_use]
    pub fn section(&self) -> u8 {
        self.section
    }

    /// Bytes so far of the number that is being read.
    #[must_use]
    pub fn digits(&self) -> u32 {
        self.number.length
    }

    /// The function that the next byte is in: differs from one to the next.
    #[must_use]
    pub fn function(&self) -> u32 {
        self.function
    }

    /// The signature by this number.
    #[must_use]
    pub fn signature(&self, number: u32) -> Option<&Signature> {
        self.signatures.get(number as usize)
    }

    /// The signature of the function by this number.
    #[must_use]
    pub fn called(&self, function: u32) -> Option<&Signature> {
        self.signature(*self.functions.get(function as usize)?)
    }

    /// The number of this function's signature.
    #[must_use]
    pub fn own(&self) -> u32 {
        let function = (self.imports + self.function) as usize;
        self.functions.get(function.wrapping_sub(1)).copied().unwrap_or(u32::MAX)
    }

    /// The type of a variable of this function.
    #[must_use]
    pub fn variable(&self, number: u32) -> Type {
        self.variables.get(number as usize).copied().unwrap_or_default()
    }

    /// Variables of this function, as far as they are known.
    #[must_use]
    pub fn variables(&self) -> usize {
        self.variables.len()
    }

    /// Takes in the next byte. In code, `function` says whether it ends the outermost block.
    /// Returns whether a number, the type of variables or a body ends.
    pub fn push(&mut self, byte: u8, function: bool) -> bool {
        self.last = self.last << 8 | u64::from(byte);
        if self.last == u64::from_be_bytes(MAGIC) {
            *self = Self { region: Region::Section, ..Self::default() };
            return true;
        }
        if let Some(left) = &mut self.body
            && self.region != Region::Body
        {
            *left = left.saturating_sub(1);
        }
        let ended = match self.region {
            Region::Adrift => false,
            Region::Section => {
                self.section = byte;
                self.region = Region::Length;
                true
            }
            Region::Content => {
                if KEPT.contains(&self.section) && self.content.len() < MAX_SECTION {
                    self.content.push(byte);
                }
                self.left -= 1;
                if self.left == 0 {
                    self.end_section();
                }
                byte < 0x80
            }
            Region::Code => self.body.map_or(function, |left| left == 0),
            Region::Type => {
                let room = MAX_VARIABLES.saturating_sub(self.variables.len());
                self.variables
                    .extend(std::iter::repeat_n(Type::of(byte), room.min(self.group as usize)));
                self.groups -= 1;
                self.region = if self.groups > 0 { Region::Group } else { Region::Code };
                true
            }
            _ => {
                let number = self.number.push(byte);
                if let Some(number) = number {
                    self.take(number);
                }
                number.is_some()
            }
        };
        let early = self.body == Some(0)
            && matches!(self.region, Region::Groups | Region::Group | Region::Type | Region::Code);
        let last = ended && self.region == Region::Code && function;
        if early || last {
            self.end_body();
        }
        ended
    }

    /// Takes in a number that is no part of an instruction.
    fn take(&mut self, number: u32) {
        match self.region {
            Region::Length => {
                self.left = number;
                self.region = match self.section {
                    CODE => Region::Count,
                    _ if number == 0 => Region::Section,
                    _ => Region::Content,
                };
            }
            Region::Count => {
                self.count = number;
                self.function = 0;
                self.region = if number > 0 { Region::Body } else { Region::Section };
            }
            Region::Body => {
                self.body = (number > 0).then_some(number);
                self.function += 1;
                self.variables.clear();
                if let Some(signature) = self.signatures.get(self.own() as usize) {
                    self.variables.extend_from_slice(&signature.parameters);
                }
                self.region = Region::Groups;
            }
            Region::Groups => {
                self.groups = number;
                self.region = if number > 0 { Region::Group } else { Region::Code };
            }
            _ => {
                self.group = number;
                self.region = Region::Type;
            }
        }
    }

    fn end_body(&mut self) {
        self.body = None;
        self.number = Number::default();
        self.region = if self.function < self.count { Region::Body } else { Region::Section };
    }

    fn end_section(&mut self) {
        let content = std::mem::take(&mut self.content);
        // A section that breaks the rules is known as far as it keeps them.
        let _ = match self.section {
            1 => self.read_types(&content),
            2 => self.read_imports(&content),
            3 => self.read_functions(&content),
            _ => Some(()),
        };
        self.region = Region::Section;
    }

    fn read_types(&mut self, mut content: &[u8]) -> Option<()> {
        for _ in 0..Number::read(&mut content)? {
            if byte(&mut content)? != 0x60 {
                return None;
            }
            let mut types = || -> Option<Box<[Type]>> {
                let count = Number::read(&mut content)? as usize;
                let (types, rest) = content.split_at_checked(count)?;
                content = rest;
                Some(types.iter().map(|&code| Type::of(code)).collect())
            };
            let (parameters, results) = (types()?, types()?);
            self.signatures.push(Signature {
                parameters,
                result: results.first().copied(),
                results: results.len() as u32,
            });
        }
        Some(())
    }

    fn read_imports(&mut self, mut content: &[u8]) -> Option<()> {
        let content = &mut content;
        for _ in 0..Number::read(content)? {
            for _name in 0..2 {
                let length = Number::read(content)? as usize;
                *content = content.get(length..)?;
            }
            match byte(content)? {
                0 => {
                    self.functions.push(Number::read(content)?);
                    self.imports += 1;
                }
                kind @ (1 | 2) => {
                    if kind == 1 {
                        byte(content)?;
                    }
                    let limits = byte(content)?;
                    Number::read(content)?;
                    if limits & 1 != 0 {
                        Number::read(content)?;
                    }
                }
                3 => *content = content.get(2..)?,
                _ => {
                    byte(content)?;
                    Number::read(content)?;
                }
            }
        }
        Some(())
    }

    fn read_functions(&mut self, mut content: &[u8]) -> Option<()> {
        for _ in 0..Number::read(&mut content)? {
            self.functions.push(Number::read(&mut content)?);
        }
        Some(())
    }
}

fn byte(content: &mut &[u8]) -> Option<u8> {
    let (&first, rest) = content.split_first()?;
    *content = rest;
    Some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two kinds of functions, an imported one, two bodies; their lengths as given.
    fn module(lengths: [u8; 2]) -> Vec<u8> {
        let types = [1, 11, 2, 0x60, 2, 0x7e, 0x7d, 1, 0x7c, 0x60, 1, 0x7f, 0];
        let imports = [2, 15, 2, 1, b'e', 1, b'f', 0, 1, 1, b'e', 1, b'm', 2, 1, 1, 9];
        let functions = [3, 3, 2, 0, 1];
        let bodies = [
            10, 13, 2, lengths[0], 1, 2, 0x7e, 0x20, 0, 0x0b, lengths[1], 0, 0x02, 0x40, 0x0b, 0x0b,
        ];
        [&MAGIC[..], &types, &imports, &functions, &bodies].concat()
    }

    #[test]
    fn bodies_begin_and_end_with_and_without_their_lengths() {
        for lengths in [[6, 5], [0, 0], [6, 0]] {
            let bytes = module(lengths);
            let mut module = Module::default();
            let mut decoder = super::super::decoder::Decoder::default();
            let mut regions = Vec::new();
            for &byte in &bytes {
                let ends = if module.region() == Region::Code {
                    decoder.push(byte)
                } else {
                    Default::default()
                };
                module.push(byte, ends.function);
                regions.push(module.region());
                if regions.len() == bytes.len() - 9 {
                    assert_eq!((module.function(), module.own()), (1, 0));
                    let kinds: Vec<_> = (0..4).map(|number| module.variable(number)).collect();
                    assert_eq!(kinds, [Type::I64, Type::F32, Type::I64, Type::I64]);
                }
            }
            let expected = "Length Count Body Groups Group Type Code Code Code Body Groups \
                            Code Code Code Code Section";
            let found: Vec<_> =
                regions[regions.len() - 16..].iter().map(|region| format!("{region:?}")).collect();
            assert_eq!(found.join(" "), expected, "{lengths:?}");
            assert_eq!(module.called(0).unwrap().parameters, [Type::I32].into());
            assert_eq!(module.called(1).unwrap().result, Some(Type::F64));
            assert_eq!(module.called(3), None);
        }
    }
}
