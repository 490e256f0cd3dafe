//! Makes a prior from samples: what `cmx train` does.
//!
//! Several texts are chosen from most of the samples ([`cover`]); the one that is kept is the one
//! after which the other samples become smallest, compressed by the predictor itself. All of it is
//! in whole numbers and in the order of the samples, so the same samples give the same prior.

mod cover;

use crate::block::main_kind;
use crate::container::Metadata;
use crate::error::{Error, Result};
use crate::input::StreamSource;
use crate::kind::Kind;
use crate::level::Level;
use crate::options::EncodeOptions;
use crate::prior::{LONGEST_PRIMER, PrimerPart, Prior, Suited};
use crate::stream::encode_stream;
use cover::Cover;

/// Most bytes of samples that a text is chosen from.
const MOST_CHOSEN_FROM: usize = 32 << 20;
/// Most bytes of samples that texts are compared on, and that the result is judged on.
const MOST_COMPARED: usize = 128 << 10;
const MOST_JUDGED: usize = 256 << 10;
/// One sample of so many is for comparing, and one for judging.
const APART: usize = 10;
/// Fewer samples tell nothing of others.
const FEWEST: usize = 2 * APART;

/// How to train.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The name of the prior, at most 32 bytes of printable ASCII.
    pub name: String,
    /// Most bytes of the primer.
    pub size: usize,
    /// The level that texts are compared at.
    pub level: Level,
}

/// A prior, and what it is good for.
#[derive(Debug)]
pub struct Trained {
    /// The prior.
    pub prior: Prior,
    /// How its text was chosen, in words.
    pub how: String,
    /// What each text that was compared made of the same samples, in bytes.
    pub compared: Vec<(String, u64)>,
    /// Samples that nothing was chosen from: how many.
    pub judged: usize,
    /// Their bytes, then compressed one by one without and with the prior.
    pub sizes: [u64; 3],
}

/// A step of the work: what is done, and which part of 100.
pub type Report<'a> = &'a mut dyn FnMut(&str, u64);

/// The texts that are compared: parts of so many bytes, or whole samples.
const PARTS: [Option<usize>; 3] = [Some(128), Some(512), None];

/// Makes a prior of `samples`.
///
/// # Errors
/// There are too few samples, or memory is short.
pub fn train(samples: &[Vec<u8>], settings: &Settings, report: Report<'_>) -> Result<Trained> {
    let samples: Vec<&[u8]> =
        samples.iter().map(Vec::as_slice).filter(|sample| !sample.is_empty()).collect();
    if samples.len() < FEWEST {
        return Err(Error::Prior(format!(
            "{} samples are too few; {FEWEST} is the least, and thousands are better",
            samples.len()
        )));
    }
    let of = |rest: usize, most: usize| part_of(&samples, |index| index % APART == rest, most);
    let (compared, judged) = (of(3, MOST_COMPARED), of(7, MOST_JUDGED));
    let others = |index: usize| index % APART != 3 && index % APART != 7;
    let chosen_from = part_of(&samples, others, MOST_CHOSEN_FROM);
    let suited = suited(&compared, &settings.level);
    let size = settings.size.min(LONGEST_PRIMER);
    let prior_of = |text: &[u8], noted: usize| {
        let primer = PrimerPart { suited, noted, text: text.to_vec() };
        Prior::new(&settings.name, primer, [None, None, None])
    };
    let cover = Cover::of(&chosen_from);
    let mut best: Option<(u64, Prior, String)> = None;
    let mut all = Vec::new();
    for (number, length) in (0..).zip(PARTS) {
        let what =
            length.map_or("whole samples".into(), |length| format!("parts of {length} bytes"));
        report(&format!("choosing {what}"), 30 * number);
        let text = cover.text(size, length);
        report(&format!("comparing {what}"), 30 * number + 10);
        let prior = prior_of(&text, 0)?;
        let cost = compressed(&compared, &settings.level, Some(&prior))?;
        all.push((what.clone(), cost));
        if best.as_ref().is_none_or(|(least, ..)| cost < *least) {
            best = Some((cost, prior, what));
        }
    }
    let Some((_, prior, how)) = best else {
        return Err(Error::Bug("no text was compared".into()));
    };
    report("judging", 90);
    let raw = judged.iter().map(|sample| sample.len() as u64).sum();
    let without = compressed(&judged, &settings.level, None)?;
    let with = compressed(&judged, &settings.level, Some(&prior))?;
    report("judging", 100);
    Ok(Trained { prior, how, compared: all, judged: judged.len(), sizes: [raw, without, with] })
}

/// Those samples whose index `is_in` accepts, spread evenly where they have more than `most` bytes.
fn part_of<'a>(samples: &[&'a [u8]], is_in: impl Fn(usize) -> bool, most: usize) -> Vec<&'a [u8]> {
    let all: Vec<&[u8]> = (0..samples.len()).filter(|&i| is_in(i)).map(|i| samples[i]).collect();
    let total: usize = all.iter().map(|sample| sample.len()).sum();
    let each = total.div_ceil(most).max(1);
    all.into_iter().step_by(each).map(|sample| &sample[..sample.len().min(most)]).collect()
}

/// Which streams a prior of such samples is for: kinds that have a twentieth of their bytes.
fn suited(samples: &[&[u8]], level: &Level) -> Suited {
    let (mut all, mut of) = (0, [0usize; 3]);
    for sample in samples {
        all += sample.len();
        match main_kind(sample, level) {
            Kind::Text | Kind::Words => of[0] += sample.len(),
            Kind::Table => of[1] += sample.len(),
            Kind::Generic => of[2] += sample.len(),
            _ => {}
        }
    }
    let [text, table, generic] = of.map(|bytes| bytes * 20 > all);
    Suited { text, table, generic }
}

/// Bytes of archives of `samples`, each of its own.
///
/// # Errors
/// Memory is short.
pub fn compressed(samples: &[&[u8]], level: &Level, prior: Option<&Prior>) -> Result<u64> {
    let options = EncodeOptions::new().level(*level).verify(false).prior(prior.cloned());
    let mut sum = 0;
    for sample in samples {
        let mut archive = Vec::new();
        let mut source = StreamSource::new(*sample);
        encode_stream(&mut source, &mut archive, Metadata::default(), &options)?;
        sum += archive.len() as u64;
    }
    Ok(sum)
}
