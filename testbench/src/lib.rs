//! Test bench of Dormouse: Verilated backend, AXI memories, rule checker, lockstep, trace reader.
#![deny(unsafe_code)]

pub mod backend;
pub mod checker;
pub mod lockstep;
pub mod memory;
pub mod sets;
#[cfg(feature = "rtl")]
pub mod soc;
pub mod system;
pub mod trace;
#[cfg(feature = "rtl")]
pub mod verilated;
pub mod workload;
