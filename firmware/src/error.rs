//! What can go wrong, with what the caller needs to act.

use core::fmt;

use dormouse_driver::{
    BusError, CommandError, FrameState, Gfn, NodeId, ReadyError, Rfn, SettingError,
};

/// Why a [`PoolPolicy`](crate::PoolPolicy) or a [`GuestPolicy`](crate::GuestPolicy) makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyError {
    /// The water marks contradict each other or the pool's depth.
    Marks(SettingError),
    /// More zeroed frames are wanted than the node has frames.
    HighAboveFrames {
        /// Frames.
        high: u32,
        /// Real frames.
        frames: u32,
    },
    /// The reserve is above the low water mark: ordinary allocations would fail while the engine
    /// rests.
    ReserveAboveLow {
        /// Frames.
        reserve: u32,
        /// Frames.
        low: u32,
    },
    /// Every frame would be spare, and none left for guest pages.
    SpareAboveFrames {
        /// Frames.
        spare: u32,
        /// Real frames.
        frames: u32,
    },
    /// The delay of redormanting is above 2^24 - 1 cycles.
    Delay {
        /// Cycles.
        cycles: u32,
    },
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Marks(error) => write!(f, "{error}"),
            Self::HighAboveFrames { high, frames } => {
                write!(
                    f,
                    "high water mark {high} is above the node's {frames} frames"
                )
            }
            Self::ReserveAboveLow { reserve, low } => {
                write!(f, "reserve {reserve} is above low water mark {low}")
            }
            Self::SpareAboveFrames { spare, frames } => {
                write!(f, "{spare} of the node's {frames} frames are to be spare")
            }
            Self::Delay { cycles } => write!(f, "a delay of {cycles} cycles is above 2^24 - 1"),
        }
    }
}

impl core::error::Error for PolicyError {}

/// Why the hyperkernel did not start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartError {
    /// The policy makes no sense for this node; nothing was written.
    Policy(PolicyError),
    /// The node did not finish its sweep after reset.
    Ready(ReadyError),
    /// A register access failed.
    Bus(BusError),
}

impl From<BusError> for StartError {
    fn from(error: BusError) -> Self {
        Self::Bus(error)
    }
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy(error) => write!(f, "pool policy: {error}"),
            Self::Ready(error) => write!(f, "{error}"),
            Self::Bus(error) => write!(f, "register access: {error}"),
        }
    }
}

impl core::error::Error for StartError {}

/// Why there is no frame. No frame is lost by any of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AllocateError {
    /// Every frame is held, mapped or bad, and none is on its way: free some, or look at another node
    /// (claim 13).
    NoMemory,
    /// The engine did not deliver within [`Limits::wait`](crate::Limits::wait) reads. The frame that
    /// was asked for stays on its way to the pool.
    Timeout {
        /// Register reads.
        polls: u32,
    },
    /// There are dirty frames, but none among the ones looked at. The next call goes on from there.
    Search {
        /// Frames looked at.
        searched: u32,
    },
    /// A command failed in a way that the policy does not expect.
    Command(CommandError),
}

impl From<CommandError> for AllocateError {
    fn from(error: CommandError) -> Self {
        Self::Command(error)
    }
}

impl From<BusError> for AllocateError {
    fn from(error: BusError) -> Self {
        Self::Command(CommandError::Bus(error))
    }
}

impl fmt::Display for AllocateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoMemory => f.write_str("no frame is left"),
            Self::Timeout { polls } => write!(f, "no zeroed frame after {polls} polls"),
            Self::Search { searched } => write!(f, "no dirty frame among {searched}"),
            Self::Command(error) => write!(f, "{error}"),
        }
    }
}

impl core::error::Error for AllocateError {}

/// Why a frame was not taken back. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FreeError {
    /// The frame is one of those that the hyperkernel holds for itself.
    Reserved,
    /// The frame is not allocated: it was freed before, or never handed out.
    NotAllocated(FrameState),
    /// The command failed.
    Command(CommandError),
}

impl From<CommandError> for FreeError {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::State(state) => Self::NotAllocated(state),
            error => Self::Command(error),
        }
    }
}

impl fmt::Display for FreeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reserved => f.write_str("the frame is the hyperkernel's own"),
            Self::NotAllocated(state) => write!(f, "the frame is not allocated but {state:?}"),
            Self::Command(error) => write!(f, "{error}"),
        }
    }
}

impl core::error::Error for FreeError {}

/// Why a range of frames is not held. None of its frames is held then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HoldError {
    /// The range is empty or reaches beyond the node's frames.
    Range,
    /// No more ranges can be remembered.
    TooMany {
        /// Ranges that can.
        ranges: usize,
    },
    /// This frame could not be held.
    Frame {
        /// The frame.
        rfn: Rfn,
        /// Why.
        error: CommandError,
    },
}

impl fmt::Display for HoldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range => f.write_str("no such range of frames"),
            Self::TooMany { ranges } => write!(f, "{ranges} ranges are held already"),
            Self::Frame { rfn, error } => write!(f, "frame {rfn}: {error}"),
        }
    }
}

impl core::error::Error for HoldError {}

/// Why no machine was started or resumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MachineError {
    /// The policy makes no sense for this node; nothing was written.
    Policy(PolicyError),
    /// Frames are mapped: another machine's pages have contents. Unmap or zero them first, or resume
    /// that machine. Nothing was written.
    Mapped,
    /// The tag table is still being written after three machines were started in short order: try
    /// again after as many cycles as there are guest pages. Nothing was written.
    Scrubbing,
    /// A command or register access failed. The machine is not served; trying again does no harm.
    Command(CommandError),
}

impl From<CommandError> for MachineError {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::State(_) => Self::Mapped,
            CommandError::Scrubbing => Self::Scrubbing,
            error => Self::Command(error),
        }
    }
}

impl From<BusError> for MachineError {
    fn from(error: BusError) -> Self {
        Self::Command(CommandError::Bus(error))
    }
}

impl fmt::Display for MachineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy(error) => write!(f, "guest policy: {error}"),
            Self::Mapped => f.write_str("guest pages have contents"),
            Self::Scrubbing => f.write_str("the tag table is still being written"),
            Self::Command(error) => write!(f, "{error}"),
        }
    }
}

impl core::error::Error for MachineError {}

/// Where a doorbell ended early. The pages before are dormant, the others untouched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DoorbellError {
    /// The page.
    pub gfn: Gfn,
    /// Pages done, all of them before this one.
    pub done: u32,
    /// Why it was refused.
    pub why: Refusal,
}

/// Why the doorbell was refused for a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// This node owns the page: tell it (claim 18), or bring the page here first (claim 19).
    Away(NodeId),
    /// The page is bad.
    Bad,
    /// The command failed.
    Command(CommandError),
}

impl From<CommandError> for Refusal {
    fn from(error: CommandError) -> Self {
        Self::Command(error)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Away(node) => write!(f, "it is away at node {node}"),
            Self::Bad => f.write_str("it is bad"),
            Self::Command(error) => write!(f, "{error}"),
        }
    }
}

impl fmt::Display for DoorbellError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { gfn, done, why } = self;
        write!(f, "page {gfn}, after {done} others: {why}")
    }
}

impl core::error::Error for DoorbellError {}
