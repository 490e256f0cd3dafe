//! `-v`: the name of each entry when it is done, on standard error.

use std::fs;

use crate::support::*;

/// The lines on standard error but for the last, which sums up.
fn lines(folder: &tempfile::TempDir, line: &str) -> Vec<String> {
    let output = cmx(folder.path(), line, b"");
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "cmx {line}: {text}");
    let mut lines: Vec<String> = text.lines().map(str::to_string).collect();
    let last = lines.pop();
    assert!(last.as_ref().is_some_and(|line| line.contains("MB/s")), "{last:?}");
    lines.sort();
    lines
}

#[test]
fn names_are_listed_as_they_are_stored_and_extracted() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("d")).unwrap();
    for name in ["a", "same", "es\u{1b}[31mc"] {
        fs::write(path("d").join(name), TEXT).unwrap();
    }
    fs::hard_link(path("d/a"), path("d/hard")).unwrap();
    std::os::unix::fs::symlink("a", path("d/soft")).unwrap();
    let all = ["d", "d/a", "d/es\\u{1b}[31mc", "d/hard", "d/same", "d/soft"];
    assert_eq!(lines(&folder, "-1 -v d -o x.cmx"), all);
    assert_eq!(lines(&folder, "-d -v x.cmx -C out"), all);
    assert_eq!(lines(&folder, "-dc -v x.cmx d/same d/soft"), ["d/same"]);
    assert_eq!(lines(&folder, "-tv x.cmx"), ["d/a", "d/es\\u{1b}[31mc", "d/same"]);
    assert_eq!(lines(&folder, "-a -1 -v x.cmx IN"), ["IN"]);
    assert_eq!(
        lines(&folder, "-dvv x.cmx IN d/soft -C out2"),
        [format!("{:>11}  d/soft", 0), format!("{:>11}  IN", TEXT.len())]
    );
    // Only what is extracted.
    fs::remove_file(path("out/d/same")).unwrap();
    assert_eq!(lines(&folder, "-dv --skip-existing x.cmx -C out"), ["IN", "d", "d/same"]);
    for line in ["-d -f x.cmx -C out", "-d -f -q -v x.cmx -C out", "-1 -q -v d -f -o y.cmx"] {
        assert!(cmx(folder.path(), line, b"").stderr.is_empty(), "{line}");
    }
    // A stream has no entries.
    assert!(lines(&folder, "-1 -v IN").is_empty() && lines(&folder, "-d -v -f IN.cmx").is_empty());
}
