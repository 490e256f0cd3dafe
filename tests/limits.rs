//! With too little disk space or memory, cmx prints one line, leaves no file and does not abort.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Runs shell commands in `folder`; `$CMX` is the program.
fn shell(folder: &Path, script: &str) -> Output {
    let mut command = Command::new("sh");
    command
        .current_dir(folder)
        .args(["-c", script])
        .env("CMX", env!("CARGO_BIN_EXE_cmx"))
        .env_remove("CMX_OPT");
    command.output().unwrap()
}

fn names(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

fn noise(length: u32) -> Vec<u8> {
    let mut state = 1u32;
    let draw = |_| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 16) as u8
    };
    (0..length).map(draw).collect()
}

#[test]
fn a_limit_on_file_size_is_an_error_like_a_full_disk() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("IN"), noise(100_000)).unwrap();
    fs::create_dir(folder.path().join("d")).unwrap();
    fs::write(folder.path().join("d/f"), noise(90_000)).unwrap();
    assert!(shell(folder.path(), "$CMX -1q IN -o whole.cmx && $CMX -1q d").status.success());
    let before = names(folder.path());
    for job in ["$CMX -1 IN", "$CMX -1 d -o e.cmx", "$CMX -d whole.cmx -o out"] {
        let output = shell(folder.path(), &format!("ulimit -f 8; exec {job}"));
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{job}: {text}");
        assert!(text.contains("File too large") && text.lines().count() == 1, "{job}: {text}");
        assert_eq!(names(folder.path()), before, "{job}");
    }
    let archive = fs::read(folder.path().join("d.cmx")).unwrap();
    shell(folder.path(), "ulimit -f 8; exec $CMX -1 -a d.cmx IN");
    assert_eq!(
        fs::read(folder.path().join("d.cmx")).unwrap(),
        archive,
        "a failed append is cut off"
    );
}

/// With each limit, from the smallest that lets the program load to one with which the job
/// succeeds, the job ends with one line.
#[test]
fn too_little_memory_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("IN"), noise(200_000)).unwrap();
    let (mut worked, mut refused) = (0, 0);
    for step in 1..=60 {
        let limit = step * 6000;
        let output =
            shell(folder.path(), &format!("ulimit -v {limit}; exec $CMX -3 -q -T 1 -f IN"));
        let text = String::from_utf8_lossy(&output.stderr);
        match output.status.code() {
            Some(0) => worked += 1,
            Some(1) => {
                refused += 1;
                assert!(text.lines().count() == 1, "{limit} KiB: {text}");
            }
            // Below some limit the system cannot load the program: the loader exits with 127, or a
            // signal ends the process.
            Some(127) | None if worked + refused == 0 => {}
            other => panic!("{limit} KiB: {other:?} {text}"),
        }
    }
    assert!(worked > 0 && refused > 0, "{worked} worked, {refused} refused");
}

#[test]
fn a_full_disk_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("IN"), noise(100_000)).unwrap();
    let script = "mkdir m && mount -t tmpfs -o size=512k none m";
    if !shell(folder.path(), &format!("unshare -m sh -c '{script}'")).status.success() {
        eprintln!("skipped: no file system may be mounted here");
        return;
    }
    fs::remove_dir(folder.path().join("m")).unwrap();
    // Each size is tested in a mount namespace of its own, whose end removes the mount.
    let job = "mkdir -p m; failed=0; for k in $(seq 8 3 127); do \
        mount -t tmpfs -o size=${k}k none m || exit 9; \
        $CMX -1 IN -o m/x 2>m.err; code=$?; \
        if [ $code = 0 ]; then $CMX -t m/x || exit 8; \
        else failed=$((failed+1)); [ $(wc -l <m.err) = 1 ] || exit 7; grep -q \"No space left\" m.err || exit 6; [ -z \"$(ls -A m)\" ] || exit 5; fi; \
        umount m; done; [ $failed -ge 10 ]";
    let output = shell(folder.path(), &format!("unshare -m sh -c '{job}'"));
    assert!(
        output.status.success(),
        "{:?} {}",
        output.status,
        fs::read_to_string(folder.path().join("m.err")).unwrap_or_default()
    );
}

/// The error of an extraction names the file for which the disk had no space.
#[test]
fn a_full_disk_is_named_with_the_file() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("d")).unwrap();
    fs::write(folder.path().join("d/small"), b"small").unwrap();
    fs::write(folder.path().join("d/large"), noise(300_000)).unwrap();
    assert!(shell(folder.path(), "$CMX -1 d -o x.cmx && mkdir m").status.success());
    let script = "mount -t tmpfs -o size=100k none m || exit 9; \
        $CMX -d x.cmx -C m 2>err; [ $? = 1 ] || exit 8; [ -e m/d/small ] && [ ! -e m/d/large ] && [ $(ls -A m/d | wc -l) = 1 ]";
    let output = shell(folder.path(), &format!("unshare -m sh -c '{script}'"));
    if output.status.code() == Some(9)
        || String::from_utf8_lossy(&output.stderr).contains("unshare")
    {
        eprintln!("skipped: no file system may be mounted here");
        return;
    }
    let text = fs::read_to_string(folder.path().join("err")).unwrap();
    assert!(output.status.success(), "{:?} {text}", output.status);
    assert!(text.contains("d/large: No space left") && text.lines().count() == 1, "{text}");
}
