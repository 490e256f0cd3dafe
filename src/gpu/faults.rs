//! Errors that tests plan, at the points where a device can fail. A released program plans none.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};

use super::program::Program;
use super::trouble::Outcome;

/// What fails, and when. Each is counted down: 0 never fails.
#[derive(Debug, Default)]
pub struct Faults {
    /// The device is lost before this batch, the first one being 1.
    pub lost_at_batch: AtomicU64,
    /// This batch, the first one being 1, finds no answer.
    pub silent_at_batch: AtomicU64,
    /// This allocation of buffers, the first one being 1, finds no memory.
    pub no_memory_at: AtomicU64,
    /// This reading of state, the first one being 1, fails.
    pub unread_at: AtomicU64,
}

/// Counts down; whether it came to the end.
fn is_due(count: &AtomicU64) -> bool {
    let counted = count.fetch_update(SeqCst, SeqCst, |count| count.checked_sub(1));
    counted == Ok(1)
}

impl Faults {
    pub(super) fn batch(&self, program: &Program) -> Outcome<()> {
        if is_due(&self.lost_at_batch) {
            program.device.destroy();
        }
        if is_due(&self.silent_at_batch) {
            return Err("the device does not answer".into());
        }
        Ok(())
    }

    pub(super) fn allocation(&self) -> Outcome<()> {
        if is_due(&self.no_memory_at) {
            return Err("the device has too little memory".into());
        }
        Ok(())
    }

    pub(super) fn read(&self) -> Outcome<()> {
        if is_due(&self.unread_at) {
            return Err("the device does not answer".into());
        }
        Ok(())
    }
}
