//! Finds the parameters of parity from the length of its record, for members whose heads are all
//! damaged.

use std::ops::Range;

use super::super::record::{Record, RecordKind};
use super::MAX_GROUP;
use super::head::GroupHead;
use super::writer::Division;

/// Shares are searched only in members of at most 64 groups, 4 GiB. The work is proportional to the
/// number of shares times the number of groups, and a longer member keeps a head after a burst.
const MAX_SEARCHED_GROUPS: u64 = 64;
/// Largest share, in hundredths of a percent.
const MAX_SHARE: u32 = 10_000;

/// The share, in hundredths of a percent, whose record of parity has `length` bytes. `member` is
/// the number of bytes of the member before the record, `number` the number of the record. The
/// result is 0 for a guard of the ranges `guarded`, and `None` if no share gives this length.
#[must_use]
pub fn share_of_length(
    length: u64,
    member: u64,
    guarded: Vec<Range<u64>>,
    number: u64,
) -> Option<u32> {
    if guard_len(member, guarded, number) == Some(length) {
        return Some(0);
    }
    if member.div_ceil(MAX_GROUP as u64) > MAX_SEARCHED_GROUPS {
        return None;
    }
    // Whole percents are the most frequent shares, so they are tried first.
    let mut shares = (100..=MAX_SHARE).step_by(100).chain(1..=MAX_SHARE);
    shares.find(|&share| parity_len(share, member, number) == length)
}

/// Bytes of the record of a guard; 0 if the member is too short for a guard. `None` if the guard
/// would have several groups.
fn guard_len(member: u64, guarded: Vec<Range<u64>>, number: u64) -> Option<u64> {
    let mut ranges: Vec<Range<u64>> = Vec::new();
    for range in guarded.into_iter().filter(|range| !range.is_empty()) {
        match ranges.last_mut().filter(|last| last.end == range.start) {
            Some(last) => last.end = range.end,
            None => ranges.push(range),
        }
    }
    let total: u64 = ranges.iter().map(|range| range.end - range.start).sum();
    if total >= MAX_GROUP as u64 {
        return None;
    }
    Some(
        Division::of_guard(total, member)
            .map_or(0, |division| record_len(group_len(0, ranges, &division), number)),
    )
}

/// Bytes of the record of parity with this `share`, in hundredths of a percent.
fn parity_len(share: u32, member: u64, number: u64) -> u64 {
    let group = |start: u64| {
        let end = member.min(start + MAX_GROUP as u64);
        group_len(
            share,
            std::iter::once(start..end).collect(),
            &Division::of_share(share, end - start),
        )
    };
    record_len((0..member).step_by(MAX_GROUP).map(group).sum(), number)
}

/// Bytes of a group: both heads and the recovery shards.
fn group_len(share: u32, ranges: Vec<Range<u64>>, division: &Division) -> u64 {
    let total: u64 = ranges.iter().map(|range| range.end - range.start).sum();
    let (data, recovery) =
        (vec![0; total.div_ceil(division.shard as u64) as usize], vec![0; division.recovery]);
    let head = GroupHead {
        is_second: false,
        from_start: 0,
        ranges,
        shard: division.shard,
        share,
        hash: 0,
        data,
        recovery,
    };
    let mut bytes = Vec::new();
    head.write_to(&mut bytes);
    2 * bytes.len() as u64 + head.shards_len()
}

/// Bytes of a record of parity whose groups have `length` bytes.
fn record_len(length: u64, number: u64) -> u64 {
    Record {
        kind: RecordKind::Parity,
        number,
        raw_len: length,
        coded_len: length,
        lanes: 1,
        raw_hash: 0,
        coded_hash: 0,
    }
    .record_len()
}

#[cfg(test)]
mod tests {
    use super::super::ParityWriter;
    use super::*;

    #[test]
    fn the_length_tells_the_share() {
        for (member, guarded, share) in [
            (70_000, 100, 0),
            (140_000, 30_000, 0),
            (20_000, 10, 0),
            (9_000, 10, 500),
            (300_000, 1, 37),
            (50_000, 1, 5_000),
        ] {
            let mut writer = ParityWriter::new(share);
            let content = vec![7; member];
            writer.feed(&content[..guarded], true).unwrap();
            writer.feed(&content[guarded..], false).unwrap();
            let length = writer.write_to(3, &mut Vec::new()).unwrap();
            let found = share_of_length(
                length,
                member as u64,
                vec![0..guarded as u64 / 2, guarded as u64 / 2..guarded as u64],
                3,
            );
            let again = found.unwrap();
            assert!(
                again == share || share > 0 && parity_len(again, member as u64, 3) == length,
                "{member} {share}: {again}"
            );
        }
        assert_eq!(share_of_length(3, 9_000, Vec::new(), 3), None);
    }
}
