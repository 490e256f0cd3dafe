//! Development harness: sizes for a list of contexts and selectors, and greedy forward selection.
//!
//! `select size CONTEXTS SELECTORS FILE[:FROM:LENGTH]…` prints sizes; `select drop …` the loss
//! without each context; `select grow COUNT CONTEXTS CANDIDATES SELECTORS FILE…` adds contexts up
//! to COUNT, the best first; `select rows COUNT CONTEXTS SELECTORS CANDIDATES FILE…` adds
//! selectors. Lists are separated by commas; ranges of numbered ones are written X86.0-9.

use cmx::internals::model::bypass::Belief;
use cmx::internals::model::context::Context;
use cmx::internals::predictor::encode_profile;
use cmx::internals::predictor::primer::Primer;
use cmx::internals::predictor::profile::{Profile, Selector};

/// A number from the environment, or its default.
fn env(name: &str, default: u32) -> u32 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default)
}

fn contexts(list: &str) -> Vec<(String, Context)> {
    use Context::*;
    let mut found = Vec::new();
    for name in list.split(',').filter(|name| !name.is_empty()) {
        let digits = name
            .split_once('.')
            .map_or(name.trim_start_matches(|c: char| !c.is_ascii_digit()), |(_, digits)| digits);
        if let Some((from, to)) = digits.split_once('-') {
            let stem = &name[..name.len() - digits.len()];
            for number in from.parse::<u8>().unwrap()..=to.parse().unwrap() {
                found.extend(contexts(&format!("{stem}{number}")));
            }
            continue;
        }
        let number = digits.parse::<u8>().unwrap_or(0);
        let context = if let Some(mask) = name.strip_prefix('M') {
            Masked(u64::from_str_radix(mask, 16).unwrap())
        } else {
            match name[..name.len() - digits.len()].trim_end_matches(|c: char| c.is_ascii_digit()) {
                "O" if number > 8 => Long(number),
                "O" => Order(number),
                "X86." => X86(number),
                "R." => Record(number),
                "T." => Table(number),
                "P." => Prose(number),
                "N." => Number(number),
                "Wasm." => Wasm(number),
                "G." => Font(number),
                "Word" => Word,
                "WordPair" => WordPair,
                "WordTriple" => WordTriple,
                "WordSkip" => WordSkip,
                "WordGap" => WordGap,
                "IndirectOne" => IndirectOne,
                "IndirectTwo" => IndirectTwo,
                "Above" => Above,
                "Column" => Column,
                "Field" => Field,
                "FieldAbove" => FieldAbove,
                "Expected" => Expected,
                "Shape" => Shape,
                "ShapeLast" => ShapeLast,
                "F" => Folded(number),
                "ExpectedTwo" => ExpectedTwo,
                "IndirectThree" => IndirectThree,
                "Nest" => Nest,
                "NestTwo" => NestTwo,
                "NestName" => NestName,
                "WordLine" => WordLine,
                "WordAbove" => WordAbove,
                "AboveTwo" => AboveTwo,
                other => panic!("{other}"),
            }
        };
        found.push((name.to_string(), context));
    }
    found
}

fn selectors(list: &str) -> Vec<Selector> {
    use Selector::*;
    list.split(',')
        .filter(|name| !name.is_empty())
        .map(|name| {
            if let Some(number) = name.strip_prefix("X86.") {
                return X86(number.parse().unwrap());
            }
            if let Some(number) = name.strip_prefix("X86P.") {
                return X86Partial(number.parse().unwrap());
            }
            if let Some(number) = name.strip_prefix("R.") {
                return Record(number.parse().unwrap());
            }
            if let Some(number) = name.strip_prefix("T.") {
                return Table(number.parse().unwrap());
            }
            if let Some(number) = name.strip_prefix("Wasm.") {
                return Wasm(number.parse().unwrap());
            }
            if let Some(number) = name.strip_prefix("G.") {
                return Font(number.parse().unwrap());
            }
            match name {
                "Constant" => Constant,
                "Partial" => Partial,
                "Match" => MatchLength,
                "Byte1" => Byte1,
                "WordClass" => WordClass,
                "Byte2" => Byte2,
                "Seen" => Seen,
                "Kinds" => Kinds,
                "KindPartial" => KindPartial,
                "WordPartial" => WordPartial,
                "MatchPartial" => MatchPartial,
                "WordLength" => WordLength,
                "Nest" => Nest,
                "Expected" => Expected,
                other => panic!("{other}"),
            }
        })
        .collect()
}

/// Plain orders first, then the rest; filled up to a multiple of eight with a context that says
/// nothing new.
fn profile(list: &[(String, Context)], selectors: &[Selector]) -> Profile {
    let is_order = |context: &Context| matches!(context, Context::Order(_) | Context::Long(_));
    let mut contexts: Vec<_> = list.iter().map(|(_, context)| *context).filter(is_order).collect();
    let orders = contexts.len();
    contexts.extend(list.iter().map(|(_, context)| *context).filter(|context| !is_order(context)));
    let full = contexts.len().max(1).next_multiple_of(8);
    contexts.resize(full, Context::Nothing);
    let orders = env("ORDERS", orders as u32) as usize;
    let profile = Profile {
        contexts,
        orders,
        dense: env("DENSE", 4) as usize,
        runs: 0..0,
        stationary: 0..0,
        confidences: false,
        belief: if full > 16 {
            Belief { shortest: 32, rarity: 14 }
        } else {
            Belief { shortest: 16, rarity: 11 }
        },
        bytes_per_context: if full > 16 { 8 } else { 1 },
        matches: if full > 24 { vec![64, 20, 9, 5] } else { vec![32, 12, 6] },
        selectors: selectors.to_vec(),
        signal: None,
        rate: cmx::internals::mix::mixer::Rate {
            first: env("RF", 1200),
            last: env("RL", 150),
            span: env("RS", 1000),
            threshold: env("RT", 500),
        },
        final_selector: std::env::var("LAST")
            .ok()
            .and_then(|name| crate::selectors(&name).first().copied()),
        final_rate: env("LR", 150),
        first_weight: 320 / full as u32,
        primer: if env("WORDS", 0) == 1 {
            Profile::of_words(
                cmx::internals::level::level(env("PRIMER", 6) as u8).unwrap(),
                1 << 20,
            )
            .unwrap()
            .primer
        } else {
            Primer::default()
        },
        words: (env("WORDS", 0) == 1).then_some(1 << 26),
        leading: cmx::internals::coder::leading::Leading::Coded,
    };
    if env("DETAILED", 0) == 1 || full > 16 { profile.with_details() } else { profile }
}

fn pieces(names: &[String]) -> Vec<(String, Vec<u8>)> {
    names
        .iter()
        .map(|name| {
            let parts: Vec<_> = name.split(':').collect();
            let raw = std::fs::read(parts[0]).unwrap();
            let from = parts.get(1).map_or(0, |from| from.parse::<usize>().unwrap());
            let length = parts.get(2).map_or(raw.len(), |length| length.parse().unwrap());
            let piece = &raw[from.min(raw.len())..(from + length).min(raw.len())];
            (
                name.clone(),
                if env("WORDS", 0) == 1 {
                    cmx::internals::words::encode(piece).unwrap()
                } else {
                    piece.to_vec()
                },
            )
        })
        .collect()
}

struct Bench {
    pieces: Vec<(String, Vec<u8>)>,
    memory: usize,
}

impl Bench {
    fn size(&self, list: &[(String, Context)], selectors: &[Selector]) -> usize {
        let profile = profile(list, selectors);
        self.pieces
            .iter()
            .map(|(_, raw)| {
                encode_profile(&profile, raw, self.memory, cmx::internals::simd::active())
                    .unwrap()
                    .len()
            })
            .sum()
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let memory = (env("MEM", 512) as usize) << 20;
    match arguments[0].as_str() {
        "size" | "drop" => {
            let (list, chosen) = (contexts(&arguments[1]), selectors(&arguments[2]));
            let bench = Bench { pieces: pieces(&arguments[3..]), memory };
            let profile = profile(&list, &chosen);
            let mut total = 0;
            for (name, raw) in &bench.pieces {
                let size = encode_profile(&profile, raw, memory, cmx::internals::simd::active())
                    .unwrap()
                    .len();
                println!("{name:40} {:9} {size:9}", raw.len());
                total += size;
            }
            println!("total {total}");
            if arguments[0] == "drop" {
                for index in 0..list.len() {
                    let mut rest = list.clone();
                    rest[index].1 = Context::Nothing;
                    println!(
                        "{:12} {:+}",
                        list[index].0,
                        bench.size(&rest, &chosen) as i64 - total as i64
                    );
                }
            }
        }
        "grow" => {
            let count: usize = arguments[1].parse().unwrap();
            let (mut list, candidates, chosen) =
                (contexts(&arguments[2]), contexts(&arguments[3]), selectors(&arguments[4]));
            let bench = Bench { pieces: pieces(&arguments[5..]), memory };
            let mut best = bench.size(&list, &chosen);
            println!("start {best}");
            // Gains mostly shrink as the list grows: only those that were best before are measured
            // again.
            let mut queue: Vec<(i64, usize, usize)> =
                (0..candidates.len()).map(|index| (i64::MAX, 0, index)).collect();
            let width = env("WIDTH", 4) as usize;
            while list.len() < count && !queue.is_empty() {
                queue.sort_by_key(|&(gain, _, _)| -gain);
                let fresh = if queue.iter().any(|entry| entry.0 == i64::MAX) {
                    queue.len()
                } else {
                    width.min(queue.len())
                };
                for entry in &mut queue[..fresh] {
                    let mut trial = list.clone();
                    trial.push(candidates[entry.2].clone());
                    *entry =
                        (best as i64 - bench.size(&trial, &chosen) as i64, list.len(), entry.2);
                }
                let (place, &(gain, _, index)) =
                    queue[..fresh].iter().enumerate().max_by_key(|(_, entry)| entry.0).unwrap();
                if gain <= 0 {
                    queue.drain(..fresh);
                    continue;
                }
                queue.remove(place);
                list.push(candidates[index].clone());
                best -= gain as usize;
                println!("{:3} {:14} {:+7} {best}", list.len(), candidates[index].0, -gain);
            }
            println!(
                "{}",
                list.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(",")
            );
        }
        "rows" => {
            let count: usize = arguments[1].parse().unwrap();
            let list = contexts(&arguments[2]);
            let mut names: Vec<String> = arguments[3].split(',').map(String::from).collect();
            let mut rest: Vec<String> = arguments[4].split(',').map(String::from).collect();
            let bench = Bench { pieces: pieces(&arguments[5..]), memory };
            let mut best = bench.size(&list, &selectors(&names.join(",")));
            println!("start {best}");
            while names.len() < count && !rest.is_empty() {
                let sizes: Vec<_> = rest
                    .iter()
                    .map(|name| {
                        bench.size(&list, &selectors(&format!("{},{name}", names.join(","))))
                    })
                    .collect();
                let (index, &size) =
                    sizes.iter().enumerate().min_by_key(|&(_, size)| size).unwrap();
                if size >= best {
                    break;
                }
                println!("{:12} {:+} {size}", rest[index], size as i64 - best as i64);
                best = size;
                names.push(rest.remove(index));
            }
            println!("{}", names.join(","));
        }
        other => panic!("{other}"),
    }
}
