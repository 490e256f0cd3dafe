//! Flags, the level among them, and the variables of the environment.

use std::fs;
use std::process::Command;

use crate::support::*;

#[test]
fn a_call_that_cannot_be_parsed_gets_one_line() {
    let folder = folder();
    for (line, part) in [
        ("--quite IN", "--quiet"),
        ("repair", "<ARCHIVE>"),
        ("-T", "'--threads <N>'"),
        ("-M x IN", "900M"),
        ("completions x", "zsh"),
    ] {
        let output = cmx(folder.path(), line, b"");
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(
            (output.status.code(), text.lines().count()),
            (Some(1), 1),
            "cmx {line}: {text}"
        );
        assert!(
            text.lines().all(|line| line.starts_with("cmx: ")) && text.contains(part),
            "cmx {line}: {text}"
        );
    }
    assert_eq!(names(&folder), ["IN"]);
}

#[test]
fn flags_that_do_not_fit_together_are_refused() {
    let folder = folder();
    ok(&folder, "IN -o x.cmx");
    for line in [
        "-dt x.cmx",
        "-al x.cmx IN",
        "-cl x.cmx",
        "-tl x.cmx",
        "-ct x.cmx",
        "-bd x.cmx",
        "-l x.cmx -a",
    ] {
        fails(&folder, line, b"", 1, "are two jobs; one at a time");
    }
    fails(&folder, "IN --json", b"", 1, "--json belongs to -l");
    fails(&folder, "IN -C out", b"", 1, "-C names the folder that -d extracts into");
    fails(&folder, "-l x.cmx -o list", b"", 1, "-o is for compressing");
    fails(&folder, "-dc x.cmx -o OUT", b"", 1, "one of them");
    assert_eq!(names(&folder), ["IN", "x.cmx"]);
}

#[test]
fn level_nine_is_the_strongest() {
    let folder = folder();
    let number = |n: u32| format!("{} is {}, ", n % 17, (n * n * (n + 1)) % 1009);
    let text: String = (0..1200).map(number).collect();
    fs::write(folder.path().join("TEXT"), &text).unwrap();
    for level in [8, 9] {
        ok(&folder, &format!("-{level} TEXT -o {level}.cmx"));
    }
    let length = |name: &str| fs::metadata(folder.path().join(name)).unwrap().len();
    assert!(length("9.cmx") < length("8.cmx"), "{} {}", length("8.cmx"), length("9.cmx"));
    assert_eq!(ok(&folder, "-dc 9.cmx"), text.as_bytes());
}

#[test]
fn the_environment_gives_defaults_that_flags_override() {
    let folder = folder();
    let run = |environment: &str, line: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cmx"));
        command.current_dir(folder.path()).args(line.split(' ')).env("CMX_OPT", environment);
        command.output().unwrap()
    };
    assert!(run("-1 -T 2 -q", "-3 -T 1 IN").status.success());
    assert!(run("-T nonsense", "levels").status.success());
    for (environment, word) in [
        ("-T nonsense", "nonsense"),
        ("foo", "foo"),
        ("levels", "levels"),
        ("-7 -T", "value"),
        ("--", "--"),
        ("-", "-"),
        ("-d", "a job"),
    ] {
        let output = run(environment, "IN -o x");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.code() == Some(1)
                && text.starts_with("cmx: CMX_OPT: ")
                && text.contains(word),
            "{environment}: {text}"
        );
        assert_eq!(names(&folder), ["IN", "IN.cmx"]);
    }
    ok(&folder, "-3 IN -o three.cmx");
    assert_eq!(
        fs::read(folder.path().join("IN.cmx")).unwrap(),
        fs::read(folder.path().join("three.cmx")).unwrap()
    );
}

#[test]
fn an_instruction_set_must_be_one_of_the_machine() {
    let folder = folder();
    let run = |set: &str, line: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cmx"));
        command
            .current_dir(folder.path())
            .args(line.split(' '))
            .env_remove("CMX_OPT")
            .env("CMX_SIMD", set);
        command.output().unwrap()
    };
    assert!(run("scalar", "IN").status.success() && run("", "-t IN.cmx").status.success());
    for line in ["IN -f", "-d -f IN.cmx", "-t IN.cmx", "-l IN.cmx", "repair IN.cmx", "bench IN"] {
        let output = run("foo", line);
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.code() == Some(1)
                && text.starts_with("cmx: CMX_SIMD: ")
                && text.contains("scalar"),
            "{line}: {text}"
        );
        assert_eq!(text.lines().count(), 1);
    }
    assert!(run("foo", "help environment").status.success());
    for line in ["--version", "devices"] {
        let output = run("scalar", line);
        assert!(String::from_utf8_lossy(&output.stdout).contains("scalar"), "{line}");
    }
}

#[test]
fn devices_are_listed_and_chosen() {
    let folder = folder();
    let text = String::from_utf8(ok(&folder, "devices")).unwrap();
    assert!(text.lines().any(|line| line.starts_with("cpu ")), "{text}");
    fails(&folder, "--device cuda IN", b"", 1, "it takes auto, cpu, gpu");
    if cfg!(feature = "gpu") {
        return;
    }
    assert!(text.contains("built without devices"), "{text}");
    fails(&folder, "--device gpu IN", b"", 1, "built without devices");
    for device in ["auto", "cpu"] {
        ok(&folder, &format!("-1 -f --device {device} IN"));
    }
}

#[test]
fn blocks_may_be_smaller() {
    let folder = folder();
    let text: String = (0..3000).map(|number| format!("{number} lines\n")).collect();
    std::fs::write(folder.path().join("LONG"), &text).unwrap();
    let length = |line: &str| {
        ok(&folder, line);
        std::fs::metadata(folder.path().join("LONG.cmx")).unwrap().len()
    };
    let (whole, cut) = (length("-1 LONG"), length("-1 -f --block 4K LONG"));
    assert!(cut > whole, "{cut} {whole}");
    assert_eq!(ok(&folder, "-dc LONG.cmx"), text.as_bytes());
}
