use cmx::predictor::profile::Profile;
use cmx::block::Kind;
use cmx::model::font::FontState;
use cmx::predictor::Predictor;
use std::collections::BTreeMap;
fn main() {
    for name in std::env::args().skip(1) {
        let raw = std::fs::read(&name).unwrap();
        let Some(parts) = cmx::transform::font::forward(&raw) else { println!("{name}: none"); continue };
        let bytes = parts.inner;
        let level = cmx::level::of_block(8).unwrap();
        let profile = Profile::new(level, &Kind::Font, bytes.len());
        let mut p = Predictor::<cmx::simd::Avx2, 56, 8, 136, 10>::new(&profile, bytes.len(), level.memory, Default::default()).unwrap();
        let mut s = FontState::new();
        let mut costs: BTreeMap<(String,u32), (f64, usize)> = BTreeMap::new();
        for i in 0..bytes.len() {
            let byte = bytes[i];
            let mut cost = 0.0;
            for shift in (0..8).rev() {
                let bit = (byte >> shift) & 1;
                let q = p.probability() as f64 / cmx::coder::PROBABILITY_ONE as f64;
                cost -= if bit == 1 { q.log2() } else { (1.0 - q).log2() };
                if shift > 0 { p.update_bit(bit.into()); }
            }
            let e = costs.entry((String::from_utf8_lossy(&s.tag()).to_string(), s.field())).or_default();
            e.0 += cost / 8.0; e.1 += 1;
            p.end_byte(&bytes[..=i]);
            s.push(&bytes[..=i]);
        }
        println!("{name}");
        for ((t, f), (c, n)) in costs { if c > 300.0 { println!("  {t} {f:3} {n:8} {c:9.0}"); } }
    }
}
