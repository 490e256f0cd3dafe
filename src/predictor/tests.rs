//! The same bytes with every instruction set, back again, and never other bytes than before.

use super::primer::Primer;
use super::profile::Profile;
use super::tables::Row;
use super::{decode_profile, encode_profile};
use crate::block::tests::sample as samples;
use crate::coder::leading::{Leading, LeadingBits};
use crate::coder::trace;
use crate::kind::Kind;
use crate::level::ColumnCode;
use crate::level::{LEVELS, Level};
use crate::method::{Method, choice};
use crate::method::{decode_as, encode_as};
use crate::model::network::Network;
use crate::simd::{InstructionSet, usable};
use xxhash_rust::xxh3::xxh3_64;

/// Bytes with words, numbers, repeats and noise in them, the same everywhere.
fn sample(length: usize) -> Vec<u8> {
    let mut state = 12345u32;
    let mut draw = |below: u32| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) % below
    };
    let mut bytes = Vec::new();
    while bytes.len() < length {
        match draw(8) {
            0 => bytes.extend_from_slice(&draw(1 << 20).to_le_bytes()),
            1 => bytes.extend_from_slice(format!("{},{}\n", draw(100), draw(7)).as_bytes()),
            2 if bytes.len() > 300 => {
                let start = bytes.len() - 1 - draw(280) as usize;
                bytes.extend_from_within(start - 18..start);
            }
            _ => bytes.extend_from_slice(
                ["the ", "record ", "<tag>", "</tag>", "\x0f\x45\x08"][draw(5) as usize].as_bytes(),
            ),
        }
    }
    bytes.truncate(length);
    bytes
}

pub(crate) fn kinds() -> [Kind; 11] {
    [
        Kind::Generic,
        Kind::Text,
        Kind::Words,
        Kind::Font,
        Kind::Wasm,
        Kind::Table,
        Kind::Exe,
        Kind::Image { bits: 8, row_bytes: 60 },
        Kind::Image { bits: 24, row_bytes: 91 },
        Kind::Image16 { row_bytes: 64, big_endian: false },
        Kind::Audio { channels: 2, bits: 16, big_endian: false, signed: true },
    ]
}

/// One level for each way to code streams.
fn levels() -> impl Iterator<Item = &'static Level> {
    let small_files =
        LEVELS.iter().rev().map(Level::for_small_files).find(|level| !LEVELS.contains(level));
    LEVELS
        .iter()
        .enumerate()
        .filter(|&(index, level)| index == 0 || LEVELS[index - 1].codings != level.codings)
        .map(|(_, level)| *level)
        .chain(small_files)
        .map(|level| &*Box::leak(Box::new(level)))
}

/// How many of [`inputs`] the level of the network codes, and how much of each: plain code computes
/// a network slowly, and all but the first seven kinds are coded as the level below codes them.
const OF_NETWORK: (usize, usize) = (7, 300);

fn has_network(level: &Level) -> bool {
    level.network_memory() > 0
}

/// Codes `raw` as `level` does.
fn encode_at(raw: &[u8], level: &Level, kind: &Kind, set: InstructionSet) -> (Method, Vec<u8>) {
    let method = choice::choose(level, kind, raw).unwrap();
    (method, encode_as(raw, method, kind, set).unwrap())
}

/// After a first nibble of 15 the second one's slot was once the first one's own.
#[test]
fn the_second_nibble_has_a_slot_of_its_own() {
    type Small = super::Predictor<crate::simd::Scalar, 8, 0, 0, 16, 2, false>;
    for dense in [true, false] {
        for nibble in 0..16 {
            assert_ne!(Small::second_line(dense, 1000, nibble), 1000, "{dense}, nibble {nibble}");
            for other in 0..nibble {
                let slot = |nibble| {
                    (Small::second_line(dense, 1000, nibble), Small::second_check(77 << 24, nibble))
                };
                assert_ne!(slot(nibble), slot(other), "{dense}, nibbles {nibble} and {other}");
            }
        }
    }
}

/// What was only observed is found again: by contexts in every level that has them, and by matches.
#[test]
fn what_was_observed_is_remembered() {
    let text: &'static [u8] = sample(6000).leak();
    for level in levels().filter(|level| !has_network(level)) {
        let length = |primer| {
            let profile = choice::profile(level, &Kind::Text, text.len())?;
            let profile = Profile { primer, ..profile };
            let coded =
                encode_profile(&profile, text, level.memory, InstructionSet::Scalar).unwrap();
            let decoded =
                decode_profile(&profile, &coded, text.len(), level.memory, crate::simd::active())
                    .unwrap();
            assert!(decoded == text, "-{}", level.number);
            Some(coded.len())
        };
        let Some(new) = length(Primer::default()) else { continue };
        let [noted, learned] = [text.len(), 0]
            .map(|noted| length(Primer { text: text.to_vec().into(), noted }).unwrap());
        assert!(
            noted < new / 5 && learned < new / 5,
            "-{}: {new}, {noted} noted, {learned} learned",
            level.number
        );
    }
}

#[test]
fn every_instruction_set_codes_the_same_bytes_and_decodes_the_others() {
    let raw = sample(3001);
    // The golden probabilities do the same at every level.
    for level in levels().filter(|level| matches!(level.number, 3 | 5 | 7)) {
        for kind in kinds() {
            let (method, reference) = encode_at(&raw, level, &kind, InstructionSet::Scalar);
            for set in usable() {
                assert!(
                    encode_at(&raw, level, &kind, set).1 == reference,
                    "-{} {kind:?} {}",
                    level.number,
                    set.name()
                );
                assert!(
                    decode_as(&reference, raw.len(), method, &kind, set).unwrap() == raw,
                    "-{} {kind:?} {}",
                    level.number,
                    set.name()
                );
            }
        }
    }
}

/// Streams as each kind has them, and foreign bytes under every kind.
fn inputs() -> Vec<(Kind, Vec<u8>)> {
    let mut inputs: Vec<(Kind, Vec<u8>)> =
        kinds().into_iter().map(|kind| (kind, sample(3001))).collect();
    let sound: Vec<u8> = samples::wav(1500)[44..].to_vec();
    let font = [&[0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0], &sample(2001)[..]].concat();
    inputs.extend([
        (Kind::Generic, samples::noise(1000)),
        (Kind::Generic, vec![0; 3000]),
        (Kind::Text, samples::text(3000)),
        (Kind::Words, samples::text(3000)),
        (Kind::Font, font),
        (Kind::Wasm, samples::wasm(12)),
        (Kind::Table, samples::table(90)),
        (Kind::Exe, samples::code(3000)),
        (Kind::Image { bits: 1, row_bytes: 40 }, samples::pixels(40, 60, 1)),
        (Kind::Image { bits: 8, row_bytes: 60 }, samples::pixels(60, 50, 1)),
        (Kind::Image { bits: 24, row_bytes: 90 }, samples::pixels(30, 33, 3)),
        (Kind::Image { bits: 32, row_bytes: 80 }, samples::pixels(20, 37, 4)),
        (Kind::Image16 { row_bytes: 128, big_endian: true }, samples::pgm16(64, 24)[14..].to_vec()),
        (Kind::Audio { channels: 1, bits: 16, big_endian: false, signed: true }, sound.clone()),
        (Kind::Audio { channels: 2, bits: 8, big_endian: false, signed: false }, sound.clone()),
        (Kind::Audio { channels: 2, bits: 24, big_endian: true, signed: true }, sound),
    ]);
    inputs.extend(with_leading_bits_left_out());
    inputs.extend([Kind::Exe, Kind::Generic, Kind::Text].map(|kind| (kind, long_repeats())));
    inputs
}

/// A short pattern with a byte above 127, so often that it is believed even at -8, and once not as
/// expected.
fn long_repeats() -> Vec<u8> {
    let mut repeats = b"abcab\xc8".repeat(2000);
    repeats[11_700] ^= 1;
    repeats
}

/// One decision a byte where a match is proven, at every level that mixes machine code.
#[test]
fn long_repeats_are_passed_over() {
    let raw = long_repeats();
    for level in levels().skip(1).filter(|level| !has_network(level)) {
        let (method, coded) = encode_at(&raw, level, &Kind::Exe, InstructionSet::Scalar);
        let count = trace::count(|| {
            assert!(
                decode_as(&coded, raw.len(), method, &Kind::Exe, crate::simd::active()).unwrap()
                    == raw
            )
        });
        assert!(count < 5 * raw.len(), "-{}: {count} decisions", level.number);
        assert!(coded.len() < 80, "-{}: {} bytes", level.number, coded.len());
    }
}

/// Text with a byte above 127, samples of twelve bits after a header, and pixels of six.
fn with_leading_bits_left_out() -> [(Kind, Vec<u8>); 3] {
    let mut text = samples::text(9000);
    text[4321] = 200;
    let mut scan = samples::pgm16(64, 24)[14..].to_vec();
    scan.iter_mut().step_by(2).for_each(|high| *high &= 15);
    scan[..20].fill(255);
    let pixels = samples::pixels(60, 50, 1).into_iter().map(|pixel| pixel >> 2).collect();
    let scan_kind = Kind::Image16 { row_bytes: 128, big_endian: true };
    [(Kind::Text, text), (scan_kind, scan), (Kind::Image { bits: 8, row_bytes: 60 }, pixels)]
}

#[test]
fn leading_bits_are_left_out() {
    let skipped =
        with_leading_bits_left_out().map(|(kind, raw)| LeadingBits::find(&raw, Leading::of(&kind)));
    assert_eq!(skipped[0].exceptions, [4321]);
    assert_eq!((skipped[1].skipped.bits, skipped[1].skipped.start), ([4, 0], 20));
    assert_eq!((skipped[2].skipped.bits, skipped[2].skipped.start), ([2, 2], 0));
}

/// One line for each input and level: the hash of every probability, and that of the coded bytes.
/// `CMX_REGENERATE=1 cargo test golden` writes them anew, which is a new numeric contract.
#[test]
fn golden_probabilities_are_the_same_with_every_instruction_set() {
    let mut lines = String::new();
    for level in levels() {
        let (count, length) =
            if has_network(level) { OF_NETWORK } else { (usize::MAX, usize::MAX) };
        for (number, (kind, raw)) in inputs().into_iter().enumerate().take(count) {
            let shown = format!("{} input {number} {kind:?}", level.name);
            let raw = &raw[..raw.len().min(length)];
            // Trials are not part of the trace.
            let method = choice::choose(level, &kind, raw).unwrap();
            let (coded, probabilities) =
                trace::of(|| encode_as(raw, method, &kind, InstructionSet::Scalar).unwrap());
            // Of a column that is coded both ways the decoder sees one, and it looks first which.
            let has_choice =
                matches!(method, Method::Sorted(ColumnCode::Contexts | ColumnCode::Both));
            let mut decoded = None;
            for set in usable() {
                let (again, same) = trace::of(|| encode_as(raw, method, &kind, set).unwrap());
                assert!(same == probabilities && again == coded, "{shown}: {} differs", set.name());
                let (back, same) =
                    trace::of(|| decode_as(&coded, raw.len(), method, &kind, set).unwrap());
                // What sorting does not shorten is kept as it is: nothing to decode.
                let stored = coded == raw;
                assert!(
                    (stored || has_choice || same == probabilities)
                        && *decoded.get_or_insert(same) == same
                        && back == raw,
                    "{shown}: {} decodes differently",
                    set.name()
                );
            }
            lines += &format!("{probabilities:016x} {:016x} {shown}\n", xxh3_64(&coded));
        }
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/probabilities.txt");
    if std::env::var_os("CMX_REGENERATE").is_some_and(|value| value == "1") {
        std::fs::write(path, &lines).unwrap();
    }
    let kept = std::fs::read_to_string(path).unwrap();
    for (now, before) in lines.lines().zip(kept.lines()) {
        assert_eq!(now, before, "other probabilities or bytes than before are a new format");
    }
    assert_eq!(lines.lines().count(), kept.lines().count());
}

/// A copy of a predictor that has read the primer goes on as the first one does.
#[test]
fn primed_copies_code_the_same() {
    for number in [4, 5, 6] {
        let level = &LEVELS[number];
        for kind in [Kind::Text, Kind::Words] {
            for bytes in [samples::text(4000), samples::text(10_000), sample(300)] {
                let set = crate::simd::active();
                let method = choice::choose(level, &kind, &bytes).unwrap();
                let codes: Vec<Vec<u8>> =
                    (0..3).map(|_| encode_as(&bytes, method, &kind, set).unwrap()).collect();
                let again = decode_as(&codes[0], bytes.len(), method, &kind, set);
                assert!(
                    again.is_ok_and(|again| again == bytes),
                    "-{} {kind:?} {}",
                    level.number,
                    bytes.len()
                );
                assert!(
                    codes[0] == codes[1] && codes[0] == codes[2],
                    "-{} {kind:?} {}",
                    level.number,
                    bytes.len()
                );
            }
        }
    }
}

/// Two interleaved streams of letters, each of which follows its own last letter nine times of ten.
fn interleaved(length: usize) -> Vec<u8> {
    let mut state = 7u32;
    let mut draw = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state >> 16
    };
    let mut bytes = vec![b'a', b'n'];
    while bytes.len() < length {
        let before = u32::from(bytes[bytes.len() - 2] - b'a');
        let letter = if draw() % 10 == 0 { draw() % 26 } else { (before * 7 + 3) % 26 };
        bytes.push(b'a' + letter as u8);
    }
    bytes
}

/// A model of whole bytes goes through the whole predictor: with every instruction set the same
/// bytes, back again, beside a primer and leading bits that are left out, and fewer of them than
/// without the model.
#[test]
fn a_byte_model_helps() {
    let raw = interleaved(4000);
    for name in ["text-40", "text-56"] {
        let leading = Leading::of(&Kind::Text);
        let primer = Primer { text: raw[..1000].to_vec().into(), noted: 700 };
        let plain = Row::named(name).unwrap().profile(&Kind::Text, primer);
        let plain = Profile { leading, ..plain };
        let with = Profile { networks: vec![Network::SkippingCounts], ..plain.clone() };
        let length = |profile: &Profile| {
            let raw = &raw[1000..];
            let coded = encode_profile(profile, raw, 1 << 20, InstructionSet::Scalar).unwrap();
            for set in usable() {
                let decoded = decode_profile(profile, &coded, raw.len(), 1 << 20, set).unwrap();
                assert!(decoded == raw, "{name} {}", set.name());
            }
            coded.len()
        };
        let (without, with) = (length(&plain), length(&with));
        assert!(with < without - without / 50, "{name}: {without}, then {with}");
    }
}
