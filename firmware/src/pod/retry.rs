//! Serial numbers, time, and when to repeat a message.

use core::fmt;

/// Ticks of whatever clock calls [`Event::Tick`](super::Event::Tick); wraps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub u32);

impl Time {
    const fn after(self, ticks: u32) -> Self {
        Self(self.0.wrapping_add(ticks))
    }

    /// Whether `due` has come, as long as it is less than 2^31 ticks away.
    const fn reached(self, due: Self) -> bool {
        self.0.wrapping_sub(due.0) < 1 << 31
    }
}

/// A number that its maker uses once, resets of its hart included: the number of the start, and a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial(pub u64);

impl Serial {
    pub(super) const fn first_of(boot: u32) -> Self {
        Self((boot as u64) << 32)
    }

    pub(super) const fn next(&mut self) -> Self {
        let this = *self;
        self.0 += 1;
        this
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0 >> 32, self.0 & 0xFFFF_FFFF)
    }
}

/// How often messages are repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Patience {
    /// Ticks until a message is repeated for the first time; doubled with each repetition. About twice the time of
    /// a message there and back. At least 1.
    pub first: u32,
    /// Repetitions after which the time is not doubled any more, at most 16.
    pub doublings: u8,
    /// Repetitions after which the other node is reported as silent.
    pub silent: u8,
    /// Nodes that a request is sent on to before it takes a pause.
    pub hops: u8,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            first: 16,
            doublings: 6,
            silent: 10,
            hops: 8,
        }
    }
}

/// When something is repeated next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Retry {
    attempts: u8,
    due: Time,
}

impl Retry {
    /// The first time was now.
    pub fn start(now: Time, patience: Patience) -> Self {
        Self {
            attempts: 0,
            due: now.after(patience.first.max(1)),
        }
    }

    pub const fn is_due(self, now: Time) -> bool {
        now.reached(self.due)
    }

    /// It was repeated now. Returns how often that was.
    pub fn again(&mut self, now: Time, patience: Patience) -> u8 {
        self.attempts = self.attempts.saturating_add(1);
        let doublings = self.attempts.min(patience.doublings).min(16);
        self.due = now.after(patience.first.max(1) << doublings);
        self.attempts
    }

    /// The other node answered: it is there, but not ready.
    pub fn put_off(&mut self, now: Time, patience: Patience) {
        self.attempts = self.attempts.min(patience.doublings).saturating_sub(1);
        self.again(now, patience);
    }
}
