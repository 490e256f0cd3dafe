//! The models of whole bytes that a profile can name.

use super::input_model::InputModel;

/// A model of whole bytes, by name. A variant for each network comes here, with its arm in
/// [`Network::model`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Network {
    /// Counts of what followed the byte before the last: shows that a byte model works.
    #[cfg(test)]
    SkippingCounts,
}

impl Network {
    /// The model as it starts a stream.
    #[must_use]
    pub fn model(self) -> Box<dyn BoxedModel> {
        match self {
            #[cfg(test)]
            Self::SkippingCounts => {
                use super::byte_model::{ByteModel, tests::SkippingCounts};
                Box::new(ByteModel::new(SkippingCounts::default()))
            }
        }
    }
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
