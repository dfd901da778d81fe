//! Cycle-exact model of the Dormouse RTL.
#![forbid(unsafe_code)]

pub mod axi;
pub mod config;
pub mod node;

pub use config::{Config, ConfigError};
