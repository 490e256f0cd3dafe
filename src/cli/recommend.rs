//! Recommends a level from measurements of all levels.

use super::measure::Measured;

/// A slower level is worth its time if each doubling of the time makes the result smaller by at
/// least this share.
const MIN_GAIN: f64 = 0.03;

/// Least ratio at which an input counts as incompressible.
const INCOMPRESSIBLE: f64 = 0.98;

/// Differences of sizes and times below these are not reported, because clocks are not more
/// accurate.
const SAME_SIZE: f64 = 0.003;
const SAME_TIME: f64 = 1.15;

/// A recommendation for an input of `length` bytes, with one sentence on each line. `rows` are the
/// measurements, in the order of the levels.
pub fn recommendation(rows: &[Measured], length: u64) -> String {
    if rows.len() < 2 || length == 0 {
        return "One measurement is not enough to compare.".into();
    }
    // Of levels with equal times the lowest is taken, because that needs the least memory.
    let least = rows.iter().map(|row| row.compress).fold(f64::INFINITY, f64::min);
    let smallest = rows.iter().min_by_key(|row| row.coded).unwrap_or(&rows[0]);
    let quickest = rows.iter().find(|row| row.compress <= least * SAME_TIME).unwrap_or(&rows[0]);
    // Levels with equal sizes nearly always do the same work, so the lowest of them is taken
    // although the clock differs.
    let quickest = rows.iter().find(|row| row.coded == quickest.coded).unwrap_or(quickest);
    if smallest.ratio() > INCOMPRESSIBLE {
        return format!(
            "This is compressed or encrypted already: no level makes it noticeably smaller. Keep \
             it as it is, or take -{}.",
            quickest.level.number()
        );
    }
    // From the fastest level on, a level that is worth its time replaces the best level so far.
    let mut best = quickest;
    for row in rows {
        let doublings = (row.compress / best.compress.max(1e-9)).log2().max(0.0);
        let saved = 1.0 - row.coded as f64 / best.coded.max(1) as f64;
        if saved > SAME_SIZE && saved >= MIN_GAIN * doublings {
            best = row;
        }
    }
    let mut text = format!(
        "Take -{}: {:.1} % of the size{}.",
        best.level.number(),
        100.0 * best.ratio(),
        match length as f64 / best.compress_rate() {
            seconds if seconds < 1.0 => ", in less than a second".to_string(),
            seconds => format!(", in about {}", duration(seconds)),
        }
    );
    if smallest.coded as f64 <= best.coded as f64 * (1.0 - SAME_SIZE) {
        text += &format!(
            "\nIf space is all that counts, -{} {}.",
            smallest.level.number(),
            compare(smallest, best)
        );
    }
    if quickest.compress * SAME_TIME < best.compress {
        text += &format!(
            "\nIf you are in a hurry, -{} {}.",
            quickest.level.number(),
            compare(quickest, best)
        );
    }
    text
}

/// Compares `one` with `other`. The result follows the name of `one` in a sentence.
fn compare(one: &Measured, other: &Measured) -> String {
    let size = one.coded as f64 / other.coded.max(1) as f64;
    let size = match () {
        () if (size - 1.0).abs() <= SAME_SIZE => "is as small".to_string(),
        () if size < 1.0 => format!("is {:.1} % smaller", 100.0 * (1.0 - size)),
        () => format!("is {:.1} % larger", 100.0 * (size - 1.0)),
    };
    let time = one.compress / other.compress.max(1e-9);
    match () {
        () if time > SAME_TIME => format!("{size} and takes {time:.1} times as long"),
        () if time * SAME_TIME < 1.0 => format!("{size} and {:.1} times as fast", 1.0 / time),
        () => format!("{size} in about the same time"),
    }
}

fn duration(seconds: f64) -> String {
    match seconds {
        _ if seconds < 90.0 => format!("{seconds:.0} s"),
        _ if seconds < 5400.0 => format!("{:.0} minutes", seconds / 60.0),
        _ => format!("{:.1} hours", seconds / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use cmx::internals::level::LEVELS;

    use super::*;

    fn rows(figures: &[(u64, f64)]) -> Vec<Measured> {
        let row = |(place, &(coded, compress)): (usize, &(u64, f64))| Measured {
            level: &LEVELS[place],
            raw: 1000,
            coded,
            compress,
            decompress: compress,
        };
        figures.iter().enumerate().map(row).collect()
    }

    #[test]
    fn what_is_worth_its_time_is_recommended() {
        let text = recommendation(&rows(&[(400, 1.0), (300, 2.0), (298, 4.0), (290, 32.0)]), 2000);
        assert!(text.starts_with("Take -2: 30.0 % of the size, in about 4 s."), "{text}");
        assert!(text.contains("-4 is 3.3 % smaller and takes 16.0 times as long"), "{text}");
        assert!(text.contains("-1 is 33.3 % larger and 2.0 times as fast"), "{text}");
    }

    #[test]
    fn the_lowest_of_equals() {
        let text = recommendation(&rows(&[(300, 1.1), (300, 1.0), (300, 3.0)]), 200);
        assert_eq!(text, "Take -1: 30.0 % of the size, in less than a second.");
    }

    #[test]
    fn what_is_packed_is_left_alone() {
        let text = recommendation(&rows(&[(1001, 1.0), (995, 9.0)]), 1000);
        assert!(text.contains("already") && text.ends_with("take -1."), "{text}");
    }
}
