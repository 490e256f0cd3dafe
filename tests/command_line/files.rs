//! What becomes of files: their modes and times, links, sources to delete.

use std::fs;

use crate::support::*;

#[test]
fn mode_and_time_come_back() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let path = folder.path().join("IN");
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_234_567_890);
    let file = fs::File::options().write(true).open(&path).unwrap();
    file.set_permissions(fs::Permissions::from_mode(0o640)).unwrap();
    file.set_modified(time).unwrap();
    ok(&folder, "--rm IN");
    assert_eq!(names(&folder), ["IN.cmx"]);
    // What the archive denies to others, the file would deny too.
    fs::set_permissions(folder.path().join("IN.cmx"), fs::Permissions::from_mode(0o660)).unwrap();
    ok(&folder, "-d IN.cmx");
    let found = fs::metadata(&path).unwrap();
    assert_eq!((found.permissions().mode() & 0o7777, found.modified().unwrap()), (0o640, time));
}

#[test]
fn a_source_is_deleted_only_when_all_of_it_is_kept() {
    let folder = folder();
    ok(&folder, "--rm IN -o /dev/null");
    ok(&folder, "IN");
    ok(&folder, "-d --rm IN.cmx -o /dev/null");
    assert_eq!(names(&folder), ["IN", "IN.cmx"]);
    ok(&folder, "IN --archive -o x.cmx");
    let whole = fs::read(folder.path().join("x.cmx")).unwrap();
    // An append that was never finished is still in the archive.
    fs::write(folder.path().join("x.cmx"), [&whole[..], &whole[..30]].concat()).unwrap();
    assert_eq!(cmx(folder.path(), "-d -f --rm x.cmx", b"").status.code(), Some(2));
    assert_eq!(names(&folder), ["IN", "IN.cmx", "x.cmx"]);
    fs::write(folder.path().join("x.cmx"), &whole).unwrap();
    ok(&folder, "-d -f --rm x.cmx");
    assert_eq!(names(&folder), ["IN", "IN.cmx"]);
}

#[test]
fn files_of_unknown_length_are_not_stored_as_empty() {
    let folder = folder();
    let output = cmx(folder.path(), "/proc/self/status IN -o x.cmx", b"");
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&output.stderr)
            .contains("left out: /proc/self/status: it has content")
    );
    assert_eq!(ok(&folder, "-dc x.cmx"), TEXT);
}

/// As the help says: the time of a small file to the second, all of it in an archive of many files.
#[test]
fn how_much_of_a_time_is_kept() {
    let folder = folder();
    let time = std::time::UNIX_EPOCH + std::time::Duration::new(1_234_567_890, 123_456_789);
    let file = fs::File::options().write(true).open(folder.path().join("IN")).unwrap();
    file.set_modified(time).unwrap();
    ok(&folder, "IN -o one.cmx");
    ok(&folder, "--archive IN -o many.cmx");
    let read = |name: &str| fs::metadata(folder.path().join(name)).unwrap().modified().unwrap();
    ok(&folder, "-d -f one.cmx -o OUT");
    assert_eq!(read("OUT"), time - std::time::Duration::from_nanos(123_456_789));
    ok(&folder, "-d many.cmx -C out");
    assert_eq!(read("out/IN"), time);
}

#[test]
fn a_link_is_refused_or_replaced_and_a_folder_refused() {
    let folder = folder();
    for target in ["real", "nowhere"] {
        std::os::unix::fs::symlink(target, folder.path().join("link")).unwrap();
        fs::write(folder.path().join("real"), b"kept").unwrap();
        fails(&folder, "IN -o link", b"", 1, "is a symbolic link");
        ok(&folder, "IN -f -o link");
        assert!(
            !folder.path().join("link").is_symlink() && !folder.path().join("nowhere").exists()
        );
        assert_eq!(ok(&folder, "-dc link"), TEXT);
        assert_eq!(fs::read(folder.path().join("real")).unwrap(), b"kept");
        fs::remove_file(folder.path().join("link")).unwrap();
    }
    fails(&folder, "IN -f -o .", b"", 1, "is a folder");
}
