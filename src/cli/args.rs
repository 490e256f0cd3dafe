//! The flags as a user types them. Each command gives them their meaning.

use std::path::PathBuf;

use clap::{ArgAction, Parser, Subcommand};

use cmx::NetworkStart;
use cmx::archive::Xattrs;

use super::bench::BenchArgs;
use super::device::{self, Device};
use super::explain::ExplainArgs;
use super::level_flags::LevelFlags;
use super::repair::RepairArgs;
use super::size;
use super::train::TrainArgs;

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
    /// A command that is a word.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The commands that are words.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show every level with its block size and memory
    Levels,
    /// Show the processor and the devices that can compute the network of -9
    Devices,
    /// Save the undamaged contents of a damaged archive
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
    /// Show where the bits of a file go when it is compressed
    Explain(ExplainArgs),
    /// Make a prior of your own kind of data, for many small records
    Train(TrainArgs),
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
    /// The words after the archive are names and globs in an archive of many files; these entries
    /// are extracted. Without such words everything is extracted.
    #[arg(short, long, alias = "uncompress", help_heading = JOB)]
    pub decompress: bool,
    /// Test: decode everything, compare with the hashes
    ///
    /// Nothing is written. Every archive is tested, even after a damaged one.
    #[arg(short, long, help_heading = JOB)]
    pub test: bool,
    /// List what an archive holds, without decoding it
    ///
    /// Sizes, ratio, time and hash of every entry, or of the entries that the names and globs after
    /// the archive select.
    #[arg(short, long, help_heading = JOB)]
    pub list: bool,
    /// Append files to the archive that is named first
    ///
    /// The old contents of the archive stay valid until the new files are safe on the disk. A new
    /// file replaces an entry with the same path.
    #[arg(short, long, help_heading = JOB)]
    pub append: bool,
    /// Try every level on files and folders, recommend one
    ///
    /// A sample of each file above 8 MiB is measured. `cmx bench` has more options.
    #[arg(short, long, help_heading = JOB)]
    pub bench: bool,
    /// Write to FILE (- for standard output)
    ///
    /// With -d and an archive of many files, FILE gets one file of the archive.
    #[arg(short, long, value_name = "FILE", help_heading = OUTPUT)]
    pub output: Option<PathBuf>,
    /// Write to standard output
    #[arg(long, alias = "to-stdout", help_heading = OUTPUT)]
    pub stdout: bool,
    /// Extract into DIR
    ///
    /// DIR is made if it does not exist. Nothing is written outside of it.
    #[arg(short = 'C', long, value_name = "DIR", help_heading = OUTPUT)]
    pub directory: Option<PathBuf>,
    /// Overwrite; write compressed data to a terminal
    #[arg(short, long, help_heading = OUTPUT)]
    pub force: bool,
    /// With -d: skip files that exist
    ///
    /// The other entries of an archive of many files are extracted. So an interrupted extraction
    /// can be continued.
    #[arg(long, alias = "skip-old-files", help_heading = OUTPUT)]
    pub skip_existing: bool,
    /// Keep the input file (the default)
    #[arg(short, long, overrides_with = "rm", help_heading = OUTPUT)]
    pub keep: bool,
    /// Delete the input file once its output is safe
    ///
    /// The output is safe when it is complete, verified and on the disk. The sources of an archive
    /// of many files are not deleted. With -d the archive is deleted if everything in it was
    /// extracted.
    #[arg(long, help_heading = OUTPUT)]
    pub rm: bool,
    /// The nine level flags.
    #[command(flatten)]
    pub level: LevelFlags,
    /// Threads; each takes the memory of a block
    ///
    /// By default, and with 0 or auto, one for each core, as far as -M allows. Threads work on
    /// blocks, on streams of a block, and verify what others code. Their number does not change the
    /// bytes.
    #[arg(
        short = 'T',
        long,
        value_name = "N",
        value_parser = parse_threads,
        allow_negative_numbers = true,
        help_heading = EFFORT,
    )]
    pub threads: Option<usize>,
    /// Memory that may be used, as in 900M or 4G
    ///
    /// The default is three quarters of the memory of the machine or of its control group. An
    /// archive that needs more is refused, and no archive is made that would be refused under the
    /// same limit.
    #[arg(
        short = 'M',
        long,
        value_name = "SIZE",
        value_parser = size::parse,
        help_heading = EFFORT,
    )]
    pub memory: Option<u64>,
    /// Compress and decompress with a prior (cmx train)
    ///
    /// A prior knows the user's own kind of data; `cmx train` makes one. An archive names its prior,
    /// and needs it to be decompressed. To decompress, several may be given. Streams that a prior
    /// does not suit are coded as without it, and -1 to -3 mix short text with it in place of
    /// sorting it.
    #[arg(long, value_name = "FILE", help_heading = EFFORT)]
    pub prior: Vec<PathBuf>,
    /// What the network of -9 starts from (trained)
    ///
    /// `trained`: trained weights, which go on learning. `random`: random weights, which learn.
    /// `frozen`: trained weights that stay as they are, which takes half the time of the network.
    /// The archive says which.
    #[arg(
        long,
        value_name = "CLASS",
        value_parser = parse_network_start,
        hide_short_help = true,
        help_heading = EFFORT,
    )]
    pub network_start: Option<NetworkStart>,
    /// Bytes of a block, as in 1M: smaller ones let more threads, or a device, work
    ///
    /// The archive becomes larger. The default, and the most, is the block size of the level
    /// (`cmx levels`). A block of 256K to 1M suits a device (--device): each block is a stream, and
    /// a device needs many.
    #[arg(
        long,
        value_name = "SIZE",
        value_parser = size::parse,
        hide_short_help = true,
        help_heading = EFFORT,
    )]
    pub block: Option<u64>,
    /// What computes the network of -9: auto, cpu, gpu or gpu:N
    ///
    /// `cmx devices` lists the devices. The bytes of an archive do not depend on it. A device makes
    /// a step of many blocks at once, so it needs 16 blocks or more, and one block is faster on the
    /// processor; --block and --solid make blocks smaller. auto, the default, takes a device where
    /// its measured speed promises to be faster, and never one that is software. Where a device
    /// fails, the processor goes on, with a warning.
    #[arg(
        long,
        value_name = "NAME",
        value_parser = device::parse,
        hide_short_help = true,
        help_heading = EFFORT,
    )]
    pub device: Option<Device>,
    /// Do not decode every block after compression
    ///
    /// Compression takes half the time. A defect of cmx or of the machine is then found only when
    /// the data is needed.
    #[arg(long, help_heading = EFFORT)]
    pub no_verify: bool,
    /// Largest number of bytes to decompress
    ///
    /// Without this flag there is no limit.
    #[arg(long, value_name = "SIZE", value_parser = size::parse, help_heading = EFFORT)]
    pub max_output: Option<u64>,
    /// Largest index of an archive, in bytes (256M)
    ///
    /// An archive with a longer index is refused before memory is taken for the index.
    #[arg(long, value_name = "SIZE", value_parser = size::parse, help_heading = EFFORT)]
    pub max_index: Option<u64>,
    /// Longest path in an archive, in bytes (2M)
    ///
    /// An archive with a longer path is refused.
    #[arg(long, value_name = "SIZE", value_parser = size::parse, help_heading = EFFORT)]
    pub max_path: Option<u64>,
    /// Ignore bytes after the end of the archive
    ///
    /// Without this flag, bytes that are no archive are an error.
    #[arg(long, help_heading = EFFORT)]
    pub ignore_trailing: bool,
    /// Accepted without effect: folders are always archived with all they hold
    #[arg(short = 'r', long, hide = true)]
    pub recursive: bool,
    /// Store the name even of a single file
    ///
    /// The result is an archive of many files that holds one file. The time is stored to the
    /// nanosecond, and --owner, --xattrs and --parity are possible.
    #[arg(long, help_heading = ARCHIVES)]
    pub archive: bool,
    /// Store and restore users and groups
    ///
    /// Users and groups are stored as numbers. Without this flag extracted files belong to the user
    /// who extracts them.
    #[arg(long, help_heading = ARCHIVES)]
    pub owner: bool,
    /// Store, restore extended attributes (user.*)
    ///
    /// Only attributes of users (user.*) are stored. --xattrs=all adds access lists, capabilities
    /// and labels, which give rights: restore them only from archives that you trust.
    #[arg(
        long,
        value_name = "all",
        value_parser = parse_xattrs,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "user",
        help_heading = ARCHIVES,
    )]
    pub xattrs: Option<Xattrs>,
    /// Add bytes that can repair damage, as in 2%
    ///
    /// `cmx repair` repairs as much damage. The bytes take a seventh more than that share. Without
    /// this flag a guard protects the bytes that all files need.
    #[arg(
        long,
        value_name = "PERCENT",
        value_parser = size::parse_percent,
        default_value = "0",
        hide_default_value = true,
        help_heading = ARCHIVES,
    )]
    pub parity: u32,
    /// Bytes of small files in one block
    ///
    /// Larger blocks make the archive smaller and extraction of single files slower. The default is
    /// an eighth of the files, at least 768 KiB, and from -5 on a twelfth, at least 512 KiB.
    #[arg(long, value_name = "SIZE", value_parser = size::parse, help_heading = ARCHIVES)]
    pub solid: Option<u64>,
    /// Bytes of the reference block
    ///
    /// Blocks of text go on from the reference block. A larger one makes the archive smaller and
    /// extraction of single files slower; with 0 every block is independent. By default there is
    /// one at -5 to -9, if small files have 1.5 MiB of text.
    #[arg(long, value_name = "SIZE", value_parser = size::parse, help_heading = ARCHIVES)]
    pub base: Option<u64>,
    /// With -l: print the list for programs
    ///
    /// One archive gives one object, several archives give an array of objects. An archive that
    /// cannot be listed is left out.
    #[arg(long, help_heading = ARCHIVES)]
    pub json: bool,
    /// No progress; warnings and errors are shown
    #[arg(long, help_heading = MESSAGES)]
    pub no_progress: bool,
    /// No progress and no warnings, only errors
    #[arg(short, long, help_heading = MESSAGES)]
    pub quiet: bool,
    /// List names, report results; -vv adds sizes
    ///
    /// The name of each entry of an archive of many files is printed on standard error when the
    /// entry is stored, extracted or tested. With -l the owners are listed.
    #[arg(short, long, action = ArgAction::Count, help_heading = MESSAGES)]
    pub verbose: u8,
    /// Print a summary that fits on a screen
    #[arg(
        short = 'h',
        long = "help",
        action = ArgAction::Help,
        global = true,
        help_heading = MESSAGES,
    )]
    pub _help: Option<bool>,
    /// Print the version; --version adds formats and commit
    #[arg(short = 'V', long = "version", action = ArgAction::Version, help_heading = MESSAGES)]
    pub _version: Option<bool>,
    /// Files or folders; to extract or list: an archive, then names or globs in it
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,
}

/// Parses the value of `--xattrs`.
fn parse_xattrs(text: &str) -> Result<Xattrs, String> {
    match text {
        "user" => Ok(Xattrs::User),
        "all" => Ok(Xattrs::All),
        _ => Err("--xattrs takes user.* attributes, --xattrs=all all of them".into()),
    }
}

/// Parses the value of `--network-start`.
fn parse_network_start(text: &str) -> Result<NetworkStart, String> {
    NetworkStart::named(text).ok_or_else(|| "write trained, random or frozen".into())
}

/// Parses a number of threads. 0 and `auto` stand for one thread per core.
pub fn parse_threads(text: &str) -> Result<usize, String> {
    if text == "auto" {
        return Ok(0);
    }
    text.parse()
        .map_err(|_| "not a number of threads; write -T 4, or -T 0 for one a core".to_string())
}

impl Options {
    /// Does the output go to standard output?
    pub fn to_stdout(&self) -> bool {
        self.stdout
            || (self.compress && self.decompress)
            || self.output.as_ref().is_some_and(|path| path.as_os_str() == "-")
    }

    /// The files to work on; `-` (standard input) if no file is named.
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
