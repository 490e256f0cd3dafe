//! Finds the settings of the encoder of a stream: those with the cheapest corrections for its
//! beginning.

use super::codes;
use super::corrections::{Chances, Counting};
use super::header::Header;
use super::lengths::Method;
use super::matcher::Matcher;
use super::restorer::Restorer;
use super::settings::Settings;
use super::symbols::{Frequencies, Token};

/// Number of tokens that all candidates are tried on.
const FIRST_TOKENS: usize = 1000;
/// Number of tokens that the best candidates are tried on.
pub const SECOND_TOKENS: usize = 16_000;
/// Number of candidates that are tried on more tokens.
const KEPT_CANDIDATES: usize = 5;
/// A cost, in units of 2^-8 bits, that counts as none: one correction costs more.
const NEGLIGIBLE_COST: u64 = 6 << 8;
/// Number of headers that are compared.
pub const MAX_HEADERS: usize = 4;

/// The beginning of a stream.
#[derive(Debug, Default)]
pub struct Sample {
    /// For each part, the number of plain bytes of stored blocks, then the tokens after them.
    pub parts: Vec<(usize, Vec<Token>)>,
    /// Number of tokens in all parts.
    pub count: usize,
    /// Number of tokens of each block except the last.
    pub sizes: Vec<usize>,
    /// The first headers, each with the frequencies of the symbols in its block.
    pub headers: Vec<(Frequencies, Header)>,
    /// The largest distance in the whole stream.
    pub furthest: usize,
    /// The smallest distance in the whole stream.
    pub nearest: usize,
}

/// The settings that fit `sample` best. `plain` is the content of the stream.
pub fn settings(
    sample: &Sample,
    plain: &[u8],
    matcher: &mut Matcher,
    chances: &mut Chances,
) -> Settings {
    // The smallest window that all distances fit. A stream that is longer than its distances reach
    // was written with such a window.
    let tight = (9..15).find(|&window| sample.furthest <= (1 << window) - 262).unwrap_or(15);
    let window = if plain.len() > 2 << tight { tight } else { 15 };
    let usual = codes_of(sample, Settings { memory: memory(sample), window, ..Settings::USUAL });
    let mut cost =
        |settings: Settings, count: usize| cost(settings, sample, count, plain, matcher, chances);
    let fit = |settings: Settings| {
        if sample.furthest > settings.reach().distance {
            Settings { edges: true, ..settings }
        } else {
            settings
        }
    };
    if sample.furthest == 0 {
        return Settings { row: 0, ..usual };
    }
    if cost(usual, SECOND_TOKENS) < NEGLIGIBLE_COST {
        return usual;
    }
    let mut tried: Vec<(u64, Settings)> = Vec::new();
    for row in [9, 1, 5, 4, 3, 2, 6, 7, 8, 10, 11, 12, 13, 14, 15, 0] {
        for other in [false, true] {
            let skipped =
                if other { !matches!(row, 4..=9 | 11..) } else { row == 10 && sample.nearest > 1 };
            if !skipped {
                let settings = fit(Settings {
                    row,
                    filtered: other && row < 10,
                    edges: row > 10,
                    four: other && row > 10,
                    ..usual
                });
                tried.push((cost(settings, FIRST_TOKENS), settings));
            }
        }
    }
    tried.sort_by_key(|&(cost, _)| cost);
    tried.truncate(KEPT_CANDIDATES);
    if sample.count > FIRST_TOKENS {
        tried.iter_mut().for_each(|(spent, settings)| *spent = cost(*settings, SECOND_TOKENS));
        tried.sort_by_key(|&(cost, _)| cost);
    }
    let (mut least, mut best) = tried.first().copied().unwrap_or((u64::MAX, usual));
    let changes: [fn(Settings) -> Settings; 6] = [
        |settings| Settings { hash: settings.memory + 7, ..settings },
        |settings| Settings { hash: 16, ..settings },
        |settings| Settings { hash: 12, ..settings },
        |settings| Settings { window: 15, ..settings },
        |settings| Settings { edges: !settings.edges, ..settings },
        |settings| Settings { filtered: !settings.filtered, ..settings },
    ];
    for change in changes {
        let settings = fit(change(best));
        if least < NEGLIGIBLE_COST {
            break;
        }
        if settings != best {
            let spent = cost(settings, SECOND_TOKENS);
            if spent < least {
                (least, best) = (spent, settings);
            }
        }
    }
    best
}

/// zlib's memory level, which follows from the number of tokens of a full block.
fn memory(sample: &Sample) -> u32 {
    // GNU gzip may end a block early, so the largest block counts.
    let largest = sample.sizes.iter().copied().max().unwrap_or(0);
    (1..=9).find(|level| largest + 1 == 1 << (level + 6)).unwrap_or(8)
}

/// Completes `settings` with the algorithm that makes the code lengths.
fn codes_of(sample: &Sample, settings: Settings) -> Settings {
    let wrong = |method: Method, joint: bool| -> usize {
        let differs = |(uses, told): &(Frequencies, Header)| {
            let predicted = codes::predict(uses, method, joint);
            let lengths =
                predicted.lengths.iter().zip(&told.lengths).filter(|(a, b)| a != b).count();
            lengths
                + usize::from(predicted.steps != told.steps)
                + usize::from(predicted.repeats != told.repeats) * 2
        };
        sample.headers.iter().map(differs).sum()
    };
    let mut best = (usize::MAX, settings);
    for (method, joint) in [
        (Method::Heap, false),
        (Method::Sorted, true),
        (Method::Heap, true),
        (Method::Sorted, false),
    ] {
        let count = wrong(method, joint);
        if count < best.0 {
            best = (count, Settings { method, joint, ..settings });
        }
        if count == 0 {
            break;
        }
    }
    best.1
}

/// Cost of the corrections for the first `count` tokens of `sample`, in units of 2^-8 bits.
fn cost(
    settings: Settings,
    sample: &Sample,
    count: usize,
    plain: &[u8],
    matcher: &mut Matcher,
    chances: &mut Chances,
) -> u64 {
    let mut walk = Restorer::new(Counting::new(chances), matcher, plain, settings);
    let mut left = count;
    for (stored, tokens) in &sample.parts {
        walk.pass(*stored);
        for &token in &tokens[..tokens.len().min(left)] {
            if walk.token(token).is_err() {
                return u64::MAX;
            }
        }
        left = left.saturating_sub(tokens.len());
    }
    walk.code.cost
}
