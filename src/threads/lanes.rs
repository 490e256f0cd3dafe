//! How many threads of a job may have begun where threads wait for a device in short turns.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

static LANES: AtomicUsize = AtomicUsize::new(0);

/// From now on, up to `lanes` threads of a job may have begun, though only as many work at the same
/// time as the job has threads: the others wait for a device ([`super::Workers::step_aside`]).
#[cfg(feature = "gpu")]
pub fn set_lanes(lanes: usize) {
    LANES.store(lanes, SeqCst);
}

pub(super) fn lanes() -> usize {
    LANES.load(SeqCst)
}
