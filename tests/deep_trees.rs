//! Trees that are deep, wide or have long names: every file is stored, and the time is in
//! proportion to the tree.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// Runs `script` in `folder`, where `cmx` is the program under test.
fn succeed(folder: &Path, script: &str) {
    let cmx = Path::new(env!("CARGO_BIN_EXE_cmx")).parent().unwrap();
    let path = format!("{}:{}", cmx.display(), std::env::var("PATH").unwrap());
    let output = Command::new("sh")
        .args(["-ec", script])
        .env("PATH", path)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{script}: {} {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Creates a chain of `depth` folders named `name` below `folder`, with a file in every hundredth
/// and in the last one. The chain is built from its end, so that no path is long meanwhile.
fn chain(folder: &Path, name: &str, depth: usize) {
    let next = folder.join("next");
    for level in (0..depth).rev() {
        let made = folder.join("made");
        fs::create_dir(&made).unwrap();
        if next.exists() {
            fs::rename(&next, made.join(name)).unwrap();
        }
        if level % 100 == 0 || level == depth - 1 {
            fs::write(made.join("f"), format!("{level}\n")).unwrap();
        }
        fs::rename(&made, &next).unwrap();
    }
    fs::rename(next, folder.join("top")).unwrap();
}

/// A chain of 4,000 folders. An early version left out everything below 4,096 bytes of path, and
/// took 20 s to extract 2,048 levels.
#[test]
fn four_thousand_levels_come_back() {
    let folder = tempfile::tempdir().unwrap();
    chain(folder.path(), "dd", 4000);
    let begun = Instant::now();
    succeed(
        folder.path(),
        "cmx -q -1 top -o x.cmx; cmx -l x.cmx >list; test $(wc -l <list) = 4043; cmx -q -d x.cmx -C out",
    );
    assert!(begun.elapsed().as_secs() < 60, "{:?}", begun.elapsed());
    // tar can read such trees.
    succeed(
        folder.path(),
        "tar -cf one.tar --sort=name top; cd out; tar -cf ../two.tar --sort=name top; cd ..; cmp one.tar two.tar",
    );
    succeed(folder.path(), "rm -r top out");
}

#[test]
fn long_names_and_long_paths_come_back() {
    let folder = tempfile::tempdir().unwrap();
    chain(folder.path(), &"n".repeat(255), 100);
    succeed(
        folder.path(),
        "cmx -q -1 top -o x.cmx; cmx -q -d x.cmx -C out; mkdir e; cmx -q -a x.cmx top; cmx -q -t x.cmx",
    );
    succeed(
        folder.path(),
        "tar -cf one.tar --sort=name top; cd out; tar -cf ../two.tar --sort=name top; cd ..; cmp one.tar two.tar; rm -r top out",
    );
}

#[test]
fn a_wide_folder_takes_time_in_proportion() {
    let folder = tempfile::tempdir().unwrap();
    let top = folder.path().join("top");
    fs::create_dir(&top).unwrap();
    (0..20_000).for_each(|number| {
        fs::write(top.join(format!("{number}{}", "w".repeat(200))), []).unwrap()
    });
    let begun = Instant::now();
    succeed(
        folder.path(),
        "cmx -q -1 top -o x.cmx; cmx -l x.cmx >list; cmx -q -d x.cmx -C out; test $(ls out/top | wc -l) = 20000",
    );
    assert!(begun.elapsed().as_secs() < 120, "{:?}", begun.elapsed());
}
