//! Ctrl-C and its like: temporary files go, then the process does.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGHUP, SIGINT, SIGPIPE, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;

/// From here on a signal deletes unfinished files before it ends the process.
pub fn remove_unfinished_files() {
    // With any handler at all, a write beyond the limit on file sizes fails like one to a full
    // disk.
    let _ = signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
    // Without the handler a signal still ends the process; only a temporary file may stay.
    let Ok(mut signals) =
        Signals::new([SIGHUP, SIGINT, SIGTERM].into_iter().filter(|&signal| !is_ignored(signal)))
    else {
        return;
    };
    let _ = std::thread::Builder::new().name("cmx signals".into()).spawn(move || {
        if let Some(signal) = signals.forever().next() {
            cmx::output::unfinished::remove_all();
            std::process::exit(128 + signal);
        }
    });
}

/// Ends the process as the system ends one that writes to a closed pipe: by SIGPIPE, which `tar`
/// and shells take for an early end and not for a failure. Returns where the system refuses that.
pub fn end_by_closed_pipe() {
    cmx::output::unfinished::remove_all();
    let _ = signal_hook::low_level::emulate_default_handler(SIGPIPE);
}

/// Was this process started with `signal` ignored, as `nohup` does with SIGHUP? Then it stays so.
///
/// Asked of the mask in `/proc`; where that is not to be had, no signal counts as ignored.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}
