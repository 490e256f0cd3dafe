//! The workers of a job: how many threads work at the same time, and within which memory.
//!
//! Threads may be more than workers. A thread has a [`Place`] while it works, and there are only so
//! many places. A thread that waits for another thread gives up its place meanwhile
//! ([`Workers::pause`]), so that a third one can work.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::budget::Budget;

/// The workers of one job. Clones are the same workers.
#[derive(Clone)]
pub struct Workers {
    shared: Arc<Shared>,
}

struct Shared {
    /// Number of places.
    places: usize,
    state: Mutex<State>,
    changed: Condvar,
    /// For threads that paused and wait for a place: each place that is given back wakes one.
    resumed: Condvar,
}

#[derive(Default)]
struct State {
    /// Places that are taken.
    taken: usize,
    /// Places that were given and not given back, those of paused threads included.
    given: usize,
    /// Bytes of memory that the threads with a place said they would take.
    reserved: u64,
    /// What the budget had left when nothing was reserved.
    allowed: u64,
    /// The blocks that wait for a place, with the one that comes next first.
    waiting: BTreeSet<Turn>,
    /// Numbers of the blocks that were announced and have not ended.
    unended: BTreeSet<u64>,
    /// Threads that paused and wait for a place to go on.
    resuming: usize,
    /// Whether the block that comes next waits for memory, which only a place that is dropped gives
    /// back.
    #[cfg_attr(not(any(test, feature = "gpu")), allow(dead_code))]
    lacks_memory: bool,
    /// Threads that wait to help.
    helpers: Vec<Helper>,
    /// Number of threads that ever waited to help.
    numbered: u64,
}

/// A block that waits: the longest work first, so that no thread is left alone with it at the end,
/// and of equal work the lowest number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Turn {
    time: Reverse<u64>,
    number: u64,
}

/// The work on a block.
#[derive(Clone, Copy, Debug, Default)]
pub struct Work {
    /// Bytes of memory that it takes.
    pub memory: u64,
    /// How long it takes, compared with other blocks of the job.
    pub time: u64,
    /// Number of a block that must have ended before.
    pub after: Option<u64>,
}

/// Length of a step that a whole job waits for. Threads take it before any block.
pub const URGENT: usize = usize::MAX;

/// A thread that waits to help.
#[derive(Clone, Copy)]
struct Helper {
    number: u64,
    length: usize,
    memory: u64,
}

thread_local! {
    static CURRENT: RefCell<Option<Workers>> = const { RefCell::new(None) };
}

impl Workers {
    /// Workers with `places` places, at least one.
    #[must_use]
    pub fn new(places: usize) -> Workers {
        Workers {
            shared: Arc::new(Shared {
                places: places.max(1),
                state: Mutex::default(),
                changed: Condvar::new(),
                resumed: Condvar::new(),
            }),
        }
    }

    /// The workers that this thread is one of; `None` where one thread does everything.
    #[must_use]
    pub fn current() -> Option<Workers> {
        CURRENT.with_borrow(Clone::clone)
    }

    /// Number of places.
    #[must_use]
    pub fn places(&self) -> usize {
        self.shared.places
    }

    /// How many threads may have begun at the same time: as many as there are places, or more where
    /// threads wait for a device ([`super::set_lanes`]).
    #[must_use]
    pub fn lanes(&self) -> usize {
        self.shared.places.max(super::lanes::lanes())
    }

    /// Runs `work` as one of the workers. The thread returns to its previous workers afterwards.
    pub fn run<T>(&self, work: impl FnOnce() -> T) -> T {
        let before = CURRENT.replace(Some(self.clone()));
        // The destructor restores the previous workers also after a panic.
        let _restore = Restore(before);
        work()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&'a self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that block `number` will wait for a place and that others may wait for its end.
    pub fn announce(&self, number: u64) {
        self.state().unended.insert(number);
    }

    /// Says that block `number` has ended.
    pub fn end(&self, number: u64) {
        self.state().unended.remove(&number);
        self.shared.changed.notify_all();
    }

    /// Waits for a place for block `number`: until the block before has ended, no other block comes
    /// first, and the memory fits beside that of the others or no other thread has reserved any.
    /// Whether the memory is enough then the budget says.
    #[must_use]
    pub fn begin(&self, number: u64, work: Work) -> Place {
        let mut state = self.state();
        let turn = Turn { time: Reverse(work.time), number };
        while work.after.is_some_and(|after| state.unended.contains(&after)) {
            state = self.wait(state);
        }
        state.waiting.insert(turn);
        loop {
            if state.reserved == 0 {
                state.allowed = Budget::current().map_or(u64::MAX, |budget| budget.left());
            }
            let fits = state.reserved == 0 || state.has_room(work.memory);
            let is_next = state.waiting.first() == Some(&turn) && state.resuming == 0;
            if is_next && fits && state.taken < self.shared.places && !state.is_urgent() {
                break;
            }
            if state.waiting.first() == Some(&turn) {
                state.lacks_memory = !fits;
            }
            state = self.wait(state);
        }
        state.waiting.remove(&turn);
        state.lacks_memory = false;
        self.take(state, work.memory)
    }

    /// Waits until no other thread has a place, and takes one for all memory: until it is given
    /// back, no other thread gets one.
    #[must_use]
    pub fn begin_alone(&self) -> Place {
        let mut state = self.state();
        while state.given > 0 {
            state = self.wait(state);
        }
        // Others ask whether theirs fits beside what is reserved.
        state.allowed = 0;
        self.take(state, u64::MAX)
    }

    /// Waits for a place that no block needs, for work on `length` bytes within `memory` that
    /// another thread could do as well. The longest work comes first, so that none is left alone
    /// with it at the end. `None` as soon as `is_wanted` returns `false`. The function is asked
    /// after each [`Workers::notify`] and must not use the workers itself.
    #[must_use]
    pub fn join(&self, length: usize, memory: u64, is_wanted: impl Fn() -> bool) -> Option<Place> {
        let mut state = self.state();
        let own = Helper { number: state.numbered, length, memory };
        state.numbered += 1;
        state.helpers.push(own);
        let place = loop {
            if !is_wanted() {
                break false;
            }
            if state.taken < self.shared.places && state.is_next(&own) {
                break true;
            }
            state = self.wait(state);
        };
        state.helpers.retain(|helper| helper.number != own.number);
        if place {
            return Some(self.take(state, memory));
        }
        drop(state);
        // Another helper may be next now.
        self.shared.changed.notify_all();
        None
    }

    fn take(&self, mut state: MutexGuard<'_, State>, memory: u64) -> Place {
        state.taken += 1;
        state.given += 1;
        state.reserved = state.reserved.saturating_add(memory);
        drop(state);
        // The next block may have a place too.
        self.shared.changed.notify_all();
        Place { workers: self.clone(), memory }
    }

    /// Gives up the place of this thread until `is_over` returns `true`. The function is asked
    /// after each [`Workers::notify`] and must not use the workers itself.
    pub fn pause(&self, is_over: impl Fn() -> bool) {
        let mut state = self.state();
        if is_over() {
            return;
        }
        state.taken -= 1;
        self.shared.changed.notify_all();
        self.shared.resumed.notify_one();
        while !is_over() {
            state = self.wait(state);
        }
        state = self.resume(state);
        drop(state);
        self.shared.changed.notify_all();
    }

    /// Gives up the place of this thread while `wait` blocks: for waits that are short and many,
    /// such as those for a device. Nobody is woken who could not go on.
    #[cfg(any(test, feature = "gpu"))]
    pub fn step_aside<T>(&self, wait: impl FnOnce() -> T) -> T {
        let mut state = self.state();
        state.taken -= 1;
        if state.resuming > 0 {
            self.shared.resumed.notify_one();
        } else if state.someone_waits() {
            self.shared.changed.notify_all();
        }
        drop(state);
        let waited = wait();
        let state = self.resume(self.state());
        if state.resuming == 0 && state.taken < self.shared.places && state.someone_waits() {
            self.shared.changed.notify_all();
        }
        waited
    }

    /// Waits for a place to go on, before any thread that has not begun.
    fn resume<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        state.resuming += 1;
        while state.taken >= self.shared.places {
            let resumed = self.shared.resumed.wait(state);
            state = resumed.unwrap_or_else(PoisonError::into_inner);
        }
        state.resuming -= 1;
        state.taken += 1;
        state
    }

    /// Tells all waiting threads that what they wait for may be there.
    pub fn notify(&self) {
        // With the lock, no thread is between its question and its sleep.
        drop(self.state());
        self.shared.changed.notify_all();
    }
}

impl State {
    /// Whether a block or a helper waits that a free place may be enough for.
    #[cfg(any(test, feature = "gpu"))]
    fn someone_waits(&self) -> bool {
        !self.helpers.is_empty() || (!self.waiting.is_empty() && !self.lacks_memory)
    }

    fn has_room(&self, memory: u64) -> bool {
        self.reserved.saturating_add(memory) <= self.allowed
    }

    /// Whether a helper waits whose work comes before that of blocks.
    fn is_urgent(&self) -> bool {
        self.helpers.iter().any(|helper| helper.length == URGENT && self.is_next(helper))
    }

    /// Whether no block needs the next place, and `helper` has the longest work of the helpers that
    /// have room for theirs.
    fn is_next(&self, helper: &Helper) -> bool {
        // Bounds of memory leave out small things. No job may fail because a thread helped.
        let has_room = |memory: u64| self.has_room(memory.saturating_add(memory / 4));
        let is_before = |other: &Helper| {
            (other.length, helper.number) > (helper.length, other.number) && has_room(other.memory)
        };
        (self.waiting.is_empty() || helper.length == URGENT)
            && self.resuming == 0
            && has_room(helper.memory)
            && !self.helpers.iter().any(is_before)
    }
}

impl fmt::Debug for Workers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workers").field("places", &self.shared.places).finish_non_exhaustive()
    }
}

struct Restore(Option<Workers>);

impl Drop for Restore {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

/// The right of a thread to work, with a reservation of memory. Dropping the value gives both back.
#[derive(Debug)]
pub struct Place {
    workers: Workers,
    memory: u64,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.workers.state();
        state.taken = state.taken.saturating_sub(1);
        state.given = state.given.saturating_sub(1);
        state.reserved = state.reserved.saturating_sub(self.memory);
        drop(state);
        self.workers.shared.changed.notify_all();
        self.workers.shared.resumed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
    use std::thread;

    use super::*;

    /// Three threads with one place: each must step aside for the others to come to the barrier.
    #[test]
    fn others_work_while_a_thread_steps_aside() {
        let workers = Workers::new(1);
        let (barrier, working) = (std::sync::Barrier::new(3), AtomicUsize::new(0));
        thread::scope(|scope| {
            for number in 0..3 {
                let (workers, barrier, working) = (&workers, &barrier, &working);
                scope.spawn(move || {
                    let _place = workers.begin(number, Work::default());
                    for _ in 0..20 {
                        assert_eq!(working.fetch_add(1, SeqCst), 0, "two work");
                        working.fetch_sub(1, SeqCst);
                        workers.step_aside(|| barrier.wait());
                    }
                });
            }
        });
        let _place = workers.begin(3, Work::default());
    }

    #[test]
    fn only_so_many_work() {
        let workers = Workers::new(3);
        let (working, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for number in 0..12 {
                let (workers, working, most) = (&workers, &working, &most);
                scope.spawn(move || {
                    let _place = workers.begin(number, Work::default());
                    most.fetch_max(working.fetch_add(1, SeqCst) + 1, SeqCst);
                    thread::yield_now();
                    working.fetch_sub(1, SeqCst);
                });
            }
        });
        assert!(most.into_inner() <= 3);
    }

    #[test]
    fn memory_lets_fewer_work() {
        let budget = Budget::new(u64::MAX);
        let allowed = budget.left();
        let workers = Workers::new(8);
        budget.run(|| {
            let first = workers.begin(0, Work { memory: allowed / 2, ..Work::default() });
            // The question is asked once and answered with yes, then the memory is looked at.
            let asked = AtomicUsize::new(0);
            let is_wanted = || asked.fetch_add(1, SeqCst) == 0;
            thread::scope(|scope| {
                let helper = scope.spawn(|| workers.join(0, allowed / 2 + 1, is_wanted).is_some());
                while asked.load(SeqCst) < 2 {
                    workers.notify();
                    thread::yield_now();
                }
                assert!(!helper.join().unwrap());
            });
            assert!(workers.join(0, allowed / 4, || true).is_some());
            drop(first);
        });
    }

    /// While one block works, others wait; the longest comes first, but not before the block that it
    /// waits for.
    #[test]
    fn the_longest_block_comes_first() {
        let workers = Workers::new(1);
        let order = Mutex::new(Vec::new());
        let first = workers.begin(0, Work::default());
        thread::scope(|scope| {
            for (number, time, after) in [(1, 5, None), (2, 7, None), (3, 9, Some(1))] {
                workers.announce(number);
                let (workers, order) = (&workers, &order);
                scope.spawn(move || {
                    let place = workers.begin(number, Work { memory: 0, time, after });
                    order.lock().unwrap().push(number);
                    drop(place);
                    workers.end(number);
                });
            }
            while workers.state().waiting.len() < 2 {
                thread::yield_now();
            }
            drop(first);
        });
        assert_eq!(order.into_inner().unwrap(), [2, 1, 3]);
    }

    #[test]
    fn one_who_waits_lets_another_work() {
        let workers = Workers::new(1);
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            let place = workers.begin(0, Work::default());
            scope.spawn(|| {
                let _place = workers.begin(1, Work::default());
                done.store(true, SeqCst);
                workers.notify();
            });
            workers.pause(|| done.load(SeqCst));
            assert!(done.load(SeqCst));
            drop(place);
        });
    }
}
