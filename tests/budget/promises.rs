//! `-M` and `--max-output` are checked before any work is done.

use std::io::Write;

use cmx::internals::level::LEVELS;
use cmx::{DecodeOptions, EncodeOptions, Error, compress_with, decompress_with};

fn text(length: usize) -> Vec<u8> {
    let mut out = Vec::new();
    for number in 0u32.. {
        if out.len() >= length {
            break;
        }
        writeln!(
            out,
            "{} the cat sat on mat {}",
            number.wrapping_mul(2_654_435_761) >> 12,
            number % 17
        )
        .unwrap();
    }
    out.truncate(length);
    out
}

/// The compact form declares no memory: 32 KB at -8 took 733 MB under -M 10M once.
#[test]
fn the_compact_form_keeps_to_the_memory() {
    for (level, refused, taken) in
        [(&LEVELS[7], 20 << 20, 4 << 30), (&LEVELS[4], 2 << 20, 64 << 20)]
    {
        let archive =
            compress_with(&text(30_000), &EncodeOptions::new().level(*level).verify(false))
                .unwrap();
        let with = |memory: u64| decompress_with(&archive, &DecodeOptions::new().memory(memory));
        assert!(matches!(with(refused), Err(Error::Limit(_))), "-{}", level.number());
        assert!(with(taken).is_ok(), "-{}", level.number());
    }
}

/// The output limit is compared with the declared lengths of blocks: no block beyond it is decoded.
#[test]
fn output_beyond_its_limit_is_not_decoded() {
    for length in [400_000, 3 << 20] {
        let archive =
            compress_with(&text(length), &EncodeOptions::new().level(LEVELS[0]).verify(false))
                .unwrap();
        let progress = std::sync::Arc::new(cmx::Progress::default());
        let options = DecodeOptions::new().max_output(1000).progress(progress.clone());
        assert!(matches!(decompress_with(&archive, &options), Err(Error::Limit(_))));
        assert_eq!(progress.work(), 0, "{length} bytes");
        let enough = DecodeOptions::new().max_output(length as u64);
        assert_eq!(decompress_with(&archive, &enough).unwrap().len(), length);
    }
}
