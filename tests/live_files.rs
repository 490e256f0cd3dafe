//! Files that change while they are archived: the job continues, the entry describes the bytes that
//! could be read, and a warning names the file.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{FileExt, symlink};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};

use cmx::archive::Selection;
use cmx::archive::WalkOptions;
use cmx::archive::{CreateOptions, ExtractOptions, Plan};
use cmx::{Archive, DecodeOptions, EncodeOptions};

fn options() -> CreateOptions {
    let encode = EncodeOptions::new().level(cmx::internals::level::LEVELS[0]).threads(2);
    CreateOptions::new().encode(encode)
}

/// Plans an archive of the tree that `before` makes, lets `after` change it, writes the archive and
/// extracts it into `out`. Returns the folder and the warnings.
fn archive(
    before: impl Fn(&Path),
    after: impl Fn(&Path),
    options: &CreateOptions,
) -> (tempfile::TempDir, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let tree = folder.path().join("d");
    fs::create_dir(&tree).unwrap();
    before(&tree);
    let plan = Plan::of(std::slice::from_ref(&tree), WalkOptions::default()).unwrap();
    // The clocks of some file systems tick every few milliseconds.
    std::thread::sleep(std::time::Duration::from_millis(20));
    after(&tree);
    let path = folder.path().join("x.cmx");
    let summary = plan.write(fs::File::create(&path).unwrap(), options).unwrap();
    let archive = Archive::open(&path, &DecodeOptions::default()).unwrap();
    assert_eq!(archive.entries().map(|entry| entry.size).sum::<u64>(), summary.raw);
    let out = folder.path().join("out");
    archive.extract(&Selection::new(&[]).unwrap(), &out, &ExtractOptions::default()).unwrap();
    // An absolute path is stored without the root.
    fs::rename(out.join(tree.strip_prefix("/").unwrap()), folder.path().join("back")).unwrap();
    (folder, summary.warnings)
}

fn append(path: &Path, bytes: &[u8]) {
    fs::File::options().append(true).open(path).unwrap().write_all(bytes).unwrap();
}

#[test]
fn what_vanished_is_left_out_and_the_rest_stored() {
    for length in [5, 3_000_000] {
        let (folder, warnings) = archive(
            |tree| {
                ["a", "b", "c"]
                    .iter()
                    .for_each(|name| fs::write(tree.join(name), name.repeat(length)).unwrap())
            },
            |tree| fs::remove_file(tree.join("b")).unwrap(),
            &options(),
        );
        assert!(
            warnings.len() == 1 && warnings[0].contains("left out") && warnings[0].contains("d/b"),
            "{warnings:?}"
        );
        let back = folder.path().join("back");
        assert!(fs::read(back.join("a")).unwrap() == "a".repeat(length).as_bytes());
        assert!(fs::read(back.join("c")).unwrap() == "c".repeat(length).as_bytes());
        assert!(!back.join("b").exists());
    }
}

/// Names are written before the blocks. Here all their files vanish afterwards.
#[test]
fn an_archive_whose_files_all_vanished_opens() {
    let folder = tempfile::tempdir().unwrap();
    let files = ["a", "b"].map(|name| folder.path().join(name));
    files.iter().for_each(|file| fs::write(file, "content ".repeat(100_000)).unwrap());
    let plan = Plan::of(&files, WalkOptions::default()).unwrap();
    files.iter().for_each(|file| fs::remove_file(file).unwrap());
    static SMALL: cmx::Level = cmx::internals::level::LEVELS[0].with_block_size(100_000);
    let encode = EncodeOptions::new().level(SMALL);
    let path = folder.path().join("x.cmx");
    let summary =
        plan.write(fs::File::create(&path).unwrap(), &CreateOptions::new().encode(encode)).unwrap();
    assert_eq!(summary.warnings.len(), 2, "{:?}", summary.warnings);
    let archive = Archive::open(&path, &DecodeOptions::default()).unwrap();
    assert_eq!(archive.entries().count(), 0);
}

#[test]
fn what_grew_or_shrank_since_the_plan_is_stored_as_it_is() {
    for length in [50, 3_000_000] {
        let (folder, warnings) = archive(
            |tree| {
                ["grows", "shrinks"]
                    .iter()
                    .for_each(|name| fs::write(tree.join(name), name.repeat(length)).unwrap())
            },
            |tree| {
                append(&tree.join("grows"), b"more");
                fs::File::options()
                    .write(true)
                    .open(tree.join("shrinks"))
                    .unwrap()
                    .set_len(33)
                    .unwrap();
            },
            &options(),
        );
        assert_eq!(warnings, [""; 0]);
        for name in ["grows", "shrinks"] {
            let [now, back] = ["d", "back"].map(|tree| folder.path().join(tree).join(name));
            assert!(fs::read(&now).unwrap() == fs::read(&back).unwrap(), "{name}");
            assert_eq!(
                fs::metadata(now).unwrap().modified().unwrap(),
                fs::metadata(back).unwrap().modified().unwrap()
            );
        }
    }
}

#[test]
fn a_file_with_holes_that_was_cut_is_stored_as_it_is() {
    let (folder, warnings) = archive(
        |tree| {
            let file = fs::File::create(tree.join("sparse")).unwrap();
            [0u64, 1 << 20, 2 << 20]
                .iter()
                .for_each(|&place| file.write_all_at(&[7; 9000], place).unwrap());
        },
        |tree| {
            fs::File::options()
                .write(true)
                .open(tree.join("sparse"))
                .unwrap()
                .set_len((1 << 20) + 77)
                .unwrap()
        },
        &options(),
    );
    assert_eq!(warnings, [""; 0]);
    let [now, back] =
        ["d", "back"].map(|tree| fs::read(folder.path().join(tree).join("sparse")).unwrap());
    assert!(now == back);
}

/// A pipe or device in place of a file is not waited for. A link in place of a file is not
/// followed.
#[test]
fn what_became_a_pipe_or_a_link_is_left_out() {
    let (folder, warnings) = archive(
        |tree| {
            ["pipe", "link", "still"]
                .iter()
                .for_each(|name| fs::write(tree.join(name), name).unwrap())
        },
        |tree| {
            fs::remove_file(tree.join("pipe")).unwrap();
            assert!(Command::new("mkfifo").arg(tree.join("pipe")).status().unwrap().success());
            fs::remove_file(tree.join("link")).unwrap();
            symlink("/etc/passwd", tree.join("link")).unwrap();
        },
        &options(),
    );
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    let back: Vec<_> = fs::read_dir(folder.path().join("back"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(back, ["still"]);
}

/// Files that were equal when the plan was made: each is stored with the content that it has in the
/// end.
#[test]
fn copies_are_stored_by_themselves_where_one_changed() {
    let names = ["a", "b", "c", "d"];
    let acts: [fn(&Path); 4] = [
        |tree| fs::remove_file(tree.join("a")).unwrap(),
        |tree| fs::write(tree.join("a"), "another").unwrap(),
        |tree| append(&tree.join("b"), b"!"),
        |tree| {
            fs::remove_file(tree.join("a")).unwrap();
            fs::remove_file(tree.join("c")).unwrap();
        },
    ];
    for act in acts {
        let (folder, _) = archive(
            |tree| names.iter().for_each(|name| fs::write(tree.join(name), "content").unwrap()),
            act,
            &options(),
        );
        for name in names {
            let [now, back] =
                ["d", "back"].map(|tree| fs::read(folder.path().join(tree).join(name)).ok());
            assert_eq!(now, back, "{name}");
        }
    }
}

#[test]
fn hard_links_go_on_without_the_name_that_vanished() {
    use std::os::unix::fs::MetadataExt;
    let (folder, warnings) = archive(
        |tree| {
            fs::write(tree.join("a"), b"content").unwrap();
            ["b", "c", "e"]
                .iter()
                .for_each(|name| fs::hard_link(tree.join("a"), tree.join(name)).unwrap());
            fs::write(tree.join("copy"), b"content").unwrap();
        },
        |tree| ["a", "b"].iter().for_each(|name| fs::remove_file(tree.join(name)).unwrap()),
        &options(),
    );
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    let back = folder.path().join("back");
    for name in ["c", "e", "copy"] {
        assert_eq!(fs::read(back.join(name)).unwrap(), b"content");
    }
    assert_eq!(
        fs::metadata(back.join("c")).unwrap().ino(),
        fs::metadata(back.join("e")).unwrap().ino()
    );
    assert!(!back.join("a").exists() && !back.join("b").exists());
}

/// All files but one vanish, among them the files of the reference block.
#[test]
fn a_base_that_vanished_is_done_without() {
    let line = |number: usize| {
        format!(
            "fn number_{number}() {{ let value = compute({}, {number}); }}\n",
            number * 7919 % 1000
        )
    };
    let text = |file: usize| (0..400).map(|number| line(file * 37 + number)).collect::<String>();
    let encode = EncodeOptions::new().level(cmx::internals::level::LEVELS[4]);
    let options = CreateOptions::new().encode(encode).reference(40_000);
    for rest in [0, 30] {
        let (folder, warnings) = archive(
            |tree| {
                (0..31).for_each(|file| {
                    fs::write(tree.join(format!("{file:02}.rs")), text(file)).unwrap()
                })
            },
            |tree| {
                (0..31)
                    .filter(|&file| file != rest)
                    .for_each(|file| fs::remove_file(tree.join(format!("{file:02}.rs"))).unwrap())
            },
            &options,
        );
        assert_eq!(warnings.len(), 30);
        assert!(
            fs::read_to_string(folder.path().join(format!("back/{rest:02}.rs"))).unwrap()
                == text(rest)
        );
    }
}

fn cmx(folder: &Path, words: &str) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cmx"));
    let output =
        command.current_dir(folder).args(words.split(' ')).env_remove("CMX_OPT").output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// A log of several blocks that other processes keep writing, alone and in an archive.
#[test]
fn a_file_that_grows_all_the_time_is_archived_with_a_warning() {
    for threads in [1, 2] {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path();
        fs::create_dir(base.join("d")).unwrap();
        fs::write(base.join("d/other"), b"other").unwrap();
        // So long that the other thread gets its turn meanwhile, however busy the machine is.
        fs::write(base.join("d/log"), "a line of the log\n".repeat(500_000)).unwrap();
        let rests = AtomicBool::new(false);
        let outcomes = std::thread::scope(|scope| {
            scope.spawn(|| {
                while !rests.load(Ordering::Relaxed) {
                    append(&base.join("d/log"), b"one more line\n");
                }
            });
            let calls = [
                format!("-1 -T {threads} d -o x.cmx"),
                format!("-1 -T {threads} --rm d/log -o log.cmx"),
            ];
            let outcomes = calls.map(|words| cmx(base, &words));
            rests.store(true, Ordering::Relaxed);
            outcomes
        });
        for (code, text) in outcomes {
            assert!(
                code == Some(2) && text.contains("d/log") && text.contains("grew"),
                "{code:?} {text}"
            );
        }
        let tested = cmx(base, "-t x.cmx");
        assert_eq!(tested.0, Some(0), "{}", tested.1);
        assert_eq!(cmx(base, "-d x.cmx -C out").0, Some(0));
        assert_eq!(cmx(base, "-d log.cmx -o out/log").0, Some(0));
        let whole = fs::read(base.join("d/log")).unwrap();
        for stored in ["out/d/log", "out/log"] {
            let stored = fs::read(base.join(stored)).unwrap();
            assert!(stored.len() >= 1_800_000 && whole.starts_with(&stored));
        }
        assert_eq!(fs::read(base.join("out/d/other")).unwrap(), b"other");
    }
}

/// The system reports a length of 4,096 bytes for every file in /sys.
#[test]
fn a_file_whose_length_is_not_true_is_stored_as_it_is_read() {
    let Ok(content) = fs::read("/sys/devices/system/cpu/online") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (code, text) = cmx(folder.path(), "-1 --archive /sys/devices/system/cpu/online -o x.cmx");
    assert!(code == Some(2) && text.contains("online"), "{code:?} {text}");
    assert_eq!(cmx(folder.path(), "-d x.cmx -C out").0, Some(0));
    assert_eq!(fs::read(folder.path().join("out/sys/devices/system/cpu/online")).unwrap(), content);
}
