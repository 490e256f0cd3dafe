//! Inputs from fixed seeds: one for each kind of stream, none of them easy or impossible to model.

use cmx::internals::kind::Kind;

/// A small generator of numbers that are the same everywhere.
pub struct Numbers(u64);

impl Numbers {
    /// Numbers that `seed` decides.
    pub fn new(seed: u64) -> Self {
        Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// The next number below `limit`.
    pub fn below(&mut self, limit: u32) -> u32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (((self.0 >> 32) * u64::from(limit)) >> 32) as u32
    }
}

const WORDS: [&str; 32] = [
    "the",
    "of",
    "and",
    "to",
    "in",
    "a",
    "is",
    "that",
    "for",
    "it",
    "was",
    "on",
    "with",
    "as",
    "archive",
    "model",
    "block",
    "history",
    "weight",
    "mixer",
    "context",
    "table",
    "predicts",
    "compressed",
    "every",
    "which",
    "before",
    "between",
    "number",
    "stream",
    "order",
    "byte",
];

/// Sentences of words whose frequencies fall as in a language.
pub fn text(len: usize) -> Vec<u8> {
    let mut numbers = Numbers::new(1);
    let mut out = Vec::with_capacity(len + 32);
    let mut column = 0;
    while out.len() < len {
        let place = numbers.below(32) * numbers.below(32) / 32;
        let word = WORDS[place as usize];
        out.extend_from_slice(word.as_bytes());
        column += word.len() + 1;
        out.extend_from_slice(match numbers.below(12) {
            0 => b", ",
            1 => b". ",
            _ if column > 70 => b"\n",
            _ => b" ",
        });
        column = if column > 70 { 0 } else { column };
    }
    out.truncate(len);
    out
}

/// Rows of cells with commas.
fn table(len: usize) -> Vec<u8> {
    let mut numbers = Numbers::new(2);
    let mut out = Vec::with_capacity(len + 64);
    let mut id = 1000;
    while out.len() < len {
        id += 1 + numbers.below(3);
        let (name, price, part) =
            (WORDS[numbers.below(32) as usize], numbers.below(500), numbers.below(100));
        out.extend_from_slice(
            format!(
                "{id},2026-{:02}-{:02},{name},{price}.{part:02}\n",
                1 + id / 900 % 12,
                1 + id / 30 % 28
            )
            .as_bytes(),
        );
    }
    out.truncate(len);
    out
}

/// Records of 16 bytes: a counter, two small numbers, a slow value.
fn records(len: usize) -> Vec<u8> {
    let mut numbers = Numbers::new(3);
    let mut slow = 1_000_000u32;
    let rows = (0..len as u32 / 16 + 1).flat_map(|row| {
        slow = slow.wrapping_add(numbers.below(2000)).wrapping_sub(1000);
        let small = numbers.below(300) * numbers.below(300) / 300;
        [row.to_le_bytes(), small.to_le_bytes(), numbers.below(7).to_be_bytes(), slow.to_le_bytes()]
            .concat()
    });
    rows.take(len).collect()
}

/// Instructions of x86-64 in the order of small functions: moves, arithmetic, calls, jumps.
fn code(len: usize) -> Vec<u8> {
    const PATTERNS: [&[u8]; 10] = [
        b"\x48\x89\xc7",
        b"\x48\x8b\x45",
        b"\x8b\x44\x24",
        b"\x48\x83\xc4",
        b"\x31\xc0",
        b"\x48\x8d\x35",
        b"\xe8",
        b"\x74",
        b"\x85\xc0",
        b"\xc3",
    ];
    let mut numbers = Numbers::new(4);
    let mut out = Vec::with_capacity(len + 16);
    while out.len() < len {
        let pattern = PATTERNS[numbers.below(10) as usize];
        out.extend_from_slice(pattern);
        match pattern {
            b"\xe8" | b"\x48\x8d\x35" => {
                out.extend_from_slice(&(numbers.below(64) * 256).to_le_bytes())
            }
            b"\x48\x8b\x45" | b"\x8b\x44\x24" | b"\x48\x83\xc4" | b"\x74" => {
                out.push((numbers.below(16) * 8) as u8)
            }
            _ => {}
        }
    }
    out.truncate(len);
    out
}

/// A soft surface with grain, as 16-bit values in rows of 256.
fn surface(count: usize) -> impl Iterator<Item = u32> {
    let mut numbers = Numbers::new(5);
    (0..count as u32).map(move |place| {
        let (x, y) = (place % 256, place / 256);
        16_000 + x * 90 + (x.abs_diff(128) * y.abs_diff(100)) / 4 % 8000 + numbers.below(600)
    })
}

/// Two channels of 16-bit samples: tones and a little noise, in integers.
fn sound(len: usize) -> Vec<u8> {
    let mut numbers = Numbers::new(6);
    let triangle = |place: u32, period: u32| {
        (place % period).abs_diff(period / 2) as i32 * 12_000 / period as i32
    };
    let samples = (0..len as u32 / 4 + 1).flat_map(|place| {
        let tone = triangle(place, 101) + triangle(place, 347) - 6000;
        let mut channel = || ((tone + numbers.below(120) as i32) as i16).to_le_bytes();
        [channel(), channel()].concat()
    });
    samples.take(len).collect()
}

/// A name, a kind and `len` bytes for each family of models.
pub fn all(len: usize) -> Vec<(&'static str, Kind, Vec<u8>)> {
    let grey: Vec<u8> = surface(len).map(|value| (value >> 7) as u8).collect();
    let colour: Vec<u8> = surface(len / 3 + 1)
        .flat_map(|value| [(value >> 7) as u8, (value >> 8) as u8, (value >> 9) as u8])
        .take(len)
        .collect();
    let scan: Vec<u8> = surface(len / 2).flat_map(|value| (value as u16).to_le_bytes()).collect();
    vec![
        ("text", Kind::Text, text(len)),
        ("words", Kind::Words, text(len)),
        ("table", Kind::Table, table(len)),
        ("generic", Kind::Generic, records(len)),
        ("exe", Kind::Exe, code(len)),
        ("image8", Kind::Image { bits: 8, row_bytes: 256 }, grey),
        ("image24", Kind::Image { bits: 24, row_bytes: 768 }, colour),
        ("image16", Kind::Image16 { row_bytes: 512, big_endian: false }, scan),
        (
            "audio",
            Kind::Audio { channels: 2, bits: 16, big_endian: false, signed: true },
            sound(len),
        ),
    ]
}
