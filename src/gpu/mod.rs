//! Networks on a graphics processor: the same numbers as `crate::network`, for many streams.
//!
//! `docs/gpu.md` has what a user needs to know. Streams that are coded at the same time have a lane
//! each on the device, with weights and state of their own; a batch asks many lanes for a step.
//! A device changes time, never bytes: where it fails, the processor goes on from the last state
//! that the host has.

mod adapter;
mod batch;
mod check;
mod choice;
mod faults;
mod lanes;
mod program;
mod server;
mod stream;
#[cfg(test)]
mod tests;
mod trouble;

pub use adapter::{Adapter, adapters};
pub use choice::{Choice, Measured, active, choose, measure, measure_lanes, trouble};
pub use stream::Stream;
pub use trouble::Trouble;
