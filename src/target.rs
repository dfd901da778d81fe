//! What a command runs on, as an option, and what is said where that is not there.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
pub use dormouse_testbench::target::Target;

/// Parameter set of the RTL on which boots run: a machine of 2 GiB.
#[cfg(feature = "rtl")]
pub const BOOT_SET: &str = "trace";

/// Reads a target by its name.
pub fn parser() -> impl TypedValueParser<Value = Target> {
    let value = |target: Target| {
        let help = match target {
            Target::Model => "The cycle-exact model",
            Target::Rtl => "Verilated RTL",
            Target::Lockstep => "Both, compared in every cycle",
        };
        PossibleValue::new(target.name()).help(help)
    };
    let named = |name: String| Target::ALL.into_iter().find(|target| target.name() == name);
    PossibleValuesParser::new(Target::ALL.map(value))
        .try_map(move |name| named(name).ok_or("no target has this name"))
}

/// What to do about a binary that has no RTL in it.
#[cfg(not(feature = "rtl"))]
pub fn no_rtl() -> anyhow::Error {
    dormouse_testbench::target::TargetError::NoRtl.into()
}
