//! Bookkeeping of bad frames.

use dormouse_driver::Rfn;

/// The bad frames that were found, in the order in which they were; the first `N` by number, all by
/// count.
#[derive(Clone, Debug)]
pub struct BadFrames<const N: usize> {
    list: [Rfn; N],
    count: u32,
}

impl<const N: usize> BadFrames<N> {
    pub(crate) const fn new() -> Self {
        Self {
            list: [Rfn(0); N],
            count: 0,
        }
    }

    /// Frames found, listed or not.
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// Frames found after the list was full.
    pub fn unlisted(&self) -> u32 {
        self.count.saturating_sub(N as u32)
    }

    /// The frames in the list.
    pub fn list(&self) -> &[Rfn] {
        let listed = (self.count as usize).min(N);
        self.list.get(..listed).unwrap_or(&[])
    }

    /// Whether the frame is in the list.
    pub fn contains(&self, rfn: Rfn) -> bool {
        self.list().contains(&rfn)
    }

    /// Whether another frame would be counted only.
    pub const fn is_full(&self) -> bool {
        self.count as usize >= N
    }

    pub(crate) fn add(&mut self, rfn: Rfn) {
        if let Some(place) = self.list.get_mut(self.count as usize) {
            *place = rfn;
        }
        self.count = self.count.saturating_add(1);
    }

    /// Counts frames that the list has no room for.
    pub(crate) fn add_unlisted(&mut self, count: u32) {
        self.count = self.count.saturating_add(count);
    }
}
