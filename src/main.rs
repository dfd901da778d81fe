//! `dormouse`: benchmarks and checks of dormant memory, on the model, on RTL, or on both in lockstep.
//!
//! JSON alone goes to standard output; tables, progress and messages go to standard error.
#![deny(unsafe_code)]

mod bench;
mod boot;
mod engine;
mod host;
mod latency;
mod linux;
mod lockstep;
mod plot;
mod software;
mod speed;
mod trace;

use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use dormouse_model::{Config, Node};
use dormouse_testbench::{backend::Backend, sets};

/// Dormant memory: a machine that boots without zeroing its memory first.
#[derive(Parser)]
#[command(version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Zeroing: the engine, software on a core beside it, this machine's own CPU, and a real boot.
    Bench(bench::Args),
    /// A recorded boot on memory that somebody has to zero: replayed, compared, scaled.
    Boot(boot::Args),
    /// What a guest waits for at the node's ports: dormant, resident and redormanted pages.
    Latency(latency::Args),
    /// A real kernel that boots on memory that somebody has to zero, instruction by instruction.
    Linux(linux::Args),
    /// Random runs of model and RTL side by side; ends at the first difference.
    Lockstep(lockstep::Args),
    /// Cycles per second of model and RTL.
    Speed(speed::Args),
}

/// What a benchmark runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Target {
    /// The cycle-exact model.
    Model,
    /// Verilated RTL.
    Rtl,
    /// Both, compared in every cycle.
    Lockstep,
}

impl Target {
    /// Where its numbers come from.
    fn origin(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Rtl => "RTL",
            Self::Lockstep => "RTL, in lockstep with the model",
        }
    }

    /// The node of a parameter set.
    fn node(self, set: &str) -> anyhow::Result<Box<dyn Backend>> {
        let config = Self::config(set)?;
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

    fn config(set: &str) -> anyhow::Result<Config> {
        let known = || sets::all().into_keys().collect::<Vec<_>>().join(", ");
        let unknown = || anyhow::anyhow!("no parameter set {set:?}: there are {}", known());
        sets::all().remove(set).ok_or_else(unknown)
    }
}

/// What to do about a binary that has no RTL in it.
#[cfg(not(feature = "rtl"))]
fn no_rtl() -> anyhow::Error {
    anyhow::anyhow!(
        "this binary was built without RTL: run it as `cargo xtask run -- ...`, or use `--backend model`"
    )
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Bench(args) => bench::run(&args),
        Command::Boot(args) => boot::run(&args),
        Command::Latency(args) => latency::run(&args),
        Command::Linux(args) => linux::run(&args),
        Command::Lockstep(args) => lockstep::run(&args),
        Command::Speed(args) => speed::run(&args),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("dormouse: {error:#}");
            ExitCode::from(2)
        }
    }
}
