//! A device that serves the streams of a process: batches of the steps that they wait for.
//!
//! Two threads take turns: while the device works for one group of streams, the streams of the
//! other group mix and code, and ask again. A stream at the end of a span waits until no other
//! stream is before its end, so that spans end together: the way back takes long.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use super::batch;
use super::lanes::{GROUPS, Lanes, MOST, Request};
use super::program::Program;
use super::trouble::{Outcome, Trouble};
use crate::network::image::{Image, OUTPUTS};

/// How long the first request of a batch waits for others, while fewer than half of the lanes ask.
const WAIT: Duration = Duration::from_micros(200);
/// A batch that took longer than this makes the next ones smaller: drivers reset a device that
/// works for seconds on one submission.
const LONG: Duration = Duration::from_millis(60);

/// The masses of all nodes of the output of a lane.
pub type Masses = [u32; OUTPUTS];

/// A device and the threads that feed it.
#[derive(Debug)]
pub struct Server {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Debug)]
pub(super) struct Shared {
    pub program: Program,
    /// Most lanes at a time.
    most: usize,
    state: Mutex<State>,
    changed: Condvar,
    /// Steps that the device made.
    steps: AtomicU64,
    /// Most lanes that a batch had.
    widest: AtomicU64,
    /// Errors that tests plan.
    pub faults: super::faults::Faults,
}

#[derive(Debug, Default)]
struct State {
    buffers: Vec<Arc<Lanes>>,
    free: Vec<Place>,
    /// Lanes that streams have.
    taken: usize,
    pending: Vec<Pending>,
    /// How many requests a batch has at most: of steps, and of steps with the way back.
    most: [usize; 2],
    /// Why the device is no longer used.
    trouble: Option<Trouble>,
    is_closing: bool,
}

/// A lane: its buffers and its number among their lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    buffers: usize,
    lane: usize,
}

/// A request that no batch has taken.
#[derive(Debug)]
pub(super) struct Pending {
    place: Place,
    pub lanes: Arc<Lanes>,
    pub request: Request,
    /// Whether the lane learns a byte first.
    pub learns: bool,
    /// Whether a span ends with that byte.
    pub goes_back: bool,
    answer: Arc<Answer>,
}

impl Pending {
    pub fn buffers(&self) -> usize {
        self.place.buffers
    }
}

/// Where a stream waits for its masses.
#[derive(Debug, Default)]
struct Answer {
    masses: Mutex<Option<Outcome<Masses>>>,
    is_there: Condvar,
}

impl Answer {
    fn give(&self, masses: Outcome<Masses>) {
        *self.masses.lock().unwrap_or_else(PoisonError::into_inner) = Some(masses);
        self.is_there.notify_one();
    }

    fn wait(&self) -> Outcome<Masses> {
        let mut masses = self.masses.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match masses.take() {
                Some(masses) => return masses,
                None => {
                    let waited = self.is_there.wait(masses);
                    masses = waited.unwrap_or_else(PoisonError::into_inner);
                }
            }
        }
    }
}

impl Server {
    /// Starts to serve at most `most` lanes with the device.
    ///
    /// # Errors
    /// The system starts no thread.
    pub fn new(program: Program, most: usize, faults: super::faults::Faults) -> Outcome<Server> {
        let state = State { most: [MOST, 4], ..State::default() };
        let state = Mutex::new(state);
        let shared = Arc::new(Shared {
            program,
            most,
            state,
            changed: Condvar::new(),
            steps: AtomicU64::new(0),
            widest: AtomicU64::new(0),
            faults,
        });
        let threads = (0..GROUPS).map(|group| {
            let shared = shared.clone();
            let builder = Builder::new().name("cmx device".into());
            builder.spawn(move || shared.serve(group))
        });
        let threads: Result<Vec<_>, _> = threads.collect();
        let threads = threads.map_err(|error| Trouble(error.to_string()))?;
        Ok(Server { shared, threads })
    }

    /// Why the device is no longer used, if that is so.
    pub fn trouble(&self) -> Option<Trouble> {
        self.shared.state().trouble.clone()
    }

    /// Steps that the device made, and the most that it made at once.
    pub fn steps(&self) -> [u64; 2] {
        [&self.shared.steps, &self.shared.widest].map(|count| count.load(Relaxed))
    }

    /// The name of the device.
    pub fn name(&self) -> &str {
        &self.shared.program.name
    }

    /// A lane with the state of `image`. None where all lanes are taken, or the device is out of
    /// use or memory.
    pub fn lane(&self, image: &Image) -> Option<Lane> {
        let shared = &self.shared;
        let (place, lanes) = shared.take_place()?;
        let lane = Lane { shared: shared.clone(), place, lanes };
        match lane.lanes.write(&shared.program, place.lane, image) {
            Ok(()) => Some(lane),
            Err(trouble) => {
                shared.fail(&trouble);
                None
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.state().is_closing = true;
        self.shared.changed.notify_all();
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// A lane of a device, for one stream.
#[derive(Debug)]
pub struct Lane {
    shared: Arc<Shared>,
    place: Place,
    lanes: Arc<Lanes>,
}

impl Lane {
    /// Asks for a step, and waits until the device has computed it. The thread works for nobody
    /// meanwhile.
    ///
    /// # Errors
    /// The device is out of use.
    pub fn ask(&self, request: Request, learns: bool, goes_back: bool) -> Outcome<Masses> {
        let answer = Arc::new(Answer::default());
        let request = Request { lane: self.place.lane as u32, ..request };
        let pending = Pending {
            place: self.place,
            lanes: self.lanes.clone(),
            request,
            learns,
            goes_back,
            answer: answer.clone(),
        };
        let mut state = self.shared.state();
        if let Some(trouble) = &state.trouble {
            return Err(trouble.clone());
        }
        state.pending.push(pending);
        drop(state);
        self.shared.changed.notify_one();
        match crate::threads::Workers::current() {
            Some(workers) => workers.step_aside(|| answer.wait()),
            None => answer.wait(),
        }
    }

    /// Takes the state of the lane: all but what the host knows.
    ///
    /// # Errors
    /// The device is out of use.
    pub fn read(&self, image: &mut Image) -> Outcome<()> {
        if let Some(trouble) = &self.shared.state().trouble {
            return Err(trouble.clone());
        }
        let read = self
            .shared
            .faults
            .read()
            .and_then(|()| self.lanes.read(&self.shared.program, self.place.lane, image));
        read.inspect_err(|trouble| self.shared.fail(trouble))
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        let mut state = self.shared.state();
        state.free.push(self.place);
        state.taken -= 1;
        drop(state);
        // A batch may wait for more requests than there are lanes now.
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A free lane, in new buffers where the others are full: for four lanes first, and for as many
    /// as there are from then on.
    fn take_place(&self) -> Option<(Place, Arc<Lanes>)> {
        let mut state = self.state();
        if state.trouble.is_some() || state.taken >= self.most {
            return None;
        }
        if state.free.is_empty() {
            let now: usize = state.buffers.iter().map(|lanes| lanes.capacity()).sum();
            let capacity = now.clamp(4, MOST).min(self.most - now.min(self.most)).max(1);
            let new = self.faults.allocation().and_then(|()| Lanes::new(&self.program, capacity));
            let lanes = match new {
                Ok(lanes) => Arc::new(lanes),
                Err(trouble) if state.buffers.is_empty() => {
                    drop(state);
                    self.fail(&trouble);
                    return None;
                }
                // The streams that have lanes keep them.
                Err(_) => return None,
            };
            let buffers = state.buffers.len();
            state.buffers.push(lanes);
            state.free.extend((0..capacity).rev().map(|lane| Place { buffers, lane }));
        }
        let place = state.free.pop()?;
        state.taken += 1;
        let lanes = state.buffers[place.buffers].clone();
        Some((place, lanes))
    }

    /// Puts the device out of use. All streams learn it.
    fn fail(&self, trouble: &Trouble) {
        let mut state = self.state();
        state.trouble.get_or_insert_with(|| trouble.clone());
        let pending = std::mem::take(&mut state.pending);
        drop(state);
        pending.iter().for_each(|pending| pending.answer.give(Err(trouble.clone())));
    }

    /// Runs batches until the server closes.
    fn serve(&self, group: usize) {
        while let Some(taken) = self.next_batch() {
            let begun = Instant::now();
            let done = batch::run(self, group, &taken);
            self.adapt(&taken, begun.elapsed());
            match done {
                Ok(masses) => {
                    self.steps.fetch_add(taken.len() as u64, Relaxed);
                    self.widest.fetch_max(taken.len() as u64, Relaxed);
                    for (pending, masses) in taken.iter().zip(masses) {
                        pending.answer.give(Ok(masses));
                    }
                }
                Err(trouble) => {
                    self.fail(&trouble);
                    taken.iter().for_each(|pending| pending.answer.give(Err(trouble.clone())));
                }
            }
        }
    }

    /// Waits for a batch; none once the server closes.
    fn next_batch(&self) -> Option<Vec<Pending>> {
        let mut state = self.state();
        let mut until = None;
        loop {
            if state.is_closing {
                return None;
            }
            let count = state.pending.len();
            if count == 0 {
                until = None;
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let now = Instant::now();
            let until = *until.get_or_insert(now + WAIT);
            if 2 * count >= state.taken || now >= until {
                break;
            }
            let waited = self.changed.wait_timeout(state, until - now);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        Some(state.take_batch())
    }

    /// Makes batches smaller where they take long, and larger again where they do not.
    fn adapt(&self, taken: &[Pending], time: Duration) {
        let kind = usize::from(taken.iter().any(|pending| pending.goes_back));
        let mut state = self.state();
        if time > LONG {
            state.most[kind] = (taken.len() / 2).max(1);
        } else if time < LONG / 4 && taken.len() >= state.most[kind] {
            state.most[kind] = 2 * taken.len();
        }
    }
}

impl State {
    /// The steps that are asked for; those that end a span only if there are no others.
    fn take_batch(&mut self) -> Vec<Pending> {
        let steps = self.pending.iter().filter(|pending| !pending.goes_back).count();
        let goes_back = steps == 0;
        let most = self.most[usize::from(goes_back)];
        let (mut taken, mut left) = (Vec::new(), Vec::new());
        for pending in self.pending.drain(..) {
            if pending.goes_back == goes_back && taken.len() < most {
                taken.push(pending);
            } else {
                left.push(pending);
            }
        }
        self.pending = left;
        taken
    }
}
