//! What the fuzzer calls: each function takes any bytes and panics where cmx breaks a promise.
//!
//! They are built with `--cfg cmx_no_hashes`, so that a changed byte is not stopped by the first
//! hash but gets to the code behind it.

mod archives;
mod kernels;
mod transforms;

use cmx::internals::block;
use cmx::internals::budget::Budget;
use cmx::internals::container::fields::Fields;
use cmx::internals::container::header::Header;
use cmx::internals::container::index::Index;
use cmx::internals::explain::{Parts, explain};
use cmx::internals::level::{LEVELS, Level};
use cmx::{DecodeOptions, EncodeOptions, Error};
use std::sync::LazyLock;

pub use archives::{extract, list, repair};
pub use kernels::kernels;
pub use transforms::{parts_to_bytes, transforms};

/// Most bytes that a target lets come out.
const LARGEST: usize = 1 << 20;

/// The limits that every decoding target sets.
fn limits() -> DecodeOptions {
    DecodeOptions::new().memory(256 << 20).max_output(LARGEST as u64).max_index(1 << 20)
}

/// Lets the fuzzer's panic hook, which ends the process, see only panics that cmx does not catch:
/// codecs of others panic at odd bytes, which is an answer. For the start of a target.
pub fn pass_over_caught_panics() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if !cmx::is_panic_caught() {
            before(info);
        }
    }));
}

/// A defect of cmx itself is a finding; every other error is an answer.
fn no_defect<T>(result: cmx::Result<T>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(Error::Bug(text)) => panic!("{text}"),
        Err(_) => None,
    }
}

/// The header of a member: what is read is written back as it was.
pub fn header(data: &[u8]) {
    let mut fields = Fields::new(data, 0);
    if let Some(Some(header)) = no_defect(Header::read_from(&mut fields)) {
        let mut bytes = Vec::new();
        header.write_to(&mut bytes);
        assert_eq!(Header::read_from(&mut Fields::new(&bytes[..], 0)).unwrap(), Some(header));
    }
}

/// The index: what is read is written back to the same.
pub fn index(data: &[u8]) {
    const LONGEST: u64 = 4096;
    if let Some(index) = no_defect(Budget::new(64 << 20).run(|| Index::from_bytes(data, LONGEST))) {
        let _ = index.content_offsets();
        let again = Index::from_bytes(&index.to_bytes(), LONGEST).unwrap();
        assert_eq!(again, index);
    }
}

/// A small reference block.
fn reference() -> &'static block::Reference {
    static REFERENCE: LazyLock<block::Reference> = LazyLock::new(|| {
        let text = b"the block goes on from what was read before it, and so does the next. ".repeat(8);
        let (_, reference) = block::encode_reference(&text, &LEVELS[4].for_small_files(), 1000, false).unwrap();
        reference.unwrap()
    });
    &REFERENCE
}

/// One coded block, behind two bytes for the length it should have.
pub fn block(data: &[u8]) {
    let Some((length, coded)) = data.split_first_chunk::<2>() else { return };
    let length = usize::from(u16::from_le_bytes(*length));
    if let Some(raw) = no_defect(block::decode(coded, length)) {
        assert_eq!(raw.len(), length);
    }
    if block::is_dependent(coded)
        && let Some(raw) = no_defect(block::decode_dependent(coded, length, reference()))
    {
        assert_eq!(raw.len(), length);
    }
}

/// A whole archive of a stream.
pub fn decode(data: &[u8]) {
    if let Some(raw) = no_defect(cmx::decompress_with(data, &limits())) {
        assert!(raw.len() <= LARGEST);
        if let Some(explanation) = no_defect(explain(data, Parts::default(), &limits())) {
            let of_streams: u64 = explanation.streams.iter().map(|stream| stream.coded).sum();
            assert_eq!(explanation.raw, raw.len() as u64);
            assert_eq!(explanation.coded, data.len() as u64);
            assert_eq!(explanation.coded, explanation.container + explanation.heads + of_streams);
        }
    }
}

/// The small blocks of each level, so that inputs of the fuzzer's sizes take several.
static SMALL: [Level; LEVELS.len()] = {
    let mut levels = LEVELS;
    let mut at = 0;
    while at < levels.len() {
        levels[at] = levels[at].with_block_size(2000);
        at += 1;
    }
    levels
};

/// Compresses and decompresses; the first byte chooses level, block size and verification.
pub fn round_trip(data: &[u8]) {
    let Some((&first, raw)) = data.split_first() else { return };
    let number = usize::from(first & 7);
    let level = if first & 8 == 0 { &LEVELS[number] } else { &SMALL[number] };
    let options = EncodeOptions::new().level(*level).threads(1 + usize::from(first >> 4 & 1)).verify(first & 32 == 0);
    let archive = cmx::compress_with(raw, &options).unwrap();
    assert!(archive.len() <= raw.len() + 200 + raw.len() / 20);
    assert!(cmx::decompress(&archive).unwrap() == raw);
    let coded = block::encode(raw, level, true).unwrap();
    assert_eq!(coded.fallback, None, "a block did not verify");
}
