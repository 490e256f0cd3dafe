//! The interface of every model that gives inputs of its own to the mixer, beside the hashed
//! contexts: match models, signal models, and models that predict whole bytes.

/// Which bit of a byte is next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BitPosition {
    /// The bits of the byte so far after a leading one: 1 to 255.
    pub partial: u32,
    /// How many bits of the byte have passed: 0 to 7.
    pub index: u32,
}

/// The byte that a model expects next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Expected {
    /// The byte.
    pub byte: u8,
    /// For how many bytes in a row this expectation has been right, as far as the model has
    /// checked; 0 where the model keeps no such count. Long matches are believed by this number.
    pub length: u32,
}

/// A model that gives inputs of its own to the mixer.
///
/// For every byte the predictor calls, in this order: [`rule_out`](Self::rule_out) where a long
/// match was not followed by its byte, then for each bit either [`skip`](Self::skip), where both
/// sides know the bit, or [`inputs`](Self::inputs) and [`update`](Self::update), then
/// [`push`](Self::push) with the byte. A byte that is only observed is one call of
/// [`observe`](Self::observe), and a byte that one decision coded one call of `push`.
pub trait InputModel {
    /// Pairs of inputs for each bit: the same number for the whole stream.
    fn pairs(&self) -> usize;

    /// Learns the byte that `bytes` now ends with, and prepares to predict the next one.
    fn push(&mut self, bytes: &[u8]);

    /// Takes in the byte that `bytes` now ends with, without learning what it means.
    fn observe(&mut self, bytes: &[u8]) {
        self.push(bytes);
    }

    /// Prepares to predict the next byte, which a match foretells. Not called where one decision
    /// will as good as surely code that byte.
    fn foresee(&mut self, _foretold: Option<u8>) {}

    /// Writes [`pairs`](Self::pairs) pairs of inputs for the next bit: a stretched probability of a
    /// one with 8 fractional bits, and a second view of the same prediction. Zeros say nothing.
    fn inputs(&mut self, at: BitPosition, inputs: &mut [[i16; 2]]);

    /// Learns the bit for which [`inputs`](Self::inputs) were asked.
    fn update(&mut self, bit: u32, at: BitPosition);

    /// Takes in a bit that both sides know.
    fn skip(&mut self, bit: u32, at: BitPosition);

    /// Takes in that the next byte is not `byte`.
    fn rule_out(&mut self, _byte: u8) {}

    /// The byte that the model expects next, if there is one.
    fn expected(&self) -> Option<Expected> {
        None
    }

    /// How sure the model is, at this bit, of the byte that it expects: 0, where it expects none or
    /// that byte cannot come any more, to 15. Selects rows of weights.
    fn confidence(&self) -> u32 {
        0
    }

    /// The value of the model's selector `number`, below 256: selects rows of weights for a byte.
    fn selected(&self, _number: u8) -> u32 {
        0
    }

    /// The contexts of both adaptive probability maps for the next byte, below 256, where the model
    /// chooses them.
    fn apm_contexts(&self) -> Option<[usize; 2]> {
        None
    }
}
