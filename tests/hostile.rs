//! Hostile archives: each one is refused, and nothing outside of the target folder changes.

use std::fs;
use std::path::Path;

use cmx::archive::Selection;
use cmx::archive::repair;
use cmx::archive::{Entry, EntryKind};
use cmx::archive::{ExtractOptions, show_name};
use cmx::internals::container::format::incompatible;
use cmx::internals::container::hash::{hash, narrow};
use cmx::internals::container::writer::{CodedBlock, MemberWriter};
use cmx::internals::level::LEVELS;
use cmx::{Archive, DecodeOptions, Error, LimitKind};

const CONTENT: &[u8] = b"harm\n";

fn entry(path: &[u8], kind: EntryKind, link: &[u8]) -> Entry {
    let (size, hash) = if kind == EntryKind::File {
        (CONTENT.len() as u64, narrow(hash(CONTENT), 5))
    } else {
        (0, 0)
    };
    Entry { path: path.to_vec(), kind, link: link.to_vec(), size, hash, ..Entry::default() }
}

fn file(path: &str) -> Entry {
    entry(path.as_bytes(), EntryKind::File, b"")
}

/// Writes an archive with these entries, even if they are invalid.
fn archive_of(path: &Path, entries: Vec<Entry>) {
    let mut writer =
        MemberWriter::begin(fs::File::create(path).unwrap(), incompatible::NAMED, 0).unwrap();
    let contents = entries
        .iter()
        .filter(|entry| entry.kind == EntryKind::File && entry.same_as.is_none())
        .count();
    if contents > 0 {
        writer
            .block(&CodedBlock::encode(&CONTENT.repeat(contents), &LEVELS[0], false).unwrap())
            .unwrap();
    }
    writer.finish(entries, &LEVELS[0], false).unwrap();
}

/// Sets of entries, each of which is an attack.
fn attacks(outside: &Path) -> Vec<Vec<Entry>> {
    let outside = outside.to_str().unwrap();
    let mut attacks: Vec<Vec<Entry>> = Vec::new();
    let absolute = format!("{outside}/x");
    let long = "a".repeat(256);
    let paths: [&str; 18] = [
        "",
        "/",
        "//x",
        &absolute,
        "/tmp/../x",
        "..",
        "../x",
        "../../x",
        "a/../../x",
        "a/..",
        "a/../x",
        "a//x",
        "a/",
        ".",
        "./x",
        "a/./x",
        "../outside/sentinel",
        &long,
    ];
    for path in paths {
        for kind in [EntryKind::File, EntryKind::Directory, EntryKind::Symlink, EntryKind::Hardlink]
        {
            attacks.push(vec![entry(path.as_bytes(), kind, b"x")]);
        }
    }
    // Through a link in the archive itself, in every order of the entries.
    for target in [outside, "..", "../outside", "."] {
        let link = entry(b"link", EntryKind::Symlink, target.as_bytes());
        attacks.push(vec![link.clone(), file("link/sentinel")]);
        attacks.push(vec![file("link/sentinel"), link.clone()]);
        attacks.push(vec![link.clone(), file("link")]);
        attacks.push(vec![link.clone(), entry(b"link", EntryKind::Directory, b"")]);
        attacks.push(vec![link.clone(), entry(b"hard", EntryKind::Hardlink, b"link/sentinel")]);
        attacks.push(vec![link, entry(b"hard", EntryKind::Hardlink, b"link")]);
    }
    // Through a link that exists in the target folder.
    attacks.push(vec![file("there/x")]);
    attacks.push(vec![entry(b"there", EntryKind::Directory, b"")]);
    attacks.push(vec![entry(b"there/d", EntryKind::Directory, b"")]);
    attacks.push(vec![entry(b"there/l", EntryKind::Symlink, b"x")]);
    attacks.push(vec![entry(b"h", EntryKind::Hardlink, b"there/sentinel")]);
    attacks.push(vec![entry(b"h", EntryKind::Hardlink, b"there")]);
    // Hard links to files outside of the archive, or to no file.
    for target in ["/etc/passwd", "../outside/sentinel", "missing", "h"] {
        attacks.push(vec![entry(b"h", EntryKind::Hardlink, target.as_bytes())]);
    }
    // One path twice, and a file where another entry needs a folder.
    attacks.push(vec![file("x"), file("x")]);
    attacks.push(vec![file("x"), file("x/y")]);
    attacks.push(vec![entry(b"x", EntryKind::Directory, b""), file("x")]);
    attacks
}

fn lines(folder: &Path) -> Vec<String> {
    let mut lines: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            format!(
                "{path:?} {:?} {:?}",
                fs::symlink_metadata(&path).unwrap().modified(),
                fs::read(&path).ok()
            )
        })
        .collect();
    lines.sort();
    lines
}

#[test]
fn nothing_gets_out() {
    let base = tempfile::tempdir().unwrap();
    let outside = base.path().join("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("sentinel"), b"untouched").unwrap();
    let before = (lines(&outside), lines(base.path()).len());
    let attacks = attacks(&outside);
    assert!(attacks.len() >= 60, "{}", attacks.len());
    for (number, entries) in attacks.into_iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("x.cmx");
        let shown: Vec<_> = entries
            .iter()
            .map(|entry| format!("{:?} {}", entry.kind, show_name(&entry.path)))
            .collect();
        archive_of(&archive, entries);
        let target = base.path().join(format!("target{number}"));
        fs::create_dir(&target).unwrap();
        std::os::unix::fs::symlink("../outside", target.join("there")).unwrap();
        for overwrite in [false, true] {
            let options = ExtractOptions::new().overwrite(overwrite);
            let result = Archive::open(&archive, &DecodeOptions::default()).and_then(|archive| {
                archive.extract(&Selection::new(&[]).unwrap(), &target, &options)
            });
            match result {
                Err(Error::Bug(text)) => panic!("{shown:?}: {text}"),
                Err(_) => {}
                Ok(_) => panic!("{shown:?} was extracted"),
            }
        }
        fs::remove_dir_all(&target).unwrap();
        assert_eq!((lines(&outside), lines(base.path()).len()), before, "{shown:?}");
    }
}

/// An archive that cannot be extracted is not whole, neither for `cmx -t` nor for `cmx repair`.
#[test]
fn what_does_not_extract_is_not_called_whole() {
    let base = tempfile::tempdir().unwrap();
    let archive = base.path().join("x.cmx");
    let mut refused = 0;
    for (number, entries) in attacks(Path::new("/outside")).into_iter().enumerate() {
        let shown: Vec<_> = entries
            .iter()
            .map(|entry| format!("{:?} {}", entry.kind, show_name(&entry.path)))
            .collect();
        // The archive cannot know what exists in the target folder.
        let is_about_target = entries
            .iter()
            .all(|entry| entry.path.starts_with(b"there") && entry.kind != EntryKind::Hardlink);
        archive_of(&archive, entries);
        let tested = Archive::open(&archive, &DecodeOptions::default())
            .and_then(|archive| archive.test(&Selection::new(&[]).unwrap()));
        assert_eq!(tested.is_err(), !is_about_target, "{shown:?}");
        let mut out = Vec::new();
        let repaired = repair(
            &fs::File::open(&archive).unwrap(),
            base.path(),
            &mut out,
            &DecodeOptions::default(),
        );
        let is_whole = repaired.as_ref().is_ok_and(|summary| summary.was_whole);
        assert_eq!(is_whole, is_about_target, "{shown:?}: {repaired:?}");
        refused += usize::from(!is_about_target);
        if number % 9 == 0 && !is_about_target {
            for call in ["-t", "repair"] {
                let _ = fs::remove_file(base.path().join("x.repaired.cmx"));
                let output = std::process::Command::new(env!("CARGO_BIN_EXE_cmx"))
                    .args([call, "x.cmx"])
                    .current_dir(base.path())
                    .output();
                let (code, text) = (
                    output.as_ref().unwrap().status.code(),
                    String::from_utf8(output.unwrap().stderr).unwrap(),
                );
                assert_eq!(code, Some(2), "{call} {shown:?}: {text}");
                assert!(call == "repair" || text.lines().count() == 1, "{call} {shown:?}: {text}");
            }
        }
    }
    assert!(refused >= 90, "{refused}");
}

#[test]
fn hostile_names_are_listed_harmlessly() {
    let base = tempfile::tempdir().unwrap();
    let archive = base.path().join("x.cmx");
    let entries: Vec<Entry> = (1..=200u32)
        .map(|number| {
            // Control characters, then characters that change the direction of writing or are
            // invisible.
            let odd = match number {
                ..100 => number,
                100..150 => 0x2000 + number - 100,
                _ => 0x2060 + number - 150,
            };
            let odd = char::from_u32(odd).unwrap();
            let mut path = format!("n{number}{odd}[31m").into_bytes();
            if number % 3 == 0 {
                path.push(0x80 + (number % 128) as u8);
            }
            entry(&path, EntryKind::Directory, b"")
        })
        .collect();
    archive_of(&archive, entries);
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_cmx"))
        .arg("-l")
        .arg(&archive)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).expect("only UTF-8 is printed");
    assert_eq!(text.lines().count(), 202);
    let turns = |c: char| matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    assert!(!text.chars().any(|c| c != '\n' && (c.is_control() || turns(c))));
    assert!(
        text.contains("\\u{202e}") && text.contains("\\u{2066}"),
        "they are escaped, not left out"
    );
}

#[test]
fn limits_stop_bombs() {
    let base = tempfile::tempdir().unwrap();
    let archive = base.path().join("x.cmx");
    let many: Vec<Entry> = (0..10_000u64)
        .map(|n| Entry { same_as: (n > 0).then_some(0), ..file(&format!("f{n}")) })
        .collect();
    archive_of(&archive, many);
    let fails = |options: DecodeOptions| {
        let result = Archive::open(&archive, &options).and_then(|archive| {
            archive.extract(
                &Selection::new(&[]).unwrap(),
                &base.path().join("out"),
                &ExtractOptions::default(),
            )
        });
        let Err(Error::Limit(limit)) = result else { panic!("no limit was passed") };
        limit.kind
    };
    assert_eq!(fails(DecodeOptions::new().max_output(40_000)), LimitKind::Output);
    assert_eq!(fails(DecodeOptions::new().max_index(1000)), LimitKind::Index);
    assert_eq!(fails(DecodeOptions::new().max_path(3)), LimitKind::Path);
    assert!(
        matches!(fails(DecodeOptions::new().memory(1 << 20)), LimitKind::Memory { needed } if needed > 1 << 20)
    );
    assert!(!base.path().join("out/f0").exists());
}

/// Early versions left out a file that they could not read, and stored its other names as links to
/// it.
#[test]
fn hard_links_to_what_was_left_out_are_no_whole_archive() {
    let base = tempfile::tempdir().unwrap();
    let path = |name: &str| base.path().join(name);
    let link = |name: &str, to: &str| entry(name.as_bytes(), EntryKind::Hardlink, to.as_bytes());
    archive_of(&path("x.cmx"), vec![file("a"), link("h", "a"), link("lost", "gone"), file("z")]);
    let open = |name: &str| Archive::open(path(name), &DecodeOptions::default()).unwrap();
    let all = || Selection::new(&[]).unwrap();
    let error = open("x.cmx").test(&all()).unwrap_err();
    assert!(
        error.is_damage() && error.to_string().contains("\"lost\" is a hard link to \"gone\""),
        "{error}"
    );
    assert!(open("x.cmx").test(&Selection::new(&[b"a".to_vec(), b"h".to_vec()]).unwrap()).is_ok());
    let repaired = |from: &str, to: &str| {
        let mut out = fs::File::create(path(to)).unwrap();
        repair(
            &fs::File::open(path(from)).unwrap(),
            base.path(),
            &mut out,
            &DecodeOptions::default(),
        )
        .unwrap()
    };
    let summary = repaired("x.cmx", "y.cmx");
    assert_eq!(
        (summary.was_whole, summary.whole, summary.lost),
        (false, 3, vec!["lost: a hard link to gone, whose content is not there".into()])
    );
    open("y.cmx").test(&all()).unwrap();
    let extracted =
        open("y.cmx").extract(&all(), &path("out"), &ExtractOptions::default()).unwrap();
    assert_eq!((extracted.entries, fs::read(path("out/h")).unwrap()), (3, CONTENT.to_vec()));
    assert!(repaired("y.cmx", "again.cmx").was_whole);
    // After a whole member, and before a member that replaces the link.
    archive_of(&path("other.cmx"), vec![file("lost")]);
    let (old, new) = (fs::read(path("x.cmx")).unwrap(), fs::read(path("other.cmx")).unwrap());
    fs::write(path("replaced.cmx"), [&old[..], &new].concat()).unwrap();
    open("replaced.cmx").test(&all()).unwrap();
    assert!(repaired("replaced.cmx", "again.cmx").was_whole);
    fs::write(path("behind.cmx"), [&new[..], &old].concat()).unwrap();
    let summary = repaired("behind.cmx", "y.cmx");
    assert_eq!((summary.was_whole, summary.lost.len()), (false, 1));
    open("y.cmx").test(&all()).unwrap();
    // Defects that repair cannot remove are reported.
    archive_of(&path("x.cmx"), vec![file("a"), file("../b")]);
    assert!(open("x.cmx").test(&all()).is_err());
    let summary = repaired("x.cmx", "y.cmx");
    assert!(
        !summary.was_whole && summary.lost.len() == 1 && summary.lost[0].contains("../b"),
        "{:?}",
        summary.lost
    );
}
