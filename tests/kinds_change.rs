//! A path whose entry kind changes between appends or between joined archives: the newer entry
//! replaces the older one.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Output};

/// Runs `script` in `folder`, where `cmx` is the program under test.
fn shell(folder: &Path, script: &str) -> Output {
    let cmx = Path::new(env!("CARGO_BIN_EXE_cmx")).parent().unwrap();
    let path = format!("{}:{}", cmx.display(), std::env::var("PATH").unwrap());
    Command::new("sh").args(["-ec", script]).env("PATH", path).current_dir(folder).output().unwrap()
}

fn succeed(folder: &Path, script: &str) -> String {
    let output = shell(folder, script);
    assert!(
        output.status.success(),
        "{script}: {} {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Each pair of a tree before and a tree after, once appended and once joined. Extraction must give
/// the tree after, wherever both have an entry.
#[test]
fn the_newer_kind_replaces_the_older() {
    let cases = [
        ("mkdir -p p/q; echo 1 >p/q/f", "rm -r p/q; echo file >p/q"),
        ("mkdir -p p/q; echo 1 >p/q/f", "rm -r p/q; ln -s nowhere p/q"),
        ("mkdir -p p/q; echo 1 >p/q/f", "rm -r p/q; echo 1 >p/a; ln p/a p/q"),
        ("mkdir p; echo file >p/q", "rm p/q; mkdir p/q; echo 1 >p/q/f"),
        ("mkdir p; ln -s nowhere p/q", "rm p/q; mkdir -p p/q/r; echo 1 >p/q/r/f"),
        ("mkdir p; echo file >p/q", "rm p/q; ln -s nowhere p/q"),
    ];
    for (before, after) in cases {
        let folder = tempfile::tempdir().unwrap();
        succeed(
            folder.path(),
            &format!(
                "{before}; cmx -1 -q p -o a.cmx; cp a.cmx j.cmx; {after}; cmx -1 -q -a a.cmx p"
            ),
        );
        succeed(folder.path(), "cmx -1 -q p -o n.cmx; cat n.cmx >>j.cmx");
        for archive in ["a.cmx", "j.cmx"] {
            succeed(
                folder.path(),
                &format!(
                    "cmx -q -t {archive}; cmx -q -d {archive} -C {archive}.out; diff -r --no-dereference p {archive}.out/p"
                ),
            );
            let listed = succeed(folder.path(), &format!("cmx -l --json {archive} | grep -c path"));
            assert_eq!(
                listed.trim(),
                succeed(folder.path(), "find p | wc -l").trim(),
                "{before}; {after}"
            );
        }
    }
}

/// A folder that became a file, and then a folder again, has the content of the last folder.
#[test]
fn what_was_replaced_does_not_come_back() {
    let folder = tempfile::tempdir().unwrap();
    succeed(
        folder.path(),
        "mkdir -p p/q; echo 1 >p/q/old; cmx -1 -q p -o a.cmx; rm -r p/q; echo x >p/q; cmx -1 -q -a a.cmx p",
    );
    succeed(
        folder.path(),
        "rm p/q; mkdir p/q; echo 2 >p/q/new; cmx -1 -q -a a.cmx p/q/new; cmx -q -d a.cmx -C out; diff -r p out/p",
    );
}

/// A second name of a file that was replaced later keeps its old content, and is listed as a file.
#[test]
fn a_second_name_is_listed_as_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    succeed(folder.path(), "mkdir d; echo old >d/h1; ln d/h1 d/h2; cmx -1 -q d -o a.cmx");
    assert!(succeed(folder.path(), "cmx -l a.cmx").contains("d/h2 = d/h1"));
    succeed(
        folder.path(),
        "rm d/h1; echo newer >d/h1; cmx -1 -q -a a.cmx d/h1; cmx -q -d a.cmx -C out; cmp out/d/h2 d/h2; cmp out/d/h1 d/h1",
    );
    let listed = succeed(folder.path(), "cmx -l a.cmx");
    assert!(!listed.contains(" = "), "{listed}");
    let json: serde_json::Value =
        serde_json::from_str(&succeed(folder.path(), "cmx -l --json a.cmx d/h2")).unwrap();
    assert_eq!(
        (json["entries"][0]["kind"].as_str(), json["entries"][0]["size"].as_u64()),
        (Some("file"), Some(4))
    );
}

#[test]
fn a_link_that_is_no_text_is_given_in_hexadecimal() {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(std::ffi::OsStr::from_bytes(b"\xffx"), folder.path().join("l"))
        .unwrap();
    fs::write(folder.path().join("f"), b"f").unwrap();
    let json: serde_json::Value = serde_json::from_str(&succeed(
        folder.path(),
        "mkdir d; mv l f d; cmx -q d -o a.cmx; cmx -l --json a.cmx d/l",
    ))
    .unwrap();
    assert_eq!(json["entries"][0]["link_hex"], "ff78");
}
