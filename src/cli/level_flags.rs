//! `-1` … `-9`: nine flags that are one number, the last one given.

use clap::{Arg, ArgAction, ArgMatches, Command, FromArgMatches};
use cmx::level;

use super::args::EFFORT;

/// The level that was asked for.
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

const IDS: [&str; 9] = ["level-1", "level-2", "level-3", "level-4", "level-5", "level-6", "level-7", "level-8", "level-9"];

impl FromArgMatches for LevelFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let number = (1..).zip(IDS).find(|(_, id)| matches.get_flag(id)).map_or(level::DEFAULT_LEVEL, |(number, _)| number);
        Ok(LevelFlags { number })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl clap::Args for LevelFlags {
    fn augment_args(command: Command) -> Command {
        let flags = ('1'..='9').zip(IDS).map(|(digit, id)| {
            let flag = Arg::new(id).short(digit).action(ArgAction::SetTrue).overrides_with_all(IDS);
            let flag = flag.help_heading(EFFORT);
            // The screen of `--help` has one line for all levels; the long forms name four.
            match digit {
                '1' => flag.help("The fastest level; -8 is the smallest, -5 the default").long_help("Level 1, the fastest"),
                '5' => flag.long_help("Level 5, the default (`cmx levels` shows all with their memory)").hide_short_help(true),
                '8' => flag.long_help("Level 8, the smallest, for archives").hide_short_help(true),
                '9' => flag.long_help("Level 9: reserved for the network, does what -8 does until then").hide_short_help(true),
                _ => flag.hide(true),
            }
        });
        command.args(flags)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
