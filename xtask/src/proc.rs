//! Running other programs.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

/// The command as one would type it, for messages.
fn line(command: &Command) -> String {
    let name = Path::new(command.get_program())
        .file_name()
        .unwrap_or(command.get_program());
    std::iter::once(name)
        .chain(command.get_args())
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Runs a command to its end, its standard output joined to standard error: ours carries JSON alone.
///
/// # Errors
/// It does not start, or ends with another code than 0.
pub fn run(command: &mut Command) -> Result<()> {
    run_inherited(command.stdout(Stdio::from(io::stderr())))
}

/// Runs a command that may use our standard output.
///
/// # Errors
/// As [`run`].
pub fn run_inherited(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start `{}`", line(command)))?;
    if !status.success() {
        bail!("`{}` failed ({status})", line(command));
    }
    Ok(())
}

/// Runs a command silently and returns its standard output.
///
/// # Errors
/// As [`run`]; the message carries the end of what the command printed.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start `{}`", line(command)))?;
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let printed = format!("{stdout}{}", String::from_utf8_lossy(&output.stderr));
        let lines: Vec<_> = printed.lines().collect();
        let tail = lines[lines.len().saturating_sub(40)..].join("\n");
        bail!("`{}` failed ({})\n{tail}", line(command), output.status);
    }
    Ok(stdout)
}

/// The program of this name in the directories of `path`.
pub fn find_program(name: &str, path: &OsStr) -> Option<PathBuf> {
    std::env::split_paths(path)
        .map(|dir| dir.join(name))
        .find(|file| file.is_file())
}

/// Cargo, the one that runs us, in the root of the workspace.
pub fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    command
}

/// The same for a target that is not the host's: what the host's own builds are told does not reach it.
pub fn cross_cargo(root: &Path) -> Command {
    let mut command = cargo(root);
    for (name, _) in std::env::vars_os() {
        if is_for_the_host(&name.to_string_lossy()) {
            command.env_remove(name);
        }
    }
    // Set and empty, it wins over every `rustflags` of cargo's configuration files too.
    command.env("CARGO_ENCODED_RUSTFLAGS", "");
    command
}

/// Whether a variable tells the compiler how to build for this machine. Where cargo puts things is none of that.
fn is_for_the_host(name: &str) -> bool {
    let target = name.starts_with("CARGO_TARGET_") && name != "CARGO_TARGET_DIR";
    let build = name.starts_with("CARGO_BUILD_")
        && !matches!(
            name,
            "CARGO_BUILD_JOBS" | "CARGO_BUILD_TARGET_DIR" | "CARGO_BUILD_BUILD_DIR"
        );
    let flags = matches!(
        name,
        "RUSTFLAGS" | "CARGO_ENCODED_RUSTFLAGS" | "RUSTC_BOOTSTRAP"
    );
    target || build || flags || name.starts_with("CARGO_PROFILE_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cross_build_does_not_hear_what_the_host_is_built_with() {
        for name in [
            "RUSTFLAGS",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_BUILD_RUSTFLAGS",
            "CARGO_BUILD_TARGET",
            "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER",
            "CARGO_TARGET_RISCV32IMAC_UNKNOWN_NONE_ELF_RUSTFLAGS",
            "CARGO_PROFILE_RELEASE_PANIC",
        ] {
            assert!(is_for_the_host(name), "{name}");
        }
        for name in [
            "PATH",
            "CARGO_HOME",
            "CARGO_TARGET_DIR",
            "CARGO_BUILD_JOBS",
            "RUSTUP_TOOLCHAIN",
        ] {
            assert!(!is_for_the_host(name), "{name}");
        }
        let cargo = cross_cargo(Path::new("."));
        let flags = cargo
            .get_envs()
            .find(|(name, _)| *name == "CARGO_ENCODED_RUSTFLAGS");
        assert_eq!(
            flags,
            Some((OsStr::new("CARGO_ENCODED_RUSTFLAGS"), Some(OsStr::new(""))))
        );
    }
}
