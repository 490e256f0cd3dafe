//! The code of a last column by contexts ([`super::intervals`]): how often each byte is in the text,
//! the first rows of the chains of the inverse, and then the counts of contexts.

use std::ops::Range;

use super::counts::{Child, CountModel, SYMBOLS};
use super::intervals::{Side, walk};
use super::{inverse, suffix};
use crate::budget;
use crate::coder::growing::{CodeSource, Growing};
use crate::coder::{BitCoder, Decoder, Encoder, Paused};
use crate::error::{Error, Result};
use crate::numeric::PROBABILITY_ONE;
use crate::numeric::state_map::{entry, probability, update_entry};
use crate::simd::{InstructionSet, accelerate};
use crate::threads::{Step, beside};

/// Bytes of memory for each byte of a text, beside the sorted text.
pub const MEMORY: u64 = 20;
/// Bytes of the tables of a model.
pub const TABLES: u64 = 2 << 20;

/// Bits of a row number. A text has fewer than 2^24 bytes.
const ROW_BITS: u32 = 24;
/// Bytes that the head takes at most: 20 bits or less a decision.
const LONGEST_HEAD: usize = 32 << 10;
/// Bytes that one count takes at most: some 60 decisions.
const LONGEST_COUNT: usize = 192;
/// An encoder hands on what it has written after so many contexts.
const CONTEXTS: u32 = 4096;

/// Codes the totals of the 256 bytes: does each occur, given whether the two before do; then the
/// bits of the number.
fn code_totals<C: BitCoder>(coder: &mut C, totals: &mut [u32; SYMBOLS]) {
    let mut present = [entry(PROBABILITY_ONE / 2, 0); 32];
    let mut lengths = [entry(PROBABILITY_ONE / 2, 0); 32];
    let mut seconds = [entry(PROBABILITY_ONE / 2, 0); 32];
    let code = |coder: &mut C, slot: &mut u32, bit: u32| {
        let least = PROBABILITY_ONE >> 10;
        let bit = coder.code(bit, probability(*slot).clamp(least, PROBABILITY_ONE - least));
        *slot = update_entry(*slot, bit, 30);
        bit
    };
    for symbol in 1..SYMBOLS {
        let byte = symbol - 1;
        let near = (1..=2).fold(0, |near, back| {
            near * 2 + usize::from(byte >= back && totals[symbol - back] > 0)
        });
        let total = totals[symbol];
        if code(coder, &mut present[(byte >> 5) * 4 + near], u32::from(total > 0)) == 0 {
            totals[symbol] = 0;
            continue;
        }
        let length = total.checked_ilog2().unwrap_or(0);
        let mut node = 1;
        for shift in (0..5).rev() {
            node = node << 1 | code(coder, &mut lengths[node as usize & 31], length >> shift & 1);
        }
        let length = (node & 31).min(ROW_BITS);
        let mut value = 1;
        for shift in (0..length).rev() {
            let bit = total >> shift & 1;
            let bit = match shift + 1 == length {
                true => code(coder, &mut seconds[length as usize], bit),
                false => coder.code(bit, PROBABILITY_ONE / 2),
            };
            value = value << 1 | bit;
        }
        totals[symbol] = value;
    }
}

/// Codes the first rows of all chains but the first: the walk gives that one's.
fn code_starts<C: BitCoder>(coder: &mut C, starts: &mut [u32]) {
    for start in starts.iter_mut().skip(1) {
        *start = coder.code_plain(*start, ROW_BITS);
    }
}

/// Encodes what the walk asks for.
struct Encoding<'a> {
    column: &'a [u8],
    /// The row that has no byte.
    whole: usize,
    encoder: Encoder,
    tally: [u32; SYMBOLS],
    growing: Option<&'a Growing>,
    contexts: u32,
}

impl Side for Encoding<'_> {
    #[inline(always)]
    fn count(
        &mut self,
        model: &mut CountModel,
        child: &mut Child<'_>,
        rows: Range<usize>,
        counts: &mut [u32],
    ) -> Result<()> {
        if let (0, Some(growing)) = (self.contexts % CONTEXTS, self.growing) {
            growing.append(self.encoder.settled().get(growing.len()..).unwrap_or(&[]));
        }
        self.contexts = self.contexts.wrapping_add(1);
        // The column lacks one row.
        let [begin, end] = [rows.start, rows.end].map(|row| row - usize::from(row > self.whole));
        for &byte in &self.column[begin..end] {
            self.tally[usize::from(byte) + 1] += 1;
        }
        self.tally[0] = u32::from(rows.contains(&self.whole));
        model.code(&mut self.encoder, child, &self.tally, counts);
        for &symbol in child.symbols {
            self.tally[usize::from(symbol) % SYMBOLS] = 0;
        }
        Ok(())
    }

    fn fill(&mut self, _: Range<usize>, _: u16) {}
}

/// The code of a transformed text; `None` where it takes too many decisions. Appends the code to
/// `growing` while it is coded.
///
/// # Errors
/// Memory is short.
fn encode(
    transformed: &suffix::Transformed,
    set: InstructionSet,
    growing: Option<&Growing>,
) -> Result<Option<Vec<u8>>> {
    let suffix::Transformed { column, starts } = transformed;
    let mut encoder = Encoder::new();
    encoder.code(1, PROBABILITY_ONE / 2);
    let mut totals = [0; SYMBOLS];
    for &byte in column {
        totals[usize::from(byte) + 1] += 1;
    }
    code_totals(&mut encoder, &mut totals);
    code_starts(&mut encoder, &mut starts.clone());
    totals[0] = 1;
    let whole = starts.first().map_or(0, |&row| row as usize);
    let tally = [0; SYMBOLS];
    let mut side = Encoding { column, whole, encoder, tally, growing, contexts: 0 };
    let is_done = accelerate(set, || walk(&totals, &mut side))?;
    Ok(is_done.then(|| side.encoder.finish()))
}

/// A code, if there is one, and what a thread decoded of it meanwhile.
pub type Followed = (Option<Vec<u8>>, Option<Vec<u8>>);

/// Like [`encode`]. A free thread may decode the code meanwhile.
///
/// # Errors
/// As for [`encode`].
pub fn encode_followed(
    transformed: &suffix::Transformed,
    set: InstructionSet,
    is_followed: bool,
) -> Result<Followed> {
    let length = transformed.column.len();
    let memory = MEMORY * length as u64 + TABLES;
    let _charge = budget::charge(memory, "the contexts of a sorted text")?;
    let growing = Growing::default();
    if !is_followed {
        return Ok((encode(transformed, set, None)?, None));
    }
    beside(
        Step { length, memory: memory + 2 * length as u64 },
        || decode(CodeSource::growing(&growing), length, set),
        || growing.abandon(),
        |is_followed| {
            let growing = Some(&growing).filter(|_| is_followed);
            let code = encode(transformed, set, growing)?;
            match (growing, &code) {
                (Some(growing), Some(code)) => growing.finish(code),
                (Some(growing), None) => growing.abandon(),
                (None, _) => {}
            }
            Ok(code)
        },
    )
}

/// Decodes what the walk asks for.
struct Decoding<'a> {
    source: CodeSource<'a>,
    paused: Option<Paused>,
    /// The byte of each row.
    rows: Vec<u8>,
    /// The row that has no byte.
    whole: Option<usize>,
    filled: usize,
}

impl Side for Decoding<'_> {
    #[inline(always)]
    fn count(
        &mut self,
        model: &mut CountModel,
        child: &mut Child<'_>,
        _: Range<usize>,
        counts: &mut [u32],
    ) -> Result<()> {
        let paused = self.paused.take().ok_or_else(|| Error::Bug("a walk goes on".into()))?;
        let longest = child.symbols.len() * LONGEST_COUNT;
        if paused.position() > self.source.position_before(longest) {
            self.source.need(paused.position() + longest)?;
        }
        let mut decoder = paused.on(self.source.bytes());
        model.code(&mut decoder, child, &[0; SYMBOLS], counts);
        if decoder.overrun() && self.source.is_whole() {
            return Err(Error::Corrupt("sorted stream cut short".into()));
        }
        self.paused = Some(decoder.pause());
        Ok(())
    }

    fn fill(&mut self, rows: Range<usize>, symbol: u16) {
        self.filled += rows.len();
        match symbol.checked_sub(1) {
            None => self.whole = Some(rows.start),
            Some(byte) => self.rows[rows].fill(byte as u8),
        }
    }
}

/// Whether a code is one of [`encode`].
pub fn is_of_contexts(code: &[u8]) -> bool {
    Decoder::new(code).code(0, PROBABILITY_ONE / 2) == 1
}

/// Decodes what [`encode`] made of `length` bytes.
///
/// # Errors
/// [`Error::Corrupt`] if the code cannot be right; [`Error::Limit`] if memory is short; or nobody
/// needs the code any more.
pub fn decode(mut source: CodeSource<'_>, length: usize, set: InstructionSet) -> Result<Vec<u8>> {
    source.need(LONGEST_HEAD)?;
    let mut decoder = Decoder::new(source.bytes());
    let corrupt = || Error::Corrupt("counts of a sorted stream".into());
    if decoder.code(0, PROBABILITY_ONE / 2) == 0 {
        return Err(corrupt());
    }
    let mut totals = [0; SYMBOLS];
    code_totals(&mut decoder, &mut totals);
    if totals.iter().map(|&total| u64::from(total)).sum::<u64>() != length as u64 {
        return Err(corrupt());
    }
    totals[0] = 1;
    let mut starts = vec![0; length.div_ceil(suffix::chain_length(length))];
    code_starts(&mut decoder, &mut starts);
    let paused = Some(decoder.pause());
    let mut rows = Vec::new();
    rows.try_reserve_exact(length + 1).map_err(|_| Error::no_memory("a block"))?;
    rows.resize(length + 1, 0);
    let mut side = Decoding { source, paused, rows, whole: None, filled: 0 };
    if !accelerate(set, || walk(&totals, &mut side))? {
        return Err(Error::Corrupt("a sorted stream takes too many decisions".into()));
    }
    // The code that was decoded is compared with the whole one.
    side.source.need_all()?;
    let (Some(whole), Some(first)) = (side.whole, starts.first_mut()) else {
        return Err(corrupt());
    };
    if side.filled != length + 1 {
        return Err(corrupt());
    }
    *first = whole as u32;
    let mut column = side.rows;
    column.remove(whole);
    inverse::inverse(&column, &starts)
}
