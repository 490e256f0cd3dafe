//! Telling tables in text form (CSV, TSV) from other text.

/// Separators of cells.
const SEPARATORS: [u8; 4] = [b',', b'\t', b';', b'|'];
/// Lines looked at, in each of two places.
const LINES: usize = 48;
/// Fewest whole lines that can be judged.
const FEWEST: usize = 12;

/// Whether nearly all lines have the same number, two at least, of one separator, at the start
/// and in the middle of `text`.
#[must_use]
pub fn is_table(text: &[u8]) -> bool {
    let middle = &text[text.len() / 2..];
    let second =
        middle.iter().position(|&byte| byte == b'\n').map_or(&[][..], |at| &middle[at + 1..]);
    SEPARATORS.into_iter().any(|separator| {
        let (first, second) = (even_count(text, separator), even_count(second, separator));
        first.is_some() && first == second
    })
}

/// The number of separators that at least nine in ten lines have; `None` when there is none.
fn even_count(text: &[u8], separator: u8) -> Option<usize> {
    let window = &text[..text.len().min(64 << 10)];
    let mut lines: Vec<&[u8]> = window.split(|&byte| byte == b'\n').take(LINES + 1).collect();
    // The last is cut short, or follows the last line end.
    lines.pop();
    let mut counts: Vec<usize> =
        lines.iter().map(|line| line.iter().filter(|&&byte| byte == separator).count()).collect();
    if counts.len() < FEWEST {
        return None;
    }
    counts.sort_unstable();
    let usual = counts[counts.len() / 2];
    let agreeing = counts.iter().filter(|&&count| count == usual).count();
    (usual >= 2 && agreeing * 10 >= counts.len() * 9).then_some(usual)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_told_from_prose() {
        let table: String = (0..200)
            .map(|row| format!("{row},{},name{},{}\n", row * 7, row % 5, row % 3))
            .collect();
        assert!(is_table(table.as_bytes()));
        let prose =
            "Some words, and then, after a comma, others.\nA line without.\nOne, with one.\n"
                .repeat(50);
        assert!(!is_table(prose.as_bytes()));
        assert!(!is_table(b"a,b,c\n1,2,3\n"));
        assert!(!is_table(b""));
    }
}
