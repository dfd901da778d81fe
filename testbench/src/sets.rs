//! The parameter sets of `verilated/sets.toml`, by name.

use std::collections::BTreeMap;

use dormouse_model::Config;

/// Every set for which the RTL is verilated. The model runs on these and on any other.
pub fn all() -> BTreeMap<String, Config> {
    let sets = toml::from_str(include_str!("../verilated/sets.toml"));
    sets.expect("the file is part of this crate, and a test reads it")
}
