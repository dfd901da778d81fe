//! Why a random run failed.

use dormouse_model::ConfigError;
use thiserror::Error;

use crate::{memory::MemoryError, shadow::StaleByte, system::Fault};

/// Why a scenario failed.
#[derive(Debug, Error)]
pub enum ScenarioError {
    /// Model and RTL differ, or a bus rule was broken.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// A frame that is called zeroed is not zero in memory.
    #[error("frame {frame} is in the zeroed pool and not zero in memory")]
    NotZero {
        /// The frame.
        frame: u32,
    },
    /// The counts over all states do not sum to the frames.
    #[error("{counted} frames are counted over all states, and there are {frames}")]
    Lost {
        /// Sum over the states.
        counted: u32,
        /// Frames that exist.
        frames: u32,
    },
    /// The register port or the engine did not come to rest.
    #[error("not at rest after {cycles} cycles: {what}")]
    Hangs {
        /// Cycles run.
        cycles: u64,
        /// What is left.
        what: String,
    },
    /// Memory does not hold what guests wrote.
    #[error("stale data: {0}")]
    Stale(#[from] Box<StaleByte>),
    /// Frames, pages, stalls or registers are not what they must be.
    #[error("{0}")]
    Invariant(String),
    /// Skip mode and tick mode ended differently.
    #[error("skip mode ends with {skip}, tick mode with {tick}")]
    Skip {
        /// State after skip mode.
        skip: String,
        /// State after tick mode.
        tick: String,
    },
    /// The scenario names a set that does not exist.
    #[error("no parameter set {0}")]
    Set(String),
    /// An illegal memory.
    #[error(transparent)]
    Memory(#[from] MemoryError),
    /// An illegal parameter.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The set is not verilated.
    #[cfg(feature = "rtl")]
    #[error(transparent)]
    Pair(#[from] crate::lockstep::PairError),
}

impl ScenarioError {
    /// Whether the scenario cannot be run at all, so that nothing is known about model and RTL.
    pub fn is_bad_input(&self) -> bool {
        match self {
            Self::Set(_) | Self::Memory(_) | Self::Config(_) => true,
            #[cfg(feature = "rtl")]
            Self::Pair(_) => true,
            _ => false,
        }
    }
}
