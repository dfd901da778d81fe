//! What can go wrong, with what the caller needs to act.

use core::fmt;

use crate::{BusError, FrameState, Gfn, PageKind, Rfn};

/// Why a command did not do its work. Unless said otherwise, nothing has changed in the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommandError {
    /// A register access failed. If it was an access after the command was written, the command may
    /// have been done: [`query`](crate::Node::query) tells.
    Bus(BusError),
    /// The frame number is at or above the node's real frames, or the page number at or above its
    /// guest pages.
    Range,
    /// The frame's state, given here, does not allow the operation. From
    /// [`mark_all`](crate::Node::mark_all): a frame is mapped.
    State(FrameState),
    /// The page's state, given here, does not allow the operation;
    /// [`query_page`](crate::Node::query_page) tells its frame or owner.
    Page(PageKind),
    /// The queue or lane is full: come back when the engine has taken a frame.
    Full,
    /// The zeroed pool is empty (claim 11: look at the frames that are to be zeroed).
    Empty,
    /// The stall is not at the head of the queue, or there is none: it was resolved before.
    NoStall,
    /// Three [`mark_all`](crate::Node::mark_all) are still being written into the tag table, which
    /// takes a cycle for each guest page at least: come back when
    /// [`SCRUB_BUSY`](crate::Status::SCRUB_BUSY) is clear.
    Scrubbing,
    /// The node knows no such operation: driver and hardware are of different versions.
    BadOp,
    /// An earlier command was still under way after this many polls. This one was not written.
    Busy {
        /// Reads of RESULT.
        polls: u32,
    },
    /// The command was written and did not end within this many polls; it may still be done.
    Timeout {
        /// Reads of RESULT.
        polls: u32,
    },
    /// RESULT, PAGE or STALL held a code, state or kind that does not exist.
    Malformed {
        /// The register as it was read.
        result: u32,
    },
}

impl From<BusError> for CommandError {
    fn from(error: BusError) -> Self {
        Self::Bus(error)
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bus(error) => write!(f, "register access: {error}"),
            Self::Range => f.write_str("no such frame or page"),
            Self::State(state) => write!(f, "the frame is {state:?}"),
            Self::Page(state) => write!(f, "the page is {state:?}"),
            Self::Full => f.write_str("the queue is full"),
            Self::Empty => f.write_str("the zeroed pool is empty"),
            Self::NoStall => f.write_str("no such stall at the head of the queue"),
            Self::Scrubbing => f.write_str("the tag table is still being written"),
            Self::BadOp => f.write_str("the node does not know this operation"),
            Self::Busy { polls } => write!(
                f,
                "an earlier command is still under way after {polls} polls"
            ),
            Self::Timeout { polls } => write!(f, "no result after {polls} polls"),
            Self::Malformed { result } => {
                write!(f, "the answer {result:#010x} means nothing")
            }
        }
    }
}

impl core::error::Error for CommandError {}

/// Where a call for a range of pages ended early. The pages before are done, the others untouched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RangeError {
    /// The page that it failed on.
    pub gfn: Gfn,
    /// Pages done, all of them before this one.
    pub done: u32,
    /// What failed.
    pub error: CommandError,
}

impl fmt::Display for RangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { gfn, done, error } = self;
        write!(f, "page {gfn}, after {done} others: {error}")
    }
}

impl core::error::Error for RangeError {}

/// Where [`queue_range`](crate::Node::queue_range) ended early. The frames before are queued, the others as
/// they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameRangeError {
    /// The first frame that was not queued.
    pub rfn: Rfn,
    /// Frames queued, all of them before this one.
    pub queued: u32,
    /// What failed.
    pub error: CommandError,
}

impl fmt::Display for FrameRangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rfn, queued, error } = self;
        write!(f, "frame {rfn}, after {queued} others: {error}")
    }
}

impl core::error::Error for FrameRangeError {}

/// Why [`Node::probe`](crate::Node::probe) found no node that it can drive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeError {
    /// A register access failed.
    Bus(BusError),
    /// The identification register does not read "DORM".
    NotDormouse {
        /// What it reads.
        id: u32,
    },
    /// A parameter register is outside what a node can be built with.
    Parameter {
        /// The register.
        register: &'static str,
        /// What it reads.
        value: u32,
    },
}

impl From<BusError> for ProbeError {
    fn from(error: BusError) -> Self {
        Self::Bus(error)
    }
}

impl fmt::Display for ProbeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bus(error) => write!(f, "register access: {error}"),
            Self::NotDormouse { id } => write!(f, "the identification register reads {id:#010x}"),
            Self::Parameter { register, value } => write!(
                f,
                "{register} reads {value:#010x}, which no node can be built with"
            ),
        }
    }
}

impl core::error::Error for ProbeError {}

/// Why water marks, the throttle or a delay were not set. The registers keep what they held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingError {
    /// A register access failed.
    Bus(BusError),
    /// The low water mark is above the high one: zeroing would start where it stops.
    LowAboveHigh {
        /// Frames.
        low: u32,
        /// Frames.
        high: u32,
    },
    /// Both water marks are equal: there is no hysteresis, and the engine would start and stop at once.
    NoHysteresis {
        /// Frames.
        mark: u32,
    },
    /// The high water mark is above the depth of the zeroed pool: it would never be reached.
    HighAbovePool {
        /// Frames.
        high: u32,
        /// Frames.
        pool_depth: u32,
    },
    /// The token bucket holds 1 to 15 tokens.
    Depth {
        /// Tokens asked for.
        depth: u8,
    },
    /// The delay of redormanting is at most 2^24 - 1 cycles.
    Delay {
        /// Cycles asked for.
        cycles: u32,
    },
}

impl From<BusError> for SettingError {
    fn from(error: BusError) -> Self {
        Self::Bus(error)
    }
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bus(error) => write!(f, "register access: {error}"),
            Self::LowAboveHigh { low, high } => {
                write!(f, "low water mark {low} is above high water mark {high}")
            }
            Self::NoHysteresis { mark } => write!(f, "both water marks are {mark}"),
            Self::HighAbovePool { high, pool_depth } => write!(
                f,
                "high water mark {high} is above the pool's depth {pool_depth}"
            ),
            Self::Depth { depth } => write!(f, "a token bucket of {depth} is not 1 to 15"),
            Self::Delay { cycles } => write!(f, "a delay of {cycles} cycles is above 2^24 - 1"),
        }
    }
}

impl core::error::Error for SettingError {}

/// Why [`Node::wait_ready`](crate::Node::wait_ready) gave up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadyError {
    /// A register access failed.
    Bus(BusError),
    /// Not all frames were marked dirty after this many polls.
    Timeout {
        /// Reads of STATUS.
        polls: u32,
    },
}

impl From<BusError> for ReadyError {
    fn from(error: BusError) -> Self {
        Self::Bus(error)
    }
}

impl fmt::Display for ReadyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bus(error) => write!(f, "register access: {error}"),
            Self::Timeout { polls } => write!(f, "the node is not ready after {polls} polls"),
        }
    }
}

impl core::error::Error for ReadyError {}

/// What [`Node::audit`](crate::Node::audit) found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditError {
    /// A register access failed.
    Bus(BusError),
    /// In none of the snapshots did the counts sum to the real frames: frames were lost or doubled, or
    /// the engine moved frames during every one of them.
    Sum {
        /// The last snapshot's sum.
        counted: u64,
        /// Real frames.
        frames: u32,
    },
}

impl From<BusError> for AuditError {
    fn from(error: BusError) -> Self {
        Self::Bus(error)
    }
}

impl fmt::Display for AuditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bus(error) => write!(f, "register access: {error}"),
            Self::Sum { counted, frames } => write!(f, "{counted} frames counted, {frames} exist"),
        }
    }
}

impl core::error::Error for AuditError {}
