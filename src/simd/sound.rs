//! What unsafe code does, on tables small enough for Miri (`tests/miri.sh`), which sees every
//! access outside of an allocation and every read of what was not written.

use super::{Histories, InstructionSet, Kernels, LINE, Scalar, usable};
use crate::kind::Kind;
use crate::model::slots::{SLOT, SlotTable, defer, first_byte, mark_once, slot, take_deferred};
use crate::predictor::primer::Primer;
use crate::predictor::tables::Row;
use crate::predictor::{decode_profile, encode_profile};

const N: usize = 16;

/// Everything that histories can be asked for, in the first and the last lines of a table of
/// `lines` lines.
fn walk<K: Kernels>(kernels: K, lines: usize) -> Vec<[i16; 2]> {
    let mut histories = Histories::<N>::new(lines).unwrap();
    let mut all = Vec::new();
    for round in 0..3 {
        for i in 0..N {
            let (table, mut offsets) = histories.split();
            let line = [0, lines - 1, i % lines][round];
            // The last way of a line ends with it.
            offsets.set(i, line, first_byte(i + round));
            if i % 5 == 4 {
                offsets.set_scratch(table, i);
            }
        }
        histories.skip(1, 1, 3);
        for node in [1, 2, 7, 15] {
            let mut inputs = [[0; 2]; 2 * N];
            histories.predict(kernels, node, &mut inputs);
            histories.confidence(kernels, &mut inputs, N);
            histories.learn(kernels, node, node as u32 & 1, 5, 255);
            all.extend_from_slice(&inputs);
        }
        histories.observe(9, [0, 3, 5, 7]);
        histories = histories.clone();
    }
    all
}

#[test]
fn histories_stay_inside_their_table() {
    for lines in [1, 2, 9] {
        let reference = walk(Scalar, lines);
        assert!(reference.iter().any(|input| *input != [0; 2]));
        for set in usable() {
            match set {
                InstructionSet::Scalar => {}
                #[cfg(target_arch = "x86_64")]
                InstructionSet::Avx2(kernels) => assert_eq!(walk(kernels, lines), reference),
                #[cfg(target_arch = "aarch64")]
                InstructionSet::Neon(kernels) => assert_eq!(walk(kernels, lines), reference),
            }
        }
    }
}

#[test]
fn slots_stay_inside_their_line() {
    let table = SlotTable::new(4 * LINE);
    let mut full = [0; LINE];
    for check in 0..9 {
        for (line, alone) in [(&mut [0; LINE], true), (&mut full, false)] {
            let way = table.way(line, check);
            let slot: &mut [u8; SLOT] = slot(line, way);
            mark_once(slot, u32::from(check));
            defer(slot, u32::from(check));
            let taken = take_deferred(slot);
            assert!(
                !alone || taken == u32::from(check) << 4 | u32::from(check),
                "{check}: {taken}"
            );
        }
    }
}

/// Few bytes through whole predictors, of the smallest shape and of one for signals.
#[test]
fn a_short_stream_returns() {
    let raw = b"the cat sat; the cat.";
    for (name, kind) in
        [("generic-8", Kind::Generic), ("samples-8", Kind::Image { bits: 8, row_bytes: 6 })]
    {
        let profile = Row::named(name).unwrap().profile(&kind, Primer::default());
        for set in usable() {
            let coded = encode_profile(&profile, raw, 1 << 16, set).unwrap();
            assert_eq!(decode_profile(&profile, &coded, raw.len(), 1 << 16, set).unwrap(), raw);
        }
    }
}
