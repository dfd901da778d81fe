//! Test bench of Dormouse: Verilated backend, AXI memories, rule checker, lockstep, recordings.
#![deny(unsafe_code)]

pub mod backend;
pub mod checker;
pub mod difference;
mod doorbell;
pub mod linux;
#[cfg(feature = "rtl")]
pub mod lockstep;
pub mod machine;
pub mod memory;
pub mod probe;
pub mod random;
pub mod recording;
pub mod sets;
pub mod shadow;
#[cfg(feature = "rtl")]
pub mod soc;
pub mod system;
pub mod vcpu;
#[cfg(feature = "rtl")]
pub mod verilated;
pub mod workload;
