//! The command line: one file for each command, and the code that commands share.

mod append;
mod archive_input;
mod args;
mod batch;
mod bench;
mod compress;
mod decompress;
mod device;
#[cfg(feature = "gpu")]
mod device_streams;
mod display;
mod environment;
mod explain;
mod extract;
mod extract_file;
mod extract_folder;
mod failure;
mod habits;
mod help;
mod job;
mod level_flags;
mod levels;
mod list;
mod machine_memory;
mod man;
mod measure;
mod others;
mod output;
mod pack;
mod priors;
mod recommend;
mod repair;
mod screen;
mod signals;
mod size;
mod standard;
mod test;
mod train;
mod usage;
mod version;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches};

use args::{Args, Command};
use failure::Failure;
use job::Job;

/// Parses the arguments, runs the command, reports its failure, and returns the exit code.
pub fn run() -> ExitCode {
    let words = match words(std::env::var_os("CMX_OPT"), std::env::args_os().collect()) {
        Ok(words) => words,
        Err(failure) => return end(&failure),
    };
    // Before anything asks for the set in use, as the text of --version does.
    let set = environment::choose_instruction_set(std::env::var_os("CMX_SIMD").as_deref());
    if let Some(mistake) = level_flags::mistaken(&words, &Args::command()) {
        return end(&Failure::usage(mistake));
    }
    let args = match screen::command()
        .try_get_matches_from(words)
        .and_then(|matches| Args::from_arg_matches(&matches))
    {
        Ok(args) => args,
        Err(error) => return usage::report(&error),
    };
    signals::remove_unfinished_files();
    print_panics(std::env::var_os("RUST_BACKTRACE").is_some());
    match dispatch(&args, set) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => end(&failure),
    }
}

/// Prints each panic as one line, in the form of other errors. With `defects` the full message and
/// the backtrace follow. A panic that the library catches, because of hostile bytes, is never
/// printed.
fn print_panics(defects: bool) {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if defects && !cmx::is_panic_caught() {
            before(info);
        }
    }));
}

fn end(failure: &Failure) -> ExitCode {
    failure.report();
    if failure.is_closed_pipe() {
        signals::end_by_closed_pipe();
    }
    ExitCode::from(failure.code)
}

/// The words of the call. The words of `CMX_OPT` follow the name of the program, so that typed
/// words override them. A command stays before all flags.
fn words(defaults: Option<OsString>, mut typed: Vec<OsString>) -> Result<Vec<OsString>, Failure> {
    let is_command =
        typed.get(1).is_some_and(|word| Args::command().find_subcommand(word).is_some());
    if !is_command {
        let at = typed.len().min(1);
        typed.splice(at..at, environment::options(defaults.as_deref())?);
    }
    Ok(typed)
}

/// Bytes that the small allocations of a job may need. Most of these cannot fail cleanly, so this
/// amount is allocated once and freed before the job begins.
const HEADROOM: usize = 32 << 20;

/// Runs the command of `args`. `set` is whether the instruction set could be chosen: commands that
/// compute nothing run without.
fn dispatch(args: &Args, set: Result<(), Failure>) -> Result<(), Failure> {
    if Vec::<u8>::new().try_reserve_exact(HEADROOM).is_err() {
        return Err(Failure::usage(
            "there is not enough memory to begin; a limit is set too low (ulimit -v)",
        ));
    }
    if !matches!(
        args.command,
        Some(Command::Levels | Command::Help { .. } | Command::Man | Command::Completions { .. })
    ) {
        set?;
        if let Some(warning) = cmx::internals::simd::warning() {
            eprintln!("cmx: warning: {warning}");
        }
    }
    if let Some(command) = &args.command {
        return match command {
            Command::Levels => levels::run(),
            Command::Devices => device::run(),
            Command::Repair(repair) => repair::run(repair),
            Command::Help { topic } => help::topic(topic.as_deref()),
            Command::Man => help::man(),
            Command::Completions { shell } => help::completions(*shell),
            Command::Bench(bench) => bench::run(bench),
            Command::Explain(explain) => explain::run(explain),
            Command::Train(args) => train::run(args),
        };
    }
    let options = &args.options;
    let job = options.job()?;
    options.check_terminal(job)?;
    habits::check_first_word(&options.files)?;
    device::choose(options, job)?;
    let done = run_job(options, job);
    if let Some(warning) = device::warning().filter(|_| !options.quiet) {
        failure::warn(warning);
    }
    done
}

fn run_job(options: &args::Options, job: Job) -> Result<(), Failure> {
    match job {
        Job::Compress => compress::run(options),
        Job::Decompress => decompress::run(options),
        Job::Test => test::run(options),
        Job::List => list::run(options),
        Job::Append => append::run(options),
        Job::Bench => bench::run(&bench::BenchArgs::of_files(&options.files)),
    }
}
