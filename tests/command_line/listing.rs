//! Lists show modes, owners, attributes, and escaped names.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::*;

#[test]
fn modes_as_ls_shows_them() {
    let folder = folder();
    for (mode, shown) in [
        (0o4755, "-rwsr-xr-x"),
        (0o4644, "-rwSr--r--"),
        (0o2755, "-rwxr-sr-x"),
        (0o2745, "-rwxr-Sr-x"),
        (0o1755, "-rwxr-xr-t"),
        (0o1754, "-rwxr-xr-T"),
        (0o640, "-rw-r-----"),
    ] {
        fs::set_permissions(folder.path().join("IN"), fs::Permissions::from_mode(mode)).unwrap();
        ok(&folder, "-1 --archive IN -f -o x.cmx");
        let list = String::from_utf8(ok(&folder, "-l x.cmx")).unwrap();
        assert!(list.lines().nth(1).unwrap().starts_with(shown), "{mode:o}: {list}");
    }
}

#[test]
fn owners_with_v_and_attributes_by_a_sign() {
    let folder = folder();
    if xattr::set(folder.path().join("IN"), "user.note", b"here").is_err() {
        return;
    }
    ok(&folder, "-1 --archive --owner --xattrs IN -o x.cmx");
    let plain = String::from_utf8(ok(&folder, "-l x.cmx")).unwrap();
    assert!(
        plain.lines().nth(1).unwrap().as_bytes()[10] == b'@' && !plain.contains("owner"),
        "{plain}"
    );
    let long = String::from_utf8(ok(&folder, "-lv x.cmx")).unwrap();
    let owner = {
        use std::os::unix::fs::MetadataExt;
        let found = fs::metadata(folder.path().join("IN")).unwrap();
        format!("{}/{}", found.uid(), found.gid())
    };
    assert!(
        long.lines().next().unwrap().contains("owner")
            && long.lines().nth(1).unwrap().contains(&owner),
        "{long}"
    );
    ok(&folder, "-1 --archive IN -o y.cmx");
    let none = String::from_utf8(ok(&folder, "-lv y.cmx")).unwrap();
    assert!(none.lines().nth(1).unwrap()[10..].starts_with(" -  "), "{none}");
}

/// Attributes other than `user.*` can grant rights.
#[test]
fn attributes_of_users_unless_all_are_asked_for() {
    let folder = folder();
    let path = folder.path().join("IN");
    // Only root may set the other attribute.
    if xattr::set(&path, "user.note", b"here").is_err()
        || xattr::set(&path, "trusted.right", b"given").is_err()
    {
        return;
    }
    for (stored, restored, wanted) in [
        ("--xattrs", "--xattrs=all", false),
        ("--xattrs=all", "--xattrs", false),
        ("--xattrs=all", "--xattrs=all", true),
    ] {
        ok(&folder, &format!("-1 --archive {stored} IN -f -o x.cmx"));
        ok(&folder, &format!("-d {restored} x.cmx -f -C out"));
        let value = |name: &str| xattr::get(folder.path().join("out/IN"), name).unwrap();
        assert_eq!(
            (value("user.note").is_some(), value("trusted.right").is_some()),
            (true, wanted),
            "{stored} {restored}"
        );
    }
    fails(&folder, "--xattrs=none --archive IN -o y.cmx", b"", 1, "--xattrs=all");
}

#[test]
fn json_escapes_what_acts_or_deceives() {
    let folder = folder();
    let name = "a\u{9b}31m\u{202e}b";
    fs::write(folder.path().join(name), TEXT).unwrap();
    ok(&folder, &format!("-1 --archive {name} -o x.cmx"));
    let json = String::from_utf8(ok(&folder, "-l --json x.cmx")).unwrap();
    assert!(
        !json.contains(['\u{9b}', '\u{202e}']) && json.contains("a\\u009b31m\\u202eb"),
        "{json}"
    );
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["entries"][0]["path"], name);
}
