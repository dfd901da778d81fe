//! What only skip mode needs.

use super::Frames;
use crate::pkg::FrameState;

impl Frames {
    /// No entry of a list has wrong parity, nor will the next one.
    pub(crate) fn lists_are_sound(&self) -> bool {
        self.poison_q == 0
            && self.queue.is_sound()
            && self.pool.is_sound()
            && self.urgent.is_sound()
            && self.retry.is_sound()
            && self.flight.is_sound()
            && self.done.is_sound()
    }

    /// Frames in the engine, oldest first, and the one that it is offered next.
    pub(crate) fn in_flight(&self) -> impl Iterator<Item = u32> + '_ {
        self.flight
            .words()
            .map(|(_, frame)| frame)
            .chain(self.queue.words().take(1))
    }

    /// The oldest frame in flight is zeroed, the oldest in the queue taken.
    pub(crate) fn take_turn(&mut self) -> Option<u32> {
        let (_, oldest) = self.flight.words().next()?;
        let taken = self.queue.words().next()?;
        self.write_guard(oldest, FrameState::Zeroed, self.page_q);
        self.write_guard(taken, FrameState::Zeroing, self.page_q);
        self.flight.rotate((false, taken));
        self.done.rotate(false);
        self.promised_q += 1;
        self.pool.push(oldest);
        self.queue.pop();
        Some(oldest)
    }
}
