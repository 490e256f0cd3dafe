//! A memory limit for one job. Memory is charged before it is allocated, and the charge ends when
//! the memory is freed. Beside the memory, a job has the priors that its streams may name.
//!
//! A job runs in [`Budget::run`]. All functions that the job calls, also on worker threads, charge
//! its budget through [`charge`], so that no function has to pass the budget on. Outside of a job
//! no limit holds. Large tables charge themselves (see [`crate::simd::memory`]); buffers are
//! charged when their length is known.

use std::any::Any;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Limit, LimitKind, MissingPrior, Result};
use crate::prior::Prior;

/// Bytes charged from the beginning: the program, and all buffers that are too small to be charged.
/// `cmx -l` of a small archive takes 5 to 6 MB.
const PROGRAM_BYTES: u64 = 6 << 20;

/// The memory that a job may take. Clones share one budget.
#[derive(Clone)]
pub struct Budget {
    shared: Arc<Shared>,
    /// Priors that coded streams may name.
    priors: Arc<[Prior]>,
    /// The prior that new streams are coded with.
    coding: Option<Prior>,
    /// Whether new streams are decoded again.
    is_verified: bool,
}

struct Shared {
    limit: u64,
    used: AtomicU64,
    /// Number of refused charges.
    refusals: AtomicU64,
    /// The error of the last refused charge.
    refused: Mutex<Option<Limit>>,
}

thread_local! {
    static CURRENT: RefCell<Option<Budget>> = const { RefCell::new(None) };
}

impl Budget {
    /// A budget of `limit` bytes, which includes the program itself.
    #[must_use]
    pub fn new(limit: u64) -> Self {
        Budget {
            shared: Arc::new(Shared {
                limit,
                used: AtomicU64::new(PROGRAM_BYTES),
                refusals: AtomicU64::new(0),
                refused: Mutex::default(),
            }),
            priors: Arc::default(),
            coding: None,
            is_verified: true,
        }
    }

    /// The same budget, for new streams that are decoded again, or not.
    #[must_use]
    pub fn verified(self, is_verified: bool) -> Self {
        Budget { is_verified, ..self }
    }

    /// Whether new streams of this thread's job are decoded again, as far as is known.
    #[must_use]
    pub fn expects_verification() -> bool {
        CURRENT.with_borrow(|job| job.as_ref().is_none_or(|job| job.is_verified))
    }

    /// The same budget, with `more` priors that coded streams may name. What they take is charged,
    /// even where that is more than what is left.
    #[must_use]
    pub fn with_priors(self, more: &[Prior]) -> Self {
        if more.is_empty() {
            return self;
        }
        self.shared.used.fetch_add(more.iter().map(Prior::memory).sum(), Relaxed);
        Budget { priors: self.priors.iter().chain(more).cloned().collect(), ..self }
    }

    /// The same budget for new streams, which are coded with `prior`.
    #[must_use]
    pub fn coding_with(self, prior: Option<&Prior>) -> Self {
        let known = prior.is_some_and(|prior| self.priors.contains(prior));
        let more = if known { &[] } else { prior.map_or(&[][..], std::slice::from_ref) };
        Budget { coding: prior.cloned(), ..self.with_priors(more) }
    }

    /// The prior whose hash is `hash`.
    #[must_use]
    pub fn prior(hash: u64) -> Option<Prior> {
        let is_it = |prior: &&Prior| prior.hash() == hash;
        CURRENT.with_borrow(|job| job.as_ref()?.priors.iter().find(is_it).cloned())
    }

    /// The prior whose hash has the lower half `id`.
    ///
    /// # Errors
    /// [`Error::MissingPrior`] if the job of this thread does not have it. The archive calls it
    /// `name`.
    pub fn prior_of(id: u32, name: Option<String>) -> Result<Prior> {
        let given = Self::current().map(|job| job.priors).unwrap_or_default();
        given.iter().find(|prior| prior.id() == id).cloned().ok_or_else(|| {
            let given = given.iter().map(|prior| (prior.name().to_string(), prior.id())).collect();
            Error::MissingPrior(MissingPrior { id, name, given })
        })
    }

    /// The prior that new streams of this thread's job are coded with.
    #[must_use]
    pub fn coding_prior() -> Option<Prior> {
        CURRENT.with_borrow(|job| job.as_ref()?.coding.clone())
    }

    /// The budget of the job that this thread works on; `None` outside of a job.
    #[must_use]
    pub fn current() -> Option<Budget> {
        CURRENT.with_borrow(Clone::clone)
    }

    /// Bytes that can still be charged.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.shared.limit.saturating_sub(self.shared.used.load(Relaxed))
    }

    /// Number of charges that were refused so far, for [`Budget::check`].
    #[must_use]
    pub fn refusals(&self) -> u64 {
        self.shared.refusals.load(Relaxed)
    }

    /// Checks that no charge was refused since there were `before` refusals. An encoder that tries
    /// a method and can do without it calls this at the end: otherwise the memory limit would
    /// decide about the bytes of the archive. Refusals of other blocks that are coded at the same
    /// time count too: both blocks are coded again then.
    ///
    /// # Errors
    /// [`Error::Limit`] if a charge was refused.
    pub fn check(&self, before: u64) -> Result<()> {
        if self.refusals() == before {
            return Ok(());
        }
        let refused = self.shared.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.clone().map_or(Ok(()), |limit| Err(Error::Limit(limit)))
    }

    /// Runs `job` under this budget. The thread returns to its previous budget afterwards.
    pub fn run<T>(&self, job: impl FnOnce() -> T) -> T {
        let before = CURRENT.replace(Some(self.clone()));
        // The destructor restores the previous budget also after a panic.
        let _restore = Restore(before);
        job()
    }

    /// Charges `bytes` for `what`, a noun for the error message, until the returned value is
    /// dropped.
    ///
    /// # Errors
    /// [`Error::Limit`] if fewer bytes are left.
    pub fn charge(&self, bytes: u64, what: &str) -> Result<Charge> {
        let mut charge = Charge { budget: Some(self.clone()), bytes: 0 };
        charge.add(bytes, what)?;
        Ok(charge)
    }
}

/// Runs `job` without a prior for new streams: what lists the contents of an archive can be read
/// without one.
pub fn without_coding_prior<T>(job: impl FnOnce() -> T) -> T {
    match Budget::current() {
        Some(budget) if budget.coding.is_some() => budget.coding_with(None).run(job),
        _ => job(),
    }
}

struct Restore(Option<Budget>);

impl Drop for Restore {
    fn drop(&mut self) {
        CURRENT.set(self.0.take());
    }
}

impl fmt::Debug for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Budget")
            .field("limit", &self.shared.limit)
            .field("used", &self.shared.used)
            .finish()
    }
}

/// A number of bytes charged to a budget. Dropping the value gives them back.
#[derive(Debug, Default)]
pub struct Charge {
    budget: Option<Budget>,
    bytes: u64,
}

impl Charge {
    /// Number of charged bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Moves the charge to the budget of this thread's job, if it belongs to another budget.
    ///
    /// # Errors
    /// [`Error::Limit`] if that budget has fewer bytes left.
    pub fn moved_to_job(self, what: &str) -> Result<Charge> {
        let same = |job: &Budget| {
            self.budget.as_ref().is_some_and(|budget| Arc::ptr_eq(&budget.shared, &job.shared))
        };
        match Budget::current() {
            Some(job) if !same(&job) => job.charge(self.bytes, what),
            _ => Ok(self),
        }
    }

    /// Charges `more` bytes for `what`. Without a budget every charge is granted.
    ///
    /// # Errors
    /// [`Error::Limit`] if fewer bytes are left. The charge stays as it was then.
    pub fn add(&mut self, more: u64, what: &str) -> Result<()> {
        if let Some(budget) = &self.budget {
            let Shared { limit, used, refusals, refused } = &*budget.shared;
            let take = || {
                let limit = limit.saturating_sub(SPARE_BYTES.load(Relaxed));
                used.fetch_update(Relaxed, Relaxed, |used| {
                    used.checked_add(more).filter(|&sum| sum <= limit)
                })
            };
            let taken = take().or_else(|_| {
                free_spare();
                take()
            });
            taken.map_err(|used| {
                let needed = used.saturating_add(more);
                let text = format!(
                    "{what} would bring the memory to {} MiB, more than {} MiB",
                    needed.div_ceil(1 << 20),
                    limit >> 20
                );
                let passed = Limit::new(LimitKind::Memory { needed }, text);
                *refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(passed.clone());
                refusals.fetch_add(1, Relaxed);
                Error::Limit(passed)
            })?;
        }
        self.bytes += more;
        Ok(())
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        if let Some(budget) = &self.budget {
            budget.shared.used.fetch_sub(self.bytes, Relaxed);
        }
    }
}

/// A cache for the whole process: objects that save time, oldest first, each with its length in
/// bytes. A job that needs the memory clears the cache.
static SPARE: Mutex<VecDeque<(u64, Spare)>> = Mutex::new(VecDeque::new());
/// Sum of the lengths in bytes of all objects in [`SPARE`].
static SPARE_BYTES: AtomicU64 = AtomicU64::new(0);
/// Upper bound for [`SPARE_BYTES`].
const MAX_SPARE_BYTES: u64 = 1 << 30;

type Spare = Arc<dyn Any + Send + Sync>;

fn spare_list() -> MutexGuard<'static, VecDeque<(u64, Spare)>> {
    SPARE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Finds the object of type `T` in the cache for which `is_it` returns `true`. `None` also if the
/// job of this thread has no room for a copy of `bytes` in addition to the cache.
pub(crate) fn spare<T: Send + Sync + 'static>(
    bytes: u64,
    is_it: impl Fn(&T) -> bool,
) -> Option<Arc<T>> {
    if Budget::current()
        .is_some_and(|budget| budget.left() < bytes.saturating_add(SPARE_BYTES.load(Relaxed)))
    {
        return None;
    }
    let mut list = spare_list();
    let index = list.iter().position(|(_, thing)| thing.downcast_ref().is_some_and(&is_it))?;
    let found = list.remove(index)?;
    let thing = Arc::clone(&found.1);
    list.push_back(found);
    thing.downcast().ok()
}

/// Puts the object of `bytes` that `make` returns into the cache. Does nothing if less than twice
/// as much memory is left to the job of this thread.
pub(crate) fn keep_spare<T: Send + Sync + 'static>(bytes: u64, make: impl FnOnce() -> Arc<T>) {
    let left = Budget::current().map_or(MAX_SPARE_BYTES, |budget| budget.left());
    // The next stream needs a copy of the same length.
    if bytes > MAX_SPARE_BYTES || left / 2 < bytes {
        return;
    }
    let thing = Budget::new(u64::MAX).run(make);
    let mut list = spare_list();
    while SPARE_BYTES.load(Relaxed) + bytes > MAX_SPARE_BYTES.min(left / 2) {
        let Some((oldest, _)) = list.pop_front() else { break };
        SPARE_BYTES.fetch_sub(oldest, Relaxed);
    }
    SPARE_BYTES.fetch_add(bytes, Relaxed);
    list.push_back((bytes, thing));
}

/// Clears the cache.
fn free_spare() {
    let mut list = spare_list();
    SPARE_BYTES.store(0, Relaxed);
    list.clear();
}

/// Charges `bytes` for `what`, a noun for the error message, to the job that this thread works on.
///
/// # Errors
/// [`Error::Limit`] if fewer bytes are left.
pub fn charge(bytes: u64, what: &str) -> Result<Charge> {
    let mut charge = Charge { budget: Budget::current(), bytes: 0 };
    charge.add(bytes, what)?;
    Ok(charge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_dropped_is_given_back() {
        let budget = Budget::new(PROGRAM_BYTES + 100);
        let first = budget.charge(60, "a").unwrap();
        let Err(Error::Limit(limit)) = budget.charge(60, "a table") else {
            panic!("it was granted")
        };
        assert_eq!(limit.kind, LimitKind::Memory { needed: PROGRAM_BYTES + 120 });
        assert_eq!(limit.to_string(), "a table would bring the memory to 7 MiB, more than 6 MiB");
        assert_eq!(budget.left(), 40);
        drop(first);
        assert_eq!(budget.left(), 100);
        let mut all = budget.charge(50, "b").unwrap();
        all.add(50, "c").unwrap();
        assert!(all.add(1, "d").is_err() && budget.charge(u64::MAX, "e").is_err());
        drop(all);
        assert_eq!(budget.left(), 100);
    }

    #[test]
    fn jobs_charge_their_own_budget_on_every_thread() {
        let budget = Budget::new(PROGRAM_BYTES + 100);
        assert!(charge(1 << 60, "outside of a job").is_ok());
        budget.run(|| {
            assert!(charge(101, "inside").is_err());
            for threads in [1, 2] {
                let mut queue = crate::threads::Ordered::new(threads);
                let job = || Ok(charge(101, "on a thread").is_err());
                let done = queue.submit(Default::default(), 0, job).unwrap();
                assert!(done.or(queue.next().unwrap()).unwrap());
            }
            Budget::new(PROGRAM_BYTES).run(|| assert!(charge(1, "inner").is_err()));
            assert!(charge(100, "outer again").is_ok());
        });
        let _ = std::panic::catch_unwind(|| budget.run(|| std::panic::resume_unwind(Box::new(()))));
        assert!(Budget::current().is_none());
    }
}
