//! Flags and commands of other programs that cmx does not have, each with a remedy.

use std::path::Path;

use super::failure::Failure;

/// Flags of other programs, each group with its remedy. No remedy may name `--rm` or `-f`.
const FLAGS: [(&[&str], &str); 17] = [
    (&["-x", "--extract", "--unpack"], "-d decompresses and extracts"),
    (&["-1", "-2", "-3", "-4", "-5", "-6", "-7", "-8", "-9"], "this command takes no level"),
    (&["-z"], "cmx compresses without a flag, or with -c"),
    (&["--create"], "cmx FILE... -o X.cmx makes an archive"),
    (&["-p", "-j", "--jobs"], "-T N sets the number of threads"),
    (&["--single-thread", "--auto-threads"], "-T 1 is one thread, -T 0 one a core"),
    (&["-e", "--extreme", "--ultra", "--max"], "-9 is the strongest level"),
    (
        &["--long"],
        "repeats are found over a whole block at any distance without it; `cmx levels` shows the \
         blocks",
    ),
    (
        &["--memlimit", "--memory-limit", "--memlimit-compress", "--memlimit-decompress"],
        "-M SIZE limits the memory",
    ),
    (&["--format"], "cmx writes and reads its own format only"),
    (
        &["--strip-components", "--strip"],
        "paths are extracted whole; -C DIR extracts into a folder of its own",
    ),
    (
        &["--exclude", "--exclude-from", "--exclude-vcs", "--include"],
        "name what to take; on extraction names and globs select",
    ),
    (&["--files-from", "--filelist", "--files"], "name the files on the command line"),
    (&["-S", "--suffix"], "-o names the output"),
    (
        &["-D", "--train", "--patch-from"],
        "there are no dictionaries; files of one archive gain from each other",
    ),
    (
        &["--check", "--no-check", "--integrity-check"],
        "contents are always hashed; -t compares the hashes",
    ),
    (
        &["-y", "-n", "--yes", "--no"],
        "cmx asks nothing, and overwrites nothing unless it is told to",
    ),
];

/// The remedy for `flag`, a flag of another program.
pub fn flag(flag: &str) -> Option<&'static str> {
    FLAGS.iter().find(|(names, _)| names.contains(&flag)).map(|(_, hint)| *hint)
}

/// Commands of other archivers, each group with the flag of cmx that does the same.
const COMMANDS: [(&[&str], &str); 5] = [
    (&["x", "e", "extract", "d", "decompress", "unpack"], "cmx -d decompresses and extracts"),
    (&["l", "list"], "cmx -l lists an archive"),
    (&["t", "test"], "cmx -t tests an archive"),
    (&["a", "add", "append"], "cmx FILE... -o X.cmx makes an archive, cmx -a appends to one"),
    (&["c", "create", "compress"], "cmx FILE compresses, cmx FILE... -o X.cmx makes an archive"),
];

/// Refuses a first word that is a command of another archiver, unless a file has this name.
///
/// # Errors
/// The first word is such a command. The failure names the flag of cmx.
pub fn check_first_word(files: &[std::path::PathBuf]) -> Result<(), Failure> {
    let Some(first) = files.first().filter(|file| !Path::new(file).exists()) else { return Ok(()) };
    let hint =
        COMMANDS.iter().find(|(words, _)| words.iter().any(|word| first.as_os_str() == *word));
    hint.map_or(Ok(()), |(_, hint)| {
        Err(Failure::usage(format!("{}: no such file; {hint}", first.display())))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_hint_is_dangerous_or_long() {
        let hints = FLAGS.iter().map(|(_, hint)| hint).chain(COMMANDS.iter().map(|(_, hint)| hint));
        for hint in hints {
            let is_dangerous = hint
                .split_whitespace()
                .any(|word| ["-f", "--force", "--rm"].contains(&word.trim_matches(';')));
            assert!(!is_dangerous && hint.len() < 110, "{hint}");
        }
    }
}
