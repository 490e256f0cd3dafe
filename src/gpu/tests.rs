//! Kernels and streams on a device against the processor, bit for bit.
//!
//! Without a device these tests say so and pass, unless `CMX_TEST_GPU=1` demands one.

use super::adapter::adapters;
use super::check::{Numbers, ask, check, extreme};
use super::faults::Faults;
use super::lanes::{Counts, Lanes, MOST, Request};
use super::program::Program;
use super::server::Server;
use super::stream::Stream;
use crate::network::image::{Image, OUTPUTS, SPAN};
use crate::network::lstm::Lstm;
use crate::network::start::Start;
use crate::network::{ByteNetwork, NIBBLES};
use crate::simd::{Scalar, usable};

/// A device to test with, if there is one.
pub fn program() -> Option<Program> {
    let found = adapters().into_iter().next();
    if found.is_none() {
        let is_demanded = std::env::var_os("CMX_TEST_GPU").is_some_and(|value| value == "1");
        assert!(!is_demanded, "CMX_TEST_GPU=1, and there is no device");
        println!("no device: nothing is tested");
    }
    found.map(|adapter| Program::new(adapter.open().unwrap()).unwrap())
}

/// A network of the processor, as fast as it has them.
enum Reference {
    #[cfg(target_arch = "x86_64")]
    Avx2(Lstm<crate::simd::Avx2>),
    #[cfg(target_arch = "aarch64")]
    Neon(Lstm<crate::simd::Neon>),
    Scalar(Lstm<Scalar>),
}

macro_rules! each {
    ($reference:expr, $network:ident => $body:expr) => {
        match $reference {
            #[cfg(target_arch = "x86_64")]
            Reference::Avx2($network) => $body,
            #[cfg(target_arch = "aarch64")]
            Reference::Neon($network) => $body,
            Reference::Scalar($network) => $body,
        }
    };
}

impl Reference {
    fn of(image: Image) -> Self {
        use crate::simd::InstructionSet;
        match usable().pop() {
            #[cfg(target_arch = "x86_64")]
            Some(InstructionSet::Avx2(kernels)) => Reference::Avx2(Lstm::of_image(kernels, image)),
            #[cfg(target_arch = "aarch64")]
            Some(InstructionSet::Neon(kernels)) => Reference::Neon(Lstm::of_image(kernels, image)),
            _ => Reference::Scalar(Lstm::of_image(Scalar, image)),
        }
    }

    fn masses(&mut self, foretold: Option<u8>) -> Vec<u32> {
        let (mut high, mut low) = ([0; NIBBLES], [0; NIBBLES]);
        each!(self, network => {
            network.forward(foretold, &mut high);
            let mut masses = Vec::new();
            for value in 0..NIBBLES {
                network.low(value as u8, &mut low);
                masses.extend(low);
            }
            masses.extend(high);
            masses
        })
    }

    fn learn(&mut self, byte: u8) {
        each!(self, network => {
            network.learn(byte);
            network.advance(byte);
        });
    }

    fn image(&mut self) -> Image {
        each!(self, network => network.image())
    }
}

/// Byte `at` of lane `lane`, and what is foretold: lanes take turns at text, noise and extremes.
fn byte_of(lane: usize, at: usize, numbers: &mut Numbers) -> (u8, Option<u8>) {
    const TEXT: &[u8] =
        b"It was the best of times, it was the worst of times; 1859-04-30 {\"a\": 1}\n";
    let noise = numbers.draw();
    let byte = match lane % 4 {
        0 => TEXT[(at * (lane + 1) + at / 7) % TEXT.len()],
        1 => noise as u8,
        2 => [0, 255][(noise >> 13 & 1) as usize],
        _ => TEXT[(at + lane) % TEXT.len()],
    };
    let foretold = match noise >> 20 & 3 {
        0 => None,
        1 => Some((noise >> 8) as u8),
        _ => Some(byte),
    };
    (byte, foretold)
}

/// Runs lanes of these images for `steps` bytes on the device and on the processor, and compares
/// all masses, and all state in the end.
fn compare(program: &Program, images: Vec<Image>, steps: usize) {
    let count = images.len();
    let chunks: Vec<Lanes> = (0..count.div_ceil(MOST))
        .map(|chunk| Lanes::new(program, (count - chunk * MOST).min(MOST)).unwrap())
        .collect();
    for (lane, image) in images.iter().enumerate() {
        chunks[lane / MOST].write(program, lane % MOST, image).unwrap();
    }
    let mut numbers = Numbers(count as u64);
    let mut learned: Vec<Option<u8>> = vec![None; count];
    let mut lasts: Vec<u32> = images.iter().map(|image| u32::from_le_bytes(image.last)).collect();
    let mut ats: Vec<usize> = images.iter().map(|image| image.at).collect();
    let mut references: Vec<Reference> = images.into_iter().map(Reference::of).collect();
    for step in 0..steps {
        // The last step only learns.
        let is_last = step + 1 == steps;
        let bytes: Vec<_> = (0..count).map(|lane| byte_of(lane, step, &mut numbers)).collect();
        for (number, chunk) in chunks.iter().enumerate() {
            let lanes = number * MOST..(number * MOST + chunk.capacity()).min(count);
            let mut requests: Vec<Request> = lanes
                .clone()
                .map(|lane| Request {
                    lane: (lane % MOST) as u32,
                    at: ats[lane] as u32,
                    forward_at: ((ats[lane] + usize::from(step > 0)) % SPAN) as u32,
                    last: lasts[lane],
                    foretold: bytes[lane].1.map_or(256, u32::from),
                    byte: learned[lane].map_or(0, u32::from),
                })
                .collect();
            requests.sort_by_key(|request| request.forward_at != 0 || step == 0);
            let learn = if step > 0 { requests.len() } else { 0 };
            let back = if step > 0 {
                requests.iter().filter(|request| request.forward_at == 0).count()
            } else {
                0
            };
            let forward = if is_last { 0 } else { requests.len() };
            let mut encoder = program.device.create_command_encoder(&Default::default());
            let masses = program
                .guarded(|| {
                    let counts = Counts { back, learn, forward };
                    let queue = program.queue();
                    chunk.encode(program, &queue, &mut encoder, step % 2, &requests, counts);
                    let submission = queue.submit([encoder.finish()]);
                    drop(queue);
                    chunk.results(program, step % 2, requests.len(), submission)
                })
                .unwrap();
            for (request, masses) in requests.iter().zip(masses.chunks_exact(OUTPUTS)) {
                let lane = number * MOST + request.lane as usize;
                if !is_last {
                    let expected = references[lane].masses(bytes[lane].1);
                    assert_eq!(masses, expected, "lane {lane} of {count}, step {step}");
                }
            }
        }
        for lane in 0..count {
            if step > 0 {
                ats[lane] = (ats[lane] + 1) % SPAN;
            }
            if !is_last {
                let byte = bytes[lane].0;
                references[lane].learn(byte);
                learned[lane] = Some(byte);
                lasts[lane] = lasts[lane] << 8 | u32::from(byte);
            }
        }
    }
    for (lane, reference) in references.iter_mut().enumerate() {
        let expected = reference.image();
        let mut image = expected.clone();
        chunks[lane / MOST].read(program, lane % MOST, &mut image).unwrap();
        assert!(image.weights == expected.weights, "weights of lane {lane} of {count}");
        assert!(image.moments == expected.moments, "moments of lane {lane} of {count}");
        // Masses belong to the step that was predicted last, with the weights of then.
        image.forget_masses();
        let mut expected = expected;
        expected.forget_masses();
        let differ: Vec<_> =
            (0..image.rest.len()).filter(|&at| image.rest[at] != expected.rest[at]).collect();
        assert!(
            differ.is_empty(),
            "state of lane {lane} of {count}: {} from {}",
            differ.len(),
            differ[0]
        );
    }
}

fn started(start: Start) -> Image {
    Lstm::starting(Scalar, start).image()
}

#[test]
fn one_lane_computes_what_the_processor_does() {
    let Some(program) = program() else { return };
    compare(&program, vec![started(Start::Text)], 3 * SPAN + 5);
}

#[test]
fn many_lanes_compute_what_the_processor_does() {
    let Some(program) = program() else { return };
    let starts = [Start::Text, Start::Words, Start::Binary].map(started);
    for (lanes, steps) in [(16, 2 * SPAN + 3), (64, SPAN + 2)] {
        let images = (0..lanes).map(|lane| starts[lane % 3].clone()).collect();
        compare(&program, images, steps);
    }
}

#[test]
fn extreme_states_compute_what_the_processor_does() {
    let Some(program) = program() else { return };
    compare(&program, (0..8).map(extreme).collect(), SPAN + 4);
    check(&program).unwrap();
}

/// Streams that ask at the same time, on threads of their own. Each copies itself on its way, and
/// the copy must predict the same.
fn serve(program: Program, most: usize, faults: Faults, streams: usize, steps: usize) -> Server {
    let server = std::sync::Arc::new(Server::new(program, most, faults).unwrap());
    std::thread::scope(|scope| {
        for number in 0..streams {
            let server = server.clone();
            scope.spawn(move || {
                let start = [Start::Text, Start::Words, Start::Binary][number % 3];
                let mut expected = Lstm::starting(Scalar, start);
                let mut stream = Stream::of(Lstm::starting(Scalar, start), server);
                let mut numbers = Numbers(number as u64);
                for step in 0..steps + number % 3 {
                    let (byte, foretold) = byte_of(number, step, &mut numbers);
                    let masses = |network: &mut dyn ByteNetwork| {
                        let (mut high, mut low) = ([0; NIBBLES], [0; NIBBLES]);
                        network.forward(foretold, &mut high);
                        network.low(byte >> 4, &mut low);
                        (high, low)
                    };
                    assert_eq!(masses(&mut stream), masses(&mut expected), "{number} at {step}");
                    // Now and then a byte teaches nothing.
                    if step % 13 != 7 {
                        stream.learn(byte);
                        expected.learn(byte);
                    }
                    stream.advance(byte);
                    expected.advance(byte);
                    if step == steps / 2 {
                        stream = stream.clone();
                    }
                }
            });
        }
    });
    std::sync::Arc::into_inner(server).unwrap()
}

/// States that come to new lanes while another lane of the same buffers works stay as they came.
#[test]
fn states_survive_the_first_submissions_of_others() {
    let Some(program) = program() else { return };
    let images = [Start::Text, Start::Words, Start::Binary].map(started);
    for round in 0..100 {
        let lanes = Lanes::new(&program, 4).unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let requests = [Request { lane: 3, ..Request::default() }];
                for _ in 0..3 {
                    let counts = Counts { forward: 1, ..Counts::default() };
                    ask(&program, &lanes, &requests, counts).unwrap();
                }
            });
            for (lane, image) in images.iter().enumerate() {
                lanes.write(&program, lane, image).unwrap();
            }
        });
        for (lane, image) in images.iter().enumerate() {
            let mut read = image.clone();
            read.weights.fill(0);
            lanes.read(&program, lane, &mut read).unwrap();
            assert!(read == *image, "lane {lane} in round {round}");
        }
    }
}

#[test]
fn streams_come_and_go_on_a_device() {
    let Some(program) = program() else { return };
    let server = serve(program, 5, Faults::default(), 7, SPAN + 9);
    assert_eq!(server.trouble(), None);
}

#[test]
fn the_processor_goes_on_where_a_device_fails() {
    let of = |set: fn(&mut Faults)| {
        let mut faults = Faults::default();
        set(&mut faults);
        faults
    };
    for (what, faults) in [
        ("lost", of(|faults| faults.lost_at_batch = 60.into())),
        ("lost at once", of(|faults| faults.lost_at_batch = 1.into())),
        ("silent", of(|faults| faults.silent_at_batch = 50.into())),
        ("without memory", of(|faults| faults.no_memory_at = 1.into())),
        ("unread", of(|faults| faults.unread_at = 2.into())),
    ] {
        let Some(program) = program() else { return };
        let server = serve(program, 64, faults, 3, 2 * SPAN);
        assert!(server.trouble().is_some(), "{what}");
    }
    // The streams that have lanes keep them.
    let Some(program) = program() else { return };
    let faults = of(|faults| faults.no_memory_at = 2.into());
    assert_eq!(serve(program, 64, faults, 6, 8).trouble(), None);
}

/// Each change of the kernels is one that a driver or a compiler could make.
#[test]
fn the_check_finds_changes_of_the_kernels() {
    let Some(adapter) = adapters().into_iter().next() else { return };
    let changes = [
        ("total >> 13u, -32767, 32767", "total >> 13u, -32766, 32766"),
        ("SUMS + sum] >> 17u), -32768,", "SUMS + sum] >> 17u), -16384,"),
        ("-LARGEST_RATIO, LARGEST_RATIO)", "-LARGEST_RATIO, LARGEST_RATIO + 1)"),
        ("ratio * rate, -limit, limit)", "ratio * rate, -limit, limit - 1)"),
        ("max(moment, LEAST_SQUARE)", "max(moment, 1u)"),
        ("abs(error) >= LEAST_ERROR", "abs(error) > LEAST_ERROR"),
        ("(total.low >> 7u), 4u)", "(total.low >> 7u), 5u)"),
        ("x >= (16u << 23u)", "x > (16u << 24u)"),
        ("gradient << (shift - 12u)", "gradient << (shift - 11u)"),
        ("gradient >> (12u - shift)", "gradient >> (11u - min(shift, 11u))"),
        ("select(0u, CELLS - 1u,", "select(0u, 0u,"),
        ("i < rounds; i++", "i + 1u < rounds; i++"),
        ("low < x.low), low)", "low <= x.low), low)"),
        ("min(shift, 18u), 1u)", "min(shift, 18u), 2u)"),
        ("count == 0xffffffffu", "false"),
        ("-LARGEST_INPUT, LARGEST_INPUT)", "-LARGEST_INPUT, LARGEST_INPUT - 1)"),
        ("last & 0xffffffu, number", "last & 0xfeffffu, number"),
        ("FEATURE_RATE, EMBEDDING_LIMIT", "FEATURE_RATE, EMBEDDING_LIMIT - 1"),
    ];
    let mut missed = Vec::new();
    for (from, to) in changes {
        let changed = Program::changed(adapter.open().unwrap(), |text| {
            assert!(text.contains(from), "{from}");
            text.replace(from, to)
        });
        if check(&changed.unwrap()).is_ok() {
            missed.push(to);
        }
    }
    assert!(missed.is_empty(), "not found: {missed:#?}");
}

/// Streams of real predictors, a thread each, whose primers and bytes pass through the device.
#[test]
fn archives_are_the_same_with_a_device() {
    use super::choice::{Choice, active, choose};
    use crate::{EncodeOptions, Level, compress_with, decompress};

    if program().is_none() {
        return;
    }
    let options = EncodeOptions::new().level(Level::new(9).unwrap()).verify(false);
    let contents: Vec<Vec<u8>> = (0..64usize)
        .map(|stream| {
            // No text, which would begin with a primer, and nothing that a match foretells.
            let mut numbers = Numbers(stream as u64);
            (0..100 + stream / 4).map(|_| numbers.draw() as u8 & 0x9f).collect()
        })
        .collect();
    let run = |choice: Choice, work: &(dyn Fn(usize) -> Vec<u8> + Sync)| -> Vec<Vec<u8>> {
        choose(choice);
        let done = std::thread::scope(|scope| {
            let threads: Vec<_> =
                (0..contents.len()).map(|stream| scope.spawn(move || work(stream))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        if choice != Choice::Processor {
            let server = active().expect("a device");
            let [steps, widest] = server.steps();
            println!("{steps} steps, up to {widest} at once");
            assert!(server.trouble().is_none() && steps > 64 * 90 && widest > 1);
        }
        done
    };
    let device = Choice::Adapter(0);
    let compress = |stream: usize| compress_with(&contents[stream], &options).unwrap();
    let expected = run(Choice::Processor, &compress);
    assert!(run(device, &compress) == expected);
    let of_device = run(device, &|stream| decompress(&expected[stream]).unwrap());
    choose(Choice::Processor);
    assert!(of_device == contents);
}
