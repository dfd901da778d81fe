//! The parameter sets of `verilated/sets.toml`, by name.

use std::collections::BTreeMap;

use dormouse_model::Config;

/// Every set for which the RTL is verilated. The model runs on these and on any other.
pub fn all() -> BTreeMap<String, Config> {
    let sets = toml::from_str(include_str!("../verilated/sets.toml"));
    let mut sets: BTreeMap<String, Config> =
        sets.expect("the file is part of this crate, and a test reads it");
    let built = env!("DORMOUSE_SETS");
    if !built.is_empty() {
        sets.retain(|name, _| built.split(',').any(|set| set == name));
    }
    sets
}

/// The node of the Linux SoC, which the RTL has nowhere else.
pub fn linux_soc() -> Config {
    let config = toml::from_str(include_str!("../verilated/linux_soc.toml"));
    config.expect("the file is part of this crate, and the build reads it")
}

/// Names of the sets for random guests: several ports, small pages, or few of them.
pub fn of_guests() -> Vec<String> {
    let sets = all().into_iter();
    sets.filter(|(name, config)| name.starts_with("guest") || config.ports > 1)
        .map(|(name, _)| name)
        .collect()
}
