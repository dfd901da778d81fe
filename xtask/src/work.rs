//! Building, running and checking everything: `run`, `demo`, `test`, `ci`.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus, Stdio};

use anyhow::{Context, Result, anyhow, bail};
use object::{Object, ObjectSection, SectionKind};

use crate::streams::say;
use crate::tools::{self, FIRMWARE_TARGET, Group};
use crate::{example, formal, lint, linux, mutants, proc, regs};

/// Where the demo leaves its page.
const REPORT: &str = "target/dormouse-boot.html";

/// Builds with cargo and returns the path of the program `name`.
fn build(mut cargo: Command, name: &str, args: &[&str]) -> Result<PathBuf> {
    let output = cargo
        .args([
            "build",
            "--quiet",
            "--message-format",
            "json-render-diagnostics",
        ])
        .args(args)
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start cargo")?;
    if !output.status.success() {
        bail!("cannot build {name}: see the messages above");
    }
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter(|message| message["target"]["name"] == name)
        .find_map(|message| Some(message["executable"].as_str()?.into()))
        .ok_or_else(|| anyhow!("cargo built no program {name}"))
}

/// Builds the firmware, prints its size and returns its path.
fn firmware(root: &Path) -> Result<PathBuf> {
    let args = [
        "-p",
        "dormouse-firmware",
        "--target",
        FIRMWARE_TARGET,
        "--release",
        "--features",
        "image",
    ];
    let image = build(
        proc::cross_cargo(root),
        "hyperkernel",
        &[&args[..], &["--bin", "hyperkernel"]].concat(),
    )?;
    let data = fs::read(&image).with_context(|| format!("cannot read {}", image.display()))?;
    let [text, init, bss, stack] = size(&data)?;
    say!("firmware: hyperkernel: text {text}, data {init}, bss {bss}, stack up to {stack} bytes");
    Ok(image)
}

/// Bytes of text with constants, of initialised data, of zeroed data, and of the rest of the RAM, which is the stack's.
fn size(elf: &[u8]) -> Result<[u64; 4]> {
    let mut sums = [0; 4];
    for section in object::File::parse(elf)
        .context("the firmware image is no ELF file")?
        .sections()
    {
        let kind = match section.kind() {
            SectionKind::Text | SectionKind::ReadOnlyData | SectionKind::ReadOnlyString => 0,
            SectionKind::Data => 1,
            SectionKind::UninitializedData if section.name() == Ok(".stack") => 3,
            SectionKind::UninitializedData => 2,
            _ => continue,
        };
        sums[kind] += section.size();
    }
    Ok(sums)
}

/// `dormouse` with RTL in it, and the firmware that it may run.
struct Dormouse {
    program: PathBuf,
    image: PathBuf,
}

impl Dormouse {
    fn build(root: &Path) -> Result<Self> {
        let image = firmware(root)?;
        let program = build(
            proc::cargo(root),
            "dormouse",
            &["-p", "dormouse", "--release", "--features", "rtl"],
        )?;
        Ok(Self { program, image })
    }

    /// Runs it in `dir`; its exit code is ours.
    fn run<S: AsRef<OsStr>>(&self, dir: &Path, args: &[S]) -> Result<ExitCode> {
        let status = Command::new(&self.program)
            .args(args)
            .current_dir(dir)
            .env("DORMOUSE_IMAGE", &self.image)
            .status()
            .with_context(|| format!("cannot start {}", self.program.display()))?;
        Ok(ExitCode::from(code(status)))
    }
}

/// The exit code of a program, as a shell tells it: one that a signal ended has 128 and more.
fn code(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    #[cfg(not(unix))]
    let signal: Option<i32> = None;
    let code = status.code().or(signal.map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(2)
}

/// Builds `dormouse` with RTL and firmware and runs it where the caller stands; its exit code is ours.
///
/// # Errors
/// Something does not set up or build.
pub fn run<S: AsRef<OsStr>>(root: &Path, args: &[S]) -> Result<ExitCode> {
    tools::ensure_group(root, Group::Base)?;
    Dormouse::build(root)?.run(&std::env::current_dir()?, args)
}

/// Set-up; the benchmark on RTL in lockstep with the model, cut to two minutes; then the recorded boot, a window of it
/// in lockstep and all of it, in every mode, on the model; where there is a kernel, it boots live, in lockstep.
///
/// # Errors
/// As [`run`].
pub fn demo(root: &Path) -> Result<ExitCode> {
    tools::setup(root, Group::Base)?;
    let dormouse = Dormouse::build(root)?;
    for command in [
        "bench --backend lockstep --demo",
        "boot --backend lockstep --from 40000",
    ] {
        say!("\ndemo: dormouse {command}");
        let code = dormouse.run(root, &command.split(' ').collect::<Vec<_>>())?;
        if code != ExitCode::SUCCESS {
            return Ok(code);
        }
    }
    // Its last line names the report.
    let mut commands = vec![format!("boot --compare --report {REPORT}")];
    if root.join(linux::IMAGE).exists() {
        commands.push("linux --backend lockstep --mode dormant".to_owned());
    }
    for command in &commands {
        say!("\ndemo: dormouse {command}");
        let code = dormouse.run(root, &command.split(' ').collect::<Vec<_>>())?;
        if code != ExitCode::SUCCESS {
            return Ok(code);
        }
    }
    if commands.len() > 1 {
        say!("demo: the page with plots is {REPORT}");
    } else {
        say!("demo: after `cargo xtask setup --linux` a live kernel boots here, too");
    }
    Ok(ExitCode::SUCCESS)
}

/// Every test: set-up, Rust on model and RTL, lint, proofs.
///
/// # Errors
/// The first step that fails; the steps' own messages are on standard error.
pub fn test(root: &Path, long: bool) -> Result<()> {
    tools::setup(root, Group::Full)?;
    lint::lint(root)?;
    example::bring_up(root)?;
    formal::formal(root, None, long)?;
    let image = firmware(root)?;
    // In release, like `run`: what Verilator makes is built once for both, and the random tests run for minutes.
    let mut command = proc::cargo(root);
    command
        .args([
            "test",
            "--workspace",
            "--release",
            "--features",
            "rtl",
            "--no-fail-fast",
        ])
        .env("DORMOUSE_IMAGE", image);
    if long {
        command.env("DORMOUSE_LONG", "1");
    }
    // Last, so that the test runner's own lines close the output.
    proc::run_inherited(&mut command)
}

/// What a change must pass.
///
/// # Errors
/// As [`test`].
pub fn ci(root: &Path) -> Result<()> {
    tools::setup(root, Group::Full)?;
    let cargo = |words: &str| {
        say!("ci: cargo {words}");
        proc::run(proc::cargo(root).args(words.split(' ')))
    };
    cargo("fmt --all --check")?;
    regs::regs(root, true)?;
    // In release, as `test` builds: what Verilator makes is then made once.
    cargo("clippy --quiet --release --workspace --all-targets --features rtl -- -D warnings")?;
    cargo("clippy --quiet --release --workspace --all-targets -- -D warnings")?;
    let firmware = format!(
        "-p dormouse-firmware --target {FIRMWARE_TARGET} --features image --bin hyperkernel"
    );
    let words = format!("clippy --quiet --release {firmware} -- -D warnings");
    say!("ci: cargo {words}");
    proc::run(proc::cross_cargo(root).args(words.split(' ')))?;
    say!("ci: cargo xtask mutants");
    mutants::check(root)?;
    say!("ci: cargo xtask test");
    test(root, false)
}
