//! The flags, as a user types them. What they come to is decided where they are used.

use std::path::PathBuf;

use clap::{ArgAction, Parser, Subcommand};

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
    args_override_self = true
)]
#[command(
    after_help = "Exit codes: 0 done, 1 error, 2 corrupt archive or warning.\nExamples: cmx FILE · cmx -d FILE.cmx · cmx -8 DIR -o X.cmx · cmx -d X.cmx 'docs/**' -C OUT · cmx -l X.cmx"
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
    /// Help on a topic: archives, levels, limits, pipes, repair
    Help {
        /// The topic
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

/// Flags and files of the main job.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Compress (the default); together with -d: write to standard output
    #[arg(short = 'c', long)]
    pub compress: bool,
    /// Decompress
    #[arg(short, long)]
    pub decompress: bool,
    /// Test: decode everything and compare with the stored hashes
    #[arg(short, long)]
    pub test: bool,
    /// List what an archive holds
    #[arg(short, long)]
    pub list: bool,
    /// Append files to the archive that is named first
    #[arg(short, long)]
    pub append: bool,
    /// Try every level on the files and recommend one
    #[arg(short, long)]
    pub bench: bool,
    /// Level and its nine flags.
    #[command(flatten)]
    pub level: LevelFlags,
    /// Write to FILE (- for standard output)
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Write to standard output
    #[arg(long)]
    pub stdout: bool,
    /// Extract into DIR
    #[arg(short = 'C', long, value_name = "DIR")]
    pub directory: Option<PathBuf>,
    /// Threads; each takes the memory of the level (default: one per core, as memory allows)
    #[arg(short = 'T', long, value_name = "N")]
    pub threads: Option<usize>,
    /// Memory that may be used, as in 900M or 4G (default: three quarters of what the machine has)
    #[arg(short = 'M', long, value_name = "SIZE", value_parser = size::parse)]
    pub memory: Option<u64>,
    /// Overwrite files; write compressed data to a terminal
    #[arg(short, long)]
    pub force: bool,
    /// Keep the input file (the default)
    #[arg(short, long, overrides_with = "rm")]
    pub keep: bool,
    /// Delete the input file once its output is safe on the disk
    #[arg(long)]
    pub rm: bool,
    /// No progress and no warnings, only errors
    #[arg(short, long)]
    pub quiet: bool,
    /// Say what was done
    #[arg(short, long, action = ArgAction::Count)]
    pub verbose: u8,
    /// Print the list for programs
    #[arg(long)]
    pub json: bool,
    /// Make an archive with names even of a single file
    #[arg(long)]
    pub archive: bool,
    /// Store and restore users and groups
    #[arg(long)]
    pub owner: bool,
    /// Store and restore extended attributes
    #[arg(long)]
    pub xattrs: bool,
    /// Add bytes that can repair damage, as in 2%
    #[arg(long, value_name = "PERCENT", value_parser = size::parse_percent, default_value = "0", hide_default_value = true)]
    pub parity: u32,
    /// Small files to put into one block: more is smaller, and slower to extract from
    #[arg(long, value_name = "SIZE", value_parser = size::parse)]
    pub solid: Option<u64>,
    /// Text that other blocks of small files go on from: more is smaller, and slower to extract from; 0 is none
    #[arg(long, value_name = "SIZE", value_parser = size::parse)]
    pub base: Option<u64>,
    /// Do not decode every block again while compressing
    #[arg(long)]
    pub no_verify: bool,
    /// Most bytes that may come out of an archive
    #[arg(long, value_name = "SIZE", value_parser = size::parse)]
    pub max_output: Option<u64>,
    /// Most bytes of an archive's index
    #[arg(long, value_name = "SIZE", value_parser = size::parse, hide_short_help = true)]
    pub max_index: Option<u64>,
    /// Most bytes of a path in an archive
    #[arg(long, value_name = "SIZE", value_parser = size::parse, hide_short_help = true)]
    pub max_path: Option<u64>,
    /// Pass over bytes behind the archive that belong to none
    #[arg(long)]
    pub ignore_trailing: bool,
    /// Files or folders; to extract or list: an archive, then names or globs in it
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// The main jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Compress,
    Decompress,
    Test,
    List,
    Append,
    Bench,
}

impl Options {
    /// The job that the flags name.
    pub fn mode(&self) -> Mode {
        if self.bench {
            Mode::Bench
        } else if self.test {
            Mode::Test
        } else if self.list {
            Mode::List
        } else if self.append {
            Mode::Append
        } else if self.decompress {
            Mode::Decompress
        } else {
            Mode::Compress
        }
    }

    /// Is the output to go to standard output?
    pub fn to_stdout(&self) -> bool {
        self.stdout || (self.compress && self.decompress) || self.output.as_ref().is_some_and(|path| path.as_os_str() == "-")
    }

    /// The files to work on; standard input if none is named.
    pub fn inputs(&self) -> Vec<PathBuf> {
        if self.files.is_empty() { vec![PathBuf::from("-")] } else { self.files.clone() }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn flags_may_stand_in_any_order() {
        for line in
            ["cmx -c -7 -T 2 -q -f --no-verify IN -o OUT", "cmx IN -o OUT --no-verify -fq -T2 -7c", "cmx -o OUT IN -cqf7T 2 --no-verify"]
        {
            let options = Args::parse_from(line.split(' ')).options;
            assert_eq!((options.mode(), options.threads, options.level.number), (Mode::Compress, Some(2), 7));
            assert!(options.quiet && options.force && options.no_verify && !options.to_stdout());
            assert_eq!((options.files, options.output), (vec!["IN".into()], Some("OUT".into())));
        }
        for line in ["cmx -dc IN", "cmx -cd IN", "cmx -d IN --stdout", "cmx -d -o - IN"] {
            let options = Args::parse_from(line.split(' ')).options;
            assert!(options.mode() == Mode::Decompress && options.to_stdout());
        }
        assert!(Args::parse_from(["cmx", "-c", "levels"]).command.is_none());
        assert!(Args::parse_from(["cmx", "levels"]).command.is_some());
    }
}
