//! Which instruction set to use, decided once.

use std::sync::OnceLock;

/// The instruction sets that the codec is compiled for, weakest first.
/// A set other than plain code holds its kernels, and so the proof that this machine has the instructions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub enum InstructionSet {
    /// Plain integer code.
    Scalar,
    /// Any AArch64.
    #[cfg(target_arch = "aarch64")]
    Neon(super::Neon),
    /// x86-64 with AVX2.
    #[cfg(target_arch = "x86_64")]
    Avx2(super::Avx2),
}

impl InstructionSet {
    /// The name that `CMX_SIMD` takes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            #[cfg(target_arch = "aarch64")]
            Self::Neon(_) => "neon",
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
    sets.extend(super::Avx2::detect().map(InstructionSet::Avx2));
    #[cfg(target_arch = "aarch64")]
    sets.push(InstructionSet::Neon(super::Neon::detect()));
    sets
}

/// The instruction set in use: the best this machine has, lowered by the environment variable
/// `CMX_SIMD` (`scalar`, `avx2`, `neon`), and [`InstructionSet::Scalar`] when the known-answer check
/// of the kernels fails.
#[must_use]
pub fn active() -> InstructionSet {
    static ACTIVE: OnceLock<InstructionSet> = OnceLock::new();
    *ACTIVE.get_or_init(|| {
        let sets = usable();
        let wanted = std::env::var("CMX_SIMD").ok();
        let ceiling = sets.iter().copied().find(|set| Some(set.name()) == wanted.as_deref());
        let chosen = ceiling.or(sets.last().copied()).unwrap_or(InstructionSet::Scalar);
        if self_check(chosen) {
            chosen
        } else {
            eprintln!("cmx: warning: this machine computes wrong results with {}; using scalar code", chosen.name());
            InstructionSet::Scalar
        }
    })
}

/// Whether the kernels of `set` give the scalar answers on fixed inputs (some tens of microseconds).
#[must_use]
pub fn self_check(set: InstructionSet) -> bool {
    match set {
        InstructionSet::Scalar => true,
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2(kernels) => super::check::known_answers(kernels),
        #[cfg(target_arch = "aarch64")]
        InstructionSet::Neon(kernels) => super::check::known_answers(kernels),
    }
}
