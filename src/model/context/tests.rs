//! What holds for the contexts and selectors of every family.

use super::*;
use crate::model::selector::{BitView, Selector};
use proptest::prelude::Just;
use std::collections::HashSet;

/// Shows `bytes` to the families of the contexts that are `wanted`, asks for the value of each of
/// these contexts after every byte, and checks that selectors stay within their rows.
pub(in crate::model) fn follow(bytes: &[u8], wanted: impl Fn(Context) -> bool) {
    let is_wanted = |context: &Context| context.family().is_some() && wanted(*context);
    let contexts: Vec<Context> = Context::all().into_iter().filter(is_wanted).collect();
    let families: Vec<FamilyName> =
        contexts.iter().filter_map(|context| context.family()).collect();
    let of_families =
        |selector: &Selector| selector.family().is_some_and(|family| families.contains(&family));
    let selectors: Vec<Selector> = Selector::all().into_iter().filter(of_families).collect();
    for words in [None, Some(3 * bytes.len())] {
        let mut state = ContextState::new(&contexts, [], None, words).unwrap();
        for end in 0..=bytes.len() {
            if end > 0 {
                state.push(&bytes[..end]);
            }
            for &context in &contexts {
                let _ = state.hash(context, 1);
            }
            for selector in &selectors {
                let highest = selector.of_byte(&state, 99).row(BitView {
                    partial: 255,
                    index: 7,
                    length: 15,
                    confidence: 15,
                    lean: 15,
                });
                assert!((highest as usize) < selector.rows(), "{selector}: {highest}");
            }
            assert!(state.families.apm_context().is_none_or(|context| context < 256));
        }
    }
}

/// The name of every value is read as that value, and no two have the same.
fn names_are_read<T: Named + std::hash::Hash + Eq>() {
    let mut names = HashSet::new();
    for value in T::all() {
        let name = value.to_string();
        assert_eq!(name.parse(), Ok(value), "{name}");
        assert!(names.insert(name), "{value:?}");
    }
}

#[test]
fn names_of_contexts_are_read() {
    names_are_read::<Context>();
    for wrong in ["", "Word", "Word.", "Word.sofar", "Order.17", "Sparse.x", "Folded.9", "X86.7"] {
        assert_eq!(wrong.parse::<Context>(), Err(UnknownName(wrong.into())));
    }
}

#[test]
fn names_of_selectors_are_read() {
    names_are_read::<Selector>();
    for wrong in ["", "Bit", "Word", "Word.SoFar", "Signal.4"] {
        assert_eq!(wrong.parse::<Selector>(), Err(UnknownName(wrong.into())));
    }
}

#[test]
fn selectors_ask_for_their_families() {
    for selector in Selector::all() {
        let state = ContextState::new(&[], selector.family(), None, None).unwrap();
        if let Selector::Nest(_) = selector {
            let families = &state.families;
            assert!(families.nest.is_some() && families.word.is_some() && families.line.is_none());
        }
        if let Selector::X86(_) = selector {
            assert!(state.families.x86.is_some() && state.families.record.is_none());
        }
    }
}

proptest::proptest! {
    #[test]
    fn every_family_follows_any_bytes(bytes in proptest::collection::vec(0u8.., 0..300)) {
        follow(&bytes, |_| true);
    }

    #[test]
    fn tables_follow_any_cells(
        bytes in proptest::collection::vec(
            proptest::prop_oneof![0u8.., Just(b','), Just(b'\n')],
            0..600,
        )
    ) {
        follow(&bytes, |context| matches!(context, Context::Table(_)));
    }
}
