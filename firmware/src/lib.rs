//! The hyperkernel: the policy that keeps a node's zeroed pool filled and hands frames out of it, and
//! the services that guests need: for accesses that wait, for capacity, for bad tags.
//!
//! A library without allocation and without a platform: it needs a [`dormouse_driver::Bus`] and
//! nothing else, so the same code runs on the host against the model and the RTL, on the core of the
//! simulation system and on a board. Waiting is a bounded number of register reads; a bus that simulates
//! a clock advances it with each of them.
//!
//! Each call does a bounded amount of work and returns, and none panics. Call [`Hyperkernel::poll`]
//! regularly or [`Hyperkernel::on_interrupt`] when the node's interrupt is up, or both.
#![no_std]

#[cfg(test)]
extern crate std;

mod bad;
pub mod error;
mod guests;
mod hyperkernel;
pub mod mailbox;
pub mod pod;
mod policy;

pub use bad::{BadFrames, Found, ParityPages};
pub use error::{
    AllocateError, DoorbellError, FreeError, HoldError, MachineError, PolicyError, Refusal,
    StartError,
};
pub use guests::{Capacity, Pressure, Rescue};
pub use hyperkernel::{Hyperkernel, Statistics, Step};
pub use policy::{GuestPolicy, Limits, Patience, PoolPolicy};
