//! The metadata of files that an archive keeps, compared with those that `tar` keeps, by `find` and
//! `getfattr`.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, UNIX_EPOCH};

/// Runs shell commands in `folder`; `$CMX` is the program.
fn shell(folder: &Path, script: &str) -> Output {
    let mut command = Command::new("sh");
    command
        .current_dir(folder)
        .args(["-c", script])
        .env("CMX", env!("CARGO_BIN_EXE_cmx"))
        .env_remove("CMX_OPT")
        .env("LC_ALL", "C");
    command.output().unwrap()
}

fn succeed(folder: &Path, script: &str) -> Vec<u8> {
    let output = shell(folder, script);
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// A tool that this machine lacks, so that the test is skipped.
fn missing(folder: &Path) -> Option<&'static str> {
    for (script, why) in [
        ("tar --version | grep -q GNU", "no GNU tar here"),
        ("find . -maxdepth 0 -printf x", "no GNU find here"),
        ("getfattr --version", "no getfattr here (package attr)"),
        (
            "touch probe && setfattr -n user.a -v b probe && getfattr -n user.a probe",
            "this file system has no extended attributes",
        ),
    ] {
        if !shell(folder, script).status.success() {
            return Some(why);
        }
    }
    None
}

/// A tree with every kind of entry that an archive holds, each with several modes and owners.
fn tree(root: &Path) {
    let path = |name: &[u8]| root.join(OsStr::from_bytes(name));
    let write = |name: &[u8], content: &[u8]| {
        fs::create_dir_all(path(name).parent().unwrap()).unwrap();
        fs::write(path(name), content).unwrap();
    };
    let long = [b'n'; 255];
    write(b"plain", b"plain\n");
    write(b"empty", b"");
    write(b"twin", b"plain\n");
    write(b"deep/er/and/deeper/still/file", b"deep\n");
    write(b"odd \xFF\n\t\\name", b"odd\n");
    write(&long, b"long\n");
    fs::create_dir(root.join("empty folder")).unwrap();
    fs::hard_link(root.join("plain"), root.join("deep/hard")).unwrap();
    symlink("plain", root.join("link")).unwrap();
    symlink("../../nowhere \u{e9}", root.join("deep/dangling")).unwrap();
    symlink(OsStr::from_bytes(b"not utf-8 \xFE"), root.join("odd link")).unwrap();
    let sparse = fs::File::create(root.join("sparse")).unwrap();
    sparse.set_len(3 << 20).unwrap();
    sparse.write_all_at(b"data", 1 << 20).unwrap();
    fs::write(root.join("huge attribute"), b"x").unwrap();
    let attribute =
        |name: &[u8], key: &str, value: &[u8]| xattr::set(path(name), key, value).unwrap();
    attribute(b"plain", "user.one", b"some text");
    attribute(b"plain", "user.two", b"\0\xFF\n");
    attribute(b"empty", "user.empty", b"");
    attribute(b"huge attribute", "user.long", &[b'v'; 2000]);
    attribute(b"deep/er", "user.of-a-folder", b"folders have them too");
    attribute(b"twin", "user.of-a-twin", b"other than the first's");
    for (name, mode) in [
        (&b"plain"[..], 0o640),
        (b"twin", 0o444),
        (b"empty", 0o600),
        (b"deep", 0o711),
        (b"empty folder", 0o1777),
    ] {
        fs::set_permissions(path(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    if is_root() {
        chown(root.join("twin"), Some(1234), Some(4321)).unwrap();
        chown(root.join("deep/er"), Some(77), Some(88)).unwrap();
        std::os::unix::fs::lchown(root.join("link"), Some(55), Some(66)).unwrap();
        attribute(b"link", "trusted.of-a-link", b"only root can set it");
        // A capability, which a change of the owner would remove.
        write(b"capable", b"capable\n");
        chown(root.join("capable"), Some(99), Some(99)).unwrap();
        attribute(
            b"capable",
            "security.capability",
            b"\x01\0\0\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        );
    }
    // Set after the owners, whose change removes these bits.
    write(b"program", b"program\n");
    fs::set_permissions(root.join("program"), fs::Permissions::from_mode(0o6755)).unwrap();
    fs::set_permissions(root.join("deep/er"), fs::Permissions::from_mode(0o2755)).unwrap();
    let set_time = |name: &[u8], seconds: i64, nanos: u32| {
        let time = UNIX_EPOCH + Duration::new(seconds.unsigned_abs(), nanos);
        let time = if seconds < 0 {
            UNIX_EPOCH - Duration::new(seconds.unsigned_abs(), 0) + Duration::new(0, nanos)
        } else {
            time
        };
        fs::File::open(path(name)).unwrap().set_modified(time).unwrap();
    };
    set_time(b"plain", 1_234_567_890, 123_456_789);
    set_time(b"empty", -86_400, 1);
    set_time(b"twin", 4_102_444_800, 999_999_999);
    set_time(b"deep/er", 1_000_000_000, 5);
    set_time(b"empty folder", 1, 0);
    let link_time = rustix::fs::Timespec { tv_sec: 1_111_111_111, tv_nsec: 11 };
    let times = rustix::fs::Timestamps { last_access: link_time, last_modification: link_time };
    rustix::fs::utimensat(
        rustix::fs::CWD,
        root.join("link"),
        &times,
        rustix::fs::AtFlags::SYMLINK_NOFOLLOW,
    )
    .unwrap();
}

/// The output of `find` and `getfattr` for everything in `folder`, sorted.
fn facts(folder: &Path) -> Vec<String> {
    let find = "find d -type f -printf '%P | %y %m %n %U:%G %T@ %s\\0' -o -printf '%P | %y %m %U:%G %T@ %l\\0'";
    let shown = |bytes: &[u8]| bytes.escape_ascii().to_string();
    let mut facts: Vec<String> =
        succeed(folder, find).split(|&byte| byte == 0).map(shown).collect();
    facts.sort();
    let attributes =
        succeed(folder, "find d -print0 | sort -z | xargs -0 getfattr -h -d -m - -e hex");
    facts.extend(attributes.split(|&byte| byte == b'\n').map(shown));
    facts
}

fn differences(one: &[String], other: &[String]) -> Vec<String> {
    let missing = |from: &[String], of: &[String], sign: char| -> Vec<String> {
        from.iter().filter(|fact| !of.contains(fact)).map(|fact| format!("{sign} {fact}")).collect()
    };
    [missing(one, other, '-'), missing(other, one, '+')].concat()
}

#[test]
fn everything_that_tar_keeps_is_kept() {
    let base = tempfile::tempdir().unwrap();
    let base = base.path();
    if let Some(why) = missing(base) {
        eprintln!("skipped: {why}");
        return;
    }
    fs::create_dir(base.join("d")).unwrap();
    tree(&base.join("d"));
    for name in ["by-tar", "by-cmx"] {
        fs::create_dir(base.join(name)).unwrap();
    }
    let all = "--xattrs --xattrs-include='*' --numeric-owner";
    succeed(
        base,
        &format!("tar {all} --format=posix --sparse -cf x.tar d && tar {all} -xpf x.tar -C by-tar"),
    );
    succeed(
        base,
        "$CMX -1 --owner --xattrs=all d -o x.cmx && $CMX -d x.cmx --owner --xattrs=all -C by-cmx",
    );
    let (source, tar, cmx) =
        (facts(base), facts(&base.join("by-tar")), facts(&base.join("by-cmx")));
    assert!(source.len() > 30, "{source:?}");
    assert_eq!(differences(&source, &cmx), [""; 0], "cmx against the source");
    assert_eq!(differences(&tar, &cmx), [""; 0], "cmx against tar");
    succeed(base, "diff -r --no-dereference d by-cmx/d");
}

#[test]
fn what_an_archive_cannot_hold_is_named() {
    let base = tempfile::tempdir().unwrap();
    let base = base.path();
    fs::create_dir(base.join("d")).unwrap();
    fs::write(base.join("d/file"), b"file").unwrap();
    succeed(base, "mkfifo d/pipe");
    let output = shell(base, "$CMX -1 d -o x.cmx");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("d/pipe") && text.contains("left out"), "{text}");
    succeed(base, "$CMX -t x.cmx && $CMX -d x.cmx -C out && cmp d/file out/d/file");
}

/// A user who may not give files away gets all files as their own, with a warning for each refused
/// owner. Rights that belong to a refused owner are not set.
#[test]
fn files_come_out_without_the_right_to_give_them_away() {
    let base = tempfile::tempdir().unwrap();
    let base = base.path();
    if !is_root() {
        eprintln!("skipped: only root can make files of other owners");
        return;
    }
    fs::create_dir(base.join("t")).unwrap();
    for name in ["1", "2", "3"] {
        fs::write(base.join("t").join(name), name).unwrap();
    }
    fs::set_permissions(base.join("t/3"), fs::Permissions::from_mode(0o6755)).unwrap();
    succeed(base, "$CMX -1 --owner t -o x.cmx && chmod 755 . && mkdir -m 777 out && cp $CMX cmx");
    succeed(
        base,
        "cd out && setpriv --reuid=65534 --regid=65534 --clear-groups ../cmx -d --owner ../x.cmx 2>err; [ $? = 2 ]",
    );
    for name in ["1", "2", "3"] {
        assert_eq!(fs::read(base.join("out/t").join(name)).unwrap(), name.as_bytes());
    }
    let found = fs::metadata(base.join("out/t/3")).unwrap();
    assert_eq!((found.mode() & 0o7777, found.uid()), (0o755, 65534));
    let text = fs::read_to_string(base.join("out/err")).unwrap();
    assert!(
        text.lines().count() == 4 && text.contains("t/2: owner: Operation not permitted"),
        "{text}"
    );
}
