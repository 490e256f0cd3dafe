//! `cmx explain`: the numbers add up, and what cannot be explained is said with a remedy.

use std::fs;

use serde_json::Value;

use crate::support::{TEXT, cmx, fails, folder, names, ok};

/// The sum of a field over an array of objects.
fn sum(array: &Value, field: &str) -> u64 {
    array.as_array().unwrap().iter().map(|value| value[field].as_u64().unwrap()).sum()
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

#[test]
fn the_numbers_are_those_of_the_archive() {
    let folder = folder();
    let records: Vec<u8> = (0..3000u32).flat_map(|at| (at * at % 991).to_le_bytes()).collect();
    fs::write(folder.path().join("mixed"), [&TEXT.repeat(40)[..], &records].concat()).unwrap();
    fs::write(folder.path().join("empty"), b"").unwrap();
    fs::write(folder.path().join("one"), b"a").unwrap();
    for (file, level) in [("mixed", 5), ("mixed", 1), ("IN", 5), ("empty", 5), ("one", 5)] {
        ok(&folder, &format!("-{level} -c -f {file}"));
        let archive = fs::metadata(folder.path().join(format!("{file}.cmx"))).unwrap().len();
        let explained = json(&ok(&folder, &format!("explain --json -{level} {file}")));
        assert_eq!(explained["archive"], archive, "{file}");
        let coded = sum(&explained["streams"], "coded");
        let around = ["container", "heads"].map(|field| explained[field].as_u64().unwrap());
        assert_eq!(around[0] + around[1] + coded, archive, "{file}");
        assert_eq!(sum(&explained["strips"], "bytes"), explained["bytes"]);
        // The archive tells the same.
        let of_archive = json(&ok(&folder, &format!("explain --json {file}.cmx")));
        assert_eq!((&of_archive["level"], &explained["level"]), (&Value::Null, &level.into()));
        for field in ["streams", "strips", "certainty", "blocks"] {
            assert_eq!(explained[field], of_archive[field], "{file}: {field}");
        }
    }
}

#[test]
fn people_get_tables_and_a_picture() {
    let folder = folder();
    fs::write(folder.path().join("<b>&"), TEXT.repeat(100)).unwrap();
    let output = cmx(folder.path(), "explain -4 <b>& --svg strip.svg", b"");
    let text = String::from_utf8(output.stdout).unwrap();
    for part in ["<b>&: 4,400 bytes", " in the archive at -4", "table", "container", "1/16"] {
        assert!(text.contains(part), "{part} is missing:\n{text}");
    }
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    let picture = fs::read_to_string(folder.path().join("strip.svg")).unwrap();
    for part in ["<svg", "&lt;b&gt;&amp;", "prefers-color-scheme:dark", "</svg>"] {
        assert!(picture.contains(part), "{part} is missing:\n{picture}");
    }
    fails(&folder, "explain IN --svg strip.svg", b"", 1, "strip.svg exists; -f overwrites it");
    fails(&folder, "explain IN --svg -", b"", 1, "the picture needs a file of its own");
    ok(&folder, "explain IN --svg strip.svg -f");
}

#[test]
fn pipes_are_explained_and_parts_left_out() {
    let folder = folder();
    let input = include_bytes!("../../docs/glossary.md");
    let output = cmx(folder.path(), "explain -5 --ablate=families,sets --json", input);
    let explained = json(&output.stdout);
    assert_eq!(
        (&explained["file"], &explained["bytes"]),
        (&"standard input".into(), &input.len().into())
    );
    let parts = explained["ablations"].as_array().unwrap();
    let part = |name: &str| parts.iter().find(|part| part["part"] == name).unwrap();
    let orders = part("contexts Order");
    assert!(orders["without"].as_u64() > orders["with"].as_u64(), "{orders}");
    assert!(parts.iter().any(|part| part["part"].as_str().unwrap().starts_with("weight set")));
    let text = String::from_utf8(ok(&folder, "explain IN --ablate")).unwrap();
    assert!(text.contains("contexts Order") && !text.contains("weight set"), "{text}");
}

#[test]
fn what_cannot_be_explained_is_said_with_a_remedy() {
    let folder = folder();
    ok(&folder, "--archive IN -o named.cmx");
    ok(&folder, "IN -o whole.cmx");
    let archive = fs::read(folder.path().join("whole.cmx")).unwrap();
    fs::write(folder.path().join("cut.cmx"), &archive[..archive.len() - 9]).unwrap();
    fails(&folder, "explain .", b"", 1, "is a folder; explain a tar file of it");
    fails(&folder, "explain IN IN", b"", 1, "tar -c FILE... | cmx explain");
    fails(&folder, "explain named.cmx", b"", 1, "extract one of them (cmx -d)");
    fails(&folder, "explain cut.cmx", b"", 2, "`cmx repair`");
    fails(&folder, "explain none", b"", 1, "none: No such file");
    fails(&folder, "explain --ablate=some IN", b"", 1, "families, sets and contexts, or all");
    fails(&folder, "explain -8 -M 20M IN", b"", 1, "-M");
    let before = names(&folder);
    ok(&folder, "explain IN");
    assert_eq!(names(&folder), before, "nothing is left behind");
}
