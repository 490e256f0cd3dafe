//! Roots that are symbolic links or lead through links, and hard links to files that were left out:
//! every archive can be extracted and gives the same tree as tar.

use std::path::Path;
use std::process::{Command, Output};

/// Runs `script` in `folder`, where `cmx` is the program under test.
fn shell(folder: &Path, script: &str) -> Output {
    let cmx = Path::new(env!("CARGO_BIN_EXE_cmx")).parent().unwrap();
    let path = format!("{}:{}", cmx.display(), std::env::var("PATH").unwrap());
    Command::new("sh").args(["-ec", script]).env("PATH", path).current_dir(folder).output().unwrap()
}

fn succeed(script: &str) {
    let folder = tempfile::tempdir().unwrap();
    let output = shell(folder.path(), script);
    let (out, error) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{script}: {} {out} {error}", output.status);
}

#[test]
fn a_root_that_is_a_link_is_stored_as_one() {
    let make = "mkdir sl; echo x >sl/f; ln -s sl lnk; ln -s nowhere lost; ";
    succeed(&format!(
        "{make} cmx -q -1 lnk -o k.cmx; cmx -q -d k.cmx -C out; test $(readlink out/lnk) = sl; test $(ls out | wc -l) = 1"
    ));
    succeed(&format!(
        "{make} echo o >other; cmx -q -1 --archive other -o g.cmx; cmx -q -a g.cmx lnk lost; cmx -q -d g.cmx -C out; test $(readlink out/lnk) = sl; test $(readlink out/lost) = nowhere; cmp other out/other"
    ));
    succeed(&format!(
        "{make} cmx -q -1 lnk/ -o k.cmx; cmx -q -d k.cmx -C out; diff -r sl out/lnk; test ! -L out/lnk"
    ));
}

#[test]
fn a_root_behind_a_link_is_stored_where_the_link_leads() {
    let make = "mkdir -p par/sl/sub other; echo x >par/sl/sub/f; echo o >other/g; ln -s sl par/lk; ln -s ../other par/out; ";
    let check = "cmx -q -d x.cmx -C out; diff -r --no-dereference par out/par; test $(readlink out/par/lk) = sl";
    succeed(&format!("{make} cmx -q -1 par par/lk/sub/f -o x.cmx; {check}"));
    succeed(&format!("{make} cmx -q -1 par/lk/sub/f par -o x.cmx; {check}"));
    succeed(&format!(
        "{make} cmx -q -1 par par/out/g -o x.cmx; {check}; cmp other/g out/other/g; cmp other/g out/par/out/g"
    ));
    succeed(&format!(
        "{make} cmx -q -1 par/lk/sub/f par/sl -o x.cmx; cmx -q -d x.cmx -C out; cmp par/sl/sub/f out/par/lk/sub/f"
    ));
    // The appended folder replaces an older link.
    succeed(&format!(
        "{make} cmx -q -1 par -o x.cmx; cmx -q -a x.cmx par/lk/sub/f; cmx -q -d x.cmx -C out; cmp par/sl/sub/f out/par/lk/sub/f"
    ));
}

#[test]
fn a_link_that_leads_out_is_refused_with_what_goes_through_it() {
    let folder = tempfile::tempdir().unwrap();
    let output = shell(
        folder.path(),
        "mkdir par there; echo x >there/f; ln -s $PWD/there par/lk; cmx -q par par/lk/f -o x.cmx",
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("par/lk/f leads through the link par/lk")
    );
    assert!(!folder.path().join("x.cmx").exists());
}

/// Runs as another user if the tests run as root, because root can read everything.
#[test]
fn names_of_an_unreadable_file_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let make = "chmod 777 .; mkdir d d/sub; echo s >d/s1; ln d/s1 d/s2; echo ok >d/ok; ln d/ok d/zok; touch -d 2001-01-01 d/sub d; chmod 0 d/s1; cp $(command -v cmx) ./cmx; ";
    let run = "./cmx -1 -q d -o u.cmx; test $? = 2 && ./cmx -q -d u.cmx -C o && ls o/d && test $(stat -c %Y o/d) = $(stat -c %Y d) && ./cmx repair u.cmx";
    let root = shell(folder.path(), "test $(id -u) = 0").status.success();
    let run = if root { format!("su nobody -s /bin/sh -c '{run}'") } else { run.to_string() };
    let output = shell(folder.path(), &format!("{make} set +e; {run}"));
    let (out, error) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{} {out} {error}", output.status);
    assert!(out.starts_with("ok\nsub\nzok\n"), "{out}");
}
