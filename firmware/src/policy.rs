//! What the owner of a machine decides.

use dormouse_driver::{Parameters, WaterMarks};

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

/// Bounds on the work of one call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Commands that one [`poll`](crate::Hyperkernel::poll) issues at most for each of its two tasks:
    /// feeding the queue and looking for bad frames.
    pub step: u32,
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
            backlog: u32::MAX,
            wait: 100_000,
            search: 65_536,
        }
    }
}
