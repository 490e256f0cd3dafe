//! Which instruction set to use, decided once.

use std::sync::OnceLock;

/// The instruction sets that the codec is compiled for, weakest first. A set other than plain code
/// holds its kernels, and so the proof that this machine has the instructions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub enum InstructionSet {
    /// Plain integer code.
    Scalar,
    /// Any AArch64.
    #[cfg(target_arch = "aarch64")]
    Neon(super::Neon),
    /// x86-64 with AVX2, or with AVX-512 too: networks alone use that.
    #[cfg(target_arch = "x86_64")]
    Avx2(super::Avx2),
}

impl InstructionSet {
    /// The name that [`choose`] takes.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            #[cfg(target_arch = "aarch64")]
            Self::Neon(_) => "neon",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(kernels) if kernels.wide().is_some() => "avx512",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => "avx2",
        }
    }
}

/// The instruction sets this machine can run, weakest first.
#[must_use]
pub fn usable() -> Vec<InstructionSet> {
    #[allow(unused_mut)]
    let mut sets = vec![InstructionSet::Scalar];
    #[cfg(target_arch = "x86_64")]
    sets.extend(
        [super::Avx2::detect(), super::Avx2::detect_wide()]
            .into_iter()
            .flatten()
            .map(InstructionSet::Avx2),
    );
    #[cfg(target_arch = "aarch64")]
    sets.push(InstructionSet::Neon(super::Neon::detect()));
    sets
}

/// The instruction set in use: the best that this machine has, unless [`choose`] named another, and
/// [`InstructionSet::Scalar`] when the known-answer check of the kernels fails.
#[must_use]
pub fn active() -> InstructionSet {
    choice().used
}

/// One line for the user where [`active`] is not what was chosen, because this machine computes
/// wrong results with that.
#[must_use]
pub fn warning() -> Option<String> {
    choice().warning()
}

/// What [`active`] came to.
struct Choice {
    used: InstructionSet,
    /// The set that failed the known-answer check.
    refused: Option<InstructionSet>,
}

static CHOICE: OnceLock<Choice> = OnceLock::new();

/// Makes [`active`] the set of this name, if this machine has such a set and computes rightly with
/// it. Does nothing once [`active`] was asked for.
pub fn choose(name: &str) {
    CHOICE.get_or_init(|| Choice::of(&usable(), Some(name), self_check));
}

fn choice() -> &'static Choice {
    CHOICE.get_or_init(|| Choice::of(&usable(), None, self_check))
}

impl Choice {
    /// The last of `sets`, or the one that is `wanted`, if it passes `check`.
    fn of(
        sets: &[InstructionSet],
        wanted: Option<&str>,
        check: impl Fn(InstructionSet) -> bool,
    ) -> Choice {
        let ceiling = sets.iter().copied().find(|set| Some(set.name()) == wanted);
        let chosen = ceiling.or(sets.last().copied()).unwrap_or(InstructionSet::Scalar);
        if check(chosen) {
            Choice { used: chosen, refused: None }
        } else {
            Choice { used: InstructionSet::Scalar, refused: Some(chosen) }
        }
    }

    fn warning(&self) -> Option<String> {
        self.refused.map(|set| {
            format!(
                "this machine computes wrong results with {}; plain code is used, which is slower",
                set.name()
            )
        })
    }
}

/// Whether the kernels of `set` give the scalar answers on fixed inputs (some tens of
/// microseconds).
#[must_use]
pub fn self_check(set: InstructionSet) -> bool {
    match set {
        InstructionSet::Scalar => true,
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2(kernels) => {
            super::check::known_answers(kernels)
                && kernels.wide().is_none_or(super::check::known_answers_of_networks)
        }
        #[cfg(target_arch = "aarch64")]
        InstructionSet::Neon(kernels) => super::check::known_answers(kernels),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_set_is_used_unless_it_computes_wrongly() {
        let sets = usable();
        let best = sets[sets.len() - 1];
        let sound = Choice::of(&sets, None, |_| true);
        assert!(sound.used == best && sound.warning().is_none());
        assert_eq!(Choice::of(&sets, Some("scalar"), |_| true).used, InstructionSet::Scalar);
        let broken = Choice::of(&sets, None, |_| false);
        assert_eq!(broken.used, InstructionSet::Scalar);
        assert!(broken.warning().unwrap().contains(best.name()));
    }
}
