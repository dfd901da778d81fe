//! AXI4 memories: what a node's manager port is attached to in tests and benchmarks.
//!
//! Every memory is deterministic: the same requests in the same cycles get the same answers.

mod dram;
mod faulty;
mod ideal;
mod port;
mod spec;
mod store;

pub use dram::{Dram, DramParams};
pub use faulty::{Access, ErrorKind, FaultRange, Faults, Faulty, StoreOnError};
pub use ideal::{Ideal, IdealParams};
pub use port::{Memory, MemoryError};
pub use spec::MemorySpec;
pub use store::{Bytes, Rpa, Store};

pub(crate) use store::{byte_mask, full_strobe, mix};
