//! Whether a device computes what the processor does, asked before it is used.
//!
//! Each lane starts from a state that no stream reaches, with numbers at and near their bounds, and
//! goes through the end of a span: so all kernels run, on sums that wrap, gradients that are
//! clamped, roots of the least and largest numbers. All state is compared afterwards, not only what
//! a stream sees. A test changes the kernels in small ways, and each change is found.

use std::thread;

use super::lanes::{Counts, Lanes, MOST, Request};
use super::program::Program;
use super::trouble::{Outcome, Trouble};
use crate::network::image::{Image, OUTPUTS, SPAN, State, WEIGHTS};
use crate::network::lstm::Lstm;
use crate::network::{ByteNetwork, NIBBLES};
use crate::simd::{InstructionSet, NetworkKernels, Scalar};

/// Lanes of the check, of different sizes of numbers.
const LANES: usize = 4;
/// Of the seeds 100, 200, … the first one for which each change that a test makes is found.
const SEED: u64 = 900;
/// Steps: the end of a span is the second one.
const STEPS: usize = 3;

/// Numbers that look random.
#[derive(Clone, Debug)]
pub struct Numbers(pub u64);

impl Numbers {
    /// The next number of 32 bits.
    pub fn draw(&mut self) -> u32 {
        const MULTIPLIER: u64 = 6_364_136_223_846_793_005;
        self.0 = self.0.wrapping_mul(MULTIPLIER).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 32) as u32
    }

    /// A number from -`limit` to `limit`, one in four a bound.
    fn within(&mut self, limit: i32) -> i32 {
        let number = self.draw();
        match number & 7 {
            0 => limit,
            1 => -limit,
            _ => ((i64::from(self.draw() as i32) * i64::from(limit)) >> 31) as i32,
        }
    }
}

/// A state of lane `lane`, near the end of a span.
pub fn extreme(lane: usize) -> Image {
    let mut numbers = Numbers(SEED + lane as u64);
    // Lane 0 has no weights, so that roots are of the least number; the others have small ones, and
    // those at their limits.
    let part = [0, 1, 16, 1][lane % 4];
    let gradient = [1 << 12, 1 << 30, i32::MAX, 1 << 20][lane % 4];
    let mut image = Image::of(SPAN - 2, |state| match state {
        State::Weight { limit } => numbers.within(limit / 16 * part),
        State::Moment => match numbers.draw() & 3 {
            0 => 0,
            1 => 1 << 30,
            _ => (numbers.draw() >> (2 + (numbers.draw() & 15))) as i32,
        },
        State::Moves => match numbers.draw() & 3 {
            0 => 0,
            1 => -1,
            _ => (numbers.draw() >> (numbers.draw() & 31)) as i32,
        },
        State::Bounded { limit } => numbers.within(limit),
        State::From0 { limit } => numbers.within(limit).abs(),
        State::Value { values } => (numbers.draw() % values) as i32,
        State::Gradient => numbers.within(gradient),
    });
    image.last = numbers.draw().to_le_bytes();
    if lane.is_multiple_of(4) {
        // A nibble of each node is as likely as teaches just enough: 2^-5.
        for bias in image.weights[WEIGHTS - OUTPUTS..].chunks_exact_mut(NIBBLES) {
            bias[5] = (-194_740_000i32) as u32;
        }
    }
    image
}

/// The bytes of the check, and what is foretold.
fn byte_of(lane: usize, step: usize) -> (u8, Option<u8>) {
    let byte = (lane * 77 + step * 155 + 3) as u8;
    (byte, [None, Some(byte), Some(255), Some(0)][(lane + step) % 4])
}

fn all_masses(network: &mut impl ByteNetwork, foretold: Option<u8>) -> Vec<u32> {
    let (mut high, mut low) = ([0; NIBBLES], [0; NIBBLES]);
    network.forward(foretold, &mut high);
    let mut masses = Vec::new();
    for value in 0..NIBBLES {
        network.low(value as u8, &mut low);
        masses.extend(low);
    }
    masses.extend(high);
    masses
}

/// What the processor computes of a lane: the masses of all steps, and the state then.
fn expected_of<K: NetworkKernels>(kernels: K, lane: usize, image: Image) -> (Vec<Vec<u32>>, Image) {
    let mut network = Lstm::of_image(kernels, image);
    let mut masses = Vec::new();
    for step in 0..STEPS {
        let (byte, foretold) = byte_of(lane, step);
        masses.push(all_masses(&mut network, foretold));
        if step + 1 < STEPS {
            network.learn(byte);
            network.advance(byte);
        }
    }
    (masses, network.image())
}

fn expected(lane: usize, image: Image) -> (Vec<Vec<u32>>, Image) {
    match crate::simd::active() {
        #[cfg(target_arch = "x86_64")]
        InstructionSet::Avx2(kernels) => expected_of(kernels, lane, image),
        #[cfg(target_arch = "aarch64")]
        InstructionSet::Neon(kernels) => expected_of(kernels, lane, image),
        InstructionSet::Scalar => expected_of(Scalar, lane, image),
    }
}

/// Computes on the device and on the processor, and compares everything.
///
/// # Errors
/// The device fails, or computes something else.
pub fn check(program: &Program) -> Outcome<()> {
    thread::scope(|scope| {
        // The processor computes while the device is prepared and computes.
        let expected: [_; LANES] = std::array::from_fn(|lane| {
            scope.spawn(move || {
                let image = extreme(lane);
                (image.clone(), expected(lane, image))
            })
        });
        let lanes = Lanes::new(program, LANES)?;
        let mut last = [0; LANES];
        for (lane, last) in last.iter_mut().enumerate() {
            let image = extreme(lane);
            *last = u32::from_le_bytes(image.last);
            lanes.write(program, lane, &image)?;
        }
        let masses = all_steps(program, &lanes, last)?;
        for (lane, expected) in expected.into_iter().enumerate() {
            let joined = expected.join().map_err(|_| Trouble::from("the check failed"))?;
            let (mut image, expected) = joined;
            compare(program, &lanes, lane, &masses, &mut image, &expected)?;
        }
        Ok(())
    })
}

/// Compares what a device computed in a lane with what the processor did. `image` takes the state.
fn compare(
    program: &Program,
    lanes: &Lanes,
    lane: usize,
    masses: &[Vec<u32>],
    image: &mut Image,
    (expected_masses, expected): &(Vec<Vec<u32>>, Image),
) -> Outcome<()> {
    let wrong = |what: &str| Err(Trouble(format!("the device computes wrong {what}")));
    for (masses, expected) in masses.iter().zip(expected_masses) {
        if masses[lane * OUTPUTS..][..OUTPUTS] != expected[..] {
            return wrong("probabilities");
        }
    }
    lanes.read(program, lane, image)?;
    if image.weights != expected.weights || image.moments != expected.moments {
        return wrong("weights");
    }
    if image.rest != expected.rest { wrong("states") } else { Ok(()) }
}

/// Makes the steps of all lanes on the device, after these last bytes; gives the masses of each step.
fn all_steps(program: &Program, lanes: &Lanes, mut last: [u32; LANES]) -> Outcome<Vec<Vec<u32>>> {
    let mut masses = Vec::new();
    for step in 0..STEPS {
        let request = |lane: usize| {
            let before = (SPAN - 2 + step).saturating_sub(1);
            Request {
                lane: lane as u32,
                at: if step == 0 { before as u32 + 1 } else { before as u32 },
                forward_at: ((SPAN - 2 + step) % SPAN) as u32,
                last: last[lane],
                foretold: byte_of(lane, step).1.map_or(256, u32::from),
                byte: u32::from(step.checked_sub(1).map_or(0, |before| byte_of(lane, before).0)),
            }
        };
        let requests: Vec<Request> = (0..LANES).map(request).collect();
        let counts = Counts {
            back: if step == 2 { LANES } else { 0 },
            learn: if step > 0 { LANES } else { 0 },
            forward: LANES,
        };
        masses.push(ask(program, lanes, &requests, counts)?);
        for (lane, last) in last.iter_mut().enumerate() {
            *last = *last << 8 | u32::from(byte_of(lane, step).0);
        }
    }
    Ok(masses)
}

/// The masses that the device gives for these requests.
///
/// # Errors
/// The device fails.
pub fn ask(
    program: &Program,
    lanes: &Lanes,
    requests: &[Request],
    counts: Counts,
) -> Outcome<Vec<u32>> {
    program.guarded(|| {
        let mut encoder = program.device.create_command_encoder(&Default::default());
        let queue = program.queue();
        lanes.encode(program, &queue, &mut encoder, 0, requests, counts);
        let submission = queue.submit([encoder.finish()]);
        drop(queue);
        lanes.results(program, 0, requests.len(), submission)
    })
}

/// How many steps a second the device makes of `count` streams that wait for each step, over two
/// spans or about a tenth of a second, learning included.
///
/// # Errors
/// The device fails.
pub fn speed(program: &Program, count: usize, image: &Image) -> Outcome<f64> {
    let sizes = (0..count.div_ceil(MOST)).map(|part| (count - part * MOST).min(MOST));
    let parts: Vec<Lanes> =
        sizes.map(|size| Lanes::new(program, size)).collect::<Result<_, _>>()?;
    for lanes in &parts {
        for lane in 0..lanes.capacity() {
            lanes.write(program, lane, image)?;
        }
    }
    let begun = std::time::Instant::now();
    let mut steps = 0;
    for step in 0..2 * SPAN {
        let forward_at = step % SPAN;
        let request = |lane: usize| Request {
            lane: lane as u32,
            at: ((step + SPAN - 1) % SPAN) as u32,
            forward_at: forward_at as u32,
            last: (step * 41) as u32,
            foretold: 256,
            byte: (lane + step) as u32 & 255,
        };
        program.guarded(|| {
            let mut encoder = program.device.create_command_encoder(&Default::default());
            let queue = program.queue();
            for lanes in &parts {
                let count = lanes.capacity();
                let requests: Vec<Request> = (0..count).map(request).collect();
                let learn = if step > 0 { count } else { 0 };
                let back = if step > 0 && forward_at == 0 { count } else { 0 };
                let counts = Counts { back, learn, forward: count };
                lanes.encode(program, &queue, &mut encoder, 0, &requests, counts);
            }
            let submission = queue.submit([encoder.finish()]);
            drop(queue);
            for lanes in &parts {
                lanes.results(program, 0, lanes.capacity(), submission.clone())?;
            }
            Ok(())
        })?;
        steps += count;
        // Whole spans only: the way back is a good part of the work.
        if step % SPAN == 0 && step > 0 && begun.elapsed().as_millis() > 100 {
            break;
        }
    }
    Ok(steps as f64 / begun.elapsed().as_secs_f64())
}
