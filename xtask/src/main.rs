//! Set-up and checks of the Dormouse workspace: `cargo xtask COMMAND`.

mod proc;
mod regs;
mod tools;

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::{Parser, Subcommand};

use tools::Group;

/// Set-up and checks of the Dormouse workspace.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Cmd,
}

#[derive(Subcommand)]
enum Cmd {
    /// Put the pinned tools of tools.toml into .tools/; nothing outside the clone but Rust's own target is touched.
    Setup {
        /// Only report what is there and what is not.
        #[arg(long)]
        check: bool,
        /// How much: `base` is enough for the demo.
        #[arg(long, value_enum, default_value_t = Group::Full)]
        group: Group,
    },
    /// Generate register block, driver types and reference page from rtl/registers.rdl.
    Regs {
        /// Only fail when a checked-in file is stale.
        #[arg(long)]
        check: bool,
    },
}

/// The clone that we work on, wherever it was moved since we were compiled.
fn root() -> PathBuf {
    let xtask = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    xtask.parent().map(Path::to_path_buf).unwrap_or(xtask)
}

fn main() -> Result<()> {
    let root = root();
    match Cli::parse().command {
        Cmd::Setup { check: true, group } => tools::check(&root, group),
        Cmd::Setup {
            check: false,
            group,
        } => {
            tools::setup(&root, group)?;
            eprintln!("setup: done ({group})");
            Ok(())
        }
        Cmd::Regs { check } => regs::regs(&root, check),
    }
}
