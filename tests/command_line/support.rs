//! A folder with a file in it, and calls of cmx there.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

pub const TEXT: &[u8] = b"one two three, one two three, one two three\n";

pub fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("IN"), TEXT).unwrap();
    folder
}

/// Runs `cmx LINE` in `folder` with `input` on a pipe.
pub fn cmx(folder: &Path, line: &str, input: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cmx"));
    command.current_dir(folder).args(line.split_whitespace()).env_remove("CMX_OPT");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read its input closes the pipe early.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

pub fn ok(folder: &TempDir, line: &str) -> Vec<u8> {
    let output = cmx(folder.path(), line, b"");
    assert!(output.status.success(), "cmx {line}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Runs a call that must fail with `code` and one line that contains `part`.
pub fn fails(folder: &TempDir, line: &str, input: &[u8], code: i32, part: &str) {
    let output = cmx(folder.path(), line, input);
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "cmx {line}: {text}");
    assert!(text.contains(part) && text.lines().count() == 1, "cmx {line}: {text}");
}

pub fn names(folder: &TempDir) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}
