//! Archives of many files on the command line: creation, listing, repair, comparison of levels.

use std::fs;

use crate::support::*;

#[test]
fn a_folder_there_and_back() {
    let folder = folder();
    let path = folder.path().join("d/sub");
    fs::create_dir_all(&path).unwrap();
    fs::write(path.join("a.txt"), TEXT).unwrap();
    fs::write(folder.path().join("d/b.md"), b"b\n").unwrap();
    ok(&folder, "-1 d IN -o x.cmx");
    let list = String::from_utf8(ok(&folder, "-l x.cmx")).unwrap();
    assert!(list.contains("d/sub/a.txt") && list.contains("5 entries"), "{list}");
    let json: serde_json::Value =
        serde_json::from_slice(&ok(&folder, "-l --json x.cmx IN")).unwrap();
    assert_eq!(
        (&json["entries"][0]["path"], &json["entries"][0]["size"]),
        (&"IN".into(), &TEXT.len().into())
    );
    ok(&folder, "-d x.cmx d/**/*.txt -C out");
    assert_eq!(fs::read(folder.path().join("out/d/sub/a.txt")).unwrap(), TEXT);
    assert!(!folder.path().join("out/d/b.md").exists());
    assert_eq!(ok(&folder, "-dc x.cmx IN"), TEXT);
    ok(&folder, "-t x.cmx");
    fs::write(folder.path().join("new"), b"new\n").unwrap();
    ok(&folder, "-a -1 x.cmx new");
    assert_eq!(ok(&folder, "-dc x.cmx new"), b"new\n");
    let archive = fs::read(folder.path().join("x.cmx")).unwrap();
    assert!(cmx(folder.path(), "-d -C piped", &archive).status.success());
    assert_eq!(fs::read(folder.path().join("piped/new")).unwrap(), b"new\n");
    fails(&folder, "-d", &archive, 1, "name the folder to extract into with -C");
    fails(&folder, "-d x.cmx -C x.cmx", b"", 1, "the folder to extract into, x.cmx: File exists");
    fails(&folder, "-d x.cmx nothing", b"", 1, "nothing in the archive matches");
    fails(&folder, "-d x.cmx -o y", b"", 1, "-C");
    ok(&folder, "-1 d");
    assert!(folder.path().join("d.cmx").exists());
    assert_eq!(
        String::from_utf8(ok(&folder, "repair d.cmx")).unwrap(),
        "d.cmx is undamaged; nothing to repair\n"
    );
}

/// An existing file stays, the other files are extracted, and an interrupted extraction can
/// continue.
#[test]
fn a_file_in_the_way_stays_and_the_rest_is_extracted() {
    let folder = folder();
    let path = folder.path();
    fs::write(path.join("b"), b"b\n").unwrap();
    fs::write(path.join("c"), b"c\n").unwrap();
    ok(&folder, "-1 IN b c -o x.cmx");
    fs::write(path.join("b"), b"mine\n").unwrap();
    fs::remove_file(path.join("c")).unwrap();
    let output = cmx(path, "-d --rm x.cmx", b"");
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(
        text.contains("b exists; -f overwrites it") && text.contains("1 extracted, 2 in the way"),
        "{text}"
    );
    assert_eq!(
        (fs::read(path.join("b")).unwrap(), fs::read(path.join("c")).unwrap()),
        (b"mine\n".to_vec(), b"c\n".to_vec())
    );
    assert!(path.join("x.cmx").exists(), "the archive holds what was not extracted");
    fs::remove_file(path.join("c")).unwrap();
    ok(&folder, "-d --skip-existing x.cmx");
    assert_eq!(
        (fs::read(path.join("b")).unwrap(), fs::read(path.join("c")).unwrap()),
        (b"mine\n".to_vec(), b"c\n".to_vec())
    );
    fails(&folder, "-d --skip-existing -f x.cmx", b"", 1, "not together with -f");
    ok(&folder, "-d -f x.cmx");
    assert_eq!(fs::read(path.join("b")).unwrap(), b"b\n");
    // A single file is skipped too if it exists.
    fs::remove_file(path.join("IN.cmx")).ok();
    ok(&folder, "-1 IN");
    fs::write(path.join("IN"), b"mine\n").unwrap();
    fails(&folder, "-d IN.cmx", b"", 1, "-f overwrites it");
    ok(&folder, "-d --skip-existing IN.cmx");
    assert_eq!(fs::read(path.join("IN")).unwrap(), b"mine\n");
}

/// The inputs and messages of a repair. An early version wrote a file of the name `-`.
#[test]
fn repair_names_what_is_lost() {
    let folder = folder();
    ok(&folder, "-c IN");
    let whole = fs::read(folder.path().join("IN.cmx")).unwrap();
    let mut damaged = whole.clone();
    damaged[20] ^= 1;
    fs::write(folder.path().join("x.cmx"), [&whole[..], &damaged, &whole].concat()).unwrap();
    fails(&folder, "repair -", &whole, 1, "standard input cannot be repaired");
    fails(&folder, "repair x.cmx -o -", b"", 1, "written to a file");
    fails(&folder, "repair .", b"", 1, "name a file");
    assert_eq!(names(&folder), ["IN", "IN.cmx", "x.cmx"]);
    let repair = |flags: &str| {
        let output = cmx(folder.path(), &format!("repair -f x.cmx {flags}"), b"");
        assert!(output.status.code() == Some(2) && output.stderr.is_empty(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let lost = repair("-q -T 1 -M 4G --max-index 1M");
    assert!(lost.starts_with("lost: stream-2, ") && lost.lines().count() == 1, "{lost}");
    let text = repair("-v");
    let last = "x.repaired.cmx: 2 entries undamaged, 1 not";
    assert!(
        text.starts_with("stream-1: ")
            && text.lines().count() == 5
            && text.ends_with(&format!("{lost}{last}\n")),
        "{text}"
    );
    assert_eq!(ok(&folder, "-dc x.repaired.cmx"), [TEXT, TEXT].concat());
    ok(&folder, "-t x.repaired.cmx");
    ok(&folder, "-d x.repaired.cmx");
    fs::write(folder.path().join("y.cmx"), &damaged).unwrap();
    fails(&folder, "repair y.cmx", b"", 2, "one hash for all its bytes");
}

/// An empty file has no ratio.
#[test]
fn a_list_of_an_empty_file_shows_no_ratio() {
    let folder = folder();
    fs::write(folder.path().join("none"), "").unwrap();
    ok(&folder, "-c -q none");
    let list = String::from_utf8(ok(&folder, "-l none.cmx")).unwrap();
    assert!(list.contains("1 entry, 0 bytes") && !list.contains('%'), "{list}");
}

#[test]
fn a_table_over_the_levels_and_a_word_on_it() {
    let folder = folder();
    let table = String::from_utf8(ok(&folder, "-b IN")).unwrap();
    for level in 1..=9 {
        assert!(table.lines().any(|line| line.starts_with(&format!("-{level} "))), "{table}");
    }
    assert!(table.contains("\nTake -"), "{table}");
    let some = String::from_utf8(ok(&folder, "bench --levels 1,3 IN IN")).unwrap();
    assert_eq!(some.matches("\n-3 ").count(), 2, "{some}");
    for (line, wanted) in [
        ("bench -1 IN", &["1"][..]),
        ("bench -3 -1 IN", &["1", "3"]),
        ("bench -12 IN", &[]),
        ("bench -2 --levels 4 IN", &["2", "4"]),
    ] {
        let output = cmx(folder.path(), line, b"");
        let text = String::from_utf8(output.stdout).unwrap();
        let mut found: Vec<&str> =
            text.lines().filter_map(|line| line.strip_prefix('-')).map(|line| &line[..1]).collect();
        found.sort_unstable();
        assert_eq!(found, wanted, "{line}: {text}");
    }
    fs::create_dir(folder.path().join("d")).unwrap();
    for name in ["d/a", "d/b"] {
        fs::copy(folder.path().join("IN"), folder.path().join(name)).unwrap();
    }
    let of_folder = String::from_utf8(ok(&folder, "bench -1 -3 -T2 d")).unwrap();
    assert!(of_folder.contains(" of files\n") && of_folder.contains("\n2 threads,"), "{of_folder}");
    assert_eq!(of_folder.matches("\n-3 ").count(), 1, "{of_folder}");
    fails(&folder, "bench --simd .", b"", 1, "directory; name a file");
    // Levels are measured on a sample of a large file.
    fs::write(folder.path().join("large"), vec![7; 9 << 20]).unwrap();
    assert!(
        String::from_utf8(ok(&folder, "bench --levels 1 large"))
            .unwrap()
            .contains("a sample of 8.0 MiB")
    );
    assert!(
        !String::from_utf8(ok(&folder, "bench --levels 1 --whole large"))
            .unwrap()
            .contains("sample")
    );
    fails(&folder, "-b", b"", 1, "name a file");
    fails(&folder, "bench --levels 77 IN", b"", 1, "no level 77");
}
