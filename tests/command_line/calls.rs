//! Forms of a call, and what a mistaken one is told.

use std::fs;
use std::process::Command;

use crate::support::*;

#[test]
fn the_promised_forms() {
    let folder = folder();
    let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
    ok(&folder, "-c IN");
    ok(&folder, "-c -7 -T 2 -q -f --no-verify IN -o OUT.cmx");
    ok(&folder, "-t IN.cmx");
    fs::remove_file(folder.path().join("IN")).unwrap();
    ok(&folder, "-d IN.cmx");
    assert_eq!(read("IN"), TEXT);
    ok(&folder, "-d -q -f OUT.cmx -o OUT");
    assert_eq!(read("OUT"), TEXT);
    assert_eq!(ok(&folder, "-dc IN.cmx"), TEXT);
    let archive = cmx(folder.path(), "", TEXT).stdout;
    assert_eq!(cmx(folder.path(), "-d", &archive).stdout, TEXT);
    assert_eq!(names(&folder), ["IN", "IN.cmx", "OUT", "OUT.cmx"]);
}

#[test]
fn inputs_of_every_kind() {
    let folder = folder();
    for (name, data) in [
        ("empty", vec![]),
        ("byte", vec![7]),
        ("zeros", vec![0; 300_000]),
        ("already", TEXT.repeat(9)),
    ] {
        fs::write(folder.path().join(name), &data).unwrap();
        ok(&folder, &format!("-1 -q {name}"));
        ok(&folder, &format!("-1 -q {name}.cmx -o twice.cmx -f"));
        assert_eq!(ok(&folder, &format!("-dc {name}.cmx")), data);
    }
    // The size of a file in /proc is said to be 0.
    ok(&folder, "-q /proc/self/status -o status.cmx");
    assert!(ok(&folder, "-dc status.cmx").starts_with(b"Name:"));
}

#[test]
fn mistakes_get_one_clear_line() {
    let folder = folder();
    ok(&folder, "IN");
    fails(&folder, "IN", b"", 1, "IN.cmx exists; -f overwrites it");
    fails(&folder, "missing", b"", 1, "missing: No such file");
    fails(&folder, "-d IN", b"", 1, "name the output with -o");
    fails(&folder, "IN.cmx", b"", 1, "archive already");
    fails(&folder, "-f IN -o IN", b"", 1, "input and output at once");
    fails(&folder, "IN -o missing/OUT", b"", 1, "missing/OUT: No such file");
    fails(&folder, "-d -o OUT", b"plain text", 1, "standard input: not a cmx archive");
    fails(&folder, "-d -o OUT", b"", 1, "not a cmx archive: it is empty");
    fails(&folder, "-c IN -o /dev/full", b"", 1, "/dev/full: No space left on device");
    let archive = fs::read(folder.path().join("IN.cmx")).unwrap();
    fails(&folder, "-d -o OUT", &archive[..archive.len() - 1], 2, "ends early");
    let mut newer = archive.clone();
    newer[6] = 200;
    fails(&folder, "-d -o OUT", &newer, 1, "container version 200, newer than");
    newer[6] = 0;
    fails(&folder, "-d -o OUT", &newer, 1, "container version 0, older than");
    let mut flipped = archive;
    flipped[25] ^= 4;
    fails(&folder, "-t", &flipped, 2, "damaged");
    assert_eq!(names(&folder), ["IN", "IN.cmx"], "nothing is left behind");
}

#[test]
fn standard_input_is_no_file_of_an_archive() {
    let folder = folder();
    for line in ["--archive - -o x.cmx", "IN - -o x.cmx"] {
        fails(&folder, line, TEXT, 1, "standard input has no name");
    }
    assert_eq!(names(&folder), ["IN"]);
}

#[test]
fn the_folder_to_decompress_into_is_made() {
    let folder = folder();
    ok(&folder, "IN");
    ok(&folder, "-d IN.cmx -C new/folder");
    assert_eq!(fs::read(folder.path().join("new/folder/IN")).unwrap(), TEXT);
}

#[test]
fn an_archive_has_the_name_that_was_typed() {
    let folder = folder();
    fs::create_dir(folder.path().join("d")).unwrap();
    fs::write(folder.path().join("d/f"), TEXT).unwrap();
    std::os::unix::fs::symlink("d", folder.path().join("lnk")).unwrap();
    std::os::unix::fs::symlink("nowhere", folder.path().join("lost")).unwrap();
    let calls = [
        ("d/", "d.cmx"),
        ("./d/.", "d.cmx"),
        ("d//", "d.cmx"),
        ("lnk", "lnk.cmx"),
        ("lnk/", "lnk.cmx"),
        ("--archive lost", "lost.cmx"),
    ];
    for (line, made) in calls {
        ok(&folder, line);
        let mut expected = ["IN", "d", "lnk", "lost", made];
        expected.sort_unstable();
        assert_eq!(names(&folder), expected, "{line}");
        fs::remove_file(folder.path().join(made)).unwrap();
    }
    fails(&folder, "lost", b"", 1, "lost is a symbolic link to nothing; --archive stores the link");
    ok(&folder, "--archive lost IN lnk -o x.cmx");
    let list = String::from_utf8(ok(&folder, "-l x.cmx")).unwrap();
    assert!(
        list.contains("lost -> nowhere") && list.contains("lnk -> d") && list.contains("3 entries"),
        "{list}"
    );
}

#[test]
fn names_in_messages_cannot_act_on_a_terminal() {
    let folder = folder();
    let odd = "no\u{1b}[31m\u{202e}such";
    fs::create_dir(folder.path().join("d")).unwrap();
    let fifo = folder.path().join("d").join(odd);
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    for line in [
        "d -o x.cmx".to_string(),
        format!("{odd} IN -o y.cmx"),
        odd.to_string(),
        format!("-l {odd}"),
        format!("-d {odd}.cmx"),
    ] {
        let output = cmx(folder.path(), &line, b"");
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(
            text.contains("no\\u{1b}[31m\\u{202e}such") && !text.contains(['\u{1b}', '\u{202e}']),
            "{text:?}"
        );
        assert!(!text.contains("os error") && text.matches("such").count() <= 2, "{text:?}");
    }
}

#[test]
fn what_is_no_archive_is_not_called_corrupt() {
    let folder = folder();
    for line in ["-t IN", "-dc IN", "-l IN"] {
        fails(&folder, line, b"", 1, "IN: not a cmx archive: the first bytes are wrong");
    }
    ok(&folder, "--archive IN -o x.cmx");
    for line in ["-d x.cmx nothing -C out", "-dc x.cmx nothing", "-l x.cmx nothing"] {
        let output = cmx(folder.path(), line, b"");
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(
            output.status.code() == Some(1)
                && text.contains("matches")
                && !text.contains("corrupt"),
            "{text}"
        );
    }
}

#[test]
fn an_empty_file_is_no_archive() {
    let folder = folder();
    fs::write(folder.path().join("none.cmx"), b"").unwrap();
    for line in [
        "-t none.cmx",
        "-l none.cmx",
        "-d none.cmx",
        "-dc none.cmx",
        "-a none.cmx IN",
        "repair none.cmx",
    ] {
        fails(&folder, line, b"", 1, "none.cmx: not a cmx archive: it is empty");
    }
    for line in ["-t", "-l", "-d", "-dc"] {
        fails(&folder, line, b"", 1, "standard input: not a cmx archive: it is empty");
    }
    assert_eq!(names(&folder), ["IN", "none.cmx"]);
}

#[test]
fn damage_outweighs_other_errors_of_a_test() {
    let folder = folder();
    ok(&folder, "IN -o junk");
    let mut damaged = fs::read(folder.path().join("junk")).unwrap();
    damaged[25] ^= 4;
    fs::write(folder.path().join("junk"), damaged).unwrap();
    for line in ["-t junk missing", "-t missing junk"] {
        let output = cmx(folder.path(), line, b"");
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(String::from_utf8_lossy(&output.stderr).lines().count(), 3);
    }
}

#[test]
fn folders_are_no_archives_and_the_unreadable_is_named() {
    let folder = folder();
    fs::create_dir(folder.path().join("d")).unwrap();
    for mode in ["-d", "-t", "-l"] {
        fails(&folder, &format!("{mode} d"), b"", 1, "d: is a directory");
    }
    // Nobody may read the memory of a process at 0, not even root.
    fails(&folder, "/proc/self/mem -o OUT", b"", 1, "/proc/self/mem: Input/output error");
    assert_eq!(names(&folder), ["IN", "d"]);
}

/// The other end of a terminal is one too.
#[test]
fn a_terminal_is_not_waited_for() {
    let folder = folder();
    for line in ["-d", "-t", "-l", "-dc", "-d -", "-o OUT", "-c --stdout"] {
        let Ok(terminal) = fs::File::options().read(true).write(true).open("/dev/ptmx") else {
            return;
        };
        let mut command = Command::new(env!("CARGO_BIN_EXE_cmx"));
        command
            .current_dir(folder.path())
            .args(line.split(' '))
            .env_remove("CMX_OPT")
            .stdin(terminal);
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.code() == Some(1)
                && text.contains("terminal; name")
                && text.lines().count() == 1,
            "cmx {line}: {text}"
        );
    }
    assert_eq!(names(&folder), ["IN"]);
}
