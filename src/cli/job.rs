//! Finds the job that the flags name, and refuses flags that do not fit this job. No flag is
//! ignored silently.

use std::io::{self, IsTerminal};

use super::args::Options;
use super::failure::Failure;

/// The main jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Job {
    Compress,
    Decompress,
    Test,
    List,
    Append,
    Bench,
}

impl Options {
    /// The job that the flags name.
    pub fn job(&self) -> Result<Job, Failure> {
        let (job, flag) = self.only_job()?;
        let writes_file = matches!(job, Job::Compress | Job::Decompress);
        if self.compress && !writes_file {
            return Err(Failure::usage(format!("-c and {flag} are two jobs; one at a time")));
        }
        if job == Job::Bench && !self.prior.is_empty() {
            return Err(Failure::usage(
                "-b measures without a prior; cmx train says what its prior saves",
            ));
        }
        if self.json && job != Job::List {
            return Err(Failure::usage("--json belongs to -l, the list of an archive"));
        }
        if self.directory.is_some() && job != Job::Decompress {
            return Err(Failure::usage(
                "-C names the folder that -d extracts into; -o names an archive to write",
            ));
        }
        if self.output.is_some() && !writes_file {
            return Err(Failure::usage(format!(
                "{flag} writes no file of its own; -o is for compressing and decompressing"
            )));
        }
        if self.skip_existing && (job != Job::Decompress || self.force) {
            return Err(Failure::usage("--skip-existing belongs to -d, and not together with -f"));
        }
        if self.rm && !writes_file {
            return Err(Failure::usage(format!(
                "--rm is for compressing and decompressing single files, not for {flag}"
            )));
        }
        let elsewhere = self.output.as_ref().filter(|path| path.as_os_str() != "-").is_some();
        if elsewhere && (self.stdout || self.compress && self.decompress) {
            return Err(Failure::usage(
                "-o names a file, and -dc or --stdout standard output; one of them",
            ));
        }
        if elsewhere && self.directory.is_some() {
            return Err(Failure::usage(
                "-o names a file, and -C a folder to extract into; one of them",
            ));
        }
        Ok(job)
    }

    /// The one job besides `-c`. With another job `-c` means standard output.
    fn only_job(&self) -> Result<(Job, &'static str), Failure> {
        let flags = [
            (self.decompress, Job::Decompress, "-d"),
            (self.test, Job::Test, "-t"),
            (self.list, Job::List, "-l"),
            (self.append, Job::Append, "-a"),
            (self.bench, Job::Bench, "-b"),
        ];
        let mut named = flags.into_iter().filter(|(is_given, ..)| *is_given);
        match (named.next(), named.next()) {
            (None, _) => Ok((Job::Compress, "-c")),
            (Some((_, job, flag)), None) => Ok((job, flag)),
            (Some((.., one)), Some((.., other))) => {
                Err(Failure::usage(format!("{one} and {other} are two jobs; one at a time")))
            }
        }
    }

    /// Is there a flag that makes sense for one call only: a job, or a path of the output?
    pub fn is_for_one_call(&self) -> bool {
        let is_job =
            self.compress || self.decompress || self.test || self.list || self.append || self.bench;
        is_job || self.json || self.stdout || self.output.is_some() || self.directory.is_some()
    }

    /// Refuses to read data from a terminal. A user who forgot to name a file would only see the
    /// program wait.
    pub fn check_terminal(&self, job: Job) -> Result<(), Failure> {
        let reads_stdin = match job {
            // Typed text may be compressed, but only if the user names `-` as the input.
            Job::Compress => self.files.is_empty(),
            Job::Decompress | Job::Test | Job::List => {
                self.inputs().iter().any(|input| input.as_os_str() == "-")
            }
            Job::Append | Job::Bench => false,
        };
        if !reads_stdin || !io::stdin().is_terminal() {
            return Ok(());
        }
        Err(Failure::usage(match job {
            Job::Compress => {
                "standard input is a terminal; name a file, or - to type what is compressed (cmx \
                 --help)"
            }
            _ => {
                "an archive is not read from a terminal; name its file, or redirect it: cmx -d \
                 <FILE.cmx"
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::super::args::Args;
    use super::*;

    fn job(line: &str) -> Result<Job, Failure> {
        Args::parse_from(format!("cmx {line}").split(' ')).options.job()
    }

    #[test]
    fn one_job_at_a_time() {
        for (line, wanted) in [
            ("F", Job::Compress),
            ("-c F", Job::Compress),
            ("-dc F", Job::Decompress),
            ("-cd F", Job::Decompress),
        ] {
            assert_eq!(job(line).unwrap(), wanted, "{line}");
        }
        for (line, wanted) in [
            ("-t F", Job::Test),
            ("-l --json F", Job::List),
            ("-a X F", Job::Append),
            ("-b F", Job::Bench),
        ] {
            assert_eq!(job(line).unwrap(), wanted, "{line}");
        }
        let letters = ['c', 'd', 't', 'l', 'a', 'b'];
        for one in letters {
            for other in letters.into_iter().filter(|&other| other != one) {
                let fits = matches!((one, other), ('c', 'd') | ('d', 'c'));
                assert_eq!(job(&format!("-{one}{other} F")).is_ok(), fits, "-{one}{other}");
            }
        }
    }

    /// The calls that README and tour show, with their words in other orders.
    #[test]
    fn promised_calls_in_other_orders() {
        let promised: [(&[&str], Job, bool); 7] = [
            (
                &["-c", "-7", "-T 2", "-q", "-f", "--no-verify", "IN", "-o OUT.cmx"],
                Job::Compress,
                false,
            ),
            (&["-d", "-q", "-f", "IN.cmx", "-o OUT"], Job::Decompress, false),
            (&["-d", "-c", "IN.cmx"], Job::Decompress, true),
            (&["-dc", "-T 2", "IN.cmx"], Job::Decompress, true),
            (&["-t", "IN.cmx"], Job::Test, false),
            (&["-l", "--json", "X.cmx"], Job::List, false),
            (&["-d", "X.cmx", "-C OUT", "-f"], Job::Decompress, false),
        ];
        for (words, wanted, to_stdout) in promised {
            let mut words = words.to_vec();
            for turn in 0..2 * words.len() {
                words.rotate_left(1);
                if turn == words.len() {
                    words.reverse();
                }
                let line = format!("cmx {}", words.join(" "));
                let options = Args::parse_from(line.split(' ')).options;
                assert_eq!(
                    (options.job().unwrap(), options.to_stdout()),
                    (wanted, to_stdout),
                    "{line}"
                );
            }
        }
    }

    #[test]
    fn flags_that_would_do_nothing() {
        for line in [
            "--json F",
            "-d --json F",
            "-C D F",
            "-t -C D F",
            "-l -o O F",
            "-t F -o O",
            "-a X F -o O",
            "-b F -o O",
            "-b F --prior P",
        ] {
            job(line).unwrap_err();
        }
        for line in ["-d F --stdout -o O", "-dc -o O F", "-o O F --stdout"] {
            job(line).unwrap_err();
        }
        for line in [
            "-dc F -o -",
            "-d F -C D",
            "-d -C D F P",
            "-o - F",
            "--stdout F",
            "-c F --stdout",
            "-dc -C D F",
        ] {
            job(line).unwrap();
        }
    }
}
