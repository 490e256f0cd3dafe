//! `-1` … `-9`: nine flags that are one number, the last one given.

use clap::{Arg, ArgAction, ArgMatches, Command, FromArgMatches};
use cmx::level;

/// The level that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LevelFlags {
    /// 1 to 9.
    pub number: u8,
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
            match digit {
                '1' => flag.help("Level 1, fast"),
                '5' => flag.help("Level 5, the default (`cmx levels` shows all with their memory)"),
                '8' => flag.help("Level 8, for archives"),
                '9' => flag.help("Level 9, best: reserved for the network, does what -8 does until then"),
                _ => flag.hide(true),
            }
        });
        command.args(flags)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}
