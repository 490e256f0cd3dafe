//! Development harness: sizes and speeds of one profile over files.
use cmx::model::context::Context::*;
use cmx::predictor::codec::{decode_profile, encode_profile};
use cmx::predictor::env;
use cmx::predictor::profile::{Profile, Selector};
use std::time::Instant;

fn profile(which: u32) -> Profile {
    match which {
        1 => Profile { contexts: vec![Order(1), Order(2), Order(3), Order(4), Order(6), Word, WordPair, Order(5)], orders: 5, matches: vec![12], selectors: vec![Selector::MatchLength], signal: None },
        5 => Profile {
            contexts: vec![Order(0), Order(1), Order(2), Order(3), Order(4), Order(5), Order(6), Order(8), Word, WordPair, WordTriple, WordGap, IndirectTwo, Masked(0xff00ff), Above, Field],
            orders: 8, matches: vec![20, 6], selectors: vec![Selector::MatchLength, Selector::Byte1, Selector::Seen, Selector::Partial], signal: None,
        },
        _ => panic!(),
    }
}

/// CPU seconds of this thread.
fn cpu() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

fn main() {
    let (mut total, mut bytes) = (0, 0);
    let start = Instant::now();
    let begun = cpu();
    let profile = profile(env("P", 5));
    let set = cmx::simd::active();
    for path in std::env::args().skip(1) {
        let raw = std::fs::read(&path).unwrap();
        let t = cpu();
        let coded = encode_profile(&profile, &raw, (env("MEM", 512) as usize) << 20, set).unwrap();
        let dt = cpu() - t;
        println!("{:30} {:9} {:9} {:.0} ns/B", path, raw.len(), coded.len(), dt * 1e9 / raw.len() as f64);
        total += coded.len();
        bytes += raw.len();
        if env("DECODE", 0) > 0 {
            let t = cpu();
            let out = decode_profile(&profile, &coded, raw.len(), (env("MEM", 512) as usize) << 20, set).unwrap();
            assert!(out == raw);
            println!("   decoded {:.0} ns/B", (cpu() - t) * 1e9 / raw.len() as f64);
        }
    }
    println!("total {bytes} -> {total} in {:.2} s, {:.0} ns/B", start.elapsed().as_secs_f64(), (cpu() - begun) * 1e9 / bytes as f64);
}
