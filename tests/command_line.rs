//! The command as a shell sees it: forms of a call, files left behind, exit codes, messages.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const TEXT: &[u8] = b"one two three, one two three, one two three\n";

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("IN"), TEXT).unwrap();
    folder
}

/// Runs `cmx LINE` in `folder` with `input` on a pipe.
fn cmx(folder: &Path, line: &str, input: &[u8]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cmx"));
    command.current_dir(folder).args(line.split_whitespace()).env_remove("CMX_OPT");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that does not read its input closes the pipe early.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn ok(folder: &TempDir, line: &str) -> Vec<u8> {
    let output = cmx(folder.path(), line, b"");
    assert!(output.status.success(), "cmx {line}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Runs a call that must fail with `code` and one line that contains `part`.
fn fails(folder: &TempDir, line: &str, input: &[u8], code: i32, part: &str) {
    let output = cmx(folder.path(), line, input);
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "cmx {line}: {text}");
    assert!(text.contains(part) && text.lines().count() == 1, "cmx {line}: {text}");
}

fn names(folder: &TempDir) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn the_promised_forms() {
    let folder = folder();
    let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
    ok(&folder, "-c IN");
    ok(&folder, "-c -7 -T 2 -q -f --no-verify IN -o OUT.cmx");
    ok(&folder, "-t IN.cmx");
    fs::remove_file(folder.path().join("IN")).unwrap();
    ok(&folder, "-d IN.cmx");
    assert_eq!(read("IN"), TEXT);
    ok(&folder, "-d -q -f OUT.cmx -o OUT");
    assert_eq!(read("OUT"), TEXT);
    assert_eq!(ok(&folder, "-dc IN.cmx"), TEXT);
    let archive = cmx(folder.path(), "", TEXT).stdout;
    assert_eq!(cmx(folder.path(), "-d", &archive).stdout, TEXT);
    assert_eq!(names(&folder), ["IN", "IN.cmx", "OUT", "OUT.cmx"]);
}

#[test]
fn mode_and_time_come_back() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let path = folder.path().join("IN");
    let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_234_567_890);
    let file = fs::File::options().write(true).open(&path).unwrap();
    file.set_permissions(fs::Permissions::from_mode(0o640)).unwrap();
    file.set_modified(time).unwrap();
    ok(&folder, "--rm IN");
    assert_eq!(names(&folder), ["IN.cmx"]);
    fs::set_permissions(folder.path().join("IN.cmx"), fs::Permissions::from_mode(0o600)).unwrap();
    ok(&folder, "-d IN.cmx");
    let found = fs::metadata(&path).unwrap();
    assert_eq!((found.permissions().mode() & 0o7777, found.modified().unwrap()), (0o640, time));
}

#[test]
fn inputs_of_every_kind() {
    let folder = folder();
    for (name, data) in [("empty", vec![]), ("byte", vec![7]), ("zeros", vec![0; 300_000]), ("already", TEXT.repeat(9))] {
        fs::write(folder.path().join(name), &data).unwrap();
        ok(&folder, &format!("-1 -q {name}"));
        ok(&folder, &format!("-1 -q {name}.cmx -o twice.cmx -f"));
        assert_eq!(ok(&folder, &format!("-dc {name}.cmx")), data);
    }
    // The size of a file in /proc is said to be 0.
    ok(&folder, "-q /proc/self/status -o status.cmx");
    assert!(ok(&folder, "-dc status.cmx").starts_with(b"Name:"));
}

#[test]
fn mistakes_get_one_clear_line() {
    let folder = folder();
    ok(&folder, "IN");
    fails(&folder, "IN", b"", 1, "IN.cmx exists; -f overwrites it");
    fails(&folder, "missing", b"", 1, "missing: No such file");
    fails(&folder, "-d IN", b"", 1, "name the output with -o");
    fails(&folder, "IN.cmx", b"", 1, "archive already");
    fails(&folder, "-f IN -o IN", b"", 1, "input and output at once");
    fails(&folder, "IN -o missing/OUT", b"", 1, "missing/OUT: No such file");
    fails(&folder, "-d -o OUT", b"plain text", 2, "standard input: corrupt archive: not a cmx archive");
    fails(&folder, "-d -o OUT", b"", 2, "it is empty");
    fails(&folder, "-c IN -o /dev/full", b"", 1, "/dev/full: No space left on device");
    let archive = fs::read(folder.path().join("IN.cmx")).unwrap();
    fails(&folder, "-d -o OUT", &archive[..archive.len() - 1], 2, "ends early");
    let mut newer = archive.clone();
    newer[6] = 2;
    fails(&folder, "-d -o OUT", &newer, 1, "container version 2");
    let mut flipped = archive;
    flipped[25] ^= 4;
    fails(&folder, "-t", &flipped, 2, "damaged");
    assert_eq!(names(&folder), ["IN", "IN.cmx"], "nothing is left behind");
}

#[test]
fn a_source_is_deleted_only_when_all_of_it_is_kept() {
    let folder = folder();
    ok(&folder, "--rm IN -o /dev/null");
    ok(&folder, "IN");
    ok(&folder, "-d --rm IN.cmx -o /dev/null");
    assert_eq!(names(&folder), ["IN", "IN.cmx"]);
    ok(&folder, "IN --archive -o x.cmx");
    let whole = fs::read(folder.path().join("x.cmx")).unwrap();
    // An append that was never finished is still in the archive.
    fs::write(folder.path().join("x.cmx"), [&whole[..], &whole[..30]].concat()).unwrap();
    assert_eq!(cmx(folder.path(), "-d -f --rm x.cmx", b"").status.code(), Some(2));
    assert_eq!(names(&folder), ["IN", "IN.cmx", "x.cmx"]);
    fs::write(folder.path().join("x.cmx"), &whole).unwrap();
    ok(&folder, "-d -f --rm x.cmx");
    assert_eq!(names(&folder), ["IN", "IN.cmx"]);
}

#[test]
fn text_that_cannot_be_printed_is_an_error() {
    let folder = folder();
    ok(&folder, "IN");
    for line in ["--help", "--version", "help levels", "levels", "man", "-l IN.cmx"] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_cmx"));
        command.current_dir(folder.path()).args(line.split_whitespace()).env_remove("CMX_OPT");
        let output = command.stdout(full).stderr(Stdio::piped()).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{line}: {text}");
        assert!(text.contains("standard output: No space left on device"), "{line}: {text}");
    }
}

#[test]
fn standard_input_is_no_file_of_an_archive() {
    let folder = folder();
    for line in ["--archive - -o x.cmx", "IN - -o x.cmx"] {
        fails(&folder, line, TEXT, 1, "standard input has no name");
    }
    assert_eq!(names(&folder), ["IN"]);
}

#[test]
fn files_of_unknown_length_are_not_stored_as_empty() {
    let folder = folder();
    let output = cmx(folder.path(), "/proc/self/status IN -o x.cmx", b"");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("left out: /proc/self/status: it has content"));
    assert_eq!(ok(&folder, "-dc x.cmx"), TEXT);
}

#[test]
fn the_folder_to_decompress_into_is_made() {
    let folder = folder();
    ok(&folder, "IN");
    ok(&folder, "-d IN.cmx -C new/folder");
    assert_eq!(fs::read(folder.path().join("new/folder/IN")).unwrap(), TEXT);
}

#[test]
fn a_folder_may_end_in_a_slash() {
    let folder = folder();
    fs::create_dir(folder.path().join("d")).unwrap();
    fs::write(folder.path().join("d/f"), TEXT).unwrap();
    for (line, made) in [("d/", "d.cmx"), ("./d/.", "d.cmx"), ("d//", "d.cmx")] {
        ok(&folder, line);
        assert_eq!(names(&folder), ["IN", "d", made], "{line}");
        fs::remove_file(folder.path().join(made)).unwrap();
    }
}

#[test]
fn names_in_messages_cannot_act_on_a_terminal() {
    let folder = folder();
    let odd = "no\u{1b}[31m\u{202e}such";
    fs::create_dir(folder.path().join("d")).unwrap();
    let fifo = folder.path().join("d").join(odd);
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    for line in ["d -o x.cmx".to_string(), format!("{odd} IN -o y.cmx"), odd.to_string(), format!("-l {odd}"), format!("-d {odd}.cmx")] {
        let output = cmx(folder.path(), &line, b"");
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains("no\\u{1b}[31m\\u{202e}such") && !text.contains(['\u{1b}', '\u{202e}']), "{text:?}");
        assert!(!text.contains("os error") && text.matches("such").count() <= 2, "{text:?}");
    }
}

#[test]
fn damage_outweighs_other_errors_of_a_test() {
    let folder = folder();
    fs::write(folder.path().join("junk"), b"this is no archive").unwrap();
    for line in ["-t junk missing", "-t missing junk"] {
        let output = cmx(folder.path(), line, b"");
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(String::from_utf8_lossy(&output.stderr).lines().count(), 2);
    }
}

#[test]
fn folders_are_no_archives_and_the_unreadable_is_named() {
    let folder = folder();
    fs::create_dir(folder.path().join("d")).unwrap();
    for mode in ["-d", "-t", "-l"] {
        fails(&folder, &format!("{mode} d"), b"", 1, "d: is a directory");
    }
    // Nobody may read the memory of a process at 0, not even root.
    fails(&folder, "/proc/self/mem -o OUT", b"", 1, "/proc/self/mem: Input/output error");
    assert_eq!(names(&folder), ["IN", "d"]);
}

#[test]
fn a_signal_that_is_ignored_stays_ignored() {
    let folder = folder();
    let script = "trap '' HUP; exec 3<&0; $CMX <&3 >OUT.cmx & child=$!; sleep 0.3; kill -HUP $child; sleep 0.2; kill -0 $child";
    let mut command = Command::new("sh");
    command.current_dir(folder.path()).args(["-c", script]).env("CMX", env!("CARGO_BIN_EXE_cmx"));
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    // The pipe stays open, so that it waits for more.
    let pipe = child.stdin.take();
    assert!(child.wait().unwrap().success());
    drop(pipe);
}

#[test]
fn a_call_that_cannot_be_parsed_gets_a_line_and_a_hint() {
    let folder = folder();
    for (line, part) in
        [("--frce IN", "'--force'"), ("repair", "<ARCHIVE>"), ("-T", "'--threads <N>'"), ("-M x IN", "900M"), ("completions x", "zsh")]
    {
        let output = cmx(folder.path(), line, b"");
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), text.lines().count()), (Some(1), 2), "cmx {line}: {text}");
        assert!(text.lines().all(|line| line.starts_with("cmx: ")) && text.contains(part), "cmx {line}: {text}");
    }
    assert_eq!(names(&folder), ["IN"]);
}

#[test]
fn flags_that_do_not_fit_together_are_refused() {
    let folder = folder();
    ok(&folder, "IN -o x.cmx");
    for line in ["-dt x.cmx", "-al x.cmx IN", "-cl x.cmx", "-tl x.cmx", "-ct x.cmx", "-bd x.cmx", "-l x.cmx -a"] {
        fails(&folder, line, b"", 1, "are two jobs; one at a time");
    }
    fails(&folder, "IN --json", b"", 1, "--json belongs to -l");
    fails(&folder, "IN -C out", b"", 1, "-C names the folder that -d extracts into");
    fails(&folder, "-l x.cmx -o list", b"", 1, "-o is for compressing");
    fails(&folder, "-dc x.cmx -o OUT", b"", 1, "one of them");
    assert_eq!(names(&folder), ["IN", "x.cmx"]);
}

/// The other end of a terminal is one too.
#[test]
fn a_terminal_is_not_waited_for() {
    let folder = folder();
    for line in ["-d", "-t", "-l", "-dc", "-d -", "-o OUT", "-c --stdout"] {
        let Ok(terminal) = fs::File::options().read(true).write(true).open("/dev/ptmx") else { return };
        let mut command = Command::new(env!("CARGO_BIN_EXE_cmx"));
        command.current_dir(folder.path()).args(line.split(' ')).env_remove("CMX_OPT").stdin(terminal);
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(1) && text.contains("terminal; name") && text.lines().count() == 1, "cmx {line}: {text}");
    }
    assert_eq!(names(&folder), ["IN"]);
}

#[test]
fn level_nine_says_what_it_does() {
    let folder = folder();
    let output = cmx(folder.path(), "-9 IN", b"");
    assert!(output.status.success() && String::from_utf8_lossy(&output.stderr).contains("this is level 8"));
    ok(&folder, "-8 IN -o eight.cmx");
    assert_eq!(fs::read(folder.path().join("IN.cmx")).unwrap(), fs::read(folder.path().join("eight.cmx")).unwrap());
}

#[test]
fn a_closed_pipe_is_quiet() {
    let folder = folder();
    fs::write(folder.path().join("big"), vec![b'x'; 3 << 20]).unwrap();
    ok(&folder, "-1 --no-verify big");
    let mut command = Command::new(env!("CARGO_BIN_EXE_cmx"));
    let mut child =
        command.current_dir(folder.path()).args(["-dc", "big.cmx"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(141));
}

#[test]
fn a_signal_leaves_no_file_and_its_number() {
    let folder = folder();
    fs::write(folder.path().join("big"), TEXT.repeat(100_000)).unwrap();
    for (signal, code) in [("HUP", 129), ("INT", 130), ("TERM", 143)] {
        // What ignores a signal here, as `nohup` does, must not be handed on.
        let mut command = Command::new("env");
        command.args(["--default-signal=HUP,INT,TERM", env!("CARGO_BIN_EXE_cmx"), "-8", "-q", "big", "-o", "OUT"]);
        command.current_dir(folder.path()).env_remove("CMX_OPT");
        let mut child = command.spawn().unwrap();
        // It is at work when the file is there that it writes to.
        while names(&folder).len() < 3 {
            assert!(child.try_wait().unwrap().is_none(), "it was done too early");
        }
        assert!(Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(code));
        assert_eq!(names(&folder), ["IN", "big"]);
    }
}

/// As the help says: the time of a small file to the second, all of it in an archive of many files.
#[test]
fn how_much_of_a_time_is_kept() {
    let folder = folder();
    let time = std::time::UNIX_EPOCH + std::time::Duration::new(1_234_567_890, 123_456_789);
    let file = fs::File::options().write(true).open(folder.path().join("IN")).unwrap();
    file.set_modified(time).unwrap();
    ok(&folder, "IN -o one.cmx");
    ok(&folder, "--archive IN -o many.cmx");
    let read = |name: &str| fs::metadata(folder.path().join(name)).unwrap().modified().unwrap();
    ok(&folder, "-d -f one.cmx -o OUT");
    assert_eq!(read("OUT"), time - std::time::Duration::from_nanos(123_456_789));
    ok(&folder, "-d many.cmx -C out");
    assert_eq!(read("out/IN"), time);
}

#[test]
fn a_link_is_followed_and_a_folder_refused() {
    let folder = folder();
    std::os::unix::fs::symlink("real", folder.path().join("link")).unwrap();
    fs::write(folder.path().join("real"), b"").unwrap();
    ok(&folder, "IN -f -o link");
    assert!(fs::symlink_metadata(folder.path().join("link")).unwrap().is_symlink());
    assert_eq!(ok(&folder, "-dc real"), TEXT);
    fails(&folder, "IN -f -o .", b"", 1, "is a folder");
}

#[test]
fn tar_takes_it_as_its_compressor() {
    let folder = folder();
    let run = |line: &str| {
        let status = Command::new("tar").current_dir(folder.path()).args(line.split(' ')).status().unwrap();
        assert!(status.success(), "tar {line}");
    };
    let program = env!("CARGO_BIN_EXE_cmx");
    run(&format!("-I {program} -cf t.tar.cmx IN"));
    fs::remove_file(folder.path().join("IN")).unwrap();
    run(&format!("-I {program} -xf t.tar.cmx"));
    assert_eq!(fs::read(folder.path().join("IN")).unwrap(), TEXT);
}

#[test]
fn the_environment_gives_defaults_that_flags_override() {
    let folder = folder();
    let run = |environment: &str, line: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cmx"));
        command.current_dir(folder.path()).args(line.split(' ')).env("CMX_OPT", environment);
        command.output().unwrap()
    };
    assert!(run("-1 -T 2 -q", "-3 -T 1 IN").status.success());
    assert!(run("-T nonsense", "levels").status.success());
    for (environment, word) in
        [("-T nonsense", "nonsense"), ("foo", "foo"), ("levels", "levels"), ("-7 -T", "value"), ("--", "--"), ("-", "-"), ("-d", "a job")]
    {
        let output = run(environment, "IN -o x");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(1) && text.starts_with("cmx: CMX_OPT: ") && text.contains(word), "{environment}: {text}");
        assert_eq!(names(&folder), ["IN", "IN.cmx"]);
    }
    ok(&folder, "-3 IN -o three.cmx");
    assert_eq!(fs::read(folder.path().join("IN.cmx")).unwrap(), fs::read(folder.path().join("three.cmx")).unwrap());
}

#[test]
fn an_instruction_set_must_be_one_of_the_machine() {
    let folder = folder();
    let run = |set: &str, line: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cmx"));
        command.current_dir(folder.path()).args(line.split(' ')).env_remove("CMX_OPT").env("CMX_SIMD", set);
        command.output().unwrap()
    };
    assert!(run("scalar", "IN").status.success() && run("", "-t IN.cmx").status.success());
    for line in ["IN -f", "-d -f IN.cmx", "-t IN.cmx", "-l IN.cmx", "repair IN.cmx", "bench IN"] {
        let output = run("foo", line);
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(1) && text.starts_with("cmx: CMX_SIMD: ") && text.contains("scalar"), "{line}: {text}");
        assert_eq!(text.lines().count(), 1);
    }
    assert!(run("foo", "help environment").status.success());
}

#[test]
fn help_fits_on_a_screen_and_more_is_in_topics() {
    let folder = folder();
    let text = |line: &str| String::from_utf8(ok(&folder, line)).unwrap();
    let screen = text("--help");
    assert!(screen.lines().count() <= 50 && screen.lines().all(|line| line.chars().count() <= 100), "{screen}");
    assert!(screen.lines().last().unwrap().contains("cmx help TOPIC"), "{screen}");
    assert_eq!((text("-h"), text("help")), (screen.clone(), screen.clone()));
    let topics = screen.lines().find_map(|line| line.strip_prefix("Topics: ")).unwrap();
    assert!(topics.split(", ").count() >= 8, "{topics}");
    for topic in topics.split(", ") {
        assert!(text(&format!("help {topic}")).len() > 300, "{topic}");
    }
    assert!(text("help options").lines().count() > 100);
    assert!(text("repair --help").contains("Usage: cmx repair"));
    fails(&folder, "help nonsense", b"", 1, "there is help on archives");
}

#[test]
fn the_man_page_has_everything() {
    let folder = folder();
    let page = String::from_utf8(ok(&folder, "man")).unwrap();
    for part in [
        ".SH OPTIONS",
        ".SH COMMANDS",
        ".SS cmx repair",
        ".SS cmx bench",
        ".SH ARCHIVES",
        ".SH ENVIRONMENT",
        ".SH EXIT STATUS",
        "CMX_OPT",
        "CMX_SIMD",
        "\\-\\-mixer",
        "  141 ",
    ] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("EXTRA") && !page.contains("(1)"));
    // An option without a word on it leaves an empty line.
    assert!(!page.contains("\n\n.TP"));
}

#[test]
fn completions_for_every_shell() {
    let folder = folder();
    for shell in ["bash", "zsh", "fish"] {
        assert!(String::from_utf8(ok(&folder, &format!("completions {shell}"))).unwrap().contains("no-verify"));
    }
}

#[test]
fn a_folder_there_and_back() {
    let folder = folder();
    let path = folder.path().join("d/sub");
    fs::create_dir_all(&path).unwrap();
    fs::write(path.join("a.txt"), TEXT).unwrap();
    fs::write(folder.path().join("d/b.md"), b"b\n").unwrap();
    ok(&folder, "-1 d IN -o x.cmx");
    let list = String::from_utf8(ok(&folder, "-l x.cmx")).unwrap();
    assert!(list.contains("d/sub/a.txt") && list.contains("5 entries"), "{list}");
    let json: serde_json::Value = serde_json::from_slice(&ok(&folder, "-l --json x.cmx IN")).unwrap();
    assert_eq!((&json["entries"][0]["path"], &json["entries"][0]["size"]), (&"IN".into(), &TEXT.len().into()));
    ok(&folder, "-d x.cmx d/**/*.txt -C out");
    assert_eq!(fs::read(folder.path().join("out/d/sub/a.txt")).unwrap(), TEXT);
    assert!(!folder.path().join("out/d/b.md").exists());
    assert_eq!(ok(&folder, "-dc x.cmx IN"), TEXT);
    ok(&folder, "-t x.cmx");
    fs::write(folder.path().join("new"), b"new\n").unwrap();
    ok(&folder, "-a -1 x.cmx new");
    assert_eq!(ok(&folder, "-dc x.cmx new"), b"new\n");
    let archive = fs::read(folder.path().join("x.cmx")).unwrap();
    assert!(cmx(folder.path(), "-d -C piped", &archive).status.success());
    assert_eq!(fs::read(folder.path().join("piped/new")).unwrap(), b"new\n");
    fails(&folder, "-d", &archive, 1, "name the folder to extract into with -C");
    fails(&folder, "-d x.cmx -C x.cmx", b"", 1, "the folder to extract into, x.cmx: File exists");
    fails(&folder, "-d x.cmx nothing", b"", 1, "nothing in the archive matches");
    fails(&folder, "-d x.cmx", b"", 1, "-f overwrites it");
    fails(&folder, "-d x.cmx -o y", b"", 1, "-C");
    ok(&folder, "-1 d");
    assert!(folder.path().join("d.cmx").exists());
    assert_eq!(String::from_utf8(ok(&folder, "repair d.cmx")).unwrap(), "d.cmx is whole; nothing to repair\n");
}

/// What a repair takes and says; it once wrote a file of the name `-`.
#[test]
fn repair_names_what_is_lost() {
    let folder = folder();
    ok(&folder, "-c IN");
    let whole = fs::read(folder.path().join("IN.cmx")).unwrap();
    let mut damaged = whole.clone();
    damaged[20] ^= 1;
    fs::write(folder.path().join("x.cmx"), [&whole[..], &damaged, &whole].concat()).unwrap();
    fails(&folder, "repair -", &whole, 1, "standard input cannot be repaired");
    fails(&folder, "repair x.cmx -o -", b"", 1, "written to a file");
    fails(&folder, "repair .", b"", 1, "name a file");
    assert_eq!(names(&folder), ["IN", "IN.cmx", "x.cmx"]);
    let repair = |flags: &str| {
        let output = cmx(folder.path(), &format!("repair -f x.cmx {flags}"), b"");
        assert!(output.status.code() == Some(2) && output.stderr.is_empty(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let lost = repair("-q -T 1 -M 4G --max-index 1M");
    assert!(lost.starts_with("lost: stream-2, ") && lost.lines().count() == 1, "{lost}");
    let text = repair("-v");
    let last = "x.repaired.cmx: 2 entries whole, 1 not";
    assert!(text.starts_with("stream-1: ") && text.lines().count() == 5 && text.ends_with(&format!("{lost}{last}\n")), "{text}");
    assert_eq!(ok(&folder, "-dc x.repaired.cmx"), [TEXT, TEXT].concat());
    ok(&folder, "-t x.repaired.cmx");
    ok(&folder, "-d x.repaired.cmx");
    fs::write(folder.path().join("y.cmx"), &damaged).unwrap();
    fails(&folder, "repair y.cmx", b"", 2, "one piece under one hash");
}

/// Nothing has no share of anything.
#[test]
fn a_list_of_an_empty_file_shows_no_ratio() {
    let folder = folder();
    fs::write(folder.path().join("none"), "").unwrap();
    ok(&folder, "-c -q none");
    let list = String::from_utf8(ok(&folder, "-l none.cmx")).unwrap();
    assert!(list.contains("1 entry, 0 bytes") && !list.contains('%'), "{list}");
}

#[test]
fn a_table_over_the_levels_and_a_word_on_it() {
    let folder = folder();
    let table = String::from_utf8(ok(&folder, "-b IN")).unwrap();
    for level in 1..=8 {
        assert!(table.lines().any(|line| line.starts_with(&format!("-{level} "))), "{table}");
    }
    assert!(table.contains("\nTake -"), "{table}");
    let some = String::from_utf8(ok(&folder, "bench --levels 1,3 IN IN")).unwrap();
    assert_eq!(some.matches("\n-3 ").count(), 2, "{some}");
    // Of a large file a sample.
    fs::write(folder.path().join("large"), vec![7; 9 << 20]).unwrap();
    assert!(String::from_utf8(ok(&folder, "bench --levels 1 large")).unwrap().contains("a sample of 8.0 MiB"));
    assert!(!String::from_utf8(ok(&folder, "bench --levels 1 --whole large")).unwrap().contains("sample"));
    fails(&folder, "-b", b"", 1, "name a file");
    fails(&folder, "bench --levels 77 IN", b"", 1, "no level 77");
}
