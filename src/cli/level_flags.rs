//! The level flags `-1` … `-9`. They set one number; the last flag counts. Two digits in one word
//! are refused.

use std::ffi::OsString;

use clap::{Arg, ArgAction, ArgMatches, Command, FromArgMatches};
use cmx::internals::level;

use super::args::EFFORT;

/// The level that the user chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LevelFlags {
    /// 1 to 9.
    pub number: u8,
}

impl Default for LevelFlags {
    fn default() -> Self {
        LevelFlags { number: level::DEFAULT_LEVEL }
    }
}

const IDS: [&str; 9] = [
    "level-1", "level-2", "level-3", "level-4", "level-5", "level-6", "level-7", "level-8",
    "level-9",
];

/// `--level N` sets the same number.
const LONG: &str = "level";

/// The error for the first word that names a level which does not exist, such as `-22` or `-0`, or
/// two levels, such as `-1k2`. clap alone would read `-22` as level 2.
pub fn mistaken(words: &[OsString], command: &Command) -> Option<String> {
    let takes_value = |letter: char| {
        let flag = command.get_arguments().find(|flag| flag.get_short() == Some(letter));
        flag.is_some_and(|flag| flag.get_action().takes_values())
    };
    let words =
        words.iter().skip(1).take_while(|word| *word != "--").filter_map(|word| word.to_str());
    let flags = words.filter_map(|word| {
        word.strip_prefix('-').filter(|flags| !flags.starts_with('-')).map(|flags| (word, flags))
    });
    for (word, flags) in flags {
        // The text after the letter of a flag with a value is the value.
        let letters = flags.split(takes_value).next().unwrap_or_default();
        let numbers: Vec<&str> = letters
            .split(|c: char| !c.is_ascii_digit())
            .filter(|number| !number.is_empty())
            .collect();
        match numbers[..] {
            [] => {}
            [number] if number.len() == 1 && number != "0" => {}
            [number] => {
                return Some(format!(
                    "{word}: there is no level {number}; levels are -1 to -9, and -9 is the \
                     strongest"
                ));
            }
            _ => return Some(format!("{word} names two levels; name one")),
        }
    }
    None
}

fn parse(text: &str) -> Result<u8, String> {
    text.parse()
        .ok()
        .filter(|number| (1..=9).contains(number))
        .ok_or_else(|| "levels are 1 to 9, and 9 is the strongest".into())
}

impl FromArgMatches for LevelFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let digit = (1..).zip(IDS).find(|(_, id)| matches.get_flag(id)).map(|(number, _)| number);
        let number = digit.or(matches.get_one::<u8>(LONG).copied());
        Ok(LevelFlags { number: number.unwrap_or(level::DEFAULT_LEVEL) })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// The levels of a call that may name several levels.
#[derive(Debug, Clone, Default)]
pub struct LevelDigits(pub Vec<u8>);

impl FromArgMatches for LevelDigits {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Ok(LevelDigits(
            (1..=9)
                .zip(IDS)
                .filter(|(_, id)| matches.get_flag(id))
                .map(|(number, _)| number)
                .collect(),
        ))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl clap::Args for LevelDigits {
    fn augment_args(command: Command) -> Command {
        let flags = ('1'..='9').zip(IDS).map(|(digit, id)| {
            let flag = Arg::new(id).short(digit).action(ArgAction::SetTrue);
            if digit == '1' {
                flag.help("Measure level 1; so -2 to -9, and several of them measure several")
            } else {
                flag.hide(true)
            }
        });
        command.args(flags)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl clap::Args for LevelFlags {
    fn augment_args(command: Command) -> Command {
        let flags = ('1'..='9').zip(IDS).map(|(digit, id)| {
            let flag = Arg::new(id)
                .short(digit)
                .action(ArgAction::SetTrue)
                .overrides_with_all(IDS)
                .overrides_with(LONG);
            let flag = flag.help_heading(EFFORT);
            // The screen of `--help` has one line for all levels. The long help describes four
            // levels.
            match digit {
                '1' => flag
                    .alias("fast")
                    .help("The fastest level; -9 is the smallest, -5 the default")
                    .long_help("Level 1, the fastest"),
                '5' => flag
                    .long_help("Level 5, the default (`cmx levels` shows all with their memory)")
                    .hide_short_help(true),
                '8' => flag
                    .long_help("Level 8, for archives: small in a fraction of the time of -9")
                    .hide_short_help(true),
                '9' => flag
                    .alias("best")
                    .long_help("Level 9, the smallest, with a network that learns while it codes")
                    .hide_short_help(true),
                _ => flag.hide(true),
            }
        });
        let long = Arg::new(LONG)
            .long(LONG)
            .value_name("N")
            .value_parser(parse)
            .overrides_with_all(IDS)
            .overrides_with(LONG);
        command.args(flags).arg(
            long.long_help(
                "The level as a number, 1 to 9; of several levels in a call the last counts",
            )
            .help_heading(EFFORT)
            .hide_short_help(true),
        )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::super::args::Args;
    use super::*;

    fn mistake(line: &str) -> Option<String> {
        let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        mistaken(&words, &Args::command())
    }

    #[test]
    fn two_digits_are_no_level() {
        for (line, part) in [
            ("cmx -22 F", "no level 22"),
            ("cmx -12", "no level 12"),
            ("cmx F -k19", "no level 19"),
            ("cmx -0", "no level 0"),
            ("cmx -10", "no level 10"),
            ("cmx -1k2", "two levels"),
            ("cmx -5 -99", "no level 99"),
        ] {
            assert!(
                mistake(line).is_some_and(|text| text.contains(part)),
                "{line}: {:?}",
                mistake(line)
            );
        }
        for line in [
            "cmx -2 -2",
            "cmx -7T12 F",
            "cmx -T16",
            "cmx -M900M",
            "cmx -o22",
            "cmx -- -22",
            "cmx --22",
            "cmx - -5kf",
            "cmx -dC22",
        ] {
            assert_eq!(mistake(line), None, "{line}");
        }
    }

    #[test]
    fn the_last_of_several_words_counts() {
        for (line, number) in [
            ("cmx -3 -7", 7),
            ("cmx -7 --level 3", 3),
            ("cmx --level=3 -7", 7),
            ("cmx --level 2 --level 4", 4),
            ("cmx --best", 9),
            ("cmx --fast -5", 5),
            ("cmx -5 --fast", 1),
            ("cmx", level::DEFAULT_LEVEL),
        ] {
            assert_eq!(
                Args::try_parse_from(line.split(' ')).unwrap().options.level.number,
                number,
                "{line}"
            );
        }
        assert!(Args::try_parse_from(["cmx", "--level", "22"]).is_err());
    }
}
