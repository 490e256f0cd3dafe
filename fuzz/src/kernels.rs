//! Every kernel against the scalar one, on any inputs it may get.

use cmx::internals::numeric::state_map::MapEntry;
use cmx::internals::simd::{Kernels, LANES, Scalar};

fn agree<K: Kernels>(kernels: K, inputs: &[i16], weights: &[i16], entries: &[u32], error: i16) {
    assert_eq!(kernels.dot(inputs, weights), Scalar.dot(inputs, weights));
    let (mut moved, mut reference) = (weights.to_vec(), weights.to_vec());
    kernels.train(inputs, &mut moved, error);
    Scalar.train(inputs, &mut reference, error);
    assert_eq!(moved, reference);
    let (mut learnt, mut reference) = (vec![MapEntry::silent(); entries.len()], vec![MapEntry::silent(); entries.len()]);
    for (bit, limit) in [(0, 255), (1, 255), (0, 1023), (1, 30)] {
        kernels.learn(entries, bit, limit, &mut learnt);
        Scalar.learn(entries, bit, limit, &mut reference);
        assert_eq!(learnt, reference);
    }
}

/// All kernels of this machine.
pub fn kernels(data: &[u8]) {
    let Some((error, rest)) = data.split_first_chunk::<2>() else { return };
    let words: Vec<i16> = rest.as_chunks::<2>().0.iter().map(|&word| i16::from_le_bytes(word)).collect();
    let count = words.len() / 4 / LANES * LANES;
    let (inputs, rest) = words.split_at(count);
    let (weights, rest) = rest.split_at(count);
    // No input passes ±16383.
    let inputs: Vec<i16> = inputs.iter().map(|input| (input >> 1).max(-16383)).collect();
    let entries: Vec<u32> =
        rest[..2 * count].as_chunks::<2>().0.iter().map(|pair| (pair[0] as u16 as u32) << 16 | pair[1] as u16 as u32).collect();
    let error = i16::from_le_bytes(*error);
    agree(Scalar, &inputs, weights, &entries, error);
    #[cfg(target_arch = "x86_64")]
    if let Some(kernels) = cmx::internals::simd::Avx2::detect() {
        agree(kernels, &inputs, weights, &entries, error);
    }
    #[cfg(target_arch = "aarch64")]
    agree(cmx::internals::simd::Neon::detect(), &inputs, weights, &entries, error);
}
