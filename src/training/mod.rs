//! Makes a prior from samples: what `cmx train` does.
//!
//! Several texts are chosen from most of the samples ([`cover`]); the one that is kept is the one
//! after which the other samples become smallest, compressed by the predictor itself. The same
//! samples in the same order give the same prior.
//!
//! Sizes of 300 records at -5 with 112 KiB, of the index of a registry, packages of Debian as JSON,
//! and web pages of up to 12 KB:
//!
//! | text | index | packages | pages |
//! |---|--:|--:|--:|
//! | none but the built-in primer | 81,698 | 72,206 | 323,984 |
//! | any samples | 36,201 | 34,381 | 190,519 |
//! | whole samples | 33,227 | 31,389 | 161,031 |
//! | half of it by what parts of 512 bytes cost | 33,448 | 31,391 | 159,711 |
//! | all of it by that | 34,241 | 31,650 | 161,379 |
//! | whole samples, half observed | 33,393 | 31,611 | 162,205 |
//! | the same behind 64 KiB of the built-in primer, observed | 33,379 | 31,505 | 160,928 |

mod costs;
mod cover;
#[cfg(feature = "train")]
mod floats;
#[cfg(feature = "train")]
mod in_floats;
pub mod reading;
pub mod weights;

use crate::block::main_kind;
use crate::container::Metadata;
use crate::error::{Error, Result};
use crate::input::StreamSource;
use crate::kind::Kind;
use crate::level::Level;
use crate::options::EncodeOptions;
use crate::prior::{LONGEST_PRIMER, PrimerPart, Prior, Suited};
use crate::stream::encode_stream;
use costs::costs;
use cover::Cover;
use weights::{Pieces, STARTS};

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
    /// Bytes of records that the network reads for weights of its own; 0 for no weights.
    pub network: usize,
    /// How the network is trained.
    pub trainer: Trainer,
}

/// How a network is trained.
#[derive(Debug, Clone, Default)]
pub enum Trainer {
    /// As it learns in the coder: byte after byte, in whole numbers.
    #[default]
    Whole,
    /// In floats, many streams side by side. A run goes on from a checkpoint, and writes one.
    #[cfg(feature = "train")]
    Floats {
        /// The path of checkpoints, to which the kind of the streams is added.
        checkpoint: Option<std::path::PathBuf>,
    },
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

/// The part whose text is half chosen by what its bytes cost after the other half.
const BY_COST: usize = 512;
/// Samples whose costs are measured for that.
const MEASURED: usize = 400;
/// Bytes of a sample that are measured.
const LONGEST_MEASURED: usize = 4 << 10;

/// The index of some samples, and what each of their bytes costs after `prior`.
fn costs_of_some(
    samples: &[&[u8]],
    settings: &Settings,
    prior: &Prior,
) -> Result<Vec<(usize, Vec<u64>)>> {
    let some = (0..samples.len()).step_by(samples.len().div_ceil(MEASURED).max(1));
    let of = |at: usize| {
        let sample = &samples[at][..samples[at].len().min(LONGEST_MEASURED)];
        Ok((at, costs(sample, &settings.level, Some(prior))?))
    };
    some.map(of).collect()
}

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
    let prior_of = |text: &[u8]| {
        let primer = PrimerPart { suited, noted: 0, text: text.to_vec() };
        Prior::new(&settings.name, primer, [None, None, None])
    };
    let cover = Cover::of(&chosen_from);
    let mut texts = Vec::new();
    for (number, length) in (0..).zip(PARTS) {
        let what =
            length.map_or("whole samples".into(), |length| format!("parts of {length} bytes"));
        report(&format!("choosing {what}"), 20 * number);
        let text = cover.text(size, length);
        report(&format!("comparing {what}"), 20 * number + 10);
        let prior = prior_of(&text)?;
        texts.push((compressed(&compared, &settings.level, Some(&prior))?, prior, what, length));
    }
    let least = texts.iter().min_by_key(|text| text.0).map(|text| text.3);
    report("choosing by cost", 60);
    let half = cover.text(size / 2, least.flatten());
    let costs = costs_of_some(&chosen_from, settings, &prior_of(&half)?)?;
    let more = Cover::of_costs(&chosen_from, &costs).text(size - half.len(), Some(BY_COST));
    let prior = prior_of(&[&more[..], &half].concat())?;
    let what = format!("half of it by what parts of {BY_COST} bytes cost");
    texts.push((compressed(&compared, &settings.level, Some(&prior))?, prior, what, None));
    let all = texts.iter().map(|text| (text.2.clone(), text.0)).collect();
    let Some((_, prior, how, _)) = texts.into_iter().min_by_key(|text| text.0) else {
        return Err(Error::Bug("no text was compared".into()));
    };
    let prior = match settings.network {
        0 => prior,
        bytes => with_weights(&prior, &chosen_from, bytes, settings, report)?,
    };
    report("judging", 90);
    let raw = judged.iter().map(|sample| sample.len() as u64).sum();
    let without = compressed(&judged, &settings.level, None)?;
    let with = compressed(&judged, &settings.level, Some(&prior))?;
    report("judging", 100);
    Ok(Trained { prior, how, compared: all, judged: judged.len(), sizes: [raw, without, with] })
}

/// `prior` with weights for the streams that a twentieth of `samples` at least is.
fn with_weights(
    prior: &Prior,
    samples: &[&[u8]],
    bytes: usize,
    settings: &Settings,
    report: Report<'_>,
) -> Result<Prior> {
    let pieces = Pieces::of(samples, &settings.level)?;
    let lengths = pieces.lengths();
    let total: usize = lengths.iter().sum();
    let mut all = [None, None, None];
    for (index, start) in STARTS.into_iter().enumerate() {
        if lengths[index] * 20 > total {
            let share = (bytes as u64 * lengths[index] as u64 / total as u64) as usize;
            let pieces = &pieces.0[index];
            all[index] = Some(match &settings.trainer {
                Trainer::Whole => weights::train(pieces, start, share, report),
                #[cfg(feature = "train")]
                Trainer::Floats { checkpoint } => {
                    let path = checkpoint.as_ref().map(|path| {
                        path.with_extension(format!("{start:?}.safetensors").to_lowercase())
                    });
                    let most = in_floats::MOST_LOST;
                    in_floats::train(pieces, start, share, path.as_deref(), most, report)?
                }
            });
        }
    }
    prior.with_weights(all)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level::{LEVELS, NetworkStart};
    use crate::options::DecodeOptions;
    use crate::stream::decode_stream;

    /// About as many bytes as built-in weights have.
    const WEIGHTS: usize = 900_000;

    /// Weights that nobody trained: no sum may overflow, and every archive decodes.
    #[test]
    fn weights_may_be_anything() {
        let text = b"some text of a prior, which has several words.".repeat(3);
        let suited = Suited { text: true, table: true, generic: true };
        let mut state = 1u32;
        let mut draw = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        let random: Vec<u8> = std::iter::repeat_with(&mut draw).take(WEIGHTS).collect();
        for weights in [random, vec![0x7F; WEIGHTS], vec![0x80; WEIGHTS]] {
            let weights = [Some(weights.clone()), Some(weights.clone()), Some(weights)];
            let primer = PrimerPart { suited, noted: 20, text: text.clone() };
            let prior = Prior::new("any", primer, weights).unwrap();
            for start in NetworkStart::ALL {
                let level = LEVELS[8].with_network_start(start);
                let raw = &text[5..100];
                let options = EncodeOptions::new().level(level).verify(false).prior(prior.clone());
                let mut archive = Vec::new();
                let mut source = StreamSource::new(raw);
                encode_stream(&mut source, &mut archive, Metadata::default(), &options).unwrap();
                let options = DecodeOptions::new().prior(prior.clone());
                let mut again = Vec::new();
                decode_stream(&archive[..], &mut again, &options).unwrap();
                assert_eq!(again, raw);
            }
        }
    }

    /// Two runs make the same prior, with weights, after which records are smaller.
    #[test]
    fn the_same_samples_give_the_same_prior() {
        let sample = |n: u64| {
            let mixed = (n + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            format!("{{\"key\":{},\"quantity\":{},\"comment\":\"{mixed:x}\"}}", n * 7, n % 9)
        };
        let samples: Vec<Vec<u8>> = (0..40).map(|n| sample(n).into_bytes()).collect();
        let settings = Settings {
            name: "keys".into(),
            size: 1 << 10,
            level: LEVELS[3],
            network: 500,
            trainer: Trainer::Whole,
        };
        let once = train(&samples, &settings, &mut |_, _| {}).unwrap();
        let twice = train(&samples, &settings, &mut |_, _| {}).unwrap();
        assert_eq!(once.prior.to_bytes(), twice.prior.to_bytes());
        assert!(once.prior.has_weights());
        let [_, without, with] = once.sizes;
        assert!(with < without, "{with} {without}");
        assert!(train(&samples[..5], &settings, &mut |_, _| {}).is_err());
    }
}
