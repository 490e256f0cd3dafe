//! An explanation for programs.

use cmx::internals::explain::{Ablation, BIT, LEAST_PROBABILITY, StreamSum, Tally};
use serde_json::{Value, json};

use super::Explained;
use crate::cli::list::escaped;

/// One JSON object. Costs are in bits.
pub fn of(explained: &Explained) -> String {
    let explanation = &explained.explanation;
    let blocks = explanation.blocks.iter();
    let blocks = blocks
        .map(|block| json!({ "bytes": block.raw, "coded": block.coded, "streams": block.streams }));
    let offsets = (0u64..).step_by(explanation.strips.length.max(1) as usize);
    let strips = explanation.strips.strips.iter().zip(offsets).map(|(strip, offset)| {
        let shares = strip.shares.iter();
        let shares = shares.map(
            |share| json!({ "stream": share.stream, "bytes": share.raw, "cost": bits(share.cost) }),
        );
        json!({
            "offset": offset,
            "bytes": strip.raw,
            "cost": bits(strip.cost()),
            "shares": shares.collect::<Vec<_>>(),
        })
    });
    let ablations = explanation.ablations.iter().map(|ablation| {
        let Ablation { part, raw, with, without } = ablation;
        json!({ "part": part, "bytes": raw, "with": with, "without": without })
    });
    let (classes, foretold, refuted) = explanation.certainty();
    let value = json!({
        "file": explained.name,
        "level": explained.level,
        "bytes": explanation.raw,
        "archive": explanation.coded,
        "container": explanation.container,
        "heads": explanation.heads,
        "blocks": blocks.collect::<Vec<_>>(),
        "streams": explanation.streams.iter().map(stream).collect::<Vec<_>>(),
        "certainty": certainty(&classes),
        "foretold": tally(foretold),
        "refuted": tally(refuted),
        "strips": strips.collect::<Vec<_>>(),
        "ablations": ablations.collect::<Vec<_>>(),
    });
    escaped(&format!("{value:#}\n"))
}

fn stream(stream: &StreamSum) -> Value {
    json!({
        "name": stream.name,
        "coding": stream.coding,
        "is_content": stream.is_content(),
        "streams": stream.streams,
        "bytes": stream.raw,
        "coded": stream.coded,
        "cost": bits(stream.cost),
        "entropy": stream.entropy(),
        "certainty": if stream.is_mixed() { certainty(&stream.classes) } else { Value::Null },
        "foretold": tally(stream.foretold),
        "refuted": tally(stream.refuted),
    })
}

fn certainty(classes: &[Tally]) -> Value {
    let of_class = |(class, least): (&Tally, f64)| {
        let Tally { count, cost } = *class;
        json!({ "least_probability": least, "bits": count, "cost": bits(cost) })
    };
    classes.iter().zip(LEAST_PROBABILITY).map(of_class).collect()
}

fn tally(tally: Tally) -> Value {
    json!({ "decisions": tally.count, "cost": bits(tally.cost) })
}

/// A cost in bits.
fn bits(cost: u64) -> f64 {
    cost as f64 / BIT as f64
}
