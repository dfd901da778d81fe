//! Proofs: the `SymbiYosys` tasks of `rtl/formal/*.sby`.
//!
//! Every block has a `prf` (k-induction) and a `cvr` (cover) task. A task whose name ends in `_long` runs only when
//! asked for.

use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Result, bail, ensure};

use crate::streams::say;
use crate::tools::{self, Group, tool};
use crate::{proc, rtl};

struct Task {
    block: String,
    name: String,
    depth: String,
}

/// Runs the tasks, two at a time, and closes with one line that counts them.
///
/// # Errors
/// No such block, a file that `SymbiYosys` does not read, or a task that fails.
pub fn formal(root: &Path, block: Option<&str>, long: bool) -> Result<()> {
    tools::ensure_group(root, Group::Full)?;
    let mut blocks = rtl::names(root, "rtl/formal", "sby")?;
    if let Some(block) = block {
        let all = blocks.join(", ");
        blocks.retain(|name| name == block);
        ensure!(
            !blocks.is_empty(),
            "no rtl/formal/{block}.sby; there are: {all}"
        );
    }
    let mut tasks = Vec::new();
    for block in &blocks {
        tasks.extend(
            tasks_of(root, block)?
                .into_iter()
                .filter(|task| long || !task.name.ends_with("_long")),
        );
    }

    let next = AtomicUsize::new(0);
    let failed = Mutex::new(0);
    let work = || {
        while let Some(task) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
            let start = Instant::now();
            let done = run(root, task);
            let (verdict, seconds) = (
                if done.is_ok() { "PASS" } else { "FAIL" },
                start.elapsed().as_secs(),
            );
            let Task { block, name, depth } = task;
            let mut failed = failed
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            say!("formal: {block:<16} {name:<12} {verdict}  depth {depth:>3}  {seconds:>4} s");
            if let Err(error) = done {
                *failed += 1;
                say!("{error:#}");
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        scope.spawn(work);
    });
    let failed = failed
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    say!("formal: {} passed, {failed} failed", tasks.len() - failed);
    if failed > 0 {
        bail!("{failed} of {} proofs failed", tasks.len());
    }
    Ok(())
}

/// `SymbiYosys`, with the programs that it calls.
pub fn sby(root: &Path) -> std::process::Command {
    let mut command = tool(root, "yowasp-sby");
    for (part, name) in [
        ("yosys", "yosys"),
        ("smtbmc", "yosys-smtbmc"),
        ("witness", "yosys-witness"),
    ] {
        command.args([format!("--{part}"), format!("yowasp-{name}")]);
    }
    command
}

/// The proofs of a block, in the order of its file, those that take long left out.
///
/// # Errors
/// No such file, or `SymbiYosys` does not read it.
pub fn proofs_of(root: &Path, block: &str) -> Result<Vec<String>> {
    let names = tasks_of(root, block)?.into_iter().map(|task| task.name);
    Ok(names
        .filter(|name| name.starts_with("prf") && !name.ends_with("_long"))
        .collect())
}

/// A task with everything resolved that depends on its name.
///
/// # Errors
/// As [`proofs_of`].
pub fn config_of(root: &Path, block: &str, task: &str) -> Result<String> {
    proc::output(sby(root).args(["--dumpcfg", &format!("rtl/formal/{block}.sby"), task]))
}

fn tasks_of(root: &Path, block: &str) -> Result<Vec<Task>> {
    let file = format!("rtl/formal/{block}.sby");
    let names = proc::output(sby(root).args(["--dumptasks", &file]))?;
    let names: Vec<_> = names.split_whitespace().map(str::to_owned).collect();
    ensure!(
        !names.is_empty(),
        "{file} has no tasks; every block has `prf` and `cvr`"
    );
    names
        .into_iter()
        .map(|name| {
            let config = config_of(root, block, &name)?;
            let depth = config
                .lines()
                .find_map(|line| line.trim().strip_prefix("depth "));
            let depth = depth.unwrap_or("20").trim().to_owned();
            Ok(Task {
                block: block.to_owned(),
                name,
                depth,
            })
        })
        .collect()
}

fn run(root: &Path, task: &Task) -> Result<()> {
    let Task { block, name, .. } = task;
    let (file, dir) = (
        format!("rtl/formal/{block}.sby"),
        format!("target/formal/{block}_{name}"),
    );
    fs::create_dir_all(root.join("target/formal"))?;
    let mut command = sby(root);
    if name.starts_with("cvr") {
        let program = root.join("xtask/smtbmc_cover.py");
        command.args(["--smtbmc", &format!("python '{}'", program.display())]);
    }
    let Err(error) = proc::output(command.args(["-f", "-d", &dir, &file, name])) else {
        return Ok(());
    };
    let log = fs::read_to_string(root.join(&dir).join("logfile.txt")).unwrap_or_default();
    let telling = [
        "Assert failed",
        "failed assertion",
        "Unreached cover",
        "ERROR",
        "trace:",
        "Status:",
    ];
    let lines: Vec<_> = log
        .lines()
        .filter(|line| telling.iter().any(|word| line.contains(word)))
        .collect();
    if lines.is_empty() {
        return Err(error);
    }
    bail!("{}\nall of it in {dir}/", lines.join("\n"));
}
