//! Test bench of Dormouse: Verilated backend, AXI memories, rule checker, lockstep, recordings.
#![deny(unsafe_code)]

pub mod backend;
pub mod checker;
pub mod difference;
mod doorbell;
pub mod guests;
pub mod linux;
#[cfg(feature = "rtl")]
pub mod lockstep;
pub mod memory;
pub mod probe;
pub mod random;
pub mod recording;
pub mod sets;
pub mod shadow;
#[cfg(feature = "rtl")]
pub mod soc;
pub mod system;
pub mod tag_watch;
pub mod target;
pub mod traffic;
pub mod vcpu;
pub mod vcpus;
#[cfg(feature = "rtl")]
pub mod verilated;
pub mod workload;
