//! The environment variables: `CMX_OPT` holds options, `CMX_SIMD` names an instruction set.

use std::ffi::{OsStr, OsString};

use clap::Parser;
use clap::error::ErrorKind;
use cmx::internals::simd;

use super::args::Args;
use super::failure::Failure;
use super::usage;

/// Splits `CMX_OPT` into words, which must be options with their values. Files and commands are
/// refused, because they would become part of every call.
pub fn options(variable: Option<&OsStr>) -> Result<Vec<OsString>, Failure> {
    let fail = |text: String| Err(Failure::usage(format!("CMX_OPT: {text}")));
    let Some(text) = variable.unwrap_or_default().to_str() else {
        return fail("it is not UTF-8".into());
    };
    let words: Vec<OsString> = text.split_whitespace().map(OsString::from).collect();
    if words.iter().any(|word| word == "--") {
        return fail("-- ends the options; only options may be in it".into());
    }
    let parsed = match Args::try_parse_from(std::iter::once(&OsString::from("cmx")).chain(&words)) {
        Ok(args) => args,
        Err(error)
            if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) =>
        {
            return fail("--help and --version are for the command line".into());
        }
        Err(error) => return fail(usage::line(&error)),
    };
    // A command must be the first word; elsewhere it would be parsed as a file.
    let command = parsed.command.and(words.first()).map(|word| word.as_os_str());
    let other = command.or(parsed.options.files.first().map(|file| file.as_os_str()));
    if other.is_none() && parsed.options.is_for_one_call() {
        return fail("a job, and where its output goes, are for the command line".into());
    }
    match other {
        Some(word) => fail(format!(
            "{:?} is no option; only options may be in it, as in CMX_OPT='-7 -T 2'",
            word.to_string_lossy()
        )),
        None => Ok(words),
    }
}

/// Makes the library use the instruction set that `CMX_SIMD` names. Refuses a name of no instruction
/// set of this machine.
pub fn choose_instruction_set(variable: Option<&OsStr>) -> Result<(), Failure> {
    let Some(wanted) = variable.filter(|wanted| !wanted.is_empty()) else { return Ok(()) };
    let names: Vec<&str> = simd::usable().into_iter().map(simd::InstructionSet::name).collect();
    if let Some(name) = names.iter().find(|name| **name == wanted) {
        simd::choose(name);
        return Ok(());
    }
    Err(Failure::usage(format!(
        "CMX_SIMD: there is no {:?} on this machine; it takes {}",
        wanted.to_string_lossy(),
        names.join(" or ")
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_options_with_their_values() {
        for good in ["", "-7 -T 2", "  --threads=2\t-qk ", "-M 1G", "--parity 2%"] {
            assert_eq!(
                options(Some(good.as_ref())).unwrap().len(),
                good.split_whitespace().count()
            );
        }
        assert!(options(None).unwrap().is_empty());
        for bad in [
            "foo",
            "levels",
            "-7 foo",
            "foo -7",
            "-",
            "--",
            "-T",
            "-T x",
            "--nonsense",
            "-h",
            "bench -7",
            "repair x",
            "-d",
            "-c",
            "--json",
            "-o x",
            "-C x",
        ] {
            let text = format!("{:?}", options(Some(bad.as_ref())).unwrap_err());
            assert!(text.contains("CMX_OPT"), "{bad}: {text}");
        }
    }

    #[test]
    fn an_instruction_set_that_is_there() {
        for good in [None, Some(""), Some("scalar")] {
            choose_instruction_set(good.map(OsStr::new)).unwrap();
        }
        for bad in ["foo", "AVX2", "scalar "] {
            choose_instruction_set(Some(bad.as_ref())).unwrap_err();
        }
    }
}
