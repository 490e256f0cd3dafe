use super::*;
use crate::budget::Budget;

/// A header of a file with this name, size and type.
fn header(name: &[u8], size: usize, kind: u8) -> Vec<u8> {
    let mut header = vec![0; BLOCK];
    header[..name.len()].copy_from_slice(name);
    header[100..108].copy_from_slice(b"0000644\0");
    header[108..116].copy_from_slice(b"0001750\0");
    header[116..124].copy_from_slice(b"0001750\0");
    header[124..136].copy_from_slice(format!("{size:011o}\0").as_bytes());
    header[136..148].copy_from_slice(format!("{:011o}\0", 1_700_000_000 + size).as_bytes());
    header[156] = kind;
    header[257..265].copy_from_slice(b"ustar\x0000");
    header[265..269].copy_from_slice(b"user");
    with_sum(header)
}

fn with_sum(mut header: Vec<u8>) -> Vec<u8> {
    let sum = header::sum(header.first_chunk().unwrap());
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    header
}

fn member(name: &[u8], content: &[u8], kind: u8) -> Vec<u8> {
    let mut member = header(name, content.len(), kind);
    member.extend_from_slice(content);
    member.resize(member.len().next_multiple_of(BLOCK), 0);
    member
}

/// Members of many kinds.
fn odd() -> Vec<u8> {
    let long = [b"d/".as_slice(), &[b'n'; 150], b".rs\0"].concat();
    let mut binary = header(b"binary size", 0, b'0');
    binary[124..136].copy_from_slice(b"\x80\0\0\0\0\0\0\0\0\0\0\x05");
    let mut padded = member(b"padded", b"with bytes behind it", b'0');
    *padded.last_mut().unwrap() = 7;
    let mut name = header(b"junk", 3, b'0');
    name[90] = b'x';
    let mut prefix = header(b"b.txt", 0, b'0');
    prefix[345..352].copy_from_slice(b"a/b/c/d");
    let mut sum = header(b"sum", 0, b'5');
    sum[148..156].copy_from_slice(b" 7777\0\0 ");
    let mut last = sum.clone();
    let total = format!("{:6o}\0\0", header::sum(last.first_chunk().unwrap()));
    last[148..156].copy_from_slice(total.as_bytes());
    [
        header(b"d/", 0, b'5'),
        member(b"d/b.rs", b"fn b() {}\n", b'0'),
        member(b"d/a.txt", b"Some text.\n", b'0'),
        member(b"d/a.rs", b"fn a() {}\n", 0),
        member(b"d/a.rs", b"fn again() {}\n", b'0'),
        member(b"././@LongLink", &long, b'L'),
        member(&long[..100], b"fn long() {}\n", b'0'),
        member(b"PaxHeader", b"18 path=x/long.rs\n20 mtime=1.123456789\n", b'x'),
        member(b"x/lo", b"fn pax() {}\n", b'0'),
        header(b"link", 0, b'2'),
        header(b"hard link with a size", 512, b'1'),
        [with_sum(binary), b"12345".to_vec(), vec![0; 507]].concat(),
        padded,
        [with_sum(name), b"abc".to_vec(), vec![0; 509]].concat(),
        with_sum(prefix),
        last,
        member(b"\xff\xfe\n.rs", &[0, 1, 2, 3], b'0'),
        member(b"sparse", &[b's'; 700], b'S'),
        vec![0; 1024],
        b"bytes of nobody".repeat(50)[..512].to_vec(),
        member(b"d/z.rs", b"fn z() {}\n", b'0'),
        vec![0; 10_240],
    ]
    .concat()
}

/// The bytes are restored; returns how many of them the transform took.
fn returns(bytes: &[u8]) -> usize {
    let Some((start, parts, length)) = forward(bytes) else { return 0 };
    let raw = &bytes[start..start + length];
    assert_eq!(inverse(parts.clone(), length).unwrap(), raw);
    assert!(inverse(parts, length - 1).is_err());
    length
}

#[test]
fn odd_members_return() {
    let bytes = odd();
    assert_eq!(returns(&bytes), bytes.len());
    let (start, parts, _) = forward(&bytes).unwrap();
    assert_eq!(start, 0);
    // Similar contents follow each other, wherever their members are and however long their names.
    let together = b"fn a() {}\nfn again() {}\nfn b() {}\nfn long() {}\nfn z() {}\n";
    assert!(parts.inner.windows(together.len()).any(|window| window == together));
}

#[test]
fn cut_files_return() {
    let bytes = odd();
    for end in (0..bytes.len()).step_by(61) {
        returns(&bytes[..end]);
        returns(&bytes[end / BLOCK * BLOCK..]);
    }
    // A block that begins within a member.
    let (start, _, length) = forward(&bytes[2 * BLOCK..]).unwrap();
    assert_eq!((start, length), (BLOCK, bytes.len() - 3 * BLOCK));
}

#[test]
fn tar_files_are_found_among_other_data() {
    let bytes = odd();
    for before in [1, 100, 511, 513, 5000] {
        let around = [&b"but us".repeat(1000)[..before], &bytes, &[7; 3000]].concat();
        let (start, parts, length) = forward(&around).unwrap();
        assert_eq!((start, length), (before, bytes.len()));
        assert_eq!(inverse(parts, length).unwrap(), bytes);
    }
}

/// What the transform takes is charged, in both directions.
#[test]
fn memory_is_bounded() {
    let big = |number: u8| member(&[b'a' + number], &[number; 300_000], b'0');
    let bytes = [big(0), big(1), big(2)].concat();
    let (_, parts, length) = forward(&bytes).unwrap();
    let within = |bytes: usize| {
        // The program itself has a part of each budget.
        let program = u64::MAX - Budget::new(u64::MAX).left();
        Budget::new(program + bytes as u64)
    };
    assert!(within(2 * length - 1).run(|| forward(&bytes).is_none()));
    assert!(within(3 * length + (8 << 10)).run(|| forward(&bytes).is_some()));
    let undone = |bytes: usize| within(bytes).run(|| inverse(parts.clone(), length));
    assert!(matches!(undone(length - 1), Err(Error::Limit(_))));
    assert_eq!(undone(length + (8 << 10)).unwrap(), bytes);
}

#[test]
fn huge_sizes_take_what_is_there() {
    let mut huge = header(b"huge", 5, b'0');
    huge[124..136].copy_from_slice(&[0xFF; 12]);
    let bytes = [member(b"a", b"a", b'0'), with_sum(huge), vec![b'x'; 3000]].concat();
    assert_eq!(returns(&bytes), bytes.len());
}

#[test]
fn what_is_no_tar_file_stays() {
    for bytes in [&[][..], &[0; 5000], &[b'0'; 5000], b"ustar", &member(b"one", b"1", b'0')] {
        assert!(forward(bytes).is_none());
    }
    let mut bytes = member(b"a", b"a", b'0').repeat(2);
    bytes[1024] ^= 1;
    assert!(forward(&bytes).is_none());
}

#[test]
fn headers_take_few_bytes() {
    let member = |number: usize| member(format!("d/file{number}").as_bytes(), b"x", b'0');
    let bytes: Vec<u8> = (100..300).flat_map(member).collect();
    let (_, parts, _) = forward(&bytes).unwrap();
    assert!(parts.side.len() < 200 * 5 + 150, "{}", parts.side.len());
}

#[test]
fn damage_does_no_harm() {
    let bytes = odd();
    let (_, good, length) = forward(&bytes).unwrap();
    for at in 0..good.side.len() {
        for change in [1, 0x80, 0xFF] {
            let mut bad = good.clone();
            bad.side[at] ^= change;
            let _ = inverse(bad, length);
        }
    }
    for params in [vec![], vec![0], vec![0, 0], vec![5, 5, 5], [&good.params[..], &[0]].concat()] {
        assert!(inverse(Parts { params, ..good.clone() }, length).is_err());
    }
    let mut short = good.clone();
    short.inner.pop();
    let mut long = good.clone();
    long.inner.push(0);
    let mut more = good;
    more.side.push(0);
    for bad in [short, long, more] {
        assert!(inverse(bad, length).is_err());
    }
}
