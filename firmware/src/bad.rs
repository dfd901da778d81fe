//! Bookkeeping of what went bad.

use dormouse_driver::{Gfn, Rfn};

/// Frames or pages that were found, in the order in which they were; the first `N` by number, all by
/// count.
#[derive(Clone, Debug)]
pub struct Found<T, const N: usize> {
    list: [T; N],
    count: u32,
}

/// The bad frames that were found.
pub type BadFrames<const N: usize> = Found<Rfn, N>;

/// The pages that were found with wrong parity. One that is found again counts again.
pub type ParityPages<const N: usize> = Found<Gfn, N>;

impl<T: Copy + PartialEq, const N: usize> Found<T, N> {
    /// An empty list; `nothing` is what unused places hold.
    pub(crate) const fn new(nothing: T) -> Self {
        Self {
            list: [nothing; N],
            count: 0,
        }
    }

    /// How many were found, listed or not.
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// How many were found after the list was full.
    pub fn unlisted(&self) -> u32 {
        self.count.saturating_sub(N as u32)
    }

    /// Those in the list.
    pub fn list(&self) -> &[T] {
        let listed = (self.count as usize).min(N);
        self.list.get(..listed).unwrap_or(&[])
    }

    /// Whether it is in the list.
    pub fn contains(&self, item: T) -> bool {
        self.list().contains(&item)
    }

    /// Whether another one would be counted only.
    pub const fn is_full(&self) -> bool {
        self.count as usize >= N
    }

    pub(crate) fn add(&mut self, item: T) {
        if let Some(place) = self.list.get_mut(self.count as usize) {
            *place = item;
        }
        self.count = self.count.saturating_add(1);
    }

    /// Counts some that the list has no room for.
    pub(crate) fn add_unlisted(&mut self, count: u32) {
        self.count = self.count.saturating_add(count);
    }
}
