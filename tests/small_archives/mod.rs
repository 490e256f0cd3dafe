//! Archives that are small enough to damage every bit of them.

use cmx::Level;
use cmx::{EncodeOptions, compress_with};

static SMALL_BLOCKS: Level = cmx::internals::level::LEVELS[0].with_block_size(300);

/// Three archives of at most 2 KiB, each after its content: compact form, several blocks, two
/// members.
pub fn archives() -> Vec<(Vec<u8>, Vec<u8>)> {
    let text: Vec<u8> =
        (0..900).map(|place| b"a rat sat on a mat"[(place + place / 50) % 18]).collect();
    let compact = compress_with(&text[..200], &EncodeOptions::default()).unwrap();
    let blocks = compress_with(&text, &EncodeOptions::new().level(SMALL_BLOCKS)).unwrap();
    let two = [&compact[..], &compact[..]].concat();
    vec![
        (text[..200].to_vec(), compact),
        (text.clone(), blocks),
        ([&text[..200], &text[..200]].concat(), two),
    ]
}
