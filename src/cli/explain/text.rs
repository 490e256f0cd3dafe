//! An explanation for people.

use std::fmt::Write;

use cmx::internals::explain::{BIT, Explanation, StreamSum, Tally};

use super::{Explained, grouped, letters};

/// Signs of the longest bar.
const BAR: u64 = 30;

/// The names of the classes of certainty: how probable the coded bit was.
const CLASSES: [&str; 10] = [
    "1 - 2^-10 or more",
    "1 - 2^-8",
    "1 - 2^-6",
    "1 - 2^-4",
    "1 - 2^-3",
    "3/4",
    "1/2",
    "1/4",
    "1/16",
    "less",
];

/// All tables.
pub fn of(explained: &Explained) -> String {
    let Explained { name, level, explanation } = explained;
    let (raw, coded) = (grouped(explanation.raw), grouped(explanation.coded));
    let mut text = match level {
        Some(level) => format!("{name}: {raw} bytes, {coded} in the archive at -{level}\n\n"),
        None => format!("{name}: an archive of {coded} bytes, which hold {raw}\n\n"),
    };
    // Writing to a String cannot fail.
    let _ = streams(&mut text, explanation)
        .and_then(|()| blocks(&mut text, explanation))
        .and_then(|()| certainty(&mut text, explanation))
        .and_then(|()| strips(&mut text, explanation))
        .and_then(|()| ablations(&mut text, explanation));
    text
}

fn streams(text: &mut String, explanation: &Explanation) -> std::fmt::Result {
    let total = explanation.coded;
    writeln!(text, "         bytes        coded       %  bits/byte  what and how")?;
    for (index, stream) in explanation.streams.iter().enumerate() {
        let StreamSum { name, coding, raw, coded, .. } = stream;
        let of_bytes = match coding.as_str() {
            "sorted" => format!(" (entropy of single bytes {:.2} bits)", stream.entropy()),
            _ => String::new(),
        };
        writeln!(
            text,
            "{:>2} {:>11} {:>12} {} {:>10.3}  {name}: {coding}{of_bytes}",
            letters(index),
            grouped(*raw),
            grouped(*coded),
            percent(*coded, total),
            rate(*coded, *raw)
        )?;
    }
    let blocks = explanation.blocks.len();
    let of_blocks = format!("heads of {blocks} block{}", if blocks == 1 { "" } else { "s" });
    for (coded, what) in
        [(explanation.heads, of_blocks.as_str()), (explanation.container, "container")]
    {
        let share = percent(coded, total);
        writeln!(text, "{:>27} {share} {:>10}  {what}", grouped(coded), "")?;
    }
    writeln!(
        text,
        "   {:>11} {:>12} {} {:>10.3}  all\n",
        grouped(explanation.raw),
        grouped(total),
        percent(total, total),
        rate(total, explanation.raw)
    )
}

fn blocks(text: &mut String, explanation: &Explanation) -> std::fmt::Result {
    if explanation.blocks.len() < 2 {
        return Ok(());
    }
    writeln!(text, "block      bytes        coded  bits/byte  streams")?;
    for (number, block) in explanation.blocks.iter().enumerate() {
        writeln!(
            text,
            "{number:>5} {:>10} {:>12} {:>10.3} {:>8}",
            grouped(block.raw),
            grouped(block.coded),
            rate(block.coded, block.raw),
            block.streams
        )?;
    }
    writeln!(text)
}

fn certainty(text: &mut String, explanation: &Explanation) -> std::fmt::Result {
    let (classes, foretold, refuted) = explanation.certainty();
    if !explanation.streams.iter().any(StreamSum::is_mixed) {
        return Ok(());
    }
    writeln!(text, "coded with probability   bits        coded       %")?;
    let of_matches = [("long match, right", foretold), ("long match, wrong", refuted)];
    for (name, Tally { count, cost }) in CLASSES.into_iter().zip(classes).chain(of_matches) {
        writeln!(
            text,
            "{name:<18} {:>10} {:>12} {}",
            grouped(count),
            grouped(bytes(cost)),
            percent(cost, explanation.coded * 8 * BIT)
        )?;
    }
    let ends: f64 = explanation.streams.iter().map(StreamSum::ends).sum();
    writeln!(text, "{:<29} {:>12}", "begins and ends of codes", ends.round() as i64)?;
    writeln!(
        text,
        "A long match codes a byte by one decision; a wrong one costs eight bits more.\n"
    )
}

fn strips(text: &mut String, explanation: &Explanation) -> std::fmt::Result {
    let strips = &explanation.strips;
    let most = strips.strips.iter().map(|strip| bytes(strip.cost())).max().unwrap_or(0).max(1);
    if strips.strips.len() < 2 {
        return Ok(());
    }
    writeln!(text, "       offset        coded  bits/byte  along the content")?;
    for (number, strip) in strips.strips.iter().enumerate() {
        let coded = bytes(strip.cost());
        let bar = "#".repeat((coded * BAR).div_ceil(most) as usize);
        let mut from: Vec<_> = strip.shares.iter().collect();
        from.sort_by_key(|share| std::cmp::Reverse((share.cost, share.raw)));
        let from: Vec<String> = from.iter().map(|share| letters(share.stream)).collect();
        writeln!(
            text,
            "  {:>11} {:>12} {:>10.3}  {bar:<width$} {}",
            grouped(number as u64 * strips.length),
            grouped(coded),
            rate(coded, strip.raw),
            from.join(" "),
            width = BAR as usize
        )?;
    }
    if explanation.streams.iter().any(|stream| stream.is_content() && !stream.is_mixed()) {
        writeln!(
            text,
            "Of streams that are sorted or stored, every byte is taken to cost the same."
        )?;
    }
    writeln!(text)
}

fn ablations(text: &mut String, explanation: &Explanation) -> std::fmt::Result {
    if explanation.ablations.is_empty() {
        return Ok(());
    }
    writeln!(text, "       bytes   of code  more without")?;
    for part in &explanation.ablations {
        writeln!(
            text,
            "{:>12} {:>7.2} %  {}",
            format!("{:+}", part.worth()),
            100.0 * part.worth() as f64 / part.with.max(1) as f64,
            part.part
        )?;
    }
    writeln!(text)
}

/// A cost in bytes.
fn bytes(cost: u64) -> u64 {
    (cost + 4 * BIT) / (8 * BIT)
}

/// Bits of code for a byte.
fn rate(coded: u64, raw: u64) -> f64 {
    8.0 * coded as f64 / raw.max(1) as f64
}

fn percent(part: u64, whole: u64) -> String {
    format!("{:>5.1} %", 100.0 * part as f64 / whole.max(1) as f64)
}
