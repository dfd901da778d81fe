//! Cycle-exact model of the Dormouse RTL.
//!
//! Each module mirrors the SystemVerilog module of the same name: the same registers under the same
//! names, the same values after every clock edge. `clock` is one edge; where the next edges are known
//! (a long burst, an idle wait) `stable_for` says for how long, and `clock_many` jumps there; where a
//! period has come round ([`repeat`]), many of them pass at once. That is skip mode, with equal cycle
//! numbers.
#![forbid(unsafe_code)]

pub mod arbiter;
pub mod axi;
pub mod axil;
pub mod config;
pub mod counters;
pub mod csr;
pub mod dormant;
pub mod fifo;
pub mod frames;
pub mod gate;
pub mod lookup;
pub mod node;
pub mod pages;
pub mod pkg;
pub mod redormant;
pub mod regs;
pub mod repeat;
pub mod tag_table;
pub mod zero_engine;

pub use config::{Config, ConfigError};
pub use node::{Node, NodeIn, NodeOut};
