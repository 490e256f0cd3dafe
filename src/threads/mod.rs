//! The threads of a job: blocks that are coded at the same time, and steps of one block that free
//! threads take over.
//!
//! A job has [`Workers`], who say how many threads work and how much memory they may take. A queue
//! ([`Ordered`]) gives each block a thread and returns the results in order. Within a block,
//! [`each`] offers steps that do not depend on each other to threads that no block needs, and
//! [`Workers::join`] lets any thread help. No result depends on which thread computed it.

mod beside;
mod context;
mod each;
mod lanes;
mod ordered;
mod workers;

pub use beside::{Progress, Turn, beside};
pub use context::Context;
pub use each::{Step, each};
#[cfg(feature = "gpu")]
pub use lanes::set_lanes;
pub use ordered::Ordered;
pub(crate) use ordered::catch_panic;
pub use workers::{URGENT, Work, Workers};

/// Stack of a thread in bytes. Models may keep large arrays on the stack.
pub const STACK_BYTES: usize = 16 << 20;
