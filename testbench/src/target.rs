//! What something runs on: the model, Verilated RTL, or both in lockstep. Commands and tests name it by one type.

use dormouse_model::{Config, ConfigError, Node};
use thiserror::Error;

use crate::{backend::Backend, sets};

/// What something runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The cycle-exact model.
    Model,
    /// Verilated RTL.
    Rtl,
    /// Both, compared in every cycle.
    Lockstep,
}

/// Why there is no such node.
#[derive(Debug, Error)]
pub enum TargetError {
    /// The name is none of the sets of this build.
    #[error("no parameter set {name:?}: there are {known}")]
    UnknownSet {
        /// What was asked for.
        name: String,
        /// Names of all sets, with commas.
        known: String,
    },
    /// The feature `rtl` is off.
    #[error(
        "this binary was built without RTL: run it as `cargo xtask run -- ...`, or use `--backend model`"
    )]
    NoRtl,
    /// The model refuses the set.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

impl Target {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Model, Self::Rtl, Self::Lockstep];

    /// Where its numbers come from.
    pub fn origin(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Rtl => "RTL",
            Self::Lockstep => "RTL, in lockstep with the model",
        }
    }

    /// Its name in options and results.
    pub fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Rtl => "rtl",
            Self::Lockstep => "lockstep",
        }
    }

    /// The node of a parameter set, after reset.
    ///
    /// # Errors
    /// There is no such set, or no RTL in this build.
    pub fn node(self, set: &str) -> Result<Box<dyn Backend>, TargetError> {
        let config = Self::config(set)?;
        self.check()?;
        Ok(match self {
            Self::Model => Box::new(Node::new(&config)?),
            #[cfg(feature = "rtl")]
            Self::Rtl => Box::new(crate::verilated::RtlNode::new(set).expect("the set is known")),
            #[cfg(feature = "rtl")]
            Self::Lockstep => Box::new(crate::lockstep::Pair::new(set).expect("the set is known")),
            #[cfg(not(feature = "rtl"))]
            Self::Rtl | Self::Lockstep => return Err(TargetError::NoRtl),
        })
    }

    /// The parameters of a set.
    ///
    /// # Errors
    /// There is no such set.
    pub fn config(set: &str) -> Result<Config, TargetError> {
        let mut all = sets::all();
        all.remove(set).ok_or_else(|| TargetError::UnknownSet {
            name: set.to_owned(),
            known: all.into_keys().collect::<Vec<_>>().join(", "),
        })
    }

    /// Fails where this build lacks what is asked for.
    ///
    /// # Errors
    /// There is no RTL in this build.
    pub fn check(self) -> Result<(), TargetError> {
        if self == Self::Model || cfg!(feature = "rtl") {
            Ok(())
        } else {
            Err(TargetError::NoRtl)
        }
    }
}
