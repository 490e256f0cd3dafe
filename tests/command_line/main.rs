//! The command as a shell sees it: forms of a call, files left behind, exit codes, messages.

mod archives;
mod calls;
mod files;
mod flags;
mod habits;
mod help;
mod signals;
mod support;
