use super::super::fields::Fields;
use super::super::hash::hash;
use super::super::record::{Record, RecordKind, read_kind};
use super::code::encode;
use super::*;

fn content(length: u32) -> Vec<u8> {
    (0..length).map(|index| (index.wrapping_mul(index) >> 7) as u8).collect()
}

/// The groups of `content`, each with its recovery shards.
fn groups(
    content: &[u8],
    share: u32,
    guarded: impl Fn(usize) -> bool,
) -> (u64, Vec<(GroupHead, Vec<u8>)>) {
    let mut writer = ParityWriter::new(share);
    content
        .chunks(1000)
        .enumerate()
        .for_each(|(number, piece)| writer.feed(piece, guarded(number)).unwrap());
    let mut bytes = Vec::new();
    let length = writer.write_to(9, &mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, length);
    if length == 0 {
        return (0, Vec::new());
    }
    let mut fields = Fields::new(&bytes[..], content.len() as u64);
    let kind = read_kind(&mut fields).unwrap();
    let record = Record::read_rest(kind, &mut fields).unwrap();
    let payload_at = fields.offset();
    let payload = &bytes[(payload_at - content.len() as u64) as usize..];
    assert!(
        record.kind == RecordKind::Parity
            && record.number == 9
            && record.coded_len == payload.len() as u64
    );
    assert_eq!(hash(payload), record.coded_hash);
    let mut fields = Fields::new(payload, payload_at);
    let mut groups = Vec::new();
    while fields.offset() < payload_at + payload.len() as u64 {
        let at = fields.offset();
        let head = GroupHead::read_from(&mut fields).unwrap();
        let recovery = fields.payload(head.shards_len()).unwrap();
        let behind = fields.offset();
        let twin = GroupHead::read_from(&mut fields).unwrap();
        assert!(!head.is_second && head.from_start == at);
        assert_eq!(twin, GroupHead { is_second: true, from_start: behind, ..head.clone() });
        groups.push((head, recovery));
    }
    (length, groups)
}

#[test]
fn repairs_what_it_promises_and_no_more() {
    let content = content(100_000);
    let (_, groups) = groups(&content, 500, |_| false);
    let [(head, recovery)] = &groups[..] else { panic!("one group") };
    assert!(head.share == 500 && !head.is_guard() && head.total() == 100_000);
    let mut damaged = content.clone();
    let reach = head.shard * (head.recovery.len() - 1);
    damaged[50_000..50_000 + reach].fill(0xEE);
    assert!(head.repair(&mut damaged, recovery).unwrap() <= head.recovery.len());
    assert_eq!(damaged, content);
    damaged[10_000..10_000 + reach + 2 * head.shard].fill(0xEE);
    let before = damaged.clone();
    head.repair(&mut damaged, recovery).unwrap_err();
    assert_eq!(damaged, before);
}

/// If the check of a damaged shard fits by chance, a repair must not change other bytes.
#[test]
fn a_check_that_fits_by_chance_repairs_nothing() {
    let content = content(20_000);
    let (_, groups) = groups(&content, 1000, |_| false);
    let (mut head, recovery) = groups[0].clone();
    let mut damaged = content.clone();
    damaged[0] ^= 1;
    damaged[5000] ^= 1;
    head.data[0] = head::shard_check(&code::shard_of(&damaged, 0, head.shard));
    let before = damaged.clone();
    head.repair(&mut damaged, &recovery).unwrap_err();
    assert_eq!(damaged, before);
}

#[test]
fn a_share_takes_little_more_than_the_share() {
    for (length, share, most) in
        [(300_000, 200, 230), (300_000, 1000, 1150), (2_000_000, 200, 230), (100_000, 500, 590)]
    {
        let (bytes, groups) = groups(&content(length), share, |_| false);
        let taken = bytes * 10_000 / u64::from(length);
        assert!((u64::from(share) * 9 / 10..=most).contains(&taken), "{length} {share}: {taken}");
        assert!(groups.iter().all(|(head, _)| head.recovery.len() >= 2));
    }
}

/// The guard repairs every burst of 512 bytes in the bytes that it protects, also at their edges.
#[test]
fn the_guard_repairs_a_burst() {
    let content = content(210_000);
    let guarded = |number: usize| !(14..208).contains(&number);
    let (bytes, groups) = groups(&content, 0, guarded);
    assert!(bytes * 1000 <= 7 * 200_000, "{bytes}");
    let [(head, recovery)] = &groups[..] else { panic!("one group") };
    assert!(head.is_guard() && head.ranges == [0..14_000, 208_000..210_000]);
    let guarded = [&content[..14_000], &content[208_000..]].concat();
    // Every place within a shard is met.
    for start in (0..guarded.len() - 512).step_by(11) {
        let mut damaged = guarded.clone();
        damaged[start..start + 512].iter_mut().for_each(|byte| *byte ^= 0x55);
        assert!(head.repair(&mut damaged, recovery).unwrap() <= 3);
        assert!(damaged == guarded, "{start}");
    }
    assert_eq!(self::groups(&content[..60_000], 0, |_| true).0, 0);
}

/// Numbers that the format does not allow are refused before they are used.
#[test]
fn lying_heads_are_refused() {
    let good = GroupHead {
        is_second: false,
        from_start: 500,
        ranges: vec![0..64, 100..300],
        shard: 64,
        share: 0,
        hash: 1,
        data: vec![1; 5],
        recovery: vec![2],
    };
    let read = |head: &GroupHead| {
        let mut bytes = Vec::new();
        head.write_to(&mut bytes);
        GroupHead::read_from(&mut Fields::new(&bytes[..], 0))
    };
    assert_eq!(read(&good).unwrap(), good);
    let lies: [fn(&mut GroupHead); 9] = [
        |head| head.shard = 64 << 20,
        |head| head.shard = 63,
        |head| head.shard = 0,
        |head| head.ranges[1].end = u64::MAX,
        |head| head.ranges[0].end = 0,
        |head| head.ranges.clear(),
        |head| head.from_start = 299,
        |head| head.recovery.clear(),
        |head| head.recovery = vec![0; MAX_SHARDS + 1],
    ];
    for lie in lies {
        let mut head = good.clone();
        lie(&mut head);
        read(&head).unwrap_err();
    }
    assert!(
        GroupHead { shard: 1 << 16, data: vec![0; 900], recovery: vec![0; 900], ..good }
            .shards_len()
            == 900 << 16
    );
}

/// The code is a part of the format. Parity of older archives would be useless if the crate
/// computed other bytes.
#[test]
fn the_code_is_pinned() {
    let content = content(10_000);
    let found = [(10, 3, 1000), (100, 20, 100), (3, 5, 3334)]
        .map(|(data, recovery, shard)| hash(&encode(&content, data, recovery, shard).unwrap()));
    assert_eq!(
        found,
        [5_313_716_287_086_333_560, 16_512_804_444_050_578_419, 10_656_987_755_489_057_802]
    );
}
