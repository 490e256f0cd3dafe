//! Tests of the index.

use super::super::entry::{EntryKind, Extent, Metadata, Time};
use super::super::names::Names;
use super::*;

const LONGEST: u64 = 4096;

fn sample() -> Index {
    let metadata =
        Metadata { mode: Some(0o644), mtime: Some(Time { seconds: -5, nanos: 999_999_999 }) };
    let file = Entry {
        path: b"a/b.txt".to_vec(),
        size: 70_000,
        hash: u64::MAX - 3,
        metadata,
        ..Entry::default()
    };
    let entries = vec![
        Entry {
            path: b"a".to_vec(),
            kind: EntryKind::Directory,
            metadata,
            owner: Some((0, 1000)),
            ..Entry::default()
        },
        file.clone(),
        Entry { path: vec![b'a', b'/', 0xFF, b'\n'], same_as: Some(1), ..file },
        Entry {
            path: b"hole".to_vec(),
            size: 1 << 40,
            hash: 5,
            extents: Some(vec![
                Extent { offset: 4096, length: 10 },
                Extent { offset: 1 << 30, length: 5 },
            ]),
            xattrs: vec![(b"user.a".to_vec(), vec![0, 1, 2])],
            ..Entry::default()
        },
        Entry {
            path: b"l".to_vec(),
            kind: EntryKind::Symlink,
            link: b"../x".to_vec(),
            ..Entry::default()
        },
        Entry {
            path: b"h".to_vec(),
            kind: EntryKind::Hardlink,
            link: b"a/b.txt".to_vec(),
            ..Entry::default()
        },
    ];
    Index::new(vec![BlockRow { record_len: 900, raw_len: 70_015 }], entries)
}

#[test]
fn records_of_names_and_no_entries_come_back() {
    let index = Index::from_bytes(&[0, 0, 13, 2, 1, 1, 1, 0], LONGEST).unwrap();
    assert_eq!(Index::from_bytes(&index.to_bytes(), LONGEST).unwrap(), index);
}

#[test]
fn comes_back() {
    let index = sample();
    assert_eq!(Index::from_bytes(&index.to_bytes(), LONGEST).unwrap(), index);
    assert_eq!(index.content_offsets(), [0, 0, 0, 70_000, 70_015, 70_015]);
    let empty = Index::default();
    assert_eq!(Index::from_bytes(&empty.to_bytes(), LONGEST).unwrap(), empty);
}

/// Names before the blocks and hashes in the index together give the same entries.
#[test]
fn comes_back_from_names_and_hashes() {
    let mut index = sample();
    index.names =
        vec![NamesRow { before: 0, record_len: 70 }, NamesRow { before: 1, record_len: 50 }];
    let names = || match Names::from_bytes(
        &Names::bytes_of(&index.entries),
        LONGEST,
        &mut Charge::default(),
    )
    .unwrap()
    {
        Names::All(entries) => entries,
        other => panic!("{other:?}"),
    };
    let bytes = index.to_bytes_with_hashes_only();
    assert_eq!(Index::from_bytes_with(&bytes, LONGEST, |_, _| Ok(names())).unwrap(), index);
    assert!(bytes.len() < index.to_bytes().len() / 2);
    Index::from_bytes(&bytes, LONGEST).unwrap_err();
    Index::from_bytes_with(&bytes, LONGEST, |_, _| Ok(names()[1..].to_vec())).unwrap_err();
    assert_eq!(
        index.layout(20).unwrap(),
        Layout { blocks: vec![90], names: vec![20, 990], end: 1040 }
    );
    let mut wrong = sample();
    wrong.names = vec![NamesRow { before: 2, record_len: 70 }];
    wrong.layout(0).unwrap_err();
}

#[test]
fn damage_gives_an_error_or_another_index_never_a_panic() {
    let bytes = sample().to_bytes();
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        if let Ok(index) = Index::from_bytes(&damaged, LONGEST) {
            let _ = index.content_offsets();
        }
    }
    for length in 0..bytes.len() {
        Index::from_bytes(&bytes[..length], LONGEST).unwrap_err();
    }
}

/// An extraction copies the first file. A smaller size or other holes would hide how much space
/// the copy takes.
#[test]
fn a_copy_has_the_size_and_the_holes_of_its_original() {
    let first = Entry { path: b"a".to_vec(), size: 5, hash: 7, ..Entry::default() };
    let copy = Entry { path: b"b".to_vec(), same_as: Some(0), ..first.clone() };
    let read = |first: &Entry, copy: &Entry| {
        let index = Index::new(
            vec![BlockRow { record_len: 40, raw_len: 5 }],
            vec![first.clone(), copy.clone()],
        );
        Index::from_bytes(&index.to_bytes(), LONGEST)
    };
    read(&first, &copy).unwrap();
    let sparse = Entry {
        size: 1 << 28,
        extents: Some(vec![Extent { offset: 9, length: 5 }]),
        ..first.clone()
    };
    read(&sparse, &Entry { path: b"b".to_vec(), same_as: Some(0), ..sparse.clone() }).unwrap();
    let moved = Entry { extents: Some(vec![Extent { offset: 8, length: 5 }]), ..sparse.clone() };
    for (one, other) in [(&sparse, &first), (&first, &sparse), (&sparse, &moved)] {
        let other = Entry { path: b"b".to_vec(), same_as: Some(0), ..other.clone() };
        assert!(read(one, &other).unwrap_err().to_string().contains("add up"));
    }
}

#[test]
fn sizes_must_add_up() {
    let mut index = sample();
    index.blocks[0].raw_len += 1;
    assert!(
        Index::from_bytes(&index.to_bytes(), LONGEST).unwrap_err().to_string().contains("add up")
    );
}
