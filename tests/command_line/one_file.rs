//! One file out of an archive, to the file that -o names.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use crate::support::*;

fn tree() -> tempfile::TempDir {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir_all(path("d/sub")).unwrap();
    fs::write(path("d/sub/a"), TEXT).unwrap();
    fs::hard_link(path("d/sub/a"), path("d/sub/b")).unwrap();
    symlink("a", path("d/sub/link")).unwrap();
    fs::File::options().write(true).open(path("d/sub/a")).unwrap().set_modified(time()).unwrap();
    fs::set_permissions(path("d/sub/a"), fs::Permissions::from_mode(0o604)).unwrap();
    ok(&folder, "-1 -q d IN -o x.cmx");
    folder
}

fn time() -> std::time::SystemTime {
    std::time::UNIX_EPOCH + std::time::Duration::new(1_234_567_890, 123_456_789)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn it_gets_content_mode_and_time() {
    let folder = tree();
    let out = folder.path().join("OUT");
    for member in ["d/sub/a", "**/a", "d/sub/b"] {
        ok(&folder, &format!("-d x.cmx {member} -o OUT"));
        let found = fs::metadata(&out).unwrap();
        assert_eq!(
            (fs::read(&out).unwrap(), mode(&out), found.modified().unwrap()),
            (TEXT.to_vec(), 0o604, time()),
            "{member}"
        );
        fs::remove_file(&out).unwrap();
    }
    // The mode of the archive file applies to the extracted file too, as for a single compressed
    // file.
    fs::set_permissions(folder.path().join("x.cmx"), fs::Permissions::from_mode(0o600)).unwrap();
    ok(&folder, "-d x.cmx d/sub/a -o OUT");
    assert_eq!(mode(&out), 0o600);
    let archive = fs::read(folder.path().join("x.cmx")).unwrap();
    assert!(cmx(folder.path(), "-d - IN -o piped", &archive).status.success());
    assert_eq!(fs::read(folder.path().join("piped")).unwrap(), TEXT);
    assert_eq!(ok(&folder, "-d x.cmx d/sub/a -o -"), TEXT);
    assert_eq!(names(&folder), ["IN", "OUT", "d", "piped", "x.cmx"]);
}

#[test]
fn it_must_be_one_file_and_its_path_free() {
    let folder = tree();
    let path = |name: &str| folder.path().join(name);
    for (line, part) in [
        ("-d x.cmx -o OUT", "6 entries are selected, and -o takes one file"),
        ("-d x.cmx d/sub/a IN -o OUT", "2 entries are selected"),
        ("-d x.cmx d/sub/link -o OUT", "a symbolic link is selected"),
        ("-d x.cmx missing -o OUT", "nothing in the archive matches"),
        ("-d x.cmx IN -o d", "is a folder"),
        ("-d x.cmx IN -o x.cmx", "input and output at once"),
        ("-d x.cmx IN -o OUT -C d", "one of them"),
        ("-d --owner x.cmx IN -o OUT", "--owner"),
        ("-d x.cmx IN -o missing/OUT", "missing/OUT: No such file"),
        ("-d x.cmx IN -o /dev/full", "/dev/full: No space left"),
    ] {
        fails(&folder, line, b"", 1, part);
    }
    assert_eq!(names(&folder), ["IN", "d", "x.cmx"]);
    fs::write(path("there"), b"kept").unwrap();
    symlink("there", path("link")).unwrap();
    fails(&folder, "-d x.cmx IN -o there", b"", 1, "there exists; -f overwrites it");
    fails(&folder, "-d x.cmx IN -o link", b"", 1, "link is a symbolic link; -f replaces the link");
    ok(&folder, "-d --skip-existing x.cmx IN -o there");
    ok(&folder, "-d -f x.cmx IN -o link");
    assert!(
        fs::read(path("there")).unwrap() == b"kept"
            && !path("link").is_symlink()
            && fs::read(path("link")).unwrap() == TEXT
    );
    ok(&folder, "-d -f x.cmx IN -o there");
    assert_eq!(fs::read(path("there")).unwrap(), TEXT);
}

#[test]
fn damage_leaves_nothing_and_the_archive_goes_only_when_all_is_kept() {
    let folder = tree();
    let mut damaged = fs::read(folder.path().join("x.cmx")).unwrap();
    damaged[60] ^= 1;
    fs::write(folder.path().join("y.cmx"), damaged).unwrap();
    fails(&folder, "-d y.cmx IN -o OUT", b"", 2, "damaged");
    fs::remove_file(folder.path().join("y.cmx")).unwrap();
    ok(&folder, "-d --rm x.cmx IN -o OUT");
    ok(&folder, "-1 -q --archive IN -o one.cmx");
    ok(&folder, "-d --rm one.cmx -o /dev/null");
    assert_eq!(names(&folder), ["IN", "OUT", "d", "one.cmx", "x.cmx"]);
    ok(&folder, "-d --rm one.cmx -o OUT2");
    assert_eq!(names(&folder), ["IN", "OUT", "OUT2", "d", "x.cmx"]);
}
