//! The inverse transform: the text from the last column and the first rows of the chains.
//!
//! Each byte needs one random access to a table far larger than the cache. Following many chains at
//! once keeps as many accesses in flight as the machine allows.

use super::suffix::chain_length;
use crate::error::{Error, Result};
use crate::simd::memory::zeroed;
use crate::threads::{Step, each};

/// Number of chains in a group.
const GROUP_CHAINS: usize = 4;
/// Number of groups that one thread follows together.
const TOGETHER: usize = 4;

/// Undoes [`super::suffix::transform`]. `starts` must hold a row (at most the length of the column)
/// for each chain. A column that belongs to no text gives some text of the same length.
///
/// # Errors
/// [`Error::Limit`] if there is no memory for the table; [`Error::Corrupt`] for a row after the
/// end.
pub fn inverse(column: &[u8], starts: &[u32]) -> Result<Vec<u8>> {
    let length = column.len();
    let chain = chain_length(length);
    let (Some(&whole), true) = (starts.first(), starts.iter().all(|&row| row as usize <= length))
    else {
        return Err(Error::Corrupt("transform start".into()));
    };
    let whole = whole as usize;
    // The entry of a row: the row of the suffix that is one byte shorter, and the byte that is
    // dropped.
    let mut table = zeroed::<u32>(length + 1, "the inverse transform")?;
    let mut next = [0u32; 256];
    for &byte in column {
        next[usize::from(byte)] += 1;
    }
    let mut row = 1;
    for count in &mut next {
        row += std::mem::replace(count, row);
    }
    table[0] = (whole as u32) << 8;
    for (rows, skipped) in [(&column[..whole], 0), (&column[whole..], 1)] {
        let first = if skipped == 0 { 0 } else { whole as u32 + 1 };
        for (row, &byte) in (first..).zip(rows) {
            let place = &mut next[usize::from(byte)];
            table[*place as usize] = row << 8 | u32::from(byte);
            *place += 1;
        }
    }
    // The last chain runs beyond the end of the text, into bytes that are cut off. So do the chains
    // that fill up the last group.
    let lanes = if starts.len() > 1 { starts.len().next_multiple_of(GROUP_CHAINS) } else { 1 };
    let mut starts = starts.to_vec();
    starts.resize(lanes, whole as u32);
    let groups: Vec<&[u32]> = starts.chunks(TOGETHER * GROUP_CHAINS).collect();
    let step = |group: &&[u32]| Step { length: group.len() * chain, memory: 0 };
    let steps: Vec<Step> = groups.iter().map(step).collect();
    let mut texts = each(&steps, |index| {
        let starts = groups[index];
        let mut text = vec![0; starts.len() * chain];
        let mut segments: Vec<_> = text.chunks_exact_mut(chain).collect();
        match segments.len() / GROUP_CHAINS {
            0 => follow::<1>(&table, &mut segments, starts),
            1 => follow::<GROUP_CHAINS>(&table, &mut segments, starts),
            2 => follow::<{ 2 * GROUP_CHAINS }>(&table, &mut segments, starts),
            3 => follow::<{ 3 * GROUP_CHAINS }>(&table, &mut segments, starts),
            _ => follow::<{ TOGETHER * GROUP_CHAINS }>(&table, &mut segments, starts),
        }
        Ok(text)
    })?;
    drop(table);
    let mut text = if texts.len() == 1 { texts.remove(0) } else { texts.concat() };
    text.truncate(length);
    Ok(text)
}

/// Fills `COUNT` segments of equal length, which start at these rows.
fn follow<const COUNT: usize>(table: &[u32], segments: &mut [&mut [u8]], starts: &[u32]) {
    let (Some(segments), Some(&(mut rows))) =
        (segments.first_chunk_mut::<COUNT>(), starts.first_chunk::<COUNT>())
    else {
        return;
    };
    for position in 0..segments[0].len() {
        for lane in 0..COUNT {
            let entry = table[rows[lane] as usize];
            segments[lane][position] = entry as u8;
            rows[lane] = entry >> 8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::suffix::transform;
    use super::*;
    use proptest::prelude::*;

    fn naive_column(text: &[u8]) -> Vec<u8> {
        let mut suffixes: Vec<usize> = (0..=text.len()).collect();
        suffixes.sort_by_key(|&start| &text[start..]);
        suffixes.into_iter().filter(|&start| start > 0).map(|start| text[start - 1]).collect()
    }

    proptest! {
        #[test]
        fn inverts_and_agrees_with_plain_sorting(text in prop_oneof![
            proptest::collection::vec(any::<u8>(), 1..400),
            proptest::collection::vec(0u8..2, 1..400),
        ]) {
            let transformed = transform(&text).unwrap();
            prop_assert_eq!(&transformed.column, &naive_column(&text));
            prop_assert_eq!(inverse(&transformed.column, &transformed.starts).unwrap(), text);
        }

        #[test]
        fn nonsense_gives_some_text(
            column in proptest::collection::vec(any::<u8>(), 1..400),
            start in 0u32..500,
        ) {
            if let Ok(text) = inverse(&column, &[start]) {
                prop_assert_eq!(text.len(), column.len());
            }
        }
    }

    #[test]
    fn many_chains_agree() {
        let text: Vec<u8> = (0..1_700_001u32)
            .map(|i| (i.wrapping_mul(2_654_435_761) >> 27) as u8 ^ (i >> 12) as u8)
            .collect();
        let transformed = transform(&text).unwrap();
        assert_eq!(transformed.starts.len(), 26);
        assert!(inverse(&transformed.column, &transformed.starts).unwrap() == text);
    }
}
