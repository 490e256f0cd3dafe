//! Selectors: what chooses the row of a weight set, or of the weights of a final mixer.

use std::fmt;
use std::str::FromStr;

use super::context::ContextState;
use super::families::{FamilyName, with_families};
use super::family::Family;
use super::name::{Named, UnknownName};
use super::signal::SignalSelector;

/// A row of a weight set: a base that is fixed for a byte, and how the row moves with the bits of
/// the byte.
#[derive(Clone, Copy, Default, Debug)]
pub struct RowPart {
    base: u32,
    by_partial: u32,
    by_bit: u32,
    by_length: u32,
    by_confidence: u32,
    by_lean: u32,
}

/// What of a bit moves the row of a weight set.
#[derive(Clone, Copy, Default, Debug)]
pub struct BitView {
    /// The bits of the byte so far after a leading one: 1 to 255.
    pub partial: u32,
    /// How many bits of the byte have passed: 0 to 7.
    pub index: u32,
    /// Class of the match length, below 16.
    pub length: u32,
    /// How sure the network is of the byte that it expects, below 16.
    pub confidence: u32,
    /// What the network says of the bit: see [`lean`].
    pub lean: u32,
}

/// Class, below 16, of a stretched probability with 8 fractional bits: 0 for a sure zero, 15 for a
/// sure one.
#[inline(always)]
#[must_use]
pub fn lean(stretched: i16) -> u32 {
    const BOUNDS: [u16; 7] = [64, 128, 256, 448, 704, 1024, 1536];
    let size = stretched.unsigned_abs();
    let class = BOUNDS.iter().filter(|&&bound| size >= bound).count() as u32;
    if stretched < 0 { 7 - class } else { 8 + class }
}

impl RowPart {
    /// The same row for all bits of a byte.
    #[inline(always)]
    #[must_use]
    pub const fn fixed(base: u32) -> Self {
        Self { base, by_partial: 0, by_bit: 0, by_length: 0, by_confidence: 0, by_lean: 0 }
    }

    /// A row for each of the eight bits: eight rows for each value of `class`.
    #[inline(always)]
    #[must_use]
    pub const fn with_bit(class: u32) -> Self {
        Self { by_bit: 1, ..Self::fixed(class << 3) }
    }

    /// A row for the bits of the byte so far: 256 rows for each value of `class`.
    #[inline(always)]
    #[must_use]
    pub const fn with_partial(class: u32) -> Self {
        Self { by_partial: 1, ..Self::fixed(class << 8) }
    }

    /// The row for the next bit.
    #[inline(always)]
    #[must_use]
    pub const fn row(self, bit: BitView) -> u32 {
        self.base
            + self.by_partial * bit.partial
            + self.by_bit * bit.index
            + self.by_length * bit.length
            + self.by_confidence * bit.confidence
            + self.by_lean * bit.lean
    }
}

macro_rules! selectors {
    ($($(#[$doc:meta])* $name:ident => $field:ident: $state:ty,)*) => {
        /// What chooses the row of a weight set.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
        pub enum Selector {
            /// Always row 0.
            Constant,
            /// The bits of this byte so far.
            Bits,
            /// Class of the match length, and the number of the bit.
            MatchLength,
            /// Class of the match length, and the bits of this byte so far.
            MatchLengthAndBits,
            /// The last byte.
            LastByte,
            /// The byte before the last.
            SecondLastByte,
            /// The byte before that.
            ThirdLastByte,
            /// How many orders were seen before, and the number of the bit.
            OrdersSeen,
            /// The byte that the network expects, if there is one, and the number of the bit.
            NetworkByte,
            /// How sure the network is of that byte, and the bits of this byte so far.
            NetworkConfidence,
            /// What the network says of the bit, and the class of the match length.
            NetworkLean,
            /// A selector of the stream's signal model, and the number of the bit.
            Signal(SignalSelector),
            $($(#[$doc])* $name(<$state as Family>::Selector),)*
        }

        impl Selector {
            /// The family that the selector belongs to.
            #[must_use]
            pub const fn family(self) -> Option<FamilyName> {
                match self {
                    Self::Constant
                    | Self::Bits
                    | Self::MatchLength
                    | Self::MatchLengthAndBits
                    | Self::LastByte
                    | Self::SecondLastByte
                    | Self::ThirdLastByte
                    | Self::OrdersSeen
                    | Self::NetworkByte
                    | Self::NetworkConfidence
                    | Self::NetworkLean
                    | Self::Signal(_) => None,
                    $(Self::$name(_) => Some(FamilyName::$name),)*
                }
            }

            /// Rows of a weight set that the selector chooses from.
            #[must_use]
            pub fn rows(self) -> usize {
                match self {
                    Self::Constant => 1,
                    Self::Bits | Self::LastByte | Self::SecondLastByte | Self::ThirdLastByte => 256,
                    Self::MatchLength => 16 << 3,
                    Self::MatchLengthAndBits => 16 << 8,
                    Self::OrdersSeen => 32 << 3,
                    Self::NetworkByte => 512 << 3,
                    Self::NetworkConfidence => 16 << 8,
                    Self::NetworkLean => 16 << 4,
                    Self::Signal(_) => 256 << 3,
                    $(Self::$name(selector) => <$state as Family>::rows(selector),)*
                }
            }

            /// The row of the next byte, before which `seen` orders were seen before.
            #[inline(always)]
            #[must_use]
            pub fn of_byte(self, state: &ContextState, seen: u32) -> RowPart {
                match self {
                    Self::Constant => RowPart::fixed(0),
                    Self::Bits => RowPart::with_partial(0),
                    Self::MatchLength => RowPart { by_length: 8, ..RowPart::with_bit(0) },
                    Self::MatchLengthAndBits => {
                        RowPart { by_length: 256, ..RowPart::with_partial(0) }
                    }
                    Self::LastByte => RowPart::fixed(state.history.byte(1)),
                    Self::SecondLastByte => RowPart::fixed(state.history.byte(2)),
                    Self::ThirdLastByte => RowPart::fixed(state.history.byte(3)),
                    Self::OrdersSeen => RowPart::with_bit(seen.min(31)),
                    Self::NetworkByte => RowPart::with_bit(state.expected_of_network & 511),
                    Self::NetworkConfidence => {
                        RowPart { by_confidence: 256, ..RowPart::with_partial(0) }
                    }
                    Self::NetworkLean => {
                        RowPart { by_lean: 16, by_length: 1, ..RowPart::fixed(0) }
                    }
                    Self::Signal(selector) => RowPart::with_bit(
                        state.signal.as_ref().map_or(0, |signal| signal.select(selector)),
                    ),
                    $(Self::$name(selector) => match &state.families.$field {
                        Some(family) => family.row(selector, state),
                        None => RowPart::fixed(0),
                    },)*
                }
            }
        }

        impl Named for Selector {
            fn all() -> Vec<Self> {
                let mut all = vec![
                    Self::Constant,
                    Self::Bits,
                    Self::MatchLength,
                    Self::MatchLengthAndBits,
                    Self::LastByte,
                    Self::SecondLastByte,
                    Self::ThirdLastByte,
                    Self::OrdersSeen,
                    Self::NetworkByte,
                    Self::NetworkConfidence,
                    Self::NetworkLean,
                ];
                all.extend(SignalSelector::all().into_iter().map(Self::Signal));
                $(all.extend(<$state as Family>::Selector::all().into_iter().map(Self::$name));)*
                all
            }
        }

        impl fmt::Display for Selector {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    Self::Constant
                    | Self::Bits
                    | Self::MatchLength
                    | Self::MatchLengthAndBits
                    | Self::LastByte
                    | Self::SecondLastByte
                    | Self::ThirdLastByte
                    | Self::OrdersSeen
                    | Self::NetworkByte
                    | Self::NetworkConfidence
                    | Self::NetworkLean => write!(f, "{self:?}"),
                    Self::Signal(selector) => write!(f, "Signal.{selector}"),
                    $(Self::$name(selector) => {
                        write!(f, concat!(stringify!($name), ".{}"), selector)
                    })*
                }
            }
        }

        impl FromStr for Selector {
            type Err = UnknownName;

            /// Reads what [`Selector`] is displayed as: `LastByte`, or family and selector
            /// (`Word.LengthAndBits`).
            fn from_str(name: &str) -> Result<Self, UnknownName> {
                let unknown = || UnknownName(name.into());
                match name.split_once('.') {
                    None => Self::all()
                        .into_iter()
                        .find(|selector| selector.to_string() == name)
                        .ok_or_else(unknown),
                    Some(("Signal", number)) => number.parse().map(Self::Signal),
                    $(Some((stringify!($name), selector)) => selector.parse().map(Self::$name),)*
                    Some(_) => Err(unknown()),
                }
                .map_err(|_| unknown())
            }
        }
    };
}
with_families!(selectors);
