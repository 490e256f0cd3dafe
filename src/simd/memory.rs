//! Large zeroed tables, on huge pages where the system gives them.

use crate::budget::{self, Charge};
use crate::error::{Error, Result};
use bytemuck::Zeroable;
#[cfg(any(unix, windows))]
use memmap2::MmapMut;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

/// Memory fresh from the system; from the allocator where the system has no maps.
#[cfg(any(unix, windows))]
type Memory = MmapMut;
/// Memory from the allocator.
#[cfg(not(any(unix, windows)))]
type Memory = Vec<u8>;

/// `length` zeros.
#[cfg(any(unix, windows))]
fn fresh(length: usize) -> Option<Memory> {
    MmapMut::map_anon(length).ok()
}

/// `length` zeros.
#[cfg(not(any(unix, windows)))]
fn fresh(length: usize) -> Option<Memory> {
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(length).ok()?;
    bytes.resize(length, 0);
    Some(bytes)
}

/// A table that starts as zeros, fresh from the system: untouched pages cost nothing.
///
/// Random access to a table that does not fit the caches is two to three times as fast on huge
/// pages (12 against 21 ns a line of 512 MiB, on a virtual machine), but only when the advice
/// comes before the first touch, so the map is made here and not by the allocator.
pub struct Table<T> {
    map: Memory,
    /// Bytes before the first element, so that it lies on a huge page.
    skipped: usize,
    count: usize,
    element: PhantomData<T>,
    /// What the table takes of the budget of its job.
    _charge: Charge,
}

const HUGE_PAGE: usize = 2 << 20;

/// `count` zeros (at least one) for `what`.
///
/// # Errors
/// [`Error::Limit`] when the budget of the job or the system has no room for them.
pub fn zeroed<T: Zeroable + Copy>(count: usize, what: &str) -> Result<Table<T>> {
    const { assert!(size_of::<T>() > 0 && align_of::<T>() <= 4096) };
    let no_memory = || Error::no_memory(format_args!("{what} ({count} entries)"));
    let count = count.max(1);
    let bytes = count.checked_mul(size_of::<T>()).ok_or_else(no_memory)?;
    let charge = budget::charge(bytes as u64, what)?;
    let huge = bytes >= HUGE_PAGE;
    let alignment = if huge { HUGE_PAGE } else { align_of::<T>() };
    // A map starts on a page; what the allocator gives starts anywhere.
    let room = if huge || cfg!(not(any(unix, windows))) { alignment } else { 0 };
    let length = bytes.checked_add(room).ok_or_else(no_memory)?;
    let map = fresh(length).ok_or_else(no_memory)?;
    let skipped = map.as_ptr().align_offset(alignment);
    #[cfg(all(target_os = "linux", not(miri)))] // Miri knows no advice.
    if huge {
        // A kernel without huge pages refuses; that is no error.
        let _ = map.advise(memmap2::Advice::HugePage);
    }
    if skipped > map.len() - bytes {
        return Err(no_memory());
    }
    Ok(Table { map, skipped, count, element: PhantomData, _charge: charge })
}

impl<T: Zeroable + Copy> Clone for Table<T> {
    /// A copy.
    ///
    /// # Panics
    /// Where the memory cannot be had, with an [`Error::Limit`] as payload: blocks are coded where
    /// that is caught.
    fn clone(&self) -> Self {
        let mut copy = match zeroed(self.count, "a copy of a table") {
            Ok(copy) => copy,
            Err(error) => std::panic::resume_unwind(Box::new(error)),
        };
        copy.copy_from_slice(self);
        copy
    }
}

impl<T: Zeroable + Copy> Deref for Table<T> {
    type Target = [T];

    #[inline(always)]
    fn deref(&self) -> &[T] {
        // SAFETY: the map holds `skipped + count * size_of::<T>()` bytes (checked in `zeroed`),
        // starts on a page, and `skipped` keeps that alignment; all bytes came as zeros or were
        // written as `T`s, and the borrow of `self` guards the memory.
        unsafe {
            std::slice::from_raw_parts(self.map.as_ptr().add(self.skipped).cast(), self.count)
        }
    }
}

impl<T: Zeroable + Copy> DerefMut for Table<T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [T] {
        // SAFETY: as in `deref`, with a unique borrow.
        unsafe {
            std::slice::from_raw_parts_mut(
                self.map.as_mut_ptr().add(self.skipped).cast(),
                self.count,
            )
        }
    }
}
