//! Which device the networks of this process use: decided when the first of them begins.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::adapter::{Adapter, adapters};
use super::check::{check, speed};
use super::faults::Faults;
use super::lanes::MOST;
use super::program::Program;
use super::server::Server;
use super::trouble::Outcome;
use crate::network::image::Image;
use crate::network::lstm::Lstm;
use crate::network::processor_speed;
use crate::network::start::Start;
use crate::simd::Scalar;

/// Streams that have a lane at the same time: as many as occupy a large device, at 7 MiB each.
const LANES: usize = 256;
/// Fewer streams wait longer for a device than they gain.
const LEAST_STREAMS: u64 = 16;
/// What else a byte of the level takes on a core, in times of what the network takes: 0.16 to 0.84
/// on six files (`docs/architecture-engine.md`).
const OTHER_WORK: f64 = 0.5;
/// By how much a device must be faster to be taken without being asked for.
const MARGIN: f64 = 1.25;

/// What computes the networks of a process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// The processor.
    #[default]
    Processor,
    /// The first device that is no software, if it is faster for so many streams on so many
    /// threads.
    Auto {
        /// Streams of the job, as far as known.
        streams: u64,
        /// Threads of the job.
        threads: usize,
    },
    /// The device of this number among [`adapters`], whatever its speed.
    Adapter(usize),
}

enum State {
    /// No network has begun.
    Open(Choice),
    /// A device, which may be in trouble by now.
    Device(Arc<Server>),
    /// The processor; why, if a device was asked for.
    Processor(Option<String>),
}

static STATE: Mutex<State> = Mutex::new(State::Open(Choice::Processor));

fn locked() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Chooses what computes networks from now on. A device that runs stays until its streams end.
pub fn choose(choice: Choice) {
    if let Choice::Adapter(_) = choice {
        // Blocks begin before the first network does.
        crate::threads::set_lanes(LANES);
    }
    *locked() = State::Open(choice);
}

/// The device in use, if there is one and it works. Opens the chosen one at the first call.
pub fn active() -> Option<Arc<Server>> {
    let mut state = locked();
    if let State::Open(choice) = *state {
        *state = decide(choice);
    }
    match &*state {
        State::Device(server) => Some(server.clone()).filter(|server| server.trouble().is_none()),
        _ => None,
    }
}

/// Why the device that was asked for does not do the work, or no longer: one line for the user.
pub fn trouble() -> Option<String> {
    match &*locked() {
        State::Open(_) => None,
        State::Processor(why) => why.clone(),
        State::Device(server) => {
            let trouble = server.trouble()?;
            Some(format!(
                "{}: {trouble}; the processor goes on, with the same bytes",
                server.name()
            ))
        }
    }
}

fn decide(choice: Choice) -> State {
    let server = match choice {
        Choice::Processor => None,
        Choice::Auto { streams, threads } if streams >= LEAST_STREAMS => {
            let found = adapters().into_iter().find(|adapter| !adapter.is_software);
            // A device that nobody asked for says nothing where it does not work.
            found.and_then(|adapter| faster(&adapter, streams, threads).ok().flatten())
        }
        Choice::Auto { .. } => None,
        Choice::Adapter(number) => {
            let found = adapters();
            let opened = found
                .get(number)
                .ok_or_else(|| match found.len() {
                    0 => "there is no device with a driver".into(),
                    count => format!("there is no device {number} among {count}"),
                })
                .and_then(|adapter| {
                    let opened = checked(adapter).and_then(serve);
                    opened.map_err(|trouble| format!("{}: {trouble}", adapter.name))
                });
            match opened {
                Ok(server) => Some(server),
                Err(why) => {
                    crate::threads::set_lanes(0);
                    let why = format!("{why}; the processor does the work, with the same bytes");
                    return State::Processor(Some(why));
                }
            }
        }
    };
    server.map_or(State::Processor(None), |server| State::Device(Arc::new(server)))
}

/// Opens a device and checks it.
fn checked(adapter: &Adapter) -> Outcome<Program> {
    let program = Program::new(adapter.open()?)?;
    check(&program)?;
    Ok(program)
}

fn serve(program: Program) -> Outcome<Server> {
    let server = Server::new(program, LANES, Faults::default())?;
    crate::threads::set_lanes(LANES);
    Ok(server)
}

/// The device, if it is faster than the processor alone.
fn faster(adapter: &Adapter, streams: u64, threads: usize) -> Outcome<Option<Server>> {
    let program = checked(adapter)?;
    let steps = speed(&program, streams.min(MOST as u64) as usize, &image())?;
    let is_faster = gains(steps, processor_speed(), threads);
    if is_faster { serve(program).map(Some) } else { Ok(None) }
}

/// Whether a device of so many steps a second gains, where a thread makes so many.
fn gains(device: f64, thread: f64, threads: usize) -> bool {
    let all = thread * threads as f64;
    let without = all / (1.0 + OTHER_WORK);
    device.min(all / OTHER_WORK) > MARGIN * without
}

fn image() -> Image {
    Lstm::starting(Scalar, Start::Text).image()
}

/// What was measured of a device.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Whether it computes what the processor does, or why it cannot be used.
    pub check: Outcome<()>,
    /// Seconds that it took to open the device and to compile the kernels.
    pub opening: f64,
    /// Seconds that the check took.
    pub checking: f64,
    /// Steps a second of one stream, and of 32 streams together.
    pub speeds: [f64; 2],
}

/// Opens, checks and measures a device.
#[must_use]
pub fn measure(adapter: &Adapter) -> Measured {
    let begun = Instant::now();
    let opened = adapter.open().and_then(Program::new);
    let opening = begun.elapsed().as_secs_f64();
    let checked = opened.and_then(|program| check(&program).map(|()| program));
    let checking = begun.elapsed().as_secs_f64() - opening;
    let measured = checked.and_then(|program| {
        let image = image();
        Ok([speed(&program, 1, &image)?, speed(&program, MOST, &image)?])
    });
    match measured {
        Ok(speeds) => Measured { check: Ok(()), opening, checking, speeds },
        Err(trouble) => Measured { check: Err(trouble), opening, checking, speeds: [0.0; 2] },
    }
}

/// Opens a device and measures how many steps a second it makes of so many streams together.
///
/// # Errors
/// The device fails.
pub fn measure_lanes(adapter: &Adapter, streams: usize) -> Outcome<f64> {
    speed(&Program::new(adapter.open()?)?, streams, &image())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_must_gain() {
        assert!(gains(1e6, 25_000.0, 16));
        assert!(!gains(1e6, 25_000.0, 1024), "many cores are faster");
        assert!(!gains(1_000.0, 25_000.0, 2), "software is slower");
    }
}
