//! Test bench of Dormouse: Verilated backend, AXI memories, rule checker, lockstep, trace reader.
#![deny(unsafe_code)]

pub mod backend;
pub mod checker;
pub mod lockstep;
pub mod memory;
pub mod sets;
pub mod system;
pub mod trace;
pub mod workload;
#[cfg(feature = "rtl")]
pub mod soc;
#[cfg(feature = "rtl")]
pub mod verilated;
