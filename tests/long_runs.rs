//! Files that consist mostly of zeros: they are coded in bounded time and memory, to few bytes.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cmx::internals::level::LEVELS;
use cmx::{EncodeOptions, compress_with, decompress};

const MIB: u64 = 1 << 20;

#[test]
fn zeros_take_seconds_and_a_few_bytes_at_every_level() {
    let zeros = vec![0u8; 64 << 20];
    for level in &LEVELS {
        let start = Instant::now();
        let archive = compress_with(&zeros, &EncodeOptions::new().level(*level)).unwrap();
        assert!(archive.len() < 400, "-{}: {} bytes", level.number(), archive.len());
        assert!(decompress(&archive).unwrap() == zeros);
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "-{}: {:?}",
            level.number(),
            start.elapsed()
        );
    }
}

/// Creates a file of `length` bytes with holes, and a little text every `step` bytes.
fn sparse(path: &Path, length: u64, step: u64) {
    let file = File::create(path).unwrap();
    file.set_len(length).unwrap();
    for at in (step..length).step_by(step as usize) {
        let text: Vec<u8> = (0..500)
            .flat_map(|line| format!("{at}: line {line} of a text\n").into_bytes())
            .collect();
        file.write_all_at(&text, at - 777).unwrap();
    }
}

fn same(one: &Path, other: &Path) {
    let (mut one, mut other) = (File::open(one).unwrap(), File::open(other).unwrap());
    assert_eq!(one.metadata().unwrap().len(), other.metadata().unwrap().len());
    let (mut a, mut b) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    loop {
        let length = one.read(&mut a).unwrap();
        if length == 0 {
            return;
        }
        other.read_exact(&mut b[..length]).unwrap();
        assert!(
            a[..length] == b[..length],
            "difference before byte {}",
            one.stream_position().unwrap()
        );
    }
}

/// Runs cmx with the words of `line`. Returns its peak memory in MiB, if the system tells it.
fn cmx(folder: &Path, line: &str, input: Option<&Path>) -> u64 {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cmx"));
    command.current_dir(folder).args(line.split(' ')).env_remove("CMX_OPT");
    let stdin = input.map_or(Stdio::null(), |path| Stdio::from(File::open(path).unwrap()));
    let mut child = command.stdin(stdin).spawn().unwrap();
    let mut peak = 0;
    loop {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
        peak =
            line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).unwrap_or(0).max(peak);
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "{line}: {status}");
            return peak / 1024;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Compresses a file with holes and decompresses it, by name and through a pipe.
fn there_and_back(length: u64, level: u8, most_memory: u64) {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    sparse(&at("in"), length, length / 50);
    let compress = cmx(folder.path(), &format!("-c -{level} -T1 -q in"), None);
    let coded = at("in.cmx").metadata().unwrap().len();
    assert!(coded < 200_000 + length / 100_000, "{coded} bytes");
    let decompress = cmx(folder.path(), "-d -T1 -q in.cmx -o out", None);
    same(&at("in"), &at("out"));
    assert!(at("out").metadata().unwrap().blocks() * 512 < length / 4, "zeros come back as holes");
    std::fs::remove_file(at("out")).unwrap();
    let from_pipe =
        cmx(folder.path(), &format!("-c -{level} -T1 -q - -o piped.cmx"), Some(&at("in")));
    assert!(
        decompress <= most_memory && compress <= most_memory && from_pipe <= most_memory,
        "{compress} {decompress} {from_pipe} MiB"
    );
    cmx(folder.path(), "-d -T1 -q piped.cmx -o out", None);
    same(&at("in"), &at("out"));
}

#[test]
fn a_file_with_holes_comes_back() {
    there_and_back(300 * MIB, 1, 200);
}

#[test]
#[ignore = "takes minutes: cargo test --release --test long_runs -- --ignored"]
fn six_gibibytes_come_back_in_constant_memory() {
    there_and_back(6144 * MIB + 12_345, 1, 200);
    there_and_back(4096 * MIB + 1, 5, 700);
}

#[test]
#[ignore = "takes minutes: cargo test --release --test long_runs -- --ignored"]
fn a_gibibyte_of_zeros_that_are_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let mut file = File::create(folder.path().join("in")).unwrap();
    for _ in 0..1024 {
        file.write_all(&[0; 1 << 20]).unwrap();
    }
    file.seek(SeekFrom::Start(0)).unwrap();
    for level in [1, 5, 8] {
        let start = Instant::now();
        cmx(folder.path(), &format!("-c -{level} -T1 -q -f in"), None);
        assert!(start.elapsed() < Duration::from_secs(60), "-{level}: {:?}", start.elapsed());
        let coded = folder.path().join("in.cmx").metadata().unwrap().len();
        assert!(coded < 4000, "-{level}: {coded} bytes");
    }
}
