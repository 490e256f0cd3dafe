//! The contexts that a profile can name, and their hashes.

use std::fmt;
use std::str::FromStr;

use super::byte_history::{ByteHistory, hash, join};
use super::expanded::ExpandedText;
use super::families::{Families, FamilyName, with_families};
use super::family::{Family, Reads};
use super::input_model::InputModel;
use super::name::{Named, UnknownName};
use super::signal::{Signal, SignalContext};
use crate::error::Result;

/// The state of all that contexts and selectors read.
#[derive(Clone)]
pub struct ContextState {
    /// The last bytes.
    pub history: ByteHistory,
    /// What the match models expect next: 0, or 256 + byte.
    pub expected: u32,
    /// Class of the length of the match that expects a byte: its octave; 0 where there is none.
    pub expected_length: u32,
    /// What the network expects next: 0, or 256 + byte.
    pub expected_of_network: u32,
    /// The model of samples, where the stream holds them.
    pub signal: Option<Box<Signal>>,
    /// The families that the profile asks for.
    pub families: Families,
    /// The text that a stream of words stands for.
    text: Option<Box<ExpandedText>>,
    /// What of a code or its capital has begun: see [`ExpandedText::pending`].
    pending: u32,
}

impl ContextState {
    /// The state before the first byte, for a profile of these contexts and of selectors of the
    /// families `selected`. A stream of words stands for `words` bytes of text.
    ///
    /// # Errors
    /// Memory for that text cannot be had.
    pub fn new(
        contexts: &[Context],
        selected: impl IntoIterator<Item = FamilyName>,
        signal: Option<Signal>,
        words: Option<usize>,
    ) -> Result<Self> {
        Ok(Self {
            history: ByteHistory::default(),
            expected: 0,
            expected_length: 0,
            expected_of_network: 0,
            signal: signal.map(Box::new),
            families: Families::new(contexts, selected),
            text: words.map(ExpandedText::new).transpose()?.map(Box::new),
            pending: 0,
        })
    }

    /// Makes room for `more` bytes of text, if the stream is one of words.
    ///
    /// # Errors
    /// The memory cannot be had.
    pub fn expect(&mut self, more: usize) -> Result<()> {
        self.text.as_mut().map_or(Ok(()), |text| text.reserve(more))
    }

    /// Takes in the byte that `bytes` now ends with.
    #[inline(always)]
    pub fn push(&mut self, bytes: &[u8]) {
        self.history.push(bytes);
        if let Some(signal) = &mut self.signal {
            signal.push(bytes);
        }
        self.families.push(bytes, Reads::Stream);
        match &mut self.text {
            None => self.families.push(bytes, Reads::Text),
            Some(text) => {
                text.push(self.history.byte(1) as u8, &mut self.families);
                self.pending = text.pending();
            }
        }
    }

    /// Letters of the word so far, at most 15. In a stream of words: of a word that is spelled out,
    /// at most 11; 12 after a code; 13 to 15 where a capital, one or two bytes of a code have
    /// begun.
    #[inline(always)]
    #[must_use]
    pub fn word_length(&self) -> u32 {
        let length = self.families.word.as_ref().map_or(0, |word| word.length);
        match &self.text {
            None => length.min(15),
            Some(text) if self.pending != 0 => 13 + text.begun(),
            Some(_) if self.history.byte(1) >= 128 => 12,
            Some(_) => length.min(11),
        }
    }

    /// The hash of one context.
    #[inline(always)]
    #[must_use]
    pub fn hash(&self, context: Context, salt: u32) -> u64 {
        let (value, reads) = self.value(context);
        match reads {
            Reads::Stream => hash(value, salt),
            // What is known of the text lags behind a code that has begun.
            Reads::Text => hash(value, salt | self.pending << 8),
        }
    }
}

/// The lowest `bytes` bytes (at most 8) of a number.
#[inline(always)]
pub(crate) const fn lowest(bytes: u8) -> u64 {
    if bytes == 0 { 0 } else { u64::MAX >> (64 - 8 * bytes as u32) }
}

macro_rules! contexts {
    ($($(#[$doc:meta])* $name:ident => $field:ident: $state:ty,)*) => {
        /// One context of a profile.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
        pub enum Context {
            /// The last 0 to 8 bytes.
            Order(u8),
            /// The last 9 to 16 bytes.
            Long(u8),
            /// The bytes under a mask over the last eight (newest lowest).
            Sparse(u64),
            /// A context of the stream's signal model.
            Signal(SignalContext),
            $($(#[$doc])* $name(<$state as Family>::Context),)*
        }

        impl Context {
            /// The family that the context belongs to.
            #[must_use]
            pub const fn family(self) -> Option<FamilyName> {
                match self {
                    Self::Order(_) | Self::Long(_) | Self::Sparse(_) | Self::Signal(_) => None,
                    $(Self::$name(_) => Some(FamilyName::$name),)*
                }
            }
        }

        impl ContextState {
            /// The value of a context, to be hashed, and where it comes from.
            #[inline(always)]
            fn value(&self, context: Context) -> (u64, Reads) {
                let ByteHistory { last, older, .. } = self.history;
                match context {
                    Context::Order(order) => (last & lowest(order), Reads::Stream),
                    Context::Long(order) => {
                        (join(older & lowest(order.saturating_sub(8)), last), Reads::Stream)
                    }
                    Context::Sparse(mask) => (last & mask, Reads::Stream),
                    Context::Signal(context) => {
                        let value = self.signal.as_ref().map_or(0, |signal| signal.value(context));
                        (value, Reads::Stream)
                    }
                    $(Context::$name(context) => {
                        let family = self.families.$field.as_ref();
                        (family.map_or(0, |family| family.value(context, self)), <$state>::READS)
                    })*
                }
            }
        }

        impl Named for Context {
            /// Every context; of the masks, some.
            fn all() -> Vec<Self> {
                let mut all: Vec<Self> = (0..=8).map(Self::Order).collect();
                all.extend((9..=16).map(Self::Long));
                all.extend([0xff00, 0xf0ff, 0xff00_0000_00ff, u64::MAX].map(Self::Sparse));
                all.extend(SignalContext::all().into_iter().map(Self::Signal));
                $(all.extend(<$state as Family>::Context::all().into_iter().map(Self::$name));)*
                all
            }
        }

        impl fmt::Display for Context {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    Self::Order(order) | Self::Long(order) => write!(f, "Order.{order}"),
                    Self::Sparse(mask) => write!(f, "Sparse.{mask:x}"),
                    Self::Signal(context) => write!(f, "Signal.{context}"),
                    $(Self::$name(context) => {
                        write!(f, concat!(stringify!($name), ".{}"), context)
                    })*
                }
            }
        }

        impl FromStr for Context {
            type Err = UnknownName;

            /// Reads what [`Context`] is displayed as: family and context (`Word.SoFar`,
            /// `Order.3`, `Sparse.ff00`).
            fn from_str(name: &str) -> std::result::Result<Self, UnknownName> {
                let unknown = || UnknownName(name.into());
                let (family, context) = name.split_once('.').ok_or_else(unknown)?;
                match family {
                    "Order" => match context.parse() {
                        Ok(order @ 0..=8) => Ok(Self::Order(order)),
                        Ok(order @ 9..=16) => Ok(Self::Long(order)),
                        _ => Err(unknown()),
                    },
                    "Sparse" => {
                        u64::from_str_radix(context, 16).map(Self::Sparse).map_err(|_| unknown())
                    }
                    "Signal" => context.parse().map(Self::Signal),
                    $(stringify!($name) => context.parse().map(Self::$name),)*
                    _ => Err(unknown()),
                }
                .map_err(|_| unknown())
            }
        }
    };
}
with_families!(contexts);

#[cfg(test)]
pub(in crate::model) mod tests;
