//! The list of families, and their states.

use super::context::Context;
use super::family::{Family, Reads};

/// Passes the list of families to a macro: name of the family, field of its state, type of its
/// state. A new family is one line here.
macro_rules! with_families {
    ($macro:ident) => {
        $macro! {
            /// Words and the gaps between them.
            Word => word: crate::model::word::WordState,
            /// Lines and fields.
            Line => line: crate::model::line::LineState,
            /// Open brackets and tags.
            Nest => nest: crate::model::nest::NestState,
            /// Classes of the last bytes.
            Class => class: crate::model::byte_class::ClassState,
            /// Runs of letters and digits as one symbol each.
            Outline => outline: crate::model::outline::OutlineState,
            /// What followed words, and how long ago they stood in the text.
            Phrase => phrase: crate::model::phrase::PhraseState,
            /// The last bytes with case folded, digits alike and white space collapsed.
            Folded => folded: crate::model::folded::FoldedState,
            /// Bytes that followed the last bytes before.
            Indirect => indirect: crate::model::indirect::IndirectState,
            /// The byte that a match expects.
            Expected => expected: crate::model::expected::ExpectedState,
            /// Numbers in text.
            Number => number: crate::model::number::NumberState,
            /// Prose.
            Prose => prose: crate::model::prose::ProseState,
            /// x86 and x86-64 code.
            X86 => x86: crate::model::x86::X86State,
            /// Binary records.
            Record => record: crate::model::record::RecordState,
            /// Distances at which bytes are alike.
            Similar => similar: crate::model::similar::SimilarState,
            /// Text tables.
            Table => table: crate::model::table::TableState,
            /// WebAssembly code.
            Wasm => wasm: crate::model::wasm::WasmState,
            /// TrueType fonts.
            Font => font: crate::model::font::FontState,
        }
    };
}
pub(crate) use with_families;

macro_rules! states {
    ($($(#[$doc:meta])* $name:ident => $field:ident: $state:ty,)*) => {
        /// The name of a family.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum FamilyName { $($(#[$doc])* $name,)* }

        impl FamilyName {
            /// The families whose state this one reads too.
            #[must_use]
            pub const fn needs(self) -> &'static [FamilyName] {
                match self { $(Self::$name => <$state as Family>::NEEDS,)* }
            }
        }

        /// The states of the families that a profile asks for.
        #[derive(Clone)]
        pub struct Families { $($(#[$doc])* pub $field: Option<Box<$state>>,)* }

        impl Families {
            /// The states before the first byte: of the families of `contexts`, those `selected`,
            /// and those that these need.
            #[must_use]
            pub fn new(
                contexts: &[Context],
                selected: impl IntoIterator<Item = FamilyName>,
            ) -> Self {
                let of_contexts = contexts.iter().filter_map(|context| context.family());
                let asked: Vec<FamilyName> = of_contexts.chain(selected).collect();
                let is_asked = |name: FamilyName| {
                    asked.iter().any(|asked| *asked == name || asked.needs().contains(&name))
                };
                Self {
                    $($field: is_asked(FamilyName::$name).then(|| {
                        let own = |context: &Context| match context {
                            Context::$name(own) => Some(*own),
                            _ => None,
                        };
                        let own: Vec<_> = contexts.iter().filter_map(own).collect();
                        Box::new(<$state>::new(&own))
                    }),)*
                }
            }

            /// Shows the byte that `bytes` now ends with to the families that read `reads`.
            #[inline(always)]
            pub fn push(&mut self, bytes: &[u8], reads: Reads) {
                $(
                    if <$state as Family>::READS == reads
                        && let Some(state) = &mut self.$field
                    {
                        state.push(bytes);
                    }
                )*
            }

            /// Tells the families that the bytes pushed last were the word of `code`.
            #[inline(always)]
            pub fn push_code(&mut self, code: &[u8]) {
                $(if let Some(state) = &mut self.$field { state.push_code(code); })*
            }

            /// The context, below 256, of the adaptive probability map: of the last family of the
            /// list that has one.
            #[inline(always)]
            #[must_use]
            pub fn apm_context(&self) -> Option<usize> {
                [$(self.$field.as_ref().and_then(|state| state.apm_context()),)*]
                    .into_iter()
                    .rev()
                    .flatten()
                    .next()
            }
        }
    };
}
with_families!(states);
