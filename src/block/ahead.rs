//! Formats that free threads look for ahead of the thread that cuts a block.
//!
//! To find the settings of one deflate stream takes many times as long as to decode the stream, and
//! no stream depends on the one before. So threads probe segments of the block, and the thread that
//! cuts the block takes their results, if its own would be the same. The pieces are those of one
//! thread.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::piece::Piece;
use super::probe;
use super::split::Context;
use crate::budget::Budget;
use crate::threads::{Step, Workers, each};

/// Bytes of a segment. One that begins within a stream finds only false starts, which cost little.
const SEGMENT: usize = 128 << 10;

/// Bytes of memory that a thread takes besides what it finds.
const OWN_MEMORY: u64 = 16 << 20;

/// Results of probes, by the offsets of these.
#[derive(Debug, Default)]
pub struct Ahead(HashMap<usize, Probed>);

/// The result of a probe.
#[derive(Debug)]
struct Probed {
    pieces: Option<Vec<Piece>>,
    /// Bytes that the probe took of [`Context::effort`].
    effort: usize,
    /// Bytes that the probe took of [`Context::budget`].
    taken: usize,
    /// Bytes of the budget without which the result would be another one.
    needed: usize,
}

/// What the threads share.
struct Shared<'a> {
    bytes: &'a [u8],
    gaps: &'a [Range<usize>],
    context: &'a Context,
    /// Bytes that all threads together may still work through.
    effort: AtomicUsize,
    /// Bytes that all results together may still take.
    room: AtomicUsize,
    /// The end of the furthest format that was found: segments before it need no look.
    covered: AtomicUsize,
}

impl Ahead {
    /// Probes all of `bytes` but the first `passed` if a free thread helps.
    pub fn look(bytes: &[u8], passed: usize, gaps: &[Range<usize>], context: &Context) -> Ahead {
        let has_help = Workers::current().is_some_and(|workers| workers.places() > 1);
        if !has_help || !context.may_look_ahead || bytes.len() < 2 * SEGMENT {
            return Ahead::default();
        }
        // What probes find counts for the block that is cut. Only what is found in vain counts twice.
        let left = Budget::current().map_or(u64::MAX, |budget| budget.left() / 4);
        let room = context.budget.min(usize::try_from(left).unwrap_or(usize::MAX));
        let shared = Shared {
            bytes,
            gaps,
            context,
            effort: AtomicUsize::new(context.effort),
            room: AtomicUsize::new(room),
            covered: AtomicUsize::new(passed),
        };
        let starts: Vec<usize> = (0..bytes.len()).step_by(SEGMENT).collect();
        let end_of = |start: usize| bytes.len().min(start + SEGMENT);
        let step = |&start: &usize| Step {
            length: end_of(start) - start,
            memory: OWN_MEMORY + 4 * SEGMENT as u64,
        };
        let steps: Vec<Step> = starts.iter().map(step).collect();
        let found = each(&steps, |index| Ok(shared.probe(starts[index]..end_of(starts[index]))));
        // A segment without results is probed by the thread that cuts the block.
        Ahead(found.unwrap_or_default().into_iter().flatten().collect())
    }

    /// The result of the probe at `at`, if the probe would give it in `context`. Takes from
    /// `context` what the probe took.
    pub fn take(&mut self, at: usize, context: &mut Context) -> Option<Option<Vec<Piece>>> {
        let Probed { pieces, effort, taken, needed } = self.0.remove(&at)?;
        if context.budget < needed || context.effort < effort {
            return None;
        }
        context.effort -= effort;
        context.need(needed);
        context.budget -= taken;
        context.taken += taken;
        Some(pieces)
    }
}

impl Shared<'_> {
    /// The results of all probes in `segment` that cost anything.
    fn probe(&self, segment: Range<usize>) -> Vec<(usize, Probed)> {
        let mut found = Vec::new();
        let mut from = segment.start.max(self.covered.load(Relaxed));
        while let Some(at) = probe::start(self.bytes, from, self.gaps) {
            let (effort, room) = (self.effort.load(Relaxed), self.room.load(Relaxed));
            if at >= segment.end || effort == 0 || room == 0 {
                break;
            }
            let mut context = Context {
                effort,
                budget: room,
                is_exhausted: false,
                taken: 0,
                needed: 0,
                may_look_ahead: false,
                ..self.context.clone()
            };
            let pieces = probe::probe(self.bytes, at, &mut context);
            let (effort, taken) = (effort - context.effort, context.taken);
            let take = |left: &AtomicUsize, bytes: usize| {
                let _ =
                    left.fetch_update(Relaxed, Relaxed, |left| Some(left.saturating_sub(bytes)));
            };
            take(&self.effort, effort);
            take(&self.room, taken);
            from = at + 1;
            if let Some(pieces) = &pieces {
                from = at + pieces.iter().map(|piece| piece.len).sum::<usize>();
                self.covered.fetch_max(from, Relaxed);
            }
            let costs = effort > 0 || pieces.is_some();
            let Context { needed, is_exhausted, .. } = context;
            // With more budget or effort the result could be another one.
            if costs && needed <= room && !is_exhausted {
                found.push((at, Probed { pieces, effort, taken, needed }));
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::ZlibEncoder;

    use super::*;
    use crate::block::piece::describe;
    use crate::block::split;
    use crate::level::LEVELS;
    use crate::threads::Work;

    /// Streams of zlib with text before and behind, some longer than a segment.
    fn streams() -> Vec<u8> {
        let mut out = Vec::new();
        for number in 0..13u32 {
            let text: Vec<u8> = (0..60_000 + number * 4_000)
                .flat_map(|at| format!("{:x} ", at.wrapping_mul(0x9E37 + number) >> 9).into_bytes())
                .take(30_000 + number as usize * 20_000)
                .collect();
            let mut encoder = ZlibEncoder::new(Vec::new(), Compression::new(6));
            encoder.write_all(&text).unwrap();
            out.extend(encoder.finish().unwrap());
            out.extend_from_slice(&text[..3000]);
        }
        out
    }

    /// The same pieces come out for any number of threads, also where the budget or the effort ends
    /// in the middle.
    #[test]
    fn pieces_are_those_of_one_thread() {
        let bytes = streams();
        assert!(bytes.len() > 6 * SEGMENT);
        let level = &LEVELS[3];
        let cut = |places: usize, budget: usize, effort: usize| {
            let workers = Workers::new(places);
            let _place = workers.begin(0, Work::default());
            let mut context = Context { budget, effort, ..Context::new(bytes.len(), level) };
            let pieces = workers.run(|| split::cut(&bytes, &mut context));
            (describe(&pieces), context.budget, context.effort)
        };
        let whole = Context::new(bytes.len(), level);
        let (_, budget, effort) = cut(1, whole.budget, whole.effort);
        let used = (whole.budget - budget, whole.effort - effort);
        assert!(used.0 > bytes.len() && used.1 > 0, "{used:?}");
        let cases = [
            (whole.budget, whole.effort),
            (used.0, used.1),
            (used.0 / 2, used.1),
            (used.0 * 2, used.1 / 2),
            (used.0 / 3, used.1 / 3),
        ];
        for (budget, effort) in cases {
            let one = cut(1, budget, effort);
            for places in [2, 5] {
                assert!(cut(places, budget, effort) == one, "{places} of {budget}, {effort}");
            }
        }
    }
}
