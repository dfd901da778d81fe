//! What a command runs on: the model, Verilated RTL, or both in lockstep.

use clap::ValueEnum;
use dormouse_model::{Config, Node};
use dormouse_testbench::{backend::Backend, sets};

/// Parameter set of the RTL on which boots run: a machine of 2 GiB.
pub const BOOT_SET: &str = "trace";

/// What a command runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Target {
    /// The cycle-exact model.
    Model,
    /// Verilated RTL.
    Rtl,
    /// Both, compared in every cycle.
    Lockstep,
}

impl Target {
    /// Where its numbers come from.
    pub fn origin(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Rtl => "RTL",
            Self::Lockstep => "RTL, in lockstep with the model",
        }
    }

    /// Its name in results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Rtl => "rtl",
            Self::Lockstep => "lockstep",
        }
    }

    /// The node of a parameter set.
    ///
    /// # Errors
    /// There is no such set, or no RTL in this build.
    pub fn node(self, set: &str) -> anyhow::Result<Box<dyn Backend>> {
        let config = Self::config(set)?;
        self.check()?;
        Ok(match self {
            Self::Model => Box::new(Node::new(&config)?),
            #[cfg(feature = "rtl")]
            Self::Rtl => Box::new(dormouse_testbench::verilated::RtlNode::new(set)?),
            #[cfg(feature = "rtl")]
            Self::Lockstep => Box::new(dormouse_testbench::lockstep::Pair::new(set)?),
            #[cfg(not(feature = "rtl"))]
            Self::Rtl | Self::Lockstep => return Err(no_rtl()),
        })
    }

    /// The parameters of a set.
    ///
    /// # Errors
    /// There is no such set.
    pub fn config(set: &str) -> anyhow::Result<Config> {
        let known = || sets::all().into_keys().collect::<Vec<_>>().join(", ");
        let unknown = || anyhow::anyhow!("no parameter set {set:?}: there are {}", known());
        sets::all().remove(set).ok_or_else(unknown)
    }

    /// Fails where this build lacks what is asked for.
    ///
    /// # Errors
    /// There is no RTL in this build.
    pub fn check(self) -> anyhow::Result<()> {
        if self == Self::Model || cfg!(feature = "rtl") {
            Ok(())
        } else {
            Err(no_rtl())
        }
    }
}

/// What to do about a binary that has no RTL in it.
pub fn no_rtl() -> anyhow::Error {
    anyhow::anyhow!(
        "this binary was built without RTL: run it as `cargo xtask run -- ...`, or use `--backend model`"
    )
}
