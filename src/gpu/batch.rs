//! One batch of requests: a submission, and the masses that come back.

use super::lanes::{Counts, Lanes, Request};
use super::program::Program;
use super::server::{Masses, Pending, Shared};
use super::trouble::{Outcome, Trouble};
use crate::network::image::OUTPUTS;

/// The part of a batch that one set of buffers has.
struct Part<'a> {
    lanes: &'a Lanes,
    /// Indices into the batch, in the order of the requests.
    indices: Vec<usize>,
    requests: Vec<Request>,
    counts: Counts,
}

/// Computes the steps of a batch in the buffers of group `group`.
///
/// # Errors
/// The device fails.
pub fn run(shared: &Shared, group: usize, taken: &[Pending]) -> Outcome<Vec<Masses>> {
    shared.faults.batch(&shared.program)?;
    compute(&shared.program, group, &parts(taken), taken.len())
}

fn parts(taken: &[Pending]) -> Vec<Part<'_>> {
    let mut indices: Vec<usize> = (0..taken.len()).collect();
    indices.sort_by_key(|&index| {
        let pending = &taken[index];
        (pending.buffers(), !pending.goes_back, !pending.learns)
    });
    let same = |&one: &usize, &two: &usize| taken[one].buffers() == taken[two].buffers();
    let part = |indices: &[usize]| {
        let count =
            |is: fn(&Pending) -> bool| indices.iter().filter(|&&index| is(&taken[index])).count();
        Part {
            lanes: &taken[indices[0]].lanes,
            requests: indices.iter().map(|&index| taken[index].request).collect(),
            counts: Counts {
                back: count(|pending| pending.goes_back),
                learn: count(|pending| pending.learns),
                forward: indices.len(),
            },
            indices: indices.to_vec(),
        }
    };
    indices.chunk_by(same).map(part).collect()
}

fn compute(
    program: &Program,
    group: usize,
    parts: &[Part<'_>],
    count: usize,
) -> Outcome<Vec<Masses>> {
    program.guarded(|| {
        let mut encoder = program.device.create_command_encoder(&Default::default());
        let queue = program.queue();
        for part in parts {
            part.lanes.encode(program, &queue, &mut encoder, group, &part.requests, part.counts);
        }
        let submission = queue.submit([encoder.finish()]);
        drop(queue);
        let mut all = vec![[0; OUTPUTS]; count];
        for part in parts {
            let masses =
                part.lanes.results(program, group, part.requests.len(), submission.clone())?;
            for (&index, masses) in part.indices.iter().zip(masses.as_chunks().0) {
                // A mass is from 1 to 2^20 + 1: what else comes back, no device computed.
                if masses.iter().any(|mass| !(1..=(1 << 20) + 1).contains(mass)) {
                    return Err(Trouble("the device gave no masses".into()));
                }
                all[index] = *masses;
            }
        }
        Ok(all)
    })
}
