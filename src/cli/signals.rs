//! Signals such as Ctrl-C delete temporary files and then end the process.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGHUP, SIGINT, SIGPIPE, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;

/// Installs a handler that deletes unfinished files before a signal ends the process.
pub fn remove_unfinished_files() {
    // With any handler for SIGXFSZ, a write beyond the limit on file sizes returns an error, as on
    // a full disk.
    let _ = signal_hook::flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
    // If no handler can be installed, a signal still ends the process, but a temporary file may
    // stay.
    let Ok(mut signals) =
        Signals::new([SIGHUP, SIGINT, SIGTERM].into_iter().filter(|&signal| !is_ignored(signal)))
    else {
        return;
    };
    let _ = std::thread::Builder::new().name("cmx signals".into()).spawn(move || {
        if let Some(signal) = signals.forever().next() {
            cmx::internals::output::unfinished::remove_all();
            std::process::exit(128 + signal);
        }
    });
}

/// Ends the process by SIGPIPE, as the system ends a process that writes to a closed pipe. `tar`
/// and shells take this for an early end and not for a failure. Returns only if the system refuses
/// the signal.
pub fn end_by_closed_pipe() {
    cmx::internals::output::unfinished::remove_all();
    let _ = signal_hook::low_level::emulate_default_handler(SIGPIPE);
}

/// Was this process started with `signal` ignored, as `nohup` does with SIGHUP? The signal then
/// stays ignored.
///
/// The answer comes from the mask in `/proc`. Without `/proc` no signal counts as ignored.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}
