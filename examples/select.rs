//! Development harness: sizes for a list of contexts and selectors, and greedy forward selection.
//!
//! - `select profile LEVEL KIND` prints the contexts and selectors of a profile.
//! - `select size CONTEXTS SELECTORS FILE[:FROM:LENGTH]…` prints sizes.
//! - `select drop CONTEXTS SELECTORS FILE…` prints the loss without each context.
//! - `select grow COUNT CONTEXTS CANDIDATES SELECTORS FILE…` adds contexts up to COUNT, the best
//!   first.
//! - `select rows COUNT CONTEXTS SELECTORS CANDIDATES FILE…` adds selectors.
//!
//! Lists are names separated by commas, as `profile` prints them (`Order.3,Word.SoFar`);
//! `X86.*` is all of a family. Environment: `RF`, `RL`, `RS`, `RT` the mixer's rate, `LE` the least
//! error that maps learn from, `LR` the rate of the final mixer, `LAST` the selector of a second
//! one, `DETAILED=1` more inputs a context, `MEM` MiB of tables, `ORDERS` how many contexts count
//! as orders, `WORDS=1` text as words, `MATCHES` the shortest lengths of the match models (`12 5`),
//! `BS` and `BR` from which length and which rarity of misses on long matches are believed, `WIDTH`
//! candidates that are measured again, `RESIDUALS=1` guesses, `GEOMETRIC=1` lists grow by the geometric mean of sizes (in
//! units of 0.001 % of one file).

use cmx::internals::coder::leading::Leading;
use cmx::internals::kind::Kind;
use cmx::internals::mix::mixer::Rate;
use cmx::internals::model::context::Context;
use cmx::internals::model::long_match::Belief;
use cmx::internals::model::name::Named;
use cmx::internals::model::selector::Selector;
use cmx::internals::predictor::encode_profile;
use cmx::internals::predictor::primer::Primer;
use cmx::internals::predictor::profile::Profile;

/// A number from the environment, or its default.
fn env(name: &str, default: u32) -> u32 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// The values of a list of names.
fn list<T: Named>(names: &str) -> Vec<T> {
    let values = |name: &str| match name.strip_suffix('*') {
        Some(family) => {
            T::all().into_iter().filter(|value| value.to_string().starts_with(family)).collect()
        }
        None => vec![name.parse().unwrap_or_else(|error| panic!("{error}"))],
    };
    names.split(',').filter(|name| !name.is_empty()).flat_map(values).collect()
}

fn names<T: Named>(values: &[T]) -> String {
    values.iter().map(T::to_string).collect::<Vec<_>>().join(",")
}

/// The profile of these lists, plain orders first.
fn profile(list: &[Context], selectors: &[Selector]) -> Profile {
    let is_order = |context: &Context| matches!(context, Context::Order(_) | Context::Long(_));
    let (mut contexts, rest): (Vec<_>, Vec<_>) = list.iter().copied().partition(is_order);
    let orders = env("ORDERS", contexts.len() as u32) as usize;
    contexts.extend(rest);
    let full = contexts.len().max(1).next_multiple_of(8);
    let has_words = env("WORDS", 0) == 1;
    let last = std::env::var("LAST").unwrap_or_default();
    let profile = Profile {
        origin: Default::default(),
        contexts,
        orders,
        dense: env("DENSE", 4) as usize,
        runs: 0..0,
        stationary: 0..0,
        confidences: false,
        belief: Belief {
            shortest: env("BS", if full > 16 { 32 } else { 16 }),
            rarity: env("BR", if full > 16 { 14 } else { 11 }),
        },
        bytes_per_context: if full > 16 { 8 } else { 1 },
        matches: match std::env::var("MATCHES") {
            Ok(lengths) => lengths.split(' ').filter_map(|length| length.parse().ok()).collect(),
            Err(_) if full > 24 => vec![64, 20, 9, 5],
            Err(_) => vec![32, 12, 6],
        },
        selectors: selectors.to_vec(),
        networks: Vec::new(),
        residuals: env("RESIDUALS", 0) == 1,
        signal: None,
        rate: Rate {
            first: env("RF", 1200),
            last: env("RL", 150),
            span: env("RS", 1000),
            rise: env("RISE", 1),
            threshold: env("RT", 500),
        },
        least_error: env("LE", if full > 16 { 100 } else { 250 }),
        final_selector: self::list(&last).first().copied(),
        final_mixing: cmx::internals::mix::final_stage::FinalMixing::Gradient,
        final_rate: env("LR", 150),
        first_weight: 320 / full as u32,
        primer: if env("WORDS", 0) == 1 {
            Primer::numbered(env("PRIMER", 3) as u8).unwrap().as_words().unwrap()
        } else {
            Primer::default()
        },
        words: has_words.then_some(1 << 26),
        leading: Leading::Coded,
    };
    if env("DETAILED", 0) == 0 && full <= 16 {
        return profile;
    }
    let (runs, stationary) = match full {
        ..=8 => (2..4, 0..0),
        9..=16 => (2..3, 0..0),
        17..=24 => (2..4, 0..0),
        25..=40 => (2..10, 0..0),
        _ => (2..10, 1..12),
    };
    Profile { confidences: true, runs, stationary, ..profile }
}

/// What is measured: each file or part of one, with its name.
struct Bench {
    pieces: Vec<(String, Vec<u8>)>,
}

impl Bench {
    fn read(files: &[String]) -> Self {
        let piece = |name: &String| {
            let parts: Vec<_> = name.split(':').collect();
            let number = |index: usize| parts.get(index).map(|part| part.parse::<usize>().unwrap());
            let raw = std::fs::read(parts[0]).unwrap();
            let from = number(1).unwrap_or(0).min(raw.len());
            let to = number(2).map_or(raw.len(), |length| (from + length).min(raw.len()));
            let piece = raw[from..to].to_vec();
            let piece = match env("WORDS", 0) {
                1 => cmx::internals::words::encode(&piece).unwrap(),
                _ => piece,
            };
            (name.clone(), piece)
        };
        Self { pieces: files.iter().map(piece).collect() }
    }

    /// Coded size of each piece.
    fn sizes(&self, list: &[Context], selectors: &[Selector]) -> Vec<usize> {
        let profile = profile(list, selectors);
        let memory = (env("MEM", 512) as usize) << 20;
        let size = |(_, raw): &(String, Vec<u8>)| {
            encode_profile(&profile, raw, memory, cmx::internals::simd::active()).unwrap().len()
        };
        self.pieces.iter().map(size).collect()
    }

    fn size(&self, list: &[Context], selectors: &[Selector]) -> usize {
        let sizes = self.sizes(list, selectors);
        match env("GEOMETRIC", 0) {
            1 => sizes.iter().map(|&size| ((size as f64).ln() * 1e5) as usize).sum(),
            _ => sizes.iter().sum(),
        }
    }
}

fn print_profile(level: &str, kind: &str) {
    let kind = match kind {
        "generic" => Kind::Generic,
        "text" => Kind::Text,
        "words" => Kind::Words,
        "table" => Kind::Table,
        "exe" => Kind::Exe,
        "font" => Kind::Font,
        "wasm" => Kind::Wasm,
        other => panic!("no kind is called {other}"),
    };
    let level = cmx::internals::level::level(level.parse().unwrap()).unwrap();
    let profile = cmx::internals::method::choice::profile(level, &kind, 1 << 20)
        .expect("the level sorts this kind");
    println!("{}\n{}", names(&profile.contexts), names(&profile.selectors));
    if let Some(selector) = profile.final_selector {
        println!("LAST={selector}");
    }
}

fn print_sizes(bench: &Bench, contexts: &[Context], selectors: &[Selector]) -> usize {
    let sizes = bench.sizes(contexts, selectors);
    for ((name, raw), size) in bench.pieces.iter().zip(&sizes) {
        println!("{name:40} {:9} {size:9}", raw.len());
    }
    let total = sizes.iter().sum();
    println!("total {total}");
    total
}

fn drop_each(bench: &Bench, contexts: &[Context], selectors: &[Selector]) {
    let total = print_sizes(bench, contexts, selectors);
    for (index, context) in contexts.iter().enumerate() {
        let rest = [&contexts[..index], &contexts[index + 1..]].concat();
        println!(
            "{:32} {:+}",
            context.to_string(),
            bench.size(&rest, selectors) as i64 - total as i64
        );
    }
}

fn grow(
    bench: &Bench,
    count: usize,
    mut contexts: Vec<Context>,
    candidates: &[Context],
    selectors: &[Selector],
) {
    let mut best = bench.size(&contexts, selectors);
    println!("start {best}");
    // Gains mostly shrink as the list grows: only those that were best before are measured again.
    let mut queue: Vec<(i64, Context)> =
        candidates.iter().map(|&context| (i64::MAX, context)).collect();
    let width = env("WIDTH", 4) as usize;
    while contexts.len() < count && !queue.is_empty() {
        queue.sort_by_key(|&(gain, _)| -gain);
        let is_first_round = queue.iter().any(|&(gain, _)| gain == i64::MAX);
        let measured = if is_first_round { queue.len() } else { width.min(queue.len()) };
        for (gain, context) in &mut queue[..measured] {
            let trial = [&contexts[..], &[*context]].concat();
            *gain = best as i64 - bench.size(&trial, selectors) as i64;
        }
        let (rank, &(gain, context)) =
            queue[..measured].iter().enumerate().max_by_key(|(_, entry)| entry.0).unwrap();
        if gain <= 0 {
            queue.drain(..measured);
            continue;
        }
        queue.remove(rank);
        contexts.push(context);
        best -= gain as usize;
        println!("{:3} {:32} {:+7} {best}", contexts.len(), context.to_string(), -gain);
    }
    println!("{}", names(&contexts));
}

fn grow_rows(
    bench: &Bench,
    count: usize,
    contexts: &[Context],
    mut selectors: Vec<Selector>,
    mut candidates: Vec<Selector>,
) {
    let mut best = bench.size(contexts, &selectors);
    println!("start {best}");
    while selectors.len() < count && !candidates.is_empty() {
        let trial =
            |&selector: &Selector| bench.size(contexts, &[&selectors[..], &[selector]].concat());
        let sizes: Vec<usize> = candidates.iter().map(trial).collect();
        let (index, &size) = sizes.iter().enumerate().min_by_key(|&(_, size)| size).unwrap();
        if size >= best {
            break;
        }
        println!("{:32} {:+} {size}", candidates[index].to_string(), size as i64 - best as i64);
        best = size;
        selectors.push(candidates.remove(index));
    }
    println!("{}", names(&selectors));
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let count = || arguments[1].parse().unwrap();
    match arguments[0].as_str() {
        "profile" => print_profile(&arguments[1], &arguments[2]),
        "size" => {
            let bench = Bench::read(&arguments[3..]);
            print_sizes(&bench, &list(&arguments[1]), &list(&arguments[2]));
        }
        "drop" => {
            let bench = Bench::read(&arguments[3..]);
            drop_each(&bench, &list(&arguments[1]), &list(&arguments[2]));
        }
        "grow" => {
            let bench = Bench::read(&arguments[5..]);
            let [contexts, candidates] = [2, 3].map(|index| list(&arguments[index]));
            grow(&bench, count(), contexts, &candidates, &list(&arguments[4]));
        }
        "rows" => {
            let bench = Bench::read(&arguments[5..]);
            let [selectors, candidates] = [3, 4].map(|index| list(&arguments[index]));
            grow_rows(&bench, count(), &list(&arguments[2]), selectors, candidates);
        }
        other => panic!("{other} is none of profile, size, drop, grow, rows"),
    }
}
