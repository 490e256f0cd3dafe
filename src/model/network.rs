//! The models of whole bytes that a profile can name.

use super::byte_model::ByteModel;
use super::input_model::InputModel;
use crate::network::lstm::Lstm;
use crate::network::start::{Origin, Start};
use crate::simd::{InstructionSet, NetworkKernels, NetworkWork, over_network_kernels};

/// A model of whole bytes, by name. A variant for each network comes here, with its arm in
/// [`Network::model`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Network {
    /// Three layers of cells that learn while they code: [`crate::network::lstm`].
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
            // 24 MB of weights, as many in the copy that has read the primer, and what both start from.
            Self::Lstm(_) => 52 << 20,
            #[cfg(test)]
            Self::SkippingCounts => 256 << 10,
        }
    }

    /// The model with weights from `origin`, as it starts a stream.
    #[must_use]
    pub fn model(self, set: InstructionSet, origin: &Origin) -> Box<dyn BoxedModel> {
        match self {
            Self::Lstm(start) => {
                let origin = (!origin.is_usual()).then_some(origin);
                over_network_kernels(set, Starting { start, origin })
            }
            #[cfg(test)]
            Self::SkippingCounts => {
                use super::byte_model::tests::SkippingCounts;
                Box::new(ByteModel::new(SkippingCounts::default()))
            }
        }
    }
}

/// A network of the levels before a stream.
struct Starting<'a> {
    start: Start,
    /// Where weights come from, if not from the built-in ones.
    origin: Option<&'a Origin>,
}

impl NetworkWork for Starting<'_> {
    type Output = Box<dyn BoxedModel>;

    fn run<K: NetworkKernels>(self, kernels: K) -> Self::Output {
        boxed(match self.origin {
            Some(origin) => Lstm::starting_from(kernels, self.start, origin),
            None => Lstm::starting(kernels, self.start),
        })
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
