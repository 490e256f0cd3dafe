//! The codes of a block, predicted from its tokens and corrected.

use super::code::{FIXED, FIXED_DISTANCES};
use super::contexts as at;
use super::corrections::Code;
use super::header::{Header, Step, assign_repeats, next_step};
use super::lengths::{self, Method};
use super::symbols::{DISTANCES, Frequencies, LITERALS, ORDER};

/// The header that an encoder would write for symbols with the frequencies `uses`.
pub fn predict(uses: &Frequencies, method: Method, joint: bool) -> Header {
    let mut all = lengths::assign(method, &uses.literals, 15);
    let split = all.iter().rposition(|&length| length > 0).map_or(257, |at| (at + 1).max(257));
    all.truncate(split);
    let mut distances = lengths::assign(method, &uses.distances, 15);
    distances.truncate(distances.iter().rposition(|&length| length > 0).map_or(1, |at| at + 1));
    all.extend(distances);
    let steps = steps(&all, split, joint);
    let repeats = assign_repeats(method, &steps);
    Header { written: Header::needed(&repeats), lengths: all, split, steps, repeats }
}

fn steps(lengths: &[u8], split: usize, joint: bool) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut at = 0;
    while at < lengths.len() {
        let step = next_step(lengths, split, at, joint);
        at += usize::from(step.span);
        steps.push(step);
    }
    steps
}

/// A block of at most this many bits in the fixed codes is no longer than with any predicted
/// header. A header with two codes of one bit has 18 code lengths, which take 54 bits after 17
/// other bits; any further symbol takes more bits in both codes.
pub const SHORT_BLOCK_BITS: u64 = 64;

fn bits(uses: &Frequencies, literals: &[u8], distances: &[u8]) -> u64 {
    let sum = |uses: &[u32], lengths: &[u8]| -> u64 {
        uses.iter().zip(lengths).map(|(&uses, &length)| u64::from(uses) * u64::from(length)).sum()
    };
    3 + sum(&uses.literals, literals) + sum(&uses.distances, distances)
}

/// Bits of a block in the fixed codes, including the three bits of its header. `extra` is the
/// number of extra bits of all symbols.
pub fn fixed_cost(uses: &Frequencies, extra: u64) -> u64 {
    bits(uses, &FIXED, &FIXED_DISTANCES) + extra
}

/// Bits of a block in the codes of `header`, counted as in [`fixed_cost`].
pub fn cost(uses: &Frequencies, header: &Header, extra: u64) -> u64 {
    bits(uses, header.literals(), header.distances()) + header.bits() + extra
}

/// Codes the differences between `told` and `predicted`, and returns the header. `None` if the
/// corrections cannot be right.
pub fn correct<C: Code>(
    code: &mut C,
    told: &Header,
    predicted: &Header,
    method: Method,
    joint: bool,
) -> Option<Header> {
    let split = sized(code, 0, told.split - 257, predicted.split - 257) + 257;
    let distances = sized(
        code,
        1,
        told.lengths.len() - told.split - 1,
        predicted.lengths.len() - predicted.split - 1,
    ) + 1;
    if split > LITERALS || distances > DISTANCES {
        return None;
    }
    let mut expected = predicted.literals().to_vec();
    expected.resize(split, 0);
    expected.extend_from_slice(predicted.distances());
    expected.resize(split + distances, 0);
    let lengths = if code.decide(at::ALL_LENGTHS, told.lengths == expected) {
        expected
    } else {
        all_lengths(code, &told.lengths, &expected, 0)?
    };
    let usual = steps(&lengths, split, joint);
    let steps = if code.decide(at::ALL_STEPS, told.steps == usual) {
        usual
    } else {
        all_steps(code, &told.steps, &lengths, split, joint)?
    };
    let usual = assign_repeats(method, &steps);
    let repeats = if code.decide(at::REPEATS, told.repeats == usual) {
        usual
    } else {
        *all_lengths(code, &told.repeats, &usual, 1)?.first_chunk()?
    };
    let needed = Header::needed(&repeats);
    let written = if code.decide(at::WRITTEN, told.written == needed) {
        needed
    } else {
        code.plain_bits(at::WRITTEN_BITS, 5, told.written as u32) as usize
    };
    // Every step must have a code, and must fit the bits that the stream has for the step.
    let coded = steps.iter().all(|step| repeats[usize::from(step.symbol)] > 0)
        && repeats.iter().all(|&length| length < 8);
    (coded && (needed..=ORDER.len()).contains(&written)).then_some(Header {
        lengths,
        split,
        steps,
        repeats,
        written,
    })
}

fn sized(code: &mut impl Code, which: usize, told: usize, predicted: usize) -> usize {
    if code.decide(at::SPLIT + which, told == predicted) {
        predicted
    } else {
        code.plain_bits(at::SPLIT_BITS + which * 8, 5, told as u32) as usize
    }
}

/// Codes all code lengths. `kind` is 1 for the lengths of the code for steps, otherwise 0.
fn all_lengths(code: &mut impl Code, told: &[u8], expected: &[u8], kind: usize) -> Option<Vec<u8>> {
    let mut lengths = Vec::with_capacity(expected.len());
    let mut history = 3;
    for (index, &expected) in expected.iter().enumerate() {
        let told = told.get(index).copied().unwrap_or(0);
        let context = usize::from(expected);
        let right =
            code.decide(at::CODE_LENGTH + kind * 64 + context * 4 + history, told == expected);
        history = history << 1 & 3 | usize::from(right);
        let length = if right {
            expected
        } else {
            let longer = code.decide(at::LONGER + kind * 16 + context, told > expected);
            let by = code.number(at::BY, u32::from(told.abs_diff(expected).saturating_sub(1))) + 1;
            let length = if longer {
                u32::from(expected).checked_add(by)?
            } else {
                u32::from(expected).checked_sub(by)?
            };
            u8::try_from(length).ok().filter(|&length| length <= 15)?
        };
        lengths.push(length);
    }
    Some(lengths)
}

fn all_steps<C: Code>(
    code: &mut C,
    told: &[Step],
    lengths: &[u8],
    split: usize,
    joint: bool,
) -> Option<Vec<Step>> {
    let mut steps: Vec<Step> = Vec::new();
    let (mut done, mut right) = (0, true);
    while done < lengths.len() {
        let expected = next_step(lengths, split, done, joint);
        let told = told.get(steps.len()).copied().unwrap_or(expected);
        right = code.decide(at::STEP + usize::from(right), told == expected);
        let step = if right { expected } else { other_step(code, told, lengths, done)? };
        done += usize::from(step.span);
        steps.push(step);
    }
    (done == lengths.len()).then_some(steps)
}

fn other_step(code: &mut impl Code, told: Step, lengths: &[u8], done: usize) -> Option<Step> {
    let kind = code.plain_bits(at::STEP_SYMBOL, 2, u32::from(told.symbol.max(15) - 15)) as u8;
    if kind == 0 {
        return Some(Step { symbol: lengths[done], span: 1 });
    }
    let symbol = 15 + kind;
    let (least, most) = (Step::min_span(symbol), Step::max_span(symbol));
    let span = code.plain_bits(
        at::STEP_SPAN + usize::from(kind) * 8,
        7,
        u32::from(told.span.saturating_sub(least)),
    ) + u32::from(least);
    let value = if kind == 1 { *lengths.get(done.checked_sub(1)?)? } else { 0 };
    let spanned = lengths.get(done..done + span as usize)?;
    (span <= u32::from(most) && spanned.iter().all(|&length| length == value))
        .then_some(Step { symbol, span: span as u8 })
}

#[cfg(test)]
mod tests {
    use super::super::symbols::Token;
    use super::*;

    #[test]
    fn short_blocks_are_never_longer_in_fixed_codes() {
        for count in 0..8u32 {
            for spread in [0, 1, 3, 40] {
                let tokens: Vec<Token> =
                    (0..count).map(|n| Token::literal((n * spread) as u8)).collect();
                let mut uses = Frequencies::of(&tokens);
                uses.distances[(spread % 30) as usize] = count % 2;
                for (method, joint) in [
                    (Method::Heap, false),
                    (Method::Sorted, true),
                    (Method::Sorted, false),
                    (Method::Heap, true),
                ] {
                    let dynamic = cost(&uses, &predict(&uses, method, joint), 0);
                    assert!(dynamic > SHORT_BLOCK_BITS, "{dynamic} bits for {count} tokens");
                }
            }
        }
    }
}
