//! Two processes that use one archive: neither destroys the work of the other.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};

fn cmx(folder: &Path, words: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cmx"));
    command
        .current_dir(folder)
        .args(words.split(' '))
        .env_remove("CMX_OPT")
        .stderr(Stdio::piped())
        .stdout(Stdio::piped());
    command
}

/// Runs a call; returns its exit code and its messages.
fn run(folder: &Path, words: &str) -> (Option<i32>, String) {
    let output = cmx(folder, words).output().unwrap();
    (
        output.status.code(),
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned(),
    )
}

/// A folder with three files, the first of which is in the archive `x.cmx`.
fn folder_with_archive() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["one", "two", "three"] {
        fs::write(folder.path().join(name), name.repeat(1000)).unwrap();
    }
    assert_eq!(run(folder.path(), "-1 one -o x.cmx --archive").0, Some(0));
    folder
}

/// Starts to append a file that takes a while, and waits until the archive is locked. The append
/// writes many blocks: the first of them long before the end.
fn slow_append(folder: &Path) -> Child {
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        b"abcdefghijklmnop"[(state >> 28) as usize]
    };
    let noise: Vec<u8> = std::iter::repeat_with(&mut next).take(3 << 20).collect();
    fs::write(folder.join("slow"), noise).unwrap();
    let child = cmx(folder, "-a -3 -T1 --block 256K x.cmx slow").spawn().unwrap();
    let archive = File::open(folder.join("x.cmx")).unwrap();
    while archive.try_lock_shared().is_ok() {
        archive.unlock().unwrap();
        std::thread::yield_now();
    }
    child
}

#[test]
fn an_archive_that_is_written_to_is_read_but_not_changed() {
    let folder = folder_with_archive();
    let path = folder.path();
    let mut child = slow_append(path);
    for call in ["-a -1 x.cmx two", "repair x.cmx", "repair x.cmx -f -o y.cmx"] {
        let (code, said) = run(path, call);
        assert!(
            code == Some(1) && said.contains("another process is writing to this archive"),
            "{call}: {code:?} {said}"
        );
    }
    // Reading works meanwhile, and sees the archive as it was before.
    for call in ["-t x.cmx", "-dc x.cmx one"] {
        let (code, said) = run(path, call);
        assert!(code == Some(0), "{call}: {code:?} {said}");
    }
    // `--rm` must not delete an archive on which another process has a lock.
    let (code, said) = run(path, "-d --rm -f x.cmx -C out");
    assert!(code == Some(2) && path.join("x.cmx").exists(), "{code:?} {said}");
    assert!(child.try_wait().unwrap().is_none(), "the append was done too early for this test");
    assert!(child.wait().unwrap().success());
    assert_eq!(run(path, "-a -1 x.cmx two").0, Some(0));
    let (code, said) = run(path, "-l x.cmx");
    assert!(
        code == Some(0) && ["one", "two", "slow"].iter().all(|name| said.contains(name)),
        "{code:?} {said}"
    );
    assert_eq!(run(path, "-t x.cmx").0, Some(0));
    assert!(!path.join("x.repaired.cmx").exists() && !path.join("y.cmx").exists());
}

/// Many appends at once: the file of each is in the archive, or its process reports that it is not.
#[test]
fn appends_at_the_same_time_are_all_kept_or_refused() {
    let folder = folder_with_archive();
    let path = folder.path();
    let children: Vec<(usize, Child)> = (0..6)
        .map(|number| {
            fs::write(path.join(format!("n{number}")), vec![b'x'; 1000 + number]).unwrap();
            (number, cmx(path, &format!("-a -1 x.cmx n{number}")).spawn().unwrap())
        })
        .collect();
    let mut kept = 0;
    let ends: Vec<(usize, bool)> = children
        .into_iter()
        .map(|(number, mut child)| (number, child.wait().unwrap().success()))
        .collect();
    let (code, said) = run(path, "-l x.cmx");
    assert_eq!(code, Some(0), "{said}");
    for (number, succeeded) in ends {
        assert_eq!(said.contains(&format!("n{number}")), succeeded, "{said}");
        kept += usize::from(succeeded);
    }
    assert!(kept > 0);
    assert_eq!(run(path, "-t x.cmx").0, Some(0));
}

/// Two processes create the same archive: the result is the whole archive of one of them.
#[test]
fn the_same_output_twice_is_one_of_both() {
    let folder = folder_with_archive();
    let path = folder.path();
    let mut children: Vec<Child> = ["two", "three"]
        .iter()
        .map(|name| cmx(path, &format!("-1 -f {name} -o z.cmx")).spawn().unwrap())
        .collect();
    assert!(children.iter_mut().all(|child| child.wait().unwrap().success()));
    let (code, said) = run(path, "-dc z.cmx");
    assert!(code == Some(0) && (said == "two".repeat(1000) || said == "three".repeat(1000)));
}

/// The final name of an output is checked again at the commit.
#[test]
fn what_is_made_meanwhile_is_not_overwritten() {
    let folder = folder_with_archive();
    let path = folder.path();
    slow_append(path).wait().unwrap();
    for call in ["-1 -T1 --rm slow -o n", "-d -f x.cmx slow -o n", "-d -T1 x.cmx slow -C n.d"] {
        let is_extraction = call.contains(" -C ");
        let target = if is_extraction { path.join("n.d/slow") } else { path.join("n") };
        // Without the flag the file is kept.
        let call = call.replace(" -f", "");
        let child = cmx(path, &call).spawn().unwrap();
        if is_extraction {
            while !path.join("n.d").exists() {
                std::thread::yield_now();
            }
        }
        std::thread::sleep(std::time::Duration::from_millis(30));
        fs::write(&target, b"of someone else").unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(1), "{call}: {:?} {said}", output.status);
        assert_eq!(fs::read(&target).unwrap(), b"of someone else", "{call}");
        assert!(path.join("slow").exists(), "{call}");
        fs::remove_file(target).unwrap();
    }
}

/// An archive is replaced during an append: the append reports that its files are not stored.
#[test]
fn an_append_to_a_replaced_archive_fails() {
    let folder = folder_with_archive();
    let path = folder.path();
    let child = slow_append(path);
    fs::write(path.join("new"), b"of someone else").unwrap();
    fs::rename(path.join("new"), path.join("x.cmx")).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains("replaced"), "{said}");
    assert_eq!(fs::read(path.join("x.cmx")).unwrap(), b"of someone else");
}

/// A signal during an append leaves the archive as it was.
#[test]
fn an_append_that_is_ended_by_a_signal_leaves_nothing() {
    let folder = folder_with_archive();
    let path = folder.path();
    let before = fs::read(path.join("x.cmx")).unwrap();
    let mut child = slow_append(path);
    while fs::metadata(path.join("x.cmx")).unwrap().len() == before.len() as u64 {
        assert!(child.try_wait().unwrap().is_none(), "the append was done too early for this test");
    }
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(143));
    assert_eq!(fs::read(path.join("x.cmx")).unwrap(), before);
}
