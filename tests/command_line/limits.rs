//! Limits and damage: the command adds to what the library says the flag or command that helps.

use std::fs;

use crate::support::*;

#[test]
fn a_limit_names_the_flag_that_raises_it() {
    let folder = folder();
    fs::create_dir(folder.path().join("d")).unwrap();
    for number in 0..20 {
        fs::write(folder.path().join(format!("d/a-long-name-{number}")), TEXT).unwrap();
    }
    ok(&folder, "-1 -q d -o x.cmx");
    for (flag, remedy) in [
        ("--max-output 10", "--max-output raises the limit"),
        ("--max-index 10", "--max-index raises the limit"),
        ("--max-path 3", "--max-path raises the limit"),
        ("-M 6M", "; -M raises the limit, to 7M at least"),
    ] {
        for job in ["-d -C out", "-dc", "-t"] {
            fails(&folder, &format!("{job} {flag} x.cmx"), b"", 1, remedy);
        }
    }
    ok(&folder, "-1 -q IN");
    fails(&folder, "-dc -M 6M IN.cmx", b"", 1, "; -M ");
    fails(&folder, "-8 -M 6M IN -o y.cmx", b"", 1, "; -M ");
    fails(&folder, "-8 -M 6M d -o y.cmx", b"", 1, "; -M ");
    let joined = [
        fs::read(folder.path().join("IN.cmx")).unwrap(),
        fs::read(folder.path().join("x.cmx")).unwrap(),
    ]
    .concat();
    fails(&folder, "-d", &joined, 1, "extract it into a folder with -C");
    fails(&folder, "-dc --max-output 5 IN.cmx", b"", 1, "--max-output raises the limit");
    fails(&folder, "repair --max-index 10 x.cmx", b"", 1, "--max-index raises the limit");
    assert_eq!(names(&folder), ["IN", "IN.cmx", "d", "x.cmx"]);
}

#[test]
fn damage_names_the_command_that_saves() {
    let folder = folder();
    ok(&folder, "-1 -q --archive IN -o x.cmx");
    let whole = fs::read(folder.path().join("x.cmx")).unwrap();
    let mut damaged = whole.clone();
    damaged[60] ^= 1;
    fs::write(folder.path().join("y.cmx"), &damaged).unwrap();
    fails(&folder, "-t y.cmx", b"", 2, "; `cmx repair` saves the undamaged contents");
    fails(&folder, "-t", &damaged, 2, "; `cmx repair` saves the undamaged contents");
    // What was appended: its footer.
    let mut appended = [&whole[..], &whole].concat();
    let end = appended.len();
    appended[end - 3] ^= 1;
    fs::write(folder.path().join("y.cmx"), &appended).unwrap();
    fails(
        &folder,
        "-a y.cmx IN",
        b"",
        2,
        "`cmx repair` may save it, and with --ignore-trailing it is cut off",
    );
    for job in ["-d -f", "-t", "-l"] {
        fails(
            &folder,
            &format!("{job} y.cmx"),
            b"",
            2,
            "; `cmx repair` saves the undamaged contents",
        );
    }
    // An append that was never finished.
    fs::write(folder.path().join("y.cmx"), &appended[..end - 5]).unwrap();
    let output = cmx(folder.path(), "-a -1 y.cmx IN", b"");
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.code() == Some(2)
            && text.contains("never finished")
            && text.contains("`cmx repair`"),
        "{text}"
    );
    // What is no archive is not damaged. Repair does not propose itself.
    fails(&folder, "repair IN", b"", 1, "IN: not a cmx archive: it holds no part of an archive\n");
    fs::write(folder.path().join("z.cmx"), &whole[..9]).unwrap();
    fails(&folder, "repair z.cmx", b"", 2, "nothing that can be saved is left of this archive\n");
    assert!(!folder.path().join("z.repaired.cmx").exists());
}
