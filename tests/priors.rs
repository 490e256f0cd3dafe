//! Priors: what is compressed with one is smaller, and decodes with the same one alone.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use cmx::archive::{CreateOptions, ExtractOptions, Plan, Selection};
use cmx::{Archive, DecodeOptions, EncodeOptions, Error, Level, Prior};

/// A record like others.
fn record(number: u64) -> String {
    let mixed = (number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    format!(
        "{{\"identifier\":\"{mixed:016x}\",\"position\":{},\"isAvailable\":{},\
         \"manufacturer\":\"Wexler & Öztürk\",\"dimensions\":{{\"height\":{},\"width\":{}}}}}\n",
        mixed % 1000,
        mixed.is_multiple_of(3),
        mixed % 71,
        mixed % 67
    )
}

fn records(numbers: std::ops::Range<u64>) -> String {
    numbers.map(record).collect()
}

fn prior() -> Prior {
    Prior::of_text("records", records(0..12).as_bytes()).unwrap()
}

fn other() -> Prior {
    Prior::of_text("others", b"some other text").unwrap()
}

fn level(number: u8) -> EncodeOptions {
    EncodeOptions::new().level(Level::new(number).unwrap())
}

#[test]
fn records_become_smaller_at_every_level() {
    let raw = record(100);
    for number in 1..=9 {
        let without = cmx::compress_with(raw.as_bytes(), &level(number)).unwrap();
        let options = level(number).prior(prior());
        let with = cmx::compress_with(raw.as_bytes(), &options).unwrap();
        assert!(with.len() * 3 < without.len() * 2, "-{number}: {} {}", with.len(), without.len());
        let decode = DecodeOptions::new().prior(other()).prior(prior());
        assert_eq!(cmx::decompress_with(&with, &decode).unwrap(), raw.as_bytes(), "-{number}");
        let Err(Error::MissingPrior(missing)) = cmx::decompress(&with) else {
            panic!("-{number} decoded without the prior")
        };
        assert_eq!((missing.id, missing.name), (prior().id(), None));
    }
}

#[test]
fn long_streams_name_their_prior() {
    let raw = records(100..220);
    let archive = cmx::compress_with(raw.as_bytes(), &level(4).prior(prior())).unwrap();
    let decode = DecodeOptions::new().prior(other());
    let Err(Error::MissingPrior(missing)) = cmx::decompress_with(&archive, &decode) else {
        panic!("decoded with another prior")
    };
    assert_eq!(missing.name.as_deref(), Some("records"));
    assert_eq!(missing.given, [("others".to_string(), other().id())]);
    let text = missing.to_string();
    assert!(text.contains(&format!("{:08x} (records)", prior().id())), "{text}");
    assert!(text.contains(&format!("{:08x} (others)", other().id())), "{text}");
}

/// Text that is sorted has no use for a prior, and names none.
#[test]
fn what_is_sorted_needs_no_prior() {
    let raw = records(0..600);
    let archive = cmx::compress_with(raw.as_bytes(), &level(1).prior(prior())).unwrap();
    assert_eq!(archive, cmx::compress_with(raw.as_bytes(), &level(1)).unwrap());
}

/// Tables, and a primer that is not ASCII before a table that is.
#[test]
fn tables_are_read_after_a_prior() {
    let row = |n: u64| format!("{n},Ö{},{}.5,total amount of the row\n", n % 5, n * n % 97);
    let text: String = (0..30).map(row).collect();
    let prior = Prior::of_text("rows", text.as_bytes()).unwrap();
    let raw = (50..70).map(row).collect::<String>().replace('Ö', "O");
    let with = cmx::compress_with(raw.as_bytes(), &level(5).prior(prior.clone())).unwrap();
    assert!(with.len() < cmx::compress_with(raw.as_bytes(), &level(5)).unwrap().len());
    let decode = DecodeOptions::new().prior(prior);
    assert_eq!(cmx::decompress_with(&with, &decode).unwrap(), raw.as_bytes());
}

/// An archive of files is listed and appended to without its priors, and extracted with them.
#[test]
fn archives_of_files_name_two_priors() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.cmx");
    let write = |name: &str, range: std::ops::Range<u64>| {
        let path = folder.path().join(name);
        fs::create_dir(&path).unwrap();
        for number in range {
            fs::write(path.join(number.to_string()), record(number)).unwrap();
        }
        path
    };
    let options =
        |prior, threads| CreateOptions::new().encode(level(5).threads(threads).prior(prior));
    let first = write("first", 0..20);
    Archive::create(&path, std::slice::from_ref(&first), &options(prior(), 1)).unwrap();
    let one_thread = fs::read(&path).unwrap();
    Archive::create(&path, &[first], &options(prior(), 4)).unwrap();
    assert!(fs::read(&path).unwrap() == one_thread, "threads change the bytes");
    let second = options(other(), 1);
    let plan = Plan::of(&[write("second", 20..40)], second.walk).unwrap();
    Archive::append(&path, plan, &second, &DecodeOptions::new()).unwrap();
    let archive = Archive::open(&path, &DecodeOptions::new()).unwrap();
    assert_eq!(archive.entries().count(), 42);
    let target = folder.path().join("out");
    let extract = |decode: DecodeOptions| {
        let archive = Archive::open(&path, &decode).unwrap();
        archive.extract(&Selection::all(), &target, &ExtractOptions::new())
    };
    for given in [DecodeOptions::new(), DecodeOptions::new().prior(prior())] {
        assert!(matches!(extract(given), Err(Error::MissingPrior(_))));
    }
    fs::remove_dir_all(&target).ok();
    extract(DecodeOptions::new().prior(prior()).prior(other())).unwrap();
}

/// The three starts of networks are stored, and code differently.
#[test]
fn networks_start_from_what_the_archive_says() {
    use cmx::NetworkStart::{Frozen, Random, Trained};
    let raw = records(0..6);
    let archive = |number: u8, start| {
        let level = Level::new(number).unwrap().with_network_start(start);
        cmx::compress_with(raw.as_bytes(), &EncodeOptions::new().level(level)).unwrap()
    };
    let all = [Trained, Random, Frozen].map(|start| archive(9, start));
    assert!(all[0] != all[1] && all[1] != all[2] && all[0] != all[2]);
    for archive in &all {
        assert_eq!(cmx::decompress(archive).unwrap(), raw.as_bytes());
    }
    assert_eq!(archive(5, Trained), archive(5, Random), "-5 has no network");
}

fn cmx(folder: &Path, words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_cmx")).current_dir(folder).args(words).output().unwrap()
}

#[test]
fn the_command_says_which_prior_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("record"), record(7)).unwrap();
    fs::write(folder.join("my.prior"), prior().to_bytes()).unwrap();
    fs::write(folder.join("bad.prior"), b"no prior").unwrap();
    let run = |words: &[&str]| {
        let output = cmx(folder, words);
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    assert_eq!(run(&["--prior", "my.prior", "record"]), (Some(0), String::new()));
    for job in ["-t", "-dfc"] {
        let (code, text) = run(&[job, "record.cmx"]);
        let id = format!("{:08x}", prior().id());
        assert!(code == Some(1) && text.contains(&id) && text.contains("--prior FILE"), "{text}");
    }
    assert_eq!(run(&["-t", "--prior", "my.prior", "record.cmx"]).0, Some(0));
    assert_eq!(run(&["-l", "record.cmx"]).0, Some(0));
    let (code, text) = run(&["--prior", "bad.prior", "-f", "record"]);
    assert!(code == Some(1) && text.contains("bad.prior: no prior that can be used"), "{text}");
    let output = cmx(folder, &["explain", "--prior", "my.prior", "record.cmx"]);
    assert!(String::from_utf8(output.stdout).unwrap().contains("prior"));
}

/// `cmx train` makes the same prior each time, and says what it saves.
#[test]
fn the_command_trains_a_prior() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::create_dir(folder.join("records")).unwrap();
    for number in 0..60 {
        fs::write(folder.join(format!("records/{number:02}")), record(number)).unwrap();
    }
    fs::write(folder.join("lines"), records(0..60)).unwrap();
    let train = |words: &[&str]| {
        let output = cmx(folder, &[&["train", "-4", "--size", "2K"], words].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let said = train(&["records", "-o", "a.prior"]);
    assert!(said.contains("from 60 records") && said.contains("with it (-"), "{said}");
    train(&["--lines", "lines", "-o", "b.prior", "--name", "a"]);
    let read = |name: &str| fs::read(folder.join(name)).unwrap();
    assert!(read("a.prior") == read("b.prior"));
    assert!(Prior::from_bytes(&read("a.prior")).unwrap().primer_len() <= 2 << 10);
    let output = cmx(folder, &["train", "records/00", "-o", "c.prior"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(!folder.join("c.prior").exists());
}
