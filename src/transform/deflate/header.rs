//! The header of a block with dynamic codes: code lengths in a run-length code.

use super::bits::{BitReader, BitWriter};
use super::code::{self, Table};
use super::lengths::{self, Method};
use super::symbols::{DISTANCES, LITERALS, ORDER, REPEAT_EXTRA};

/// One step of the run-length code of code lengths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// A code length from 0 to 15; or 16 to repeat the length before, 17 or 18 for zeros.
    pub symbol: u8,
    /// Number of code lengths that the step stands for.
    pub span: u8,
}

/// Smallest span of the symbols 16, 17 and 18.
const MIN_SPAN: [u8; 3] = [3, 3, 11];

impl Step {
    /// Largest number of code lengths that one step with `symbol` stands for.
    pub fn max_span(symbol: u8) -> u8 {
        [1, 6, 10, 138][usize::from(symbol.saturating_sub(15).min(3))]
    }

    /// Smallest number of code lengths that one step with `symbol` stands for.
    pub fn min_span(symbol: u8) -> u8 {
        if symbol < 16 { 1 } else { MIN_SPAN[usize::from(symbol - 16).min(2)] }
    }
}

/// The header of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Code lengths of literals, then code lengths of distances.
    pub lengths: Vec<u8>,
    /// Number of code lengths of literals, 257 to 286.
    pub split: usize,
    /// The run-length code of `lengths`.
    pub steps: Vec<Step>,
    /// Lengths of the code for the symbols of steps.
    pub repeats: [u8; 19],
    /// Number of written elements of `repeats`, in the order of [`ORDER`]: 4 to 19.
    pub written: usize,
}

impl Header {
    /// Code lengths of literals, the end of the block, and match lengths.
    pub fn literals(&self) -> &[u8] {
        &self.lengths[..self.split]
    }

    /// Code lengths of distances.
    pub fn distances(&self) -> &[u8] {
        &self.lengths[self.split..]
    }

    /// Number of uses of each symbol in `steps`.
    pub fn uses(steps: &[Step]) -> [u32; 19] {
        let mut uses = [0; 19];
        steps.iter().for_each(|step| uses[usize::from(step.symbol)] += 1);
        uses
    }

    /// Number of lengths of the code for steps that must be written.
    pub fn needed(repeats: &[u8; 19]) -> usize {
        ORDER.iter().rposition(|&symbol| repeats[symbol] > 0).map_or(4, |at| (at + 1).max(4))
    }

    /// The header that zlib writes for these code lengths.
    #[cfg(test)]
    pub fn usual(lengths: Vec<u8>, split: usize, method: Method) -> Self {
        let mut steps = Vec::new();
        let mut at = 0;
        while at < lengths.len() {
            let step = next_step(&lengths, split, at, false);
            at += usize::from(step.span);
            steps.push(step);
        }
        let repeats = assign_repeats(method, &steps);
        Self { written: Self::needed(&repeats), lengths, split, steps, repeats }
    }

    /// Bits of the header in the stream.
    pub fn bits(&self) -> u64 {
        let steps = self.steps.iter().map(|step| {
            let symbol = usize::from(step.symbol);
            u64::from(self.repeats[symbol]) + u64::from(REPEAT_EXTRA[symbol])
        });
        14 + 3 * self.written as u64 + steps.sum::<u64>()
    }

    /// Appends the header.
    pub fn write(&self, writer: &mut BitWriter) {
        writer.put(self.split as u32 - 257, 5);
        writer.put((self.lengths.len() - self.split) as u32 - 1, 5);
        writer.put(self.written as u32 - 4, 4);
        ORDER
            .iter()
            .take(self.written)
            .for_each(|&symbol| writer.put(self.repeats[symbol].into(), 3));
        let mut codes = Vec::new();
        code::canonical(&self.repeats, &mut codes);
        for step in &self.steps {
            let symbol = usize::from(step.symbol);
            writer.put(codes[symbol].into(), self.repeats[symbol].into());
            writer.put(
                u32::from(step.span - Step::min_span(step.symbol)),
                REPEAT_EXTRA[symbol].into(),
            );
        }
    }
}

/// Lengths of the code for the symbols of `steps`.
pub fn assign_repeats(method: Method, steps: &[Step]) -> [u8; 19] {
    let mut repeats = [0; 19];
    repeats.copy_from_slice(&lengths::assign(method, &Header::uses(steps), 7));
    repeats
}

/// The step that encoders take at index `at` of `lengths`: the longest run that one symbol stands
/// for. With `joint`, a run may continue from the lengths of literals to those of distances, which
/// start at `split`.
pub fn next_step(lengths: &[u8], split: usize, at: usize, joint: bool) -> Step {
    let (start, end) = match () {
        () if joint => (0, lengths.len()),
        () if at < split => (0, split),
        () => (split, lengths.len()),
    };
    let value = lengths[at];
    let run =
        lengths[at..end].iter().take(138).take_while(|&&length| length == value).count() as u8;
    let symbol = match value {
        0 if run >= 11 => 18,
        0 if run >= 3 => 17,
        1.. if run >= 3 && at > start && lengths[at - 1] == value => 16,
        _ => value,
    };
    Step { symbol, span: run.min(Step::max_span(symbol)) }
}

/// Reads a header.
pub fn read(reader: &mut BitReader<'_>, table: &mut Table) -> Option<Header> {
    let split = reader.take(5)? as usize + 257;
    let total = split + reader.take(5)? as usize + 1;
    let written = reader.take(4)? as usize + 4;
    if split > LITERALS || total - split > DISTANCES {
        return None;
    }
    let mut repeats = [0; 19];
    for &symbol in &ORDER[..written] {
        repeats[symbol] = reader.take(3)? as u8;
    }
    table.set(&repeats, false)?;
    let (mut lengths, mut steps) = (Vec::with_capacity(total), Vec::with_capacity(total));
    while lengths.len() < total {
        reader.fill();
        let symbol = table.read(reader)? as u8;
        let span = Step::min_span(symbol)
            + reader.buffered(REPEAT_EXTRA[usize::from(symbol)].into())? as u8;
        let value = match symbol {
            0..16 => symbol,
            16 => *lengths.last()?,
            _ => 0,
        };
        if lengths.len() + usize::from(span) > total {
            return None;
        }
        lengths.resize(lengths.len() + usize::from(span), value);
        steps.push(Step { symbol, span });
    }
    Some(Header { lengths, split, steps, repeats, written })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_come_back() {
        let mut lengths = vec![0; 257 + 5];
        lengths[..8].fill(4);
        lengths[100..116].fill(5);
        lengths[257..].fill(3);
        let header = Header::usual(lengths, 257, Method::Heap);
        assert_eq!(header.steps[0], Step { symbol: 4, span: 1 });
        assert_eq!(header.steps[1], Step { symbol: 16, span: 6 });
        let mut writer = BitWriter::default();
        header.write(&mut writer);
        assert_eq!(writer.len() as u64, header.bits() / 8);
        writer.pad(0);
        let bytes = writer.into_bytes();
        assert_eq!(read(&mut BitReader::new(&bytes), &mut Table::new()), Some(header));
    }

    #[test]
    fn runs_cross_the_middle_only_if_joint() {
        let lengths = [vec![5; 257], vec![5; 4]].concat();
        assert_eq!(next_step(&lengths, 257, 255, false), Step { symbol: 5, span: 1 });
        assert_eq!(next_step(&lengths, 257, 255, true), Step { symbol: 16, span: 6 });
        assert_eq!(next_step(&lengths, 257, 257, false), Step { symbol: 5, span: 1 });
    }
}
