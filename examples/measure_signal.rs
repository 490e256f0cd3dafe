//! Development harness for signals: files named `name.i24.ROWBYTES`, `name.i16.ROWBYTES`, `name.a16.CHANNELS`.
use cmx::model::context::Context::{self, *};
use cmx::model::signal::Format;
use cmx::predictor::codec::{decode_profile, encode_profile};
use cmx::predictor::env;
use cmx::predictor::profile::{Profile, Selector};

fn format(path: &str) -> Format {
    let mut parts = path.rsplit('.');
    let number: u32 = parts.next().unwrap().parse().unwrap();
    match parts.next().unwrap() {
        "i16" => Format::Image16 { row_bytes: number },
        kind => Format::Image { bits: kind[1..].parse().unwrap(), row_bytes: number },
    }
}

fn main() {
    let set = cmx::simd::active();
    let mut total = 0;
    for path in std::env::args().skip(1) {
        let mut raw = std::fs::read(&path).unwrap();
        if env("CUT", 0) > 0 { raw.truncate(env("CUT", 0) as usize); }
        let format = format(&path);
        if matches!(format, Format::Image16 { .. }) {
            for pair in raw.chunks_exact_mut(2) { pair.swap(0, 1); }
        }
        let contexts: Vec<Context> = (0..24).map(|k| Signal(k)).collect();
        let profile = Profile { contexts, orders: 0, matches: vec![20], selectors: vec![Selector::Signal(0), Selector::Signal(1), Selector::Partial, Selector::Signal(2)], signal: Some(format) };
        let t = std::time::Instant::now();
        let coded = encode_profile(&profile, &raw, (env("MEM", 256) as usize) << 20, set).unwrap();
        println!("{:40} {:9} {:9} {:.3} bpB {:.0} ns/B", path.rsplit('/').next().unwrap(), raw.len(), coded.len(), coded.len() as f64 * 8.0 / raw.len() as f64, t.elapsed().as_nanos() as f64 / raw.len() as f64);
        total += coded.len();
        if env("DECODE", 0) > 0 { assert!(decode_profile(&profile, &coded, raw.len(), (env("MEM", 256) as usize) << 20, set).unwrap() == raw); }
    }
    println!("total {total}");
}
