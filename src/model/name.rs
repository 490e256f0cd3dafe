//! Names of contexts and selectors: documents, tools and messages write and read them.

use std::fmt;
use std::str::FromStr;

/// A name that no context or selector has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownName(pub String);

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no context or selector is called {:?}", self.0)
    }
}

impl std::error::Error for UnknownName {}

/// A closed set of values, each of which has a name.
pub trait Named:
    Copy + PartialEq + fmt::Debug + fmt::Display + FromStr<Err = UnknownName> + 'static
{
    /// Every value of the set, in the order of its definition.
    fn all() -> Vec<Self>;
}

/// Defines an enum whose variants are called as they are written, or a number in a range.
macro_rules! named {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$doc:meta])* $variant:ident,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
        #[allow(clippy::enum_variant_names)] // each name is read after that of its family
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl $crate::model::name::Named for $name {
            fn all() -> Vec<Self> {
                vec![$(Self::$variant,)+]
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(match self { $(Self::$variant => stringify!($variant),)+ })
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::model::name::UnknownName;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                match name {
                    $(stringify!($variant) => Ok(Self::$variant),)+
                    other => Err($crate::model::name::UnknownName(other.into())),
                }
            }
        }
    };
    ($(#[$meta:meta])* pub struct $name:ident in $first:literal..=$last:expr;) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
        pub struct $name(pub u8);

        impl $crate::model::name::Named for $name {
            fn all() -> Vec<Self> {
                ($first..=$last).map(Self).collect()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::model::name::UnknownName;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                let number = name.parse().ok().filter(|number| ($first..=$last).contains(number));
                number.map(Self).ok_or_else(|| $crate::model::name::UnknownName(name.into()))
            }
        }
    };
}
pub(crate) use named;

/// The selectors of a family that has none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum NoSelector {}

impl Named for NoSelector {
    fn all() -> Vec<Self> {
        Vec::new()
    }
}

impl fmt::Display for NoSelector {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl FromStr for NoSelector {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Err(UnknownName(name.into()))
    }
}
