//! Driver of the Dormouse node.
#![no_std]

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
