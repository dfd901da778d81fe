//! Registers: what is generated from `rtl/registers.rdl`, and whether the checked-in files still are that.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::output::write_whole;
use crate::streams::say;
use crate::{proc, tools};

const SOURCE: &str = "rtl/registers.rdl";

/// The checked-in files, each with the mark that starts and the one that ends a comment.
const FILES: [(&str, &str, &str); 5] = [
    ("rtl/generated/dm_regs_pkg.sv", "// ", ""),
    ("rtl/generated/dm_regs.sv", "// ", ""),
    ("driver/src/regs.rs", "// ", ""),
    ("driver/include/dormouse.h", "/* ", " */"),
    ("docs/registers.md", "<!-- ", " -->"),
];

/// Generates every file and writes those that differ, or, with `check`, refuses them.
///
/// # Errors
/// `rtl/registers.rdl` does not compile, or a checked-in file is stale.
pub fn regs(root: &Path, check: bool) -> Result<()> {
    tools::ensure_group(root, tools::Group::Full)?;
    let made = generate(root)?;
    if check {
        return compare(root, &made);
    }
    for (path, text) in made {
        let file = root.join(path);
        if fs::read_to_string(&file).is_ok_and(|old| old == text) {
            continue;
        }
        write_whole(&file, text)?;
        say!("regs: wrote {path}");
    }
    Ok(())
}

fn generate(root: &Path) -> Result<Vec<(&'static str, String)>> {
    let work = root.join("target/regs");
    fs::create_dir_all(&work)?;
    // Errors in the register map are the compiler's to explain; its words go straight to the terminal.
    proc::run(
        tools::tool(root, "peakrdl")
            .args([
                "regblock",
                SOURCE,
                "-o",
                "target/regs",
                "--cpuif",
                "passthrough",
                "--addr-width",
                "12",
            ])
            .args([
                "--default-reset",
                "arst_n",
                "--err-if-bad-addr",
                "--err-if-bad-rw",
            ]),
    )?;
    let exporter = [
        "xtask/regs_rust.py",
        SOURCE,
        "target/regs/regs.rs",
        "target/regs/dormouse.h",
        "target/regs/registers.md",
    ];
    proc::run(tools::tool(root, "python").args(exporter))?;
    proc::run(Command::new("rustfmt").current_dir(root).args([
        "--edition",
        "2024",
        "target/regs/regs.rs",
    ]))?;
    FILES
        .into_iter()
        .map(|(path, open, close)| {
            let name = Path::new(path).file_name().unwrap_or_default();
            let body = fs::read_to_string(work.join(name))
                .with_context(|| format!("{path} was not generated"))?;
            let head = format!(
                "{open}Generated, do not edit: made from {SOURCE} by `cargo xtask regs`.{close}\n"
            );
            let lines = body.lines().map(|line| line.trim_end().to_owned() + "\n");
            Ok((path, std::iter::once(head).chain(lines).collect()))
        })
        .collect()
}

fn compare(root: &Path, made: &[(&str, String)]) -> Result<()> {
    let stale: Vec<_> = made
        .iter()
        .filter(|(path, text)| fs::read_to_string(root.join(path)).ok().as_deref() != Some(text))
        .map(|(path, _)| *path)
        .collect();
    if !stale.is_empty() {
        bail!(
            "not what {SOURCE} generates: {}\nrun `cargo xtask regs` and commit the result",
            stale.join(", ")
        );
    }
    say!("regs: {} generated files are up to date", made.len());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stale_and_missing_files_are_named_with_what_to_run() {
        let clone = tempfile::tempdir().unwrap();
        fs::write(clone.path().join("same"), "1\n").unwrap();
        fs::write(clone.path().join("edited"), "1\n2\n").unwrap();
        let made = ["same", "edited", "gone"].map(|path| (path, "1\n".to_owned()));
        assert_eq!(
            compare(clone.path(), &made).unwrap_err().to_string(),
            "not what rtl/registers.rdl generates: edited, gone\nrun `cargo xtask regs` and commit the result"
        );
        compare(clone.path(), &made[..1]).unwrap();
    }
}
