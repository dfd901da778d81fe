//! What the owner of a machine decides.

use dormouse_driver::{Parameters, Policy, Resolution, WaterMarks};

use crate::PolicyError;

/// How many zeroed frames to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolPolicy {
    /// Background zeroing starts at or below this many zeroed frames.
    pub low: u32,
    /// Background zeroing stops at or above this many zeroed frames.
    pub high: u32,
    /// The last zeroed frames, which only [`Hyperkernel::allocate_critical`] hands out: for stalls
    /// that must not wait for the engine.
    ///
    /// [`Hyperkernel::allocate_critical`]: crate::Hyperkernel::allocate_critical
    pub reserve: u32,
}

impl PoolPolicy {
    /// A quarter to three quarters of what the pool can hold and the node has, an eighth of that in
    /// reserve.
    pub fn for_node(parameters: &Parameters) -> Self {
        let most = parameters.pool_depth.min(parameters.real_frames);
        let low = most / 4;
        Self {
            low,
            high: (most - most / 4).max(low + 1),
            reserve: low / 8,
        }
    }

    /// The water marks.
    pub const fn marks(&self) -> WaterMarks {
        WaterMarks {
            low: self.low,
            high: self.high,
        }
    }

    /// Checks the values against each other and against the node.
    ///
    /// # Errors
    /// A [`PolicyError`] that says what contradicts what.
    pub fn check(&self, parameters: &Parameters) -> Result<(), PolicyError> {
        let Self { low, high, reserve } = *self;
        self.marks().check(parameters).map_err(PolicyError::Marks)?;
        if high > parameters.real_frames {
            return Err(PolicyError::HighAboveFrames {
                high,
                frames: parameters.real_frames,
            });
        }
        if reserve > low {
            return Err(PolicyError::ReserveAboveLow { reserve, low });
        }
        Ok(())
    }
}

/// What becomes of an access that the node cannot serve by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// It gets SLVERR.
    Fail,
    /// It waits, and is looked at again in each step: until a page goes dormant or a frame is freed,
    /// or until the page is here.
    Wait,
}

impl From<Patience> for Resolution {
    fn from(patience: Patience) -> Self {
        match patience {
            Patience::Fail => Self::Fail,
            Patience::Wait => Self::Defer,
        }
    }
}

/// How guest pages are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuestPolicy {
    /// What hardware does by itself.
    pub hardware: Policy,
    /// Cycles between the last zero store to a page and its redormanting.
    pub redormant_delay: u32,
    /// Frames that guest pages never get: they stay dirty, so that a page can always be received from
    /// another node and use stays below 100 %. [`Hyperkernel::allocate_critical`] may take them.
    ///
    /// [`Hyperkernel::allocate_critical`]: crate::Hyperkernel::allocate_critical
    pub spare: u32,
    /// [`Pressure::Tight`](crate::Pressure::Tight) begins when no more than this many frames are left
    /// for guest pages.
    pub tight: u32,
    /// What becomes of an access that needs a frame when there is none.
    pub no_memory: Patience,
    /// What becomes of an access to a page that another node owns.
    pub away: Patience,
}

impl GuestPolicy {
    /// What hardware does after reset; one frame in 256 spare, tight at one in 16; what cannot be
    /// served fails.
    pub fn for_node(parameters: &Parameters) -> Self {
        Self {
            hardware: Policy::ELIDE | Policy::DETECT | Policy::HW_CONVERT,
            redormant_delay: 1024,
            spare: (parameters.real_frames / 256).max(1),
            tight: parameters.real_frames / 16,
            no_memory: Patience::Fail,
            away: Patience::Fail,
        }
    }

    /// Checks the values against the node.
    ///
    /// # Errors
    /// A [`PolicyError`] that says what is out of range.
    pub const fn check(&self, parameters: &Parameters) -> Result<(), PolicyError> {
        let Self {
            spare,
            redormant_delay: cycles,
            ..
        } = *self;
        let frames = parameters.real_frames;
        if spare >= frames {
            return Err(PolicyError::SpareAboveFrames { spare, frames });
        }
        if cycles >> 24 != 0 {
            return Err(PolicyError::Delay { cycles });
        }
        Ok(())
    }
}

/// Bounds on the work of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Commands that one [`poll`](crate::Hyperkernel::poll) issues at most for each of its tasks:
    /// looking for dirty or bad frames, for a frame that a stall needs, and so on. Stalls themselves are
    /// looked at once each, and there are at most two for each port.
    pub step: u32,
    /// Frames that one poll queues at most, where one command queues many: a stall may have to wait for it, some 8
    /// cycles for each frame.
    pub feed: u32,
    /// Frames that are kept waiting in the background queue, if it holds so many. It is fed again when
    /// half of them are gone.
    pub backlog: u32,
    /// Register reads that one allocation spends at most on waiting for the engine.
    pub wait: u32,
    /// Frames that one allocation looks at, at most, to find a dirty one.
    pub search: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            step: 64,
            feed: 256,
            backlog: u32::MAX,
            wait: 100_000,
            search: 65_536,
        }
    }
}
