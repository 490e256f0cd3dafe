//! Compressed bytes come back unchanged, for every form of the container and every entry point of
//! the library.

use std::io::{Read, Write};

use cmx::Level;
use cmx::internals::container::format::MAX_COMPACT;
use cmx::internals::input::StreamSource;
use cmx::internals::stream::encode_stream;
use cmx::{
    DecodeOptions, Decoder, EncodeOptions, Encoder, LimitKind, Metadata, compress, compress_with,
    decompress,
};

/// A level with blocks of a few kilobytes, so that small inputs have many blocks.
static SMALL_BLOCKS: Level = cmx::internals::level::LEVELS[0].with_block_size(3000);

fn text(length: usize) -> Vec<u8> {
    (0..length)
        .map(|place| b"the cat sat on the mat and saw a rat. "[(place * place / 300 + place) % 38])
        .collect()
}

fn small_blocks(threads: usize) -> EncodeOptions {
    EncodeOptions::new().level(SMALL_BLOCKS).threads(threads)
}

#[test]
fn every_length_around_the_borders_of_blocks() {
    for length in [0, 1, 2, 100, 2999, 3000, 3001, 5999, 6000, 6001, 20_000] {
        let data = text(length);
        let archive = compress_with(&data, &small_blocks(2)).unwrap();
        assert_eq!(decompress(&archive).unwrap(), data, "length {length}");
    }
}

#[test]
fn compact_form_up_to_a_mebibyte() {
    for length in [MAX_COMPACT as usize - 1, MAX_COMPACT as usize, MAX_COMPACT as usize + 1] {
        let data = text(length);
        let archive =
            compress_with(&data, &EncodeOptions::new().level(cmx::internals::level::LEVELS[0]))
                .unwrap();
        assert_eq!(decompress(&archive).unwrap(), data);
        assert_eq!(archive[7] & 1 == 1, length <= MAX_COMPACT as usize);
    }
}

#[test]
fn the_bytes_do_not_depend_on_threads_or_on_how_they_came() {
    let data = text(50_000);
    let expected = compress_with(&data, &small_blocks(1)).unwrap();
    for threads in [2, 3, 7] {
        assert_eq!(compress_with(&data, &small_blocks(threads)).unwrap(), expected);
        let mut encoder = Encoder::new(Vec::new(), &small_blocks(threads));
        for piece in data.chunks(777 * threads) {
            encoder.write_all(piece).unwrap();
        }
        assert_eq!(encoder.finish().unwrap(), expected);
    }
}

#[test]
fn members_one_after_the_other_are_an_archive() {
    let (one, two) = (text(10), text(9000));
    let mut archive = compress(&one).unwrap();
    archive.extend(compress_with(&two, &small_blocks(1)).unwrap());
    archive.extend(compress(&[]).unwrap());
    archive.extend(compress(&one).unwrap());
    assert_eq!(decompress(&archive).unwrap(), [&one[..], &two, &one].concat());
}

#[test]
fn a_decoder_reads_in_any_steps() {
    let data = text(20_000);
    let archive = compress_with(&data, &small_blocks(1)).unwrap();
    for (threads, step) in [(1, 1), (2, 4096), (3, 100_000)] {
        let options = DecodeOptions::new().threads(threads);
        let mut decoder = Decoder::new(&archive[..], &options);
        let mut out = Vec::new();
        let mut buffer = vec![0; step];
        loop {
            match decoder.read(&mut buffer).unwrap() {
                0 => break,
                length => out.extend_from_slice(&buffer[..length]),
            }
        }
        assert_eq!(out, data);
    }
}

#[test]
fn a_small_input_pays_little() {
    let data = text(4000);
    let mut archive = Vec::new();
    let options = EncodeOptions::default();
    encode_stream(
        &mut StreamSource::new(&data[..]),
        &mut archive,
        Metadata { mode: Some(0o644), mtime: None },
        &options,
    )
    .unwrap();
    let coded = cmx::internals::block::encode(&data, &Level::default(), false).unwrap().bytes.len();
    assert!(archive.len() <= coded + 30, "{} bytes for {coded}", archive.len());
}

#[test]
fn limits_say_which_they_are() {
    let archive = compress_with(&text(10_000), &small_blocks(1)).unwrap();
    let fails = |options: DecodeOptions| match cmx::decompress_with(&archive, &options) {
        Err(cmx::Error::Limit(limit)) => limit.kind,
        other => panic!("no limit: {other:?}"),
    };
    assert!(
        matches!(fails(DecodeOptions::new().memory(1 << 20)), LimitKind::Memory { needed } if needed > 1 << 20)
    );
    assert_eq!(fails(DecodeOptions::new().max_output(5000)), LimitKind::Output);
    assert_eq!(fails(DecodeOptions::new().max_index(3)), LimitKind::Index);
}

/// A caller can change only the block size of a level, within the range of the level. Memory and
/// method stay, so that the decoder needs no verification to agree with the encoder.
#[test]
fn any_block_size_decodes_without_verification() {
    let data: Vec<u8> = (0..40_000u32)
        .flat_map(|number| (number.wrapping_mul(2_654_435_761) >> 20).to_string().into_bytes())
        .collect();
    for level in &cmx::internals::level::LEVELS {
        for bytes in [0, 100_000, usize::MAX] {
            let data = if bytes == 0 { &data[..20] } else { &data[..] };
            let level = level.with_block_size(bytes);
            assert!(
                level.block_size() >= 1
                    && level.block_size() <= cmx::internals::level::LEVELS[7].block_size()
            );
            let options = EncodeOptions::new().level(level).verify(false);
            let archive = compress_with(data, &options).unwrap();
            assert!(decompress(&archive).unwrap() == data, "-{} {bytes}", level.number());
        }
        if level.number() == 5 {
            break; // the higher levels take a second each
        }
    }
}
