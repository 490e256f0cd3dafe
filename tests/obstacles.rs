//! Extraction continues if a file is in the way, the system refuses a file, or a file is damaged.
//! It reports each file that was left out.

mod noise;

use std::fs;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use cmx::{Archive, DecodeOptions};
use noise::WORDS;

fn command(folder: &Path, script: &str) -> Command {
    let mut command = Command::new("sh");
    command
        .current_dir(folder)
        .args(["-ec", script])
        .env("CMX", env!("CARGO_BIN_EXE_cmx"))
        .env_remove("CMX_OPT")
        .env("LC_ALL", "C");
    command
}

/// Runs shell commands in `folder`; `$CMX` is the program.
fn shell(folder: &Path, script: &str) -> Output {
    command(folder, script).output().unwrap()
}

fn succeed(folder: &Path, script: &str) -> String {
    let output = shell(folder, script);
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Exit code and messages of a call that must fail.
fn fails(folder: &Path, script: &str) -> (i32, String) {
    let output = shell(folder, script);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().unwrap_or_else(|| panic!("{script}: {said}")), said)
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

fn read(path: impl AsRef<Path>) -> String {
    fs::read_to_string(path.as_ref())
        .unwrap_or_else(|error| panic!("{}: {error}", path.as_ref().display()))
}

/// A folder, a file or a link at the path of an entry of another kind stays, with all flags, and
/// the other entries are extracted.
#[test]
fn another_kind_in_the_way_keeps_out_only_what_belongs_there() {
    let base = tempfile::tempdir().unwrap();
    let path = base.path();
    succeed(
        path,
        "mkdir -p s/sub/deep s/t s/u; for f in a b c sub/x sub/y sub/deep/z t/x u/x; do echo $f >s/$f; done; ln -s a s/l",
    );
    succeed(path, "$CMX -1 s -o s.cmx");
    for (number, flag) in ["", "-f", "--skip-existing"].into_iter().enumerate() {
        let out = format!("o{number}");
        succeed(
            path,
            &format!(
                "mkdir -p {out}/s/b {out}/s/l v; ln -s ../../v {out}/s/sub; echo mine >{out}/s/t; mkfifo {out}/s/u"
            ),
        );
        let (code, said) = fails(path, &format!("$CMX -d s.cmx {flag} -C {out}"));
        assert_eq!(code, 1, "{said}");
        for line in [
            "s.cmx: s/b: a folder is there, where a file belongs\n",
            "s.cmx: s/l: a folder is there, where a link belongs\n",
            "s.cmx: s/sub: a symbolic link is there, where a folder belongs; 4 entries below it are left out too\n",
            "s.cmx: s/t: a file is there, where a folder belongs; the entry below it is left out too\n",
            "s.cmx: s/u: a pipe is there, where a folder belongs; the entry below it is left out too\n",
            "s.cmx: 3 extracted, 11 left out\n",
        ] {
            assert!(said.contains(line), "{flag}: {line}in {said}");
        }
        assert!(said.lines().count() == 6 && !said.contains("unsafe"), "{said}");
        let out = path.join(out);
        assert_eq!(
            (read(out.join("s/a")), read(out.join("s/c")), read(out.join("s/t"))),
            ("a\n".into(), "c\n".into(), "mine\n".into())
        );
        assert!(
            out.join("s/b").is_dir()
                && out.join("s/sub").is_symlink()
                && fs::read_dir(path.join("v")).unwrap().count() == 0
        );
        // The folder on the way is not a selected entry.
        let (code, said) =
            fails(path, &format!("$CMX -d s.cmx {flag} 's/sub/[xy]' s/t/x -C o{number}"));
        assert!(
            code == 1
                && said.contains(
                    "s/sub: a symbolic link is there, where a folder belongs; 2 entries below"
                ),
            "{said}"
        );
        assert!(said.contains("s.cmx: 0 extracted, 3 left out\n"), "{said}");
    }
}

#[test]
fn links_and_copies_of_what_stays_out_are_files() {
    let base = tempfile::tempdir().unwrap();
    let path = base.path();
    succeed(
        path,
        "mkdir s; echo one >s/a; cp s/a s/copy; ln s/a s/hard; $CMX -1 s -o s.cmx; mkdir -p o/s/a",
    );
    let (code, said) = fails(path, "$CMX -d s.cmx -C o");
    assert!(
        code == 1
            && said.contains("s/a: a folder is there")
            && said.contains("3 extracted, 1 left out"),
        "{said}"
    );
    assert_eq!(
        (read(path.join("o/s/copy")), read(path.join("o/s/hard"))),
        ("one\n".into(), "one\n".into())
    );
}

/// Runs `cmx` as a user who owns nothing here.
const NOBODY: &str = "setpriv --reuid=65534 --regid=65534 --clear-groups ./cmx";

#[test]
fn what_the_system_refuses_is_named_and_the_rest_comes_out() {
    if !is_root() {
        eprintln!("skipped: only root can become another user");
        return;
    }
    let base = tempfile::tempdir().unwrap();
    let path = base.path();
    succeed(
        path,
        "chmod 755 .; cp $CMX cmx; mkdir -p r/a r/b r/c r/d; for f in a/1 a/2 b/1 b/2 c/1 c/2 d/1 d/2; do echo $f >r/$f; done",
    );
    // Hard links to a refused file, and its copies, are extracted with content of their own.
    succeed(path, "ln r/b/1 r/c/hard; cp r/b/2 r/c/copy; ln r/b/2 r/d/hard; ln -s 1 r/b/link");
    succeed(path, "find r -exec touch -h -d '2001-02-03 04:05:06' {} +; $CMX -1 r -o r.cmx");
    succeed(path, "mkdir -p e/r/b e/r/d; chmod 777 e e/r; chmod 755 e/r/b; chmod 700 e/r/d");
    let (code, said) = fails(path, &format!("{NOBODY} -d r.cmx -C e"));
    assert_eq!(code, 1, "{said}");
    for line in [
        "r/b/1: Permission denied\n",
        "r/b/2: Permission denied\n",
        "r/b/link: Permission denied\n",
        "r/d: Permission denied; 3 entries below it are left out too\n",
        "left out\n",
    ] {
        assert!(said.contains(line), "{line}in {said}");
    }
    for (name, content) in [
        ("a/1", "a/1\n"),
        ("a/2", "a/2\n"),
        ("c/1", "c/1\n"),
        ("c/2", "c/2\n"),
        ("c/hard", "b/1\n"),
        ("c/copy", "b/2\n"),
    ] {
        assert_eq!(read(path.join("e/r").join(name)), content);
    }
    for name in ["a", "c"] {
        let found = fs::metadata(path.join("e/r").join(name)).unwrap();
        assert_eq!(
            (found.mode() & 0o777, found.mtime()),
            (fs::metadata(path.join("r").join(name)).unwrap().mode() & 0o777, 981_173_106)
        );
    }
    // Copies of a file whose mode forbids its owner to read it.
    succeed(
        path,
        "mkdir -m 777 m g; for f in 1 2 3; do echo same >m/$f; chmod 200 m/$f; done; $CMX -1 m -o m.cmx; chmod 644 m.cmx",
    );
    succeed(path, &format!("{NOBODY} -d m.cmx -C g"));
    assert_eq!(read(path.join("g/m/3")), "same\n");
    // Entries below a folder that cannot be created: one line for all.
    succeed(path, "mkdir -m 755 f");
    let (code, said) = fails(path, &format!("{NOBODY} -d r.cmx -C f"));
    assert!(
        code == 1 && said.contains("r: Permission denied; 16 entries below it are left out too\n"),
        "{said}"
    );
}

/// An error that would meet every file ends the job. The folders still get their modes and times.
#[test]
fn a_limit_of_the_file_system_ends_the_writing() {
    let base = tempfile::tempdir().unwrap();
    let path = base.path();
    succeed(
        path,
        "mkdir -p s/d; head -c 300000 /dev/zero | tr '\\0' x >s/a; echo b >s/d/b; chmod 755 s s/d; touch -d 2001-02-03T04:05:06Z s/d s",
    );
    succeed(path, "$CMX -1 s -o s.cmx");
    let (code, said) = fails(path, "ulimit -f 200; $CMX -d s.cmx -C o");
    assert!(
        code == 1 && said.contains("s/a: File too large") && said.lines().count() == 1,
        "{said}"
    );
    assert!(!path.join("o/s/a").exists());
    for name in ["o/s", "o/s/d"] {
        let found = fs::metadata(path.join(name)).unwrap();
        assert_eq!((found.mode() & 0o777, found.mtime()), (0o755, 981_173_106), "{name}");
    }
}

/// Flips a bit at the end of the record of block `block` of the first member.
fn damage(archive: &Path, block: usize) {
    let opened = Archive::open(archive, &DecodeOptions::default()).unwrap();
    let member = &opened.members()[0];
    let at = member.block_at[block] + member.index.blocks[block].record_len - 1;
    let file = fs::File::options().read(true).write(true).open(archive).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[byte[0] ^ 1], at).unwrap();
}

/// Relative paths of all files under `folder`, sorted.
fn files(folder: &Path) -> Vec<String> {
    let listed =
        if folder.exists() { succeed(folder, "find . -type f | sort") } else { String::new() };
    listed.lines().map(|line| line.trim_start_matches("./").to_string()).collect()
}

#[test]
fn files_of_other_blocks_come_out_of_a_damaged_archive() {
    let base = tempfile::tempdir().unwrap();
    let path = base.path();
    succeed(
        path,
        "mkdir s; for f in $(seq 10 69); do seq $f $((f + 300)) >s/$f; done; ln s/30 s/hard; cp s/31 s/zcopy",
    );
    succeed(path, "chmod 750 s; touch -d 2001-02-03T04:05:06Z s; $CMX -1 --solid 8000 s -o s.cmx");
    damage(&path.join("s.cmx"), 3);
    let mut all = Vec::new();
    for threads in [1, 2] {
        let (code, said) = fails(path, &format!("$CMX -d -T{threads} s.cmx -C o{threads}"));
        assert_eq!(code, 2, "{said}");
        let out = path.join(format!("o{threads}"));
        let (found, wanted) = (
            files(&out),
            files(path).into_iter().filter(|name| name.starts_with("s/")).collect::<Vec<_>>(),
        );
        let lost: Vec<String> =
            wanted.iter().filter(|name| !found.contains(name)).cloned().collect();
        assert!(lost.len() > 2 && lost.len() <= 10 && found.len() > 45, "{lost:?} {said}");
        for name in &lost {
            assert!(
                said.contains(&format!(
                    "s.cmx: {name}: not extracted, since its content is damaged\n"
                )),
                "{name}: {said}"
            );
        }
        assert!(said.contains("corrupt archive: block at byte"), "{said}");
        assert!(
            said.contains(&format!(
                "s.cmx: {} extracted, {} damaged\n",
                found.len() + 1,
                lost.len()
            )),
            "{said}"
        );
        assert!(
            said.lines().count() == lost.len() + 2,
            "no word of repair, which saves no more: {said}"
        );
        for name in &found {
            assert_eq!(
                fs::read(out.join(name)).unwrap(),
                fs::read(path.join(name)).unwrap(),
                "{name}"
            );
        }
        let folder = fs::metadata(out.join("s")).unwrap();
        assert_eq!((folder.mode() & 0o777, folder.mtime()), (0o750, 981_173_106));
        all.push((found, said));
    }
    assert_eq!(all[0], all[1]);
    // Output to a pipe ends at the first damage.
    let output = shell(path, "$CMX -dc s.cmx");
    assert!(output.status.code() == Some(2) && output.stdout.len() < 30_000);
    // Hard links and copies of a damaged file are lost with it.
    succeed(path, "$CMX -1 --solid 100000000 s -o one.cmx");
    damage(&path.join("one.cmx"), 0);
    let (code, said) = fails(path, "$CMX -d one.cmx -C one");
    assert!(
        code == 2
            && said.contains("one.cmx: 52 more are not extracted")
            && said.contains("one.cmx: 1 extracted, 62 damaged\n"),
        "{said}"
    );
    assert!(files(&path.join("one")).is_empty());
}

/// Of a file in several blocks, `repair` saves the blocks that are whole.
#[test]
fn repair_is_named_where_it_saves_pieces() {
    let base = tempfile::tempdir().unwrap();
    let path = base.path();
    succeed(
        path,
        "mkdir s; head -c 40000000 /dev/zero | tr '\\0' x >s/large; echo small >s/small; $CMX -1 s -o s.cmx",
    );
    let blocks = Archive::open(path.join("s.cmx"), &DecodeOptions::default()).unwrap().members()[0]
        .index
        .blocks
        .len();
    assert!(blocks > 2, "{blocks}");
    for block in [0, 1, blocks - 2] {
        fs::copy(path.join("s.cmx"), path.join("d.cmx")).unwrap();
        damage(&path.join("d.cmx"), block);
        let (code, said) = fails(path, &format!("$CMX -d d.cmx -C o{block}"));
        assert!(
            code == 2
                && said.contains("s/large: not extracted")
                && said.contains("`cmx repair` saves"),
            "{block}: {said}"
        );
        assert_eq!(files(&path.join(format!("o{block}"))), ["s/small"]);
    }
}

#[test]
fn what_does_not_go_on_from_a_damaged_base_comes_out() {
    let base = tempfile::tempdir().unwrap();
    let path = base.path();
    let mut state = 1u32;
    let mut word = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        WORDS[(state >> 16) as usize % WORDS.len()]
    };
    fs::create_dir(path.join("s")).unwrap();
    for number in 10..50 {
        fs::write(
            path.join(format!("s/{number}.txt")),
            (0..300).map(|_| word()).collect::<String>(),
        )
        .unwrap();
    }
    succeed(path, "head -c 9000 $CMX >s/program");
    succeed(path, "$CMX -5 --solid 8000 --base 12000 s -o s.cmx");
    damage(&path.join("s.cmx"), 0);
    // Such a small archive has no guard, which would repair the reference block.
    let opened = Archive::open(path.join("s.cmx"), &DecodeOptions::default()).unwrap();
    assert!(opened.members()[0].header.has_reference() && opened.members()[0].parity_at.is_none());
    for threads in [1, 2] {
        let (code, said) = fails(path, &format!("$CMX -d -T{threads} s.cmx -C o{threads}"));
        assert!(
            code == 2
                && said.contains("at byte")
                && said.contains("40 damaged\n")
                && said.contains("30 more are not"),
            "{said}"
        );
        assert_eq!(files(&path.join(format!("o{threads}"))), ["s/program"]);
    }
}

/// Another process creates a link at a path after the check of the path, and before the end.
#[test]
fn a_race_with_another_process_is_called_one() {
    let base = tempfile::tempdir().unwrap();
    let path = base.path();
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        b"abcdefghijklmnop"[(state >> 28) as usize]
    };
    fs::create_dir_all(path.join("s/z")).unwrap();
    fs::write(
        path.join("s/slow"),
        std::iter::repeat_with(&mut next).take(2 << 20).collect::<Vec<_>>(),
    )
    .unwrap();
    succeed(path, "ln -s slow s/link; ln s/slow s/z/hard; $CMX -3 s -o s.cmx");
    for (number, (flag, expected)) in
        [("", 1), ("--skip-existing", 0), ("-f", 0)].into_iter().enumerate()
    {
        let out = path.join(format!("o{number}"));
        let child = command(path, &format!("exec $CMX -d -T1 s.cmx {flag} -C o{number}"))
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // When the last folder exists, all paths were checked, and its link does not exist yet.
        while !out.join("s/z").exists() {
            std::thread::yield_now();
        }
        fs::write(out.join("s/link"), "mine").unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(expected), "{said}");
        assert_eq!(out.join("s/link").is_symlink(), flag == "-f");
        if expected == 1 {
            assert!(
                said.contains("s.cmx: s/link: another process has created it meanwhile\n")
                    && said.contains("1 left out\n"),
                "{said}"
            );
        }
        assert_eq!(fs::metadata(out.join("s/z/hard")).unwrap().len(), 2 << 20);
    }
}
