//! Inputs that a model could be slow on, against ordinary text: instructions a byte, as valgrind
//! counts them. Fails where one takes more than 1.5 times as many.
//!
//! `cargo bench --bench adversarial -- 5 7` for levels 5 and 7, the default.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

use cmx::internals::model::byte_history::hash;

/// Too long for a block to be coded both ways, which would count twice.
const LENGTH: usize = 160 << 10;
/// Most instructions a byte, in hundredths of those of text.
const MOST: u64 = 150;

/// Numbers that look random.
fn draws(mut state: u64) -> impl FnMut(usize) -> usize {
    move |below| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as usize % below
    }
}

/// The sources and documents of this repository.
fn ordinary() -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut text = Vec::new();
    for folder in ["docs", "src/archive", "src/container", "src/cli"] {
        let mut files: Vec<_> = fs::read_dir(root.join(folder))
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .collect();
        files.sort();
        files
            .iter()
            .filter(|file| file.is_file())
            .for_each(|file| text.extend(fs::read(file).unwrap_or_default()));
    }
    text
}

fn fibonacci_word() -> Vec<u8> {
    let (mut before, mut word) = (b"b".to_vec(), b"a".to_vec());
    while word.len() < LENGTH {
        let longer = [&word[..], &before].concat();
        before = std::mem::replace(&mut word, longer);
    }
    word
}

/// Words of four letters whose hashes as contexts of order 4 meet in one line of the table.
fn collisions() -> Vec<u8> {
    let mut draw = draws(1);
    // No fewer than the table of 8 or 16 contexts has, the primer in it: what meets in so many
    // lines meets in fewer.
    let lines = LENGTH.next_power_of_two();
    let mut by_line: HashMap<usize, Vec<[u8; 4]>> = HashMap::new();
    for word in
        (0..26u32.pow(4)).map(|n| [n, n / 26, n / 676, n / 17576].map(|n| b'a' + (n % 26) as u8))
    {
        let value = u64::from(u32::from_be_bytes(word));
        // The fourth context of a text, its salt one above its place.
        by_line.entry((hash(value, 4) >> 32) as usize & (lines - 1)).or_default().push(word);
    }
    let mut crowded: Vec<_> = by_line.into_iter().collect();
    crowded.sort_by_key(|(line, words)| (usize::MAX - words.len(), *line));
    let words: Vec<[u8; 4]> = crowded.into_iter().take(40).flat_map(|(_, words)| words).collect();
    (0..LENGTH / 4).flat_map(|_| words[draw(words.len())]).collect()
}

/// Long repeats of noise, each with a wrong byte every forty or so.
fn near_matches() -> Vec<u8> {
    let mut draw = draws(2);
    let phrase: Vec<u8> = (0..3000).map(|_| b'a' + draw(26) as u8).collect();
    (0..LENGTH).map(|at| if draw(40) == 0 { b'?' } else { phrase[at % phrase.len()] }).collect()
}

/// Contexts that never come again: random letters.
fn letters() -> Vec<u8> {
    let mut draw = draws(3);
    (0..LENGTH).map(|_| b'0' + draw(64) as u8).collect()
}

fn inputs() -> Vec<(&'static str, Vec<u8>)> {
    let mut last = vec![b'a'; LENGTH];
    last[LENGTH - 1] = b'b';
    let runs = (0..600).flat_map(|run| [vec![b'a'; run], vec![b'b']].concat()).collect();
    let brackets = (0..LENGTH)
        .map(|at| if at % 2000 < 1000 { b"([{<"[at % 4] } else { b")]}>"[at % 4] })
        .collect();
    vec![
        ("ordinary text", ordinary()),
        ("a…ab", last),
        ("b ab aab aaab …", runs),
        ("Fibonacci word", fibonacci_word()),
        ("colliding contexts", collisions()),
        ("long near matches", near_matches()),
        ("random letters", letters()),
        ("deep brackets", brackets),
        (
            "one line of commas",
            (0..LENGTH).map(|at| if at % 500 == 0 { b'x' } else { b',' }).collect(),
        ),
        (
            "binary of one value",
            (0..LENGTH).map(|at| if at % 500 == 0 { at as u8 | 1 } else { 0 }).collect(),
        ),
        ("one long word", (0..LENGTH).map(|at| b'a' + (at * at / 7 % 26) as u8).collect()),
    ]
}

/// Instructions that compressing `input` at `level` takes.
fn instructions(input: &Path, level: &str) -> Option<u64> {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null", env!("CARGO_BIN_EXE_cmx")]);
    command
        .args(["-c", "-f", "-q", "-T", "1", "--no-verify", &format!("-{level}")])
        .arg(input)
        .args(["-o", "/dev/null"]);
    let output =
        command.env_remove("CMX_OPT").output().ok().filter(|output| output.status.success())?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let count =
        text.lines().find_map(|line| line.split_once("Collected :"))?.1.trim().parse().ok()?;
    Some(count)
}

fn main() -> ExitCode {
    let levels: Vec<String> =
        std::env::args().skip(1).filter(|level| level.parse::<u8>().is_ok()).collect();
    let levels = if levels.is_empty() { vec!["5".into(), "7".into()] } else { levels };
    let Ok(folder) = tempfile::tempdir() else { return ExitCode::FAILURE };
    let path = folder.path().join("input");
    let mut slow = false;
    for level in levels {
        println!("| -{level} | instructions a byte | of text |\n|---|---|---|");
        let mut text = None;
        for (name, mut bytes) in inputs() {
            bytes.truncate(LENGTH);
            if fs::write(&path, &bytes).is_err() {
                return ExitCode::FAILURE;
            }
            let Some(count) = instructions(&path, &level) else {
                eprintln!("valgrind is missing, or did not run cmx on {name}");
                return ExitCode::FAILURE;
            };
            let each = count / bytes.len() as u64;
            let share = each * 100 / *text.get_or_insert(each);
            println!("| {name} | {each} | {}.{:02} |", share / 100, share % 100);
            slow |= share > MOST;
        }
        println!();
    }
    if slow { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
