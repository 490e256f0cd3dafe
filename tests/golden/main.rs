//! Archives of this format version, kept as files: they decode for ever, and compressing the same
//! inputs again gives the same bytes, on every machine.
//!
//! `CMX_REGENERATE=1 cargo test golden` writes them anew. Once a format version is released its
//! files are never written again.

mod cases;
mod refused;
#[path = "../../src/block/tests/sample.rs"]
#[allow(dead_code)]
mod sample;

use std::fs;
use std::path::PathBuf;

use cmx::archive::ExtractOptions;
use cmx::archive::Selection;
use cmx::{Archive, DecodeOptions, EncodeOptions, Error};

/// Largest file that may be kept here.
const LARGEST: usize = 64 << 10;

fn regenerating() -> bool {
    std::env::var_os("CMX_REGENERATE").is_some_and(|value| value == "1")
}

/// Runs the codec with the instruction set that `CMX_SIMD` names, if it does.
fn choose_instruction_set() {
    if let Ok(name) = std::env::var("CMX_SIMD") {
        cmx::internals::simd::choose(&name);
        assert_eq!(cmx::internals::simd::active().name(), name);
    }
}

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// The kept bytes of `name`, which are `made` now if they are being regenerated.
fn kept(group: &str, name: &str, made: &[u8]) -> Vec<u8> {
    assert!(made.len() <= LARGEST, "{name} takes {} bytes", made.len());
    let path = folder(group).join(format!("{name}.cmx"));
    if regenerating() {
        fs::create_dir_all(folder(group)).unwrap();
        fs::write(&path, made).unwrap();
    }
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// No file is kept that no test looks at.
fn only_these(group: &str, names: &[String]) {
    for entry in fs::read_dir(folder(group)).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let known = names.iter().any(|known| name == format!("{known}.cmx"));
        assert!(known, "tests/golden/{group}/{name} belongs to no test; delete it");
    }
}

#[test]
fn golden_streams_decode_and_are_made_again() {
    choose_instruction_set();
    let (mut names, mut wrong) = (Vec::new(), Vec::new());
    for case in cases::streams() {
        let made = case.encode();
        let archive = kept("streams", &case.name, &made);
        match cmx::decompress(&archive) {
            Ok(raw) if raw == case.raw => {}
            other => {
                wrong.push(format!("{} decodes to something else: {:?}", case.name, other.err()))
            }
        }
        if made != archive {
            wrong.push(format!(
                "{} is coded into other bytes than before: {} and not {}",
                case.name,
                made.len(),
                archive.len()
            ));
        }
        names.push(case.name);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    only_these("streams", &names);
}

#[test]
fn golden_archives_extract_and_are_made_again() {
    choose_instruction_set();
    let tree = cases::Tree::new();
    let mut names = Vec::new();
    for (name, made) in tree.archives() {
        let archive = kept("archives", &name, &made);
        assert!(made == archive, "{name} is made of other bytes than before");
        let work = tempfile::tempdir().unwrap();
        fs::write(work.path().join("x.cmx"), &archive).unwrap();
        let opened = Archive::open(work.path().join("x.cmx"), &DecodeOptions::default()).unwrap();
        opened
            .extract(
                &Selection::new(&[]).unwrap(),
                &work.path().join("out"),
                &ExtractOptions::default(),
            )
            .unwrap();
        assert_eq!(cases::facts(&work.path().join("out")), cases::facts(tree.root()), "{name}");
        names.push(name);
    }
    only_these("archives", &names);
}

#[test]
fn golden_refusals_are_refused_for_their_reason() {
    choose_instruction_set();
    let mut names = Vec::new();
    for case in refused::all() {
        let archive = kept("refused", case.name, &case.made);
        assert!(case.made == archive, "{} is no longer what its generator makes", case.name);
        let options = DecodeOptions::new().max_output(1 << 20).memory(64 << 20);
        let error = cmx::decompress_with(&archive, &options).expect_err(case.name);
        let kind = match &error {
            Error::Corrupt(_) | Error::Truncated(_) | Error::Trailing(_) => "corrupt",
            Error::NotAnArchive(_) => "no archive",
            Error::Unsupported(_) | Error::NamedFiles(_) => "unsupported",
            Error::Limit(_) => "limit",
            Error::Divergence(_) => "divergence",
            Error::MissingPrior(_) => "missing prior",
            _ => "another",
        };
        let text = error.to_string();
        assert!(kind == case.kind && text.contains(case.says), "{}: {kind}: {text}", case.name);
        names.push(case.name.to_owned());
    }
    assert!(names.len() >= 50);
    only_these("refused", &names);
}

#[test]
fn golden_bytes_do_not_depend_on_threads() {
    choose_instruction_set();
    let raw = sample::text(9000);
    let once = cmx::compress_with(&raw, &EncodeOptions::new().level(cases::SMALL_BLOCKS)).unwrap();
    for threads in [2, 3, 7, 16] {
        let options = EncodeOptions::new().level(cases::SMALL_BLOCKS).threads(threads);
        assert!(cmx::compress_with(&raw, &options).unwrap() == once, "{threads} threads");
    }
}
