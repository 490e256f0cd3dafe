//! What parts of the models are worth: the streams are coded once more without each part.
//!
//! The rest learns as well as it can without the part, so that the worths of parts do not add up:
//! of two contexts that tell the same, neither is worth much.

use crate::block::{Anatomy, Stream};
use crate::error::Result;
use crate::method::{self, Method, Mixing};
use crate::model::context::Context;
use crate::model::selector::Selector;
use crate::predictor::primer::Primer;
use crate::predictor::profile::Profile;
use crate::threads::{Step, each};

/// Which parts of the models are measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Parts {
    /// Families of contexts with their weight sets, match models, primers and networks.
    pub families: bool,
    /// Single weight sets.
    pub sets: bool,
    /// Single contexts.
    pub contexts: bool,
}

/// What one part of the models is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ablation {
    /// What was left out.
    pub part: String,
    /// Bytes before coding of the streams that have the part.
    pub raw: u64,
    /// Bytes of code of these streams.
    pub with: u64,
    /// Bytes of code of the same streams without the part.
    pub without: u64,
}

impl Ablation {
    /// Bytes of code that the part spares; less than none where it harms.
    #[must_use]
    pub fn worth(&self) -> i64 {
        self.without as i64 - self.with as i64
    }
}

/// A part of a profile that can be left out.
#[derive(Debug, Clone, PartialEq)]
enum Part {
    /// The contexts and selectors of a family.
    Family(String),
    /// All match models, and with them long matches.
    Matches,
    /// Decisions on whole bytes.
    LongMatches,
    /// Guesses from series and records.
    Residuals,
    /// Models of whole bytes.
    Networks,
    /// The text that is read before.
    Primer,
    /// The second mixer of the last layer.
    SecondFinalMixer,
    /// A weight set of the first layer.
    Set(Selector),
    /// A context.
    Context(Context),
}

/// A belief that no match comes up to.
const NEVER: u32 = u32::MAX;

impl Part {
    fn name(&self) -> String {
        match self {
            Part::Family(name) => format!("contexts {name}"),
            Part::Matches => "match models".into(),
            Part::LongMatches => "decisions on long matches".into(),
            Part::Residuals => "residuals".into(),
            Part::Networks => "networks".into(),
            Part::Primer => "primer".into(),
            Part::SecondFinalMixer => "second final mixer".into(),
            Part::Set(selector) => format!("weight set {selector}"),
            Part::Context(context) => format!("context {context}"),
        }
    }

    /// The parts of `profile` that `parts` ask for.
    fn of(profile: &Profile, parts: Parts) -> Vec<Part> {
        let mut found = Vec::new();
        if parts.families {
            for context in &profile.contexts {
                let family = Part::Family(family_of(context));
                if !found.contains(&family) {
                    found.push(family);
                }
            }
            let others = [
                (Part::Matches, !profile.matches.is_empty()),
                (Part::LongMatches, !profile.matches.is_empty()),
                (Part::Residuals, profile.residuals),
                (Part::Networks, !profile.networks.is_empty()),
                (Part::Primer, !profile.primer.text.is_empty()),
                (Part::SecondFinalMixer, profile.final_selector.is_some()),
            ];
            found
                .extend(others.into_iter().filter(|(_, is_there)| *is_there).map(|(part, _)| part));
        }
        if parts.sets && profile.selectors.len() > 1 {
            found.extend(profile.selectors.iter().map(|&selector| Part::Set(selector)));
        }
        if parts.contexts {
            found.extend(profile.contexts.iter().map(|&context| Part::Context(context)));
        }
        found.retain(|part| part.can_be_left_out(profile));
        found
    }

    /// Whether a predictor can do without the part: those for runs and stationary maps are fixed in
    /// number, and need contexts.
    fn can_be_left_out(&self, profile: &Profile) -> bool {
        let mut rest = profile.clone();
        self.leave_out(&mut rest);
        rest.contexts.len() >= rest.runs.end.max(rest.stationary.end).max(1)
    }

    /// Leaves the part out of `profile`.
    fn leave_out(&self, profile: &mut Profile) {
        match self {
            Part::Family(name) => {
                keep(profile, |context| family_of(context) != *name);
                let selects = |selector: &Selector| prefix(&selector.to_string()) != *name;
                profile.selectors.retain(selects);
                profile.final_selector = profile.final_selector.filter(selects);
            }
            Part::Matches => profile.matches.clear(),
            Part::LongMatches => profile.belief.shortest = NEVER,
            Part::Residuals => profile.residuals = false,
            Part::Networks => profile.networks.clear(),
            Part::Primer => profile.primer = Primer::default(),
            Part::SecondFinalMixer => profile.final_selector = None,
            Part::Set(selector) => profile.selectors.retain(|other| other != selector),
            Part::Context(context) => keep(profile, |other| other != context),
        }
    }
}

/// Keeps the contexts of `profile` that `is_kept` names.
fn keep(profile: &mut Profile, is_kept: impl Fn(&Context) -> bool) {
    let kept = |first: usize| {
        let first = first.min(profile.contexts.len());
        profile.contexts[..first].iter().filter(|&context| is_kept(context)).count()
    };
    (profile.orders, profile.dense) = (kept(profile.orders), kept(profile.dense));
    profile.contexts.retain(is_kept);
}

/// The family of a context: what stands before the point of its name.
fn family_of(context: &Context) -> String {
    prefix(&context.to_string()).to_string()
}

fn prefix(name: &str) -> &str {
    name.split_once('.').map_or("", |(family, _)| family)
}

/// What `parts` are worth in the mixed streams of a block.
///
/// # Errors
/// Memory is short.
pub(super) fn of_block(anatomy: &Anatomy, parts: Parts) -> Result<Vec<Ablation>> {
    let mut found = Vec::new();
    for stream in &anatomy.streams {
        if let Method::Mixed(mixing) = stream.method {
            join(&mut found, of_stream(stream, mixing, parts)?);
        }
    }
    Ok(found)
}

fn of_stream(stream: &Stream, mixing: Mixing, parts: Parts) -> Result<Vec<Ablation>> {
    let (kind, bytes) = (stream.kind, &stream.bytes[..]);
    let parts = Part::of(&mixing.profile(&kind), parts);
    let memory = stream.method.memory(&kind, bytes.len()) + 2 * bytes.len() as u64;
    let steps = vec![Step { length: bytes.len(), memory }; parts.len()];
    let without = each(&steps, |index| {
        let leave_out = |profile: &mut Profile| parts[index].leave_out(profile);
        Ok(method::encode_varied(bytes, mixing, &kind, leave_out)?.len() as u64)
    })?;
    let sizes = parts.iter().zip(without).map(|(part, without)| Ablation {
        part: part.name(),
        raw: bytes.len() as u64,
        with: stream.coded as u64,
        without,
    });
    Ok(sizes.collect())
}

/// Adds `more` to `sums`, part by part.
pub(super) fn join(sums: &mut Vec<Ablation>, more: Vec<Ablation>) {
    for ablation in more {
        match sums.iter_mut().find(|sum| sum.part == ablation.part) {
            Some(sum) => {
                sum.raw += ablation.raw;
                sum.with += ablation.with;
                sum.without += ablation.without;
            }
            None => sums.push(ablation),
        }
    }
}
