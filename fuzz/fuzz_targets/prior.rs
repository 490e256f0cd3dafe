//! A prior file, and an archive that may name it: errors, never a panic, and bounded memory.
#![no_main]

use cmx::{DecodeOptions, Prior};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let at = data.first().map_or(0, |&at| usize::from(at).min(data.len()));
    let (file, archive) = data.split_at(at);
    // A hash that is right lets the parts be read.
    let mut file = file.to_vec();
    let hash = cmx::internals::container::hash::hash(&file);
    file.extend_from_slice(&hash.to_le_bytes());
    let options = DecodeOptions::new().max_output(1 << 20).memory(1 << 30);
    if let Ok(prior) = Prior::from_bytes(&file) {
        assert_eq!(prior.to_bytes(), file);
        let _ = cmx::decompress_with(archive, &options.prior(prior));
    }
});
