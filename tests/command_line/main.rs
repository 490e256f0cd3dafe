//! The command as a shell sees it: forms of a call, files left behind, exit codes, messages.

mod archives;
mod calls;
mod explain;
mod files;
mod flags;
mod habits;
mod help;
mod limits;
mod listing;
mod one_file;
mod signals;
mod support;
mod verbose;
