//! The models of whole bytes that a profile can name.

use super::byte_model::ByteModel;
use super::input_model::InputModel;
use crate::network::lstm::Lstm;
use crate::network::start::{Origin, Start};
use crate::simd::{InstructionSet, NetworkKernels, Scalar};

/// A model of whole bytes, by name. A variant for each network comes here, with its arm in
/// [`Network::model`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Network {
    /// Two layers of cells that learn while they code: [`crate::network::lstm`].
    Lstm(Start),
    /// Counts of what followed the byte before the last: shows that a byte model works.
    #[cfg(test)]
    SkippingCounts,
}

impl Network {
    /// Bytes of memory that the model takes, at most.
    #[must_use]
    pub fn memory(self) -> u64 {
        match self {
            Self::Lstm(_) => 16 << 20,
            #[cfg(test)]
            Self::SkippingCounts => 256 << 10,
        }
    }

    /// The model with weights from `origin`, as it starts a stream.
    #[must_use]
    pub fn model_from(self, set: InstructionSet, origin: &Origin) -> Box<dyn BoxedModel> {
        if origin.is_usual() {
            return self.model(set);
        }
        match (self, set) {
            #[cfg(target_arch = "x86_64")]
            (Self::Lstm(start), InstructionSet::Avx2(kernels)) => {
                boxed(Lstm::starting_from(kernels, start, origin))
            }
            #[cfg(target_arch = "aarch64")]
            (Self::Lstm(start), InstructionSet::Neon(kernels)) => {
                boxed(Lstm::starting_from(kernels, start, origin))
            }
            (Self::Lstm(start), InstructionSet::Scalar) => {
                boxed(Lstm::starting_from(Scalar, start, origin))
            }
            #[cfg(test)]
            (Self::SkippingCounts, _) => self.model(set),
        }
    }

    /// The model as it starts a stream.
    #[must_use]
    pub fn model(self, set: InstructionSet) -> Box<dyn BoxedModel> {
        match (self, set) {
            #[cfg(target_arch = "x86_64")]
            (Self::Lstm(start), InstructionSet::Avx2(kernels)) => {
                boxed(Lstm::starting(kernels, start))
            }
            #[cfg(target_arch = "aarch64")]
            (Self::Lstm(start), InstructionSet::Neon(kernels)) => {
                boxed(Lstm::starting(kernels, start))
            }
            (Self::Lstm(start), InstructionSet::Scalar) => boxed(Lstm::starting(Scalar, start)),
            #[cfg(test)]
            (Self::SkippingCounts, _) => {
                use super::byte_model::tests::SkippingCounts;
                Box::new(ByteModel::new(SkippingCounts::default()))
            }
        }
    }
}

/// A network of the levels: on a device where this process uses one, else on the processor. On a
/// device, networks learn.
fn boxed<K: NetworkKernels>(network: Lstm<K>) -> Box<dyn BoxedModel> {
    #[cfg(feature = "gpu")]
    if !network.is_frozen()
        && let Some(server) = crate::gpu::active()
    {
        return Box::new(ByteModel::new(crate::gpu::Stream::of(network, server)));
    }
    Box::new(ByteModel::new(network))
}

/// An input model of any type, for a predictor that does not know the type.
pub trait BoxedModel: InputModel + Send + Sync {
    /// A copy, which predicts the same.
    fn copy(&self) -> Box<dyn BoxedModel>;
}

impl<T: InputModel + Clone + Send + Sync + 'static> BoxedModel for T {
    fn copy(&self) -> Box<dyn BoxedModel> {
        Box::new(self.clone())
    }
}

impl Clone for Box<dyn BoxedModel> {
    fn clone(&self) -> Self {
        (**self).copy()
    }
}
