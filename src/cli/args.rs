//! The flags, as a user types them. What they come to is decided where they are used.

use std::path::PathBuf;

use clap::{ArgAction, Parser, Subcommand};

use cmx::input::attributes::Xattrs;

use super::bench::BenchArgs;
use super::level_flags::LevelFlags;
use super::repair::RepairArgs;
use super::size;

/// Small files, exact on every machine: a context-mixing compressor.
///
/// Without FILE, or with -, it is a filter from standard input to standard output.
#[derive(Debug, Parser)]
#[command(
    name = "cmx",
    version,
    max_term_width = 100,
    args_conflicts_with_subcommands = true,
    disable_help_subcommand = true,
    disable_help_flag = true,
    disable_version_flag = true,
    args_override_self = true,
    override_usage = "cmx [OPTION]... [FILE]...\n       cmx COMMAND [ARGUMENT]..."
)]
pub struct Args {
    /// Flags and files of the main job.
    #[command(flatten)]
    pub options: Options,
    /// Something else than the main job.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The commands that are words.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show every level with its block size and memory
    Levels,
    /// Save what is whole of a damaged archive
    Repair(RepairArgs),
    /// Help on a topic
    Help {
        /// The topic; without it the summary that names all topics
        topic: Option<String>,
    },
    /// Print the man page
    Man,
    /// Print the completions for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Measure sizes and speeds of levels on your own files
    Bench(BenchArgs),
}

/// The groups of flags, in the order in which help shows them.
pub const JOB: &str = "Job";
pub const OUTPUT: &str = "Output";
pub const EFFORT: &str = "Effort and limits";
pub const ARCHIVES: &str = "Archives of many files";
pub const MESSAGES: &str = "Messages";

/// Flags and files of the main job.
///
/// The first paragraph of each is its line in `cmx --help`, the rest is added in `cmx help
/// options`.
#[derive(Debug, Default, Clone, clap::Args)]
pub struct Options {
    /// Compress (the default); with -d: to standard output
    ///
    /// A file becomes FILE.cmx, in the folder that FILE is in; each of several one of its own;
    /// folders, and several files with -o, become one archive.
    #[arg(short = 'c', long, help_heading = JOB)]
    pub compress: bool,
    /// Decompress, or extract into the current folder
    ///
    /// Of an archive of many files the names and globs behind it are extracted, everything if there
    /// are none.
    #[arg(short, long, alias = "uncompress", help_heading = JOB)]
    pub decompress: bool,
    /// Test: decode everything, compare with the hashes
    ///
    /// Nothing is written. Every archive is tested, also behind a damaged one.
    #[arg(short, long, help_heading = JOB)]
    pub test: bool,
    /// List what an archive holds, without decoding it
    ///
    /// Sizes, ratio, time and hash of every entry, or of those that the names and globs behind the
    /// archive select.
    #[arg(short, long, help_heading = JOB)]
    pub list: bool,
    /// Append files to the archive that is named first
    ///
    /// What the archive held stays valid until the new files are safe on the disk. A path that is
    /// there already is replaced.
    #[arg(short, long, help_heading = JOB)]
    pub append: bool,
    /// Try every level on the files, recommend one
    ///
    /// Of files above 8 MiB a sample is measured. `cmx bench` does the same with more choice.
    #[arg(short, long, help_heading = JOB)]
    pub bench: bool,
    /// Write to FILE (- for standard output)
    ///
    /// With -d of an archive of many files, for one file in it.
    #[arg(short, long, value_name = "FILE", help_heading = OUTPUT)]
    pub output: Option<PathBuf>,
    /// Write to standard output
    #[arg(long, alias = "to-stdout", help_heading = OUTPUT)]
    pub stdout: bool,
    /// Extract into DIR
    ///
    /// It is made if it is not there. Nothing is written outside of it.
    #[arg(short = 'C', long, value_name = "DIR", help_heading = OUTPUT)]
    pub directory: Option<PathBuf>,
    /// Overwrite; write compressed data to a terminal
    #[arg(short, long, help_heading = OUTPUT)]
    pub force: bool,
    /// With -d: pass over files that are there
    ///
    /// What an archive of many files holds beside them is extracted. So an extraction that was
    /// interrupted goes on.
    #[arg(long, alias = "skip-old-files", help_heading = OUTPUT)]
    pub skip_existing: bool,
    /// Keep the input file (the default)
    #[arg(short, long, overrides_with = "rm", help_heading = OUTPUT)]
    pub keep: bool,
    /// Delete the input file once its output is safe
    ///
    /// That is when it is complete, verified and on the disk. Not when an archive of many files is
    /// made. With -d the archive is deleted, and only if everything in it was extracted.
    #[arg(long, help_heading = OUTPUT)]
    pub rm: bool,
    /// Level and its nine flags.
    #[command(flatten)]
    pub level: LevelFlags,
    /// Blocks to work on at once; each takes the memory
    ///
    /// By default, with 0 and with auto as many as there are cores, as far as -M allows. The bytes
    /// do not depend on it.
    #[arg(short = 'T', long, value_name = "N", value_parser = parse_threads, allow_negative_numbers = true, help_heading = EFFORT)]
    pub threads: Option<usize>,
    /// Memory that may be used, as in 900M or 4G
    ///
    /// By default three quarters of what the machine has, or its control group allows. An archive
    /// that needs more is refused, and none is made that would be refused under the same limit.
    #[arg(short = 'M', long, value_name = "SIZE", value_parser = size::parse, help_heading = EFFORT)]
    pub memory: Option<u64>,
    /// Do not decode every block again while compressing
    ///
    /// Half the time, and a defect of cmx or of the machine is found only when the data is needed.
    #[arg(long, help_heading = EFFORT)]
    pub no_verify: bool,
    /// Most bytes that may come out of an archive
    ///
    /// Without it there is no limit.
    #[arg(long, value_name = "SIZE", value_parser = size::parse, help_heading = EFFORT)]
    pub max_output: Option<u64>,
    /// Most bytes of an archive's index (256M)
    ///
    /// An archive with a longer one is refused before memory is taken for it.
    #[arg(long, value_name = "SIZE", value_parser = size::parse, help_heading = EFFORT)]
    pub max_index: Option<u64>,
    /// Most bytes of a path in an archive (2M)
    ///
    /// An archive with a longer one is refused.
    #[arg(long, value_name = "SIZE", value_parser = size::parse, help_heading = EFFORT)]
    pub max_path: Option<u64>,
    /// Pass over bytes behind the archive that are no part
    ///
    /// Without it they are an error: what follows an archive is to be another one.
    #[arg(long, help_heading = EFFORT)]
    pub ignore_trailing: bool,
    /// Accepted, and changes nothing: what lies in folders is always taken
    #[arg(short = 'r', long, hide = true)]
    pub recursive: bool,
    /// Store the name even of a single file
    ///
    /// It makes an archive of many files that has one: with all of its time, and with room for
    /// --owner, --xattrs, --parity.
    #[arg(long, help_heading = ARCHIVES)]
    pub archive: bool,
    /// Store and restore users and groups
    ///
    /// By number. Without it extracted files belong to who extracts them.
    #[arg(long, help_heading = ARCHIVES)]
    pub owner: bool,
    /// Store, restore extended attributes (user.*)
    ///
    /// Those of users only; --xattrs=all takes access lists, capabilities and labels too, which
    /// give rights: restore them only from archives that you trust.
    #[arg(long, value_name = "all", value_parser = parse_xattrs, num_args = 0..=1, require_equals = true, default_missing_value = "user", help_heading = ARCHIVES)]
    pub xattrs: Option<Xattrs>,
    /// Add bytes that can repair damage, as in 2%
    ///
    /// They repair as much damage, with `cmx repair`, and take a seventh more. Without this flag,
    /// what all files need is guarded.
    #[arg(long, value_name = "PERCENT", value_parser = size::parse_percent, default_value = "0", hide_default_value = true, help_heading = ARCHIVES)]
    pub parity: u32,
    /// Bytes of small files to put into one block
    ///
    /// More is smaller, and slower to extract from. By default an eighth of the archive, at least
    /// 768 KiB.
    #[arg(long, value_name = "SIZE", value_parser = size::parse, help_heading = ARCHIVES)]
    pub solid: Option<u64>,
    /// Bytes of text that other text goes on from
    ///
    /// More is smaller, and slower to extract from; 0 makes every block stand alone. By default
    /// there is some at -5 to -8, if there are 1.7 MB of text in small files.
    #[arg(long, value_name = "SIZE", value_parser = size::parse, help_heading = ARCHIVES)]
    pub base: Option<u64>,
    /// With -l: print the list for programs
    ///
    /// One object for one archive, an array of such objects for several; what fails is not in it.
    #[arg(long, help_heading = ARCHIVES)]
    pub json: bool,
    /// No progress; warnings and errors are shown
    #[arg(long, help_heading = MESSAGES)]
    pub no_progress: bool,
    /// No progress and no warnings, only errors
    #[arg(short, long, help_heading = MESSAGES)]
    pub quiet: bool,
    /// List names, say what was done; -vv adds sizes
    ///
    /// The name of each entry of an archive of many files when it is stored, extracted or tested,
    /// on standard error. With -l the owners.
    #[arg(short, long, action = ArgAction::Count, help_heading = MESSAGES)]
    pub verbose: u8,
    /// Print a summary that fits on a screen
    #[arg(short = 'h', long = "help", action = ArgAction::Help, global = true, help_heading = MESSAGES)]
    pub _help: Option<bool>,
    /// Print the version; --version adds formats and commit
    #[arg(short = 'V', long = "version", action = ArgAction::Version, help_heading = MESSAGES)]
    pub _version: Option<bool>,
    /// Files or folders; to extract or list: an archive, then names or globs in it
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// Which extended attributes are wanted.
fn parse_xattrs(text: &str) -> Result<Xattrs, String> {
    match text {
        "user" => Ok(Xattrs::User),
        "all" => Ok(Xattrs::All),
        _ => Err("--xattrs takes user.* attributes, --xattrs=all all of them".into()),
    }
}

/// A number of threads; 0 and auto stand for one a core.
fn parse_threads(text: &str) -> Result<usize, String> {
    if text == "auto" {
        return Ok(0);
    }
    text.parse()
        .map_err(|_| "not a number of threads; write -T 4, or -T 0 for one a core".to_string())
}

impl Options {
    /// Is the output to go to standard output?
    pub fn to_stdout(&self) -> bool {
        self.stdout
            || (self.compress && self.decompress)
            || self.output.as_ref().is_some_and(|path| path.as_os_str() == "-")
    }

    /// The files to work on; standard input if none is named.
    pub fn inputs(&self) -> Vec<PathBuf> {
        if self.files.is_empty() { vec![PathBuf::from("-")] } else { self.files.clone() }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::super::job::Job;
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn flags_may_stand_in_any_order() {
        for line in [
            "cmx -c -7 -T 2 -q -f --no-verify IN -o OUT",
            "cmx IN -o OUT --no-verify -fq -T2 -7c",
            "cmx -o OUT IN -cqf7T 2 --no-verify",
        ] {
            let options = Args::parse_from(line.split(' ')).options;
            assert_eq!(
                (options.job().unwrap(), options.threads, options.level.number),
                (Job::Compress, Some(2), 7)
            );
            assert!(options.quiet && options.force && options.no_verify && !options.to_stdout());
            assert_eq!((options.files, options.output), (vec!["IN".into()], Some("OUT".into())));
        }
        for line in ["cmx -dc IN", "cmx -cd IN", "cmx -d IN --stdout", "cmx -d -o - IN"] {
            let options = Args::parse_from(line.split(' ')).options;
            assert!(options.job().unwrap() == Job::Decompress && options.to_stdout());
        }
        assert!(Args::parse_from(["cmx", "-c", "levels"]).command.is_none());
        assert!(Args::parse_from(["cmx", "levels"]).command.is_some());
    }
}
