//! The command line: one file a command, and what they share.

mod append;
mod archive_input;
mod args;
mod bench;
mod compress;
mod decompress;
mod display;
mod extract;
mod failure;
mod level_flags;
mod levels;
mod list;
mod output;
mod pack;
mod repair;
mod signals;
mod size;
mod test;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command, Mode};
use failure::Failure;

/// Parses the arguments, does what they ask, reports, and gives the exit code.
pub fn run() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // A closed pipe behind `--help` is no reason to complain.
            let _ = error.print();
            return ExitCode::from(u8::from(error.use_stderr()));
        }
    };
    signals::remove_unfinished_files();
    match dispatch(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.report();
            ExitCode::from(failure.code)
        }
    }
}

fn dispatch(args: &Args) -> Result<(), Failure> {
    if let Some(command) = &args.command {
        return match command {
            Command::Levels => levels::run(),
            Command::Repair(repair) => repair::run(repair),
            Command::Bench(bench) => bench::run(bench),
        };
    }
    let options = &args.options;
    match options.mode() {
        Mode::Compress => compress::run(options),
        Mode::Decompress => decompress::run(options),
        Mode::Test => test::run(options),
        Mode::List => list::run(options),
        Mode::Append => append::run(options),
        Mode::Bench => bench::run(&bench::BenchArgs::of_files(&options.files)),
    }
}
