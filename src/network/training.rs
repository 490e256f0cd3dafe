//! Networks that are trained for more than one stream: `examples/train.rs` makes files of weights
//! with this, which `models/README.md` lists.

use super::ByteNetwork;
use super::lstm::{Lstm, Options};
use crate::simd::{InstructionSet, NetworkKernels, Scalar};

/// A network whose weights come from somewhere and go somewhere.
pub trait Trainee: ByteNetwork {
    /// Learns at this part, of 256, of its usual rates from now on.
    fn slow_down(&mut self, part: i32);
    /// Learns nothing from now on, or learns again.
    fn freeze(&mut self, is_frozen: bool);
    /// Its weights, as coders start from them.
    fn stored(&self) -> Vec<u8>;
    /// Its weights exactly.
    fn saved(&self) -> Vec<u8>;
    /// Takes what [`Trainee::saved`] gave.
    fn resume(&mut self, saved: &[u8]);
}

impl<K: NetworkKernels> Trainee for Lstm<K> {
    fn slow_down(&mut self, part: i32) {
        self.learn_at(part);
    }

    fn freeze(&mut self, is_frozen: bool) {
        self.keep_frozen(is_frozen);
    }

    fn stored(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.weights(|weights| weights.store(&mut out));
        out
    }

    fn saved(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.weights(|weights| weights.save(&mut out));
        out
    }

    fn resume(&mut self, saved: &[u8]) {
        let mut reader = super::stored::Reader(saved);
        self.weights_mut(|weights| weights.resume(&mut reader));
    }
}

/// The network of the levels, from random weights or from stored ones.
#[must_use]
pub fn standard(set: InstructionSet, stored: Option<&[u8]>) -> Box<dyn Trainee> {
    fn of<K: NetworkKernels>(kernels: K, stored: Option<&[u8]>) -> Box<dyn Trainee> {
        let options = Options::standard();
        Box::new(match stored {
            None => Lstm::new(kernels, &options),
            Some(stored) => Lstm::trained(kernels, &options, stored),
        })
    }
    match set {
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2(kernels) => of(kernels, stored),
        #[cfg(target_arch = "aarch64")]
        InstructionSet::Neon(kernels) => of(kernels, stored),
        InstructionSet::Scalar => of(Scalar, stored),
    }
}
