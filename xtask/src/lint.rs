//! Lint of the RTL by the tools that users of such cores have: Verilator, Yosys with slang, plain Yosys.

use std::path::Path;

use anyhow::{Context, Result};

use crate::rtl::{self, Sources};
use crate::streams::say;
use crate::tools::{self, Group};
use crate::{proc, tools::tool};

/// Parameters beside data width and page shift, at their ends. The widest page needs addresses of its own.
const CORNERS: [&[(&str, u64)]; 3] = [
    &[("AddrWidth", 40)],
    &[
        ("AddrWidth", 64),
        ("IdWidth", 1),
        ("RealFrames", 2),
        ("GuestPages", 2),
        ("PortDepth", 4),
        ("PortBeats", 4),
        ("Trackers", 1),
        ("QueueDepth", 2),
        ("UrgentDepth", 2),
        ("PoolDepth", 2),
    ],
    &[
        ("AddrWidth", 44),
        ("IdWidth", 16),
        ("Ports", 4),
        ("PortDepth", 32),
        ("PortBeats", 64),
        ("Trackers", 8),
        ("RealFrames", 300),
        ("NodeId", 255),
        ("MaxOutstanding", 64),
        ("MaxBeats", 4),
    ],
];

/// Lints everything in `rtl/`.
///
/// # Errors
/// The first tool that finds something, with its own words.
pub fn lint(root: &Path) -> Result<()> {
    tools::ensure_group(root, Group::Full)?;
    let sources = Sources::read(root)?;

    let mut sets = vec![vec![]];
    for data_width in [32, 64, 128, 256, 512] {
        for page_shift in [12, 16, 21] {
            for corner in CORNERS {
                let mut set = vec![("DataWidth", data_width), ("PageShift", page_shift)];
                set.extend(corner);
                sets.push(set);
            }
        }
    }
    for set in &sets {
        verilator(root, "dm_node", &sources.node, set)?;
    }
    say!(
        "lint: Verilator -Wall, dm_node, {} parameter sets: clean",
        sets.len()
    );
    for soc in ["dm_sim_soc", "dm_linux_soc"] {
        verilator(root, soc, &sources.soc, &[])?;
        say!("lint: Verilator -Wall, {soc}: clean");
    }

    let files = sources.node.join(" ");
    rtl::yosys(
        root,
        &format!("read_slang --threads 1 --top dm_node {files}; proc; check -assert"),
        "target/lint.log",
    )
    .context("lint: Yosys with slang, dm_node")?;
    say!("lint: Yosys with slang, dm_node: clean");

    for block in &sources.plain {
        let files = sources.plain_files().join(" ");
        let script =
            format!("read_verilog -sv {files}; hierarchy -check -top {block}; proc; check -assert");
        rtl::yosys(root, &script, "target/lint.log")
            .with_context(|| format!("lint: plain Yosys, {block}"))?;
    }
    say!("lint: plain Yosys, {}: clean", sources.plain.join(", "));
    Ok(())
}

fn verilator(root: &Path, top: &str, files: &[String], set: &[(&str, u64)]) -> Result<()> {
    let mut command = tool(root, "verilator");
    command.args([
        "--lint-only",
        "-Irtl",
        "-Wall",
        "--assert",
        "--top-module",
        top,
        "rtl/lint.vlt",
    ]);
    command
        .args(set.iter().map(|(name, value)| format!("-G{name}={value}")))
        .args(files);
    proc::output(&mut command)
        .map(drop)
        .with_context(|| format!("lint: Verilator, {top} with {set:?}"))
}
