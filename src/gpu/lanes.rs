//! The state of up to [`MOST`] networks on a device, each in a lane of the same buffers.

use super::program::{BINDINGS, Program, buffer};
use super::trouble::{Outcome, Trouble};
use crate::network::image::{Image, OUTPUTS, REST, SPAN, SUMS, WEIGHTS, WIDTH};

/// Lanes that share buffers: their weights nearly fill the 128 MiB that a binding has on every
/// device.
pub const MOST: usize = 15;
const _: () = assert!(4 * MOST * WEIGHTS <= 128 << 20);
/// Batches that can be under way.
pub const GROUPS: usize = 2;

/// What is asked of a lane: `Request` of the kernels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The lane among those of its buffers.
    pub lane: u32,
    /// The step of the span that learns.
    pub at: u32,
    /// The step of the span that goes forward.
    pub forward_at: u32,
    /// The last four bytes, the newest in the lowest bits.
    pub last: u32,
    /// The byte that a match foretells, or 256.
    pub foretold: u32,
    /// The byte that came.
    pub byte: u32,
}

impl Request {
    const WORDS: usize = 6;

    fn words(self) -> [u32; Self::WORDS] {
        [self.lane, self.at, self.forward_at, self.last, self.foretold, self.byte]
    }
}

/// How many of the requests of a batch, counted from the first one, go back through a span, learn a
/// byte, and go a step forward.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub back: usize,
    pub learn: usize,
    pub forward: usize,
}

/// Buffers of lanes.
#[derive(Debug)]
pub struct Lanes {
    capacity: usize,
    weights: wgpu::Buffer,
    moments: wgpu::Buffer,
    rest: wgpu::Buffer,
    groups: [Group; GROUPS],
}

/// Buffers of a batch that is under way.
#[derive(Debug)]
struct Group {
    requests: wgpu::Buffer,
    results: wgpu::Buffer,
    /// The results where the host can read them.
    read: wgpu::Buffer,
    bindings: wgpu::BindGroup,
}

const WRITTEN: wgpu::BufferUsages = wgpu::BufferUsages::COPY_DST;
const READ: wgpu::BufferUsages = wgpu::BufferUsages::COPY_SRC;

impl Lanes {
    /// Buffers for `capacity` lanes, at most [`MOST`].
    ///
    /// # Errors
    /// The device has not the memory.
    pub fn new(program: &Program, capacity: usize) -> Outcome<Lanes> {
        program.guarded(|| {
            let device = &program.device;
            let state = |words: usize| buffer(device, capacity * words, WRITTEN | READ);
            let (weights, moments, rest) = (state(WEIGHTS), state(WEIGHTS), state(REST));
            let gradients = state(SPAN * (SUMS + WIDTH));
            let group = || {
                let requests = buffer(device, capacity * Request::WORDS, WRITTEN);
                let results = buffer(device, capacity * OUTPUTS, READ);
                let all =
                    [&requests, &program.tables, &weights, &moments, &rest, &gradients, &results];
                let entries: [_; BINDINGS] = std::array::from_fn(|binding| wgpu::BindGroupEntry {
                    binding: binding as u32,
                    resource: all[binding].as_entire_binding(),
                });
                let bindings = device.create_bind_group(&wgpu::BindGroupDescriptor {
                    label: None,
                    layout: &program.layout,
                    entries: &entries,
                });
                let read = readable(device, capacity * OUTPUTS);
                Group { requests, results, read, bindings }
            };
            let groups = std::array::from_fn(|_| group());
            Ok(Lanes { capacity, weights, moments, rest, groups })
        })
    }

    /// How many lanes there are.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Gives `lane` the state of `image`.
    ///
    /// # Errors
    /// The device cannot take it.
    pub fn write(&self, program: &Program, lane: usize, image: &Image) -> Outcome<()> {
        program.guarded(|| {
            let queue = program.queue();
            for (buffer, words) in
                self.parts().into_iter().zip([&image.weights, &image.moments, &image.rest])
            {
                let offset = 4 * (lane * words.len()) as u64;
                queue.write_buffer(buffer, offset, bytemuck::cast_slice(words));
            }
            Ok(())
        })
    }

    /// Takes the state of `lane` into `image`: all but what the host knows.
    ///
    /// # Errors
    /// The device does not give it.
    pub fn read(&self, program: &Program, lane: usize, image: &mut Image) -> Outcome<()> {
        program.guarded(|| {
            let read = readable(&program.device, 2 * WEIGHTS + REST);
            let mut encoder = program.device.create_command_encoder(&Default::default());
            let mut at = 0;
            for (buffer, words) in self.parts().into_iter().zip([WEIGHTS, WEIGHTS, REST]) {
                let bytes = 4 * words as u64;
                encoder.copy_buffer_to_buffer(buffer, lane as u64 * bytes, &read, at, bytes);
                at += bytes;
            }
            let submission = program.queue().submit([encoder.finish()]);
            let words = map(program, &read, 2 * WEIGHTS + REST, submission)?;
            image.weights.copy_from_slice(&words[..WEIGHTS]);
            image.moments.copy_from_slice(&words[WEIGHTS..2 * WEIGHTS]);
            image.rest.copy_from_slice(&words[2 * WEIGHTS..]);
            Ok(())
        })
    }

    fn parts(&self) -> [&wgpu::Buffer; 3] {
        [&self.weights, &self.moments, &self.rest]
    }

    /// Asks these lanes, in the buffers of group `group`: `queue` writes the requests, and submits
    /// what `encoder` has.
    pub fn encode(
        &self,
        program: &Program,
        queue: &wgpu::Queue,
        encoder: &mut wgpu::CommandEncoder,
        group: usize,
        requests: &[Request],
        counts: Counts,
    ) {
        let group = &self.groups[group];
        let words: Vec<_> = requests.iter().flat_map(|request| request.words()).collect();
        queue.write_buffer(&group.requests, 0, bytemuck::cast_slice(&words));
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
        pass.set_bind_group(0, &group.bindings, &[]);
        let back = program.back.iter().map(|pipeline| (pipeline, counts.back));
        for (pipeline, count) in [(&program.learn, counts.learn)]
            .into_iter()
            .chain(back)
            .chain([(&program.forward, counts.forward)])
        {
            if count > 0 {
                pass.set_pipeline(pipeline);
                pass.dispatch_workgroups(count as u32, 1, 1);
            }
        }
        drop(pass);
        let bytes = 4 * (requests.len() * OUTPUTS) as u64;
        encoder.copy_buffer_to_buffer(&group.results, 0, &group.read, 0, bytes);
    }

    /// Waits for the masses of `count` requests, [`OUTPUTS`] of each.
    ///
    /// # Errors
    /// The device does not give them.
    pub fn results(
        &self,
        program: &Program,
        group: usize,
        count: usize,
        submission: wgpu::SubmissionIndex,
    ) -> Outcome<Vec<u32>> {
        map(program, &self.groups[group].read, count * OUTPUTS, submission)
    }
}

fn readable(device: &wgpu::Device, words: usize) -> wgpu::Buffer {
    device.create_buffer(&wgpu::BufferDescriptor {
        label: None,
        size: 4 * words as u64,
        usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    })
}

/// The first words of a buffer, once the device has done what was submitted.
fn map(
    program: &Program,
    buffer: &wgpu::Buffer,
    words: usize,
    submission: wgpu::SubmissionIndex,
) -> Outcome<Vec<u32>> {
    let slice = buffer.slice(..4 * words as u64);
    slice.map_async(wgpu::MapMode::Read, |_| {});
    program.wait(submission)?;
    let view = slice.get_mapped_range().map_err(|error| Trouble(error.to_string()))?;
    let copied = bytemuck::cast_slice(&view).to_vec();
    drop(view);
    buffer.unmap();
    Ok(copied)
}
