//! A process that is killed at any moment leaves no incomplete file under a final name.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn run(folder: &Path, line: &str) -> std::process::Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cmx"));
    command.current_dir(folder).args(line.split(' ')).env_remove("CMX_OPT");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

fn succeeds(folder: &Path, line: &str) -> bool {
    run(folder, line).wait().unwrap().success()
}

fn content() -> Vec<u8> {
    (0..60_000u64)
        .map(|place| b"some words and 0123456789, "[((place * place) >> 9) as usize % 27])
        .collect()
}

/// Kills each kind of job at `points` moments spread over its duration.
fn kill(points: u32) {
    let folder = tempfile::tempdir().unwrap();
    let base = folder.path();
    fs::create_dir(base.join("d")).unwrap();
    for name in ["a", "b", "c"] {
        fs::write(base.join("d").join(name), [content(), name.into()].concat()).unwrap();
    }
    assert!(succeeds(base, "-1 d -o whole.cmx"));
    let whole = fs::read(base.join("whole.cmx")).unwrap();
    for job in ["-1 -f d -o out.cmx", "-d -f whole.cmx -C out", "-1 -a grown.cmx d/a"] {
        fs::write(base.join("grown.cmx"), &whole).unwrap();
        let start = Instant::now();
        assert!(succeeds(base, job));
        let duration = start.elapsed();
        for point in 0..points {
            let _ = (fs::remove_file(base.join("out.cmx")), fs::remove_dir_all(base.join("out")));
            fs::write(base.join("grown.cmx"), &whole).unwrap();
            let mut child = run(base, job);
            // The moments are spread unevenly, so that a periodic phase of the job is not always
            // missed.
            std::thread::sleep(
                duration.mul_f64(f64::from(point * 7919 % points) / f64::from(points))
                    + Duration::from_micros(u64::from(point)),
            );
            let _ = child.kill();
            child.wait().unwrap();
            if base.join("out.cmx").exists() {
                assert_eq!(fs::read(base.join("out.cmx")).unwrap(), whole);
            }
            for name in ["a", "b", "c"] {
                let path = base.join("out/d").join(name);
                assert!(
                    !path.exists()
                        || fs::read(&path).unwrap() == fs::read(base.join("d").join(name)).unwrap()
                );
            }
            let grown = fs::read(base.join("grown.cmx")).unwrap();
            assert_eq!(grown[..whole.len()], whole);
            // Exit code 2 is the warning about the unfinished append. Reading works anyway.
            assert!(matches!(run(base, "-l grown.cmx").wait().unwrap().code(), Some(0 | 2)));
        }
    }
}

#[test]
fn kill_at_a_few_points() {
    kill(8);
}

#[test]
#[ignore = "takes minutes: cargo test --release --test kills -- --ignored"]
fn kill_at_three_hundred_points() {
    kill(100);
}
