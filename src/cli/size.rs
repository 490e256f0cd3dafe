//! Sizes in the form that people write, such as `700M`: parsing and formatting.

/// Parses a number of bytes with an optional suffix K, M, G or T (powers of 1024).
pub fn parse(text: &str) -> Result<u64, String> {
    let plain = text.trim_end_matches("iB").trim_end_matches('B');
    let (digits, shift) = match plain.char_indices().next_back() {
        Some((end, 'k' | 'K')) => (&plain[..end], 10),
        Some((end, 'm' | 'M')) => (&plain[..end], 20),
        Some((end, 'g' | 'G')) => (&plain[..end], 30),
        Some((end, 't' | 'T')) => (&plain[..end], 40),
        _ => (plain, 0),
    };
    let number: u64 =
        digits.parse().map_err(|_| "not a size; write it like 900M or 4G".to_string())?;
    number.checked_mul(1 << shift).ok_or_else(|| "too large".to_string())
}

/// Parses a percentage such as `2%` or `0.5` into hundredths of a percent.
pub fn parse_percent(text: &str) -> Result<u32, String> {
    let number: f64 = text
        .trim_end_matches('%')
        .parse()
        .map_err(|_| "not a percentage; write it like 2%".to_string())?;
    if (0.0..=100.0).contains(&number) {
        Ok((number * 100.0).round() as u32)
    } else {
        Err("between 0 and 100 %".into())
    }
}

/// Formats a number of bytes in the largest suitable unit.
pub fn show(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut size = bytes as f64;
    let mut unit = 0;
    while size >= 1024.0 && unit + 1 < UNITS.len() {
        size /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} B") } else { format!("{size:.1} {}", UNITS[unit]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(parse("4G"), Ok(4 << 30));
        assert_eq!(parse("700MiB"), Ok(700 << 20));
        assert_eq!(parse("12"), Ok(12));
        for bad in ["", "G", "-1", "1.5G", "99999999T", "é"] {
            parse(bad).unwrap_err();
        }
        assert_eq!(show(1536), "1.5 KiB");
        assert_eq!(show(7), "7 B");
    }
}
