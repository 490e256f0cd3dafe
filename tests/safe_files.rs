//! Sources are deleted only if the archive holds them, and private content stays private while cmx
//! works.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

fn cmx(folder: &Path, words: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cmx"));
    command.current_dir(folder).args(words.split(' ')).env_remove("CMX_OPT");
    command
}

fn run(folder: &Path, words: &str) -> Output {
    cmx(folder, words).output().unwrap()
}

fn start(folder: &Path, words: &str) -> Child {
    cmx(folder, words).stderr(Stdio::piped()).spawn().unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// Text whose compression takes a noticeable time.
fn text(length: usize) -> Vec<u8> {
    let mut state = 7u32;
    let mut out = Vec::new();
    while out.len() < length {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        out.extend_from_slice(
            [&b"the cat "[..], b"sat on ", b"a mat and ", b"looked ", b"at nothing\n"]
                [(state >> 16) as usize % 5],
        );
    }
    out.truncate(length);
    out
}

/// The file changes in several ways at several moments. If it is deleted, the archive has all its
/// content.
#[test]
fn rm_deletes_only_what_the_archive_holds() {
    let content = text(3 << 20);
    for (threads, delay) in [(1, 20), (1, 200), (2, 20), (2, 100), (2, 300), (2, 600), (2, 1000)] {
        let folder = tempfile::tempdir().unwrap();
        let (path, archive) = (folder.path().join("big.log"), folder.path().join("big.log.cmx"));
        fs::write(&path, &content).unwrap();
        let child = start(folder.path(), &format!("-1 -T {threads} --rm big.log"));
        std::thread::sleep(Duration::from_millis(delay));
        let appended = fs::File::options()
            .append(true)
            .open(&path)
            .and_then(|mut file| file.write_all(b"precious\n"));
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if path.exists() {
            assert!(
                output.status.code() != Some(0) && said.contains("big.log"),
                "{threads} {delay}: {said}"
            );
            assert!(fs::read(&path).unwrap().ends_with(b"precious\n"));
        } else {
            // The file was deleted before anything could be appended.
            assert_eq!(output.status.code(), Some(0), "{said}");
            assert!(appended.is_err(), "{threads} {delay}: the last line is lost");
            assert!(run(folder.path(), "-dc big.log.cmx").stdout == content);
        }
        assert!(!archive.exists() || run(folder.path(), "-t big.log.cmx").status.success());
    }
}

/// Another file, or a link, at the same path is not the compressed file.
#[test]
fn rm_keeps_a_file_that_was_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x");
    fs::write(folder.path().join("real"), b"content").unwrap();
    symlink("real", &path).unwrap();
    let output = run(folder.path(), "--rm x");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--rm does not delete it"));
    assert!(
        path.is_symlink()
            && folder.path().join("real").exists()
            && folder.path().join("x.cmx").exists()
    );
    // An archive at a path that is a link is not deleted either.
    symlink("x.cmx", folder.path().join("y.cmx")).unwrap();
    let output = run(folder.path(), "-d --rm y.cmx");
    assert_eq!(output.status.code(), Some(2));
    assert!(
        folder.path().join("y").exists()
            && folder.path().join("y.cmx").exists()
            && folder.path().join("x.cmx").exists()
    );
    // These files are unchanged.
    assert!(
        run(folder.path(), "--rm real").status.success() && !folder.path().join("real").exists()
    );
    assert!(
        run(folder.path(), "-d --rm real.cmx").status.success()
            && !folder.path().join("real.cmx").exists()
    );
    assert_eq!(fs::read(folder.path().join("real")).unwrap(), b"content");
}

/// Watches everything below `folder` until the job ends. No file may be readable by others too
/// early. A temporary file has its final mode for a moment before it gets its name, so that only
/// the second look at an open file counts.
fn watch(folder: &Path, mut child: Child, is_private: impl Fn(&Path, u32) -> bool) {
    let mut seen_open = std::collections::HashSet::new();
    while child.try_wait().unwrap().is_none() {
        for entry in walkdir::WalkDir::new(folder).into_iter().flatten() {
            let Ok(found) = entry.metadata() else { continue };
            let is_temporary = entry.file_name().to_string_lossy().starts_with(".cmx-");
            let is_open =
                is_temporary && found.is_file() && found.mode() & 0o077 != 0 && found.len() > 0;
            assert!(
                !is_open || seen_open.insert(entry.path().to_path_buf()),
                "{:?} {:o}",
                entry.path(),
                found.mode()
            );
            assert!(
                is_private(entry.path(), found.mode()),
                "{:?} {:o}",
                entry.path(),
                found.mode()
            );
        }
    }
    assert!(child.wait().unwrap().success());
}

#[test]
fn unfinished_files_and_folders_are_their_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    fs::create_dir_all(secret.join("below")).unwrap();
    fs::write(secret.join("below/one"), text(2 << 20)).unwrap();
    fs::write(secret.join("two"), text(1 << 20)).unwrap();
    fs::write(folder.path().join("single"), text(2 << 20)).unwrap();
    set_mode(&secret, 0o700);
    set_mode(&folder.path().join("single"), 0o600);
    watch(folder.path(), start(folder.path(), "-1 single"), |_, _| true);
    watch(folder.path(), start(folder.path(), "-1 secret -o s.cmx"), |_, _| true);
    assert_eq!(mode(&folder.path().join("single.cmx")), 0o600);
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    watch(&out, start(folder.path(), "-d s.cmx -C out"), |path, mode| {
        !path.ends_with("secret") || mode & 0o077 == 0
    });
    assert_eq!(
        (mode(&out.join("secret")), mode(&out.join("secret/below"))),
        (0o700, mode(&secret.join("below")))
    );
}

/// A folder above a selected entry is not an entry itself, and gets the mode of any new folder.
#[test]
fn folders_on_the_way_are_like_any_new_folder() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("a/b")).unwrap();
    fs::write(folder.path().join("a/b/c"), b"content").unwrap();
    assert!(run(folder.path(), "-1 a/b/c --archive -o x.cmx").status.success());
    assert!(run(folder.path(), "-d x.cmx -C out").status.success());
    for path in ["a", "a/b"] {
        assert_eq!(
            mode(&folder.path().join("out").join(path)),
            mode(&folder.path().join(path)),
            "{path}"
        );
    }
}

#[test]
fn repair_and_restoring_keep_what_the_archive_denies() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("x"), text(1000)).unwrap();
    set_mode(&at("x"), 0o644);
    assert!(run(folder.path(), "-1 x").status.success());
    set_mode(&at("x.cmx"), 0o600);
    fs::remove_file(at("x")).unwrap();
    assert!(run(folder.path(), "-d x.cmx").status.success());
    assert_eq!(mode(&at("x")), 0o600, "what the archive denies to others, the file denies too");
    fs::create_dir(at("d")).unwrap();
    fs::write(at("d/f"), text(100_000)).unwrap();
    assert!(run(folder.path(), "-1 d").status.success());
    let mut bytes = fs::read(at("d.cmx")).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(at("d.cmx"), bytes).unwrap();
    set_mode(&at("d.cmx"), 0o600);
    assert_eq!(run(folder.path(), "repair d.cmx").status.code(), Some(2));
    assert_eq!(mode(&at("d.repaired.cmx")), 0o600);
}

/// Restoring never writes through an existing link, whether its target exists or not.
#[test]
fn output_never_goes_through_a_link() {
    for is_there in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("notes"), b"content").unwrap();
        assert!(run(folder.path(), "--rm notes").status.success());
        if is_there {
            fs::write(at("victim"), b"untouched").unwrap();
        }
        symlink("victim", at("notes")).unwrap();
        let output = run(folder.path(), "-d notes.cmx");
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stderr).contains("symbolic link"));
        assert!(run(folder.path(), "-d -f notes.cmx").status.success());
        assert!(!at("notes").is_symlink() && fs::read(at("notes")).unwrap() == b"content");
        assert_eq!(fs::read(at("victim")).ok(), is_there.then(|| b"untouched".to_vec()));
    }
}

/// A link of the system that leads to a pipe is treated as the pipe.
#[test]
fn dev_stdout_is_standard_output() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("x"), b"content").unwrap();
    let output = run(folder.path(), "x -o /dev/stdout");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::write(folder.path().join("y.cmx"), output.stdout).unwrap();
    assert_eq!(run(folder.path(), "-d y.cmx -o /dev/stdout").stdout, b"content");
    // The old content of the file stays, and bytes written later follow.
    for name in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
        let script =
            format!("echo first >log; (echo second; $CMX -d y.cmx -o {name}; echo last) >>log");
        let status = Command::new("sh")
            .current_dir(folder.path())
            .env("CMX", env!("CARGO_BIN_EXE_cmx"))
            .args(["-c", &script])
            .status();
        assert!(status.unwrap().success());
        assert_eq!(
            fs::read_to_string(folder.path().join("log")).unwrap(),
            "first\nsecond\ncontentlast\n",
            "{name}"
        );
    }
    let script = "(echo first; $CMX -d y.cmx -o /dev/fd/3 3>>log) >log";
    let status = Command::new("sh")
        .current_dir(folder.path())
        .env("CMX", env!("CARGO_BIN_EXE_cmx"))
        .args(["-c", script])
        .status();
    assert!(status.unwrap().success());
    assert_eq!(fs::read_to_string(folder.path().join("log")).unwrap(), "first\ncontent");
}

/// `tar` sees that its compressor was ended by SIGPIPE.
#[test]
fn tar_may_stop_reading_early() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("d")).unwrap();
    fs::write(folder.path().join("d/a"), b"first").unwrap();
    fs::write(folder.path().join("d/b"), text(3 << 20)).unwrap();
    let tar = |words: &str| {
        let program = format!("--use-compress-program={}", env!("CARGO_BIN_EXE_cmx"));
        Command::new("tar")
            .current_dir(folder.path())
            .arg(program)
            .args(words.split(' '))
            .env("CMX_OPT", "-1 --no-verify")
            .output()
    };
    let Ok(made) = tar("-cf d.tar.cmx d/a d/b") else { return };
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let output = tar("--occurrence=1 -xOf d.tar.cmx d/a").unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.stdout, b"first");
}
