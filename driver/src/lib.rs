//! Driver of the Dormouse node: typed registers, and safe calls over any [`Bus`].
//!
//! The same driver runs in firmware ([`mmio::Mmio`]), against the Rust model, against Verilated RTL and
//! over a serial bridge to a board: a backend provides two functions, the [`Bus`]. Where it simulates
//! a clock, an access takes as many cycles as it takes there, so a poll lets time pass.
//!
//! Every call is bounded: none waits for the node without a limit, and none panics. Sizes are in
//! frames, times in cycles of the node's clock, unless their names say otherwise.
#![no_std]

pub mod error;
pub mod mmio;
mod node;
mod pages;
pub mod regs;

use core::fmt;

pub use error::{
    AuditError, CommandError, FrameRangeError, ProbeError, RangeError, ReadyError, SettingError,
};
pub use node::{Cycles, FrameCounts, FrameInfo, Levels, Node, Parameters, Throttle, WaterMarks};
pub use pages::{
    Caches, GateCounters, Histogram, NoCaches, PageMark, PageState, Resolution, Stall,
};
pub use regs::{
    FrameState, Irq, List as FrameList, PageState as PageKind, Policy, StallKind, Status,
};

/// A real frame number, 0 to [`Parameters::real_frames`] minus 1; at most 28 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rfn(pub u32);

impl fmt::Display for Rfn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A guest frame number, the number of a guest page: 0 to [`Parameters::guest_pages`] minus 1; at
/// most 28 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gfn(pub u32);

impl fmt::Display for Gfn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A node of the pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u8);

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A port of the node, which one vCPU is on: 0 to [`Parameters::ports`] minus 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port(pub u8);

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Why a register access did not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BusError {
    /// The node answered SLVERR: a hole, a read-only or write-only register, or a partial write.
    Subordinate,
    /// The interconnect answered DECERR: there is no node at this address.
    Decode,
    /// No answer within the bus's own limit.
    Timeout,
}

impl fmt::Display for BusError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Subordinate => "the node refused it",
            Self::Decode => "no node at this address",
            Self::Timeout => "no answer",
        })
    }
}

impl core::error::Error for BusError {}

/// One node's register window: the only thing that a backend has to provide.
pub trait Bus {
    /// Reads the 32-bit register at `offset` bytes.
    ///
    /// # Errors
    /// What the bus answered when it was not OKAY.
    fn read(&mut self, offset: u16) -> Result<u32, BusError>;

    /// Writes the 32-bit register at `offset` bytes.
    ///
    /// # Errors
    /// What the bus answered when it was not OKAY.
    fn write(&mut self, offset: u16, value: u32) -> Result<(), BusError>;
}

impl<B: Bus + ?Sized> Bus for &mut B {
    fn read(&mut self, offset: u16) -> Result<u32, BusError> {
        (**self).read(offset)
    }

    fn write(&mut self, offset: u16, value: u32) -> Result<(), BusError> {
        (**self).write(offset, value)
    }
}
