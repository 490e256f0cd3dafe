//! What hands know from other programs: it works, or a line says what to type.

use std::fs;

use crate::support::*;

fn stderr(folder: &tempfile::TempDir, line: &str, code: i32) -> String {
    let output = cmx(folder.path(), line, b"");
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "cmx {line}: {text}");
    text
}

/// `-22` was level 2.
#[test]
fn two_digits_are_no_level() {
    let folder = folder();
    for level in ["22", "12", "19", "0"] {
        fails(
            &folder,
            &format!("-{level} IN"),
            b"",
            1,
            &format!("there is no level {level}; levels are -1 to -9, and -9"),
        );
    }
    fails(&folder, "bench -19 IN", b"", 1, "there is no level 19");
    fails(&folder, "--level 22 IN", b"", 1, "levels are 1 to 9");
    assert_eq!(names(&folder), ["IN"]);
    for (line, level) in [("-1 -3", 3), ("--fast", 1), ("--level 3", 3)] {
        ok(&folder, &format!("{line} IN -f -o x.cmx"));
        ok(&folder, &format!("-{level} IN -f -o y.cmx"));
        assert_eq!(
            fs::read(folder.path().join("x.cmx")).unwrap(),
            fs::read(folder.path().join("y.cmx")).unwrap(),
            "{line}"
        );
    }
}

#[test]
fn no_message_about_a_flag_proposes_to_delete_or_overwrite() {
    let folder = folder();
    for (flag, part) in [
        ("--strip-components=1", "-C DIR"),
        ("--format=xz", "its own format only"),
        ("--frce", "--help"),
        ("--rmm", "--help"),
        ("-x", "-d decompresses"),
        ("--exclude", "name what to take"),
        ("--quite", "--quiet is similar"),
    ] {
        let text = stderr(&folder, &format!("{flag} IN"), 1);
        assert!(text.contains(part) && text.lines().count() == 1, "{text}");
        assert!(
            !text.contains("--rm ") && !text.contains("-f ") && !text.contains("--force"),
            "{text}"
        );
    }
}

#[test]
fn words_that_are_commands_elsewhere_get_the_flag() {
    let folder = folder();
    ok(&folder, "IN");
    for (word, flag) in [("x", "-d"), ("e", "-d"), ("l", "-l"), ("t", "-t"), ("a", "-a")] {
        fails(&folder, &format!("{word} IN.cmx"), b"", 1, &format!("{word}: no such file; cmx"));
        assert!(stderr(&folder, &format!("{word} IN.cmx"), 1).contains(flag));
    }
    fs::write(folder.path().join("x"), TEXT).unwrap();
    ok(&folder, "x");
    assert_eq!(names(&folder), ["IN", "IN.cmx", "x", "x.cmx"]);
}

#[test]
fn other_names_of_flags() {
    let folder = folder();
    ok(&folder, "-r --no-progress -T auto IN");
    assert_eq!(ok(&folder, "--uncompress --to-stdout IN.cmx"), TEXT);
    fs::rename(folder.path().join("IN.cmx"), folder.path().join("UP.CMX")).unwrap();
    ok(&folder, "-d UP.CMX");
    assert_eq!(fs::read(folder.path().join("UP")).unwrap(), TEXT);
    fails(&folder, "-T -1 IN", b"", 1, "-T 0 for one a core");
}

#[test]
fn a_failure_does_not_end_a_batch() {
    let folder = folder();
    fs::write(folder.path().join("b"), TEXT).unwrap();
    let text = stderr(&folder, "IN missing b", 1);
    assert!(
        text.ends_with("cmx: 2 of 3 compressed; 1 failed\n") && text.lines().count() == 2,
        "{text}"
    );
    // One target exists.
    fs::remove_file(folder.path().join("b")).unwrap();
    let text = stderr(&folder, "-d IN.cmx b.cmx", 1);
    assert!(
        text.contains("IN exists") && text.ends_with("1 of 2 decompressed; 1 failed\n"),
        "{text}"
    );
    assert_eq!(names(&folder), ["IN", "IN.cmx", "b", "b.cmx"]);
    // The first is damaged, and the worst code is that of damage.
    let mut damaged = fs::read(folder.path().join("b.cmx")).unwrap();
    damaged[25] ^= 4;
    fs::write(folder.path().join("a.cmx"), damaged).unwrap();
    let text = stderr(&folder, "-d -f a.cmx missing.cmx b.cmx", 2);
    assert!(
        text.ends_with("1 of 3 decompressed; 2 failed\n") && text.lines().count() == 3,
        "{text}"
    );
    assert!(!folder.path().join("a").exists());
    assert!(stderr(&folder, "-t a.cmx b.cmx IN.cmx", 2).ends_with("2 of 3 whole; 1 failed\n"));
    assert!(stderr(&folder, "-t b.cmx missing IN.cmx", 1).ends_with("2 of 3 whole; 1 failed\n"));
}

#[test]
fn more_archives_behind_an_archive() {
    let folder = folder();
    fs::write(folder.path().join("b"), TEXT).unwrap();
    ok(&folder, "IN");
    ok(&folder, "--archive IN -o many.cmx");
    ok(&folder, "--archive b -o more.cmx");
    let list = String::from_utf8(ok(&folder, "-l IN.cmx many.cmx more.cmx")).unwrap();
    assert!(
        ["IN.cmx:\n", "many.cmx:\n", "more.cmx:\n"].iter().all(|part| list.contains(part))
            && list.matches("1 entry").count() == 3
    );
    fs::remove_file(folder.path().join("b")).unwrap();
    ok(&folder, "-d -f many.cmx more.cmx");
    assert!(folder.path().join("b").exists());
    // A name in the archive is a name, though an archive of that name is there.
    ok(&folder, "--archive more.cmx -o outer.cmx");
    assert!(
        !String::from_utf8(ok(&folder, "-l outer.cmx more.cmx")).unwrap().contains("outer.cmx:")
    );
    fails(&folder, "-l many.cmx b", b"", 1, "nothing matches");
    // One document, without what failed.
    fs::write(
        folder.path().join("bad.cmx"),
        &fs::read(folder.path().join("many.cmx")).unwrap()[..20],
    )
    .unwrap();
    let output = cmx(folder.path(), "-l --json IN.cmx bad.cmx many.cmx", b"");
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let archives: Vec<_> = json
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (&one["archive"], &one["entries"][0]["path"]))
        .collect();
    assert_eq!(archives, [(&"IN.cmx".into(), &"IN".into()), (&"many.cmx".into(), &"IN".into())]);
    assert!(
        output.status.code() == Some(2)
            && String::from_utf8_lossy(&output.stderr).ends_with("2 of 3 listed; 1 failed\n")
    );
}

#[test]
fn a_part_of_an_archive_is_tested() {
    let folder = folder();
    fs::create_dir(folder.path().join("d")).unwrap();
    fs::write(folder.path().join("d/f"), TEXT).unwrap();
    ok(&folder, "d IN -o x.cmx");
    ok(&folder, "-t x.cmx d/f");
    ok(&folder, "-t x.cmx IN d");
    assert!(stderr(&folder, "-t x.cmx nothing", 1).contains("nothing: No such file"));
}

#[test]
fn a_name_without_its_folder_gets_the_glob_and_a_new_archive_its_flag() {
    let folder = folder();
    fs::create_dir(folder.path().join("d")).unwrap();
    fs::write(folder.path().join("d/f"), TEXT).unwrap();
    ok(&folder, "-1 d IN -o x.cmx");
    for line in ["-l x.cmx f", "-dc x.cmx f", "-d x.cmx f -C out", "-t x.cmx f", "-t x.cmx IN f"] {
        fails(&folder, line, b"", 1, "'**/f' selects it in any folder");
    }
    assert_eq!(ok(&folder, "-dc x.cmx **/f"), TEXT);
    fails(
        &folder,
        "-a new.cmx IN",
        b"",
        1,
        "new.cmx: no such archive; cmx FILE... -o new.cmx makes it",
    );
}
