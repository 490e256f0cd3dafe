//! Two inputs with the same stored path: the same file is stored once, and different files are
//! refused before any work.

use std::path::Path;
use std::process::{Command, Output};

/// Runs `script` in `folder`, where `cmx` is the program under test.
fn shell(folder: &Path, script: &str) -> Output {
    let cmx = Path::new(env!("CARGO_BIN_EXE_cmx")).parent().unwrap();
    let path = format!("{}:{}", cmx.display(), std::env::var("PATH").unwrap());
    Command::new("sh").args(["-ec", script]).env("PATH", path).current_dir(folder).output().unwrap()
}

const MAKE: &str =
    "mkdir -p sub/d d; echo one >a; echo two >sub/a; echo 1 >sub/d/x; echo 2 >d/x; cd sub; ";

#[test]
fn different_things_are_refused() {
    for (inputs, named) in [
        ("../a a", ["../a", "a"]),
        ("../d d", ["../d", "d"]),
        ("$OLDPWD/a .$OLDPWD/a", ["/a", "./"]),
        ("../d/x d/x", ["../d/x", "d/x"]),
        ("../a d a", ["../a", "a"]),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let script = format!(
            "{MAKE} mkdir -p .$OLDPWD; echo three >.$OLDPWD/a; cmx -q {inputs} --archive -o c.cmx"
        );
        let output = shell(folder.path(), &script);
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{inputs}: {error}");
        assert!(
            error.contains("would both be stored as")
                && named.iter().all(|name| error.contains(name)),
            "{inputs}: {error}"
        );
        assert!(!folder.path().join("sub/c.cmx").exists());
    }
}

#[test]
fn nothing_is_appended_either() {
    let folder = tempfile::tempdir().unwrap();
    let output = shell(
        folder.path(),
        &format!(
            "{MAKE} cmx -q d -o c.cmx; cp c.cmx k.cmx; cmx -q -a c.cmx ../a a || cmp c.cmx k.cmx"
        ),
    );
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("would both be stored as"));
}

#[test]
fn the_same_thing_is_stored_once() {
    let folder = tempfile::tempdir().unwrap();
    let output = shell(
        folder.path(),
        &format!(
            "{MAKE} cmx -q d d/x ./d d/ -o c.cmx; cmx -d -q c.cmx -C out; diff -r d out/d; ls out"
        ),
    );
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.stdout, b"d\n");
}
