//! Signals and pipes.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::*;

#[test]
fn a_signal_that_is_ignored_stays_ignored() {
    let folder = folder();
    let script = "trap '' HUP; exec 3<&0; $CMX <&3 >OUT.cmx & child=$!; sleep 0.3; kill -HUP $child; sleep 0.2; kill -0 $child";
    let mut command = Command::new("sh");
    command.current_dir(folder.path()).args(["-c", script]).env("CMX", env!("CARGO_BIN_EXE_cmx"));
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    // The pipe stays open, so that it waits for more.
    let pipe = child.stdin.take();
    assert!(child.wait().unwrap().success());
    drop(pipe);
}

#[test]
fn a_closed_pipe_is_quiet() {
    let folder = folder();
    fs::write(folder.path().join("big"), vec![b'x'; 3 << 20]).unwrap();
    ok(&folder, "-1 --no-verify big");
    let mut command = Command::new(env!("CARGO_BIN_EXE_cmx"));
    let mut child = command
        .current_dir(folder.path())
        .args(["-dc", "big.cmx"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(
        std::os::unix::process::ExitStatusExt::signal(&output.status),
        Some(13),
        "as a shell expects: 141"
    );
}

/// The standard library opens `/dev/null` in place of what is closed.
#[test]
fn closed_standard_streams_are_errors() {
    let folder = folder();
    ok(&folder, "-1 IN");
    for (call, stream) in [
        ("-dc IN.cmx >&-", "output"),
        ("-l IN.cmx >&-", "output"),
        ("levels >&-", "output"),
        ("-1 -c --stdout IN >&-", "output"),
        ("-1 -o x <&-", "input"),
        ("-t - <&-", "input"),
    ] {
        let mut command = Command::new("sh");
        command
            .current_dir(folder.path())
            .args(["-c", &format!("$CMX {call}")])
            .env("CMX", env!("CARGO_BIN_EXE_cmx"));
        let output = command.output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(
            (output.status.code(), text),
            (Some(1), format!("cmx: standard {stream} is closed\n")),
            "{call}"
        );
    }
    // What needs neither goes on without them.
    let script = "exec <&- >&-; $CMX -f -1 IN && $CMX -t IN.cmx";
    let mut command = Command::new("sh");
    command.current_dir(folder.path()).args(["-c", script]).env("CMX", env!("CARGO_BIN_EXE_cmx"));
    assert!(command.status().unwrap().success());
}

#[test]
fn a_signal_leaves_no_file_and_its_number() {
    let folder = folder();
    fs::write(folder.path().join("big"), TEXT.repeat(100_000)).unwrap();
    for (signal, code) in [("HUP", 129), ("INT", 130), ("TERM", 143)] {
        // What ignores a signal here, as `nohup` does, must not be handed on.
        let mut command = Command::new("env");
        command.args([
            "--default-signal=HUP,INT,TERM",
            env!("CARGO_BIN_EXE_cmx"),
            "-8",
            "-q",
            "big",
            "-o",
            "OUT",
        ]);
        command.current_dir(folder.path()).env_remove("CMX_OPT");
        let mut child = command.spawn().unwrap();
        // The program is at work when the file is open that it writes to, which has no name before
        // the end.
        while !has_open(child.id(), folder.path()) {
            assert!(child.try_wait().unwrap().is_none(), "the program was done too early");
        }
        assert!(
            Command::new("kill")
                .args([&format!("-{signal}"), &child.id().to_string()])
                .status()
                .unwrap()
                .success()
        );
        assert_eq!(child.wait().unwrap().code(), Some(code));
        assert_eq!(names(&folder), ["IN", "big"]);
    }
}

/// Whether the process has a new file in `folder` open, with a name or without.
fn has_open(process: u32, folder: &Path) -> bool {
    let Ok(open) = fs::read_dir(format!("/proc/{process}/fd")) else { return false };
    let targets = open.filter_map(|number| fs::read_link(number.ok()?.path()).ok());
    targets.into_iter().any(|target| target.starts_with(folder) && !target.ends_with("big"))
}

#[test]
fn tar_takes_it_as_its_compressor() {
    let folder = folder();
    let run = |line: &str| {
        let status =
            Command::new("tar").current_dir(folder.path()).args(line.split(' ')).status().unwrap();
        assert!(status.success(), "tar {line}");
    };
    let program = env!("CARGO_BIN_EXE_cmx");
    run(&format!("-I {program} -cf t.tar.cmx IN"));
    fs::remove_file(folder.path().join("IN")).unwrap();
    run(&format!("-I {program} -xf t.tar.cmx"));
    assert_eq!(fs::read(folder.path().join("IN")).unwrap(), TEXT);
}
