//! Development harness for signals: files named `name.KIND.NUMBER`, where KIND is `i` or `a` and
//! bits (a pixel or sample), and NUMBER the bytes of a row or the channels; little-endian samples.
use cmx::block::Kind;
use cmx::model::context::Context::{self, Signal};
use cmx::model::signal::{Effort, reverse_samples};
use cmx::predictor::codec::{decode_profile, encode_profile};
use cmx::predictor::env;
use cmx::predictor::profile::{Profile, Selector};

fn kind(path: &str) -> Kind {
    let mut parts = path.rsplit('.');
    let number: u32 = parts.next().unwrap().parse().unwrap();
    match parts.next().unwrap() {
        "i16" => Kind::Image16 { row_bytes: number, big_endian: true },
        "a16" => Kind::Audio { channels: number as u8, bits: 16, big_endian: true, signed: true },
        "a8" => Kind::Audio { channels: number as u8, bits: 8, big_endian: true, signed: false },
        kind => Kind::Image { bits: kind[1..].parse().unwrap(), row_bytes: number },
    }
}

fn main() {
    let set = cmx::simd::active();
    let mut total = 0;
    for path in std::env::args().skip(1) {
        let mut raw = std::fs::read(&path).unwrap();
        if env("CUT", 0) > 0 {
            raw.truncate(env("CUT", 0) as usize);
        }
        let kind = kind(&path);
        let (n, width) = match kind {
            Kind::Image { bits: 1, .. } => (16, 1),
            Kind::Image16 { .. } => (24, 2),
            Kind::Audio { bits, .. } => (16, usize::from(bits / 8)),
            _ => (24, 1),
        };
        reverse_samples(&mut raw, width);
        let n = env("N", n) as u8;
        let contexts: Vec<Context> = (0..n).map(Signal).collect();
        let mut selectors: Vec<_> = (0..4).map(Selector::Signal).collect();
        selectors.extend([Selector::Partial, Selector::MatchLength, Selector::Signal(4)]);
        selectors.truncate(match n { 8 => 3, 16 => 5, _ => 7 });
        let profile = Profile { contexts, orders: 0, matches: vec![20], selectors, signal: Some((kind, [Effort::Small, Effort::Middle, Effort::Large][env("E", 2) as usize])), first_weight: 10 };
        let t = std::time::Instant::now();
        let coded = encode_profile(&profile, &raw, (env("MEM", 256) as usize) << 20, set).unwrap();
        let ns = t.elapsed().as_nanos() as f64 / raw.len() as f64;
        println!("{:30} {:9} {:9} {:.3} bpB {ns:.0} ns/B", path.rsplit('/').next().unwrap(), raw.len(), coded.len(), coded.len() as f64 * 8.0 / raw.len() as f64);
        total += coded.len();
        if env("DECODE", 0) > 0 {
            assert!(decode_profile(&profile, &coded, raw.len(), (env("MEM", 256) as usize) << 20, set).unwrap() == raw);
        }
    }
    println!("total {total}");
}
